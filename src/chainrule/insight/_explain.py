"""``explain``: a derivative accounted for, step by step, with the numbers of the graph."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.plain_pass import RAW
from ..core.value import TensorBase
from ..core.views import current_node
from ._explain_kinks import kink_notes, kink_of
from ._formulas import Formula, formula_of
from ._names import Names
from ._whole_graph import Whole
from .model import Edge, Graph, Numbers, Value

if TYPE_CHECKING:
    from .model import Operation

MANY_PATHS = 256
"""Paths up to which each is followed by itself."""
ZEROS = 3
"""How many factors of 0 are named."""
KINKS = 4
"""How many kinks of one chain are spoken of."""


@dataclass(frozen=True)
class Path:
    """One way from the output back to an input."""

    edges: tuple[Edge, ...]
    """From the input's side."""
    product: Numbers | None
    """The seed times the local derivatives along it: what it contributes. None where one of them is no array."""


@dataclass(frozen=True)
class Chain:
    """The derivative of the output by one value."""

    wrt: Value
    count: int
    """How many paths lead there."""
    paths: tuple[Path, ...]
    """Each of them, the largest contribution first; empty where they are more than 256."""
    largest: tuple[Edge, ...]
    """The path that takes the largest contribution at each step, from the input's side."""
    uses: tuple[Edge, ...]
    """The edges from the value, whose contributions add up to the derivative."""
    gradient: Numbers | None
    """The derivative, in PyTorch's convention; None where it cannot be computed."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """What :func:`explain` returns. ``str`` of it is the text; notebooks show it as HTML or Markdown."""

    graph: Graph
    """The graph that it was read from."""
    out: Value
    chains: tuple[Chain, ...]
    seed: str = ""
    """What the reverse pass started with, where that is not 1."""

    @cached_property
    def steps(self) -> tuple[Operation, ...]:
        """The operations between the inputs and the output, in the order in which they ran."""
        reached = {chain.wrt.id for chain in self.chains}
        found = []
        for op in self.graph.operations:
            if any(edge.backward and edge.source in reached for edge in self.graph.edges_into.get(op.id, ())):
                reached.update(op.outputs)
                found.append(op)
        return tuple(found)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges along which derivatives flow to the inputs, in the order of the steps."""
        reached = {chain.wrt.id for chain in self.chains} | {value for op in self.steps for value in op.outputs}
        return tuple(
            edge
            for op in self.steps
            for edge in self.graph.edges_into[op.id]
            if edge.backward and edge.source in reached
        )

    def formula(self, edge: Edge) -> Formula | None:
        """The local derivative of an edge, in symbols."""
        return formula_of(edge, self.graph)

    def text(self) -> str:
        """As plain text."""
        from ._explain_text import text

        return text(self)

    def markdown(self) -> str:
        """As Markdown, with formulas in LaTeX."""
        from ._explain_text import markdown

        return markdown(self)

    def latex(self) -> str:
        """The chain rule alone, as LaTeX to be put into a displayed formula."""
        from ._explain_text import latex

        return latex(self)

    def html(self) -> str:
        """As HTML, without scripts."""
        from ._explain_text import html

        return html(self)

    __str__ = text
    _repr_markdown_ = markdown
    _repr_html_ = html

    def __repr__(self) -> str:
        return self.text()


