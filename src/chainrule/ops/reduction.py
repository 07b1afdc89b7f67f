"""Reductions. ``axis`` is always a tuple of negative ints (or one, where the op takes one); None: all elements."""

from __future__ import annotations

from ..core.op import linear


def spread(xp, g, shape, axis, keepdims):
    """Undo a reduction: put the lost axes back as ones, then stretch to ``shape``."""
    if not keepdims and axis is not None:
        g = xp.expand_dims(g, axis=axis)
    return xp.broadcast_to(g, shape)


sum = linear("sum(x, *, axis, keepdims)",
    x=lambda xp, g, x_shape, axis, keepdims: spread(xp, g, x_shape, axis, keepdims),
)
