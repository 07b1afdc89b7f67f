"""Comparisons, logic and bits, element by element; and whole tensors compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import ops
from ..core.views import values_of
from ..promotion import scalar_type_name
from ._arguments import tensor_argument
from .elementwise import Number, one_tensor, tensor_first, tensors, unary

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "allclose", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "le", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "lt",
    "ne", "not_equal", "signbit",
]  # fmt: skip

# -- comparisons --------------------------------------------------------------------------------------------------------


def eq(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Where ``input == other``: where it is equal to ``other``.

    >>> import chainrule as torch
    >>> torch.eq(torch.tensor([1, 2, 3]), 2)
    tensor([False,  True, False])
    """
    return tensor_first(ops.equal, "eq", input, other, out)


def ne(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Where ``input != other``: where it is not equal to ``other``.

    >>> import chainrule as torch
    >>> torch.ne(torch.tensor([1, 2, 3]), 2)
    tensor([ True, False,  True])
    """
    return tensor_first(ops.not_equal, "ne", input, other, out)


def lt(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Where ``input < other``: where it is less than ``other``.

    >>> import chainrule as torch
    >>> torch.lt(torch.tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """
    return tensor_first(ops.less, "lt", input, other, out)


def le(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Where ``input <= other``: where it is at most ``other``.

    >>> import chainrule as torch
    >>> torch.le(torch.tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """
    return tensor_first(ops.less_equal, "le", input, other, out)


def gt(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Where ``input > other``: where it is greater than ``other``.

    >>> import chainrule as torch
    >>> torch.gt(torch.tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """
    return tensor_first(ops.greater, "gt", input, other, out)


def ge(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Where ``input >= other``: where it is at least ``other``.

    >>> import chainrule as torch
    >>> torch.ge(torch.tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """
    return tensor_first(ops.greater_equal, "ge", input, other, out)


greater = gt
greater_equal = ge
less = lt
less_equal = le
not_equal = ne


def same_dtype(input: Tensor, other: Tensor, function: str) -> None:
    tensor_argument(input, function, "input", 1)
    tensor_argument(other, function, "other", 2)
    if input.dtype is not other.dtype:
        a, b = scalar_type_name(input.dtype), scalar_type_name(other.dtype)
        raise RuntimeError(
            f"{a} did not match {b}: {function}() compares tensors of one dtype. Convert one of them first."
        )


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Where ``abs(input - other) <= atol + rtol * abs(other)``; infinities are close to themselves.

    Args:
        input: any tensor.
        other: a tensor of the same dtype.
        rtol: the tolerance relative to ``other``.
        atol: the absolute tolerance.
        equal_nan: whether two NaNs are close.

    >>> import chainrule as torch
    >>> torch.isclose(torch.tensor([1., 2.]), torch.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    same_dtype(input, other, "isclose")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    return ops.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all of :func:`isclose` is true.

    >>> import chainrule as torch
    >>> torch.allclose(torch.tensor([1., 2.]), torch.tensor([1.000001, 2.]))
    True
    """
    same_dtype(input, other, "allclose")
    return bool(np.all(values_of(isclose(input, other, rtol, atol, equal_nan), "calling allclose on Tensors")))


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements; a NaN equals nothing.

    >>> import chainrule as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    tensor_argument(input, "equal", "input", 1)
    tensor_argument(other, "equal", "other", 2)
    doing = "calling equal on Tensors"
    return input._array.shape == other._array.shape and bool(np.all(values_of(input, doing) == values_of(other, doing)))


# -- logic --------------------------------------------------------------------------------------------------------------


def logical_and(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether both are true; what is not zero is.

    >>> import chainrule as torch
    >>> torch.logical_and(torch.tensor([0, 1, 2]), torch.tensor([1, 0, 3]))
    tensor([False, False,  True])
    """
    return tensors(ops.logical_and, "logical_and", input, other, out)


def logical_or(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether one at least is true; what is not zero is.

    >>> import chainrule as torch
    >>> torch.logical_or(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 3]))
    tensor([False,  True,  True])
    """
    return tensors(ops.logical_or, "logical_or", input, other, out)


def logical_xor(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether exactly one is true; what is not zero is.

    >>> import chainrule as torch
    >>> torch.logical_xor(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 3]))
    tensor([False,  True, False])
    """
    return tensors(ops.logical_xor, "logical_xor", input, other, out)


def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is zero.

    >>> import chainrule as torch
    >>> torch.logical_not(torch.tensor([0., 1.5]))
    tensor([ True, False])
    """
    return unary(ops.logical_not, "logical_not", input, out)


def isnan(input: Tensor) -> Tensor:
    """Where elements are NaN.

    >>> import chainrule as torch
    >>> torch.isnan(torch.tensor([1., float("nan")]))
    tensor([False,  True])
    """
    return unary(ops.isnan, "isnan", input, None)


def isinf(input: Tensor) -> Tensor:
    """Where elements are infinite.

    >>> import chainrule as torch
    >>> torch.isinf(torch.tensor([1., -float("inf")]))
    tensor([False,  True])
    """
    return unary(ops.isinf, "isinf", input, None)


def isfinite(input: Tensor) -> Tensor:
    """Where elements are neither infinite nor NaN.

    >>> import chainrule as torch
    >>> torch.isfinite(torch.tensor([1., float("inf")]))
    tensor([ True, False])
    """
    return unary(ops.isfinite, "isfinite", input, None)


def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Where elements are infinity.

    >>> import chainrule as torch
    >>> torch.isposinf(torch.tensor([float("inf"), -float("inf")]))
    tensor([ True, False])
    """
    return unary(ops.isposinf, "isposinf", input, out)


def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Where elements are minus infinity.

    >>> import chainrule as torch
    >>> torch.isneginf(torch.tensor([float("inf"), -float("inf")]))
    tensor([False,  True])
    """
    return unary(ops.isneginf, "isneginf", input, out)


def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Where elements are negative, minus zero included.

    >>> import chainrule as torch
    >>> torch.signbit(torch.tensor([-0., 1.]))
    tensor([ True, False])
    """
    return unary(ops.signbit, "signbit", input, out)


def isreal(input: Tensor) -> Tensor:
    """Where elements have no imaginary part.

    >>> import chainrule as torch
    >>> torch.isreal(torch.tensor([1 + 0j, 1j]))
    tensor([ True, False])
    """
    return unary(ops.isreal, "isreal", input, None)


# -- bits ---------------------------------------------------------------------------------------------------------------


def bitwise_and(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input & other``, of integers or bools.

    >>> import chainrule as torch
    >>> torch.bitwise_and(torch.tensor([6, 5]), 3)
    tensor([2, 1])
    """
    return one_tensor(ops.bitwise_and, "bitwise_and", input, other, out)


def bitwise_or(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input | other``, of integers or bools.

    >>> import chainrule as torch
    >>> torch.bitwise_or(torch.tensor([6, 5]), 3)
    tensor([7, 7])
    """
    return one_tensor(ops.bitwise_or, "bitwise_or", input, other, out)


def bitwise_xor(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input ^ other``, of integers or bools.

    >>> import chainrule as torch
    >>> torch.bitwise_xor(torch.tensor([6, 5]), 3)
    tensor([5, 6])
    """
    return one_tensor(ops.bitwise_xor, "bitwise_xor", input, other, out)


def bitwise_left_shift(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input << other``, of integers.

    >>> import chainrule as torch
    >>> torch.bitwise_left_shift(torch.tensor([6, 5]), 1)
    tensor([12, 10])
    """
    return one_tensor(ops.bitwise_left_shift, "bitwise_left_shift", input, other, out)


def bitwise_right_shift(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input >> other``, of integers.

    >>> import chainrule as torch
    >>> torch.bitwise_right_shift(torch.tensor([6, 5]), 1)
    tensor([3, 2])
    """
    return one_tensor(ops.bitwise_right_shift, "bitwise_right_shift", input, other, out)


def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``~input``, of integers or bools.

    >>> import chainrule as torch
    >>> torch.bitwise_not(torch.tensor([True, False])), torch.bitwise_not(torch.tensor([0, 5]))
    (tensor([False,  True]), tensor([-1, -6]))
    """
    return unary(ops.bitwise_invert, "bitwise_not", input, out)
