"""``torch._inductor``: of PyTorch's compiler, its settings. :func:`chainrule.compile` makes programs for XLA."""

from __future__ import annotations

from typing import Any

from . import config as config

__all__ = ["config"]


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
