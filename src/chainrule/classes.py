"""``torch.classes``: classes that libraries in C++ register. No library can be loaded here, so there are none.

>>> import chainrule as torch
>>> torch.classes.loaded_libraries
set()
>>> torch.classes.my_classes.Stack
Traceback (most recent call last):
RuntimeError: Tried to instantiate class 'my_classes.Stack', but it does not exist! ...
"""

from __future__ import annotations

from typing import Any

from .library._operators import load_library

__all__ = ["load_library", "loaded_libraries"]

loaded_libraries: set[str] = set()
"""The libraries that were loaded: none."""


class _ClassNamespace:
    """The classes under one name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(
            f"Tried to instantiate class '{self.name}.{name}', but it does not exist! It would be registered by a library in C++, and "
            "chainrule loads none: write it in Python"
        )


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'torch.classes' has no attribute {name!r}")
    return _ClassNamespace(name)
