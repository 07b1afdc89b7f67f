"""Normalization on NumPy arrays: some rows at a time, in buffers that stay in the processor's cache.

Sums along rows and along columns are products with a vector of ones, or with the scale, which BLAS computes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import normalization_common as common, numpy as namespace
from .elementwise_numpy import DOUBLE, SINGLE
from .reduction_numpy import SHORT
from .threads_numpy import by_pieces

Array = Any

LEAST = 1 << 12
"""So many elements are worth the preparations."""
SUMMED = 1 << 14
"""So many elements are summed along columns in their own precision, and these sums in double precision."""
MOST = 1 << 12
"""Up to so many elements a row is summed in its own precision."""


def row_size(x: Array, rank: int, affine: Any) -> int:
    """How many elements are normalized together; 0 where rows are not what the kernels are made for."""
    shape = x.shape[len(x.shape) - rank :]
    size = math.prod(shape)
    is_plain = x.dtype in (SINGLE, DOUBLE) and all(v.shape == shape and v.dtype == x.dtype for v in affine)
    return size if is_plain and x.size >= LEAST and size <= MOST else 0


def product(size: int) -> Any:
    """The product of rows with a vector: that of one row after the other is nearer where they are long."""
    return np.dot if size <= SHORT else np.vecdot


def as_rows(x: Array, size: int) -> Array:
    return np.ascontiguousarray(x).reshape(-1, size)


def layer_norm(x: Array, *affine: Array, rank: int, eps: float) -> tuple[Array, ...]:
    """The result, the means, and the inverses of the spreads."""
    size = row_size(x, rank, affine)
    if not size:
        return common.layer_norm(namespace, np.ascontiguousarray(x), *affine, rank=rank, eps=eps)
    rows, (scale, shift), dot = as_rows(x, size), common.pair([v.reshape(-1) for v in affine]), product(size)
    out, (mean, r), ones = np.empty_like(rows), np.empty((2, len(rows), 1), x.dtype), np.ones(size, x.dtype)

    def piece(some: slice) -> None:
        d, center, inverse = out[some], mean[some], r[some]
        dot(rows[some], ones, center[:, 0])
        center /= size
        np.subtract(rows[some], center, d)
        np.vecdot(d, d, inverse[:, 0])
        inverse /= size
        inverse += eps
        np.sqrt(inverse, inverse)
        np.reciprocal(inverse, inverse)
        d *= inverse
        if scale is not None:
            d *= scale
        if shift is not None:
            d += shift

    by_pieces(piece, len(rows), rows.strides[0])
    lead = (*x.shape[: len(x.shape) - rank], *[1] * rank)
    return out.reshape(x.shape), mean.reshape(lead), r.reshape(lead)


def layer_norm_adjoint(g: Any, x: Array, affine: Any, mean: Array, rstd: Array, *, need: Any, rank: int) -> Any:
    """With w the scale, gx = r (g w - mean(g w) - z mean(z g w)); the scale gets the sum of g z, the shift that of g."""
    size = row_size(x, rank, affine)
    if not size or g[0] is None or g[1] is not None or g[2] is not None:
        return common.layer_norm_adjoint(namespace, g, x, affine, mean, rstd, need=need, rank=rank)
    rows, given, center, r = as_rows(x, size), as_rows(g[0], size), mean.reshape(-1, 1), rstd.reshape(-1, 1)
    w, dot = affine[0].reshape(-1) if affine else np.ones(size, x.dtype), product(size)
    gx, step = np.empty_like(rows), max(1, SUMMED // size)
    ones, sums = np.ones(step, x.dtype), np.empty((-(-len(rows) // step), 2, size), x.dtype)

    def piece(blocks: slice) -> None:
        some = slice(blocks.start * step, blocks.stop * step)
        h, z, inverse = given[some], gx[some], r[some]
        np.subtract(rows[some], center[some], z)
        z *= inverse
        t = h * z
        for start, into in zip(range(0, len(h), step), sums[blocks], strict=True) if affine else ():
            for values, total in zip((t, h), into, strict=True):
                part = values[start : start + step]
                ones[: len(part)].dot(part, total)
        along, average = dot(t, w), dot(h, w)
        along /= size
        average /= size
        z *= along[:, None]
        np.subtract(np.multiply(h, w, t) if affine else h, average[:, None], t)
        np.subtract(t, z, z)
        z *= inverse

    by_pieces(piece, len(sums), step * rows.strides[0])
    if not affine:
        return [gx.reshape(x.shape)]
    shape = x.shape[len(x.shape) - rank :]
    of_affine = [total.reshape(shape) for total in sums.sum(0, np.float64).astype(x.dtype)]
    return [gx.reshape(x.shape), *of_affine[: len(affine)]]
