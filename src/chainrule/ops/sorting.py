"""Sorting, order statistics, distinct elements, bins. ``axis`` is a negative int.

What is picked by its index gives its cotangent to its place; indices and counts carry none.
"""

from __future__ import annotations

from math import prod

from ..core.batching import one_by_one, same_call
from ..core.op import general, step
from .reduction import at_index, evenly

__all__ = [
    "argsort", "bincount", "histc", "kthvalue", "median", "median_all", "mode", "nanmedian", "nanmedian_all",
    "searchsorted", "sort", "sort_stable", "sort_with_indices", "sorted_places", "topk", "unique", "unique_along",
    "unique_consecutive",
]


def _back(xp, g, x_shape, indices, axis):
    return at_index(xp, g, x_shape, indices, axis, True)


def _sorted(xp, x, axis, descending):
    return xp.sort_with_indices(x, axis=axis, descending=descending)


# Both are stable; PyTorch names them apart.
sort_with_indices = general("sort_with_indices(x, *, axis, descending)", batch=same_call, node="SortBackward0",
    outputs="values indices", forward=_sorted, x=_back,
)
sort_stable = general("sort_stable(x, *, axis, descending)", batch=same_call, node="SortBackward1",
    outputs="values indices", forward=_sorted, x=_back,
)
sorted_places = step("argsort(x, *, axis, descending)")


def sort(x, *, axis=-1, descending=False, stable=True):
    """The array API's call form."""
    return sort_with_indices(x, axis=axis, descending=descending)[0]


def argsort(x, *, axis=-1, descending=False, stable=True):
    """The array API's call form."""
    return sorted_places(x, axis=axis, descending=descending)


topk = general("topk(x, *, k, axis, largest)", batch=same_call, outputs="values indices", x=_back)
kthvalue = general("kthvalue(x, *, k, axis, keepdims)", batch=same_call, outputs="values indices", x=at_index)
median = general("median(x, *, axis, keepdims)", batch=same_call, node="MedianBackward1", outputs="values indices",
    x=at_index,
)
nanmedian = general("nanmedian(x, *, axis, keepdims)", batch=same_call, node="NanmedianBackward1",
    outputs="values indices", x=at_index,
)
mode = general("mode(x, *, axis, keepdims)", batch=same_call, outputs="values indices", x=at_index)
median_all = general("median_all(x, *, axis)", batch=same_call, node="MedianBackward0", x=evenly)
nanmedian_all = general("nanmedian_all(x, *, axis)", batch=same_call, node="NanmedianBackward0", x=evenly)

# As in PyTorch, these have no derivative.
unique = general("unique(x, *, axis)", batch=one_by_one, node="Unique2Backward0", outputs="values inverse counts")
unique_along = general("unique_along(x, *, axis)", batch=one_by_one, node="UniqueDimBackward0",
    outputs="values inverse counts", forward=lambda xp, x, axis: xp.unique(x, axis=axis),
)
unique_consecutive = general("unique_consecutive(x, *, axis)", batch=one_by_one, outputs="values inverse counts")


def _each_searchsorted(call, run, xp):
    """One sorted row for all values of an element of the batch, or a row for each row of values."""
    x, v = call.stretched()
    x_shape, v_shape = call.shapes()
    if len(x_shape) > 1:
        return run(x, v)
    if not call.batched[0]:
        return run(call.arrays[0], v)
    return xp.reshape(run(x, xp.reshape(v, (call.size, prod(v_shape)))), (call.size, *v_shape))


searchsorted = step("searchsorted(x, v, *, side)", batch=_each_searchsorted)
bincount = step("bincount(x, *, minlength)", batch=one_by_one)
histc = step("histc(x, *, bins, low, high)", batch=one_by_one)
