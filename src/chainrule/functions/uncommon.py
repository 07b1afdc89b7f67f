"""Functions that few programs call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ._arguments import axis_of, sizes_of, tensor_argument
from .filling import empty_strided
from .spread import norm

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "empty_permuted",
    "frobenius_norm",
    "get_device",
    "hardshrink",
    "is_distributed",
    "is_signed",
    "norm_except_dim",
    "nuclear_norm",
    "sym_float",
    "sym_int",
    "sym_ite",
    "sym_max",
    "sym_min",
    "sym_not",
    "sym_sqrt",
    "sym_sum",
    "to_dlpack",
]


def empty_permuted(size: Sequence[int], physical_layout: Sequence[int], **rest: Any) -> Tensor:
    """A tensor with whatever the memory holds, whose dimensions lie in memory in a given order.

    Args:
        size: the shape.
        physical_layout: all dimensions, that of the largest strides first.
        rest: ``dtype``, ``device``, ``layout``, ``requires_grad`` and ``pin_memory``, as for :func:`empty`.

    >>> import chainrule as torch
    >>> torch.empty_permuted((2, 3), (1, 0)).stride()
    (1, 2)
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            f"empty_permuted(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}"
        )
    shape = sizes_of((size,), "empty_permuted")
    order = sizes_of((physical_layout,), "empty_permuted", "physical_layout")
    if len(shape) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    for at, dim in enumerate(order):
        if not 0 <= dim < len(shape):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(shape) - 1}, but got {dim} at index {at})."
            )
    if len(set(order)) != len(order):
        raise RuntimeError(f"Duplicate dim not allowed: got {list(order)}")
    strides, step = [0] * len(shape), 1
    for dim in reversed(order):
        strides[dim] = step
        step *= max(shape[dim], 1)
    return empty_strided(shape, tuple(strides), **rest)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norms of the slices along a dimension, which stays, the others with size 1; of all elements for ``dim=-1``.

    >>> import chainrule as torch
    >>> torch.norm_except_dim(torch.tensor([[3., 4.], [0., 2.]]))
    tensor([[5.],
            [2.]])
    """
    ndim = tensor_argument(v, "norm_except_dim", "v")._array.ndim
    if dim == -1:
        return norm(v, pow)
    kept = axis_of(dim, ndim, "norm_except_dim")
    others = [a for a in range(-ndim, 0) if a != kept]
    if not others:
        return norm(ops.expand_dims(v, axis=-1), pow, -1)
    return norm(v, pow, others, keepdim=True)


def frobenius_norm(
    input: Tensor, dim: int | Sequence[int], keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The square root of the sum of squares along dimensions, of all for an empty ``dim``.

    >>> import chainrule as torch
    >>> torch.frobenius_norm(torch.tensor([[3., 4.]]), ())
    tensor(5.)
    """
    tensor_argument(input, "frobenius_norm", "input")
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    if len(dims) > 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    return norm(input, 2, dims or None, keepdim, out)


def nuclear_norm(
    input: Tensor, dim: Sequence[int] = (0, 1), keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The sum of the singular values of a matrix, or of those in two dimensions.

    >>> import chainrule as torch
    >>> torch.nuclear_norm(torch.eye(3))
    tensor(3.)
    """
    tensor_argument(input, "nuclear_norm", "input")
    return norm(input, "nuc", tuple(dim), keepdim, out)


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule with the tensor's memory, for one other library; see ``torch.utils.dlpack``.

    >>> import chainrule as torch
    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    from .interop import to_dlpack as capsule

    return capsule(tensor_argument(tensor, "to_dlpack", "tensor"))


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """The elements whose absolute value is above ``lambd``; 0 for the others.

    >>> import chainrule as torch
    >>> torch.hardshrink(torch.tensor([0.4, -2.0]))
    tensor([ 0., -2.])
    """
    from .elementwise import unary

    return unary(ops.hardshrink, "hardshrink", input, out, lambd=lambd)


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    >>> import chainrule as torch
    >>> torch.is_signed(torch.ones(1)), torch.is_signed(torch.ones(1, dtype=torch.uint8))
    (True, False)
    """
    return tensor_argument(input, "is_signed", "input").is_signed()


def is_distributed(input: Tensor) -> bool:
    """False: a tensor is in one place.

    >>> import chainrule as torch
    >>> torch.is_distributed(torch.ones(1))
    False
    """
    tensor_argument(input, "is_distributed", "input")
    return False


def get_device(input: Tensor) -> int:
    """The number of the device that holds the tensor; -1 for the CPU.

    >>> import chainrule as torch
    >>> torch.get_device(torch.ones(1))
    -1
    """
    return tensor_argument(input, "get_device", "input").get_device()


# -- numbers that may be unknown sizes in PyTorch's traces: here they are numbers -----------------------------------------


def sym_float(a: Any) -> float:
    """``float(a)``.

    >>> import chainrule as torch
    >>> torch.sym_float(2)
    2.0
    """
    return float(a)


def sym_int(a: Any) -> int:
    """``a`` as an int, rounded toward zero.

    >>> import chainrule as torch
    >>> torch.sym_int(2.5)
    2
    """
    return math.trunc(a)


def sym_not(a: Any) -> bool:
    """``not a``.

    >>> import chainrule as torch
    >>> torch.sym_not(True)
    False
    """
    return not a


def sym_max(a: Any, b: Any) -> Any:
    """The larger of two numbers, a float if one of them is.

    >>> import chainrule as torch
    >>> torch.sym_max(2, 3.)
    3.0
    """
    return _like(max(a, b), a, b)


def sym_min(a: Any, b: Any) -> Any:
    """The smaller of two numbers, a float if one of them is.

    >>> import chainrule as torch
    >>> torch.sym_min(2, 3.)
    2.0
    """
    return _like(min(a, b), a, b)


def _like(chosen: Any, a: Any, b: Any) -> Any:
    return float(chosen) if isinstance(a, float) or isinstance(b, float) else chosen


def sym_sum(args: Sequence[Any]) -> Any:
    """The sum of several numbers.

    >>> import chainrule as torch
    >>> torch.sym_sum([1, 2, 3])
    6
    """
    return sum(args)


def sym_sqrt(a: Any) -> float:
    """The square root.

    >>> import chainrule as torch
    >>> torch.sym_sqrt(4)
    2.0
    """
    return math.sqrt(a)


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """``t`` if ``b``, else ``f``.

    >>> import chainrule as torch
    >>> torch.sym_ite(True, 1, 2)
    1
    """
    return t if b else f
