"""``torch.signal``: windows."""

from __future__ import annotations

from typing import Any

from . import windows

__all__ = ["windows"]


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
