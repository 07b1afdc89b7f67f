"""Modules whose parameters are not drawn."""

from __future__ import annotations

import inspect
from typing import Any

from ...core.generator import default_generator
from ..modules.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a module without drawing random numbers: its parameters are uninitialised.

    Args:
        module_cls: the class.
        args: of its constructor.
        kwargs: likewise.

    Raises:
        RuntimeError: it is no class of modules, or its constructor takes no ``device``.

    >>> import chainrule as torch
    >>> torch.nn.utils.skip_init(torch.nn.Linear, 2, 3)
    Linear(in_features=2, out_features=3, bias=True)
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    before = default_generator.get_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        default_generator.set_state(before)
