"""Sorting, order statistics, distinct elements, bins. ``axis`` is a negative int.

What is picked by its index gives its cotangent to its place; indices and counts carry none.
"""

from __future__ import annotations

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
sort_with_indices = general("sort_with_indices(x, *, axis, descending)", node="SortBackward0", outputs="values indices",
    forward=_sorted, x=_back,
)
sort_stable = general("sort_stable(x, *, axis, descending)", node="SortBackward1", outputs="values indices",
    forward=_sorted, x=_back,
)
sorted_places = step("argsort(x, *, axis, descending)")


def sort(x, *, axis=-1, descending=False, stable=True):
    """The array API's call form."""
    return sort_with_indices(x, axis=axis, descending=descending)[0]


def argsort(x, *, axis=-1, descending=False, stable=True):
    """The array API's call form."""
    return sorted_places(x, axis=axis, descending=descending)


topk = general("topk(x, *, k, axis, largest)", outputs="values indices", x=_back)
kthvalue = general("kthvalue(x, *, k, axis, keepdims)", outputs="values indices", x=at_index)
median = general("median(x, *, axis, keepdims)", node="MedianBackward1", outputs="values indices", x=at_index)
nanmedian = general("nanmedian(x, *, axis, keepdims)", node="NanmedianBackward1", outputs="values indices", x=at_index)
mode = general("mode(x, *, axis, keepdims)", outputs="values indices", x=at_index)
median_all = general("median_all(x, *, axis)", node="MedianBackward0", x=evenly)
nanmedian_all = general("nanmedian_all(x, *, axis)", node="NanmedianBackward0", x=evenly)

# As in PyTorch, these have no derivative.
unique = general("unique(x, *, axis)", node="Unique2Backward0", outputs="values inverse counts")
unique_along = general("unique_along(x, *, axis)", node="UniqueDimBackward0", outputs="values inverse counts",
    forward=lambda xp, x, axis: xp.unique(x, axis=axis),
)
unique_consecutive = general("unique_consecutive(x, *, axis)", outputs="values inverse counts")

searchsorted = step("searchsorted(x, v, *, side)")
bincount = step("bincount(x, *, minlength)")
histc = step("histc(x, *, bins, low, high)")
