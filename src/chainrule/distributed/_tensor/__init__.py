"""``torch.distributed._tensor``: what ``torch.distributed.tensor`` was called."""

from __future__ import annotations

from typing import Any

from ..._missing import missing_name
from ..tensor import DTensor

__all__ = ["DTensor"]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
