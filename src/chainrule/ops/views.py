"""The pair of ops behind in-place writes to views: get from a path of views, put into it. See ``core.views``."""

from __future__ import annotations

import numpy as np

from ..backend.numpy import walk
from ..core.batching import one_by_one
from ..core.op import linear
from ..core.views import set_path_nodes


def _places(call):
    """Where the part lies in a base in C order; None if it is not made of the base's elements (``view_as_real``)."""
    path, shape = call.params["path"], call.params["shape"]
    if any(op.name in ("view_as_real", "view_as_complex") for op, _, _ in path):
        return None
    return walk(np.arange(np.prod(shape, dtype=int)).reshape(shape), path)


def _each_get(call):
    places = _places(call)
    if places is None:
        return one_by_one(call)
    xp, (x,) = call.xp, call.arrays
    part = xp.take(xp.reshape(x, (call.size, -1)), places.reshape(-1), axis=-1)
    return xp.reshape(part, (call.size, *places.shape))


def _each_put(call):
    places = _places(call)
    if places is None:
        return one_by_one(call)
    xp, (x, v) = call.xp, call.stretched()
    if places.size == np.prod(x.shape[1:]) and (np.diff(places.reshape(-1)) == 1).all():
        return xp.reshape(v, x.shape)
    rows, part = xp.reshape(x, (call.size, -1)), xp.reshape(v, (call.size, -1))
    return xp.reshape(xp.index_put(rows, part, places.reshape(-1), axes=(-1,), accumulate=False), x.shape)


get_path = linear("get_path(x, *, path, shape)", node="AsStridedBackward0", batch=_each_get,
    x=lambda xp, g, path, shape: xp.put_path(xp.zeros(shape, dtype=g.dtype), g, path=path, shape=shape),
)

put_path = linear("put_path(x, v, *, path, shape)", node="torch::autograd::CopySlices", batch=_each_put,
    x=lambda xp, g, path, shape: xp.put_path(g, xp.zeros_like(xp.get_path(g, path=path, shape=shape)), path=path, shape=shape),
    v=lambda xp, g, path, shape: xp.get_path(g, path=path, shape=shape),
)

set_path_nodes(get_path.op.make_node_class(), put_path.op.make_node_class())
