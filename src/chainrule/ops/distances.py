"""Euclidean distances between the rows of two matrices, which keep no differences."""

from __future__ import annotations

from ..core.batching import aligned
from ..core.op import general

__all__ = ["cdist"]


def _pulled(xp, g, x, y, out):
    """The cotangent of x is sum_j w_j (x - y_j), with w_j = g_j / |x - y_j|: x sum_j w_j - sum_j w_j y_j.

    Both measured from one of the y, so that digits are lost only where the rows lie far apart for their distances. Equal
    rows move nothing.
    """
    if not out.shape[-1]:
        return xp.zeros_like(x)
    apart = out > 0
    w = xp.where(apart, g / xp.where(apart, out, 1), 0)
    origin = y[..., :1, :]
    return (x - origin) * xp.sum(w, axis=(-1,), keepdims=True) - xp.matmul(w, y - origin)


cdist = general("cdist(x, y)", domain="fV", batch=aligned,
    saved_names={"x": "x1", "y": "x2"},
    x=_pulled,
    y=lambda xp, g, x, y, out: _pulled(xp, xp.matrix_transpose(g), y, x, xp.matrix_transpose(out)),
)
