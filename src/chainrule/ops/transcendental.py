"""Exponentials, logarithms, trigonometry, error and gamma functions, element by element.

The derivatives are written for their tails. PyTorch's 1 - tanh(x)^2 has lost all digits at 19; a rule that keeps the
operand has not. Where PyTorch keeps the output only, the operand is an extra: a rule's parameter with a default is None
when the operand has been overwritten since, and the rule then does what PyTorch does.

Half precision has no digits in its tails that a rule could keep: there rules are PyTorch's formulas, in its order of
roundings.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.op import elementwise
from ..promotion import is_half
from .elementwise import by_kind, rounded

__all__ = [
    "acos",
    "acosh",
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
    "gaussian",
    "hypot",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logaddexp_complex",
    "logit",
    "polygamma",
    "rad2deg",
    "sech_squared",
    "sigmoid",
    "sigmoid_slope",
    "sin",
    "sinc",
    "sinc_derivative",
    "sinh",
    "tan",
    "tanh",
    "xlogy",
    "xlogy_number",
    "xlogy_of",
]  # fmt: skip

# -- exponentials and logarithms ----------------------------------------------------------------------------------------

exp = elementwise("exp(x)", promotion="float",
    x=lambda g, out: g * out,
)
exp2 = elementwise("exp2(x)", promotion="float",
    x=lambda g, out: g * out * math.log(2) if is_half(out.dtype) else g * (out * math.log(2)),
)
expm1 = elementwise("expm1(x)", promotion="float",
    x=lambda xp, g, out, x=None: g * (out + 1 if x is None or is_half(out.dtype) else xp.exp(x)),
)
log = elementwise("log(x)", promotion="float",
    x=lambda g, x: g / x,
)
log1p = elementwise("log1p(x)", node="Log1PBackward0", promotion="float",
    x=lambda g, x: g / (x + 1),
)
log2 = elementwise("log2(x)", promotion="float",
    x=lambda g, x: g / (x * math.log(2)),
)
log10 = elementwise("log10(x)", promotion="float",
    x=lambda g, x: g / (x * math.log(10)),
)
# Each operand's share of the sum of the powers.
logaddexp = elementwise("logaddexp(x, y)", domain="fV",
    x=lambda xp, g, x, y: g / (xp.exp(y - x) + 1) if is_half(x.dtype) else g * xp.sigmoid(x - y),
    y=lambda xp, g, x, y: g / (xp.exp(x - y) + 1) if is_half(x.dtype) else g * xp.sigmoid(y - x),
)
logaddexp_complex = elementwise("logaddexp_complex(x, y)", node="LogaddexpBackward0", domain="c",
    x=lambda xp, g, x, y: g / (xp.exp(y - x) + 1),
    y=lambda xp, g, x, y: g / (xp.exp(x - y) + 1),
)
logaddexp2 = elementwise("logaddexp2(x, y)", domain="fV",
    x=lambda xp, g, x, y: g / (xp.exp2(y - x) + 1) if is_half(x.dtype) else g * xp.sigmoid((x - y) * math.log(2)),
    y=lambda xp, g, x, y: g / (xp.exp2(x - y) + 1) if is_half(x.dtype) else g * xp.sigmoid((y - x) * math.log(2)),
)


def xlogy_x(xp, g, x, y):
    """That is log y, but 0 at x = 0 where log y is infinite or NaN: there x log y is 0 by definition."""
    flat = xp.logical_and(x == 0, y <= 0)
    return xp.zero_where(g * xp.log(xp.where(flat, 1, y)), flat)


def xlogy_y(xp, g, x, y):
    """That is x / y; 0 log y is 0 for every y, which PyTorch's 0 / 0 forgets."""
    flat = xp.logical_and(x == 0, y == 0)
    y = xp.where(flat, 1, y)
    return g * x / y if is_half(x.dtype) else g * (x / y)


def xlogy_number_x(xp, g, x, other):
    if other > 0:
        return g * math.log(other)
    return xp.zero_where(g * (math.nan if other < 0 else -math.inf), x == 0)


xlogy = elementwise("xlogy(x, y)", promotion="float", domain="fV", x=xlogy_x, y=xlogy_y)
xlogy_of = elementwise("xlogy_of(y, *, number)", node="XlogyBackward1", promotion="float", domain="fV",
    saved_names={"y": "other", "number": "self"},
    forward=lambda xp, y, number: xp.xlogy(xp.asarray(number, dtype=y.dtype), y),
    y=lambda xp, g, y, number: g * (number / y) if number else xp.zeros_like(g),
)
xlogy_number = elementwise("xlogy_number(x, *, other)", node="XlogyBackward2", promotion="float", domain="fV",
    forward=lambda xp, x, other: xp.xlogy(x, xp.asarray(other, dtype=x.dtype)),
    x=xlogy_number_x,
)

# -- sigmoid and its inverse --------------------------------------------------------------------------------------------



def sigmoid_x(xp, g, out, out_dtype, x=None):
    """The slope s (1 - s), which PyTorch rounds once in bfloat16, and after each operation in float16."""
    if is_half(out_dtype):
        rest = 1 - out
        if out_dtype == np.float16:
            return rounded(xp, g * rounded(xp, rest, out_dtype), out_dtype) * out
        return g * rest * out
    return g * (out * (1 - out) if x is None else xp.sigmoid_slope(x))


sigmoid = elementwise("sigmoid(x)", fused=True, promotion="float", x=sigmoid_x)
# s' = s(x) s(-x), whose logarithm has the derivative s(-x) - s(x) = -tanh(x / 2).
sigmoid_slope = elementwise("sigmoid_slope(x)", node="SigmoidBackwardBackward0", promotion="float",
    x=lambda xp, g, x, out: g * (out * -xp.tanh(x / 2)),
)


def logit_x(xp, g, x, eps):
    """1 / (x (1 - x)) within the bounds; beyond them 0 where ``eps`` clamps, NaN where the logarithm has no value."""
    low, high = (0, 1) if eps is None else (eps, 1 - eps)
    outside = xp.logical_or(x < low, x > high)
    inner = g / (xp.where(x == 0, 0, x) * (1 - x))  # to a minus zero, too, the limit is from the right
    return xp.where(outside, math.nan, inner) if eps is None else xp.zero_where(inner, outside)


logit = elementwise("logit(x, *, eps)", promotion="float", domain="fV",
    x=logit_x,
)

# -- trigonometric ------------------------------------------------------------------------------------------------------

sin = elementwise("sin(x)", promotion="float",
    x=lambda xp, g, x: g * xp.cos(x),
)
cos = elementwise("cos(x)", promotion="float",
    x=lambda xp, g, x: g * -xp.sin(x),
)
tan = elementwise("tan(x)", promotion="float",
    x=lambda g, out: g * (out * out + 1),
)
# (1 - x)(1 + x) keeps the digits near 1 that 1 - x^2 loses.
asin = elementwise("asin(x)", promotion="float",
    x=lambda xp, g, x: g * xp.rsqrt(1 - x * x) if is_half(x.dtype) else g / xp.sqrt((1 - x) * (1 + x)),
)
acos = elementwise("acos(x)", promotion="float",
    x=lambda xp, g, x: g * -xp.rsqrt(1 - x * x) if is_half(x.dtype) else -g / xp.sqrt((1 - x) * (1 + x)),
)
atan = elementwise("atan(x)", promotion="float",
    x=lambda g, x: g / (x * x + 1),
)


def atan2_rule(xp, g, along, other):
    """``along`` / (x^2 + y^2), with no square that could overflow; 0 at the origin, as PyTorch has it."""
    if is_half(along.dtype):
        square = along * along + other * other
        return g * along * xp.zero_where(xp.reciprocal(square), square == 0)
    r = xp.hypot(along, other)
    origin = r == 0
    r = xp.where(origin, 1, r)
    return g * (along / r / r)


atan2 = elementwise("atan2(x, y)", promotion="float", domain="fV",
    x=lambda xp, g, x, y: atan2_rule(xp, g, y, x),
    y=lambda xp, g, x, y: atan2_rule(xp, g, -x, y),
)
hypot = elementwise("hypot(x, y)", domain="fV",
    x=lambda g, x, out: g * x / out if is_half(x.dtype) else g * (x / out),
    y=lambda g, y, out: g * y / out if is_half(y.dtype) else g * (y / out),
)
deg2rad = elementwise("deg2rad(x)", node="Deg2RadBackward0", promotion="float", domain="fV",
    x=lambda g: g * (math.pi / 180),
)
rad2deg = elementwise("rad2deg(x)", node="Rad2DegBackward0", promotion="float", domain="fV",
    x=lambda g: g * (180 / math.pi),
)
# The derivatives of sinc have removable singularities at 0, where PyTorch's second derivative comes out 0. One op
# stands for all of them, and evaluates a series there.
sinc_derivative = elementwise("sinc_derivative(x, *, n)", node="SincBackward0", domain="fcV",
    x=lambda xp, g, x, n: g * xp.sinc_derivative(x, n=n + 1),
)
sinc = elementwise("sinc(x)", promotion="float",
    forward=lambda xp, x: xp.sinc_derivative(x, n=0),
    x=lambda xp, g, x: g * xp.sinc_derivative(x, n=1),
)

# -- hyperbolic ---------------------------------------------------------------------------------------------------------

sinh = elementwise("sinh(x)", promotion="float",
    x=lambda xp, g, x: g * xp.cosh(x),
)
cosh = elementwise("cosh(x)", promotion="float",
    x=lambda xp, g, x: g * xp.sinh(x),
)


def tanh_x(xp, g, out, out_dtype, x=None):
    """1 - tanh^2 = 1 / cosh^2."""
    return g * (1 - out * out if x is None or is_half(out_dtype) else xp.sech_squared(x))


# (cosh^-2)' = -2 sinh / cosh^3 = -2 tanh / cosh^2.
sech_squared = elementwise("sech_squared(x)", node="TanhBackwardBackward0", promotion="float",
    x=lambda xp, g, x, out: g * (out * xp.tanh(x) * -2),
)
tanh = elementwise("tanh(x)", fused=True, promotion="float", x=tanh_x)
asinh = by_kind(
    elementwise("asinh(x)", inplace_node="AsinhBackward1", promotion="float", domain="fV",
        x=lambda xp, g, x: g * xp.rsqrt(x * x + 1) if is_half(x.dtype) else g / xp.hypot(x, xp.ones_like(x)),
    ),
    elementwise("asinh_complex(x)", inplace_node="AsinhBackward1", node="AsinhBackward0", domain="c", forward=lambda xp, x: xp.asinh(x),
        x=lambda xp, g, x: g / xp.sqrt(x * x + 1),
    ),
)
# Two roots rather than one of x^2 - 1: that is right for complex x left of the imaginary axis too, and does not overflow.
acosh = elementwise("acosh(x)", inplace_node="AcoshBackward1", promotion="float",
    x=lambda xp, g, x: g * xp.rsqrt(x * x - 1) if is_half(x.dtype) else g / (xp.sqrt(x - 1) * xp.sqrt(x + 1)),
)
atanh = elementwise("atanh(x)", inplace_node="AtanhBackward1", promotion="float",
    x=lambda g, x: g / (1 - x * x) if is_half(x.dtype) else g / ((1 - x) * (1 + x)),
)

# -- error and gamma functions ------------------------------------------------------------------------------------------

SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0

gaussian = elementwise("gaussian(x)", promotion="float", domain="fV",
    x=lambda g, x, out: g * (-2 * x * out),
)
erf = elementwise("erf(x)", promotion="float", domain="fV",
    x=lambda xp, g, x: SLOPE * xp.exp(-(x * x)) * g if is_half(x.dtype) else g * (SLOPE * xp.gaussian(x)),
)
erfc = elementwise("erfc(x)", promotion="float", domain="fV",
    x=lambda xp, g, x: -SLOPE * xp.exp(-(x * x)) * g if is_half(x.dtype) else g * (-SLOPE * xp.gaussian(x)),
)


def erfinv_x(xp, g, x):
    y = xp.erfinv(x)
    return xp.exp(y * y) * (1 / SLOPE) * g if is_half(x.dtype) else g / (SLOPE * xp.gaussian(y))


erfinv = elementwise("erfinv(x)", promotion="float", domain="fV", saved_names={"x": "self"}, x=erfinv_x)
lgamma = elementwise("lgamma(x)", promotion="float", domain="fV",
    x=lambda xp, g, x: g * xp.digamma(x),
)
digamma = elementwise("digamma(x)", promotion="float", domain="fV",
    x=lambda xp, g, x: g * xp.polygamma(x, n=1),
)
polygamma = elementwise("polygamma(x, *, n)", inplace_node="PolygammaBackward1", promotion="float", domain="fV",
    x=lambda xp, g, x, n: g * xp.polygamma(x, n=n + 1),
)
