"""``Variable``, the name that tensors with gradients had until PyTorch 0.4."""

from __future__ import annotations

from typing import Any

from ..core.value import TensorBase
from ..functions.methods.interop import VOLATILE

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase)


class Variable(metaclass=_VariableMeta):
    """Calling it gives a tensor that shares the data; ``isinstance(tensor, Variable)`` holds.

    >>> import chainrule as torch
    >>> torch.autograd.Variable(torch.ones(1), requires_grad=True)
    tensor([1.], requires_grad=True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        if volatile:
            import warnings

            if requires_grad:
                raise ValueError("Variable can't be volatile and require_grad at the same time!")
            warnings.warn(VOLATILE, UserWarning, stacklevel=2)
        return data.detach().requires_grad_(requires_grad)
