"""What users call: PyTorch's names and signatures, validated and documented, in terms of ``ops``."""

from __future__ import annotations

from .creation import *
from .elementwise import *
