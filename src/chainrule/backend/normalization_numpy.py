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
FEW = 16
"""So many places of an image are worth a sum of their own."""
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


# -- over a batch -------------------------------------------------------------------------------------------------------


def as_images(x: Array, affine: Any, axis: int, rank: int) -> Array | None:
    """``x`` as (images, channels, places); None where it is not what the kernels are made for."""
    size = math.prod(x.shape[x.ndim + axis + 1 :])
    is_plain = x.dtype in (SINGLE, DOUBLE) and all(v.dtype == x.dtype for v in affine)
    is_image = x.ndim == rank == 1 - axis and x.flags.c_contiguous and FEW <= size <= MOST
    return x.reshape(*x.shape[:2], size) if is_plain and is_image and x.size >= LEAST else None


def batch_norm(x: Array, *affine: Array, axis: int, rank: int, eps: float) -> tuple[Array, ...]:
    """The result, the means, and the variances."""
    images = as_images(x, affine, axis, rank)
    if images is None:
        return common.batch_norm(namespace, x, *affine, axis=axis, rank=rank, eps=eps)
    (n, channels, size), nbytes = images.shape, images.strides[0]
    out, sums, ones = np.empty_like(images), np.empty((n, channels), x.dtype), np.ones(size, x.dtype)
    scale, shift = common.pair([v[:, None] for v in affine])

    def average() -> Array:
        return (sums.sum(0, np.float64) / (n * size)).astype(x.dtype)

    by_pieces(lambda some: product(size)(images[some], ones, sums[some]), n, nbytes)
    mean = average()

    def center(some: slice) -> None:
        d = np.subtract(images[some], mean[:, None], out[some])
        np.vecdot(d, d, sums[some])

    by_pieces(center, n, nbytes)
    var = average()
    factor = common.inverse_spread(np, var, eps)[:, None]
    factor = factor if scale is None else factor * scale
    by_pieces(lambda some: common.scaled(out[some], (factor,), shift), n, nbytes)
    return out.reshape(x.shape), mean, var


def batch_norm_adjoint(
    g: Any, x: Array, affine: Any, mean: Array, var: Array, *, need: Any, axis: int, rank: int, eps: float
) -> list[Array]:
    images = as_images(x, affine, axis, rank)
    if images is None or g[0] is None or g[1] is not None or g[2] is not None:
        return common.batch_norm_adjoint(
            namespace, g, x, affine, mean, var, need=need, axis=axis, rank=rank, eps=eps
        )  # fmt: skip
    (n, channels, size), nbytes = images.shape, images.strides[0]
    given, gx, ones = np.ascontiguousarray(g[0]).reshape(images.shape), np.empty_like(images), np.ones(size, x.dtype)
    sums = np.empty((2, n, channels), x.dtype)

    def add_up(some: slice) -> None:
        d = np.subtract(images[some], mean[:, None], gx[some])
        product(size)(given[some], ones, sums[0, some])
        np.vecdot(given[some], d, sums[1, some])

    by_pieces(add_up, n, nbytes)
    total, along = sums.sum(1, np.float64)
    r = 1 / np.sqrt(var.astype(np.float64) + eps)
    if need[0]:
        slope = r if not affine else r * affine[0]
        average, bend, slope = (
            v.astype(x.dtype)[:, None] for v in (total / (n * size), along * (r * r / (n * size)), slope)
        )

        def finish(some: slice) -> None:
            d = gx[some]
            d *= bend
            np.subtract(given[some], d, d)
            d -= average
            d *= slope

        by_pieces(finish, n, nbytes)
    found = [gx.reshape(x.shape) if need[0] else None, (along * r).astype(x.dtype), total.astype(x.dtype)]
    return [one if wanted else None for one, wanted in zip(found, need, strict=False)]


# -- in groups of channels ----------------------------------------------------------------------------------------------


def group_norm(x: Array, *affine: Array, groups: int, rank: int, eps: float) -> tuple[Array, ...]:
    """The result, the means, and the inverses of the spreads."""
    images = as_images(x, affine, 1 - rank, rank)
    if images is None:
        return common.group_norm(namespace, x, *affine, groups=groups, rank=rank, eps=eps)
    n, channels, size = images.shape
    out, (mean, r), ones = np.empty_like(images), np.empty((2, n, groups), x.dtype), np.ones(size, x.dtype)
    scale, shift = common.pair([v[:, None] for v in affine])

    def average(sums: Array, into: Array) -> None:
        """Of what there is in each group."""
        of_group = sums.reshape(-1, groups, channels // groups).sum(2, np.float64)
        np.divide(of_group, size * (channels // groups), out=into, casting="same_kind")

    def piece(some: slice) -> None:
        average(product(size)(images[some], ones), mean[some])
        d = np.subtract(images[some], each_channel(mean[some], channels), out[some])
        average(np.vecdot(d, d), r[some])
        r[some] = common.inverse_spread(np, r[some], eps)
        factor = each_channel(r[some], channels)
        common.scaled(d, (factor if scale is None else factor * scale,), shift)

    by_pieces(piece, n, images.strides[0])
    return out.reshape(x.shape), mean, r


def each_channel(of_group: Array, channels: int) -> Array:
    """(n, channels, 1): the number of its group for each channel."""
    return np.repeat(of_group, channels // of_group.shape[1], axis=1)[:, :, None]


def group_norm_adjoint(
    g: Any, x: Array, affine: Any, mean: Array, rstd: Array, *, need: Any, groups: int, rank: int
) -> list[Array]:
    """With w the scale, gx = r (w h - mean(w h) - d r^2 mean(w h d)): the means are those of sums over channels."""
    images = as_images(x, affine, 1 - rank, rank)
    if images is None or g[0] is None or g[1] is not None or g[2] is not None:
        return common.group_norm_adjoint(
            namespace, g, x, affine, mean, rstd, need=need, groups=groups, rank=rank
        )  # fmt: skip
    n, channels, size = images.shape
    given, gx, ones = np.ascontiguousarray(g[0]).reshape(images.shape), np.empty_like(images), np.ones(size, x.dtype)
    sums = np.empty((2, n, channels), x.dtype)
    w = affine[0] if affine else np.ones(channels, x.dtype)

    def average(sums: Array) -> Array:
        of_group = (sums * w).reshape(-1, groups, channels // groups).sum(2, np.float64)
        return (of_group / (size * (channels // groups))).astype(x.dtype)

    def piece(some: slice) -> None:
        d = np.subtract(images[some], each_channel(mean[some], channels), gx[some])
        product(size)(given[some], ones, sums[0, some])
        np.vecdot(given[some], d, sums[1, some])
        if need[0]:
            r = rstd[some]
            d *= each_channel(average(sums[1, some]) * (r * r), channels)
            np.subtract(given[some] * w[:, None] if affine else given[some], d, d)
            d -= each_channel(average(sums[0, some]), channels)
            d *= each_channel(r, channels)

    by_pieces(piece, n, images.strides[0])
    along = (sums[1] * each_channel(rstd, channels)[..., 0]).sum(0, np.float64)
    found = [gx.reshape(x.shape), along.astype(x.dtype), sums[0].sum(0, np.float64).astype(x.dtype)]
    return [one if wanted else None for one, wanted in zip(found, need, strict=False)]
