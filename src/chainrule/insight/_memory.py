"""``memory``: what a graph keeps alive, which line made it do so, and what would give it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import prod
from os.path import basename
from typing import Any

import numpy as np

from ..autograd.graph import GradientEdge
from ..core.alive import alive
from ..core.custom import CustomNode
from ..core.engine import is_shared, seq_of
from ..core.node import AccumulateGrad, Freed, Node, Port, ancestors
from ..core.places import printable
from ..core.saved import Packed
from ..core.value import Lifted, TensorBase
from ..core.views import current_node
from . import _html_tables
from ._frees import bookkeeping, freed_with, memory_in, owned_bytes, owner_of
from ._holders import name_of, names_around
from ._names import Names
from ._scopes import scopes_of
from .model import resolved
from .scene import shortened

WIDE = 64
"""Characters of an expression beyond which its middle is left out."""
SHOWN = 8
"""How many rows of a table the text shows."""
WHAT = 3
"""How many different values a row describes."""
FLAGS = 16
"""For how many leaves the cost of each flag by itself is computed."""


@dataclass(slots=True)
class Row:
    """The values that one line keeps, or one op; memory that several keep counts for the first."""

    name: str
    bytes: int = 0
    given_back: int = 0
    """Of these, what ``del out`` would free."""
    values: int = 0
    """How many values are kept, shared ones included."""
    what: list[str] = field(default_factory=list)
    """What is kept, in words, each once."""


@dataclass(slots=True)
class Holder:
    """A tensor that keeps memory of the graph alive, or a part of the graph itself."""

    name: str
    bytes: int
    """The memory that it shares with the graph."""
    nodes: int = 0
    """The nodes that it keeps, apart from ``out``."""


@dataclass(slots=True)
class Flag:
    """What it costs that a leaf requires grad."""

    name: str
    shape: tuple[int, ...]
    bytes: int
    """What would not be kept without the flag."""
    nodes: int
    """The nodes that would not have been recorded."""
    why: str
    """Why the gradient seems not to be wanted."""


@dataclass(slots=True)
class ModuleRow:
    """What checkpointing one module would save: an estimate."""

    name: str
    kind: str
    bytes: int
    """What it keeps and nothing else does, less the inputs that would have to be kept instead."""
    kept: int
    """What it keeps now."""
    nodes: int
    """That would be computed a second time."""


@dataclass(slots=True)
class Memory:
    """What :func:`memory` found. All sizes are bytes of values; memory that is shared is counted once."""

    name: str
    nodes: int
    bytes: int
    """The memory that the graph refers to."""
    given_back: int
    """What ``del out`` would free, the output's own value included."""
    retained: int
    """What a backward would free, and ``retain_graph=True`` keeps."""
    bookkeeping: int
    """The size of the nodes themselves and what belongs to them, of what ``del out`` would free."""
    lines: list[Row] = field(default_factory=list)
    ops: list[Row] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    modules: list[ModuleRow] = field(default_factory=list)
    freed: str = ""
    """Where a backward has freed values of this graph, if one has."""

    def to_dict(self) -> dict[str, Any]:
        """All of it, of types that JSON has."""
        return asdict(self)

    def to_json(self, indent: int | None = None) -> str:
        """All of it as JSON."""
        return json.dumps(self.to_dict(), indent=indent)

    def __str__(self) -> str:
        return "\n".join(self._text())

    __repr__ = __str__

    def _text(self) -> Iterator[str]:
        yield f"the graph of {self.name}: {counted(self.nodes, 'node')}, {size(self.bytes)} of values"
        for title, amount in self._summary():
            yield f"  {amount:>10}  {title}"
        if self.freed:
            yield f"  a backward has freed values of this graph: {self.freed}"
        for title, heads, rows in self._tables():
            yield ""
            yield title
            widths = [max(map(len, column)) for column in zip(heads, *rows[:SHOWN], strict=True)]
            for row in [heads, *rows[:SHOWN]]:
                cells = [
                    cell.rjust(width) if at < len(heads) - 2 else cell.ljust(width)
                    for at, (cell, width) in enumerate(zip(row, widths, strict=True))
                ]
                yield "  " + "  ".join(cells).rstrip()
            if len(rows) > SHOWN:
                yield f"  and {len(rows) - SHOWN} more"

    def _summary(self) -> Iterator[tuple[str, str]]:
        yield f"would be given back by `del {self.name}`", size(self.given_back)
        yield "would be given back by a backward; retain_graph=True keeps it", size(self.retained)

    def _tables(self) -> Iterator[tuple[str, list[str], list[list[str]]]]:
        for title, rows in (("by line", self.lines), ("by op", self.ops)):
            if rows:
                yield (
                    title,
                    ["kept", "del frees", "values", "where" if title == "by line" else "op", "what"],
                    [[size(r.bytes), size(r.given_back), str(r.values), r.name, "; ".join(r.what)] for r in rows],
                )
        if self.holders:
            yield (
                "also held by",
                ["shared", "nodes", "tensor", ""],
                [[size(h.bytes), str(h.nodes or ""), h.name, ""] for h in self.holders],
            )
        if self.flags:
            yield (
                "requires_grad that seems not to be needed",
                ["costs", "nodes", "leaf", "why"],
                [[size(f.bytes), str(f.nodes), f"{f.name} {list(f.shape)}", f.why] for f in self.flags],
            )
        if self.modules:
            yield (
                "checkpointing would save (an estimate)",
                ["saves", "of", "nodes", "module", "class"],
                [[size(m.bytes), size(m.kept), str(m.nodes), m.name, m.kind] for m in self.modules],
            )

    def _repr_html_(self) -> str:
        title = f"the graph of {self.name}: {counted(self.nodes, 'node')}, {size(self.bytes)} of values"
        parts = [_html_tables.paragraph(title, is_strong=True)]
        parts += [_html_tables.paragraph(f"{amount} {text}") for text, amount in self._summary()]
        if self.freed:
            parts.append(_html_tables.paragraph(f"a backward has freed values of this graph: {self.freed}"))
        for title, heads, rows in self._tables():
            parts.append(_html_tables.table(title, heads, rows[:SHOWN]))
            if len(rows) > SHOWN:
                parts.append(_html_tables.paragraph(f"and {len(rows) - SHOWN} more"))
        return "\n".join(parts)


