"""Handles of registered hooks."""

from __future__ import annotations

from itertools import count
from typing import Any, Self

_next_id = count().__next__


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away; as a context manager it does so at the end."""

    __slots__ = ("hooks", "id")

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self.hooks = hooks
        self.id = _next_id()
        hooks[self.id] = hook

    def remove(self) -> None:
        self.hooks.pop(self.id, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
