"""The backward, step by step: what each edge contributes, and what has arrived so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import Numbers
from .scene import NOT_RUN, action_text, edge_key, local_text

if TYPE_CHECKING:
    from .model import Edge, Graph


@dataclass(frozen=True)
class Step:
    """One edge of the reverse pass, or (with no edge) its start."""

    edge: str
    operation: str
    value: str
    """The id of the value whose cotangent it changes."""
    text: str
    so_far: str
    """That cotangent after the step."""
    complete: bool
    """Whether all that it will get has arrived."""


def steps(graph: Graph) -> list[Step]:
    """In the order of the reverse pass: from the newest operation. Empty where the model has no cotangents."""
    by_id = graph.by_id
    if any(by_id[out].cotangent is None for out in graph.outputs):
        return []
    found = [
        Step("", "", out, f"start: the derivative of {by_id[out].name} by itself", by_id[out].cotangent.text(), True)
        for out in graph.outputs
    ]
    waiting = {value.id: 0 for value in graph.values}
    for edge in graph.edges:
        waiting[edge.source] += edge.backward
    total = {out: by_id[out].cotangent.array for out in graph.outputs}
    for op in reversed(graph.operations):
        for edge in graph.edges_into.get(op.id, []):
            if not edge.backward:
                continue
            waiting[edge.source] -= 1
            operand = by_id[edge.source]
            before = total.get(edge.source)
            so_far = "?"
            if edge.contribution is not None:
                total[edge.source] = edge.contribution.array if before is None else before + edge.contribution.array
                so_far = short(Numbers.of(total[edge.source]))
            text = words(graph, edge)
            if before is not None:
                text += f"; {operand.name} had {short(Numbers.of(before))}, and now has {so_far}"
            found.append(Step(edge_key(edge), op.id, edge.source, text, so_far, waiting[edge.source] == 0))
    return found


def words(graph: Graph, edge: Edge) -> str:
    """Cotangent times local derivative = contribution."""
    op = graph.by_id[edge.target]
    result, operand = graph.by_id[op.outputs[0]], graph.by_id[edge.source]
    if edge.contribution is None or result.cotangent is None:
        return f"{op.symbol}: from {result.name} to {operand.name}: not known ({op.problem or 'no cotangent arrived'})"
    g, given = short(result.cotangent), short(edge.contribution)
    local = local_text(graph, edge)
    if edge.form == "number":
        partial = f"∂{result.name}/∂{operand.name}"
        return f"{op.symbol}: cotangent {g} of {result.name}, times {partial} = {local}, contributes {g} × {local} = {given} to {operand.name}"
    return f"{op.symbol}: cotangent g = {g} of {result.name}; {local or action_text(graph, edge)}: contributes {given} to {operand.name}"


def short(numbers: Numbers | None) -> str:
    if numbers is None:
        return NOT_RUN
    text = numbers.text()
    return text if len(text) <= 40 else numbers.range_text(3)
