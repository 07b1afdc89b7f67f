"""Sorting, order statistics and counting on NumPy arrays. NaN is the largest value; equal elements keep their order.

``axis`` is an int, or () for a 0-d array (and then the elements of a batch of those stay what they are).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
Axis = Any


def _keys(x: Array) -> Array:
    """What to sort by: NumPy cannot order bfloat16."""
    return x.astype(np.float32) if x.dtype.kind == "V" else x


def argsort(x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The places of the elements in sorted order; always stable."""
    keys = _keys(x)
    if not descending:
        return np.argsort(keys, axis, kind="stable")
    # Sorted backwards from the back, equal elements come out in their order.
    order = np.argsort(np.flip(keys, axis), axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(order, axis)


def sort(x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    return sort_with_indices(x, axis=axis, descending=descending)[0]


def sort_with_indices(x: Array, *, axis: Axis, descending: bool) -> tuple[Array, Array]:
    """(the elements in order, their places in x)."""
    if axis == ():
        return _alone(x)
    return _pick(x, argsort(x, axis=axis, descending=descending), axis)


def _alone(x: Array) -> tuple[Array, Array]:
    """What is left to pick of 0-d arrays."""
    return np.array(x), np.zeros(x.shape, np.int64)


def _pick(x: Array, indices: Array, axis: int) -> tuple[Array, Array]:
    """(the elements at the indices along the axis, the indices)."""
    return (x[indices] if x.ndim == 1 else np.take_along_axis(x, indices, axis)), indices


def topk(x: Array, *, k: int, axis: Axis, largest: bool) -> tuple[Array, Array]:
    """(the ``k`` largest or smallest elements in order, their places)."""
    if axis == ():
        return _alone(x)
    keys = np.moveaxis(_keys(x), axis, -1)
    n = keys.shape[-1]
    if 0 < 8 * k < n:  # few of many: part them from the rest before sorting
        chosen = np.argpartition(keys, n - k if largest else k - 1, -1)
        chosen = np.sort(chosen[..., n - k :] if largest else chosen[..., :k], -1)
        order = argsort(np.take_along_axis(keys, chosen, -1), descending=largest)
        indices = np.take_along_axis(chosen, order, -1)
    else:
        indices = argsort(keys, descending=largest)[..., :k]
    return _pick(x, np.moveaxis(indices, -1, axis), axis)


# -- order statistics --------------------------------------------------------------------------------------------------


def kthvalue(x: Array, *, k: int, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the k-th smallest element, its place)."""
    return _ranked(x, axis, keepdims, lambda n, numbers: np.full_like(numbers, k - 1))


def median(x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the lower median, its place); NaN where there is one."""
    return _ranked(x, axis, keepdims, lambda n, numbers: np.where(numbers < n, numbers, (n - 1) // 2))


def nanmedian(x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the lower median of the numbers, its place); NaN where there are none."""
    return _ranked(x, axis, keepdims, lambda n, numbers: np.maximum(numbers - 1, 0) // 2)


def _ranked(x: Array, axis: Axis, keepdims: bool, rank: Any) -> tuple[Array, Array]:
    """The element of a rank: ``rank`` gives it from the number of elements and how many of them are not NaN."""
    if axis == ():
        return _alone(x)
    order = argsort(x, axis=axis)
    numbers = np.add.reduce(x == x, axis, np.int64, keepdims=True)
    values, indices = _pick(x, np.take_along_axis(order, rank(x.shape[axis], numbers), axis), axis)
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def mode(x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the commonest element, the smallest of several, its last place)."""
    if axis == ():
        return _alone(x)
    order = np.moveaxis(argsort(x, axis=axis), axis, -1)
    ordered = np.take_along_axis(np.moveaxis(x, axis, -1), order, -1)
    places = np.arange(ordered.shape[-1])
    starts = np.ones(ordered.shape, bool)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    lengths = places - np.maximum.accumulate(np.where(starts, places, 0), -1)
    at = np.argmax(lengths, -1, keepdims=True)
    values, indices = (np.moveaxis(np.take_along_axis(a, at, -1), -1, axis) for a in (ordered, order))
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def median_all(x: Array, *, axis: tuple[int, ...]) -> Array:
    """The lower median over all the last axes; NaN if there is one."""
    return _median_all(median, x, axis)


def nanmedian_all(x: Array, *, axis: tuple[int, ...]) -> Array:
    """The lower median of the numbers over all the last axes."""
    return _median_all(nanmedian, x, axis)


def _median_all(function: Any, x: Array, axis: tuple[int, ...]) -> Array:
    flat = x.reshape(*x.shape[: x.ndim - len(axis)], -1)
    if not flat.shape[-1]:
        return np.full(flat.shape[:-1], np.nan if x.dtype.kind in "fV" else np.iinfo(x.dtype).min, x.dtype)
    if np.isnan(flat).any():
        return function(flat, axis=-1, keepdims=False)[0]
    middle = (flat.shape[-1] - 1) // 2
    return np.partition(_keys(flat), middle, -1)[..., middle].astype(x.dtype, copy=False)


# -- distinct elements -------------------------------------------------------------------------------------------------


def unique(x: Array, *, axis: int | None) -> tuple[Array, Array, Array]:
    """(the distinct elements in order, where each element of x is among them, how often each occurs).

    With an axis, the distinct slices along it. NaNs are distinct from one another.
    """
    keys = _keys(x)
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
    return np.isin(_keys(x), _keys(y))


# -- bins --------------------------------------------------------------------------------------------------------------


def searchsorted(x: Array, v: Array, *, side: Any = "left", sorter: Array | None = None) -> Array:
    return np.searchsorted(_keys(x), _keys(v), side, sorter)


def search_rows(x: Array, v: Array, *, side: str) -> Array:
    """Where the values belong in the sorted rows of ``x``: one row for all, or one for each row of ``v``."""
    if x.ndim == 1:
        return searchsorted(x, v, side=side)
    out = np.empty(v.shape, np.int64)
    for row in np.ndindex(x.shape[:-1]):
        out[row] = searchsorted(x[row], v[row], side=side)
    return out


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
    flat = flat[(flat >= low) & (flat <= high)]
    places = ((flat - low) * bins / (high - low)).astype(np.int64)
    return np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(x.dtype)
