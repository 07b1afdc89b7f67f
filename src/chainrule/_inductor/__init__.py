"""``torch._inductor``: of PyTorch's compiler, its settings, and what measurements use. :func:`chainrule.compile` makes programs for XLA."""

from __future__ import annotations

from typing import Any

from . import config as config, utils as utils

__all__ = ["config", "utils"]


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
