"""A reverse pass run once more to look at: what arrived at each node, and what it handed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from ..autograd._backward import grad
from ..core.modes import set_modes
from ..core.node import LAST, RECENT, AccumulateGrad, Freed, Node, Port, ancestors
from ..core.op import is_array_field
from ..core.value import new_tensor, numbers_of
from ..core.views import current_node
from ._values import UNFIT

__all__ = ["Replays", "Step", "freed", "last_output", "unnoted", "value_noted", "values_of_nodes"]


class Step:
    """One node's part in the pass."""

    __slots__ = ("arrived", "handed", "node", "noted")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.arrived: tuple[Any, ...] = ()
        """The cotangent of each output, as an array; None where there is none."""
        self.handed: tuple[Any, ...] = ()
        """What goes to each parent, in the parent's shape."""
        self.noted: dict[Any, Any] = {}
        """What was found out of it, for all who ask."""

    def toward(self, nodes: set[Node]) -> Step:
        """The same, as of a pass that goes to these nodes only."""
        step = Step(self.node)
        step.arrived, step.noted = self.arrived, self.noted
        pairs = zip(self.node.parents, self.handed, strict=True)
        step.handed = tuple([g if parent in nodes else None for parent, g in pairs])
        return step

    def seen(self, inputs: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """The hook on the node."""
        self.arrived = tuple([None if g is None else numbers_of(g._array) for g in outputs])
        self.handed = tuple([None if g is None else numbers_of(g._array) for g in inputs])

    @property
    def op_name(self) -> str:
        op = getattr(self.node, "op", None)
        return "" if op is None else op.name


def freed(nodes: Iterable[Node]) -> Freed | None:
    """The backward that has let saved values of these nodes go, or None."""
    return next((node.saved for node in nodes if type(node.saved) is Freed), None)


def value_noted(root: Node) -> Any:
    """The number that a root gave, as a backward noted it; None where none did."""
    value = next((ran.value for ran in reversed(list(RECENT)) if ran.root() is root), None)
    return None if value is None else numbers_of(value)


def last_output() -> tuple[Any, Any]:
    """What the last ordinary backward was called on, and where; (None, None) if nobody knows it any more."""
    if LAST and (value := value_noted(LAST[0])) is not None:
        place = next(ran.place() for ran in reversed(list(RECENT)) if ran.root() is LAST[0])
        return new_tensor(value, LAST[0]), place
    return None, None


@contextmanager
def unnoted() -> Iterator[None]:
    """Passes of our own, of which no note is to stay: those of the program alone tell why a gradient is what it is."""
    notes = list(RECENT)
    try:
        yield
    finally:
        RECENT.clear()
        RECENT.extend(notes)


@contextmanager
def _ordinary() -> Iterator[None]:
    old = set_modes(None)
    try:
        with unnoted():
            yield
    finally:
        set_modes(old)


class Replays:
    """The passes that one call of ``why`` makes: of each output one, to all the tensors that are asked about."""

    def __init__(self, targets: Iterable[Any]) -> None:
        self.targets = {node: t for t in targets if (node := current_node(t)) is not None}
        self.orders: dict[Node, list[Node]] = {}
        """The nodes behind a root, oldest first."""
        self.passes: dict[Node, tuple[list[Step], dict[Node, Any]]] = {}

    def nodes_to(self, targets: Iterable[Node], root: Node) -> list[Node]:
        if root not in self.orders:  # creation order is a topological order
            self.orders[root] = sorted(ancestors([root]), key=lambda node: node.seq)
        on_path = set(targets)
        for node in self.orders[root]:
            if not on_path.isdisjoint(node.parents):
                on_path.add(node)
        return [node for node in reversed(self.orders[root]) if node in on_path]

    def path_to(self, target: Node, root: Node) -> list[Node]:
        """The nodes through which ``root`` depends on ``target``, newest first; empty if it does not."""
        nodes = self.nodes_to([target], root)
        return nodes if target in nodes else []

    def steps_to(self, target: Node, out: Any, nodes: list[Node]) -> tuple[list[Step], Any]:
        """The steps of the pass from ``out`` (its sum) that lead to a tensor, in their order, and its gradient; the graph stays."""
        root = nodes[0]
        if root not in self.passes:
            self.passes[root] = self.replayed(out, root)
        steps, found = self.passes[root]
        inside = set(nodes)
        toward = [step.toward(inside) for step in steps if step.node in inside]
        return [step for step in toward if step.handed], found.get(target)

    def replayed(self, out: Any, root: Node) -> tuple[list[Step], dict[Node, Any]]:
        nodes = self.nodes_to(self.targets, root)
        steps, handles = [], []
        bare = [node for node in nodes if node.extra is None]
        for node in nodes:
            if node.parents and not isinstance(node, Port):
                step = Step(node)
                handles.append(node.register_hook(step.seen))
                steps.append(step)
        try:
            with _ordinary():
                one = new_tensor(np.ones(out._array.shape, out._array.dtype))
                targets = {node: t for node, t in self.targets.items() if node in nodes}
                found = grad(out, list(targets.values()), one, retain_graph=True, allow_unused=True)
        finally:
            for handle in handles:
                handle.remove()
            for node in bare:  # as it was: a node with nothing extra takes the hot path
                if node.extra is not None and not node.extra.ports:
                    node.extra = None
        return [step for step in steps if step.handed], {
            node: None if g is None else numbers_of(g._array) for node, g in zip(targets, found, strict=True)
        }


def values_of_nodes(root: Node, value: Any) -> dict[Node, Any]:
    """The values of as many nodes of a graph as can be known: what was saved, the rest computed from it."""
    values: dict[Node, Any] = {root: value}
    order = sorted(ancestors([root]), key=lambda node: node.seq)
    for node in order:
        if isinstance(node, AccumulateGrad):
            if node.variable is not None:
                values[node] = numbers_of(node.variable._array)
            continue
        for parent, array in operands(node).items():
            if isinstance(parent, Node):
                values.setdefault(parent, array)
        out = saved(node, "out")
        if out is not None:
            values.setdefault(node, out)
    for node in order:
        op = getattr(node, "op", None)
        if (
            node in values
            or op is None
            or op.variadic
            or op.outputs is not None
            or (node.params and "path" in node.params)
        ):
            continue
        known = operands(node)
        pairs = zip(op.args, node.parents, strict=False)
        arrays = [known.get(name, None if parent is None else values.get(parent)) for name, parent in pairs]
        if any(array is None for array in arrays) or len(arrays) != len(op.args):
            continue
        with suppress(*UNFIT), np.errstate(all="ignore"):
            values[node] = op.raw(*arrays, **(node.params or {}))
    return values


def operands(node: Node) -> dict[Any, Any]:
    """What a node saved of its operands: each by its name, and by its node where it has one."""
    op = getattr(node, "op", None)
    found: dict[Any, Any] = {}
    if op is None or op.variadic:
        return found
    for name, parent in zip(op.args, node.parents, strict=False):
        array = saved(node, name)
        if array is not None:
            found[name] = array
            if parent is not None:
                found[parent] = array
    return found


def saved(node: Node, field: str) -> Any:
    """One saved array of a node; None if it has none, or it has changed since."""
    op = getattr(node, "op", None)
    if (
        op is None
        or field not in op.offsets
        or type(node.saved) is not tuple
        or not node.saved
        or not is_array_field(op, field)
    ):
        return None
    at = op.offsets[field]
    array, cell, version = node.saved[at : at + 3]
    if array is None or (cell is not None and cell.version != version):
        return None
    return numbers_of(array)
