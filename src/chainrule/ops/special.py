"""Special functions: of entropy and the normal distribution, of Bessel, Airy and Hurwitz, incomplete gamma functions,
orthogonal polynomials.

Families that are closed under differentiation (Bessel functions of all orders, derivatives of polynomials) are one op
with the order as a parameter: any derivative is then as accurate as the function itself.
"""

from __future__ import annotations

import math

from ..core.op import elementwise
from ..promotion import is_half
from .activation import widened

__all__ = [
    "airy_ai", "airy_ai_prime", "bessel_i", "bessel_j", "bessel_k", "bessel_y", "entr", "erfcx", "erfcx_derivative", "i0",
    "i0e", "i1", "i1e", "igamma", "igammac", "log_ndtr", "mvlgamma", "ndtr", "ndtri", "normal_hazard", "polynomial",
    "spherical_bessel_j0", "xlog1py", "xlog1py_number", "xlog1py_of", "zeta", "zeta_number", "zeta_of",
]  # fmt: skip

REAL = {"promotion": "float", "domain": "fV"}

# -- entropy ------------------------------------------------------------------------------------------------------------

# -x log x, 0 at 0 and minus infinity below.
entr = elementwise("entr(x)", node="SpecialEntrBackward0", **REAL,
    x=lambda xp, g, x: g * (-1 - xp.log(x)),
)


def xlog1py_x(xp, g, x, y):
    """That is log(1 + y), but 0 at x = 0 where that is infinite or NaN: there x log(1 + y) is 0 by definition."""
    flat = xp.logical_and(x == 0, y <= -1)
    return xp.zero_where(g * xp.log1p(xp.where(flat, 0, y)), flat)


def xlog1py_y(xp, g, x, y):
    """That is x / (1 + y); 0 log(1 + y) is 0 for every y."""
    flat = xp.logical_and(x == 0, y == -1)
    y = xp.where(flat, 0, y) + 1
    return g * x / y if is_half(x.dtype) else g * (x / y)


def xlog1py_number_x(xp, g, x, other):
    if other > -1:
        return g * math.log1p(other)
    return xp.zero_where(g * (math.nan if other < -1 else -math.inf), x == 0)


xlog1py = elementwise("xlog1py(x, y)", node="SpecialXlog1PyBackward0", **REAL, x=xlog1py_x, y=xlog1py_y)
xlog1py_of = elementwise("xlog1py_of(y, *, number)", node="SpecialXlog1PyBackward1", **REAL,
    saved_names={"y": "other", "number": "self"},
    forward=lambda xp, y, number: xp.xlog1py(xp.asarray(number, dtype=y.dtype), y),
    y=lambda xp, g, y, number: g * (number / (y + 1)) if number else xp.zeros_like(g),
)
xlog1py_number = elementwise("xlog1py_number(x, *, other)", node="SpecialXlog1PyBackward2", **REAL,
    forward=lambda xp, x, other: xp.xlog1py(x, xp.asarray(other, dtype=x.dtype)),
    x=xlog1py_number_x,
)

# -- the normal distribution --------------------------------------------------------------------------------------------

ROOT_HALF = math.sqrt(0.5)

ndtr = elementwise("ndtr(x)", node="SpecialNdtrBackward0", **REAL,
    x=lambda xp, g, x: g * (xp.gaussian(x * ROOT_HALF) / math.sqrt(2 * math.pi)),
)
# By the inverse's rule 1 / phi(y).
ndtri = elementwise("ndtri(x)", node="SpecialNdtriBackward0", **REAL,
    x=lambda xp, g, out: g * (math.sqrt(2 * math.pi) / xp.gaussian(out * ROOT_HALF)),
)
log_ndtr = elementwise("log_ndtr(x)", node="SpecialLogNdtrBackward0", **REAL,
    x=lambda xp, g, x: g * xp.normal_hazard(x),
)


def normal_hazard_x(xp, g, x, out):
    """Of h = phi / Phi it is -h (x + h).

    On the left x + h cancels to -1 / x. With u = -x / sqrt 2 and E = erfcx, h = sqrt(2 / pi) / E(u), and since
    E' = 2 u E - 2 / sqrt(pi), x + h = -E'(u) / (sqrt 2 E(u)).
    """
    left = x < 0
    u = xp.where(left, x * -ROOT_HALF, 0)
    below = xp.erfcx_derivative(u, n=1) / (xp.erfcx_derivative(u, n=0) * math.sqrt(2))
    above = -(xp.where(left, 0, xp.where(x > 1e3, 0, x)) + out)  # from 1e3 on h is 0
    return g * (out * xp.where(left, below, above))


# The derivative of log Phi: phi / Phi, by erfcx, which has no tail to lose.
normal_hazard = elementwise("normal_hazard(x)", **REAL, x=normal_hazard_x)

# -- the scaled error function ------------------------------------------------------------------------------------------

erfcx = elementwise("erfcx(x)", node="SpecialErfcxBackward0", **REAL,
    forward=lambda xp, x: xp.erfcx_derivative(x, n=0),
    x=lambda xp, g, x: g * xp.erfcx_derivative(x, n=1),
)
erfcx_derivative = elementwise("erfcx_derivative(x, *, n)", node="SpecialErfcxBackward0", **REAL,
    x=lambda xp, g, x, n: g * xp.erfcx_derivative(x, n=n + 1),
)

# -- Bessel and Airy functions ------------------------------------------------------------------------------------------


