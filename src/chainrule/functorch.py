"""What programs import as ``functorch``: the functions of ``torch.func``, which say that they have moved there."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from . import func
from ._missing import missing_name

_MOVED = {
    "vmap": "torch.vmap",
    **{
        name: f"torch.func.{name}"
        for name in ("functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp")
    },
    "make_functional": "torch.func.functional_call",
    "make_functional_with_buffers": "torch.func.functional_call",
    "combine_state_for_ensemble": "torch.func.stack_module_state",
}
"""A name -> what takes its place."""


def __getattr__(name: str) -> Any:
    if name in _MOVED:
        made = globals()[name] = moved(getattr(func, name), _MOVED[name])
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
            f"We've integrated functorch into PyTorch. As the final step of the integration, `functorch.{function.__name__}` is deprecated as "
            f"of PyTorch 2.0 and will be deleted in a future version of PyTorch >= 2.3. Please use `{new}` instead; see the PyTorch 2.0 "
            "release notes and/or the `torch.func` migration guide for more details https://pytorch.org/docs/main/func.migrating.html",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    return call
