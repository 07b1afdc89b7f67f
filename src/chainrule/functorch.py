"""What programs import as ``functorch``: the functions of ``torch.func``, which say that they have moved there."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from . import func
from ._missing import missing_name

_MOVED = {
    "vmap": "vmap",
    **{
        name: f"func.{name}"
        for name in ("functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp")
    },
    "make_functional": "func.functional_call",
    "make_functional_with_buffers": "func.functional_call",
    "combine_state_for_ensemble": "func.stack_module_state",
}
"""A name -> what takes its place in torch."""


def __getattr__(name: str) -> Any:
    if name in _MOVED:
        made = globals()[name] = moved(getattr(func, name), f"torch.{_MOVED[name]}")
        return made
    if name in ("FunctionalModule", "FunctionalModuleWithBuffers"):
        return getattr(func, name)
    raise missing_name(func.__name__, name)


def __dir__() -> list[str]:
    return sorted([*_MOVED, "FunctionalModule", "FunctionalModuleWithBuffers", *globals()])


def moved(function: Any, new: str) -> Any:
    """The function, which warns of its other name."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"`functorch.{function.__name__}` is deprecated: functorch is a part of PyTorch since 2.0. Use `{new}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    return call
