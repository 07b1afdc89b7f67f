"""``torch._logging``: what PyTorch's compiler says of its work. :func:`chainrule.explain` tells what ours does."""

from __future__ import annotations

from typing import Any

__all__ = ["set_logs"]


def set_logs(**kwargs: Any) -> None:
    """Choose what PyTorch's compiler logs: does nothing, for it is not here."""
