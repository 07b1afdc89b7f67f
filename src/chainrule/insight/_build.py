"""``Graph.of``: from nodes to the model."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import prod
from operator import attrgetter
from reprlib import Repr
from types import CodeType
from typing import Any

import numpy as np

from ..core.batch_level import BatchLevel
from ..core.custom import CustomNode
from ..core.dual_level import DualLevel
from ..core.modes import changed_modes
from ..core.node import AccumulateGrad, Freed, Node, Port, ancestors
from ..core.places import printable
from ..core.value import TensorBase
from ..core.views import current_node
from ..core.xla_level import XLA
from . import _names
from ._names import Names
from ._rebuilt import agreed, rebuilt
from ._scopes import scopes_of
from ._symbols import action_of, symbol_of
from ._values import (
    Key,
    Unknown,
    argument_name,
    grad_of,
    local_derivative,
    plain,
    ported,
    projected,
    puller,
    rerun,
    saved_bytes,
    saved_operands,
    saved_outputs,
)
from .model import SMALL, Edge, Graph, Numbers, Operation, Value, resolved

MANY = 1000
"""Operations up to which values and derivatives are computed without being asked for."""
HUGE = 5000
"""Nodes beyond which a drawing is one of a summary."""
seq_of = attrgetter("seq")
SHORT = Repr()
SHORT.maxother = SHORT.maxstring = 60


def build(out: Any, names: Any, label: Any, seed: Any, derivatives: bool | None, depth: int) -> Graph:
    """What :meth:`Graph.of` says."""
    outs, roots = checked(out)
    found = sorted(ancestors(roots), key=seq_of)
    return Builder(outs, roots, found, Names(names, label, sys._getframe(depth)), seed, derivatives).graph()


def graph_or_summary(out: Any, names: Any, label: Any, seed: Any, depth: int) -> Graph:
    """The model, for a drawing: of a graph that is too large to be drawn whole, a summary."""
    outs, roots = checked(out)
    found = sorted(ancestors(roots), key=seq_of)
    known = Names(names, label, sys._getframe(depth))
    if len(found) <= HUGE:
        return Builder(outs, roots, found, known, seed, None).graph()
    from ._summary import summarised

    return summarised(found, roots, known.by_node)


def checked(out: Any) -> tuple[list[Any], list[Any]]:
    """Outputs and their nodes; an output may be given by its node alone."""
    is_one = isinstance(out, TensorBase | Node) or not isinstance(out, Iterable)
    outs: list[Any] = [out] if is_one else list(out)
    for one in outs:
        if not isinstance(one, TensorBase | Node):
            raise TypeError(f"a graph is that of a tensor (or its grad_fn), or of several; got a {type(one).__name__}")
    roots = [one if isinstance(one, Node) else current_node(one) for one in outs]
    if not roots:
        raise ValueError("a graph is that of a tensor, or of several; got none")
    if None in roots:
        shape = list(outs[roots.index(None)]._array.shape)
        raise ValueError(
            f"the tensor of shape {shape} has no graph: it does not require grad. Make it from tensors that do "
            "(requires_grad=True), outside of no_grad, and without detach() on the way."
        )
    return outs, roots


def key_of(node: Any) -> Key:
    """The value that an edge to ``node`` stands for."""
    if type(node) is Port:
        return node.parents[0], node.number
    while type(node) is AccumulateGrad and node.parents:  # what a transform differentiates by is a leaf only inside
        return key_of(node.parents[0])
    return node, 0


def knows(frame: CodeType, code: CodeType) -> bool:
    """Whether a frame has the variables that another code names: the same code, or cells of one notebook."""
    is_cell = frame.co_filename.startswith("<") or "ipykernel" in frame.co_filename
    return frame is code or (is_cell and frame.co_name == code.co_name == "<module>")


class Constant:
    """An operand that no gradient goes to: the node kept it, or the source says what it is, or it is not known."""

    __slots__ = ("array", "known", "name", "named")

    def __init__(self, array: Any, name: str, named: str, known: str) -> None:
        self.array = array
        self.name = name
        self.named = named
        self.known = known


class Builder:
    """The work of one :func:`build`."""

    def __init__(
        self, outs: list[Any], roots: list[Any], found: list[Any], names: Names, seed: Any, derivatives: bool | None
    ) -> None:
        self.outs = outs
        self.names = names
        self.seed = seed
        self.roots = [key_of(root) for root in roots]
        self.ops = [n for n in found if type(n) is not Port and type(n) is not AccumulateGrad]
        self.slots: dict[Any, set[int]] = {node: set() for node in self.ops}
        for node in found:
            if type(node) is Port:
                self.slots[node.parents[0]].add(node.number)
        for node, number in self.roots:
            if node in self.slots:
                self.slots[node].add(number)
        self.whole = len(self.ops) <= MANY if derivatives is None else derivatives
        self.operands: dict[Any, list[Any]] = {}
        """Node -> for each operand the Key of a value, or a Constant."""
        self.keys: list[Any] = []
        """Keys and Constants in the order of ``Graph.values``."""
        self.arrays: dict[Any, tuple[Any, str]] = {}
        """Key -> (array, how it is known)."""
        self.cotangents: dict[Key, Any] = {}
        self.edges: dict[tuple[Any, int], tuple[str, Any, Any]] = {}
        """(node, position) -> (form, local derivative, contribution)."""
        self.problems: dict[Any, str] = {}
        self.shared: dict[Any, Constant] = {}
        levels = [frozenset() if node.extra is None else node.extra.levels for node in roots]
        batches = {
            level
            for node in ancestors(roots)
            if node.extra is not None
            for level in node.extra.levels
            if isinstance(level, BatchLevel)
        }
        self.inside: frozenset[Any] = (frozenset.intersection(*levels) | batches) - {XLA}
        """The levels that one looks from inside of: those that all outputs are of, and each vmap on the way, of which the first element
        is shown."""

    def graph(self) -> Graph:
        self.lay_out()
        if self.whole:
            self.find_arrays()
            with changed_modes(grad=False, hooks=()):
                self.differentiate()
        return self.written()

    # -- structure -----------------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """The operands of each node, and all values in order."""
        seen: set[Any] = set()

        def see(key: Any) -> None:
            if key not in seen:
                seen.add(key)
                self.keys.append(key)

        for node in self.ops:
            operands: list[Any] = []
            saved: dict[int, Any] | None = None
            for position, parent in enumerate(node.parents):
                if parent is not None:
                    operands.append(key_of(parent))
                else:
                    if saved is None:
                        saved = saved_operands(node)
                    operands.append(self.constant(node, position, saved))
                see(operands[-1])
            self.operands[node] = operands
            for number in sorted(self.slots[node]) or [0]:
                see((node, number))
        for root in self.roots:
            see(root)

    def constant(self, node: Any, position: int, saved: dict[int, Any]) -> Constant:
        """The operand of a node that needs no gradient."""
        array = saved.get(position)
        if array is not None:
            return self.constant_of(array, "saved")
        if not self.whole:
            return Constant(None, "", "", "")
        return self.constant_of_source(node, position)

    def constant_of(self, array: Any, known: str) -> Constant:
        name, named = self.names.by_array.get(id(array), ("", ""))
        shared = self.shared.get(id(array))
        if shared is not None and isinstance(array, np.ndarray):
            return shared
        found = Constant(array, name, named, known)
        self.shared[id(array)] = found
        if not name and (not hasattr(array, "shape") or array.shape == ()):
            found.name, found.named = number_name(array), "literal"
        return found

    def constant_of_source(self, node: Any, position: int) -> Constant:
        """What the node did not keep, where the expression that made it leaves no doubt."""
        if node.parents.count(None) == 1:
            found: list[tuple[str, Any]] = []
            frame = self.names.frame
            for text, literal in _names.operands(resolved(node.code, node.lasti).expression):
                tensor = self.names.tensors.get(text)
                if literal is not None:
                    found.append((number_name(literal), literal))
                elif tensor is not None and frame is not None and knows(frame.f_code, node.code):
                    found.append((text, tensor))
            op = getattr(node, "op", None)  # a number given to others, as cat's dim, is no operand
            if len(found) == 1 and op is not None and op.kind == "elementwise" and len(node.parents) == 2:
                name, what = found[0]
                is_tensor = isinstance(what, TensorBase)
                key = id(what) if is_tensor else (node, position)
                named = "variable" if is_tensor else "literal"
                return self.shared.setdefault(key, Constant(what._array if is_tensor else what, name, named, "source"))
        return Constant(None, "", "", "")

    # -- numbers -------------------------------------------------------------------------------------------------------

    def find_arrays(self) -> None:
        """What each value is: a leaf's, kept by a node, the caller's, or computed again."""
        for key in self.keys:
            if isinstance(key, Constant):
                if key.array is not None:
                    self.know(key, key.array, key.known)
            elif type(key[0]) is AccumulateGrad and (leaf := key[0].variable) is not None:
                self.know(key, leaf._array, "leaf")
        for node in self.ops:
            for position, array in saved_operands(node).items():
                operand = self.operands[node][position]
                if not isinstance(operand, Constant) and fits(array, *operand):
                    self.know(operand, array, "saved")
            for number, array in saved_outputs(node).items():
                self.know((node, number), array, "saved")
        for tensor in self.names.held.values():
            key = key_of(current_node(tensor))
            if fits(tensor._array, *key):
                self.know(key, tensor._array, "variable")
        for one, root in zip(self.outs, self.roots, strict=True):
            if isinstance(one, TensorBase):
                self.know(root, one._array, "variable")
        constants = [key for key in self.keys if isinstance(key, Constant) and isinstance(key.array, np.ndarray)]
        for node in self.ops:
            if getattr(node, "op", None) is not None:
                if any((node, n) not in self.arrays for n in self.slots[node] or [0]):
                    self.replay(node)
                else:
                    self.recognise(node, constants[:8])
        for ran in {node.saved: None for node in self.ops if type(node.saved) is Freed}:
            if self.misses_some():
                self.make_again(ran)

    def misses_some(self) -> bool:
        """Whether some value of the graph is not known; of other graphs of the caller's values are known as well."""
        return any(key not in self.arrays for key in self.keys)

    def make_again(self, ran: Freed) -> None:
        """What a backward has let go, if that graph can be made again without doubt."""
        root = ran.root()
        values = {} if root is None else agreed(rebuilt(root, ran))
        for end, value in values.items():
            if isinstance(end, Node):
                self.know(key_of(end), value._array, "replayed")
        for node in self.ops:
            for position, operand in enumerate(self.operands[node]):
                if isinstance(operand, Constant) and operand.array is None and (node, position) in values:
                    self.replace(node, position, self.constant_of(values[node, position], "replayed"))

    def replace(self, node: Any, position: int, constant: Constant) -> None:
        """Another constant for one that is not known."""
        at = self.keys.index(self.operands[node][position])
        self.keys[at : at + 1] = [] if constant in self.arrays else [constant]
        self.operands[node][position] = constant
        self.know(constant, constant.array, constant.known)

    def recognise(self, node: Any, candidates: list[Constant]) -> None:
        """An operand that was not kept, but is a constant kept elsewhere: that with which the op gives its result again."""
        operands = self.operands[node]
        missing = [at for at, one in enumerate(operands) if isinstance(one, Constant) and one.array is None]
        result = self.arrays.get((node, 0), (None, ""))[0]
        others = self.known_operands(node)
        if len(missing) != 1 or result is None or result.size < 2 or sum(one is None for one in others) != 1:
            return
        for candidate in candidates:
            others[missing[0]] = self.arrays.get(candidate, (None, ""))[0]
            again = rerun(node, others)
            if again is not None and np.array_equal(plain(again[0]._array), result):
                self.replace(node, missing[0], candidate)
                return

    def know(self, key: Any, raw: Any, how: str) -> None:
        if key not in self.arrays:
            array = raw if isinstance(raw, int | float | complex) else plain(raw, self.inside)
            if array is not None:
                self.arrays[key] = array, how

    def known_operands(self, node: Any) -> list[Any]:
        return [self.arrays.get(operand, (None, ""))[0] for operand in self.operands[node]]

    def replay(self, node: Any) -> None:
        operands = self.known_operands(node)
        if any(operand is None for operand in operands):
            return
        results = rerun(node, operands)
        if results is not None:
            for number, result in enumerate(results):
                self.know((node, number), result._array, "replayed")

    def differentiate(self) -> None:
        """Local derivatives, and a reverse pass of the model's own: no hook runs, nothing is freed, no ``.grad`` changes."""
        for root, one in zip(self.roots, self.outs, strict=True):
            seed = self.seed_of(one, root)
            if seed is not None:
                before = self.cotangents.get(root)
                self.cotangents[root] = seed if before is None else before + seed
        for node in reversed(self.ops):
            try:
                self.pull_back(node, puller(node, self.known_operands(node), self.inside))
            except Unknown as why:
                self.problems[node] = str(why)
            except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
                self.problems[node] = str(error).partition("\n")[0]

    def seed_of(self, out: Any, root: Key) -> Any:
        """The cotangent of an output, as rules want it: not conjugated."""
        shape, dtype = space_of(*root)
        if isinstance(out, TensorBase) and plain(out._array, self.inside) is None:
            return None
        if self.seed is None:
            return np.ones(shape, dtype) if prod(shape) == 1 and len(self.outs) == 1 else None
        seed = np.asarray(self.seed._array if isinstance(self.seed, TensorBase) else self.seed, dtype)
        if seed.shape != tuple(shape):
            raise ValueError(
                f"the seed has shape {list(seed.shape)}, the output {list(shape)}: give it the output's shape"
            )
        return np.conj(seed) if seed.dtype.kind == "c" else seed

    def pull_back(self, node: Any, pull: Any) -> None:
        """The edges of one node, and what its cotangent adds to those of its operands."""
        need = tuple(parent is not None for parent in node.parents)
        numbers = range(len(node.shape)) if ported(node) and getattr(node, "op", None) is not None else None
        if numbers is None and ported(node):
            numbers = range(len(node.spaces))
        arriving: Any = self.cotangents.get((node, 0))
        if numbers is not None:
            slots = [self.cotangents.get((node, number)) for number in numbers]
            arriving = slots if any(g is not None for g in slots) else None
        contributions = [None] * len(need) if arriving is None else pull(arriving, need)
        for position, parent in enumerate(node.parents):
            if parent is None:
                continue
            form, local = local_derivative(node, parent, position, pull)
            g = contributions[position]
            if g is None and arriving is not None:
                g = np.zeros(parent.shape, parent.dtype)
            if g is not None:
                g = projected(g, parent)
                key = self.operands[node][position]
                before = self.cotangents.get(key)
                self.cotangents[key] = g if before is None else before + g
            self.edges[node, position] = form, local, g

    # -- the model -----------------------------------------------------------------------------------------------------

    def written(self) -> Graph:
        ids = {key: f"v{number}" for number, key in enumerate(self.keys, 1)}
        op_ids = {node: f"op{number}" for number, node in enumerate(self.ops, 1)}
        names = self.value_names()
        roots = set(self.roots)
        values = []
        for key, (name, named) in zip(self.keys, names, strict=True):
            if isinstance(key, Constant):
                array = self.arrays.get(key, (None, ""))[0]
                numbers = None if array is None else kept(array)
                shape: Any = getattr(key.array, "shape", () if key.array is not None else None)
                dtype = str(key.array.dtype.name) if hasattr(key.array, "dtype") else type(key.array).__name__
                dtype = "" if key.array is None else dtype
                values.append(
                    Value(ids[key], name, named, shape, dtype, False, True, "constant", None, 0, numbers, key.known)
                )
                continue
            node, slot = key
            leaf = type(node) is AccumulateGrad
            many = not leaf and ported(node)
            shape, dtype = space_of(node, slot)
            array, known = self.arrays.get(key, (None, ""))
            held = None if many else self.names.held.get(id(node))
            grad = grad_of(node, held)
            g = self.cotangents.get(key)
            values.append(
                Value(
                    ids[key],
                    name,
                    named,
                    tuple(shape),
                    str(dtype.name),
                    True,
                    leaf,
                    "input" if leaf else "output" if key in roots else "intermediate",
                    None if leaf else op_ids[node],
                    slot,
                    None if array is None else kept(array),
                    known,
                    None if grad is None else kept(grad),
                    None if g is None else kept(np.conj(g) if g.dtype.kind == "c" else g),
                )
            )
        scopes = scopes_of(self.ops, self.names.module_of)
        operations = tuple(
            self.operation(node, op_ids[node], scope, ids) for node, scope in zip(self.ops, scopes, strict=True)
        )
        return Graph(
            tuple(values),
            operations,
            self.written_edges(ids, op_ids),
            tuple(value.id for value in values if value.role == "input"),
            tuple(ids[root] for root in dict.fromkeys(self.roots)),
            self.note(),
        )

    def note(self) -> str:
        """Which of several numbers are shown, and why some are not."""
        said = []
        for level in sorted(self.inside, key=lambda level: level.depth):
            if isinstance(level, BatchLevel):
                said.append(f"inside of vmap: the first of {level.size} elements")
            elif isinstance(level, DualLevel):
                said.append("forward mode: the primal numbers")
        is_unknown = self.whole and self.misses_some()
        if is_unknown and any(type(node.saved) is Freed for node in self.ops):
            said.append("?: let go by a backward; draw before optimizer.step(), or use backward(retain_graph=True)")
        return "; ".join(said)

    def operation(self, node: Any, name: str, scope: str, ids: dict[Any, str]) -> Operation:
        op = getattr(node, "op", None)
        params = node.params or {} if op is not None else {}
        said = op.name if op is not None else function_name(node)
        return Operation(
            name,
            said,
            symbol_of(op, params) if op is not None else said,
            node.name(),
            node.seq,
            {key: parameter(value) for key, value in params.items()},
            tuple([ids[key] for key in self.operands[node]]),
            tuple([ids[node, number] for number in sorted(self.slots[node]) or [0]]),
            saved_bytes(node),
            type(node.saved) is Freed,
            scope,
            node.code.co_qualname,
            self.problems.get(node, ""),
            node.lasti,
            (node.code, node.lasti),
        )

    def written_edges(self, ids: dict[Any, str], op_ids: dict[Any, str]) -> tuple[Edge, ...]:
        edges = []
        for node in self.ops:
            op = getattr(node, "op", None)
            for position, (key, parent) in enumerate(zip(self.operands[node], node.parents, strict=True)):
                argument = argument_name(op, position)
                if parent is None:
                    edges.append(Edge(ids[key], op_ids[node], position, argument, False))
                    continue
                form, local, g = self.edges.get((node, position), ("", None, None))
                action = action_of(op, argument) if op is not None else f"the backward of {function_name(node)}"
                if g is not None and g.dtype.kind == "c":
                    g = np.conj(g)
                edges.append(
                    Edge(
                        ids[key],
                        op_ids[node],
                        position,
                        argument,
                        True,
                        form,
                        None if local is None else kept(local),
                        action,
                        None if g is None else kept(g),
                    )
                )
        return tuple(edges)

    def value_names(self) -> list[tuple[str, str]]:
        """(name, where it is from) of each value."""
        found: list[tuple[str, str]] = []
        by_node, last = self.names.by_node, self.last_of_their_place()
        for key in self.keys:
            if isinstance(key, Constant):
                found.append((key.name, key.named))
                continue
            node, slot = key
            ends = (
                [node]
                if not ported(node)
                else [p for ref in node.extra.ports.values() if (p := ref()) and p.number == slot]
            )
            known = next((by_node[id(end)] for end in ends if id(end) in by_node), ("", ""))
            if not known[0] and (type(node) is AccumulateGrad or (node in last and not ported(node))):
                name = _names.assigned_name(node.code, node.lasti)
                known = (name, "source") if name else known
            found.append(known)
        for at, (name, named) in enumerate(found):
            listed = (
                None if (name and named != "source") or self.is_leaf(self.keys[at]) else next(self.names.listed, None)
            )
            if listed is not None:
                found[at] = listed, "label"
        taken = {name for name, _ in found} | self.names.variables
        spare = _names.letters(taken)
        for at, (name, _) in enumerate(found):
            if not name:
                key = self.keys[at]
                unknown = isinstance(key, Constant) and key.array is None
                new = "?" if unknown else next(spare)
                if key in self.roots and len(self.roots) == 1 and new[1:].isdecimal() and "out" not in taken:
                    new = "out"
                found[at] = new, "derived"
        sources = [at for at, (_, named) in enumerate(found) if named == "source"]
        taken = {name for name, named in found if named in ("label", "variable", "module")}
        numbered = _names.unique([found[at][0] for at in sources], taken)
        for at, name in zip(sources, numbered, strict=True):
            found[at] = name, "source"
        return found

    def is_leaf(self, key: Any) -> bool:
        return isinstance(key, Constant) or type(key[0]) is AccumulateGrad

    def last_of_their_place(self) -> set[Any]:
        """The nodes that give the value of the expression that made them: one call may make several."""
        if not self.whole:
            return set()
        return {
            node
            for node, after in zip(self.ops, [*self.ops[1:], None], strict=False)
            if after is None or (after.code, after.lasti) != (node.code, node.lasti)
        }


def space_of(node: Any, slot: int) -> tuple[tuple[int, ...], Any]:
    """Shape and dtype of a value."""
    if type(node) is AccumulateGrad or not ported(node):
        return node.shape, node.dtype
    return node.spaces[slot] if isinstance(node, CustomNode) else (node.shape[slot], node.dtype[slot])


def fits(array: Any, node: Any, slot: int) -> bool:
    """Whether an array may be a value of that node: promotion may have changed what an op saved."""
    return bool((array.shape, array.dtype) == space_of(node, slot))


def function_name(node: Any) -> str:
    """The class of a custom Function."""
    return printable(node.function.__name__) if isinstance(node, CustomNode) else node.name()


def kept(array: Any) -> Numbers:
    """As numbers of the model: few of them are copied, so that later writes do not change what it says."""
    array = np.asarray(array)
    return Numbers.of(array.copy() if array.size <= SMALL else array)


def number_name(number: Any) -> str:
    """How a number is written."""
    if isinstance(number, np.generic | np.ndarray):
        number = number.item()
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e6:
        return str(int(number))
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def parameter(value: Any) -> Any:
    """A static parameter as JSON has it."""
    if value is None or isinstance(value, bool | int | float | complex | str):
        return value
    if isinstance(value, tuple | list):
        return tuple([parameter(one) for one in value])
    return SHORT.repr(value)
