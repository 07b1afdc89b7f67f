"""Functions of functions: PyTorch's ``torch.func``."""

from __future__ import annotations

from typing import Any

from ._batch import vmap
from ._forward import jvp, linearize
from ._functionalize import functionalize
from ._jacobians import hessian, jacfwd, jacrev
from ._modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from ._reverse import grad, grad_and_value, vjp

__all__ = [
    "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip

# What programs import from functorch (functorch.py). It needs nn.
_FUNCTORCH = (
    "FunctionalModule", "FunctionalModuleWithBuffers", "combine_state_for_ensemble", "make_functional",
    "make_functional_with_buffers",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _FUNCTORCH:
        from . import _functorch

        return getattr(_functorch, name)
    from .._missing import missing_name

    raise missing_name(__name__, name)
