"""Sorting, order statistics, distinct elements, bins. ``axis`` is a negative int, or () for a 0-d operand.

What is picked by its index gives its cotangent to its place; indices and counts carry none.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.batching import refused, same_call
from ..core.op import declare, step
from .reduction import at_index, evenly

__all__ = [
    "argsort", "bincount", "histc", "isin", "kthvalue", "median", "median_all", "mode", "nanmedian", "nanmedian_all",
    "search_rows", "searchsorted", "sort", "sort_stable", "sort_with_indices", "sorted_places", "topk", "unique", "unique_along",
    "unique_consecutive",
]


def selection(signature, batch=same_call, **spec):
    """An op that gives some of the elements in some order."""
    return declare("general", signature, domain="biufV", batch=batch, **spec)


def _back(xp, g, x_shape, indices, axis):
    return at_index(xp, g, x_shape, indices, axis, True)


def _sorted(xp, x, axis, descending):
    return xp.sort_with_indices(x, axis=axis, descending=descending)


# Both are stable; PyTorch names them apart.
sort_with_indices = selection("sort_with_indices(x, *, axis, descending)", layout="first", node="SortBackward0",
    outputs="values indices", forward=_sorted, x=_back,
)
sort_stable = selection("sort_stable(x, *, axis, descending)", layout="first", node="SortBackward1",
    outputs="values indices", forward=_sorted, x=_back,
)
sorted_places = step("argsort(x, *, axis, descending)", layout="first",
    forward=lambda xp, x, axis, descending: xp.sort_with_indices(x, axis=axis, descending=descending)[1],
)


def sort(x, *, axis=-1, descending=False, stable=True):
    """The array API's call form."""
    return sort_with_indices(x, axis=axis, descending=descending)[0]


def argsort(x, *, axis=-1, descending=False, stable=True):
    """The array API's call form."""
    return sorted_places(x, axis=axis, descending=descending)


topk = selection("topk(x, *, k, axis, largest)", outputs="values indices", x=_back)
kthvalue = selection("kthvalue(x, *, k, axis, keepdims)", outputs="values indices", x=at_index)
median = selection("median(x, *, axis, keepdims)", node="MedianBackward1", outputs="values indices",
    x=at_index,
)
nanmedian = selection("nanmedian(x, *, axis, keepdims)", node="NanmedianBackward1",
    outputs="values indices", x=at_index,
)
mode = selection("mode(x, *, axis, keepdims)", outputs="values indices", x=at_index)
median_all = selection("median_all(x, *, axis)", node="MedianBackward0", x=evenly)
nanmedian_all = selection("nanmedian_all(x, *, axis)", node="NanmedianBackward0", x=evenly)

# As in PyTorch, these have no derivative.
unique = selection("unique(x, *, axis)", refused, node="Unique2Backward0", outputs="values inverse counts")
unique_along = selection("unique_along(x, *, axis)", refused, node="UniqueDimBackward0",
    outputs="values inverse counts",
    forward=lambda xp, x, axis: xp.unique(x, axis=axis),
)
unique_consecutive = selection("unique_consecutive(x, *, axis)", refused, outputs="values inverse counts")


def _each_searched(xp, x, v, run):
    """Values of any shape belong in one row: as a row, they have as many axes as that."""
    if len(x.shape) > 2 or len(v.shape) == len(x.shape):
        return run(x, v)
    return xp.reshape(run(x, xp.reshape(v, (v.shape[0], math.prod(v.shape[1:])))), v.shape)


search_rows = step("search_rows(x, v, *, side)", batch=_each_searched)


def searchsorted(x, v, *, side="left"):
    """The array API's call form."""
    return search_rows(x, v, side=side)



def _rows(xp, x):
    return xp.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


def _each_is_in(call, xp, x, y, run):
    if not call.batched[1]:
        return run(*call.arrays)
    among = xp.any(xp.equal(xp.expand_dims(_rows(xp, x), axis=-1), xp.expand_dims(_rows(xp, y), axis=-2)), axis=(-1,), keepdims=False)
    return xp.reshape(among, x.shape)


def _each_counted(xp, x, minlength, size):
    """``minlength`` is the length: ``bincount`` sees to that."""
    return xp.scatter_add(xp.zeros((size, minlength), dtype=np.int64), x, xp.ones(x.shape, dtype=np.int64), axis=-1)


def _each_in_bins(xp, x, bins, low, high, size):
    x = _rows(xp, x)
    if low == high and x.shape[1]:
        low, high = [end(x, axis=(-1,), keepdims=True) for end in (xp.min, xp.max)]
        alone = xp.equal(low, high)
        low, high = xp.where(alone, low - 1, low), xp.where(alone, high + 1, high)
    inside = xp.logical_and(xp.greater_equal(x, low), xp.less_equal(x, high))
    places = xp.astype(xp.where(inside, (x - low) * bins / (high - low), 0), np.int64)
    zeros = xp.zeros((size, bins), dtype=x.dtype)
    return xp.scatter_add(zeros, xp.minimum(places, bins - 1), xp.astype(inside, x.dtype), axis=-1)


isin = step("isin(x, y)", batch=_each_is_in)
bincount = step("bincount(x, *, minlength)", batch=_each_counted)
histc = step("histc(x, *, bins, low, high)", batch=_each_in_bins)
