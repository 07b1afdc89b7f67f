"""One read-only model of a graph: what ``draw``, ``explain`` and the rest of insight read.

A graph has two sorts of things: *values* (tensors and numbers) and *operations*. An operation has edges from the values
that it read; each carries the local derivative of the operation's output by that value. See ``docs/graph.md``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.origin import Place, resolve
from ..core.places import printable

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..nn import Module

__all__ = ["SMALL", "Edge", "Graph", "Numbers", "Operation", "Value"]

VERSION = 1
"""Of the JSON form."""
SMALL = 16
"""Elements up to which numbers are shown and stored one by one; beyond, by statistics."""


@dataclass(frozen=True)
class Numbers:
    """Numbers of one shape and dtype: all of them, or, where they are many, statistics of them."""

    shape: tuple[int, ...]
    dtype: str
    array: Any = field(default=None, repr=False, compare=False)
    """The numbers themselves (not to be written to); None where the graph was read from JSON and they are many."""

    @classmethod
    def of(cls, array: Any) -> Numbers:
        """Those of a NumPy array, which is not copied."""
        array = np.asarray(array)
        return cls(array.shape, _dtype_name(array.dtype), array)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @cached_property
    def data(self) -> Any:
        """The numbers as nested lists (of a 0-d tensor: the number); None where there are more than 16."""
        return _plain(self.array).tolist() if self.size <= SMALL and self.array is not None else None

    @cached_property
    def stats(self) -> dict[str, float]:
        """``min``, ``max``, ``mean``, ``std`` of the finite ones, and how many are ``zero``, ``nan`` and ``inf``."""
        if self.array is None:
            return {}
        numbers = _plain(self.array)
        if numbers.dtype.kind == "c":
            numbers = np.abs(numbers)
        numbers = numbers.astype(np.float64).ravel()
        finite = numbers[np.isfinite(numbers)]
        counts = {
            "zero": float(np.count_nonzero(numbers == 0)),
            "nan": float(np.count_nonzero(np.isnan(numbers))),
            "inf": float(np.count_nonzero(np.isinf(numbers))),
        }
        if not finite.size:
            return counts
        return {
            "min": float(finite.min()),
            "max": float(finite.max()),
            "mean": float(finite.mean()),
            "std": float(finite.std()),
        } | counts

    @property
    def number(self) -> Any:
        """The number, where there is only one; else None."""
        found = self.data
        while isinstance(found, list) and len(found) == 1:
            found = found[0]
        return None if isinstance(found, list) else found

    def text(self, digits: int = 4) -> str:
        """On one line: the numbers where they are few, else their statistics.

        >>> import numpy as np
        >>> from chainrule.insight import Numbers
        >>> Numbers.of(np.array([[1.0, 2.5], [0.0, -0.0]])).text()
        '[[1, 2.5], [0, -0]]'
        >>> Numbers.of(np.arange(100.0)).text()
        '0 … 99, mean 49.5'
        """
        if self.size == 1 and self.data is not None:
            return shown(self.number, digits)
        return self.range_text(digits) if self.data is None else _nested(self.data, digits)

    def range_text(self, digits: int = 4, mean: bool = True) -> str:
        """Between which numbers they lie, how many are NaN or infinite, and what their mean is."""
        stats = self.stats
        if not stats:
            return "?"
        text = ""
        if "min" in stats:
            text = " … ".join(shown(stats[key], digits) for key in ("min", "max"))
            if stats["min"] == stats["max"]:
                text = f"all {shown(stats['min'], digits)}"
            elif mean:
                text += f", mean {shown(stats['mean'], digits)}"
        bad = [f"{stats[key]:.0f} {key}" for key in ("nan", "inf") if stats[key]]
        return ", ".join([text, *bad] if text else bad)

    def to_json(self) -> dict[str, Any]:
        form: dict[str, Any] = {"shape": list(self.shape), "dtype": self.dtype}
        if self.data is not None:
            form["data"] = _to_plain_json(self.data)
        else:
            form["stats"] = _to_plain_json(self.stats)
        return form

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> Numbers:
        shape = tuple(form["shape"])
        if "data" not in form:
            numbers = cls(shape, form["dtype"])
            numbers.__dict__["stats"] = _from_plain_json(form["stats"])
            return numbers
        data = _from_plain_json(form["data"])
        numbers = cls(shape, form["dtype"], np.asarray(data).reshape(shape))
        numbers.__dict__["data"] = data
        return numbers


@dataclass(frozen=True)
class Value:
    """A tensor of the graph, or a number that an operation was called with."""

    id: str
    name: str
    """As the caller calls it; where nobody named it, a letter that is free."""
    named: str
    """Where the name is from: "label", "variable", "module", "source" (the target of an assignment), "literal", "derived"."""
    shape: tuple[int, ...] | None
    """None for a constant that the graph does not know any more."""
    dtype: str
    requires_grad: bool
    is_leaf: bool
    role: str
    """"input" (a leaf that requires grad), "constant" (no gradient goes there), "intermediate" or "output"."""
    maker: str | None
    """The id of the operation that made it."""
    slot: int = 0
    """Which output of that operation it is."""
    numbers: Numbers | None = None
    """What it holds; None where the graph does not know it any more."""
    known: str = ""
    """How it is known: "leaf", "saved" (by a node), "variable" (the caller holds it), "source" (a literal, or a variable
    that the expression names), "replayed" (computed once more); empty where it is not."""
    grad: Numbers | None = None
    """What its ``.grad`` holds; None where no backward has put anything there."""
    cotangent: Numbers | None = None
    """The derivative of the output by it, as the model's own reverse pass has it; None where that was not computed."""

    def to_json(self) -> dict[str, Any]:
        return _form(self, "id name named dtype requires_grad is_leaf role maker slot known") | {
            "shape": None if self.shape is None else list(self.shape),
            **{key: _numbers_form(getattr(self, key)) for key in ("numbers", "grad", "cotangent")},
        }

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> Value:
        numbers = {key: _numbers_of(form[key]) for key in ("numbers", "grad", "cotangent")}
        return cls(**_printed(form) | numbers | {"shape": None if form["shape"] is None else tuple(form["shape"])})