def neighbours(name, before, after):
    """The derivative of a Bessel function of order n: a sum of those of orders n - 1 (n = 0: 1) and n + 1, halved.

    Those of order -1 are, up to a sign, those of order 1: I_-1 = I_1, K_-1 = K_1, J_-1 = -J_1, Y_-1 = -Y_1.
    """

    def slope(xp, x, n, **scaled):
        function = getattr(xp, name)
        if not n:
            return function(x, n=1, **scaled) * after
        return (function(x, n=n - 1, **scaled) * before + function(x, n=n + 1, **scaled) * after) / 2

    return slope


i_slope, k_slope = neighbours("bessel_i", 1, 1), neighbours("bessel_k", -1, -1)
j_slope, y_slope = neighbours("bessel_j", 1, -1), neighbours("bessel_y", 1, -1)


def i_x(xp, g, x, n, scaled):
    """Scaled, it is exp(-|x|) I: the derivative of the factor comes in."""
    slope = i_slope(xp, x, n, scaled=scaled)
    return g * (slope - xp.sgn(x) * xp.bessel_i(x, n=n, scaled=True) if scaled else slope)


def k_x(xp, g, x, n, scaled):
    """Scaled, it is exp(x) K."""
    slope = k_slope(xp, x, n, scaled=scaled)
    return g * (slope + xp.bessel_k(x, n=n, scaled=True) if scaled else slope)


bessel_i = elementwise("bessel_i(x, *, n, scaled)", **REAL, x=i_x)
bessel_k = elementwise("bessel_k(x, *, n, scaled)", **REAL, x=k_x)
bessel_j = elementwise("bessel_j(x, *, n)", **REAL, x=lambda xp, g, x, n: g * j_slope(xp, x, n))
bessel_y = elementwise("bessel_y(x, *, n)", **REAL, x=lambda xp, g, x, n: g * y_slope(xp, x, n))


def modified(signature, node, order, scale):
    return elementwise(signature, node=node, **REAL,
        forward=lambda xp, x: xp.bessel_i(x, n=order, scaled=scale),
        x=lambda xp, g, x: i_x(xp, g, x, order, scale),
    )


i0 = modified("i0(x)", "I0Backward0", 0, False)
i0e = modified("i0e(x)", "SpecialI0EBackward0", 0, True)
i1 = modified("i1(x)", "SpecialI1Backward0", 1, False)
i1e = modified("i1e(x)", "SpecialI1EBackward0", 1, True)

airy_ai = elementwise("airy_ai(x)", **REAL,
    x=lambda xp, g, x: g * xp.airy_ai_prime(x),
)
# Airy's equation: Ai'' = x Ai.
airy_ai_prime = elementwise("airy_ai_prime(x)", **REAL,
    x=lambda xp, g, x: g * (x * xp.airy_ai(x)),
)
# sin(x) / x, which is sinc without its factor pi; 0 at infinity.
spherical_bessel_j0 = elementwise("spherical_bessel_j0(x)", **REAL,
    forward=widened(lambda xp, x: xp.where(xp.isinf(x), 0, xp.sinc_derivative(x / math.pi, n=0))),
    x=lambda xp, g, x: xp.zero_where(g * (xp.sinc_derivative(x / math.pi, n=1) / math.pi), xp.isinf(x)),
)

# -- gamma and zeta functions -------------------------------------------------------------------------------------------


def gamma_density(xp, a, x):
    """x^(a - 1) exp(-x) / gamma(a), of x that are not negative."""
    return xp.where(x < 0, math.nan, xp.exp(xp.xlogy(a - 1, x) - x - xp.lgamma(a)))


# The derivative by a has no closed form, and none in PyTorch.
igamma = elementwise("igamma(a, x)", domain="fV", saved_names={"a": "self", "x": "other"},
    x=lambda xp, g, a, x: g * gamma_density(xp, a, x),
)
igammac = elementwise("igammac(a, x)", domain="fV", saved_names={"a": "self", "x": "other"},
    x=lambda xp, g, a, x: -g * gamma_density(xp, a, x),
)


def summed(function, x, p):
    return sum([function(x - i / 2) for i in range(1, p)], start=function(x))


mvlgamma = elementwise("mvlgamma(x, *, p)", **REAL,
    forward=widened(lambda xp, x, p: summed(xp.lgamma, x, p) + p * (p - 1) / 4 * math.log(math.pi)),
    x=lambda xp, g, x, p: g * summed(xp.digamma, x, p),
)


def zeta_y(xp, g, x, y):
    """Term by term of sum (y + k)^-x."""
    return g * (-x * xp.zeta(x + 1, y))


# The derivative by x has no closed form, and none in PyTorch.
zeta = elementwise("zeta(x, y)", node="SpecialZetaBackward0", **REAL, y=zeta_y)
zeta_of = elementwise("zeta_of(y, *, number)", node="SpecialZetaBackward1", **REAL,
    saved_names={"y": "other", "number": "self"},
    forward=lambda xp, y, number: xp.zeta(xp.asarray(number, dtype=y.dtype), y),
    y=lambda xp, g, y, number: g * (xp.zeta(xp.full_like(y, number + 1), y) * -number),
)
zeta_number = elementwise("zeta_number(x, *, other)", node="SpecialZetaBackward2", **REAL,
    forward=lambda xp, x, other: xp.zeta(x, xp.asarray(other, dtype=x.dtype)),
)

# -- orthogonal polynomials ---------------------------------------------------------------------------------------------

# This ``derivative`` (the 0th, the 1st, ...) of the polynomial of degree n (cut to an integer) of a family.
polynomial = elementwise("polynomial(x, n, *, family, derivative)", **REAL,
    x=lambda xp, g, x, n, family, derivative: g * xp.polynomial(x, n, family=family, derivative=derivative + 1),
    n=lambda xp, g: xp.zeros_like(g),
)
