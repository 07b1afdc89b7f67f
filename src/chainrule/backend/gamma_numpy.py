"""Gamma and Dirichlet numbers, and how they move with their parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .elementwise_numpy import narrow
from .normal_numpy import F64
from .random_numpy import MersenneTwister, narrowed, standard_normal, unit

Array = Any


THIRD = float(np.float32(1) / np.float32(3))
"""A third as PyTorch has it in this place: of single precision."""


def gamma(stream: MersenneTwister, count: int, dtype: Any, shapes: Array) -> Array:
    """Standard gamma numbers, of each shape parameter for itself."""
    numbers = narrowed(np.array([_gamma(a, stream) for a in shapes.tolist()], F64), dtype)
    return np.maximum(numbers, np.finfo(dtype).tiny) if dtype.kind == "f" else numbers


def dirichlet(stream: MersenneTwister, count: int, dtype: Any, shapes: Array, length: int) -> Array:
    """Gamma numbers divided by their sums, ``length`` at a time."""
    numbers = np.array([_gamma(a, stream) for a in shapes.tolist()], F64).reshape(-1, length)
    numbers /= numbers.sum(-1, keepdims=True)
    return np.maximum(numbers.reshape(-1).astype(dtype), np.finfo(dtype).tiny)


def _gamma(a: float, stream: MersenneTwister) -> float:
    """Rejection from the cube of a normal number (Marsaglia and Tsang 2000); below 1, of one more, times u^(1/a)."""
    if a == 0:
        return 0.0
    scale = 1.0
    if a < 1:
        scale = _power(1 - float(unit(stream, 1, F64)[0]), 1 / a)
        a += 1
    d = a - THIRD
    c = 1 / math.sqrt(9 * d)
    while True:
        y = 0.0
        while y <= 0:
            x = float(standard_normal(stream, 1)[0])
            y = 1 + c * x
        v = y * y * y
        u = 1 - float(unit(stream, 1, F64)[0])
        square = x * x
        if u < 1 - 0.0331 * square * square or math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
            return scale * d * v


def _power(x: float, exponent: float) -> float:
    try:
        return x**exponent
    except OverflowError:
        return 0.0


def slope(low: Any, high: Any, a: Array, step: Array, density: Array) -> Array:
    """-(dF/da) / density, by central differences of the fourth order; of 1 - F where that is the smaller."""
    steps = (-2, -1, 1, 2)
    weights = (1 / 12, -2 / 3, 2 / 3, -1 / 12)
    upper = low(a) > 0.5
    moved = [np.where(upper, -high(a + k * step), low(a + k * step)) for k in steps]
    return -sum(w * f for w, f in zip(weights, moved, strict=True)) / step / density


def step_of(a: Array) -> Array:
    """A small part of ``a``, and of the deviation of a gamma distribution of that shape."""
    return np.minimum(3e-3 * a, 1e-2 * np.sqrt(a))


def gamma_draw_slope(x: Array, v: Array) -> Array:
    """The derivative of a standard gamma draw by its shape ``x``."""
    from scipy.special import gammainc, gammaincc, gammaln, xlogy

    a, y = np.asarray(x, F64), np.asarray(v, F64)
    density = np.exp(xlogy(a - 1, y) - y - gammaln(a))
    found = slope(lambda a: gammainc(a, y), lambda a: gammaincc(a, y), a, step_of(a), density)
    return narrow(np.asarray(found), x)


def beta_draw_slope(x: Array, y: Array, v: Array) -> Array:
    """That of a beta draw ``v`` by its first parameter ``x``, divided by 1 - v; ``y`` is the sum of the two parameters."""
    from scipy.special import betainc, betaincc, betaln, xlog1py, xlogy

    a, b, z = np.asarray(x, F64), np.asarray(y, F64) - np.asarray(x, F64), np.asarray(v, F64)
    density = np.exp(xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b))
    found = slope(lambda a: betainc(a, b, z), lambda a: betaincc(a, b, z), a, step_of(a), density)
    return narrow(np.asarray(found / (1 - z)), x)
