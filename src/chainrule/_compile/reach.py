"""What a function refers to besides its arguments: which tensors, and which numbers, by name.

A program holds on to the tensors that it was traced with, and has numbers in it as constants. Whether a name still means
the same is asked before each run: in the closure, in the globals that the code names, in ``nn`` modules, in the state of
optimizers, and in those attributes of other objects that the code names. It is not asked of Python modules and of classes:
``config.SCALE`` stays what it was when the function was traced.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import partial
from typing import Any

from ..core.value import TensorBase

PLAIN = (bool, int, float, complex, str, bytes, type(None))
DEPTH = 4
"""How many containers deep."""


class Reach:
    """What can be reached from a function."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.names = frozenset(names_in(function))

    def values(self, arguments: list[Any]) -> tuple[Any, ...]:
        """A part of a program's signature: the plain values that are reached, and the identities of the tensors."""
        found: list[Any] = []
        self.walk(self.function, DEPTH, found, None, "")
        for argument in arguments:
            self.walk(argument, DEPTH, found, None, "")
        return tuple(found)

    def labels(self, arguments: list[Any]) -> list[str]:
        """Where each of the values is found."""
        labels: list[str] = []
        self.walk(self.function, DEPTH, [], labels, "")
        for argument in arguments:
            self.walk(argument, DEPTH, [], labels, "an argument")
        return labels

    def optimizers(self, arguments: list[Any]) -> list[Any]:
        found: list[Any] = []
        for thing in (self.function, *arguments):
            self.walk(thing, DEPTH, [], None, "", found)
        return found

    def walk(
        self, thing: Any, depth: int, found: list[Any], labels: list[str] | None, label: str, optimizers: Any = None
    ) -> None:
        kind = type(thing)
        if kind in PLAIN:
            found.append(thing)
        elif isinstance(thing, TensorBase):
            found.append(id(thing))
        elif depth:
            for name, part in self.parts(thing, kind, optimizers):
                self.walk(part, depth - 1, found, labels, name if labels is None else f"{label}.{name}", optimizers)
            return
        if labels is not None:
            labels.append(label.removeprefix("."))

    def parts(self, thing: Any, kind: Any, optimizers: Any) -> Iterator[tuple[Any, Any]]:
        """What belongs to a thing, with names."""
        if issubclass(kind, (type, types.ModuleType)):
            return  # (and a module is asked for nothing: one that lacks a name may look long for the nearest)
        if kind is list or kind is tuple:
            yield from enumerate(thing)
        elif isinstance(thing, dict):
            yield from thing.items()
        elif kind is types.FunctionType:
            yield from references(thing)
        elif kind is types.MethodType:
            yield "self", thing.__self__
            yield "function", thing.__func__
        elif kind is partial:
            yield from (("func", thing.func), ("args", thing.args), ("keywords", thing.keywords))
        elif hasattr(kind, "named_modules"):
            for name, value in vars(thing).items():
                if name in ("_parameters", "_buffers") or name[0] != "_":
                    yield name, value
            yield from thing._modules.items()
        elif hasattr(thing, "param_groups"):
            if optimizers is not None and not any(thing is one for one in optimizers):
                optimizers.append(thing)
            yield "params", [group["params"] for group in thing.param_groups]
            yield "state", [tensors_in(state) for state in thing.state.values()]
        elif hasattr(kind, "_reach"):
            yield "function", thing._function
        else:
            for name, value in getattr(thing, "__dict__", {}).items():
                if name in self.names:
                    yield name, value


def tensors_in(state: Any) -> Any:
    """The tensors of an optimizer's state for a parameter: its numbers are its own."""
    return [value for value in state.values() if isinstance(value, TensorBase)] if isinstance(state, dict) else state


def references(function: Any) -> Iterator[tuple[str, Any]]:
    """What the names in a function's code refer to outside of it."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]


def names_in(function: Any) -> set[str]:
    """All names in the code of a function, of the functions that it refers to, and of the methods of its object."""
    names: set[str] = set()
    todo, done = [function], set()
    while todo:
        one = todo.pop()
        if id(one) in done:
            continue
        done.add(id(one))
        owner = getattr(one, "__self__", None)
        code = getattr(getattr(one, "__func__", one), "__code__", None)
        if code is None:
            continue
        names.update(code.co_names)
        todo += [value for _, value in references(getattr(one, "__func__", one)) if callable(value)]
        todo += [getattr(type(owner), name, None) for name in code.co_names] if owner is not None else []
    return names
