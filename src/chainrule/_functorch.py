"""The module ``functorch``: what is in ``torch.func`` today, each call with PyTorch's warning that it is there."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from . import func as _func
from .func._functorch import (
    FunctionalModule as FunctionalModule,
    FunctionalModuleWithBuffers as FunctionalModuleWithBuffers,
)

_ELSEWHERE = {
    "vmap": "torch.vmap",
    "make_functional": "torch.func.functional_call",
    "make_functional_with_buffers": "torch.func.functional_call",
    "combine_state_for_ensemble": "torch.func.stack_module_state",
}
_NAMES = ("functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", *_ELSEWHERE)
__all__ = ["FunctionalModule", "FunctionalModuleWithBuffers", *_NAMES]  # noqa: PLE0604 - strings, all of them


def _deprecated(name: str) -> Callable[..., Any]:
    function = getattr(_func, name)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"We've integrated functorch into PyTorch. As the final step of the integration, `functorch.{name}` is deprecated as of "
            "PyTorch 2.0 and will be deleted in a future version of PyTorch >= 2.3. Please use "
            f"`{_ELSEWHERE.get(name, 'torch.func.' + name)}` instead; see the PyTorch 2.0 release notes and/or the `torch.func` "
            "migration guide for more details https://pytorch.org/docs/main/func.migrating.html",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    return call


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        return getattr(_func, name)
    found = globals()[name] = _deprecated(name)
    return found
