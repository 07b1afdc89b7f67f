"""PyTorch's ``torch.utils.benchmark``: how long a statement takes, and tables of that."""

from __future__ import annotations

from typing import Any

from ..._missing import missing_name
from .compare import Compare
from .measurement import Measurement, TaskSpec
from .timer import Language, Timer, timer

__all__ = ["Compare", "Language", "Measurement", "TaskSpec", "Timer", "timer"]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
