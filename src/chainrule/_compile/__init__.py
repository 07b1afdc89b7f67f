"""``chainrule.compile``: the same program through XLA. See ``compiled`` for the whole of it."""

from __future__ import annotations

from .compiled import Compiled, compile, explain
from .control import cond, scan, while_loop

__all__ = ["Compiled", "compile", "cond", "explain", "scan", "while_loop"]
