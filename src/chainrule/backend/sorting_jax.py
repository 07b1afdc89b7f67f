"""Sorting, order statistics and counting of the JAX backend. NaN is the largest value; equal elements keep their order.

``axis`` is an int, or () for a 0-d array (and then the elements of a batch of those stay what they are).
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import sorting_numpy
from .indexing_jax import known
from .reduction_numpy import INT64

Array = Any
Axis = Any


def argsort(x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The places of the elements in sorted order; always stable."""
    return jnp.argsort(x, axis, stable=True, descending=descending)


def sort(x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    return sort_with_indices(x, axis=axis, descending=descending)[0]


def sort_with_indices(x: Array, *, axis: Axis, descending: bool) -> tuple[Array, Array]:
    """(the elements in order, their places in x)."""
    if axis == ():
        return _alone(x)
    return _pick(x, argsort(x, axis=axis, descending=descending), axis)


def _alone(x: Array) -> tuple[Array, Array]:
    """What is left to pick of 0-d arrays."""
    return jnp.asarray(x), jnp.zeros(x.shape, INT64)


def _pick(x: Array, indices: Array, axis: int) -> tuple[Array, Array]:
    """(the elements at the indices along the axis, the indices)."""
    return jnp.take_along_axis(x, indices, axis), indices


def topk(x: Array, *, k: int, axis: Axis, largest: bool) -> tuple[Array, Array]:
    """(the ``k`` largest or smallest elements in order, their places)."""
    if axis == ():
        return _alone(x)
    order = argsort(x, axis=axis, descending=largest)
    return _pick(x, lax.slice_in_dim(order, 0, k, axis=axis), axis)


# -- order statistics --------------------------------------------------------------------------------------------------


def kthvalue(x: Array, *, k: int, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the k-th smallest element, its place)."""
    return _ranked(x, axis, keepdims, lambda n, numbers: jnp.full_like(numbers, k - 1))


def median(x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the lower median, its place); NaN where there is one."""
    return _ranked(x, axis, keepdims, lambda n, numbers: jnp.where(numbers < n, numbers, (n - 1) // 2))


def nanmedian(x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the lower median of the numbers, its place); NaN where there are none."""
    return _ranked(x, axis, keepdims, lambda n, numbers: jnp.maximum(numbers - 1, 0) // 2)


def _ranked(x: Array, axis: Axis, keepdims: bool, rank: Any) -> tuple[Array, Array]:
    """The element of a rank: ``rank`` gives it from the number of elements and how many of them are not NaN."""
    if axis == ():
        return _alone(x)
    numbers = jnp.sum(x == x, axis, INT64, keepdims=True)
    order = argsort(x, axis=axis)
    values, indices = _pick(x, jnp.take_along_axis(order, rank(x.shape[axis], numbers), axis), axis)
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def mode(x: Array, *, axis: Axis, keepdims: bool) -> tuple[Array, Array]:
    """(the commonest element, the smallest of several, its last place)."""
    if axis == ():
        return _alone(x)
    order = jnp.moveaxis(argsort(x, axis=axis), axis, -1)
    ordered = jnp.take_along_axis(jnp.moveaxis(x, axis, -1), order, -1)
    places = jnp.arange(ordered.shape[-1])
    starts = jnp.concatenate([jnp.zeros_like(ordered[..., :1], bool), ordered[..., 1:] != ordered[..., :-1]], -1)
    lengths = places - lax.cummax(jnp.where(starts, places, 0), axis=ordered.ndim - 1)
    at = jnp.argmax(lengths, -1, keepdims=True)
    values, indices = (jnp.moveaxis(jnp.take_along_axis(a, at, -1), -1, axis) for a in (ordered, order))
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def median_all(x: Array, *, axis: tuple[int, ...]) -> Array:
    """The lower median over all the last axes; NaN if there is one."""
    return _over_all(median, x, axis)


def nanmedian_all(x: Array, *, axis: tuple[int, ...]) -> Array:
    """The lower median of the numbers over all the last axes."""
    return _over_all(nanmedian, x, axis)


def _over_all(function: Any, x: Array, axis: tuple[int, ...]) -> Array:
    lead = x.shape[: x.ndim - len(axis)]
    n = math.prod(x.shape[len(lead) :])
    if not n:
        return jnp.full(lead, np.nan if x.dtype.kind in "fV" else np.iinfo(x.dtype).min, x.dtype)
    return function(x.reshape(*lead, n), axis=-1, keepdims=False)[0]


# -- distinct elements, bins -------------------------------------------------------------------------------------------


def _of_known(name: str) -> Any:
    """A function whose result's shape depends on values: NumPy's, on values that are known."""

    def function(x: Array, **params: Any) -> Any:
        found = getattr(sorting_numpy, name)(*known(name, x), **params)
        return tuple([jnp.asarray(one) for one in found]) if isinstance(found, tuple) else jnp.asarray(found)

    return function


unique = _of_known("unique")
unique_consecutive = _of_known("unique_consecutive")
bincount = _of_known("bincount")


def searchsorted(x: Array, v: Array, *, side: Any = "left", sorter: Array | None = None) -> Array:
    return jnp.searchsorted(x, v, side=side, sorter=sorter).astype(INT64)


def search_rows(x: Array, v: Array, *, side: str) -> Array:
    """Where the values belong in the sorted rows of ``x``: one row for all, or one for each row of ``v``."""
    if x.ndim == 1:
        return searchsorted(x, v, side=side)
    rows = [a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) for a in (x, v)]
    return jax.vmap(lambda row, values: searchsorted(row, values, side=side))(*rows).reshape(v.shape)


def histc(x: Array, *, bins: int, low: float, high: float) -> Array:
    """How many elements fall into each of the equal bins from ``low`` to ``high``; what is outside is left out.

    Where the two are the same, from the least to the greatest element.
    """
    flat = x.reshape(-1)
    if low == high:
        least, greatest = (flat.min(), flat.max()) if flat.size else (low, high)
        alone = least == greatest
        low, high = jnp.where(alone, least - 1, least), jnp.where(alone, greatest + 1, greatest)
    inside = (flat >= low) & (flat <= high)
    places = (jnp.where(inside, flat - low, 0) * bins / (high - low)).astype(INT64)
    places = jnp.where(inside, jnp.minimum(places, bins - 1), bins)
    return jnp.zeros(bins, INT64).at[places].add(1, mode="drop").astype(x.dtype)
