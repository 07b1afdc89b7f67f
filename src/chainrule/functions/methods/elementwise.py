"""Arithmetic operators and methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ... import ops
from ...core import mutation
from ...core.dispatch import NUMBERS
from ...core.value import TensorBase
from ...promotion import check_cast
from .. import bounds, elementwise, powers
from .._arguments import factors_last
from ..elementwise import (
    check_lerp,
    fitting_all,
    meeting_dtype,
    plain,
    promoted,
    scale_argument,
    subtracted_from,
    with_number,
    wrapped,
)
from ..powers import exponent_for, power

if TYPE_CHECKING:
    from ..._tensor import Tensor

Operand = Any  # a tensor or a number

inplace: Callable[..., Tensor] = mutation.inplace


def number_for(op: Any, tensor: Any, number: Any) -> Any:
    """A number as the static parameter of an op in place: of a kind that the tensor can hold."""
    number = plain(number)
    check_cast(meeting_dtype(op, tensor, number), tensor._array.dtype)
    return wrapped(tensor._array.dtype, number)


def clamp_by(x: Any, bound: Any, op: Any, which: str) -> Tensor:
    """One bound, in place, by the op of it."""
    _, promoted, tensors, params = bounds.clamping(f"clamp_{which}_", x, **{"min": None, "max": None, which: bound})
    check_cast(promoted._array.dtype, x._array.dtype)
    return inplace(op, x, *tensors, **({} if tensors else {which: params[which]}))


class ElementwiseMethods(TensorBase):
    """Arithmetic operators and methods."""

    __slots__ = ()

    # -- operators: the ops themselves, since each Python frame counts here --------------------------------------------

    __add__ = ops.add
    __sub__ = ops.subtract
    __mul__ = ops.multiply
    __truediv__ = ops.divide
    __floordiv__ = ops.floor_divide
    __neg__ = ops.negative
    __abs__ = ops.abs
    __pos__ = elementwise.positive

    def __mod__(self, other: Operand) -> Any:
        if isinstance(other, NUMBERS):
            return with_number(ops.remainder_number, "remainder", self, other)
        return ops.remainder(self, other)

    def __pow__(self, other: Operand) -> Any:
        return power(self, other)

    # Sums and products with a number on the left are recorded as if it stood on the right.
    __radd__ = ops.add
    __rmul__ = ops.multiply

    def __rsub__(self, other: Operand) -> Any:
        return (
            subtracted_from(other, self) if isinstance(other, NUMBERS) else ops.reverse_subtract(self, other, alpha=1)
        )

    def __rtruediv__(self, other: Operand) -> Any:
        # There is no complex dtype of half precision.
        divisor = promoted(self, other) if isinstance(other, complex) and self._array.dtype == "float16" else self
        return ops.multiply(ops.reciprocal(divisor), other)

    def __rfloordiv__(self, other: Operand) -> Any:
        return ops.floor_divide(other, self)

    def __rmod__(self, other: Operand) -> Any:
        return ops.remainder(other, self)

    def __rpow__(self, other: Operand) -> Any:
        return power(other, self)

    # -- methods -------------------------------------------------------------------------------------------------------

    abs = elementwise.abs
    absolute = elementwise.absolute
    add = elementwise.add
    addcdiv = elementwise.addcdiv
    addcmul = elementwise.addcmul
    ceil = elementwise.ceil
    clamp = bounds.clamp
    clamp_max = bounds.clamp_max
    clamp_min = bounds.clamp_min
    clip = bounds.clip
    copysign = elementwise.copysign
    div = elementwise.div
    divide = elementwise.divide
    fix = elementwise.fix
    float_power = powers.float_power
    floor = elementwise.floor
    floor_divide = elementwise.floor_divide
    fmax = bounds.fmax
    fmin = bounds.fmin
    fmod = elementwise.fmod
    frac = elementwise.frac
    heaviside = elementwise.heaviside
    ldexp = powers.ldexp
    lerp = elementwise.lerp
    maximum = bounds.maximum
    minimum = bounds.minimum
    mul = elementwise.mul
    multiply = elementwise.multiply
    nan_to_num = elementwise.nan_to_num
    neg = elementwise.neg
    negative = elementwise.negative
    nextafter = elementwise.nextafter
    positive = elementwise.positive
    pow = powers.pow
    reciprocal = elementwise.reciprocal
    remainder = elementwise.remainder
    round = elementwise.round
    rsqrt = powers.rsqrt
    sgn = elementwise.sgn
    sign = elementwise.sign
    sqrt = powers.sqrt
    square = powers.square
    sub = elementwise.sub
    subtract = elementwise.subtract
    true_divide = elementwise.true_divide
    trunc = elementwise.trunc

    # -- in place ------------------------------------------------------------------------------------------------------

    def add_(self, other: Operand, *factors_first: Any, alpha: Operand = 1) -> Tensor:
        """``self += alpha * other``."""
        if factors_first:
            _, other, alpha = factors_last("add_", "other", "alpha", self, other, *factors_first)
        if type(alpha) is int and alpha == 1:
            return inplace(ops.add, self, other)
        return inplace(ops.add_scaled, self, other, alpha=scale_argument("add_", alpha, self, other))

    __iadd__ = add_

    def sub_(self, other: Operand, *factors_first: Any, alpha: Operand = 1) -> Tensor:
        """``self -= alpha * other``."""
        if factors_first:
            _, other, alpha = factors_last("sub_", "other", "alpha", self, other, *factors_first)
        if type(alpha) is int and alpha == 1:
            return inplace(ops.subtract, self, other)
        return inplace(ops.subtract_scaled, self, other, alpha=scale_argument("sub_", alpha, self, other))

    __isub__ = sub_

    subtract_ = sub_

    def mul_(self, other: Operand) -> Tensor:
        """``self *= other``."""
        return inplace(ops.multiply, self, other)

    __imul__ = mul_

    multiply_ = mul_

    def div_(self, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
        """``self /= other``, with the rounding modes of ``div``."""
        if rounding_mode is None:
            return inplace(ops.divide, self, other)
        if rounding_mode not in ("floor", "trunc"):
            elementwise.div(self, other, rounding_mode=rounding_mode)  # raises
        return inplace(ops.divide_rounded, self, other, rounding_mode=rounding_mode)

    __itruediv__ = div_

    divide_ = div_

    def true_divide_(self, other: Operand) -> Tensor:
        """``self /= other``."""
        return inplace(ops.divide, self, other)

    def floor_divide_(self, other: Operand) -> Tensor:
        """``self //= other``."""
        return inplace(ops.floor_divide, self, other)

    __ifloordiv__ = floor_divide_

    def remainder_(self, other: Operand) -> Tensor:
        """``self %= other``."""
        if isinstance(other, NUMBERS):
            return inplace(ops.remainder_number, self, number=number_for(ops.remainder_number, self, other))
        return inplace(ops.remainder, self, other)

    __imod__ = remainder_

    def fmod_(self, other: Operand) -> Tensor:
        """:func:`chainrule.fmod` in place."""
        if isinstance(other, NUMBERS):
            return inplace(ops.fmod_number, self, number=number_for(ops.fmod_number, self, other))
        return inplace(ops.fmod, self, other)

    def pow_(self, exponent: Operand) -> Tensor:
        """``self **= exponent``."""
        if isinstance(exponent, NUMBERS):
            number_for(ops.power_to, self, exponent)
            return inplace(ops.power_to, self, exponent=exponent_for(self, exponent))
        return inplace(ops.pow, self, exponent)

    __ipow__ = pow_

    def square_(self) -> Tensor:
        """``self **= 2``."""
        return ElementwiseMethods.pow_(self, 2)

    def float_power_(self, exponent: Operand) -> Tensor:
        """:func:`chainrule.float_power` in place, of a float64 or complex128 tensor."""
        if self._array.dtype.itemsize < 8 or self._array.dtype.kind not in "fc" or self._array.dtype == "complex64":
            raise RuntimeError(
                f"the base given to float_power_ has dtype {self.dtype} but the operation's result type requires double precision"
            )
        return ElementwiseMethods.pow_(self, exponent)

    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *factors_first: Any, value: Operand = 1) -> Tensor:
        """``self += value * tensor1 * tensor2``."""
        if factors_first:
            _, tensor1, tensor2, value = factors_last(
                "addcmul_", "tensor1 tensor2", "value", self, tensor1, tensor2, *factors_first
            )
        return inplace(ops.addcmul, self, tensor1, tensor2, value=fitting_all(value, self, tensor1, tensor2))

    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *factors_first: Any, value: Operand = 1) -> Tensor:
        """``self += value * tensor1 / tensor2``."""
        if factors_first:
            _, tensor1, tensor2, value = factors_last(
                "addcdiv_", "tensor1 tensor2", "value", self, tensor1, tensor2, *factors_first
            )
        return inplace(ops.addcdiv, self, tensor1, tensor2, value=fitting_all(value, self, tensor1, tensor2))

    def lerp_(self, end: Tensor, weight: Operand) -> Tensor:
        """``self += weight * (end - self)``."""
        check_lerp(self, end, weight)
        if isinstance(weight, NUMBERS):
            return inplace(ops.lerp_number, self, end, weight=fitting_all(weight, self))
        return inplace(ops.lerp, self, end, weight)

    def clamp_(self, min: Operand = None, max: Operand = None) -> Tensor:
        """:func:`chainrule.clamp` in place."""
        op, promoted, tensors, params = bounds.clamping("clamp_", self, min, max)
        check_cast(promoted._array.dtype, self._array.dtype)
        return inplace(op, self, *tensors, **params)

    clip_ = clamp_

    def clamp_min_(self, min: Operand) -> Tensor:
        """:func:`chainrule.clamp_min` in place."""
        return clamp_by(self, min, ops.clamp_min if isinstance(min, NUMBERS) else ops.clamp_min_tensor, "min")

    def clamp_max_(self, max: Operand) -> Tensor:
        """:func:`chainrule.clamp_max` in place."""
        return clamp_by(self, max, ops.clamp_max if isinstance(max, NUMBERS) else ops.clamp_max_tensor, "max")

    def copysign_(self, other: Operand) -> Tensor:
        """:func:`chainrule.copysign` in place."""
        if isinstance(other, NUMBERS):
            return inplace(ops.copysign_number, self, other=plain(other))
        return inplace(ops.copysign, self, other)

    def ldexp_(self, other: Tensor) -> Tensor:
        """``self *= 2 ** other``."""
        return inplace(ops.ldexp, self, other)

    def heaviside_(self, values: Tensor) -> Tensor:
        """:func:`chainrule.heaviside` in place."""
        return inplace(ops.heaviside, self, values)

    def nextafter_(self, other: Tensor) -> Tensor:
        """:func:`chainrule.nextafter` in place."""
        return inplace(ops.nextafter, self, other)

    def nan_to_num_(self, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
        """:func:`chainrule.nan_to_num` in place."""
        return inplace(ops.nan_to_num, self, nan=nan, posinf=posinf, neginf=neginf)

    def round_(self, *, decimals: int = 0) -> Tensor:
        """:func:`chainrule.round` in place."""
        return inplace(ops.round_decimals, self, decimals=decimals) if decimals else inplace(ops.round, self)

    def abs_(self) -> Tensor:
        """``self = abs(self)`` in its own memory."""
        if self._array.dtype.kind == "c":
            raise RuntimeError(
                "In-place abs is not supported for complex tensors, since the result is real: use abs() out of place."
            )
        return inplace(ops.abs, self)

    absolute_ = abs_

    def neg_(self) -> Tensor:
        """``self = -self`` in its own memory."""
        return inplace(ops.negative, self)

    negative_ = neg_

    def reciprocal_(self) -> Tensor:
        """:func:`chainrule.reciprocal` in place."""
        return inplace(ops.reciprocal, self)

    def sqrt_(self) -> Tensor:
        """:func:`chainrule.sqrt` in place."""
        return inplace(ops.sqrt, self)

    def rsqrt_(self) -> Tensor:
        """:func:`chainrule.rsqrt` in place."""
        return inplace(ops.rsqrt, self)

    def sign_(self) -> Tensor:
        """:func:`chainrule.sign` in place."""
        return inplace(ops.sign, self)

    def sgn_(self) -> Tensor:
        """:func:`chainrule.sgn` in place."""
        return inplace(ops.sgn, self)

    def floor_(self) -> Tensor:
        """:func:`chainrule.floor` in place."""
        return inplace(ops.floor, self)

    def ceil_(self) -> Tensor:
        """:func:`chainrule.ceil` in place."""
        return inplace(ops.ceil, self)

    def trunc_(self) -> Tensor:
        """:func:`chainrule.trunc` in place."""
        return inplace(ops.trunc, self)

    fix_ = trunc_

    def frac_(self) -> Tensor:
        """:func:`chainrule.frac` in place."""
        return inplace(ops.frac, self)