@dataclass(frozen=True)
class Operation:
    """A node of the graph: one call of an op."""

    id: str
    name: str
    """The op's name in chainrule (``multiply``); of a custom Function, its class's."""
    symbol: str
    """How it is drawn: ``*``, ``+``, ``relu``."""
    grad_fn: str
    """The node's name in PyTorch: ``MulBackward0``."""
    seq: int
    """Creation order."""
    params: Mapping[str, Any]
    """Static parameters: numbers, strings, tuples of them; anything else as its ``repr``."""
    inputs: tuple[str, ...]
    """The ids of the values that it read, in their order."""
    outputs: tuple[str, ...]
    saved_bytes: int
    """What the node keeps for the backward."""
    freed: bool
    """Whether a backward has let go of what it kept."""
    scope: str
    """Path of the module it belongs to, as ``named_modules`` has it; empty outside of modules."""
    function: str
    """The function whose code called it."""
    problem: str = ""
    """Why its derivative cannot be computed here, if it cannot."""
    instruction: int = 0
    """Where in the function's code the call is: it grows along the code, and falls where a loop begins a new round."""
    place: Any = field(default=None, repr=False, compare=False)
    """(code object, instruction), or the :class:`Place` itself."""

    @cached_property
    def origin(self) -> Place:
        """``file``, ``line``, ``function`` and exact ``expression`` of the call."""
        if isinstance(self.place, Place):
            return self.place
        return Place("", 0, "", "") if self.place is None else resolved(*self.place)

    def to_json(self) -> dict[str, Any]:
        return _form(self, "id name symbol grad_fn seq saved_bytes freed scope function problem instruction") | {
            "params": {key: _to_plain_json(value) for key, value in self.params.items()},
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "origin": list(self.origin),
        }

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> Operation:
        form = _printed(form)
        file, line, function, expression = form.pop("origin")
        place = Place(printable(file), line, printable(function), printable(expression))
        params = {key: _from_plain_json(value) for key, value in form["params"].items()}
        return cls(
            **form
            | {"params": params, "inputs": tuple(form["inputs"]), "outputs": tuple(form["outputs"]), "place": place}
        )


