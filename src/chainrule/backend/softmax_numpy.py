"""Softmax on NumPy arrays: some rows at a time, so that what is made in between stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .elementwise_numpy import exp, log, widened

Array = Any

CACHED = 1 << 15
"""So many elements are worked on at once."""


def in_blocks(x: Array, out: Array, axis: int) -> Iterator[tuple[Array, Array]]:
    """Parts of ``x``, with the places of their results in ``out``; all at once where the axis is not the last."""
    length = x.shape[-1] if x.ndim else 1
    if x.size < 2 * CACHED or length > CACHED or axis not in (-1, x.ndim - 1) or not x.flags.c_contiguous:
        yield x, out
        return
    rows, results, count = x.reshape(-1, length), out.reshape(-1, length), CACHED // length
    for start in range(0, len(rows), count):
        yield rows[start : start + count], results[start : start + count]


def without_largest(x: Array, out: Array, axis: int) -> Array:
    """``x`` less its largest element along the axis: its exponentials do not overflow."""
    return np.subtract(x, np.maximum.reduce(x, axis=axis, keepdims=True), out)


@widened
def softmax(x: Array, *, axis: int) -> Array:
    out = np.empty(x.shape, x.dtype)
    for part, into in in_blocks(x, out, axis) if x.size else ():
        e = exp(without_largest(part, into, axis))
        np.divide(e, np.add.reduce(e, axis=axis, keepdims=True), into)
    return out


@widened
def log_softmax(x: Array, *, axis: int) -> Array:
    out = np.empty(x.shape, x.dtype)
    for part, into in in_blocks(x, out, axis) if x.size else ():
        shifted = without_largest(part, into, axis)
        np.subtract(shifted, log(np.add.reduce(exp(shifted), axis=axis, keepdims=True)), into)
    return out
