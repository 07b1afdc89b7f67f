"""Names whose modules load when the first of them is asked for: so that ``import chainrule`` stays quick.

A package writes down which of its modules are late, and what each of them gives: ``{"sorting": "argsort sort topk"}``. Tests
hold each of these tables to its modules.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def homes(names: dict[str, str]) -> dict[str, str]:
    """Name -> its module."""
    return {name: module for module, given in names.items() for name in given.split()}


def late(home: dict[str, Any], names: dict[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module (``home``: its globals) that has these names of late modules beside it."""
    home_of = homes(names)

    def load(name: str) -> Any:
        module = home_of.get(name)
        if module is None:
            raise AttributeError(f"module {home['__name__']!r} has no attribute {name!r}")
        found = import_module(f".{module}", home["__package__"])
        loaded = {one: getattr(found, one) for one in names[module].split()}
        home.update(loaded)
        announce(home["__name__"], loaded)
        return home[name]

    return load


WATCHERS: list[Callable[[str, dict[str, Any]], None]] = []
"""Who is told of public functions when they load."""


def announce(home: str, names: dict[str, Any]) -> None:
    """Tell whoever asks of public functions that have been loaded: where they are at home, and their names."""
    for watcher in WATCHERS:
        watcher(home, names)


class LateMethod:
    """Stands for a method of a late family in the class that has it, until the first use of one of that family."""

    __slots__ = ("load", "name")

    def __init__(self, name: str, load: Callable[[], None]) -> None:
        self.name = name
        self.load = load

    def __get__(self, instance: Any, owner: type) -> Any:
        self.load()
        return getattr(owner if instance is None else instance, self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        self.load()
        setattr(instance, self.name, value)  # it may be a property
