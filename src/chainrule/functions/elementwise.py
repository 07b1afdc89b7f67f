"""Element-wise arithmetic and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ._arguments import deliver, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

Number = Any


def mul(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input * other``, element by element, with broadcasting and type promotion.

    >>> import chainrule as torch
    >>> torch.mul(torch.tensor([1., 2.]), 3)
    tensor([3., 6.])
    """
    return binary(ops.multiply, "mul", input, other, out)


def binary(op: Any, function: str, input: Any, other: Any, out: Any) -> Tensor:
    """A binary op on tensors and numbers, with the TypeError that PyTorch raises for anything else."""
    result = op(input, other)
    if result is NotImplemented:
        tensor_argument(input, function, "input", 1)
        tensor_argument(other, function, "other", 2)
    return deliver(result, out, function)