def explain(
    out: Any, wrt: Any = None, *, names: Any = None, label: Any = None, seed: Any = None, depth: int = 0
) -> Explanation:
    """The derivative of ``out`` by ``wrt``, accounted for: the chain rule with its numbers, and where they are from.

    Each step is shown by the expression in the source that made it, with its local derivative: a number, a factor for each
    element, or what becomes of the cotangent. Along a path they are multiplied; over paths the products are added. All
    numbers are computed anew from the graph, and add up to what ``grad`` returns. Nothing changes: no ``.grad``, no saved
    value.

    Args:
        out: a tensor with a graph, or a :class:`Graph` (as from ``Graph.from_json``, or ``from_torch``).
        wrt: a tensor of the graph, leaf or not; or the name of a value of the graph; or several. By default, all leaves.
        names: as for ``Graph.of``: a module, or names and tensors.
        label: as for ``Graph.of``: more names.
        seed: the cotangent of ``out``. By default 1; for each element, if there are several, as for ``out.sum()``.
        depth: how many frames above the caller's the variables are looked for.

    Returns:
        An :class:`Explanation`: ``print`` it, or ``markdown()``, ``latex()``, ``html()``.

    Raises:
        RuntimeError: ``out`` does not depend on ``wrt``.
        TypeError: an argument is no tensor, graph or name.
        ValueError: ``out`` has no graph.

    >>> import chainrule as torch
    >>> x = torch.tensor([3.])
    >>> w = torch.tensor([2.], requires_grad=True)
    >>> b = torch.tensor([1.], requires_grad=True)
    >>> u = x * w
    >>> v = u + b
    >>> a = torch.relu(v)
    >>> print(chainrule.insight.explain(a, w))
    da/dw = 3
    <BLANKLINE>
    forward
      u = x * w          6
      v = u + b          7
      a = torch.relu(v)  7
    <BLANKLINE>
    local derivatives
      du/dw = x        3
      dv/du            1
      da/dv = [v > 0]  1
    <BLANKLINE>
    chain rule
      da/dw = du/dw * dv/du * da/dv = 3 * 1 * 1 = 3
    """
    whole = None
    if not isinstance(out, Graph):
        if not isinstance(out, TensorBase):
            raise TypeError(f"explain() wants a tensor or a Graph, but got a {type(out).__name__}")
        if current_node(out) is None:
            raise ValueError(
                "the tensor has no graph: it does not require grad. chainrule.insight.why(t) says where that was lost."
            )
        whole = Whole(out, Names(names, label, sys._getframe(depth + 1)), seed)
    graph = out if whole is None else whole.graph
    if len(graph.outputs) != 1:
        raise ValueError(f"explain() wants a graph of one output, but this one has {len(graph.outputs)}")
    target = graph.by_id[graph.outputs[0]]
    if wrt is None:
        wanted = [graph.by_id[one] for one in graph.inputs]
    else:
        several = [wrt] if isinstance(wrt, (TensorBase, str)) else list(wrt)
        wanted = [value_of(one, graph, whole, number) for number, one in enumerate(several)]
    counts = counted_paths(graph)
    seen: set[str] = set()
    chains = tuple([chain_of(graph, value, counts, seen) for value in wanted])
    is_sum = whole is not None and seed is None and target.shape is not None and prod(target.shape) != 1
    given = "" if seed is None else "the cotangent that was given"
    return Explanation(graph, target, chains, "a cotangent of ones, as for its sum" if is_sum else given)


def value_of(one: Any, graph: Graph, whole: Whole | None, number: int) -> Value:
    """The value of the graph that an argument stands for."""
    if isinstance(one, str):
        return graph.value(one)
    if not isinstance(one, TensorBase):
        raise TypeError(f"wrt wants tensors of the graph, or names of its values, but got a {type(one).__name__}")
    name = f"input {number}, of shape {list(one._array.shape)},"
    if current_node(one) is None:
        raise RuntimeError(f"{name} does not require grad, so that there is no derivative by it to explain.")
    known = "" if whole is None else whole.id_of(one)
    if not known:
        raise RuntimeError(
            f"{name} is no part of the graph: no path leads from the output back to it. Was it used at all, or is the path cut by "
            "detach(), .data, .item(), numpy() or no_grad()?"
        )
    return graph.by_id[known]


# -- paths -----------------------------------------------------------------------------------------------------------


def counted_paths(graph: Graph) -> dict[str, int]:
    """Value id -> how many paths lead to it from the output."""
    counts = dict.fromkeys((value.id for value in graph.values), 0)
    for one in graph.outputs:
        counts[one] += 1
    for op in reversed(graph.operations):
        ways = sum(counts[one] for one in op.outputs)
        for edge in graph.edges_into.get(op.id, ()):
            if edge.backward:
                counts[edge.source] += ways
    return counts


def chain_of(graph: Graph, wrt: Value, counts: dict[str, int], seen: set[str]) -> Chain:
    """``seen``: operations whose kinks other chains have spoken of."""
    uses = tuple(
        [e for e in graph.edges_from.get(wrt.id, ()) if e.backward and any(map(counts.get, reached(e, graph)))]
    )
    paths: list[Path] = []
    if 0 < counts[wrt.id] <= MANY_PATHS:
        paths = [Path(edges, product_along(edges, graph)) for edges in all_paths(graph, wrt, counts)]
        paths.sort(key=lambda path: -magnitude(path.product))
    largest = largest_steps(graph, wrt, counts)
    new = [op for op in steps_from(graph, wrt, counts) if op.id not in seen]
    seen.update(op.id for op in new)
    said = (*islice(kink_notes(graph, new), KINKS), *notes(graph, wrt, paths))
    return Chain(wrt, counts[wrt.id], tuple(paths), largest, uses, wrt.cotangent, said)


def steps_from(graph: Graph, wrt: Value, counts: dict[str, int]) -> Iterator[Operation]:
    """The operations between a value and the output."""
    behind = {wrt.id}
    for op in graph.operations:
        edges = graph.edges_into.get(op.id, ())
        if any(edge.backward and edge.source in behind for edge in edges) and any(map(counts.get, op.outputs)):
            behind.update(op.outputs)
            yield op


def reached(edge: Edge, graph: Graph) -> tuple[str, ...]:
    """The values on the other side of an edge."""
    return graph.by_id[edge.target].outputs


def all_paths(graph: Graph, wrt: Value, counts: dict[str, int]) -> Iterator[tuple[Edge, ...]]:
    """The paths from a value to the output, each as edges."""
    stack: list[tuple[str, tuple[Edge, ...]]] = [(wrt.id, ())]
    while stack:
        at, edges = stack.pop()
        if at in graph.outputs:
            yield edges
        for edge in graph.edges_from.get(at, ()):
            if edge.backward:
                stack += [(one, (*edges, edge)) for one in reached(edge, graph) if counts[one]]


def largest_steps(graph: Graph, wrt: Value, counts: dict[str, int]) -> tuple[Edge, ...]:
    """The way to the output on which each step contributes most."""
    found: list[Edge] = []
    at = wrt.id
    while at not in graph.outputs and counts[at]:
        edges = [e for e in graph.edges_from.get(at, ()) if e.backward and any(map(counts.get, reached(e, graph)))]
        found.append(max(edges, key=lambda edge: magnitude(edge.contribution)))
        at = next(one for one in reached(found[-1], graph) if counts[one])
    return tuple(found)


def product_along(edges: Sequence[Edge], graph: Graph) -> Numbers | None:
    """What one path contributes: the seed, pulled back along it."""
    seed = graph.by_id[graph.outputs[0]].cotangent
    if seed is None or seed.array is None:
        return None
    g: Any = np.conj(seed.array)
    for edge in reversed(edges):
        g = pulled(g, edge, graph)
        if g is None:
            return None
    return Numbers.of(np.conj(g))


def pulled(g: Any, edge: Edge, graph: Graph) -> Any:
    """A cotangent pulled back along an edge whose local derivative is an array; None where it is not."""
    source = graph.by_id[edge.source]
    if edge.local is None or edge.local.array is None:
        return None
    local = edge.local.array
    if edge.form == "number":
        made = g.reshape(()) * local.reshape(())
        return np.asarray(made).reshape(source.shape).astype(source.dtype, copy=False)
    if edge.form == "elementwise":
        return RAW.project(np.asarray(g * local), Space(source))  # type: ignore[arg-type]
    return np.asarray(np.tensordot(g, local, axes=g.ndim), source.dtype)


class Space:
    """Shape and dtype of a value, as a projection wants to know them."""

    def __init__(self, value: Value) -> None:
        self.shape = value.shape
        self.dtype = np.dtype(value.dtype)


def magnitude(numbers: Numbers | None) -> float:
    if numbers is None or numbers.array is None or not numbers.size:
        return 0.0
    return float(np.abs(np.asarray(numbers.array).astype(complex)).sum())


# -- remarks ---------------------------------------------------------------------------------------------------------


def notes(graph: Graph, wrt: Value, paths: Sequence[Path]) -> Iterator[str]:
    """What deserves a word: no gradient, zeros and where they come from, minus zeros, kinks."""
    if wrt.cotangent is None:
        problem = next((op for op in graph.operations if op.problem), None)
        yield "the numbers are not known" + (f": {problem.name}: {problem.problem}" if problem is not None else "")
        return
    array = wrt.cotangent.array
    if array is None or not wrt.cotangent.size:
        return
    if not np.isfinite(np.asarray(array)).all():
        first = next(value for value in reversed(graph.values) if not is_finite(value.cotangent))
        out = graph.by_id[graph.outputs[0]].name
        yield f"the first on the way back that is not finite is d{out}/d{first.name}"
    for path in islice(paths, 1):
        yield from zero_notes(graph, np.asarray(array), path)


def is_finite(numbers: Numbers | None) -> bool:
    """Whether all numbers are, as far as they are known."""
    return numbers is None or numbers.array is None or bool(np.isfinite(np.asarray(numbers.array)).all())


def zero_notes(graph: Graph, gradient: Any, path: Path) -> Iterator[str]:
    """Which factor makes a gradient zero; and where a minus zero has its sign from."""
    if np.any(gradient):
        return
    zeros = [e for e in path.edges if e.local is not None and e.local.array is not None and not np.any(e.local.array)]
    told = [edge for edge in zeros if kink_of(graph, graph.by_id[edge.target]) is None]  # kinks are said anyway
    if told:
        names = [f"d{graph.by_id[reached(e, graph)[0]].name}/d{graph.by_id[e.source].name} = 0" for e in told[:ZEROS]]
        yield f"it is zero because {' and '.join(names)}"
    if np.all(np.signbit(gradient.real)):
        factor = next(
            (e for e in path.edges if e.local is not None and e.local.number is not None and negative(e)), None
        )
        if factor is not None:
            (target, *_) = (graph.by_id[one] for one in reached(factor, graph))
            name = f"d{target.name}/d{graph.by_id[factor.source].name}"
            yield f"its minus comes from 0 times {name} = {factor.local.text()}; minus zero equals zero"  # type: ignore[union-attr]


def negative(edge: Edge) -> bool:
    number = edge.local.number if edge.local is not None else None
    return isinstance(number, (int, float)) and number < 0
