"""Powers and roots, element by element."""

from __future__ import annotations

import math

from ..core.op import elementwise
from ..promotion import is_half

__all__ = ["cbrt", "ldexp", "pow", "power_of", "power_to", "rsqrt", "sqrt", "square"]


def power_in_base(xp, g, x, y):
    """That is y x^(y-1); where y = 0 the power is constant, also at x = 0, where x^(y-1) is infinite."""
    return g * (y * xp.pow(x, xp.where(y == 0, 0, y - 1)))


def power_in_exponent(xp, g, x, y, out):
    """That is x^y log x; at x = 0 it is constant for y >= 0, and falls from infinity for y < 0."""
    flat = xp.logical_and(x == 0, xp.real(y) >= 0)
    return g * (out * xp.log(xp.where(flat, 1, x)))


pow = elementwise("pow(x, y)", node="PowBackward1", domain="iufcV", saved_names={"y": "exponent"},
    x=power_in_base,
    y=power_in_exponent,
)


def power_to_x(xp, g, x, exponent):
    if exponent == 0:
        return xp.zeros_like(g)
    return g * (exponent * x) if exponent == 2 else g * (exponent * xp.power_to(x, exponent=exponent - 1))


power_to = elementwise("power_to(x, *, exponent)", node="PowBackward0", promotion=None,
    x=power_to_x,
)


def power_of_y(xp, g, y, out, base):
    """That is out log(base); of a real negative base NaN, of 0 as in ``pow``."""
    if base == 0:
        return xp.zero_where(g * (out * -math.inf), xp.real(y) >= 0)
    if isinstance(base, complex):
        import cmath

        return g * (out * cmath.log(base))
    return g * (out * (math.log(base) if base > 0 else math.nan))


power_of = elementwise("power_of(y, *, base)", node="PowBackward2", promotion=None,
    saved_names={"base": "self", "y": "exponent"},
    forward=lambda xp, y, base: xp.pow(xp.asarray(base, dtype=y.dtype), y),
    y=power_of_y,
)


def square(x):
    """``x ** 2``."""
    return power_to(x, exponent=2)


sqrt = elementwise("sqrt(x)", promotion="float",
    x=lambda g, out: g / (2 * out),
)
cbrt = elementwise("cbrt(x)", promotion="float", domain="biufV",
    x=lambda g, out: g / (3 * (out * out)),
)
rsqrt = elementwise("rsqrt(x)", promotion="float",
    x=lambda xp, g, out: -0.5 * g * xp.power_to(out, exponent=3) if is_half(out.dtype) else g * (-0.5 * (out * out * out)),
)
ldexp = elementwise("ldexp(x, y)", promotion="float", saved_names={"y": "other"},
    forward=lambda xp, x, y: x * xp.exp2(y),
    x=lambda xp, g, y: g * xp.exp2(y),
    y=lambda g, out: g * (out * math.log(2)),
)
