"""Random counts, of each rate or chance for itself: how many uniform numbers one takes depends on what they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .normal_numpy import F64
from .random_numpy import MersenneTwister, narrowed, unit

Array = Any
Uniform = Callable[[], float]


def poisson(stream: MersenneTwister, count: int, dtype: Any, rates: Array) -> Array:
    """Numbers of events."""
    uniform = _uniform_of(stream)
    return _counted([_few_events(r, uniform) if r < 10 else _many_events(r, uniform) for r in rates.tolist()], dtype)


def binomial(stream: MersenneTwister, count: int, dtype: Any, trials: Array, chances: Array) -> Array:
    """Numbers of successes."""
    uniform = _uniform_of(stream)
    return _counted([_successes(n, p, uniform) for n, p in zip(trials, chances, strict=True)], dtype)


def _uniform_of(stream: MersenneTwister) -> Uniform:
    return lambda: float(unit(stream, 1, F64)[0])


def _counted(counts: list[float], dtype: Any) -> Array:
    return narrowed(np.array(counts, F64), dtype)


def _few_events(rate: float, uniform: Uniform) -> int:
    """As many uniform numbers as can be multiplied until the product is below exp(-rate), less one."""
    if rate == 0:
        return 0
    limit, product, events = math.exp(-rate), 1.0, -1
    while product > limit or events < 0:
        product *= uniform()
        events += 1
    return events


def _many_events(rate: float, uniform: Uniform) -> int:
    """Rejection from a transformed uniform number (Hoermann 1993, algorithm PTRS)."""
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    while True:
        u, v = uniform() - 0.5, uniform()
        margin = 0.5 - abs(u)
        events = math.floor((2 * a / margin + b) * u + rate + 0.43)
        if margin >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return events
        if events < 0 or (margin < 0.013 and v > margin):
            continue
        bound = events * math.log(rate) - rate - math.lgamma(events + 1)
        if math.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (margin * margin) + b)) <= bound:
            return events


def _successes(n: Any, p: Any, uniform: Uniform) -> float:
    """``n`` and ``p`` are NumPy scalars: PyTorch computes a few things in their dtype."""
    if math.isnan(p) or math.isnan(n):
        return math.nan
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return float(n)
    rarer = p if p <= 0.5 else 1 - p
    if n * rarer >= 10:
        counted = _many_successes(float(n), float(rarer), float(np.sqrt(n * rarer * (1 - rarer))), uniform)
    else:
        counted = _few_successes(float(n), float(np.log1p(-rarer)), uniform)
    return counted if p <= 0.5 else float(n) - counted


def _few_successes(n: float, scale: float, uniform: Uniform) -> int:
    """How often one can wait for a success within ``n`` trials; ``scale`` is log(1 - p)."""
    trials, successes = 0.0, -1
    while trials <= n:
        u = uniform()
        trials += math.ceil(math.log(u) / scale) if u else math.inf
        successes += 1
    return successes


def _many_successes(n: float, p: float, deviation: float, uniform: Uniform) -> int:
    """Rejection from a transformed uniform number (Hoermann 1993, algorithm BTRS)."""
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    middle = math.floor((n + 1) * p)
    while True:
        u, v = uniform() - 0.5, uniform()
        margin = 0.5 - abs(u)
        if not margin:
            continue
        successes = math.floor((2 * a / margin + b) * u + n * p + 0.5)
        if margin >= 0.07 and v <= 0.92 - 4.2 / b:
            return successes
        if not 0 <= successes <= n:
            continue
        bound = _log_ways(n, successes) - _log_ways(n, middle) + (successes - middle) * math.log(p / (1 - p))
        if v == 0 or math.log(v * (2.83 + 5.1 / b) * deviation / (a / (margin * margin) + b)) <= bound:
            return successes


def _log_ways(n: float, k: float) -> float:
    """The logarithm of how many ways there are to choose ``k`` of ``n``, but for a constant."""
    return -math.lgamma(k + 1) - math.lgamma(n - k + 1)
