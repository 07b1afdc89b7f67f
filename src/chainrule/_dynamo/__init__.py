"""``torch._dynamo``: what programs take from PyTorch's compiler by its inner name; see :mod:`chainrule.compiler`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .._missing import missing_name
from ..compiler import (
    allow_in_graph as allow_in_graph,
    assume_constant_result as assume_constant_result,
    disable as disable,
    is_compiling as is_compiling,
    list_backends as list_backends,
    reset as reset,
)
from . import config as config
from .eval_frame import OptimizedModule as OptimizedModule

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "graph_break",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "reset",
]


def graph_break(msg: str = "") -> None:
    """Say that a program may end here: without effect, a traced step is one program."""


def mark_dynamic(t: Any, index: Any, **accepted: Any) -> None:
    """Say that a size will change: without effect, each size has a program of its own."""


def mark_static(t: Any, index: Any = None) -> None:
    """Say that a size will not change: without effect."""


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Say that a tensor stays where it is: without effect, a program asks for its captured tensors in each call."""


maybe_mark_dynamic = mark_dynamic


def __getattr__(name: str) -> Any:
    if name in ("_trace_wrapped_higher_order_op", "config", "eval_frame"):
        return import_module(f"{__name__}.{name}")
    raise missing_name(__name__, name)
