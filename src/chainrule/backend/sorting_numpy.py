"""Sorting, order statistics and counting on NumPy arrays. NaN is the largest value; equal elements keep their order.

``axis`` is an int, or () for a 0-d array (and then the elements of a batch of those stay what they are).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from . import common
from .reduction_numpy import AT_ONCE
from .shape_numpy import along_rows, in_rows

Array = Any
Axis = Any


argsort = partial(common.argsort, np)
sort = along_rows(partial(common.sort, np))
sort_with_indices = along_rows(partial(common.sort_with_indices, np))
kthvalue = along_rows(partial(common.kthvalue, np))
median = along_rows(partial(common.median, np))
nanmedian = along_rows(partial(common.nanmedian, np))
mode = along_rows(partial(common.mode, np, partial(np.maximum.accumulate, axis=-1)))


@along_rows
def topk(x: Array, *, k: int, axis: Axis, largest: bool) -> tuple[Array, Array]:
    """(the ``k`` largest or smallest elements in order, their places)."""
    if axis == ():
        return common.alone(np, x)
    keys = np.moveaxis(common.sort_keys(x), axis, -1)
    n = keys.shape[-1]
    if 0 < 8 * k < n:  # few of many: part them from the rest before sorting
        chosen = np.argpartition(keys, n - k if largest else k - 1, -1)
        chosen = np.sort(chosen[..., n - k :] if largest else chosen[..., :k], -1)
        order = argsort(np.take_along_axis(keys, chosen, -1), descending=largest)
        indices = np.take_along_axis(chosen, order, -1)
    else:
        indices = argsort(keys, descending=largest)[..., :k]
    values, indices = common.pick(np, x, np.moveaxis(indices, -1, axis), axis)
    return in_rows(values), in_rows(indices)


def median_all(x: Array, *, axis: tuple[int, ...]) -> Array:
    """The lower median over all the last axes; NaN if there is one."""
    return _median_all(median, x, axis)


def nanmedian_all(x: Array, *, axis: tuple[int, ...]) -> Array:
    """The lower median of the numbers over all the last axes."""
    return _median_all(nanmedian, x, axis)


def _median_all(function: Any, x: Array, axis: tuple[int, ...]) -> Array:
    kept = x.shape[: x.ndim - len(axis)]
    flat = x.reshape(*kept, math.prod(x.shape[len(kept) :]))
    if not flat.shape[-1]:
        return np.full(flat.shape[:-1], common.lowest(x.dtype), x.dtype)
    if np.isnan(flat).any():
        return function(flat, axis=-1, keepdims=False)[0]
    middle = (flat.shape[-1] - 1) // 2
    return np.partition(common.sort_keys(flat), middle, -1)[..., middle].astype(x.dtype, copy=False)


# -- distinct elements -------------------------------------------------------------------------------------------------


def unique(x: Array, *, axis: int | None) -> tuple[Array, Array, Array]:
    """(the distinct elements in order, where each element of x is among them, how often each occurs).

    With an axis, the distinct slices along it. NaNs are distinct from one another.
    """
    keys = common.sort_keys(x)
    values, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    return values.astype(x.dtype, copy=False), inverse.reshape(x.shape if axis is None else -1), counts


def unique_consecutive(x: Array, *, axis: int | None) -> tuple[Array, Array, Array]:
    """As :func:`unique`, of neighbours only: (the first of each run, which run each element is of, their lengths)."""
    rows = x.reshape(-1) if axis is None else np.moveaxis(x, axis, 0)
    starts = np.ones(len(rows), bool)
    starts[1:] = (rows[1:] != rows[:-1]).any(tuple(range(1, rows.ndim)))
    places = np.flatnonzero(starts)
    inverse = np.cumsum(starts) - 1
    values = rows[places] if axis is None else np.moveaxis(rows[places], 0, axis)
    return values, inverse.reshape(x.shape if axis is None else -1), np.diff(places, append=len(rows))


def isin(x: Array, y: Array) -> Array:
    """Which elements of ``x`` are among those of ``y``."""
    return np.isin(common.sort_keys(x), common.sort_keys(y))


# -- bins --------------------------------------------------------------------------------------------------------------


def searchsorted(x: Array, v: Array, *, side: Any = "left", sorter: Array | None = None) -> Array:
    return np.searchsorted(common.sort_keys(x), common.sort_keys(v), side, sorter)


def search_rows(x: Array, v: Array, *, side: str) -> Array:
    """Where the values belong in the sorted rows of ``x``: one row for all, or one for each row of ``v``."""
    if x.ndim == 1:
        return searchsorted(x, v, side=side)
    rows, values = common.sort_keys(x), common.sort_keys(v)
    is_below = np.less if side == "left" else np.less_equal
    low, high = np.zeros(v.shape, np.int64), np.full(v.shape, x.shape[-1], np.int64)
    for _ in range(x.shape[-1].bit_length()):  # all rows at once: each step halves what is left
        middle = (low + high) // 2
        found = np.take_along_axis(rows, np.minimum(middle, x.shape[-1] - 1), -1)
        below = is_below(found, values) | ((values != values) & ((found == found) | (side == "right")))
        below &= low < high
        low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
    return low


def bincount(x: Array, *, minlength: int) -> Array:
    """How often each integer occurs in ``x``."""
    return np.bincount(x, minlength=minlength)


def histc(x: Array, *, bins: int, low: float, high: float) -> Array:
    """How many elements fall into each of the equal bins from ``low`` to ``high``; what is outside is left out.

    Where the two are the same, from the least to the greatest element.
    """
    flat = x.reshape(-1)
    if low == high:
        if flat.size:
            low, high = float(flat.min()), float(flat.max())
        if low == high:
            low, high = low - 1, high + 1
    counts = np.zeros(bins, np.int64)
    for at in range(0, flat.size, AT_ONCE):
        some = flat[at : at + AT_ONCE]
        some = some[(some >= low) & (some <= high)]
        places = ((some - low) * bins / (high - low)).astype(np.int64)
        counts += np.bincount(np.minimum(places, bins - 1), minlength=bins)
    return counts.astype(x.dtype)
