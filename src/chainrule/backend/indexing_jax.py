"""Reading and writing at computed places, and the sums that are their adjoints, on the JAX backend.

Indices are taken to be within bounds, which XLA cannot report: beyond them a read gives NaN (of integers, the least or
largest) and a write nothing.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from .indexing_numpy import _limit, along, key_of

Array = Any


class DataDependentError(RuntimeError):
    """An op whose result's shape depends on values was called on values that are not known yet."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: the shape of the result depends on values, which are not known while a function is compiled. Use a form "
            "whose result has the same shape for all values: torch.where, a mask, a sum."
        )


def known(name: str, *arrays: Array) -> list[Any]:
    """The values of the arrays, by NumPy; the error if they are not known."""
    if any(isinstance(a, Tracer) for a in arrays):
        raise DataDependentError(name)
    return [np.asarray(a) for a in arrays]


# -- along one axis -----------------------------------------------------------------------------------------------------


def take(x: Array, indices: Array, *, axis: int) -> Array:
    return jnp.take(x, indices, axis, mode="fill")


def _slices(indices: Array, axis: int) -> Any:
    """The index of the slices of an axis."""
    return (..., indices, *[slice(None)] * (-axis - 1))


def index_add(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """``x`` with the slices of ``v`` added to those at the indices; repeated ones add up."""
    return jnp.asarray(x).at[_slices(indices, axis)].add(v)


def index_copy(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """``x`` whose slices at the indices are those of ``v``; of repeated ones the last counts."""
    return _written(x, _numbers(x.shape)[_slices(indices, axis)], v)


# -- writes: of those to one place, the last counts ---------------------------------------------------------------------


def _numbers(shape: tuple[int, ...]) -> Any:
    """The number, in C order, of each place, to be read by an index; that of none where the index is out of bounds."""
    return _Reader(jnp.arange(math.prod(shape)).reshape(shape))


class _Reader:
    def __init__(self, array: Array) -> None:
        self.array = array

    def __getitem__(self, key: Any) -> Array:
        return self.array.at[key].get(mode="fill", fill_value=self.array.size)


def _winners(places: Array, size: int) -> Array:
    """Which write, by number, each of ``size`` places is left with; -1 for those that nothing is written to.

    XLA promises no order among the writes of a scatter, but the largest of numbers is the same in any order.
    """
    order = jnp.arange(places.size)
    return jnp.full(size, -1, order.dtype).at[places.reshape(-1)].max(order, mode="drop")


def _written(x: Array, places: Array, v: Array) -> Array:
    """``x`` with ``v`` at places in C order."""
    winners = _winners(places, x.size)
    values = jnp.broadcast_to(v, places.shape).astype(x.dtype).reshape(-1)
    if not values.size:
        return jnp.asarray(x)
    return jnp.where(winners < 0, x.reshape(-1), values[jnp.maximum(winners, 0)]).reshape(x.shape)


def _last(places: Array, size: int) -> Array:
    """Whether each write is the last to its place."""
    return _winners(places, size)[places] == jnp.arange(places.size).reshape(places.shape)


# -- gather and scatter: as many places as the index has ----------------------------------------------------------------


def gather(x: Array, indices: Array, *, axis: int) -> Array:
    """The elements of ``x`` at the indices along one axis and at the index's own place along the others."""
    return jnp.asarray(x).at[along(indices, axis)].get(mode="fill")


def scatter(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """``x`` with ``v`` at the indices; of repeated ones the last counts."""
    return _written(x, _numbers(x.shape)[along(indices, axis)], v)


def scatter_add(x: Array, indices: Array, v: Array, *, axis: int) -> Array:
    """``x`` to which ``v`` is added at the indices; repeated ones add up."""
    return jnp.asarray(x).at[along(indices, axis)].add(v)


METHODS = {"sum": "add", "mean": "add", "prod": "multiply", "amin": "min", "amax": "max"}


def scatter_reduce(x: Array, indices: Array, v: Array, *, axis: int, reduce: str, include_self: bool) -> Array:
    """``x`` in which what ``v`` sends to one place is reduced: sum, prod, mean, amin or amax.

    Without ``include_self``, the old value of a place that something is sent to takes no part.
    """
    x, places = jnp.asarray(x), along(indices, axis)
    if not include_self:
        neutral = {"prod": 1, "amin": _limit(x.dtype, "max"), "amax": _limit(x.dtype, "min")}.get(reduce, 0)
        x = x.at[places].set(neutral)
    out = getattr(x.at[places], METHODS[reduce])(v)
    if reduce == "mean":
        count = jnp.full(x.shape, int(include_self)).at[places].add(1)
        count = jnp.maximum(count, 1).astype(x.dtype)
        out = out / count if x.dtype.kind in "fcV" else out // count
    return out


def last_writes(indices: Array, *, axis: int, shape: tuple[int, ...]) -> Array:
    """Which elements of the index are the last that speak of their place: those whose value a scatter leaves."""
    return _last(_numbers(shape)[along(indices, axis)], math.prod(shape))


# -- x[i, j, mask]: index arrays on some of the axes --------------------------------------------------------------------


def _key(name: str, ndim: int, indices: tuple[Array, ...], axes: tuple[int, ...]) -> Any:
    """The index, as :func:`key_of` makes it; masks must be known, since how many places they name does."""
    return key_of(ndim, tuple([known(name, i)[0] if i.dtype.kind == "b" else i for i in indices]), axes)


def _is_mask(indices: tuple[Array, ...]) -> bool:
    """Whether the only index is a mask: writing there is a choice, whatever the mask is."""
    return len(indices) == 1 and indices[0].dtype.kind == "b"


def _spread(v: Array, mask: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """Values that belong to the places of a mask, which covers the axes from ``axis`` on, in order, at these places."""
    lead = len(shape) + axis
    behind = len(shape) - lead - mask.ndim
    v = jnp.asarray(v)
    v = v.reshape((1,) * max(behind + 1 - v.ndim, 0) + v.shape)
    numbers = jnp.clip(jnp.cumsum(mask.reshape(-1)).reshape(mask.shape) - 1, 0, v.shape[-behind - 1] - 1)
    return jnp.take(v, numbers, -behind - 1)


def _where(mask: Array, axis: int, v: Array, x: Array) -> Array:
    return jnp.where(mask.reshape(*mask.shape, *[1] * (-axis - mask.ndim)), v, x)


def index(x: Array, *indices: Array, axes: tuple[int, ...]) -> Array:
    """The elements at the indices: one index array an axis, broadcast together, or masks."""
    return jnp.asarray(x).at[_key("index", x.ndim, indices, axes)].get(mode="fill")


def index_put(x: Array, v: Array, *indices: Array, axes: tuple[int, ...], accumulate: bool) -> Array:
    """``x`` with ``v`` written to, or added at, the indices; of repeated writes the last counts."""
    if _is_mask(indices):
        if not jnp.size(v):
            return jnp.asarray(x)
        values = _spread(v, indices[0], axes[0], x.shape).astype(x.dtype)
        return _where(indices[0], axes[0], x + values if accumulate else values, x)
    key = _key("index_put", x.ndim, indices, axes)
    return jnp.asarray(x).at[key].add(v) if accumulate else _written(x, _numbers(x.shape)[key], v)


def index_adjoint(g: Array, *indices: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Zeros, with ``g`` added at the indices."""
    return index_put(jnp.zeros(shape, g.dtype), g, *indices, axes=axes, accumulate=True)


def last_puts(*indices: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Which elements of ``index(...)`` are the last that are written to their place by ``index_put``."""
    return _last(_numbers(shape)[_key("last_puts", len(shape), indices, axes)], math.prod(shape))


# -- masks and flat places ----------------------------------------------------------------------------------------------


def nonzero(x: Array) -> tuple[Array, ...]:
    (x,) = known("nonzero", x)
    return tuple([jnp.asarray(places) for places in np.nonzero(x)])


def masked_select(x: Array, mask: Array) -> Array:
    """The elements where the mask holds, in C order; the two are broadcast together."""
    shape = np.broadcast_shapes(x.shape, mask.shape)
    (mask,) = known("masked_select", mask)
    return jnp.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]


def masked_scatter(x: Array, mask: Array, v: Array) -> Array:
    """``x`` (broadcast with the mask) with the first elements of ``v``, in order, where the mask holds."""
    x, mask = jnp.broadcast_arrays(x, mask)
    if not v.size:
        return x
    numbers = jnp.clip(jnp.cumsum(mask.reshape(-1)).reshape(mask.shape) - 1, 0, v.size - 1)
    return jnp.where(mask, jnp.asarray(v).reshape(-1)[numbers], x)


def masked_scatter_adjoint(g: Array, mask: Array, *, shape: tuple[int, ...]) -> Array:
    """The elements of ``g`` where the mask holds, then zeros: an array of ``shape``."""
    g, mask = (a.reshape(-1) for a in jnp.broadcast_arrays(g, mask))
    size = math.prod(shape)
    places = jnp.where(mask, jnp.cumsum(mask) - 1, size)
    return jnp.zeros(size, g.dtype).at[places].set(g, mode="drop").reshape(shape)


def take_flat(x: Array, indices: Array) -> Array:
    """The elements at places in C order."""
    return jnp.take(x.reshape(-1), indices, mode="fill")


def put_flat(x: Array, indices: Array, v: Array, *, accumulate: bool) -> Array:
    """``x`` with ``v`` written to, or added at, places in C order; of repeated writes the last counts."""
    flat = jnp.asarray(x).reshape(-1)
    if accumulate:
        return flat.at[indices.reshape(-1)].add(v.reshape(-1)).reshape(x.shape)
    return _written(flat, _numbers(flat.shape)[indices.reshape(-1)], v.reshape(-1)).reshape(x.shape)
