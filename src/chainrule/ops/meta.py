"""Entering the device "meta", and being refused to leave it. See ``core.meta_level``."""

from __future__ import annotations

from ..core import meta_level
from ..core.op import linear

__all__ = ["meta_in", "meta_out"]

meta_in = linear("meta_in(x, *, level)", node="ToCopyBackward0",
    forward=lambda xp, x, level: meta_level.entered(x),
    x=lambda xp, g, level: xp.meta_out(g, level=level),
)
meta_out = linear("meta_out(x, *, level)", node="ToCopyBackward0",
    forward=lambda xp, x, level: x.plain("copying it to another device"),
    x=lambda xp, g, level: xp.meta_in(g, level=level),
)
