"""Activation functions that PyTorch has in its top namespace too. The others are in ``nn.functional``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..core import mutation
from ._arguments import axis_of, deliver, tensor_argument
from .elementwise import unary

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "celu",
    "celu_",
    "hardshrink",
    "log_softmax",
    "prelu",
    "relu",
    "relu_",
    "selu",
    "selu_",
    "softmax",
    "threshold",
    "threshold_",
]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def relu(input: Tensor) -> Tensor:
    """``max(input, 0)``; the derivative at 0 is 0.

    >>> import chainrule as torch
    >>> torch.relu(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return ops.relu(tensor_argument(input, "relu", "input"))


def relu_(input: Tensor) -> Tensor:
    """:func:`relu` in place.

    >>> import chainrule as torch
    >>> torch.relu_(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return in_place(ops.relu, "relu_", input)


def in_place(op: Any, function: str, input: Any, **params: Any) -> Tensor:
    return mutation.inplace(op, tensor_argument(input, function, "input"), **params)


def threshold(input: Tensor, threshold: float, value: float, *, out: Tensor | None = None) -> Tensor:
    """``input`` where it exceeds ``threshold``, elsewhere ``value``.

    >>> import chainrule as torch
    >>> torch.threshold(torch.tensor([0.5, 2.]), 1, 9)
    tensor([9., 2.])
    """
    return unary(ops.threshold, "threshold", input, out, threshold=threshold, value=value)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """:func:`threshold` in place.

    >>> import chainrule as torch
    >>> torch.threshold_(torch.tensor([0.5, 2.]), 1, 9)
    tensor([9., 2.])
    """
    return in_place(ops.threshold, "threshold_", input, threshold=threshold, value=value)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """The elements whose absolute value is above ``lambd``; 0 for the others.

    >>> import chainrule as torch
    >>> torch.hardshrink(torch.tensor([0.4, -2.0]))
    tensor([ 0., -2.])
    """
    return unary(ops.hardshrink, "hardshrink", input, out, lambd=lambd)


def selu(input: Tensor) -> Tensor:
    """The scaled ELU: its constants keep activations at mean 0 and variance 1.

    >>> import chainrule as torch
    >>> torch.selu(torch.tensor([-1., 1.]))
    tensor([-1.1113,  1.0507])
    """
    return unary(ops.elu, "selu", input, None, alpha=SELU_ALPHA, scale=SELU_SCALE, input_scale=1)


def selu_(input: Tensor) -> Tensor:
    """:func:`selu` in place.

    >>> import chainrule as torch
    >>> torch.selu_(torch.tensor([-1., 1.]))
    tensor([-1.1113,  1.0507])
    """
    return in_place(ops.elu, "selu_", input, alpha=SELU_ALPHA, scale=SELU_SCALE, input_scale=1)


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``input`` where positive, elsewhere ``alpha * (exp(input / alpha) - 1)``.

    >>> import chainrule as torch
    >>> torch.celu(torch.tensor([-1., 1.]), alpha=0.5)
    tensor([-0.4323,  1.0000])
    """
    return unary(ops.celu, "celu", input, None, alpha=nonzero_alpha(alpha))


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """:func:`celu` in place.

    >>> import chainrule as torch
    >>> torch.celu_(torch.tensor([-1., 1.]))
    tensor([-0.6321,  1.0000])
    """
    return in_place(ops.celu, "celu_", input, alpha=nonzero_alpha(alpha))


def nonzero_alpha(alpha: float) -> float:
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU, which divides by it.")
    return alpha


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """``input`` where positive, elsewhere ``weight * input``.

    Args:
        input: shape (N, C, ...), or any with a single weight.
        weight: one element, or C of them.

    >>> import chainrule as torch
    >>> torch.prelu(torch.tensor([-2., 2.]), torch.tensor([0.25]))
    tensor([-0.5000,  2.0000])
    """
    tensor_argument(input, "prelu", "input", 1)
    tensor_argument(weight, "prelu", "weight", 2)
    shape, size = input._array.shape, weight._array.size
    if weight._array.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight._array.ndim}"
        )
    if size == 1:
        return ops.prelu(input, weight.reshape(()))
    channels = shape[1] if len(shape) > 1 else 1
    if size != channels:
        raise RuntimeError(
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {size} and channel size = {channels}."
        )
    return ops.prelu(input, weight.reshape((size,) + (1,) * (len(shape) - 2)))


def along(op: Any, function: str, input: Any, dim: Any, dtype: Any, out: Any) -> Tensor:
    """For softmax and log_softmax: an op along one dimension, in another dtype if wanted."""
    tensor_argument(input, function, "input")
    if dtype is not None:
        input = input.to(dtype)
    axis = axis_of(dim, input._array.ndim, function)
    # A 0-d tensor counts as a vector of one element.
    result = op(input, axis=axis) if input._array.ndim else op(input.reshape((1,)), axis=-1).reshape(())
    return deliver(result, out, function)


def softmax(
    input: Tensor, dim: int | None = None, dtype: Any = None, *, axis: int | None = None, out: Tensor | None = None
) -> Tensor:
    """``exp(input)`` divided by its sum along ``dim``, with no overflow on the way.

    Args:
        input: a floating point tensor.
        dim: the dimension along which the result sums to 1.
        dtype: to convert ``input`` to first.
        axis: NumPy's name of ``dim``.
        out: the tensor that takes the result.

    >>> import chainrule as torch
    >>> torch.softmax(torch.tensor([0., 1000., 1000.]), 0)
    tensor([0.0000, 0.5000, 0.5000])
    """
    return along(ops.softmax, "softmax", input, dim if axis is None else axis, dtype, out)


def log_softmax(
    input: Tensor, dim: int | None = None, dtype: Any = None, *, axis: int | None = None, out: Tensor | None = None
) -> Tensor:
    """The logarithm of :func:`softmax`, accurate where that is small.

    >>> import chainrule as torch
    >>> torch.log_softmax(torch.tensor([0., 1.]), 0)
    tensor([-1.3133, -0.3133])
    """
    return along(ops.log_softmax, "log_softmax", input, dim if axis is None else axis, dtype, out)
