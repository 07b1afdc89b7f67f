"""Arithmetic, rounding and bounds, element by element.

Operands broadcast and are promoted to a common dtype. ``out=`` takes the result in place of a new tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.dispatch import NUMBERS
from ..core.messages import refusal
from ..core.value import TensorBase
from ..dtypes import FROM_NUMPY
from ..promotion import result_dtype, scalar_to
from ._arguments import factors_last, fitting, tensor_argument
from ._writing import put

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "abs", "absolute", "add", "addcdiv", "addcmul", "ceil", "copysign", "div", "divide", "fix", "floor", "floor_divide",
    "fmod", "frac", "heaviside", "lerp", "mul", "multiply", "nan_to_num", "neg", "negative", "nextafter", "positive",
    "reciprocal", "remainder", "round", "rsub", "sgn", "sign", "sub", "subtract", "true_divide", "trunc",
]  # fmt: skip

Number = Any  # bool, int, float, complex, or a NumPy scalar


def unary(op: Any, function: str, input: Any, out: Any, **params: Any) -> Tensor:
    """An op on one tensor."""
    if not isinstance(input, TensorBase):
        tensor_argument(input, function, "input")
    result = op(input, **params)
    return result if out is None else put(result, out, function, input)


def binary(op: Any, function: str, input: Any, other: Any, out: Any, **params: Any) -> Tensor:
    """An op on two tensors or numbers."""
    result = op(input, other, **params)
    if result is NotImplemented:
        if not isinstance(input, NUMBERS):
            tensor_argument(input, function, "input", 1)
        tensor_argument(other, function, "other", 2)
    return result if out is None else put(result, out, function, input, other)


def one_tensor(op: Any, function: str, input: Any, other: Any, out: Any) -> Tensor:
    """An op on two tensors or numbers, of which one at least is a tensor."""
    if isinstance(input, NUMBERS) and isinstance(other, NUMBERS):
        raise TypeError(
            f"{function}() received an invalid combination of arguments - got ({type(input).__name__}, {type(other).__name__}), "
            "but one of them must be a Tensor"
        )
    return binary(op, function, input, other, out)


def tensor_first(op: Any, function: str, input: Any, other: Any, out: Any, **params: Any) -> Tensor:
    """An op on a tensor, and a tensor or number."""
    if not isinstance(input, TensorBase):
        tensor_argument(input, function, "input")
    return binary(op, function, input, other, out, **params)


def tensors(op: Any, function: str, input: Any, other: Any, out: Any) -> Tensor:
    """An op on two tensors, neither a number."""
    if not isinstance(input, TensorBase):
        tensor_argument(input, function, "input")
    if not isinstance(other, TensorBase):
        tensor_argument(other, function, "other", 2)
    result = op(input, other)
    return result if out is None else put(result, out, function, input, other)


def promoted(input: Any, *numbers: Number) -> Any:
    """``input`` in the dtype in which it meets the numbers."""
    if input._array.dtype.kind == "f" and not any(isinstance(number, complex) for number in numbers):
        return input
    common = result_dtype(input._array, *numbers)
    return input if input._array.dtype == common else ops.astype(input, common)


def with_number(op: Any, function: str, input: Any, value: Number, **params: Any) -> Any:
    """An op on a tensor and a number that is a static parameter: in the dtype in which the two meet."""
    tensor_argument(input, function, "input")
    value = plain(value)
    dtype = meeting_dtype(op, input, value)
    input = input if input._array.dtype == dtype else ops.astype(input, dtype)
    return op(input, number=wrapped(dtype, value), **params)


def meeting_dtype(op: Any, tensor: Any, number: Any) -> Any:
    """The dtype in which the op computes a tensor and a number, if it accepts it."""
    dtype = result_dtype(tensor._array, number)
    if dtype.kind not in op.op.domain:
        raise NotImplementedError(refusal(op.op, dtype))
    return dtype


def wrapped(dtype: Any, value: Any) -> Any:
    """A Python number as arithmetic takes it: an integer wraps around."""
    return scalar_to(dtype, value).item() if dtype.kind in "iu" else value


def plain(value: Number) -> Any:
    """A number that becomes a static parameter: Python's, also for a NumPy scalar or a one-element tensor."""
    return value.item() if isinstance(value, (np.generic, TensorBase)) else value


