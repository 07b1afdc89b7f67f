"""Entering and leaving the levels of transforms. See ``core.lifted``, and ``core.dual_level`` for the crossing cotangents."""

from __future__ import annotations

from ..core import batch_level, dual_level, xla_level
from ..core.op import linear

__all__ = ["batch_in", "batch_out", "dual_in", "primal_part", "tangent_part", "xla_in", "xla_out"]

batch_in = linear("batch_in(x, *, level, axis)",
    forward=lambda xp, x, level, axis: batch_level.enter(x, level, axis),
    x=lambda xp, g, level, axis: xp.batch_out(g, level=level, axis=axis),
)
batch_out = linear("batch_out(x, *, level, axis, copy)",
    forward=lambda xp, x, level, axis, copy=True: batch_level.leave(x, level, axis, copy),
    x=lambda xp, g, level, axis: xp.batch_in(g, level=level, axis=axis),
)

dual_in = linear("dual_in(x, t, *, level)",
    forward=lambda xp, x, t, level: dual_level.enter(x, t, level),
    x=lambda xp, g, level: xp.tangent_part(g, level=level),
    t=lambda xp, g, level: xp.primal_part(g, level=level),
)
primal_part = linear("primal_part(x, *, level, copy)",
    forward=lambda xp, x, level, copy=True: dual_level.primal_part(x, level, copy),
    x=lambda xp, g, level: xp.dual_in(xp.zeros_like(g), g, level=level),
)
tangent_part = linear("tangent_part(x, *, level, copy)",
    forward=lambda xp, x, level, copy=True: dual_level.tangent_part(x, level, copy),
    x=lambda xp, g, level: xp.dual_in(g, xp.zeros_like(g), level=level),
)

xla_in = linear("xla_in(x, *, level)", node="ToCopyBackward0",
    forward=lambda xp, x, level: xla_level.enter(x),
    x=lambda xp, g, level: xp.xla_out(g, level=level),
)
xla_out = linear("xla_out(x, *, level)", node="ToCopyBackward0",
    forward=lambda xp, x, level: xla_level.leave(x),
    x=lambda xp, g, level: xp.xla_in(g, level=level),
)
