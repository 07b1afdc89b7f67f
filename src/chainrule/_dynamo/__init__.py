"""``torch._dynamo``: of PyTorch's tracer, what programs tell it. :func:`chainrule.compile` has settings of its own."""

from __future__ import annotations

from typing import Any

from ..compiler import (
    allow_in_graph as allow_in_graph,
    assume_constant_result as assume_constant_result,
    disable as disable,
    is_compiling as is_compiling,
    list_backends as list_backends,
    reset as reset,
)
from . import config as config

__all__ = ["allow_in_graph", "assume_constant_result", "config", "disable", "is_compiling", "list_backends", "reset"]


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
