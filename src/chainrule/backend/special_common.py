"""Special functions that both backends compute by the same lines: functions of ``xp``, plain ``numpy`` or ``jax.numpy``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Array = Any

FAR = 6.0
TERMS = 30


def erfcx_derivative(xp: Any, erfcx: Callable[[Array], Array], x: Array, n: int) -> Array:
    """The n-th derivative of E(x) = exp(x^2) erfc(x).

    From E' = 2 x E - 2 / sqrt(pi) follows E^(m+1) = 2 x E^(m) + 2 m E^(m-1), whose terms cancel for large x. There the
    asymptotic series E ~ sum_k (-1)^k (2k-1)!! / (2^k x^(2k+1)) / sqrt(pi) is differentiated term by term: its smallest
    term is of the size of exp(-x^2).
    """
    value = erfcx(x)
    if not n:
        return value
    far = x > FAR
    near, z = xp.where(far, 0, x), 1 / xp.where(far, x, FAR)
    before, derivative = erfcx(near), 2 * near * erfcx(near) - 2 / math.sqrt(math.pi)
    for m in range(1, n):
        before, derivative = derivative, 2 * near * derivative + 2 * m * before
    series = xp.zeros_like(z)
    for k in range(TERMS, -1, -1):  # of the factors of a term, those that the next one has too stand outside
        series = math.prod(range(2 * k + 1, 2 * k + 1 + n)) - series * ((2 * k + 1) / 2) * (z * z)
    return xp.where(far, (-1) ** n / math.sqrt(math.pi) * series * z ** (n + 1), derivative)


def normal_hazard(erfcx: Callable[[Array], Array], x: Array) -> Array:
    """The density of the normal distribution divided by its distribution function, which is erfc(-x / sqrt 2) / 2."""
    return math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5))


def gelu_slope(ndtr: Callable[[Array], Array], gaussian: Callable[[Array], Array], x: Array) -> Array:
    """The derivative of x times the normal distribution function: that, and x times the density."""
    return ndtr(x) + x * (gaussian(x * math.sqrt(0.5)) / math.sqrt(2 * math.pi))


# -- orthogonal polynomials ---------------------------------------------------------------------------------------------


def chebyshev(slope: int, constant: int) -> Any:
    return (slope, constant), lambda k: (2, 0, 1)


FAMILIES: dict[str, tuple[tuple[int, int], Callable[[Any], tuple[Any, Any, Any]]]] = {
    "chebyshev_t": chebyshev(1, 0),
    "chebyshev_u": chebyshev(2, 0),
    "chebyshev_v": chebyshev(2, -1),
    "chebyshev_w": chebyshev(2, 1),
    "hermite_h": ((2, 0), lambda k: (2, 0, 2 * k)),
    "hermite_he": ((1, 0), lambda k: (1, 0, k)),
    "laguerre_l": ((-1, 1), lambda k: (-1 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1))),
    "legendre_p": ((1, 0), lambda k: ((2 * k + 1) / (k + 1), 0, k / (k + 1))),
}
"""p_1 = a x + b as (a, b); and k -> (a, b, c) of p_(k+1) = (a x + b) p_k - c p_(k-1). p_0 is 1."""


HIGHEST = 100_000
"""The highest degree that is computed, one after the other; of higher ones the result is NaN."""


def degrees(xp: Any, n: Array) -> Array:
    """Degrees as integers that are floats; -1 where there is no polynomial to compute."""
    return xp.where(xp.abs(n) <= HIGHEST, xp.trunc(n), -1)


def first_two(xp: Any, x: Array, family: str, order: int) -> tuple[list[Array], list[Array]]:
    """p_0 and p_1, each with its derivatives up to ``order``."""
    (a, b), _ = FAMILIES[family]
    zero, one = xp.zeros_like(x), xp.ones_like(x)
    return [one, *[zero] * order], [a * x + b, a * one, *[zero] * order][: order + 1]


def next_one(x: Array, k: Any, before: list[Array], now: list[Array], family: str) -> list[Array]:
    """p_(k+1) with its derivatives: those of the product (a x + b) p_k have one term more, m a p_k^(m-1)."""
    a, b, c = FAMILIES[family][1](k)
    out = [(a * x + b) * p - c * q for p, q in zip(now, before, strict=True)]
    return [out[0], *[p + m * a * now[m - 1] for m, p in enumerate(out[1:], 1)]]
