"""The pair of ops behind in-place writes to views: get from a path of views, put into it. See ``core.views``."""

from __future__ import annotations

from ..core.batching import one_by_one
from ..core.op import linear
from ..core.views import set_path_nodes

get_path = linear("get_path(x, *, path, shape)", node="AsStridedBackward0", batch=one_by_one,
    x=lambda xp, g, path, shape: xp.put_path(xp.zeros(shape, dtype=g.dtype), g, path=path, shape=shape),
)

put_path = linear("put_path(x, v, *, path, shape)", node="torch::autograd::CopySlices", batch=one_by_one,
    x=lambda xp, g, path, shape: xp.put_path(g, xp.zeros_like(xp.get_path(g, path=path, shape=shape)), path=path, shape=shape),
    v=lambda xp, g, path, shape: xp.get_path(g, path=path, shape=shape),
)

set_path_nodes(get_path.op.make_node_class(), put_path.op.make_node_class())
