"""What ``explain`` says of kinks: where a value lies just at one, which derivative is taken, and which would do as well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.op import OPS
from ._kink_rules import RULES
from ._kinks import number, slopes

if TYPE_CHECKING:
    from .model import Graph, Operation, Value

INTERVAL = re.compile(r"\[(.*), (.*)\]")


def kink_notes(graph: Graph, operations: Iterable[Operation]) -> Iterator[str]:
    """A sentence for each operation that has a kink at the numbers that it was given."""
    for operation in operations:
        found = kink_of(graph, operation)
        if found is not None:
            yield found


def kink_of(graph: Graph, operation: Operation) -> str | None:
    rule, op = RULES.get(operation.name), OPS.get(operation.name)
    edges = sorted(graph.edges_into.get(operation.id, ()), key=lambda edge: edge.position)
    if rule is None or op is None or set(operation.params) != set(op.params) or len(edges) != len(op.args):
        return None
    sources: list[Value] = [graph.by_id[edge.source] for edge in edges]
    results: list[Value] = [graph.by_id[one] for one in operation.outputs]
    arrays, outs = arrays_of(sources), arrays_of(results)
    if arrays is None or outs is None:
        return None
    mask, index = rule(arrays, dict(operation.params), outs)
    count = int(np.count_nonzero(mask))
    if not count:
        return None
    source, name = sources[0], operation.symbol if operation.symbol.isidentifier() else operation.name
    more = f" (and for {count - 1} more of its {mask.size} results)" if count > 1 else ""
    taken, valid = (
        (None, "") if index is None or results[0].slot else slopes(op, arrays, dict(operation.params), index, mask)
    )
    if taken is None or not valid or valid == number(taken):
        return (
            f"{name} has no derivative at this {source.name}{more}: one of those that would do was taken, as in PyTorch"
        )
    at = "" if np.size(arrays[0]) == 1 else f"[{', '.join(map(str, index))}]"
    point = f"{source.name}{at} = {number(float(np.asarray(arrays[0])[index]))}"
    return (
        f"d{results[0].name}/d{source.name}{at} = {number(taken)} is a choice: {name} has no derivative at {point}{more}. "
        f"{others(valid)}; as PyTorch, {number(taken)} is taken"
    )


def others(valid: str) -> str:
    """What else would do, as ``kinks`` has it, in a sentence."""
    interval = INTERVAL.fullmatch(valid)
    if interval is not None:
        return f"Any number from {interval[1]} to {interval[2]} would do"
    if valid.startswith("no value"):
        return f"There is {valid.partition(';')[0]}"
    return "There is a jump, or the slope is infinite"


def arrays_of(values: Iterable[Value]) -> list[Any] | None:
    """The arrays behind values; None where one is not known."""
    found = [None if value.numbers is None else value.numbers.array for value in values]
    return None if any(array is None for array in found) else found
