"""Sorting, order statistics and counting of the JAX backend. NaN is the largest value; equal elements keep their order.

``axis`` is an int, or () for a 0-d array (and then the elements of a batch of those stay what they are).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from . import common, sorting_numpy
from .indexing_jax import known
from .reduction_numpy import INT64

Array = Any
Axis = Any


argsort = partial(common.argsort, jnp)
sort = partial(common.sort, jnp)
sort_with_indices = partial(common.sort_with_indices, jnp)
kthvalue = partial(common.kthvalue, jnp)
median = partial(common.median, jnp)
nanmedian = partial(common.nanmedian, jnp)
mode = partial(common.mode, jnp, lambda x: lax.cummax(x, axis=x.ndim - 1))


def topk(x: Array, *, k: int, axis: Axis, largest: bool) -> tuple[Array, Array]:
    """(the ``k`` largest or smallest elements in order, their places)."""
    if axis == ():
        return common.alone(jnp, x)
    order = argsort(x, axis=axis, descending=largest)
    return common.pick(jnp, x, lax.slice_in_dim(order, 0, k, axis=axis), axis)


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
        return jnp.full(lead, common.lowest(x.dtype), x.dtype)
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
