"""The pair of ops behind in-place writes to views: get from a path of views, put into it. See ``core.views``."""

from __future__ import annotations

import math

import numpy as np

from ..backend.numpy import walk
from ..core.forward import raw
from ..core.op import linear
from ..core.views import set_path_ops


def _places(call):
    """Where the part lies among the numbers of a base in C order, and whether it is complex: then by pairs.

    The path leads to places as it leads to values; a complex number holds those of its two parts.
    """
    path, shape = call.params["path"], call.params["shape"]
    is_complex = raw(call.arrays[0]).dtype.kind == "c"
    places = np.arange(np.prod(shape, dtype=int) * (1 + is_complex), dtype=float)
    part = walk((places.view(complex) if is_complex else places).reshape(shape), path)
    pairs = part.dtype.kind == "c"
    places = np.ascontiguousarray(part).view(float).reshape(*part.shape, 2) if pairs else part
    return places.astype(int), pairs


def _numbers(xp, x):
    """Each element of a batch as a row of real numbers."""
    pairs = raw(x).dtype.kind == "c"
    size = math.prod(x.shape[1:]) * (1 + pairs)
    return xp.reshape(xp.view_as_real(x) if pairs else x, (x.shape[0], size))


def _each_get(call):
    places, pairs = _places(call)
    xp, (x,) = call.xp, call.arrays
    part = xp.reshape(xp.take(_numbers(xp, x), places.reshape(-1), axis=-1), (call.size, *places.shape))
    return xp.view_as_complex(part) if pairs else part


def _each_put(call):
    places, _ = _places(call)
    xp, (x, v) = call.xp, call.stretched()
    rows, part = _numbers(xp, x), _numbers(xp, v)
    if places.size == rows.shape[1] and (np.diff(places.reshape(-1)) == 1).all():
        rows = part
    else:
        rows = xp.index_put(rows, part, places.reshape(-1), axes=(-1,), accumulate=False)
    is_complex = raw(x).dtype.kind == "c"
    out = xp.reshape(rows, (*x.shape, 2) if is_complex else x.shape)
    return xp.view_as_complex(out) if is_complex else out


get_path = linear("get_path(x, *, path, shape)", node="AsStridedBackward0", batch=_each_get,
    x=lambda xp, g, path, shape: xp.put_path(xp.zeros(shape, dtype=g.dtype), g, path=path, shape=shape),
)

put_path = linear("put_path(x, v, *, path, shape)", node="torch::autograd::CopySlices", batch=_each_put,
    x=lambda xp, g, path, shape: xp.put_path(g, xp.zeros_like(xp.get_path(g, path=path, shape=shape)), path=path, shape=shape),
    v=lambda xp, g, path, shape: xp.get_path(g, path=path, shape=shape),
)

set_path_ops(get_path.op, put_path.op)
