"""Reading and writing at computed places of NumPy arrays, and the sums that are their adjoints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..promotion import is_half
from .shape_numpy import row_major

Array = Any
SINGLE = np.dtype(np.float32)

FEW = 256
"""Elements below which ``np.add.at`` on all axes costs less than preparing the fast form for one axis."""
SUMMED = 2048
"""From so many elements on for each row, to sort them by rows is worth it."""


# -- along one axis -----------------------------------------------------------------------------------------------------


def take(x: Array, indices: Array, *, axis: int) -> Array:
    return x.take(indices, axis)


def index_add(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """A copy of ``x`` to whose slices at the indices those of ``v`` are added; repeated ones add up."""
    if is_half(x.dtype) and x.ndim > 1:  # as PyTorch adds slices; numbers it adds one after the other
        return index_add(x.astype(SINGLE), indices, v.astype(SINGLE), axis=axis).astype(x.dtype)
    out = np.array(x, order="C")
    add_rows(np.moveaxis(out, axis, 0), indices, np.moveaxis(v, axis, 0))
    return out


def index_copy(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """A copy of ``x`` whose slices at the indices are those of ``v``; of repeated ones the last counts."""
    out = np.array(x)
    np.moveaxis(out, axis, 0)[indices] = np.moveaxis(v, axis, 0)
    return out


def add_rows(out: Array, indices: Array, v: Array) -> None:
    """``out[indices] += v`` with repeated indices added up, in place.

    NumPy's ``add.at`` is fast for one axis only, so rows that are contiguous are written as one.
    """
    if not out.flags.c_contiguous:
        np.add.at(out, indices, v)
        return
    width = math.prod(out.shape[1:])
    places = indices % len(out) if len(out) else indices
    if width != 1 and places.size * width >= SUMMED * len(out) > 0 and not is_half(out.dtype):
        add_sums(out, places.reshape(-1), np.broadcast_to(v, (*indices.shape, *out.shape[1:])))
        return
    v = np.broadcast_to(v, (*indices.shape, *out.shape[1:]))
    if width == 1:
        np.add.at(out.reshape(-1), places.reshape(-1), v.reshape(-1))
        return
    out, v, places, columns = out.reshape(-1), v.reshape(-1, width), places.reshape(-1, 1), np.arange(width)
    step = max(1, SOME // width)  # places take more memory than what is added
    for start in range(0, len(places), step):
        some = slice(start, start + step)
        np.add.at(out, (places[some] * width + columns).reshape(-1), v[some].reshape(-1))


SOME = 1 << 16
"""Elements."""


def add_sums(out: Array, places: Array, v: Array) -> None:
    """The same where each row gets many: first put in order, then one sum a row."""
    v = v.reshape(len(places), *out.shape[1:])[np.argsort(places, kind="stable")]
    start = 0
    for row, end in zip(out, np.cumsum(np.bincount(places, minlength=len(out))).tolist(), strict=True):
        if end > start:
            np.add(row, np.add.reduce(v[start:end], axis=0), row)
        start = end


# -- gather and scatter: as many places as the index has ----------------------------------------------------------------


def along(indices: Array, axis: int) -> tuple[Array, ...]:
    """The NumPy index of the places: the indices along the axis, the index's own places along the others."""
    return tuple(
        [
            indices if at == axis else np.arange(n).reshape((-1,) + (1,) * (-at - 1))
            for at, n in enumerate(indices.shape, -indices.ndim)
        ]
    )


def of_rows(shape: tuple[int, ...], indices: Array, axis: int) -> Array | None:
    """Which rows, of all that ``shape`` has, an index along the last axis but one speaks of as a whole; None if of none."""
    if axis != -2 or indices.strides[-1] or indices.shape[-1] != shape[-1] or indices.shape[:-2] != shape[:-2]:
        return None
    first = np.arange(math.prod(shape[:-2])).reshape(*shape[:-2], 1) * shape[-2]
    return first + indices[..., 0]


