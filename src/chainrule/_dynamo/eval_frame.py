"""The class by which programs ask whether a module is a compiled one."""

from __future__ import annotations

import sys
from typing import Any, Self

from ..nn.modules.module import Module

__all__ = ["OptimizedModule"]


class _OfModule(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        compiled = sys.modules.get("chainrule._compile.compiled")
        return (
            compiled is not None and isinstance(instance, compiled.Compiled) and isinstance(instance._orig_mod, Module)
        )


class OptimizedModule(metaclass=_OfModule):
    """What :func:`chainrule.compile` makes of a module, for ``isinstance``; the module itself is its ``_orig_mod``."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        raise TypeError("OptimizedModule: compile a module with torch.compile(module)")
