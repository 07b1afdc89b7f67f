"""Exponentials, logarithms, trigonometry, error and gamma functions, element by element.

Integers are taken as the default floating point dtype. ``out=`` takes the result in place of a new tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.dispatch import NUMBERS
from ..core.value import TensorBase
from ._arguments import tensor_argument
from .elementwise import Number, plain, tensors, unary

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logit",
    "polygamma",
    "rad2deg",
    "sigmoid",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
    "xlogy",
]  # fmt: skip

# -- exponentials and logarithms ----------------------------------------------------------------------------------------


def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number e to the power of ``input``.

    >>> import chainrule as torch
    >>> torch.exp(torch.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """
    return unary(ops.exp, "exp", input, out)


def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 to the power of ``input``.

    >>> import chainrule as torch
    >>> torch.exp2(torch.tensor([0., 3.]))
    tensor([1., 8.])
    """
    return unary(ops.exp2, "exp2", input, out)


def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(input) - 1``, accurate near 0.

    >>> import chainrule as torch
    >>> torch.expm1(torch.tensor([0., 1e-10]))
    tensor([0.0000e+00, 1.0000e-10])
    """
    return unary(ops.expm1, "expm1", input, out)


def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The natural logarithm.

    >>> import chainrule as torch
    >>> torch.log(torch.tensor([1., 10.]))
    tensor([0.0000, 2.3026])
    """
    return unary(ops.log, "log", input, out)


def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 2.

    >>> import chainrule as torch
    >>> torch.log2(torch.tensor([1., 8.]))
    tensor([0., 3.])
    """
    return unary(ops.log2, "log2", input, out)


def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 10.

    >>> import chainrule as torch
    >>> torch.log10(torch.tensor([1., 1000.]))
    tensor([0., 3.])
    """
    return unary(ops.log10, "log10", input, out)


def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(1 + input)``, accurate near 0.

    >>> import chainrule as torch
    >>> torch.log1p(torch.tensor([0., 1e-10]))
    tensor([0.0000e+00, 1.0000e-10])
    """
    return unary(ops.log1p, "log1p", input, out)


def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 / (1 + exp(-input))``.

    >>> import chainrule as torch
    >>> torch.sigmoid(torch.tensor([-1., 0., 1.]))
    tensor([0.2689, 0.5000, 0.7311])
    """
    return unary(ops.sigmoid, "sigmoid", input, out)


def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of :func:`sigmoid`.

    Args:
        input: any real tensor.
        eps: if given, ``input`` is first brought into [eps, 1 - eps].
        out: the tensor that takes the result.

    >>> import chainrule as torch
    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    return unary(ops.logit, "logit", input, out, eps=eps)


def logaddexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(exp(input) + exp(other))``, with no overflow on the way.

    >>> import chainrule as torch
    >>> torch.logaddexp(torch.tensor([0., 1000.]), torch.tensor([0., 1000.]))
    tensor([6.9315e-01, 1.0007e+03])
    """
    given: tuple[Any, ...] = (input, other)
    complex_ones = any(isinstance(x, TensorBase) and x._array.dtype.kind == "c" for x in given)
    return tensors(ops.logaddexp_complex if complex_ones else ops.logaddexp, "logaddexp", input, other, out)


def logaddexp2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log2(2 ** input + 2 ** other)``, with no overflow on the way.

    >>> import chainrule as torch
    >>> torch.logaddexp2(torch.tensor([0., 1000.]), torch.tensor([0., 1000.]))
    tensor([1.0000e+00, 1.0010e+03])
    """
    return tensors(ops.logaddexp2, "logaddexp2", input, other, out)


def xlogy(input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input * log(other)``, and 0 where ``input`` is 0.

    >>> import chainrule as torch
    >>> torch.xlogy(torch.tensor([0., 2.]), torch.tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    if isinstance(other, NUMBERS):
        return unary(ops.xlogy_number, "xlogy", input, out, other=plain(other))
    if isinstance(input, NUMBERS):
        return unary(ops.xlogy_of, "xlogy", other, out, number=plain(input))
    return tensors(ops.xlogy, "xlogy", input, other, out)


# -- trigonometric ------------------------------------------------------------------------------------------------------


def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sine, of radians.

    >>> import chainrule as torch
    >>> torch.sin(torch.tensor([0., 1.]))
    tensor([0.0000, 0.8415])
    """
    return unary(ops.sin, "sin", input, out)


def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The cosine, of radians.

    >>> import chainrule as torch
    >>> torch.cos(torch.tensor([0., 1.]))
    tensor([1.0000, 0.5403])
    """
    return unary(ops.cos, "cos", input, out)


def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The tangent, of radians.

    >>> import chainrule as torch
    >>> torch.tan(torch.tensor([0., 1.]))
    tensor([0.0000, 1.5574])
    """
    return unary(ops.tan, "tan", input, out)


def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in radians whose sine ``input`` is; NaN beyond -1 to 1.

    >>> import chainrule as torch
    >>> torch.asin(torch.tensor([0., 1.]))
    tensor([0.0000, 1.5708])
    """
    return unary(ops.asin, "asin", input, out)


def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in radians whose cosine ``input`` is; NaN beyond -1 to 1.

    >>> import chainrule as torch
    >>> torch.acos(torch.tensor([0., 1.]))
    tensor([1.5708, 0.0000])
    """
    return unary(ops.acos, "acos", input, out)