def gather(x: Array, indices: Array, *, axis: int) -> Array:
    """The elements of ``x`` at the indices along one axis and at the index's own place along the others."""
    if (rows := of_rows(x.shape, indices, axis)) is not None:
        return x.reshape(-1, x.shape[-1]).take(rows, 0)
    return row_major(x[along(indices, axis)])


def scatter(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """A copy of ``x`` with ``v`` at the indices; of repeated ones the last counts."""
    out = np.array(x, order="C")
    out[along(indices, axis)] = v
    return out


def scatter_add(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """A copy of ``x`` to which ``v`` is added at the indices; repeated ones add up."""
    if is_half(x.dtype):
        return scatter_add(x.astype(SINGLE), indices, v.astype(SINGLE), axis=axis).astype(x.dtype)
    out = np.array(x, order="C")
    if (rows := of_rows(out.shape, indices, axis)) is not None:
        add_rows(out.reshape(-1, out.shape[-1]), rows, v)
        return out
    np.add.at(out.reshape(-1), _places(out.shape, indices, axis), np.broadcast_to(v, indices.shape).reshape(-1))
    return out


REDUCTIONS = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amin": np.minimum, "amax": np.maximum}


def scatter_reduce(x: Array, indices: Array, v: Array, *, axis: int, reduce: str, include_self: bool) -> Array:
    """A copy of ``x`` in which what ``v`` sends to one place is reduced: sum, prod, mean, amin or amax.

    Without ``include_self``, the old value of a place that something is sent to takes no part.
    """
    out, ufunc = np.array(x, order="C"), REDUCTIONS[reduce]
    flat, places = out.reshape(-1), _places(x.shape, indices, axis)
    if not include_self:
        flat[places] = {"prod": 1, "amin": _limit(x.dtype, "max"), "amax": _limit(x.dtype, "min")}.get(reduce, 0)
    ufunc.at(flat, places, v.reshape(-1))
    if reduce == "mean":
        count = np.bincount(places, minlength=flat.size) + include_self
        count[count == 0] = 1
        flat[...] = flat / count if x.dtype.kind in "fcV" else flat // count
    return out


def _limit(dtype: Any, which: str) -> Any:
    """The largest or the smallest value of a dtype."""
    if dtype.kind in "fV":
        return np.inf if which == "max" else -np.inf
    return getattr(np.iinfo(dtype), which) if dtype.kind in "iu" else which == "max"


def _places(shape: tuple[int, ...], indices: Array, axis: int) -> Array:
    """The positions, in C order, of the elements of an array of ``shape`` that the index speaks of."""
    places, block = np.zeros(indices.shape, np.intp), 1
    for at in range(-1, -len(shape) - 1, -1):
        part = indices if at == axis else np.arange(indices.shape[at]).reshape(-1, *[1] * (-at - 1))
        places += part if block == 1 else block * part
        block *= shape[at]
    return places.reshape(-1)


def last_writes(indices: Array, *, axis: int, shape: tuple[int, ...]) -> Array:
    """Which elements of the index are the last that speak of their place: those whose value a scatter leaves."""
    return _last(_places(shape, indices, axis), math.prod(shape)).reshape(indices.shape)


def _last(places: Array, size: int) -> Array:
    order = np.arange(places.size)
    winner = np.zeros(size, np.intp)
    winner[places] = order
    return winner[places] == order


# -- x[i, j, mask]: index arrays on some of the axes --------------------------------------------------------------------


def key_of(ndim: int, indices: tuple[Array, ...], axes: tuple[int, ...]) -> Any:
    """The NumPy index with ``indices`` at ``axes`` (a mask at the first of those that it covers) and all of the rest."""
    if len(axes) == 1 and axes[0] == -ndim:
        return indices[0]
    key: list[Any] = []
    arrays = dict(zip(axes, indices, strict=True))
    at = -ndim
    while at < 0:
        array = arrays.get(at)
        key.append(slice(None) if array is None else array)
        at += array.ndim if array is not None and array.dtype.kind == "b" else 1
    return tuple(key)


def index(x: Array, *indices: Array, axes: tuple[int, ...]) -> Array:
    """The elements at the indices: one index array an axis, broadcast together, or masks.

    The axes of the result that come from the indices stand where the indices stood if those were neighbours, else first.
    """
    return np.ascontiguousarray(x[key_of(x.ndim, indices, axes)])  # NumPy may lay it out as the index axes come


def index_put(x: Array, v: Array, *indices: Array, axes: tuple[int, ...], accumulate: bool) -> Array:
    """A copy of ``x`` with ``v`` written to, or added at, the indices; of repeated writes the last counts."""
    out = np.array(x)
    key = key_of(x.ndim, indices, axes)
    if accumulate:
        np.add.at(out, key, v)
    else:
        out[key] = v
    return out


def index_adjoint(g: Array, *indices: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Zeros, with ``g`` added at the indices."""
    out = np.zeros(shape, g.dtype)
    masks = [array.dtype.kind == "b" for array in indices]
    if any(masks):
        key = key_of(len(shape), indices, axes)
        if len(indices) == 1:
            out[key] = g  # a mask names no place twice
        else:
            np.add.at(out, key, g)
    elif g.size < FEW:
        np.add.at(out, key_of(len(shape), indices, axes), g)
    elif len(indices) == 1:
        (at,) = axes
        (array,) = indices
        lead = len(shape) + at
        source = tuple(range(lead, lead + array.ndim))
        rows = np.moveaxis(g, source, tuple(range(array.ndim))) if lead else g
        add_rows(np.moveaxis(out, at, 0) if lead else out, array, rows)
    elif axes == tuple(range(-len(shape), -len(shape) + len(axes))):
        places: Any = 0
        for array, size in zip(indices, shape, strict=False):
            places = places * size + array % size if size else array
        add_rows(out.reshape(math.prod(shape[: len(axes)]), *shape[len(axes) :]), places, g)
    else:
        np.add.at(out, key_of(len(shape), indices, axes), g)
    return out


def last_puts(*indices: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Which elements of ``index(...)`` are the last that are written to their place by ``index_put``."""
    places = np.arange(math.prod(shape)).reshape(shape)[key_of(len(shape), indices, axes)]
    return _last(places.reshape(-1), math.prod(shape)).reshape(places.shape)


# -- masks and flat places ----------------------------------------------------------------------------------------------


def masked_select(x: Array, mask: Array) -> Array:
    """The elements where the mask holds, in C order; the two are broadcast together."""
    x, mask = np.broadcast_arrays(x, mask)
    return x[mask]


def masked_scatter(x: Array, mask: Array, v: Array) -> Array:
    """``x`` (broadcast with the mask) with the first elements of ``v``, in order, where the mask holds."""
    x, mask = np.broadcast_arrays(x, mask)
    out = np.array(x, order="C")
    out[mask] = v.reshape(-1)[: np.count_nonzero(mask)]
    return out


def masked_scatter_adjoint(g: Array, mask: Array, *, shape: tuple[int, ...]) -> Array:
    """The elements of ``g`` where the mask holds, then zeros: an array of ``shape``."""
    out = np.zeros(math.prod(shape), g.dtype)
    chosen = masked_select(g, mask)
    out[: len(chosen)] = chosen
    return out.reshape(shape)


def take_flat(x: Array, indices: Array) -> Array:
    """The elements at places in C order."""
    return x.reshape(-1).take(indices)


def put_flat(x: Array, indices: Array, v: Array, *, accumulate: bool) -> Array:
    """A copy of ``x`` with ``v`` written to, or added at, places in C order; of repeated writes the last counts."""
    out = np.array(x, order="C")
    if accumulate:
        np.add.at(out.reshape(-1), indices.reshape(-1), v.reshape(-1))
    else:
        out.reshape(-1)[indices.reshape(-1)] = v.reshape(-1)
    return out
