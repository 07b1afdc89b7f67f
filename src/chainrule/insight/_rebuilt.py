"""A graph that a backward has let go, made once more.

What nodes had saved is gone, but not their structure: each knows its op, its parameters and its parents. So the ops run again, from
the leaves on, in the order in which they ran. What is missing are the operands without gradient, the *constants*. Of those four
sources are asked, the surest first:

1. what the node still has (``saved_operands``), or what stands at the operator in the text: a number, a variable of a function that is
   still running;
2. zero, one, two decoys, and the numbers in the function that called the op: as they are where an op goes element by element, else as a tensor of
   the operand's shape (the targets of a loss are often made where they are used, and gone);
3. masks, for ops that leave elements out: comparisons of values of the graph with these numbers;
4. the tensors alive, those first whose lengths occur around the node; of these the youngest, as far as the garbage collector knows.
   Layers are also given them flattened but for the batch, or with batch and time exchanged.

Where several fit an operand each is tried, and what follows from it (``Search.chosen``). Guesses are no answers: a graph is believed only
if every value of it that somebody still holds, and every gradient that the backward gave, comes out again. Hence the root must be
held. Where several choices pass, as where all is NaN, all are handed out, and the caller compares what follows from them.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Iterator
from itertools import islice, product
from types import FrameType
from typing import Any

import numpy as np

from ..autograd._backward import grad
from ..core.alive import alive
from ..core.delivery import is_rewritten
from ..core.modes import changed_modes
from ..core.node import AccumulateGrad, Freed, Node, Port, ancestors
from ..core.source import syntax_of
from ..core.value import TensorBase, new_tensor, numbers_of
from ._op_groups import HIDING
from ._replay import unnoted, value_noted
from ._values import UNFIT, plain, saved_operands

__all__ = ["Rebuilt", "agreed", "rebuilt"]

NODES = 1000
"""Nodes up to which a graph is made again."""
WORK = 4000
"""How many ops are run at most, with wrong constants, too; of large results, one for each ``LARGE`` elements."""
LARGE = 10_000
ALIKE = 8
"""How many choices of constants are looked for that all give the same."""
DECOYS = (-1.7, 0.3)
"""Numbers that are tried as well: where one of them would do, the operand cannot be told, as of a relu that is 0 in any case."""
CANDIDATES = 64
"""How many constants are tried for one operand..."""
LIKELY = 12
"""...and how many first: a wrong one early on would keep the search from the likely ones after it."""
FEW = 8
"""How many of the numbers of a program's text are tried as constants of several elements."""
COMPARISONS = (np.greater, np.less, np.equal, np.greater_equal, np.less_equal, np.not_equal)


class Rebuilt:
    """A graph made again.

    Attributes:
        out: its output.
        leaves: its leaves, by those of the old one.
        values: what the nodes of the old one gave, and by (node, position) the constants that they were given.
    """

    def __init__(self, out: Any, leaves: dict[Node, Any], values: dict[Any, Any]) -> None:
        self.out = out
        self.leaves = leaves
        self.values = values


def rebuilt(root: Node, ran: Freed) -> list[Rebuilt]:
    """What the graph below a node, which the pass ``ran`` has let go, may have been: one, as a rule; none where that cannot be told;
    several (``ALIKE`` at most) where different constants give the same, as where all is NaN.
    """
    nodes = sorted(ancestors([root]), key=lambda node: node.seq)
    if len(nodes) > NODES or not all(map(is_ordinary, nodes)):
        return []
    leaves: dict[Node, Any] = {node: node.variable for node in nodes if isinstance(node, AccumulateGrad)}
    if any(leaf is None for leaf in leaves.values()):
        return []
    search = Search(nodes, root, leaves, ran)
    for search.most in (LIKELY, CANDIDATES):
        search.work = 0
        found = list(islice(search.found(), ALIKE))
        if found:
            return found
    return []


def agreed(found: list[Rebuilt]) -> dict[Any, Any]:
    """Of the first choice, the values (see :attr:`Rebuilt.values`) that are the same numbers in all others."""
    values = {} if not found else found[0].values
    return {end: value for end, value in values.items() if all(is_same(value, one.values[end]) for one in found[1:])}


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same numbers, in whatever form."""
    x, y = (np.asarray(value._array if isinstance(value, TensorBase) else value) for value in (one, other))
    try:
        return bool(((x == y) | ((x != x) & (y != y))).all())
    except ValueError:  # of shapes that do not fit
        return False


def is_ordinary(node: Any) -> bool:
    """Whether a node is of an op that can be run again, or an end of the graph."""
    if node.extra is not None and node.extra.levels:
        return False
    if isinstance(node, (AccumulateGrad, Port)):
        return not (isinstance(node, AccumulateGrad) and node.parents)
    op = getattr(node, "op", None)
    return op is not None and "level" not in op.params and not op.name.startswith("xla_")


class Search:
    """The constants of a graph, looked for node by node."""

    def __init__(self, nodes: list[Any], root: Node, leaves: dict[Node, Any], ran: Freed) -> None:
        self.nodes = nodes
        self.root = root
        self.leaves = leaves
        self.ran = ran
        self.work, self.most = 0, CANDIDATES
        self.variables: dict[Any, list[dict[str, Any]]] = {}
        """Those of the functions that are running, by their code."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            self.variables.setdefault(frame.f_code, []).append(frame.f_locals)
            frame = frame.f_back
        self.held: dict[Node, Any] = {}
        """What the nodes gave, where somebody still holds the tensor."""
        self.constants: list[Any] = []
        """The values of the tensors alive that have no history, but for gradients; equal ones once."""
        self.look_around(set(nodes))

    def look_around(self, inside: set[Any]) -> None:
        """Find the tensors alive: results of the graph, and what may have been constants of it."""
        tensors = alive(TensorBase)
        gradients = {id(thing._meta_slot.grad) for thing in tensors if thing._meta_slot is not None}
        known = set()
        for thing in tensors:
            node = thing._node
            array = plain(thing._array) if thing._view is None or node is None else None
            if array is None or id(thing) in gradients:
                continue
            if node is None:
                key = (array.shape, array.dtype, array.tobytes() if array.size < 4096 else id(thing._array))
                if key not in known:
                    known.add(key)
                    self.constants.append(array)
            elif node in inside and not isinstance(node, AccumulateGrad):
                self.held[node] = array
        if self.root not in self.held and (value := value_noted(self.root)) is not None:
            self.held[self.root] = np.asarray(value)

    def found(self) -> Iterator[Rebuilt]:
        """The choices of constants with which everything comes out again."""
        if self.root not in self.held:  # nothing to hold it against
            return
        fresh = {}
        with changed_modes(grad=True, hooks=(), tape=None):
            for node, leaf in self.leaves.items():
                fresh[node] = new_tensor(leaf._array).requires_grad_()
                fresh[node]._cell = leaf._cell  # who has written to the memory that both have
                fresh[node]._node.code, fresh[node]._node.lasti = node.code, node.lasti
            for values in self.chosen(0, fresh):
                found = Rebuilt(values[self.root], fresh, values)
                if self.is_it(found):
                    yield found

    def chosen(self, start: int, values: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
        """The values of all nodes, for each choice of the constants that fits as far as can be told on the way."""
        for at in range(start, len(self.nodes)):
            node = self.nodes[at]
            if node in values:
                continue
            if isinstance(node, Port):  # set when its owner ran
                return
            options = self.operands(node, values)
            if len(options) == 1:
                if not self.run(node, options[0], values):
                    return
                continue
            for operands in options:
                branch = dict(values)
                if self.run(node, operands, branch):
                    yield from self.chosen(at + 1, branch)
                if self.work > WORK:
                    return
            return
        yield values

    def operands(self, node: Any, values: dict[Any, Any]) -> list[tuple[Any, ...]]:
        """All that a node may have been given."""
        saved = saved_operands(node)
        choices: list[list[Any]] = []
        for position, parent in enumerate(node.parents):
            if parent is not None:
                choices.append([values[parent]])
            elif position in saved:
                choices.append([saved[position]])
            else:
                choices.append(self.candidates(node, values)[: self.most])
        if sum(len(one) > 1 for one in choices) > 2:
            return []
        return list(product(*choices))

    def candidates(self, node: Any, values: dict[Any, Any]) -> list[Any]:
        """What an operand without gradient may have been, the likeliest first."""
        found = self.named(node)
        is_elementwise = node.op.kind == "elementwise"
        if found and is_elementwise:
            return found
        literals = [one for one in node.code.co_consts if type(one) in (int, float)]
        shapes = {parent.shape for parent in node.parents if parent is not None}
        if is_elementwise:
            found += dict.fromkeys((0, 1, *DECOYS, *literals))
        elif len(shapes) == 1 and isinstance(node.dtype, np.dtype):
            (shape,) = shapes
            found += [np.full(shape, number, node.dtype) for number in dict.fromkeys((0, 1, *literals[:FEW]))]
        elif node.op.outputs is not None:  # where recurrent layers begin: zero, of the size of one step
            spaces = dict.fromkeys(zip(node.shape, node.dtype, strict=True))
            found += [np.zeros(shape[1:], dtype) for shape, dtype in spaces]
        if node.op.name in HIDING and isinstance(node.shape, tuple):
            alike = [one for end, one in values.items() if isinstance(end, Node) and end.shape == node.shape]
            known = [numbers_of(one._array) for one in alike]
            masks = [compare(one, number) for one in known for number in {0, *literals} for compare in COMPARISONS]
            found += {mask.tobytes(): mask for mask in masks}.values()
        made = node.shape if node.op.outputs is not None else (node.shape,)
        lengths = {length for shape in (*shapes, *made) for length in shape}
        constants = list(self.constants)
        if not is_elementwise:
            constants += [one.swapaxes(0, 1) for one in self.constants if one.ndim > 1]
            constants += [one.reshape(len(one), -1) for one in self.constants if one.ndim > 2 and one.size]

        def strangeness(one: Any) -> tuple[int, int]:
            return sum(length not in lengths for length in one.shape), 0 if is_elementwise else -one.ndim

        found += sorted(constants, key=strangeness)
        return found

    def named(self, node: Any) -> list[Any]:
        """What the operator that made a node is applied to: numbers that stand there, and tensors by the names of variables."""
        syntax = syntax_of(node.code, node.lasti)
        if syntax is None or not isinstance(syntax.node, ast.BinOp):
            return []
        found: list[Any] = []
        for _, part in syntax.arguments():
            if isinstance(part, ast.Constant) and type(part.value) in (int, float):
                found.append(part.value)
            elif isinstance(part, ast.Name):
                values = [one.get(part.id) for one in self.variables.get(node.code, ())]
                found += [one._array for one in values if isinstance(one, TensorBase) and one._node is None]
        return [one for one in found if plain(one) is not None]

    def run(self, node: Any, operands: tuple[Any, ...], values: dict[Any, Any]) -> bool:
        """Run the op of a node again; whether what it gives is of the node's space, and what somebody holds of it."""
        op = node.op
        self.work += (
            1 + sum(math.prod(shape) for shape in ([node.shape] if op.outputs is None else node.shape)) // LARGE
        )
        args = [new_tensor(np.asarray(one)) if isinstance(one, (np.ndarray, np.generic)) else one for one in operands]
        try:
            with np.errstate(all="ignore"):
                result = op.apply(*args, **(node.params or {}))
        except UNFIT:
            return False
        many = op.outputs is not None
        results = result if isinstance(result, tuple) else (result,)
        spaces = zip(node.shape, node.dtype, strict=True) if many else [(node.shape, node.dtype)]
        for one, (shape, dtype) in zip(results, spaces, strict=False):
            if not isinstance(one, TensorBase) or one._array.shape != shape or one._array.dtype != dtype:
                return False
        made: Any = next((one._node for one in results if one._node is not None), None)
        if isinstance(made, Port):
            made = made.parents[0]
        if type(made) is not type(node):
            return False
        made.code, made.lasti = node.code, node.lasti
        ends = {node: results[0]}
        if many and node.extra is not None:
            ports = [port for known in node.extra.ports.values() if (port := known()) is not None]
            ends |= {port: results[port.number] for port in ports}
        values.update(ends)
        values.update(((node, at), operands[at]) for at, parent in enumerate(node.parents) if parent is None)
        return all(is_near(numbers_of(one._array), self.held[end]) for end, one in ends.items() if end in self.held)

    def is_it(self, found: Rebuilt) -> bool:
        """Whether the gradients that the pass gave come out."""
        given = []
        for node, leaf in self.leaves.items():
            meta = leaf._meta_slot
            if meta is None or meta.grad is None or meta.backward is not self.ran or meta.count != 1:
                continue
            if not is_rewritten(meta.grad, meta):
                given.append((found.leaves[node], numbers_of(meta.grad._array)))
        if not given:
            return False
        one = new_tensor(np.ones(self.root.shape, self.root.dtype))
        try:
            with unnoted():
                grads = grad(found.out, [leaf for leaf, _ in given], one, retain_graph=True, allow_unused=True)
        except UNFIT:
            return False
        pairs = [
            (None if one is None else numbers_of(one._array), old) for one, (_, old) in zip(grads, given, strict=True)
        ]
        noise = max(rounding(old) for _, old in pairs)
        return all(
            again is not None and (is_near(again, old) or largest(again) <= noise >= largest(old))
            for again, old in pairs
        )


def largest(array: Any) -> float:
    """The magnitude of the largest finite number."""
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))


def rounding(array: Any) -> float:
    """What sums of numbers as large as these may be off by."""
    return 8 * float(np.finfo(array.dtype).eps) * largest(array)


def is_near(array: Any, other: Any) -> bool:
    """Whether two arrays are the same, but for the order in which sums are taken."""
    array, other = np.asarray(array), np.asarray(other)
    if array.shape != other.shape or array.dtype != other.dtype:
        return False
    if array.dtype.kind not in "fc":
        return bool((array == other).all())
    return bool(np.allclose(array, other, rtol=8 * np.finfo(array.dtype).eps, atol=rounding(other), equal_nan=True))
