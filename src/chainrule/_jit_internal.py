"""``torch._jit_internal``: the decorators and the questions of ``torch.jit`` under the name by which some packages take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._missing import missing_name
from .jit import (
    Final as Final,
    Future as Future,
    export as export,
    ignore as ignore,
    is_scripting as is_scripting,
    unused as unused,
)

__all__ = ["Final", "Future", "boolean_dispatch", "export", "ignore", "is_scripting", "is_tracing", "unused"]


def _copy_to_script_wrapper(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn


def _overload(func: Callable[..., Any]) -> Callable[..., Any]:
    return func


_overload_method = _overload


def is_tracing() -> bool:
    """Whether PyTorch traces this code: False."""
    return False


def boolean_dispatch(
    arg_name: str, arg_index: int, default: bool, if_true: Any, if_false: Any, module_name: str, func_name: str
) -> Callable[..., Any]:
    """One function for two, chosen by an argument that is True or False."""

    def choose(*args: Any, **kwargs: Any) -> Any:
        chosen = kwargs.get(arg_name, args[arg_index] if arg_index < len(args) else default)
        return (if_true if chosen else if_false)(*args, **kwargs)

    choose.__name__ = func_name
    choose.__doc__ = if_false.__doc__ if if_true.__doc__ is None else if_true.__doc__
    return choose


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
