"""Powers and roots, element by element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.dispatch import NUMBERS
from ..core.value import TensorBase
from ..promotion import checked_scalar
from ._arguments import tensor_argument
from ._writing import put
from .elementwise import Number, plain, promoted, tensors, unary, wrapped

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["float_power", "ldexp", "pow", "rsqrt", "sqrt", "square"]


def exponent_for(x: Any, exponent: Number) -> Any:
    """A number that ``x``, of the dtype of the result, is to be raised to: as a static parameter, if the dtype holds it."""
    exponent = plain(exponent)
    if x._array.dtype.kind in "iu" and exponent < 0:
        raise RuntimeError(
            f"Integers to negative integer powers are not allowed: got {exponent} as the exponent of a {x.dtype} tensor. "
            "Convert the tensor to a floating point dtype first."
        )
    dtype = x._array.dtype
    if dtype.kind in "iu":
        checked_scalar(dtype, exponent)
    elif dtype.itemsize == 2 and np.isinf(dtype.type(exponent)) and math.isfinite(exponent):
        raise RuntimeError(
            f"value cannot be converted to type {x.dtype} without overflow: got {exponent} as the exponent of a tensor of that "
            "dtype. Convert the tensor to torch.float32 first."
        )
    return exponent


def power(x: Any, y: Any) -> Any:
    """``x ** y`` of tensors and numbers, at least one a tensor; NotImplemented for anything else."""
    if isinstance(y, NUMBERS):
        if not isinstance(x, TensorBase):
            return NotImplemented
        x = promoted(x, plain(y))
        return ops.power_to(x, exponent=exponent_for(x, y))
    if isinstance(x, NUMBERS) and isinstance(y, TensorBase):
        x = plain(x)
        y = promoted(y, x)
        if y._array.dtype.kind != "b":
            base = complex(x) if y._array.dtype.kind == "c" else wrapped(y._array.dtype, x)
            return ops.power_of(y, base=base)
    return ops.pow(x, y)


def pow(input: Tensor | Number, exponent: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input ** exponent``.

    The derivative by the exponent where ``input`` is 0, and by ``input`` where the exponent is 0, is 0.

    Raises:
        RuntimeError: integers are taken to a negative integer power.

    >>> import chainrule as torch
    >>> torch.pow(torch.tensor([1., 2., 3.]), 2)
    tensor([1., 4., 9.])
    """
    result = power(input, exponent)
    if result is NotImplemented:
        if not isinstance(input, NUMBERS):
            tensor_argument(input, "pow", "input", 1)
        tensor_argument(exponent, "pow", "exponent", 2)
    return result if out is None else put(result, out, "pow", input, exponent)


def float_power(input: Tensor | Number, exponent: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input ** exponent`` in double precision.

    >>> import chainrule as torch
    >>> torch.float_power(torch.tensor([2, 3]), 0.5)
    tensor([1.4142, 1.7321], dtype=torch.float64)
    """

    def double(x: Any) -> Any:
        if isinstance(x, TensorBase):
            wide = np.dtype(np.complex128 if x._array.dtype.kind == "c" else np.float64)
            return x if x._array.dtype == wide else ops.astype(x, wide)
        return x

    result = pow(double(input), double(exponent))
    return result if out is None else put(result, out, "float_power", input, exponent, exact=True)


def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``input ** 2``.

    >>> import chainrule as torch
    >>> torch.square(torch.tensor([1., -3.]))
    tensor([1., 9.])
    """
    return pow(tensor_argument(input, "square", "input"), 2, out=out)


def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The square root; NaN of negative numbers.

    >>> import chainrule as torch
    >>> torch.sqrt(torch.tensor([4., 9.]))
    tensor([2., 3.])
    """
    return unary(ops.sqrt, "sqrt", input, out)


def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 / sqrt(input)``.

    >>> import chainrule as torch
    >>> torch.rsqrt(torch.tensor([4., 0.25]))
    tensor([0.5000, 2.0000])
    """
    return unary(ops.rsqrt, "rsqrt", input, out)


def ldexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``input * 2 ** other``.

    >>> import chainrule as torch
    >>> torch.ldexp(torch.tensor([1., 3.]), torch.tensor([1, 2]))
    tensor([ 2., 12.])
    """
    return tensors(ops.ldexp, "ldexp", input, other, out)
