"""``torch._functorch``: names of the inner parts of transforms that packages replace."""

from __future__ import annotations

from typing import Any

from .._missing import missing_name

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
