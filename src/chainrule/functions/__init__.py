"""What users call: PyTorch's names and signatures, validated and documented, in terms of ``ops``."""

from __future__ import annotations

from .bounds import *
from .comparison import *
from .creation import *
from .elementwise import *
from .gathering import *
from .joining import *
from .memory import *
from .rearranging import *
from .shape import *
from .transcendental import *
