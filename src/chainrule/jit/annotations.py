"""``torch.jit.annotations``: the names of types that older programs take from there instead of ``typing``."""

from __future__ import annotations

from typing import Any as Any, Dict as Dict, List as List, Optional as Optional, Tuple as Tuple, Union as Union  # noqa: UP035

from . import Future as Future

__all__ = ["Any", "Dict", "Future", "List", "Optional", "Tuple", "Union"]


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
