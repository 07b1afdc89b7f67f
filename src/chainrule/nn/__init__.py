"""Neural networks: so far their functions, in ``nn.functional``."""

from __future__ import annotations

from typing import Any

from .._missing import missing_name
from . import functional as functional


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
