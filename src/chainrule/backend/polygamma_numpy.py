"""The first two derivatives of log gamma on NumPy arrays: SciPy's functions take numbers one by one, some for microseconds.

Both are sums from n = 8 on by their asymptotic series, here in z = x + n - 1/2 (Abramowitz and Stegun 6.3.18 has it in x + n):

    digamma(x)  = log z + c(1 / z^2)        - sum of 1 / (x + k)   over k < n
    trigamma(x) = 1/z - c'(1 / z^2) 2 / z^3 + sum of 1 / (x + k)^2 over k < n

where c(w) has the coefficients (1 - 2^(1 - 2k)) B_2k / 2k, by Bernoulli's numbers. For x < 0 they are reflected.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any

BLOCK = 8192
"""Elements, in double precision. They and all in between stay in the cache."""
FAR = 1e100
"""From long before here on all but the logarithm is the same; of infinities it would be zero times infinity."""
N = 8
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
SERIES = tuple((1 - 2 ** (1 - 2 * k)) * b / (2 * k) for k, b in enumerate(BERNOULLI, 1))

Root = tuple[float, float]
POSITIVE_ROOT: Root = (1.4616321449683622, 9.549995429965697e-17)
NEGATIVE_ROOT: Root = (-0.5040830082644554, -8.15428206243813e-18)
"""The zeros of digamma above 0, and between -1 and 0: a double, and what it lacks."""


def digamma(x: Array) -> Array:
    return by_blocks(digamma_block, x)


def trigamma(x: Array) -> Array:
    return by_blocks(trigamma_block, x)


def by_blocks(function: Any, x: Array) -> Array:
    """``function`` of blocks in double precision, whatever that of ``x``: it asks whether that is single."""
    x = np.ascontiguousarray(x)
    out = np.empty_like(x)
    flat, result = x.reshape(-1), out.reshape(-1)
    for start in range(0, x.size, BLOCK):
        block = flat[start : start + BLOCK]
        result[start : start + BLOCK] = function(block.astype(np.float64), x.itemsize < 8)
    return out


def digamma_block(x: Array, is_single: bool) -> Array:
    """digamma(1 - x) - digamma(x) = pi / tan(pi x)."""
    places = np.flatnonzero(x <= 0)
    if not places.size:
        return from_root(x, POSITIVE_ROOT)
    left = x[places]
    x[places] = 1 - left
    out = from_root(x, POSITIVE_ROOT)
    part = left - np.rint(left)
    values = out[places] - np.pi / np.tan(part * np.pi)
    if not is_single:  # which asks for no more digits than the difference leaves
        near = left > -1
        values[near] = from_root(left[near], NEGATIVE_ROOT)
    values[part == 0] = np.nan
    zero = left == 0
    values[zero] = np.copysign(np.inf, -left[zero])
    out[places] = values
    return out


def from_root(x: Array, root: Root) -> Array:
    """digamma(x) = digamma(x) - digamma(r), of x between the same poles as r.

    That is a sum of differences, each of which has the factor d = x - r, and hardly a sign that differs: no digits are lost,
    not even near r. With z(r) = s: log z - log s = log1p(d / s), and 1 / (r + k) - 1 / (x + k) = d / ((r + k) (x + k)). And
    with w = 1 / z^2, v = 1 / s^2: c(w) - c(v) is w - v = -d (z + s) w v times a polynomial, the quotient of c by w - v.
    """
    r, rest = root
    s = r + rest + (N - 0.5)
    v = 1 / (s * s)
    d = x - r
    d -= rest
    x = np.minimum(x, FAR)
    z = x + (N - 0.5)
    w = np.reciprocal(z)
    z += s
    z *= w
    z *= w
    z *= -v
    w *= w
    quotient = np.zeros_like(w)
    carried = 0.0
    for c in SERIES[::-1]:
        carried = carried * v + c
        quotient *= w
        quotient += carried
    z *= quotient
    for k in range(N):
        np.add(x, k, w)
        np.divide(1 / (r + k), w, w)
        z += w
    z *= np.minimum(d, FAR, out=w)
    d /= s
    z += np.log1p(d, d)
    return z


def trigamma_block(x: Array, is_single: bool) -> Array:
    """trigamma(1 - x) + trigamma(x) = (pi / sin(pi x))^2."""
    places = np.flatnonzero(x <= 0)
    left = x[places]
    x[places] = 1 - left
    z = np.reciprocal(x + (N - 0.5))
    w = z * z
    out = np.full_like(x, -2 * len(SERIES) * SERIES[-1])
    for k in range(len(SERIES) - 1, 0, -1):
        out *= w
        out -= 2 * k * SERIES[k - 1]
    out *= w
    out += 1
    out *= z
    for k in range(N):
        np.add(x, k, z)
        z *= z
        np.reciprocal(z, z)
        out += z
    if places.size:
        part = left - np.rint(left)
        sine = np.sin(part * np.pi) / np.pi
        out[places] = 1 / (sine * sine) - out[places]
    return out
