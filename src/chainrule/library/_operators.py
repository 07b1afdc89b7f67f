"""Operators by name: ``torch.ops.namespace.name.overload``, and what is registered for each.

PyTorch's own are in the namespace ``aten`` (:mod:`._aten`).
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..core.modes import changed_modes
from ._schema import FunctionSchema, parse_schema

__all__ = ["OpOverload", "OpOverloadPacket", "define_operator", "find", "namespace", "split", "waiting"]


class Registered:
    """What was registered under a name, before or after the operator was defined."""

    def __init__(self) -> None:
        self.kernels: dict[str | None, Callable[..., Any]] = {}
        """By type of device; None: for all."""
        self.composite: Callable[..., Any] | None = None
        """A kernel that autograd looks into."""
        self.fake: Callable[..., Any] | None = None
        self.backward: Callable[..., Any] | None = None
        self.setup_context: Callable[..., Any] | None = None
        self.vmap: Callable[..., Any] | None = None
        self.autocast: dict[str, Any] = {}
        self.is_opaque = False
        """Whether autograd sees one node, and never into the kernel (an op of ``custom_op``)."""
        self.disabled: set[str] = set()
        self.owner: Any = None
        """The ``CustomOpDef``."""


class OpOverload:
    """One operator, which is called by the types that its schema says."""

    def __init__(self, schema: FunctionSchema, registered: Registered) -> None:
        self._schema = schema
        self.registered = registered
        self._name = f"{schema.name}.{schema.overload_name}" if schema.overload_name else schema.name
        self.namespace, _, self._opname = schema.name.partition("::")
        self._overloadname = schema.overload_name or "default"
        self.__name__ = f"{self._opname}.{self._overloadname}"
        self.__qualname__ = self.__name__
        self.__module__ = f"torch._ops.{self.namespace}"
        self._function: Any = None

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        from ._calls import call

        return call(self, *self._schema.bind(args, kwargs))

    @property
    def overloadpacket(self) -> OpOverloadPacket:
        return getattr(namespace(self.namespace), self._opname)

    def name(self) -> str:
        """``namespace::name``, with ``.overload`` if it has one."""
        return self._name

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self.namespace}.{self._opname}', overload='{self._overloadname}')>"

    def __str__(self) -> str:
        return f"{self.namespace}.{self._opname}.{self._overloadname}"

    def __hash__(self) -> int:
        return hash(self._name)

    def __deepcopy__(self, memo: Any = None) -> OpOverload:
        return self


class OpOverloadPacket:
    """The operators of one name. A call is one of the first whose schema fits."""

    def __init__(self, space: str, name: str) -> None:
        self._space, self.__name__ = space, name
        self._qualified_op_name = f"{space}::{name}"
        self._overloads: dict[str, OpOverload] = {}
        self._dir: list[str] = []

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        found = list(self._overloads.values())
        if len(found) == 1:
            return found[0](*args, **kwargs)
        refusals = []
        for one in found:
            try:
                one._schema.bind(args, kwargs)
            except RuntimeError as error:
                refusals.append(str(error))
                continue
            return one(*args, **kwargs)
        raise RuntimeError(
            "Overloaded torch operator invoked from Python failed to match any schema:\n" + "\n\n".join(refusals)
        )

    def __getattr__(self, name: str) -> Any:
        found = vars(self).get("_overloads", {}).get(name)
        if found is None:
            if name.startswith("__"):
                raise AttributeError(f"'{self}' can't have an overload name beginning with '__'")
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'")
        self._dir.append(name)
        return found

    def overloads(self) -> list[str]:
        """Their names; "default" is the one without."""
        return list(self._overloads)

    def __iter__(self) -> Any:
        return iter(self._dir)

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"

    def __str__(self) -> str:
        return f"{self._space}.{self.__name__}"

    def __deepcopy__(self, memo: Any = None) -> OpOverloadPacket:
        return self


class OpNamespace(ModuleType):
    """``torch.ops.name``: the operators of one namespace, as attributes."""

    def __init__(self, name: str) -> None:
        super().__init__(f"torch.ops.{name}")
        self.space = name
        self.__file__ = "torch.ops"

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            packet = PACKETS.get((self.space, name)) or (aten_packet(name) if self.space == "aten" else None)
            if packet is not None:
                return packet
        raise AttributeError(f"'_OpNamespace' '{self.space}' object has no attribute '{name}'")

    def __dir__(self) -> list[str]:
        own = [name for space, name in PACKETS if space == self.space]
        if self.space == "aten":
            from ._aten import aten_names

            own += aten_names()
        return sorted({*own, *vars(self)})


NAMESPACES: dict[str, OpNamespace] = {}
PACKETS: dict[tuple[str, str], OpOverloadPacket] = {}
REGISTERED: dict[str, Registered] = {}


def namespace(name: str) -> OpNamespace:
    """The operators of a namespace, which need not have any."""
    if name not in NAMESPACES:
        NAMESPACES[name] = OpNamespace(name)
    return NAMESPACES[name]


def found_under_ops(name: str) -> Any:
    """``torch.ops.name``: a namespace; or what loads operators from C++.

    Raises:
        AttributeError: a namespace without operators.
    """
    if name == "load_library":
        return load_library
    if name == "loaded_libraries":
        return set()
    if name != "aten" and not any(space == name for space, _ in PACKETS):
        raise AttributeError(
            f"module 'torch.ops' has no attribute '{name}': no operator of the namespace {name!r} is defined"
        )
    return namespace(name)


def load_library(path: Any) -> None:
    """Refused: operators that are written in C++ cannot be loaded."""
    raise OSError(
        f"Could not load this library: {path}: its operators are for PyTorch's own tensors. Define them in Python, by torch.library"
    )


def aten_packet(name: str) -> OpOverloadPacket | None:
    """An operator of PyTorch's, if the table has it."""
    from ._aten import aten_overloads

    overloads = aten_overloads(name)
    if not overloads:
        return None
    packet = PACKETS["aten", name] = OpOverloadPacket("aten", name)
    packet._overloads = overloads
    return packet


