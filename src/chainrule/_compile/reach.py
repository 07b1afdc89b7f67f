"""What a function refers to besides its arguments: which tensors, and which numbers, by name.

A program holds on to the tensors that it was traced with, and has numbers in it as constants. Whether a name still means
the same is asked before each run. A :class:`Look` goes through the code of the function, and of all that it refers to, for
names: those of the closure and the globals, and those of attributes, which it looks up in Python modules, classes and
objects alike. The modules and classes of libraries are not gone into.

A look takes a while. So it also notes where it has been: as long as each of those places holds the same objects, what was
found there holds too.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import repeat
from operator import attrgetter, is_
from typing import Any

import numpy as np

from ..core.value import TensorBase
from ..core.version import fingerprint

PLAIN = (bool, int, float, complex, str, bytes, type(None))
CONTAINERS = (list, tuple, set, frozenset, deque, dict)
LIBRARIES = sys.stdlib_module_names | {
    *("_pytest", "chainrule", "functorch", "jax", "jaxlib", "numpy", "pytest", "scipy", "torch")
}
"""Packages whose functions, classes and modules stand for themselves."""
CALLED = frozenset({"backward", "forward", "jvp", "setup_context", "vmap"})
"""Methods that are called without being named."""
OF_MODULES = frozenset(
    {"_backward_hooks", "_backward_pre_hooks", "_buffers", "_forward_hooks", "_forward_pre_hooks", "_modules", "_parameters"}
)  # fmt: skip
"""What of the inner life of an ``nn.Module`` matters to a program."""
MISSING = object()

content_of: Any = attrgetter("cell_contents")
code_of: Any = attrgetter("__code__", "__defaults__", "__kwdefaults__")


class Reach:
    """What can be reached from a function, and from those of its arguments that are objects."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.look: Look | None = None

    def at(self, arguments: list[Any]) -> Look:
        roots = (self.function, *arguments)
        look = self.look
        if look is None or not are(look.roots, roots) or not look.holds():
            look = self.look = looked(roots)
        return look


def looked(roots: tuple[Any, ...]) -> Look:
    """A look through all attributes that the code names which it reaches by them."""
    names: set[str] = set()
    while True:
        look = Look(roots, names)
        if look.names == names:
            return look
        names = look.names


class Found:
    """What a look has found: a part of a program's signature."""

    __slots__ = ("hash", "labels", "values")

    hash: int

    def __init__(self) -> None:
        self.values: list[Any] = []
        """Plain values as their text, tensors and code as themselves."""
        self.labels: list[str] = []
        """Where each of these is found."""

    def add(self, value: Any, label: str) -> None:
        self.values.append(value)
        self.labels.append(label.removeprefix("."))

    def __hash__(self) -> int:
        return self.hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Found) and self.values == other.values)

    def changes_to(self, other: Found) -> list[str]:
        """What is another value in ``other``, in words."""
        if self.labels != other.labels:
            return ["what it refers to"]
        pairs = zip(self.labels, self.values, other.values, strict=True)
        return [f"{label}: {a} became {b}" for label, a, b in pairs if a != b]


