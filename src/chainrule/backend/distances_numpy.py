"""Distances between rows of NumPy arrays, some rows at a time: the differences of all would be large."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .reduction_numpy import vector_norm

Array = Any

AT_ONCE = 1 << 18
"""So many differences."""
BY_PRODUCTS = 1 << 14
"""From so many differences on a product of matrices is faster."""
NEAR = 1e-7
"""Where a square is so much smaller than what it is the difference of, too few digits of double precision are left."""


def cdist(x: Array, y: Array) -> Array:
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    (n, width), m = x.shape[-2:], y.shape[-2]
    x = np.broadcast_to(x, (*lead, n, width)).reshape(math.prod(lead), n, width)
    y = np.broadcast_to(y, (*lead, m, width)).reshape(math.prod(lead), m, width)
    out = np.empty((math.prod(lead), n, m), x.dtype)
    by_products = x.dtype == np.float32 and n * m * width >= BY_PRODUCTS
    distances, each = (by_product, m) if by_products else (by_differences, m * width)
    rows = max(AT_ONCE // max(each, 1), 1)
    matrices = max(AT_ONCE // max(n * each, 1), 1)
    for first in range(0, len(out), matrices):
        some = slice(first, first + matrices)
        for top in range(0, n, rows):
            part = slice(top, top + rows)
            out[some, part] = distances(x[some, part], y[some])
    return out.reshape(*lead, n, m)


def by_differences(x: Array, y: Array) -> Array:
    return norms(x[:, :, None, :] - y[:, None, :, :])


def norms(differences: Array) -> Array:
    return vector_norm(differences, ord=2.0, axis=(-1,), keepdims=False)


def by_product(x: Array, y: Array) -> Array:
    """|x|^2 - 2 x y + |y|^2 in double precision, measured from one of the y; where rows are near each other, by differences."""
    origin = y[:, :1].astype(np.float64)
    wide_x, wide_y = x - origin, y - origin
    sizes = np.square(wide_x).sum(-1)[:, :, None] + np.square(wide_y).sum(-1)[:, None, :]
    squares = wide_x @ wide_y.swapaxes(-1, -2)
    squares *= -2
    squares += sizes
    sizes *= NEAR
    near = np.nonzero(~(squares > sizes))  # or not finite
    out: Array = np.sqrt(squares, squares).astype(x.dtype)
    step = max(AT_ONCE // x.shape[-1], 1)
    for start in range(0, near[0].size, step):
        b, i, j = [places[start : start + step] for places in near]
        out[b, i, j] = norms(x[b, i] - y[b, j])
    return out
