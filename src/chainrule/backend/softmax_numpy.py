"""Softmax on NumPy arrays: some rows at a time, so that what is made in between stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .elementwise_numpy import exp, log, narrow, widen

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


def softmax(x: Array, *, axis: int) -> Array:
    """In half precision PyTorch rounds the exponentials, but not their sums, where they do not lie along the last axis."""
    if x.dtype.itemsize > 2:
        return _softmax(x, axis)
    if axis in (-1, x.ndim - 1):
        return narrow(_softmax(widen(x), axis), x)
    wide = widen(x)
    e = exp(without_largest(wide, wide, axis)) if x.size else wide
    return narrow(widen(narrow(e, x)) / np.add.reduce(e, axis=axis, keepdims=True), x)


def _softmax(x: Array, axis: int) -> Array:
    out = np.empty(x.shape, x.dtype)
    for part, into in in_blocks(x, out, axis) if x.size else ():
        e = exp(without_largest(part, into, axis))
        np.divide(e, np.add.reduce(e, axis=axis, keepdims=True), into)
    return out


def log_softmax(x: Array, *, axis: int) -> Array:
    """In half precision PyTorch rounds the sums, and their logarithms, where they are along the last axis."""
    wide = widen(x)
    out = np.empty(x.shape, wide.dtype)
    is_rounded = wide is not x and axis in (-1, x.ndim - 1)
    for part, into in in_blocks(wide, out, axis) if x.size else ():
        shifted = without_largest(part, into, axis)
        total = np.add.reduce(exp(shifted), axis=axis, keepdims=True)
        if is_rounded:
            total = widen(narrow(log(widen(narrow(total, x))), x))
        else:
            total = log(total)
        np.subtract(shifted, total, into)
    return narrow(out, x)
