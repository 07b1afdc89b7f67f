"""Which elements along an axis make those of a longer or shorter one, and with what weights.

A *table* says how an axis is resampled: ``(mode, length, size, scale, align)``, from ``length`` elements to ``size``. The
scale is the distance of two neighbours of the result, in elements of the operand, if it is not the quotient of the two.
For half precision, PyTorch computes the weights in single, and rounds those of most modes: "linear:float32" is the mode
"linear" with weights in single precision, "linear:float16" that with rounded ones.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from .. import dtypes

Array = Any
Table = tuple[str, int, int, float | None, bool]


@lru_cache(maxsize=64)
def taps(table: Table) -> tuple[Array, Array]:
    """(indices, weights), both of shape (taps, size): each element of the result is the weighted sum of a few."""
    mode, length, size, scale, align = table
    mode, _, precision = mode.partition(":")
    real = np.float32 if precision else np.float64
    places = np.arange(size)
    if size == length and (mode == "linear" or mode.startswith("antialiased")):
        return places[None], np.ones((1, size))  # whatever the scale, as PyTorch does
    if mode in ("nearest", "nearest-exact"):
        return _nearest(mode, length, size, scale, places), np.ones((1, size))
    if mode == "area":
        starts = places * length // size
        ends = -(-(places + 1) * length // size)
        return _windows(starts, ends, np.ones((size, int((ends - starts).max(initial=1)))))
    if align:
        step = float(real(length - 1) / real(size - 1)) if size > 1 else 0.0
    else:
        step = float(real(length) / real(size) if scale is None else real(scale))
    if mode.startswith("antialiased"):
        return _antialiased(mode.removeprefix("antialiased-"), length, step, places)
    at = (places * step if align else (places + 0.5) * step - 0.5).astype(real)  # rounded once
    if mode == "linear":
        at = np.maximum(at, 0)
        low = np.minimum(np.floor(at).astype(np.int64), length - 1)
        part = rounded(np.clip(at - low.astype(real), 0, 1), precision)
        weights = np.stack([rounded(1 - part, precision), part])
        return np.stack([low, np.minimum(low + 1, length - 1)]), weights
    low = np.minimum(np.floor(at).astype(np.int64), length - 1)
    part = np.clip(at - low.astype(real), 0, 1)
    rest = 1 - part
    weights = rounded(cubic(np.stack([part + 1, part, rest, rest + 1]), -0.75), precision)
    return np.clip(low + np.arange(-1, 3)[:, None], 0, length - 1), weights


def rounded(x: Array, precision: str) -> Array:
    """To the numbers that the dtype of that name has; "" is all."""
    return x.astype(getattr(dtypes, precision).numpy).astype(x.dtype) if precision else x


def _nearest(mode: str, length: int, size: int, scale: float | None, places: Array) -> Array:
    """In single precision, as PyTorch computes it: rounding decides which neighbour it is."""
    step = np.float32(length) / np.float32(size) if scale is None else np.float32(scale)
    at = places.astype(np.float32) + np.float32(0.5 if mode == "nearest-exact" else 0)
    return np.minimum(np.floor(at * step).astype(np.int64), length - 1)[None]


def cubic(x: Array, a: float) -> Array:
    """Keys' cubic convolution kernel (1981) at distances x >= 0, with the slope a at 1."""

    def plus(y: Any, number: float) -> Array:
        """``y * x + number``, rounded once in single precision as well."""
        return (np.multiply(y, x, dtype=np.float64) + number).astype(x.dtype)

    near = plus(plus(a + 2, -a - 3) * x, 1)
    far = plus(plus(plus(a, -5 * a), 8 * a), -4 * a)
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _antialiased(filter: str, length: int, step: float, places: Array) -> tuple[Array, Array]:
    """A kernel as wide as the elements of the result are apart."""
    stretch = max(step, 1.0)
    support = {"linear": 1, "cubic": 2, "lanczos": 3}[filter] * stretch
    centers = step * (places + 0.5)
    starts = np.maximum((centers - support + 0.5).astype(np.int64), 0)
    ends = np.minimum((centers + support + 0.5).astype(np.int64), length)
    at = starts[:, None] + np.arange(int((ends - starts).max(initial=1)))
    x = np.abs(at - centers[:, None] + 0.5) / stretch
    if filter == "lanczos":
        return _windows(starts, ends, np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0))
    return _windows(starts, ends, np.maximum(1 - x, 0) if filter == "linear" else cubic(x, -0.5))


def _windows(starts: Array, ends: Array, weights: Array) -> tuple[Array, Array]:
    """The weights in windows, normalized. What lies beyond the end of a window is its first element, with weight 0."""
    at = starts[:, None] + np.arange(weights.shape[1])
    inside = at < ends[:, None]
    weights = np.where(inside, weights, 0)
    weights = weights / np.maximum(weights.sum(1, keepdims=True), np.finfo(float).tiny)
    return np.where(inside, at, starts[:, None]).T, weights.T


@lru_cache(maxsize=16)
def dense(table: Table, dtype: Any) -> Array:
    """The matrix of the weights: (size, length)."""
    indices, weights = taps(table)
    matrix = np.zeros((table[2], table[1]))
    np.add.at(matrix, (np.arange(table[2]), indices), weights)
    return matrix.astype(dtype)


def weight_along(weights: Array, axis: int, dtype: Any) -> Array:
    return weights.reshape(-1, *[1] * (-axis - 1)).astype(dtype)


def is_selection(table: Table) -> bool:
    """Whether each element of the result is one of the operand."""
    return math.prod(taps(table)[0].shape[:1]) == 1
