"""Softmax on NumPy arrays: some rows at a time, so that what is made in between stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .elementwise_numpy import exp, log, narrow, widen
from .reduction_numpy import add_reduce, largest_along, sum_along
from .threads_numpy import CACHED, by_pieces

Array = Any

FULL = 64
"""Bytes of a vector."""


def by_rows(function: Callable[[Array, Array], object], x: Array, axis: int) -> Array:
    """``function(part, into)`` on parts of ``x``, of which ``into`` shall be the result. All of an axis is in one part."""
    out = np.empty(x.shape, x.dtype)
    if x.nbytes <= CACHED or not x.flags.c_contiguous or axis in (0, -x.ndim):
        if x.size:
            function(x, out)
        return out
    rows, results = x, out
    if axis in (-1, x.ndim - 1):
        rows, results = x.reshape(-1, x.shape[-1]), out.reshape(-1, x.shape[-1])
    by_pieces(lambda some: function(rows[some], results[some]), len(rows), rows.strides[0])
    return out


def without_largest(x: Array, out: Array, axis: int) -> Array:
    """``x`` less its largest element along the axis: its exponentials do not overflow."""
    return np.subtract(x, largest_along(x, axis), out)


def total_along(e: Array, axis: int) -> Array:
    """The sum, the axis kept; along the last one of fewer numbers than a vector holds PyTorch adds them in turn.

    NumPy does that along columns, and as fast.
    """
    if axis in (-1, e.ndim - 1) and e.ndim > 1 and e.itemsize < e.shape[-1] * e.itemsize < FULL:
        if e.ndim == 2:
            return add_reduce(e.T.copy(), axis=0)[:, None]
        return add_reduce(e.reshape(-1, e.shape[-1]).T.copy(), axis=0).reshape(*e.shape[:-1], 1)
    return sum_along(e, axis)


def softmax(x: Array, *, axis: int) -> Array:
    """Along the last axis by the inverse of the sum, as in PyTorch.

    In half precision PyTorch rounds the exponentials, but not their sums, where they do not lie along the last axis.
    """
    wide = widen(x)
    is_last = axis in (-1, x.ndim - 1)
    is_rounded = wide is not x and not is_last

    def of_part(part: Array, into: Array) -> None:
        e = exp(without_largest(part, into, axis))
        total = total_along(e, axis)
        if is_last:
            np.multiply(e, np.reciprocal(total, total), into)
        else:
            np.divide(widen(narrow(e, x)) if is_rounded else e, total, into)

    return narrow(by_rows(of_part, wide, axis), x)


def log_softmax(x: Array, *, axis: int) -> Array:
    """In half precision PyTorch rounds the sums, and their logarithms, where they are along the last axis."""
    wide = widen(x)
    is_rounded = wide is not x and axis in (-1, x.ndim - 1)

    def of_part(part: Array, into: Array) -> None:
        shifted = without_largest(part, into, axis)
        total = total_along(exp(shifted), axis)
        logs = widen(narrow(log(widen(narrow(total, x))), x)) if is_rounded else log(total)
        np.subtract(shifted, logs, into)

    return narrow(by_rows(of_part, wide, axis), x)
