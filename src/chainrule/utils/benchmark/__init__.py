"""``torch.utils.benchmark``: how long a statement takes, and tables of such times."""

from __future__ import annotations

import enum
from typing import Any

from ..._missing import missing_name
from .compare import Compare
from .measurement import Measurement, TaskSpec, select_unit, trim_sigfig, unit_to_english
from .timer import Timer, set_torch_threads, timer

__all__ = [
    "Compare",
    "Language",
    "Measurement",
    "TaskSpec",
    "Timer",
    "select_unit",
    "set_torch_threads",
    "timer",
    "trim_sigfig",
    "unit_to_english",
]


class Language(enum.Enum):
    """What a statement is written in; :class:`Timer` takes Python."""

    PYTHON = 0
    CPP = 1


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
