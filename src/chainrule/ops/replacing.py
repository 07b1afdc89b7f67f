"""Copies with a part replaced: what a view of the copy shows is written over. Each undoes the view of its name.

The old value gets the cotangent but for that part, the new one the part.
"""

from __future__ import annotations

import math

import numpy as np

from ..backend.shape_numpy import extent, positions
from ..core.batching import same_call
from ..core.op import general, linear
from .indexing import OVERWRITE
from .shape import diagonal, select, slice_axis

__all__ = ["as_strided_scatter", "diagonal_scatter", "filled", "filled_number", "select_scatter", "slice_scatter"]


def _put(xp, x, v, view, params):
    path = ((view.op, tuple(params.items()), None),)
    return xp.put_path(x, v, path=path, shape=tuple(x.shape))


def _kept(xp, g, v_shape, view, **params):
    """The cotangent with zeros in the part that a view shows."""
    return _put(xp, g, xp.zeros(v_shape, dtype=g.dtype), view, params)


select_scatter = linear("select_scatter(x, v, *, axis, index)",
    forward=lambda xp, x, v, **params: _put(xp, x, v, select, params),
    x=lambda xp, g, v_shape, axis, index: _kept(xp, g, v_shape, select, axis=axis, index=index),
    v=lambda xp, g, axis, index: xp.select(g, axis=axis, index=index),
)

slice_scatter = linear("slice_scatter(x, v, *, axis, start, stop, step)", saved_names={"stop": "end"},
    forward=lambda xp, x, v, **params: _put(xp, x, v, slice_axis, params),
    x=lambda xp, g, v_shape, axis, start, stop, step: _kept(
        xp, g, v_shape, slice_axis, axis=axis, start=start, stop=stop, step=step),
    v=lambda xp, g, axis, start, stop, step: xp.slice_axis(g, axis=axis, start=start, stop=stop, step=step),
)

diagonal_scatter = linear("diagonal_scatter(x, v, *, offset, axis1, axis2)", saved_names={"axis1": "dim1", "axis2": "dim2"},
    forward=lambda xp, x, v, **params: _put(xp, x, v, diagonal, params),
    x=lambda xp, g, v_shape, offset, axis1, axis2: _kept(
        xp, g, v_shape, diagonal, offset=offset, axis1=axis1, axis2=axis2),
    v=lambda xp, g, offset, axis1, axis2: xp.diagonal(g, offset=offset, axis1=axis1, axis2=axis2),
)

# -- by strides ----------------------------------------------------------------------------------------------------------


def _written(xp, origin, target):
    """(places in C order of what lies as ``origin``, which elements of ``target`` are written there and stay).

    Nothing stays of an element of the storage between those of the origin, or that a later one is written over.
    """
    storage = np.full(max(extent(origin), extent(target), 1), -1)
    storage[positions(origin).reshape(-1)] = np.arange(math.prod(origin[0]))
    places = storage[positions(target)].reshape(-1)
    last = np.full(storage.size, -1)
    last[places] = np.arange(places.size)
    stays = (places >= 0) & (last[places] == np.arange(places.size))
    return xp.asarray(places[stays]), xp.asarray(np.flatnonzero(stays))


def _rows(xp, x, size):
    """The elements of each tensor of a batch as a row, in C order."""
    return xp.reshape(x, (size, math.prod(x.shape[1:])))


def _each_strided(call, xp, x, v, stride, offset, origin):
    places, sources = _written(xp, origin, (call.params["size"], stride, offset))
    values = xp.take(_rows(xp, v, call.size), sources, axis=-1)
    return xp.reshape(xp.index_put(_rows(xp, x, call.size), values, places, axes=(-1,), accumulate=False), x.shape)


def _strided(xp, x, v, size, stride, offset, origin):
    places, sources = _written(xp, origin, (size, stride, offset))
    values = xp.take(_flat(xp, v), sources, axis=-1)
    return xp.reshape(xp.index_put(_flat(xp, x), values, places, axes=(-1,), accumulate=False), x.shape)


def _flat(xp, x):
    return xp.reshape(x, (math.prod(x.shape),))


def _strided_x(xp, g, size, stride, offset, origin):
    places, _ = _written(xp, origin, (size, stride, offset))
    zeros = xp.zeros(places.shape, dtype=g.dtype)
    return xp.reshape(xp.index_put(_flat(xp, g), zeros, places, axes=(-1,), accumulate=False), g.shape)


def _strided_v(xp, g, v_shape, size, stride, offset, origin):
    places, sources = _written(xp, origin, (size, stride, offset))
    zeros = xp.zeros((math.prod(size),), dtype=g.dtype)
    found = xp.take(_flat(xp, g), places, axis=-1)
    return xp.reshape(xp.index_put(zeros, found, sources, axes=(-1,), accumulate=False), v_shape)


# Written through the storage in which x lies as ``origin`` says.
as_strided_scatter = linear("as_strided_scatter(x, v, *, size, stride, offset, origin)", batch=_each_strided,
    saved_names={"offset": "storage_offset"}, forward=_strided, x=_strided_x, v=_strided_v,
)

# -- the whole -----------------------------------------------------------------------------------------------------------

filled = linear("filled(x, v)", node="FillBackward1", **OVERWRITE)
filled_number = general("filled_number(x, *, value)", node="FillBackward0", batch=same_call,
    jvp=lambda xp, x_tangent: xp.zeros_like(x_tangent),
    forward=lambda xp, x, value: xp.full_like(x, value),
    x=lambda xp, g: xp.zeros_like(g),
)
