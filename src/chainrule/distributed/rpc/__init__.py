"""``torch.distributed.rpc`` for the programs that ask whether a value is in another process: none is."""

from __future__ import annotations

from typing import Any

from . import api as api
from .api import RRef

__all__ = ["RRef", "is_available"]


def is_available() -> bool:
    """False: there are no other processes."""
    return False


def __getattr__(name: str) -> Any:
    from ..._missing import missing_name

    raise missing_name(__name__, name)