# -- sums ---------------------------------------------------------------------------------------------------------------


def scale_argument(function: str, alpha: Any, *operands: Any) -> Any:
    """``alpha`` as a Python number, of a kind that the operands' dtype can take."""
    alpha = plain(alpha)
    if not isinstance(alpha, NUMBERS):
        raise TypeError(f"{function}(): argument 'alpha' must be Number, not {type(alpha).__name__}")
    dtype = result_dtype(*[getattr(a, "_array", a) for a in operands])
    kind = dtype.kind
    if isinstance(alpha, bool) and kind != "b":
        raise RuntimeError(f"Boolean alpha only supported for Boolean results: give {function}() alpha={int(alpha)}.")
    if isinstance(alpha, (float, complex)) and kind in "biu":
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number: "
            f"{function}() got alpha={alpha}. Convert the operands to a floating point dtype first."
        )
    if isinstance(alpha, complex) and kind != "c":
        raise RuntimeError(
            f"For non-complex input tensors, argument alpha must not be a complex number: {function}() got {alpha}."
        )
    return fitting(alpha, dtype, in_single=False)


def add(
    input: Tensor | Number, other: Tensor | Number, *factors_first: Any, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """``input + alpha * other``.

    >>> import chainrule as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    if factors_first:
        input, other, alpha = factors_last("add", "other", "alpha", input, other, *factors_first)
    if type(alpha) is int and alpha == 1:
        return binary(ops.add, "add", input, other, out)
    return binary(ops.add_scaled, "add", input, other, out, alpha=scale_argument("add", alpha, input, other))


def sub(
    input: Tensor | Number, other: Tensor | Number, *factors_first: Any, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """``input - alpha * other``.

    >>> import chainrule as torch
    >>> torch.sub(torch.tensor([10., 20.]), 1)
    tensor([ 9., 19.])
    """
    if factors_first:
        input, other, alpha = factors_last("sub", "other", "alpha", input, other, *factors_first)
    if type(alpha) is int and alpha == 1:
        return binary(ops.subtract, "sub", input, other, out)
    return binary(ops.subtract_scaled, "sub", input, other, out, alpha=scale_argument("sub", alpha, input, other))


def rsub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """``other - alpha * input``.

    >>> import chainrule as torch
    >>> torch.rsub(torch.tensor([1., 2.]), 10)
    tensor([9., 8.])
    """
    tensor_argument(input, "rsub", "input")
    alpha = scale_argument("rsub", alpha, input, other)
    if isinstance(other, NUMBERS):
        return subtracted_from(other, input, alpha)
    return tensor_first(ops.reverse_subtract, "rsub", input, other, None, alpha=alpha)


def subtracted_from(number: Number, tensor: Any, alpha: Any = 1) -> Any:
    """``number - alpha * tensor``."""
    if isinstance(number, bool) or tensor._array.dtype.kind == "b":
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the "
            "`~` or `logical_not()` operator instead."
        )
    return with_number(ops.reverse_subtract_number, "rsub", tensor, number, alpha=alpha)


def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``-input``.

    >>> import chainrule as torch
    >>> torch.neg(torch.tensor([1., -2.]))
    tensor([-1.,  2.])
    """
    return unary(ops.negative, "neg", input, out)


def positive(input: Tensor) -> Tensor:
    """``input`` itself.

    >>> import chainrule as torch
    >>> torch.positive(torch.tensor([1., -2.]))
    tensor([ 1., -2.])
    """
    if tensor_argument(input, "positive", "input")._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported. Convert it first, e.g. with .int().")
    return input


# -- products and quotients ---------------------------------------------------------------------------------------------


def mul(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input * other``.

    >>> import chainrule as torch
    >>> torch.mul(torch.tensor([1., 2.]), 3)
    tensor([3., 6.])
    """
    if not isinstance(input, TensorBase) and isinstance(other, TensorBase) and isinstance(input, NUMBERS):
        input, other = other, input
    return binary(ops.multiply, "mul", input, other, out)


def div(
    input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """``input / other``; of integers a floating point tensor, unless the quotient is to be rounded.

    Args:
        input: the dividend.
        other: the divisor.
        rounding_mode: None, ``"trunc"`` (toward zero) or ``"floor"`` (downward, as ``//``).
        out: the tensor that takes the result.

    Raises:
        RuntimeError: integers are divided by zero with a rounding mode.

    >>> import chainrule as torch
    >>> torch.div(torch.tensor([-7, 7]), 2), torch.div(torch.tensor([-7, 7]), 2, rounding_mode="trunc")
    (tensor([-3.5000,  3.5000]), tensor([-3,  3]))
    """
    if rounding_mode is None:
        return binary(ops.divide, "div", input, other, out)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {rounding_mode!r}"
        )
    return binary(ops.divide_rounded, "div", input, other, out, rounding_mode=rounding_mode)


def true_divide(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``dividend / divisor``; see :func:`div`.

    >>> import chainrule as torch
    >>> torch.true_divide(torch.tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """
    return binary(ops.divide, "true_divide", input, other, out)


def floor_divide(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input // other``: the quotient rounded downward. Has no derivative, not even zero; ``div`` does.

    >>> import chainrule as torch
    >>> torch.floor_divide(torch.tensor([-7., 7.]), 2)
    tensor([-4.,  3.])
    """
    return binary(ops.floor_divide, "floor_divide", input, other, out)


def remainder(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input % other``: what ``//`` leaves; it has the sign of ``other``.

    >>> import chainrule as torch
    >>> torch.remainder(torch.tensor([-7., 7.]), 3)
    tensor([2., 1.])
    """
    if isinstance(other, NUMBERS) and isinstance(input, TensorBase):
        result = with_number(ops.remainder_number, "remainder", input, other)
        return result if out is None else put(result, out, "remainder", input)
    return one_tensor(ops.remainder, "remainder", input, other, out)


def fmod(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """What division rounded toward zero leaves; it has the sign of ``input``.

    >>> import chainrule as torch
    >>> torch.fmod(torch.tensor([-7., 7.]), 3)
    tensor([-1.,  1.])
    """
    if isinstance(other, NUMBERS):
        result = with_number(ops.fmod_number, "fmod", input, other)
        return result if out is None else put(result, out, "fmod", input)
    return tensor_first(ops.fmod, "fmod", input, other, out)


def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 / input``.

    >>> import chainrule as torch
    >>> torch.reciprocal(torch.tensor([2., 4.]))
    tensor([0.5000, 0.2500])
    """
    return unary(ops.reciprocal, "reciprocal", input, out)


def three(op: Any, function: str, input: Any, tensor1: Any, tensor2: Any, value: Any, out: Any) -> Tensor:
    for position, (name, tensor) in enumerate((("input", input), ("tensor1", tensor1), ("tensor2", tensor2)), 1):
        tensor_argument(tensor, function, name, position)
    result = op(input, tensor1, tensor2, value=fitting_all(value, input, tensor1, tensor2))
    return result if out is None else put(result, out, function, input, tensor1, tensor2)


def fitting_all(value: Any, *tensors: Any) -> Any:
    return fitting(plain(value), result_dtype(*[tensor._array for tensor in tensors]))


def addcmul(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *factors_first: Any, value: Number = 1, out: Tensor | None = None
) -> Tensor:
    """``input + value * tensor1 * tensor2``.

    >>> import chainrule as torch
    >>> torch.addcmul(torch.ones(2), torch.tensor([1., 2.]), torch.tensor([3., 4.]), value=0.5)
    tensor([2.5000, 5.0000])
    """
    if factors_first:
        input, tensor1, tensor2, value = factors_last(
            "addcmul", "tensor1 tensor2", "value", input, tensor1, tensor2, *factors_first
        )
    return three(ops.addcmul, "addcmul", input, tensor1, tensor2, value, out)


def addcdiv(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *factors_first: Any, value: Number = 1, out: Tensor | None = None
) -> Tensor:
    """``input + value * tensor1 / tensor2``.

    >>> import chainrule as torch
    >>> torch.addcdiv(torch.ones(2), torch.tensor([1., 2.]), torch.tensor([2., 4.]))
    tensor([1.5000, 1.5000])
    """
    if factors_first:
        input, tensor1, tensor2, value = factors_last(
            "addcdiv", "tensor1 tensor2", "value", input, tensor1, tensor2, *factors_first
        )
    tensor_argument(tensor1, "addcdiv", "tensor1", 2)
    tensor_argument(tensor2, "addcdiv", "tensor2", 3)
    if tensor1._array.dtype.kind in "biu" and tensor2._array.dtype.kind in "biu":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported: tensor1 and tensor2 both hold integers. For true division "
            "convert one of them to a floating point dtype; for integer division use div(rounding_mode='trunc')."
        )
    return three(ops.addcdiv, "addcdiv", input, tensor1, tensor2, value, out)


def lerp(input: Tensor, end: Tensor, weight: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input + weight * (end - input)``, a number or a tensor of weights.

    >>> import chainrule as torch
    >>> torch.lerp(torch.zeros(2), torch.tensor([1., 10.]), 0.25)
    tensor([0.2500, 2.5000])
    """
    tensor_argument(input, "lerp", "input", 1)
    tensor_argument(end, "lerp", "end", 2)
    check_lerp(input, end, weight)
    if isinstance(weight, TensorBase):
        result = ops.lerp(input, end, weight)
    elif isinstance(weight, NUMBERS):
        result = ops.lerp_number(input, end, weight=fitting_all(weight, input))
    else:
        raise TypeError(f"lerp(): argument 'weight' (position 3) must be Tensor or Number, not {type(weight).__name__}")
    return (
        result
        if out is None
        else put(result, out, "lerp", input, end, weight, exact=isinstance(weight, TensorBase) and weight.ndim > 0)
    )


def check_lerp(input: Any, end: Any, weight: Any) -> None:
    """Nothing is promoted here; a weight without dimensions is taken as a number."""
    dtype = input._array.dtype
    for name, one in (("end", end), ("weight", weight)):
        if isinstance(one, TensorBase) and one._array.dtype != dtype and (one is end or one.ndim):
            raise RuntimeError(
                f"expected dtype {FROM_NUMPY[dtype]} for `{name}` but got dtype {FROM_NUMPY[one._array.dtype]}: convert one of them with .to()"
            )


# -- size and sign ------------------------------------------------------------------------------------------------------


def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The absolute value; of complex numbers the modulus, a real tensor.

    >>> import chainrule as torch
    >>> torch.abs(torch.tensor([-1.5, 2.])), torch.abs(torch.tensor([3 + 4j]))
    (tensor([1.5000, 2.0000]), tensor([5.]))
    """
    result = unary(ops.abs, "abs", input, None)
    return result if out is None else put(result, out, "abs", input, exact=result.dtype is input.dtype)


def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1; 0 of a NaN. Its derivative is 0.

    >>> import chainrule as torch
    >>> torch.sign(torch.tensor([-1.5, 0., 2.]))
    tensor([-1.,  0.,  1.])
    """
    return unary(ops.sign, "sign", input, out)


def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``input / abs(input)``, and 0 of 0: the sign, of complex numbers too.

    >>> import chainrule as torch
    >>> torch.sgn(torch.tensor([3 + 4j, 0]))
    tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    return unary(ops.sgn, "sgn", input, out)


def copysign(input: Tensor, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input`` with the signs of ``other``.

    >>> import chainrule as torch
    >>> torch.copysign(torch.tensor([1., -2.]), -0.)
    tensor([-1., -2.])
    """
    if isinstance(other, NUMBERS):
        return unary(ops.copysign_number, "copysign", input, out, other=plain(other))
    return tensors(ops.copysign, "copysign", input, other, out)


def nextafter(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The next floating point number after ``input`` in the direction of ``other``.

    >>> import chainrule as torch
    >>> torch.nextafter(torch.tensor([1.]), torch.tensor([2.])).item() - 1
    1.1920928955078125e-07
    """
    return tensors(ops.nextafter, "nextafter", input, other, out)


def heaviside(input: Tensor, values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """0 where ``input`` is negative, 1 where it is positive, ``values`` where it is 0. Has no derivative.

    >>> import chainrule as torch
    >>> torch.heaviside(torch.tensor([-1., 0., 1.]), torch.tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    tensor_argument(input, "heaviside", "input", 1)
    tensor_argument(values, "heaviside", "values", 2)
    if input.dtype is not values.dtype:
        raise RuntimeError(
            f"heaviside is not yet implemented for tensors with different dtypes: got {input.dtype} and {values.dtype}."
        )
    return tensors(ops.heaviside, "heaviside", input, values, out)


def nan_to_num(
    input: Tensor,
    nan: float | None = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """NaNs and infinities replaced by numbers.

    Args:
        input: any tensor.
        nan: for NaN; by default 0.
        posinf: for infinity; by default the largest number of the dtype.
        neginf: for minus infinity; by default the lowest.
        out: the tensor that takes the result.

    >>> import chainrule as torch
    >>> torch.nan_to_num(torch.tensor([float("nan"), float("inf"), 1.]), posinf=9)
    tensor([0., 9., 1.])
    """
    return unary(ops.nan_to_num, "nan_to_num", input, out, nan=nan, posinf=posinf, neginf=neginf)


# -- rounding -----------------------------------------------------------------------------------------------------------


def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Rounded downward; the derivative is 0.

    >>> import chainrule as torch
    >>> torch.floor(torch.tensor([-1.5, 1.5]))
    tensor([-2.,  1.])
    """
    return unary(ops.floor, "floor", input, out)


def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Rounded upward; the derivative is 0.

    >>> import chainrule as torch
    >>> torch.ceil(torch.tensor([-1.5, 1.5]))
    tensor([-1.,  2.])
    """
    return unary(ops.ceil, "ceil", input, out)


def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Rounded toward zero; the derivative is 0.

    >>> import chainrule as torch
    >>> torch.trunc(torch.tensor([-1.5, 1.5]))
    tensor([-1.,  1.])
    """
    return unary(ops.trunc, "trunc", input, out)


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """Rounded to the nearest, halves to even; the derivative is 0.

    Args:
        input: any real tensor.
        decimals: places after the point; negative ones before it.
        out: the tensor that takes the result.

    >>> import chainrule as torch
    >>> torch.round(torch.tensor([0.5, 1.5, 2.345]), decimals=1)
    tensor([0.5000, 1.5000, 2.3000])
    """
    if decimals == 0:
        return unary(ops.round, "round", input, out)
    return unary(ops.round_decimals, "round", input, out, decimals=decimals)


def frac(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """What ``trunc`` takes away.

    >>> import chainrule as torch
    >>> torch.frac(torch.tensor([-1.5, 2.25]))
    tensor([-0.5000,  0.2500])
    """
    return unary(ops.frac, "frac", input, out)


absolute = abs
divide = div
fix = trunc
multiply = mul
negative = neg
subtract = sub