def memory(out: Any, model: Any = None, *, wrt: Any = None) -> Memory:
    """What the graph of ``out`` keeps alive: by line, by op, who else holds it, and what would give it back.

    The figures of ``del out`` and of a backward are exact: they follow the reference counts, and touch nothing.

    Args:
        out: a tensor with a graph, or several that are deleted together.
        model: a module; then its parameters get their names, and each of its modules an estimate of what
            ``utils.checkpoint`` would save.
        wrt: the leaves whose gradients are wanted. The flags of all others are said to be needless. By default, flags are
            suspected where a backward left no gradient, and of leaves that are no parameters beside leaves that are.

    Returns:
        A :class:`Memory`: its ``str`` is a page of text, ``to_dict`` and ``to_json`` are its numbers, and notebooks show it as
        tables. It keeps nothing of the graph alive.

    Raises:
        RuntimeError: ``out`` has no graph.
        TypeError: ``out`` is no tensor.

    >>> import chainrule as torch
    >>> from chainrule.insight import memory
    >>> x = torch.ones(100, requires_grad=True)
    >>> y = (x.exp() * x).sum()
    >>> report = memory(y)
    >>> report.bytes, report.retained  # x and its exponential; x is held by its variable, too
    (800, 400)
    """
    if not isinstance(out, (TensorBase, GradientEdge, list, tuple)):
        raise TypeError(f"memory() wants a tensor that has a graph, or a list of them, but got a {type(out).__name__}")
    outputs = [out] if isinstance(out, (TensorBase, GradientEdge)) else list(out)
    if any(node_of(one) is None for one in outputs):
        raise RuntimeError(
            "memory() wants a tensor that has a graph, but got one that does not require grad: nothing is kept for a backward."
        )
    going = freed_with(outputs)  # before anything here refers to a node
    given_back = dict(memory_in(going))
    overhead = bookkeeping(going)
    del going
    roots = [node_of(one) for one in outputs]
    retained = dict(memory_in(freed_with([node.saved for node in ancestors(roots) if is_releasable(node)])))
    names = names_around(model)
    stock = Inventory(roots, names, set(given_back), set(retained))
    return Memory(
        name=", ".join(output_name(one, names) for one in outputs),
        nodes=len(stock.nodes),
        bytes=sum(stock.sizes.values()),
        given_back=sum(given_back.values()),
        retained=sum(retained.values()),
        bookkeeping=overhead,
        lines=stock.rows(by_line),
        ops=stock.rows(by_op),
        holders=stock.holders(outputs),
        flags=stock.flags(wrt),
        modules=[] if model is None else stock.modules(model),
        freed=stock.freed(),
    )