class Look:
    """One look at all that can be reached from ``roots`` through attributes of these names."""

    def __init__(self, roots: tuple[Any, ...], names: set[str]) -> None:
        self.roots = roots
        self.names = set(names)
        """Those that were given, and all in the code that is reached."""
        self.found = Found()
        self.optimizers: list[Any] = []
        # The places where it has been, and what was there.
        self.tables: list[tuple[Callable[[], int], int, Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]] = []
        self.empty: list[Any] = []
        self.sequences: list[tuple[Any, tuple[Any, ...]]] = []
        self.cells: list[types.CellType] = []
        self.contents: list[Any] = []
        self.codes: list[tuple[Any, Any]] = []
        self.arrays: list[tuple[Any, Any]] = []
        self.seen: dict[int, Any] = {}
        for number, root in enumerate(roots):
            self.at(root, "an argument" if number else "")
        self.seen.clear()
        self.found.hash = hash(tuple(self.found.values))

    def holds(self) -> bool:
        """Whether each place still holds the same objects."""
        try:
            if not all(map(is_, map(content_of, self.cells), self.contents)):
                return False
        except ValueError:  # the variable was deleted
            return False
        if any(self.empty):
            return False
        for size, count, get, keys, values in self.tables:
            if size() != count or not all(map(is_, map(get, keys, repeat(MISSING)), values)):
                return False
        return (
            all(are(sequence, values) for sequence, values in self.sequences)
            and all(are(code_of(function), code) for function, code in self.codes)
            and all(state_of(array) == state for array, state in self.arrays)
        )

    # -- things

    def at(self, thing: Any, label: str) -> None:
        kind = type(thing)
        if kind in PLAIN:
            self.found.add(repr(thing), label)  # 2, 2.0 and True are equal as numbers, and 0.0 and -0.0
        elif issubclass(kind, TensorBase):
            self.found.add(id(thing), label)
        elif id(thing) not in self.seen:
            self.seen[id(thing)] = thing
            self.first_at(thing, kind, label)

    def first_at(self, thing: Any, kind: Any, label: str) -> None:
        if issubclass(kind, np.ndarray):
            self.arrays.append((thing, state_of(thing)))
            self.found.add(self.arrays[-1][1], label)
        elif kind is types.FunctionType:
            self.function(thing, label)
        elif kind is types.MethodType:
            self.at(thing.__self__, f"{label}.self")
            self.at(thing.__func__, label)
        elif kind is partial:
            for name in ("func", "args", "keywords"):
                self.at(getattr(thing, name), f"{label}.{name}")
        elif kind in (staticmethod, classmethod):
            self.at(thing.__func__, label)
        elif kind is property:
            self.at(thing.fget, label)
        elif issubclass(kind, types.ModuleType):
            if not is_library(thing.__name__):
                self.attributes(vars(thing), label)
        elif issubclass(kind, type):
            self.found.add(thing, label)
            self.classes(thing, label)
        else:
            self.instance(thing, kind, label)

    def function(self, function: Any, label: str) -> None:
        if is_library(function.__module__):
            self.found.add(function, label)
            return
        code = function.__code__
        self.found.add(code, label)
        self.codes.append((function, code_of(function)))
        own = set(names_in(code))
        self.names |= own
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            self.cells.append(cell)
            self.contents.append(value)
            self.at(value, f"{label}.{name}")
        self.table(function.__globals__, sorted(own.intersection(function.__globals__)), label)
        self.at(function.__defaults__, f"{label}.default")
        self.at(function.__kwdefaults__, f"{label}.default")
        self.attributes(vars(function), label)

    def classes(self, kind: type, label: str) -> None:
        """The attributes of a class and of its bases, as far as these are not a library's."""
        for one in kind.__mro__:
            if not is_library(one.__module__):
                asked = [
                    name
                    for name, value in vars(one).items()
                    if name in self.names or name in CALLED or (is_dunder(name) and type(value) is types.FunctionType)
                ]
                self.table(vars(one), asked, label)

    def instance(self, thing: Any, kind: Any, label: str) -> None:
        """An object: its elements, if it has any, and its attributes."""
        if issubclass(kind, CONTAINERS) and not thing:
            self.empty.append(thing)
            self.found.add(kind, label)
        elif issubclass(kind, dict):
            self.table(thing, list(thing), label)
        elif issubclass(kind, CONTAINERS):
            self.sequence(thing, label)
        is_own = not is_library(kind.__module__)
        if is_own:
            self.classes(kind, label)
        if hasattr(kind, "named_modules"):
            asked = [name for name in vars(thing) if name[0] != "_" or name in OF_MODULES or name in self.names]
            self.table(vars(thing), asked, label)
        elif hasattr(kind, "add_param_group"):
            self.optimizer(thing, label)
        elif hasattr(kind, "_reach"):
            self.at(thing._function, label)
        else:
            self.attributes(getattr(thing, "__dict__", {}), label)
            if slots := [name for name in slots_of(kind) if name in self.names and hasattr(thing, name)]:
                self.places(int, 0, partial(getattr, thing), slots, label)
            if not is_own and not issubclass(kind, CONTAINERS):
                self.found.add(itself(thing), label)

    def optimizer(self, optimizer: Any, label: str) -> None:
        """Its parameters, and the tensors of its state. Its settings are inputs, and the numbers of its state its own."""
        self.optimizers.append(optimizer)
        self.sequences.append((optimizer.param_groups, tuple(optimizer.param_groups)))
        for number, group in enumerate(optimizer.param_groups):
            self.sequence(group["params"], f"{label}.params.{number}")
        states = optimizer.state
        self.tables.append((states.__len__, len(states), states.get, tuple(states), tuple(states.values())))
        for state in states.values():
            tensors = [name for name, value in state.items() if isinstance(value, TensorBase)]
            self.table(state, tensors, f"{label}.state")

    # -- places

    def attributes(self, table: Mapping[str, Any], label: str) -> None:
        if table:
            self.table(table, [name for name in table if name in self.names], label)
        else:
            self.empty.append(table)

    def table(self, table: Mapping[Any, Any], keys: list[Any], label: str) -> None:
        self.places(table.__len__, len(table), table.get, keys, label)

    def places(self, size: Callable[[], int], count: int, get: Callable[..., Any], keys: list[Any], label: str) -> None:
        values = tuple([get(key, None) for key in keys])
        self.tables.append((size, count, get, tuple(keys), values))
        self.found.add(tuple([key if type(key) in PLAIN else id(key) for key in keys]), f"the names in {label}")
        for key, value in zip(keys, values, strict=True):
            self.at(value, f"{label}.{key}")

    def sequence(self, sequence: Any, label: str) -> None:
        values = tuple(sequence)
        self.sequences.append((sequence, values))
        for at, value in enumerate(values):
            self.at(value, f"{label}.{at}")


def are(ones: Any, others: Any) -> bool:
    """Whether two sequences hold the same objects."""
    return len(ones) == len(others) and all(map(is_, ones, others))


def is_library(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in LIBRARIES


def is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def names_in(code: types.CodeType) -> Iterator[str]:
    """All names in a piece of code, and in the functions and comprehensions inside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_in(constant)


def slots_of(kind: type) -> Iterator[str]:
    for one in kind.__mro__:
        slots = vars(one).get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def itself(thing: Any) -> Any:
    """What stands for an object that is not looked into: its value, or which object it is."""
    try:
        hash(thing)
    except TypeError:
        return type(thing), id(thing)
    return type(thing), thing


def state_of(array: Any) -> Any:
    """Equal for arrays of equal shape, dtype and contents."""
    return array.shape, array.dtype, itself(array) if array.dtype.hasobject else fingerprint(array)
