"""Graphs too large for one record an operation: stretches of them, as operations of a small model."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..core.node import AccumulateGrad, Freed, Port
from ._build import kept, space_of
from ._symbols import symbol_of
from ._values import grad_of, plain, saved_bytes
from .folding import summary
from .model import Edge, Graph, Operation, Value

PARTS = 40
LEAVES = 30
"""Leaves beyond which they are counted, not named."""


def summarised(found: list[Any], roots: list[Any], names: dict[int, tuple[str, str]]) -> Graph:
    """The model of the nodes ``found`` (in order of creation), at most 40 operations in it."""
    ops = [node for node in found if type(node) is not Port and type(node) is not AccumulateGrad]
    leaves = [node for node in found if type(node) is AccumulateGrad]
    size = -(-len(ops) // PARTS)
    part = {node: at // size for at, node in enumerate(ops)}
    count = -(-len(ops) // size)
    merged = len(leaves) > LEAVES
    leaf = {node: 0 if merged else at for at, node in enumerate(leaves)}
    pairs: set[tuple[bool, int, int]] = set()
    for node, at in part.items():
        for parent in node.parents:
            if parent is None:
                continue
            owner = parent.parents[0] if type(parent) is Port else parent
            if owner in leaf:
                pairs.add((True, leaf[owner], at))
            elif part[owner] != at:
                pairs.add((False, part[owner], at))
    ends = {part.get(root.parents[0] if type(root) is Port else root, count - 1) for root in roots}
    values: list[Value] = []
    if merged:
        values.append(Value("leaf0", f"{len(leaves)} inputs", "derived", None, "", True, True, "input", None))
    else:
        for at, node in enumerate(leaves):
            name, named = names.get(id(node), (f"input {at + 1}", "derived"))
            shape, dtype = space_of(node, 0)
            variable, grad = node.variable, grad_of(node, None)
            array = None if variable is None else plain(variable._array)
            values.append(
                Value(
                    f"leaf{at}", name, named, tuple(shape), dtype.name, True, True, "input", None, 0,
                    None if array is None else kept(array), "leaf", None if grad is None else kept(grad),
                )
            )  # fmt: skip
    operations: list[Operation] = []
    for at in range(count):
        nodes = ops[at * size : (at + 1) * size]
        role = "output" if at in ends else "intermediate"
        shape, dtype = space_of(nodes[-1], 0)
        name = f"{at * size + 1}–{at * size + len(nodes)}"
        values.append(Value(f"v{at}", name, "derived", tuple(shape), dtype.name, True, False, role, f"op{at}"))
        operations.append(stretch(f"op{at}", f"v{at}", nodes, pairs, at))
    edges = tuple(
        Edge(f"leaf{source}" if is_leaf else f"v{source}", f"op{target}", 0, "", True)
        for is_leaf, source, target in sorted(pairs, key=lambda pair: (pair[2], pair[0], pair[1]))
    )
    inputs = tuple(value.id for value in values if value.role == "input")
    return Graph(tuple(values), tuple(operations), edges, inputs, tuple(f"v{at}" for at in sorted(ends)))


def kind_of(node: Any) -> Any:
    """The class of a node; of one that stands for PyTorch's, its name."""
    kind = type(node)
    return node.name() if hasattr(kind, "fn") else kind


def stretch(name: str, out: str, nodes: list[Any], pairs: set[tuple[bool, int, int]], at: int) -> Operation:
    """Neighbouring nodes as one operation."""
    kinds = Counter([kind_of(node) for node in nodes])
    symbols = [
        symbol
        for kind, number in kinds.items()
        for symbol in [symbol_of(kind.op, {}) if hasattr(kind, "op") else getattr(kind, "__name__", kind)] * number
    ]
    first = nodes[0]
    return Operation(
        name,
        summary(symbols),
        f"{len(nodes)}×",
        "",
        first.seq,
        {"nodes": len(nodes)},
        tuple(f"leaf{source}" if is_leaf else f"v{source}" for is_leaf, source, target in pairs if target == at),
        (out,),
        sum(map(saved_bytes, nodes)),
        any(type(node.saved) is Freed for node in nodes),
        "",
        first.code.co_qualname,
        "it stands for many operations",
        first.lasti,
        (first.code, first.lasti),
    )