def split(qualname: str) -> tuple[str, str]:
    """The namespace and the name (with the overload's, if it has one).

    Raises:
        ValueError: it is not of the form ``namespace::name``.
    """
    parts = qualname.split("::")
    if len(parts) != 2:
        raise ValueError(
            f'Expected `qualname` to be of the form "namespace::name", but got {qualname}. The qualname passed to the torch.library '
            "APIs must consist of a namespace and a name, e.g. aten::sin"
        )
    return parts[0], parts[1]


def waiting(qualname: str) -> Registered:
    """What is registered under a name, whether or not it is defined yet."""
    split(qualname)
    return REGISTERED.setdefault(qualname.removesuffix(".default"), Registered())


def define_operator(space: str, text: str, overwrite: bool = False) -> OpOverload:
    """Define an operator by its schema.

    Raises:
        RuntimeError: the schema cannot be read, or the operator exists.
    """
    schema = parse_schema(text)
    schema.name = f"{space}::{schema.name.rpartition('::')[2]}"
    overload = OpOverload(schema, waiting(f"{schema.name}.{schema.overload_name}".removesuffix(".")))
    packet = PACKETS.get((space, overload._opname))
    if packet is None:
        packet = PACKETS[space, overload._opname] = OpOverloadPacket(space, overload._opname)
    if overload._overloadname in packet._overloads and not overwrite:
        raise RuntimeError(
            f"Tried to register an operator ({schema}) with the same name and overload name multiple times. Each overload's schema "
            "should only be registered with a single call to def()."
        )
    packet._overloads[overload._overloadname] = overload
    return overload


def forget(overload: OpOverload) -> None:
    """Take an operator away, and what is registered for it."""
    packet = PACKETS.get((overload.namespace, overload._opname))
    if packet is not None and packet._overloads.get(overload._overloadname) is overload:
        del packet._overloads[overload._overloadname]
        REGISTERED.pop(overload._name, None)
        if not packet._overloads:
            del PACKETS[overload.namespace, overload._opname]


def find(op: Any) -> OpOverload:
    """The operator that is meant by a name, by a ``CustomOpDef``, or by itself.

    Raises:
        AttributeError: there is none of this name.
    """
    if isinstance(op, OpOverload):
        return op
    if not isinstance(op, str):
        found: OpOverload = op._opoverload
        return found
    space, name = split(op)
    base, _, overload = name.partition(".")
    return getattr(getattr(namespace(space), base), overload or "default")


def without_grad() -> changed_modes:
    """Inside of a kernel nothing is recorded: autograd sees the operator."""
    return changed_modes(grad=False)
