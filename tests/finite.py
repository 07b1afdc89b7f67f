"""Finite differences: derivatives from values alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

STEP = 2.0**-9
"""The distance of the five points. Their error is STEP**4 / 30 of the fifth derivative and 2**-53 / STEP of the value:
1e-13 relative each, so that 1e-7 leaves a factor of a million for curved functions and long sums."""

TOLERANCE = 1e-7

Arrays = Sequence[Any]


def moved(arrays: Arrays, directions: Arrays, step: float) -> list[Any]:
    return [a if d is None else a + step * d for a, d in zip(arrays, directions, strict=True)]


def derivative(f: Callable[[list[Any]], Arrays], arrays: Arrays, directions: Arrays) -> list[Any]:
    """The derivative of each output of ``f(arrays)`` along ``directions`` (None: that array stays)."""
    far_back, back, ahead, far_ahead = (f(moved(arrays, directions, k * STEP)) for k in (-2, -1, 1, 2))
    # Neighbours first: what does not depend on the arrays gives zero, exactly.
    return [(8 * (c - b) - (d - a)) / (12 * STEP) for a, b, c, d in zip(far_back, back, ahead, far_ahead, strict=True)]


def direction(rng: np.random.Generator, array: Any) -> Any:
    """A random direction in which no element moves by more than itself: a step stays on its side of zero."""
    array = np.asarray(array)
    size = np.where(array == 0, 1, np.minimum(np.abs(array), 1))
    if array.dtype.kind == "c":
        return size * rng.uniform(0.5, 1, array.shape) * np.exp(2j * np.pi * rng.random(array.shape))
    return size * rng.uniform(0.5, 1, array.shape) * rng.choice([-1.0, 1.0], array.shape)


def inner(a: Any, b: Any) -> Any:
    """The real inner product, for which PyTorch's gradient is the gradient, complex or not."""
    return np.sum(np.real(np.conj(a) * b))


def assert_near(got: Any, want: Any, scale: float, what: str, tolerance: float = TOLERANCE) -> None:
    """Equal up to ``tolerance`` of ``scale``, the size of the terms that the values are made of."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, wanted {want.shape}"
    error = np.max(np.abs(got - want), initial=0)
    assert error <= tolerance * scale, f"{what}: got {got}, wanted {want}, off by {error:.1e} of {scale:.1e}"