@dataclass(frozen=True)
class Edge:
    """That an operation read a value, and what the derivative does there."""

    source: str
    """The id of the value."""
    target: str
    """The id of the operation."""
    position: int
    """Which operand it is."""
    argument: str
    """What the op calls that operand."""
    backward: bool
    """Whether a gradient goes along it."""
    form: str = ""
    """Of the local derivative: "number" (one by one element), "elementwise" (each output element by the input element at
    its place, in the output's shape), "jacobian" (output's shape, then the input's), "action" (too large to write out);
    empty where there is none."""
    local: Numbers | None = None
    """The local derivative; None for an action, and where it is not known."""
    action: str = ""
    """What the reverse pass does with a cotangent ``g`` here, in words or as a formula."""
    contribution: Numbers | None = None
    """The cotangent of the operation's output, pulled back through this edge: what the source's cotangent gets from it."""

    def to_json(self) -> dict[str, Any]:
        return _form(self, "source target position argument backward form action") | {
            key: _numbers_form(getattr(self, key)) for key in ("local", "contribution")
        }

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> Edge:
        return cls(**_printed(form) | {key: _numbers_of(form[key]) for key in ("local", "contribution")})


@dataclass(frozen=True)
class Graph:
    """What led to one or several outputs. Made by :meth:`Graph.of`; nothing in it changes.

    >>> x, w = torch.tensor(3.0), torch.tensor(2.0, requires_grad=True)
    >>> a = w * x
    >>> graph = chainrule.insight.Graph.of(a)
    >>> [(value.name, value.role, value.numbers.text()) for value in graph.values]
    [('w', 'input', '2'), ('x', 'constant', '3'), ('a', 'output', '6')]
    >>> [(op.symbol, op.origin.expression) for op in graph.operations]
    [('*', 'w * x')]
    >>> [(edge.source, edge.backward, edge.local and edge.local.number) for edge in graph.edges]
    [('v1', True, 3.0), ('v2', False, None)]
    """

    values: tuple[Value, ...]
    """In an order in which each comes after all that it depends on."""
    operations: tuple[Operation, ...]
    """By creation."""
    edges: tuple[Edge, ...]
    inputs: tuple[str, ...]
    """Ids of the leaves that require grad."""
    outputs: tuple[str, ...]
    note: str = ""
    """Which numbers are shown where tensors stand for several: inside of ``vmap`` and forward mode."""

    @classmethod
    def of(
        cls,
        out: Tensor | Sequence[Tensor],
        *,
        names: Module | Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
        label: Mapping[str, Tensor] | Sequence[str] | None = None,
        seed: Tensor | None = None,
        derivatives: bool | None = None,
        depth: int = 0,
    ) -> Graph:
        """The graph of one tensor, or of several.

        Args:
            out: what to look at: a tensor that requires grad (or its ``grad_fn``), or several. Nothing about them, or their
                graph, changes.
            names: a module (its ``named_parameters``), or names and their tensors, that go before the caller's variables.
            label: names and their tensors, which go before all else; or a list of names for those results that the caller
                has no variable for, in the order in which they were made.
            seed: the cotangent of ``out`` (a tensor of its shape); by default 1 where it has one element. Else the model
                has local derivatives, but no cotangents.
            derivatives: whether to compute values, local derivatives and cotangents; by default for up to 1000 operations.
            depth: how many frames above the caller's the variables are looked for.

        Raises:
            TypeError: ``out`` is no tensor.
            ValueError: ``out`` has no graph; ``seed`` has another shape.
        """
        from ._build import build

        return build(out, names, label, seed, derivatives, depth + 2)

    # -- reading -------------------------------------------------------------------------------------------------------

    @cached_property
    def by_id(self) -> dict[str, Any]:
        """Values and operations by their ids."""
        parts: tuple[Value | Operation, ...] = (*self.values, *self.operations)
        return {one.id: one for one in parts}

    @cached_property
    def edges_into(self) -> dict[str, list[Edge]]:
        """Operation id -> its edges, in the order of the operands."""
        return _grouped(self.edges, "target")

    @cached_property
    def edges_from(self) -> dict[str, list[Edge]]:
        """Value id -> the edges to the operations that read it."""
        return _grouped(self.edges, "source")

    def value(self, name: str) -> Value:
        """The value of that name (the last one, where several have it); of a parameter the path in its module will do.

        Raises:
            KeyError: there is none.
        """
        for value in reversed(self.values):
            if value.name == name:
                return value
        inside = [value for value in self.values if value.named == "module" and value.name.endswith(f".{name}")]
        if len(inside) == 1:
            return inside[0]
        raise KeyError(f"no value is called {name!r} here: {', '.join(value.name for value in self.values)}")

    def _repr_svg_(self) -> str:
        from .drawing import Drawing

        return Drawing(self).svg()

    # -- JSON ----------------------------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The graph as JSON text; numbers that JSON does not have are strings ("nan", "inf", "-inf")."""
        form = {
            "version": VERSION,
            **{key: [one.to_json() for one in getattr(self, key)] for key in ("values", "operations", "edges")},
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "note": self.note,
        }
        return json.dumps(form, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """The graph that :meth:`to_json` wrote. Of large tensors it has the statistics only.

        The text may be from anywhere: nothing in it is executed, and what would move a terminal's cursor becomes visible.

        Raises:
            ValueError: the text is of another version.
        """
        form = json.loads(text)
        if form.get("version") != VERSION:
            raise ValueError(
                f"a graph of version {form.get('version')!r}; this chainrule reads version {VERSION}. Write it again by to_json()."
            )
        return cls(
            tuple(map(Value.from_json, form["values"])),
            tuple(map(Operation.from_json, form["operations"])),
            tuple(map(Edge.from_json, form["edges"])),
            tuple(form["inputs"]),
            tuple(form["outputs"]),
            printable(form.get("note", "")),
        )


# -- numbers as text -----------------------------------------------------------------------------------------------------


def shown(number: Any, digits: int = 4) -> str:
    """A number as a person writes it: no trailing zeros; minus zero keeps its sign.

    >>> from chainrule.insight.model import shown
    >>> shown(7.0), shown(-0.0), shown(1 / 3), shown(1e-9), shown(True), shown(1 + 2j)
    ('7', '-0', '0.3333', '1e-09', 'True', '1+2i')
    """
    if isinstance(number, bool | int | str) or number is None:
        return str(number)
    if isinstance(number, complex):
        imaginary = shown(number.imag, digits)
        return f"{shown(number.real, digits)}{'' if imaginary.startswith('-') else '+'}{imaginary}i"
    return f"{number:.{digits}g}"


def _nested(data: Any, digits: int) -> str:
    if isinstance(data, list):
        return f"[{', '.join(_nested(one, digits) for one in data)}]"
    return shown(data, digits)


def _plain(array: Any) -> Any:
    """An array of a dtype that Python has numbers for (bfloat16 is none)."""
    return np.asarray(array).astype(np.float32) if array.dtype.kind == "V" else np.asarray(array)


def _dtype_name(dtype: Any) -> str:
    return str(dtype.name)


_places: dict[Any, Place] = {}


def resolved(code: Any, lasti: int) -> Place:
    """:func:`chainrule.core.origin.resolve`, remembered: a loop asks for one place many times."""
    key = code, lasti
    place = _places.get(key)
    if place is None:
        if len(_places) > 10_000:
            _places.clear()
        place = _places[key] = resolve(code, lasti)
    return place


# -- JSON ----------------------------------------------------------------------------------------------------------------


def _form(record: Any, fields: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in fields.split()}


def _printed(form: dict[str, Any]) -> dict[str, Any]:
    """A form whose texts may be anybody's."""
    return {key: printable(one) if isinstance(one, str) else one for key, one in form.items()}


def _numbers_form(numbers: Numbers | None) -> Any:
    return None if numbers is None else numbers.to_json()


def _numbers_of(form: Any) -> Numbers | None:
    return None if form is None else Numbers.from_json(form)


def _to_plain_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if isinstance(value, complex):
        return {"number": str(value)}
    if isinstance(value, tuple):
        return {"tuple": [_to_plain_json(one) for one in value]}
    if isinstance(value, list):
        return [_to_plain_json(one) for one in value]
    if isinstance(value, dict):
        return {"dict": [[key, _to_plain_json(one)] for key, one in value.items()]}
    return value


def _from_plain_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_plain_json(one) for one in value]
    if isinstance(value, str):
        return printable(value)
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "number":
        return complex(inside) if "j" in inside else float(inside)
    if kind == "tuple":
        return tuple(_from_plain_json(one) for one in inside)
    return {key: _from_plain_json(one) for key, one in inside}


def _grouped(edges: Iterable[Edge], by: str) -> dict[str, list[Edge]]:
    groups: dict[str, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(getattr(edge, by), []).append(edge)
    return groups