def output_name(one: Any, names: Names) -> str:
    """An output's name, for ``del``."""
    known = names.by_node.get(id(node_of(one)))
    return next(name for name in ("out", "it", "") if name not in names.variables) if known is None else known[0]


def node_of(one: Any) -> Any:
    """The node of a tensor or an edge; None without a graph."""
    return one.node if isinstance(one, GradientEdge) else current_node(one)


def is_releasable(node: Node) -> bool:
    """Whether a backward that does not retain the graph lets go of something that the node keeps."""
    saved = node.saved
    if type(saved) is not tuple:
        return type(saved) is not Freed
    if not saved or is_shared(node):
        return False
    if isinstance(node, CustomNode):
        return any(one is not None for one in saved)
    return any(saved[at] is not None for at in node.array_fields)


@dataclass(slots=True)
class Kept:
    """A value that a node keeps."""

    node: Node
    field: str
    owner: int
    """The id of the memory."""
    what: str


class Inventory:
    """All values that the nodes of a graph keep, oldest first. Knows memory by its identity, and holds none of it."""

    def __init__(self, roots: list[Any], names: Names, given_back: set[int], retained: set[int]) -> None:
        self.nodes: list[Any] = sorted(ancestors(roots), key=seq_of)
        self.names = names
        self.given_back = given_back
        self.retained = retained
        self.kept: list[Kept] = []
        self.sizes: dict[int, int] = {}
        for node in self.nodes:
            for name, value in values_in(node):
                for array in arrays_in(value):
                    owner = owner_of(array)
                    self.sizes[id(owner)] = owned_bytes(owner)
                    self.kept.append(Kept(node, name, id(owner), f"{said(node, name)} {described(array, owner)}"))

    def rows(self, key: Any) -> list[Row]:
        """The values by line, or by op, the largest first."""
        rows: dict[Any, Row] = {}
        counted: set[int] = set()
        for one in self.kept:
            name = key(one.node)
            row = rows.setdefault(name, Row(name))
            row.values += 1
            if one.owner not in counted:
                counted.add(one.owner)
                row.bytes += self.sizes[one.owner]
                row.given_back += self.sizes[one.owner] * (one.owner in self.given_back)
            if one.what not in row.what and len(row.what) < WHAT:
                row.what.append(one.what)
        return sorted(rows.values(), key=lambda row: row.bytes, reverse=True)

    def freed(self) -> str:
        """Where a backward has let values of the graph go."""
        return next((str(node.saved.place()) for node in self.nodes if type(node.saved) is Freed), "")

    # -- who else holds it ---------------------------------------------------------------------------------------------

    def holders(self, outputs: list[Any]) -> list[Holder]:
        """The other tensors that hold memory of the graph, or nodes of it."""
        inside = set(map(id, self.nodes))
        own = set(map(id, outputs))
        found = []
        tensors = alive(TensorBase)
        for tensor in tensors:
            if id(tensor) not in own:
                owners = {id(owner_of(array)) for array in arrays_in(tensor)}
                shared = sum(self.sizes.get(owner, 0) for owner in owners)
                node = tensor._node
                nodes = 0
                if node is not None and id(node) in inside and type(node) is not AccumulateGrad:
                    nodes = sum(id(one) in inside for one in ancestors([node]))
                if shared or nodes:
                    found.append(Holder(name_of(tensor, self.names, tensors), shared, nodes))
        return sorted(found, key=lambda one: (one.bytes, one.nodes), reverse=True)

    # -- flags ---------------------------------------------------------------------------------------------------------

    def flags(self, wrt: Any) -> list[Flag]:
        """The leaves whose gradient seems not to be wanted, with what their flags cost."""
        leaves = [node for node in self.nodes if type(node) is AccumulateGrad and not node.parents]
        reasons = [(leaf, why) for leaf, why in zip(leaves, needless(leaves, wrt), strict=True) if why]
        found = []
        for leaf, why in reasons[:FLAGS]:
            name = "a leaf" if leaf.variable is None else name_of(leaf.variable, self.names)
            found.append(Flag(name, leaf.shape, *self.cost({leaf}), why))
        if len(reasons) > 1:
            cost = self.cost({leaf for leaf, _ in reasons})
            found.append(Flag(f"all {len(reasons)} of them", (), *cost, "together"))
        return sorted(found, key=lambda flag: flag.bytes, reverse=True)

    def cost(self, leaves: set[Any]) -> tuple[int, int]:
        """What is kept, and how many nodes recorded, only because these leaves require grad."""
        recorded: set[Any] = set()
        for node in self.nodes:
            if node not in leaves and (not node.parents or not recorded.isdisjoint(node.parents)):
                recorded.add(node)
        still: set[int] = set()
        fields: dict[Node, Any] = {}
        for one in self.kept:
            if one.node in recorded:
                if one.node not in fields:
                    fields[one.node] = planned(one.node, recorded)
                if fields[one.node] is None or one.field in fields[one.node]:
                    still.add(one.owner)
        gone = {one.owner for one in self.kept} - still
        return sum(self.sizes[owner] for owner in gone & self.retained), len(self.nodes) - len(recorded)

    # -- modules -------------------------------------------------------------------------------------------------------

    def modules(self, model: Any) -> list[ModuleRow]:
        """What checkpointing each module would save, the largest saving first."""
        steps = [node for node in self.nodes if type(node) is not AccumulateGrad]
        scopes = scopes_of(steps, Names(model, None, None).module_of)
        found = []
        for name, module in model.named_modules():
            region = {n for n, path in zip(steps, scopes, strict=True) if name and f"{path}.".startswith(f"{name}.")}
            inside = {one.owner for one in self.kept if one.node in region} & self.retained
            alone = inside - {one.owner for one in self.kept if one.node not in region}
            saved = sum(self.sizes[owner] for owner in alone) - self.inputs(region, alone)
            if saved > 0:
                kept = sum(self.sizes[owner] for owner in inside)
                found.append(ModuleRow(printable(name), printable(type(module).__name__), saved, kept, len(region)))
        return sorted(found, key=lambda row: row.bytes, reverse=True)

    def inputs(self, region: set[Any], alone: set[int]) -> int:
        """The bytes that would have to be kept in place of what the region keeps: those of the values that enter it."""
        entering = {
            parent: None
            for node in region
            for parent in node.parents
            if parent is not None and parent not in region and type(parent) is not AccumulateGrad
        }
        known = {}
        for one in self.kept:
            op = getattr(one.node, "op", None)
            if one.node in region and op is not None and one.field in op.args:
                known[one.node.parents[op.args.index(one.field)]] = one.owner
        total = 0
        if region:
            first = min(region, key=seq_of)
            total += sum(
                self.sizes[one] for one in {k.owner for k in self.kept if k.node is first and is_constant(k)} & alone
            )
        for parent in entering:
            owner = known.get(parent)
            if owner is None:
                total += np.dtype(parent.dtype).itemsize * prod(parent.shape)
            elif owner in alone:
                total += self.sizes[owner]
        return total