def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in radians whose tangent ``input`` is.

    >>> import chainrule as torch
    >>> torch.atan(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7854])
    """
    return unary(ops.atan, "atan", input, out)


def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``sin(pi input) / (pi input)``, and 1 at 0.

    >>> import chainrule as torch
    >>> torch.sinc(torch.tensor([0., 0.5]))
    tensor([1.0000, 0.6366])
    """
    return unary(ops.sinc, "sinc", input, out)


def deg2rad(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Degrees as radians.

    >>> import chainrule as torch
    >>> torch.deg2rad(torch.tensor([180., 90.]))
    tensor([3.1416, 1.5708])
    """
    return unary(ops.deg2rad, "deg2rad", input, out)


def rad2deg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Radians as degrees.

    >>> import chainrule as torch
    >>> torch.rad2deg(torch.tensor([0., 1.]))
    tensor([ 0.0000, 57.2958])
    """
    return unary(ops.rad2deg, "rad2deg", input, out)


def atan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle of the point (``other``, ``input``) from the positive axis, between -pi and pi.

    >>> import chainrule as torch
    >>> torch.atan2(torch.tensor([1., -1.]), torch.tensor([-1., -1.]))
    tensor([ 2.3562, -2.3562])
    """
    return tensors(ops.atan2, "atan2", input, other, out)


def hypot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``sqrt(input ** 2 + other ** 2)``, with no overflow on the way.

    >>> import chainrule as torch
    >>> torch.hypot(torch.tensor([3., 5.]), torch.tensor([4., 12.]))
    tensor([ 5., 13.])
    """
    return tensors(ops.hypot, "hypot", input, other, out)


# -- hyperbolic ---------------------------------------------------------------------------------------------------------


def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic sine.

    >>> import chainrule as torch
    >>> torch.sinh(torch.tensor([0., 1.]))
    tensor([0.0000, 1.1752])
    """
    return unary(ops.sinh, "sinh", input, out)


def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic cosine.

    >>> import chainrule as torch
    >>> torch.cosh(torch.tensor([0., 1.]))
    tensor([1.0000, 1.5431])
    """
    return unary(ops.cosh, "cosh", input, out)


def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic tangent.

    >>> import chainrule as torch
    >>> torch.tanh(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    return unary(ops.tanh, "tanh", input, out)


def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number whose hyperbolic sine ``input`` is.

    >>> import chainrule as torch
    >>> torch.asinh(torch.tensor([0., 1.]))
    tensor([0.0000, 0.8814])
    """
    return unary(ops.asinh, "asinh", input, out)


def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number whose hyperbolic cosine ``input`` is; NaN below 1.

    >>> import chainrule as torch
    >>> torch.acosh(torch.tensor([1., 2.]))
    tensor([0.0000, 1.3170])
    """
    return unary(ops.acosh, "acosh", input, out)


def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number whose hyperbolic tangent ``input`` is; NaN beyond -1 to 1.

    >>> import chainrule as torch
    >>> torch.atanh(torch.tensor([0., 0.5]))
    tensor([0.0000, 0.5493])
    """
    return unary(ops.atanh, "atanh", input, out)


# -- error and gamma functions ------------------------------------------------------------------------------------------


def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The error function: the share of a normal distribution within ``input * sqrt(2)`` deviations.

    >>> import chainrule as torch
    >>> torch.erf(torch.tensor([0., 1.]))
    tensor([0.0000, 0.8427])
    """
    return unary(ops.erf, "erf", input, out)


def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 - erf(input)``, accurate where that is small.

    >>> import chainrule as torch
    >>> torch.erfc(torch.tensor([0., 1.]))
    tensor([1.0000, 0.1573])
    """
    return unary(ops.erfc, "erfc", input, out)


def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number whose error function ``input`` is.

    >>> import chainrule as torch
    >>> torch.erfinv(torch.tensor([0., 0.5]))
    tensor([0.0000, 0.4769])
    """
    return unary(ops.erfinv, "erfinv", input, out)


def lgamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the absolute value of the gamma function.

    >>> import chainrule as torch
    >>> torch.lgamma(torch.tensor([1., 4.]))
    tensor([0.0000, 1.7918])
    """
    return unary(ops.lgamma, "lgamma", input, out)


def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The derivative of :func:`lgamma`.

    >>> import chainrule as torch
    >>> torch.digamma(torch.tensor([1., 4.]))
    tensor([-0.5772,  1.2561])
    """
    return unary(ops.digamma, "digamma", input, out)


def polygamma(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The ``n``-th derivative of :func:`digamma`.

    >>> import chainrule as torch
    >>> torch.polygamma(1, torch.tensor([1., 4.]))
    tensor([1.6449, 0.2838])
    """
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n: got {n}.")
    tensor_argument(input, "polygamma", "input", 2)
    return digamma(input, out=out) if n == 0 else unary(ops.polygamma, "polygamma", input, out, n=n)


arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh
