"""``diff``: where two runs of a computation part."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from itertools import zip_longest
from os.path import basename
from typing import Any

import numpy as np

from ..core.value import TensorBase
from ..core.views import current_node
from ._names import Names
from ._whole_graph import Whole
from .model import Graph, Numbers, Operation, Value, shown

RUNS = ("a", "b")
STATS = ("min", "max", "mean", "std", "zero", "nan", "inf")


@dataclass(frozen=True, slots=True)
class Difference:
    """What :func:`diff` found: the first place at which two runs part, or that there is none."""

    kind: str
    """"" (none), "structure" (another operation), "input" (a leaf or a constant holds something else), "value" (an
    operation gave something else, from equal operands as far as they are known: see ``lost``), "gradient" (forward the same, backward not)."""
    step: int
    """At which operation, counted from 0."""
    steps: tuple[int, int]
    """How many operations each run has."""
    a: str
    """What stands there in the first run, with its line."""
    b: str
    """And in the second."""
    detail: str
    """How they differ."""
    unknown: int = 0
    """How many values before it could not be compared, because one of the graphs does not know them."""
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    """What the operation reads that neither graph knows any more."""

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return not self.kind

    def to_dict(self) -> dict[str, Any]:
        """All of it, of types that JSON has."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def _lines(self) -> Iterator[str]:
        if self.same:
            yield f"no difference in {self.steps[0]} operations"
        else:
            what = WHAT["unknown" if self.kind == "value" and self.lost else self.kind]
            yield f"the runs part at operation {self.step + 1} of {' and '.join(map(str, self.steps))}: {what}"
            yield f"  a: {self.a}"
            yield f"  b: {self.b}"
            yield f"  {self.detail}"
        if self.lost:
            yield f"  not known any more of what it reads: {', '.join(self.lost)}; hold the model of each run to see whether they differ"
        if self.unknown:
            yield f"  {self.unknown} values could not be compared: one of the graphs does not know them"
        yield from (f"  {note}" for note in self.notes)


WHAT = {
    "structure": "another operation",
    "input": "it reads something else",
    "value": "equal operands, another result",
    "unknown": "another result",
    "gradient": "forward they are the same, the gradients are not",
}


def diff(run_a: Any, run_b: Any, *, rtol: float = 1e-5, atol: float = 1e-8, names: Any = None) -> Difference:
    """The first operation at which two runs differ: in what it is, in what it reads, in its result, or in its gradient.

    Operations are compared in the order in which they were made. Lines are no difference by themselves, so that a function
    and its rewritten form can be compared; where only they differ, a note says so.

    Args:
        run_a: a tensor with a graph, a :class:`Graph`, or the text of ``Graph.to_json()`` (from another machine, say).
        run_b: the same of the other run.
        rtol: numbers are equal that differ by at most ``atol + rtol * |b|``; NaN equals NaN.
        atol: see there.
        names: as for ``Graph.of``, for both.

    Returns:
        A :class:`Difference`: ``same``, ``kind``, ``step``, and as text both places. Of tensors of more than 16 elements the
        text of a graph has statistics only, so that only those are compared.

    Raises:
        ValueError: a tensor has no graph.
        TypeError: a run is neither tensor, graph, nor text.

    >>> import chainrule as torch
    >>> x = torch.tensor(2., requires_grad=True)
    >>> report = chainrule.insight.diff(torch.sin(x * 3), torch.sin(x * 3) + 0.5)
    >>> report.kind, report.step
    ('structure', 2)
    >>> chainrule.insight.diff(torch.sin(x * 3), torch.sin(x * 3)).same
    True
    """
    frame = sys._getframe(1)
    a, b = (graph_of(run, names, frame) for run in (run_a, run_b))
    return Comparison(a, b, rtol, atol).difference()


def graph_of(run: Any, names: Any, frame: Any) -> Graph:
    """The graph of a run, with its numbers."""
    if isinstance(run, Graph):
        return run
    if isinstance(run, str):
        return Graph.from_json(run)
    if not isinstance(run, TensorBase):
        raise TypeError(f"diff() wants tensors, graphs or the JSON text of graphs, but got a {type(run).__name__}")
    if current_node(run) is None:
        raise ValueError(
            "a run that diff() compares must end in a tensor that has a graph, but one does not require grad"
        )
    return Whole(run, Names(names, None, frame)).graph


class Comparison:
    """Two graphs side by side."""

    def __init__(self, a: Graph, b: Graph, rtol: float, atol: float) -> None:
        self.a, self.b = a, b
        self.rtol, self.atol = rtol, atol
        self.unknown = 0
        self.partner: dict[str, str] = {}
        """Value of a -> value of b, as far as they are known to correspond."""
        self.taken: set[str] = set()
        """The values of b that correspond to one of a."""

    def difference(self) -> Difference:
        forward = self.forward()
        if forward is not None:
            return forward
        backward = self.backward()
        if backward is not None:
            return backward
        return self.found("", len(self.a.operations), None, None, "")

    def forward(self) -> Difference | None:
        for step, (one, other) in enumerate(zip_longest(self.a.operations, self.b.operations)):
            if one is None or other is None:
                return self.found("structure", step, one, other, f"run {RUNS[other is None]} has ended")
            structure = self.structure(one, other)
            if structure:
                return self.found("structure", step, one, other, structure)
            for kind, pairs in (("input", (one.inputs, other.inputs)), ("value", (one.outputs, other.outputs))):
                for x, y in zip(*pairs, strict=True):
                    if x not in self.partner:
                        self.partner[x] = y
                        self.taken.add(y)
                        said = self.compared(self.a.by_id[x], self.b.by_id[y], "numbers")
                        if said:
                            return self.found(kind, step, one, other, said)
        return None

    def structure(self, one: Operation, other: Operation) -> str:
        """How two operations differ in what they are, in words; empty where they do not."""
        if one.grad_fn != other.grad_fn:
            return f"{one.grad_fn} and {other.grad_fn}"
        # A graph of PyTorch's knows fewer parameters.
        keys = [key for key in sorted(one.params.keys() & other.params.keys()) if one.params[key] != other.params[key]]
        if keys:
            return "; ".join(f"{key} is {one.params[key]!r} and {other.params[key]!r}" for key in keys)
        if (len(one.inputs), len(one.outputs)) != (len(other.inputs), len(other.outputs)):
            return f"it reads {len(one.inputs)} and {len(other.inputs)} values, and gives {len(one.outputs)} and {len(other.outputs)}"
        for x, y in zip((*one.inputs, *one.outputs), (*other.inputs, *other.outputs), strict=True):
            value, partner = self.a.by_id[x], self.b.by_id[y]
            if value.shape != partner.shape or value.dtype != partner.dtype:
                return f"{value.name} is {spaced(value)} and {spaced(partner)}"
            if self.partner.get(x, y) != y or (x not in self.partner and y in self.taken):
                return f"it reads {value.name} in one place, and {partner.name} in the other"
            if value.requires_grad != partner.requires_grad:
                return f"{value.name} requires grad in run {RUNS[partner.requires_grad]} only"
        return ""

    def backward(self) -> Difference | None:
        makers = {one: step for step, op in enumerate(self.a.operations) for one in op.outputs}
        for value in reversed(self.a.values):
            partner = self.partner.get(value.id)
            if partner is None or not value.requires_grad:
                continue
            said = self.compared(value, self.b.by_id[partner], "cotangent")
            if said:
                uses = self.a.edges_from.get(value.id, ())
                step = makers.get(value.id, 0) if not uses else self.a.operations.index(self.a.by_id[uses[-1].target])
                one, other = self.a.operations[step], self.b.operations[step]
                return self.found("gradient", step, one, other, f"the derivative by {value.name}: {said}")
        return None

    def compared(self, value: Value, partner: Value, what: str) -> str:
        """How the numbers of two values differ, in words; empty where they do not, or are not known."""
        one: Numbers | None = getattr(value, what)
        other: Numbers | None = getattr(partner, what)
        if one is None or other is None:
            self.unknown += one is not other
            return ""
        if one.array is None or other.array is None:
            for key in STATS:
                p, q = one.stats.get(key), other.stats.get(key)
                if p is not None and q is not None and not np.isclose(p, q, self.rtol, self.atol, equal_nan=True):
                    return f"{value.name}: the {key} is {shown(p, 6)} and {shown(q, 6)}"
            return ""
        x, y = (np.asarray(side.array) for side in (one, other))
        if x.dtype.kind == "V":
            x, y = x.astype(np.float32), y.astype(np.float32)
        with np.errstate(invalid="ignore"):
            equal = np.isclose(x, y, self.rtol, self.atol, equal_nan=True)
        if equal.all():
            return ""
        count = int(np.count_nonzero(~equal))
        with np.errstate(invalid="ignore"):
            apart = np.where(equal, 0, np.abs(x.astype(complex) - y.astype(complex)))
        worst = np.unravel_index(int(np.argmax(np.where(np.isnan(apart), np.inf, apart))), x.shape)
        digits = 12 if x.dtype.itemsize >= np.dtype(float).itemsize else 7
        at = f" at {[int(i) for i in worst]}" if x.size > 1 else ""
        many = f"{count} of {x.size} elements differ, most" if x.size > 1 else ""
        return f"{value.name}: {many}{at}{': ' if many else ''}{shown(x[worst].item(), digits)} and {shown(y[worst].item(), digits)}"

    def found(self, kind: str, step: int, one: Operation | None, other: Operation | None, detail: str) -> Difference:
        lines = [
            (x.origin, y.origin)
            for x, y in zip(self.a.operations[:step], self.b.operations[:step], strict=False)
            if x.origin.file and y.origin.file and x.origin[1:] != y.origin[1:]
        ]
        notes: tuple[str, ...] = ()
        if lines:
            x, y = (f"{basename(one.file)}:{one.line} `{one.expression}`" for one in lines[0])
            notes = (f"{len(lines)} operations before are the same from other lines: {x} and {y}, first",)
        steps = len(self.a.operations), len(self.b.operations)
        read = [self.a.by_id[name] for name in one.inputs] if one is not None and kind == "value" else []
        lost = tuple(value.name for value in read if value.numbers is None)
        return Difference(kind, step, steps, place(one), place(other), detail, self.unknown, notes, lost)


def spaced(value: Value) -> str:
    return f"{list(value.shape or ())} {value.dtype}"


def place(op: Operation | None) -> str:
    if op is None:
        return "the end"
    return f"{op.grad_fn} of {op.origin}" if op.origin.file else op.grad_fn  # PyTorch knows no places
