"""Resampling along an axis of NumPy arrays, and its adjoint. Tables are explained in ``resampling_common``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .resampling_common import Table, dense, is_selection, taps, weight_along

Array = Any


def resample(x: Array, *, axis: int, table: Table) -> Array:
    """Weighted sums of a few elements each."""
    indices, weights = taps(table)
    out = x.take(indices[0], axis)
    if is_selection(table):
        return out
    out *= weight_along(weights[0], axis, x.dtype)
    for at, weight in zip(indices[1:], weights[1:], strict=True):
        part = x.take(at, axis)
        part *= weight_along(weight, axis, x.dtype)
        out += part
    return out


def resample_adjoint(g: Array, *, axis: int, table: Table) -> Array:
    """Each element goes back to where it came from, with its weights."""
    if np.isfinite(np.add.reduce(g, None)):
        # A product with the dense matrix is faster than adding at places, but would spread an infinity as NaN.
        matrix = dense(table, np.float32 if g.dtype.itemsize == 2 else g.dtype)
        if axis == -1:
            out = g @ matrix
        elif axis == -2:
            out = matrix.T @ g
        else:
            rows = g.reshape(*g.shape[: axis + 1], math.prod(g.shape[axis + 1 :]))
            out = (matrix.T @ rows).reshape(*g.shape[:axis], table[1], *g.shape[axis + 1 :])
        return out.astype(g.dtype, copy=False)
    indices, weights = taps(table)
    out = np.zeros((*g.shape[: g.ndim + axis], table[1], *g.shape[g.ndim + axis + 1 :]), g.dtype)
    front = np.moveaxis(out, axis, 0)
    for at, weight in zip(indices, weights, strict=True):
        there = weight != 0
        part = g * weight_along(weight, axis, g.dtype)
        np.add.at(front, at[there], np.moveaxis(part, axis, 0)[there])
    return out
