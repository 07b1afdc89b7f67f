"""Handles of registered hooks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Any, Self

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Hook]

_next_id = count().__next__


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away; as a context manager it does so at the end."""

    __slots__ = ("flags", "hooks", "id")

    def __init__(self, hooks: dict[int, Any], hook: Any, *flags: dict[int, bool]) -> None:
        self.hooks = hooks
        self.flags = flags
        """Where the hook is noted besides, by its id: which say how it wants to be called."""
        self.id = _next_id()
        hooks[self.id] = hook
        for flag in flags:
            flag[self.id] = True

    def remove(self) -> None:
        for noted in (self.hooks, *self.flags):
            noted.pop(self.id, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def registered(hooks: Hooks, hook: Hook, *flags: dict[int, bool], prepend: bool = False) -> RemovableHandle:
    """Add ``hook`` at the end, or at the beginning; ``flags`` note how it wants to be called."""
    handle = RemovableHandle(hooks, hook, *flags)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle
