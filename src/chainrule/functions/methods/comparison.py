"""Comparison and logic operators and methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ... import ops
from ...core import mutation
from ...core.value import TensorBase
from ...dtypes import FROM_NUMPY
from .. import comparison

if TYPE_CHECKING:
    from ..._tensor import Tensor

inplace: Callable[..., Tensor] = mutation.inplace


class ComparisonMethods(TensorBase):
    """Comparison and logic operators and methods."""

    __slots__ = ()

    # The ops themselves: NotImplemented for what is no operand, so that ``t == None`` is Python's False.
    __eq__ = ops.equal
    __ne__ = ops.not_equal
    __lt__ = ops.less
    __le__ = ops.less_equal
    __gt__ = ops.greater
    __ge__ = ops.greater_equal
    __hash__ = object.__hash__

    __and__ = __rand__ = ops.bitwise_and
    __or__ = __ror__ = ops.bitwise_or
    __xor__ = __rxor__ = ops.bitwise_xor
    __lshift__ = ops.bitwise_left_shift
    __rshift__ = ops.bitwise_right_shift

    def __invert__(self) -> Any:
        if self._array.dtype.kind not in "biu":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors: this one is "
                f"{FROM_NUMPY[self._array.dtype]}. For a mask compare first, e.g. ~(t > 0)."
            )
        return ops.bitwise_invert(self)

    def __rlshift__(self, other: Any) -> Any:
        return ops.bitwise_left_shift(other, self)

    def __rrshift__(self, other: Any) -> Any:
        return ops.bitwise_right_shift(other, self)

    allclose = comparison.allclose
    bitwise_and = comparison.bitwise_and
    bitwise_left_shift = comparison.bitwise_left_shift
    bitwise_not = comparison.bitwise_not
    bitwise_or = comparison.bitwise_or
    bitwise_right_shift = comparison.bitwise_right_shift
    bitwise_xor = comparison.bitwise_xor
    eq = comparison.eq
    equal = comparison.equal
    ge = comparison.ge
    greater = comparison.greater
    greater_equal = comparison.greater_equal
    gt = comparison.gt
    isclose = comparison.isclose
    isfinite = comparison.isfinite
    isinf = comparison.isinf
    isnan = comparison.isnan
    isneginf = comparison.isneginf
    isposinf = comparison.isposinf
    isreal = comparison.isreal
    le = comparison.le
    less = comparison.less
    less_equal = comparison.less_equal
    logical_and = comparison.logical_and
    logical_not = comparison.logical_not
    logical_or = comparison.logical_or
    logical_xor = comparison.logical_xor
    lt = comparison.lt
    ne = comparison.ne
    not_equal = comparison.not_equal
    signbit = comparison.signbit

    # -- in place: the truth values as numbers of the tensor's dtype ---------------------------------------------------

    def eq_(self, other: Any) -> Tensor:
        """:func:`chainrule.eq` in place."""
        return inplace(ops.equal, self, other)

    def ne_(self, other: Any) -> Tensor:
        """:func:`chainrule.ne` in place."""
        return inplace(ops.not_equal, self, other)

    not_equal_ = ne_

    def lt_(self, other: Any) -> Tensor:
        """:func:`chainrule.lt` in place."""
        return inplace(ops.less, self, other)

    less_ = lt_

    def le_(self, other: Any) -> Tensor:
        """:func:`chainrule.le` in place."""
        return inplace(ops.less_equal, self, other)

    less_equal_ = le_

    def gt_(self, other: Any) -> Tensor:
        """:func:`chainrule.gt` in place."""
        return inplace(ops.greater, self, other)

    greater_ = gt_

    def ge_(self, other: Any) -> Tensor:
        """:func:`chainrule.ge` in place."""
        return inplace(ops.greater_equal, self, other)

    greater_equal_ = ge_

    def logical_and_(self, other: Any) -> Tensor:
        """:func:`chainrule.logical_and` in place."""
        return inplace(ops.logical_and, self, other)

    def logical_or_(self, other: Any) -> Tensor:
        """:func:`chainrule.logical_or` in place."""
        return inplace(ops.logical_or, self, other)

    def logical_xor_(self, other: Any) -> Tensor:
        """:func:`chainrule.logical_xor` in place."""
        return inplace(ops.logical_xor, self, other)

    def bitwise_and_(self, other: Any) -> Tensor:
        """:func:`chainrule.bitwise_and` in place."""
        return inplace(ops.bitwise_and, self, other)

    __iand__ = bitwise_and_

    def bitwise_or_(self, other: Any) -> Tensor:
        """:func:`chainrule.bitwise_or` in place."""
        return inplace(ops.bitwise_or, self, other)

    __ior__ = bitwise_or_

    def bitwise_xor_(self, other: Any) -> Tensor:
        """:func:`chainrule.bitwise_xor` in place."""
        return inplace(ops.bitwise_xor, self, other)

    __ixor__ = bitwise_xor_

    def bitwise_left_shift_(self, other: Any) -> Tensor:
        """:func:`chainrule.bitwise_left_shift` in place."""
        return inplace(ops.bitwise_left_shift, self, other)

    __ilshift__ = bitwise_left_shift_

    def bitwise_right_shift_(self, other: Any) -> Tensor:
        """:func:`chainrule.bitwise_right_shift` in place."""
        return inplace(ops.bitwise_right_shift, self, other)

    __irshift__ = bitwise_right_shift_

    def logical_not_(self) -> Tensor:
        """:func:`chainrule.logical_not` in place."""
        return inplace(ops.logical_not, self)

    def bitwise_not_(self) -> Tensor:
        """:func:`chainrule.bitwise_not` in place."""
        return inplace(ops.bitwise_invert, self)