def values_in(node: Any) -> Iterator[tuple[str, Any]]:
    """What a node keeps, each under a name: saved values, parameters of the call, what was put on the ctx."""
    saved, op = node.saved, getattr(node, "op", None)
    if type(saved) is Packed:
        yield from (("packed by a hook", saved.fields[at]) for at in saved.at)
    elif isinstance(node, CustomNode):
        if type(saved) is tuple:
            yield from ((f"saved_tensors[{at}]", one.array) for at, one in enumerate(saved) if one is not None)
        yield from ((f"ctx.{name}", value) for name, value in vars(node).items())
    elif op is not None and type(saved) is tuple and saved:
        for field_ in op.fields:
            value = saved[op.offsets[field_]]
            if op.variadic and field_ == op.args[-1]:
                yield from ((field_, array) for array, _, _ in value)
            else:
                yield field_, value
    if type(node) is not Port and isinstance(node.params, dict):
        yield from node.params.items()


def said(node: Any, name: str) -> str:
    """What a value is to the node that keeps it."""
    op = getattr(node, "op", None)
    if op is None:
        return name
    return f"operand {name}" if name in op.args else "output" if name == "out" else name


def arrays_in(value: Any) -> Iterator[Any]:
    """The arrays and NumPy scalars in a value that a node keeps."""
    if isinstance(value, TensorBase):
        value = value._array
    if isinstance(value, (np.ndarray, np.generic)):
        yield value
    elif isinstance(value, Lifted):
        for name in ("value", "primal", "tangent"):
            if hasattr(value, name):
                yield from arrays_in(getattr(value, name))
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from arrays_in(one)
    elif owned_bytes(value):
        yield value


def described(array: Any, owner: Any) -> str:
    """Shape and dtype; of a view, also of what memory it is a part of."""
    text = f"{list(array.shape)} {array.dtype}"
    return text if owner.nbytes == array.nbytes else f"{text}, a part of {size(owner.nbytes)}"


def is_constant(kept: Kept) -> bool:
    """Whether a kept value is an operand that needs no gradient."""
    op = getattr(kept.node, "op", None)
    return op is not None and kept.field in op.args and kept.node.parents[op.args.index(kept.field)] is None


def planned(node: Any, recorded: set[Any]) -> Any:
    """The fields that a node would keep if only these nodes had been recorded; None for all."""
    op = getattr(node, "op", None)
    if op is None or type(node.saved) is not tuple:
        return None
    need = tuple([parent in recorded for parent in node.parents])
    return (*op.plan((*need[: len(op.args) - 1], True) if op.variadic else need), *op.params)


def needless(leaves: list[Any], wrt: Any) -> list[str]:
    """Why the gradient of each leaf seems not to be wanted; empty where it is."""
    tensors = [leaf.variable for leaf in leaves]
    wanted = None if wrt is None else {id(one) for one in ([wrt] if isinstance(wrt, TensorBase) else wrt)}
    has_grad = any(tensor is not None and tensor.grad is not None for tensor in tensors)
    parameters = any(is_parameter(tensor) for tensor in tensors)
    return [why_needless(tensor, wanted, has_grad, parameters) for tensor in tensors]


def why_needless(tensor: Any, wanted: set[int] | None, has_grad: bool, parameters: bool) -> str:
    if wanted is not None:
        return "" if id(tensor) in wanted else "it is not among those wanted"
    if tensor is None:
        return "no variable holds the tensor, so that its gradient would be dropped"
    if has_grad and tensor.grad is None:
        return "other leaves got a gradient, and it did not"
    if parameters and not is_parameter(tensor) and tensor.grad is None:
        return "it is no parameter, and other leaves are"
    return ""


def is_parameter(tensor: Any) -> bool:
    return any(base.__name__ == "Parameter" for base in type(tensor).__mro__)


def by_line(node: Any) -> str:
    """Where a node was made, as a row's name."""
    place = resolved(node.code, node.lasti)
    return f"{basename(place.file)}:{place.line}  {shortened(place.expression, WIDE)}"


def by_op(node: Any) -> str:
    """The node's name, as a row's name."""
    return str(node.name())


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size(count: float) -> str:
    """A number of bytes as people write it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
