"""``from_torch``: the model of a graph that PyTorch itself has recorded, so that it can be drawn and explained.

Each of PyTorch's nodes gets a twin that is a node of chainrule's, with the same edges, what PyTorch saved laid out as chainrule
lays it out, and PyTorch's own backward for its derivative. The model is then made as of any graph. PyTorch is never
imported: whoever has a tensor of it has done so.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import count
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.engine import seq_of
from ..core.node import AccumulateGrad, Freed, Node, Port, ancestors, extra_of
from ..core.op import OPS, Op, is_array_field, torch_names
from ..core.origin import Place, outer
from ..core.value import TensorBase, meta_of, new_tensor
from ._build import HUGE, Builder
from ._names import Names, prefix_of, scopes_of
from ._summary import summarised

if TYPE_CHECKING:
    from .model import Graph

NOWHERE = compile("", "", "exec")
"""Stands for the code that called: PyTorch does not know it (but under anomaly mode)."""
SOURCE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)\n\s*(?P<expression>[^\n]*)')


def from_torch(
    out: Any, *, names: Any = None, label: Any = None, seed: Any = None, derivatives: bool | None = None
) -> Graph:
    """The model of the graph of one of PyTorch's tensors: for ``draw``, ``explain``, ``diff`` and tools of your own.

    Values are what PyTorch saved, what the leaves and the caller's variables hold, and what follows from those. Local
    derivatives are those of PyTorch's own backward functions, called one by one. Where a node was made PyTorch knows only
    under ``torch.autograd.set_detect_anomaly(True)``; without it, places are empty.

    Beyond 5000 nodes the model is one of stretches of the graph only, unless ``derivatives`` is given.

    Args:
        out: a ``torch.Tensor`` that requires grad.
        names: a ``torch.nn.Module``, or names and their tensors, that go before the caller's variables.
        label: names and their tensors, which go before all else.
        seed: the cotangent of ``out``, a NumPy array or one of PyTorch's tensors; by default 1 where it has one element.
        derivatives: as for ``Graph.of``.

    Raises:
        TypeError: ``out`` is no tensor of PyTorch's.
        ValueError: it has no graph.

    In a program that uses PyTorch: ``print(chainrule.insight.explain(from_torch(loss), "w"))``, ``draw(from_torch(loss))``.
    """
    torch = sys.modules.get("torch")
    if isinstance(out, TensorBase) or torch is None or not isinstance(out, torch.Tensor):
        raise TypeError(f"from_torch() wants one of PyTorch's tensors, but got a {type(out).__name__}")
    if not out.requires_grad:
        raise ValueError("the tensor has no graph: it does not require grad")
    twins = Twins(torch)
    root = twins.edge_of(out, derivatives is None)
    known = Names(None, None, None)
    for given, how in ((label, "label"), (names, "module" if hasattr(names, "named_parameters") else "label")):
        if given is not None:
            twins.note(known, given, how)
    twins.note_variables(known, outer(sys._getframe(1)))
    end = twins.tensor(out)
    found = sorted(ancestors([root]), key=seq_of)  # names may be of other graphs, too
    if twins.is_sketched:
        return summarised(found, [root], known.by_node)
    cotangent = seed.detach().cpu().numpy() if isinstance(seed, torch.Tensor) else seed
    graph = Builder([end], [root], found, known, cotangent, derivatives).graph()
    places = {node.seq: place for fn, node in twins.nodes.values() if (place := place_of(fn)) is not None}
    return replace(
        graph,
        operations=tuple([replace(op, place=places.get(op.seq, Place("", 0, "", ""))) for op in graph.operations]),
    )


class Twin(Node):
    """Stands for one of PyTorch's nodes."""

    __slots__ = ("at", "fn", "op", "params", "spaces", "torch")

    fn: Any
    at: list[int]
    """The positions of the operands that the node has edges for."""
    op: Any  # type: ignore[misc]
    """The op of ours that it is of; not set where there is none."""
    spaces: tuple[Any, ...]
    """(shape, dtype) of each output."""
    torch: Any

    def name(self) -> str:
        return str(self.fn.name())

    def cotangents(self, g: Any, need: tuple[bool, ...], tensors: bool) -> tuple[Any, ...]:
        """What PyTorch's node makes of the cotangents of its outputs. PyTorch's are conjugated, ours are not."""
        torch = self.torch
        given = [None if one is None else tensor_of(torch, np.conj(one)) for one in (g if type(g) is list else [g])]
        given += [None] * (len(self.fn._input_metadata) - len(given))
        with torch.no_grad():
            results = (self.fn if callable(self.fn) else self.fn.apply)(
                *given
            )  # a custom Function's is not called itself
        results = results if isinstance(results, tuple) else (results,)
        placed = dict(zip(self.at, results, strict=False))
        found = [placed.get(position) if wanted else None for position, wanted in enumerate(need)]
        return tuple([None if one is None else np.conj(numpy_of(torch, one)) for one in found])


def numpy_of(torch: Any, tensor: Any) -> Any:
    """A tensor's values; of bfloat16, which NumPy lacks, as float32."""
    wide = tensor.float() if tensor.dtype is torch.bfloat16 else tensor
    return wide.detach().cpu().resolve_conj().resolve_neg().numpy()


def tensor_of(torch: Any, array: Any) -> Any:
    """A tensor with memory of its own."""
    return torch.from_numpy(np.array(array, order="C"))


class Twins:
    """The twins of PyTorch's nodes, each made once."""

    def __init__(self, torch: Any) -> None:
        for family in ops.LATE:
            import_module(f"chainrule.ops.{family}")
        self.torch = torch
        self.known: dict[str, list[Op]] = {}
        for op in OPS.values():
            self.known.setdefault(op.node_name, []).append(op)
        self.nodes: dict[Any, tuple[Any, Any]] = {}
        """Of PyTorch's node: itself (so that it stays what it is) and its twin."""
        self.arrays: dict[Any, Any] = {}
        self.is_sketched = False
        """Whether the graph is too large for more than its shape."""
        self.fitting: dict[Any, list[Op]] = {}
        self.names_of = cache(torch_names)
        self.dtype_of = cache(lambda dtype: dtype_of(torch, dtype))
        self.tensors: list[Any] = []
        self.next_seq = count().__next__

    def array(self, tensor: Any) -> Any:
        """A tensor's memory, as one and the same ndarray each time."""
        tensor = tensor.detach().cpu()
        key = tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype
        if key not in self.arrays:
            self.arrays[key] = numpy_of(self.torch, tensor)
        return self.arrays[key]

    def tensor(self, tensor: Any) -> Any:
        """One of ours that stands for one of PyTorch's."""
        made = new_tensor(self.array(tensor), self.edge_of(tensor) if tensor.requires_grad else None)
        self.tensors.append(made)
        return made

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def edge_of(self, tensor: Any, may_sketch: bool = False) -> Any:
        """The twin that a tensor's gradient flows to."""
        if tensor.grad_fn is None:
            edge = self.torch.autograd.graph.get_gradient_edge(tensor)
            return self.edge(edge.node, edge.output_nr, may_sketch)
        return self.edge(tensor.grad_fn, tensor.output_nr, may_sketch)

    def edge(self, fn: Any, number: int, may_sketch: bool) -> Any:
        """The twin of one output of a node, and the twins of all that it depends on."""
        stack = [fn]
        order = []
        seen = set(self.nodes)
        while stack:
            one = stack.pop()
            if one not in seen:
                seen.add(one)
                order.append(one)
                stack += [parent for parent, _ in one.next_functions if parent is not None]
        self.is_sketched = self.is_sketched or (may_sketch and len(order) > HUGE)
        order.sort(key=lambda one: (not is_leaf(one), one._sequence_nr()))
        collects = gc.isenabled()
        gc.disable()  # all that is made here stays: looking for what does not would take half of the time
        try:
            for one in order:
                self.nodes[one] = one, self.leaf(one) if is_leaf(one) else self.twin(one)
        finally:
            if collects:
                gc.enable()
        return self.output(fn, number)

    def output(self, fn: Any, number: int) -> Any:
        node = self.nodes[fn][1]
        if is_leaf(fn) or (node.op.outputs is None if hasattr(node, "op") else len(node.spaces) == 1):
            return node
        port = Port.of(node, number, Space(*node.spaces[number]))
        self.tensors.append(port)
        return port

    def leaf(self, fn: Any) -> Any:
        variable = fn.variable
        leaf = new_tensor(self.array(variable))
        if variable.grad is not None:
            meta_of(leaf).grad = new_tensor(self.array(variable.grad))
        leaf._node = AccumulateGrad.of(leaf)
        leaf._node.seq = self.next_seq()
        self.tensors.append(leaf)
        return leaf._node

    def twin(self, fn: Any) -> Any:
        node = Twin()
        node.fn, node.torch = fn, self.torch
        node.code, node.lasti, node.seq, node.extra = NOWHERE, 0, self.next_seq(), None
        metadata = fn._input_metadata[:1] if self.is_sketched else fn._input_metadata
        node.spaces = tuple([(tuple(one.shape), self.dtype_of(one.dtype)) for one in metadata])
        edges = [None if parent is None else self.output(parent, number) for parent, number in fn.next_functions]
        op = None if self.is_sketched else self.op_of(fn, len(edges))
        node.at = list(range(len(edges)))
        node.params, node.saved = {}, ()
        if op is None:
            node.parents = tuple(edges)
            if len(node.spaces) > 1:
                extra_of(node)
        else:
            node.op = op
            if not op.variadic:
                node.at = differentiable(op)
            placed = dict(zip(node.at, edges, strict=True))
            node.parents = tuple([placed.get(position) for position in range(max(len(op.args), len(edges)))])
            self.save(node, op, fn)
        several = len(node.spaces) > 1 if op is None else op.outputs is not None
        shapes, dtypes = zip(*node.spaces, strict=True)
        node.shape, node.dtype = (shapes, dtypes) if several else (shapes[0], dtypes[0])
        return node

    def op_of(self, fn: Any, edges: int) -> Op | None:
        """The op of ours that a node is of: one with as many operands, and whose parameters it knows, if there is one."""
        key = fn.name(), edges  # what a node has saved is the same for all of its name
        fitting = self.fitting.get(key)
        if fitting is None:
            fitting = [op for op in self.known.get(fn.name(), ()) if op.variadic or len(differentiable(op)) == edges]
            fitting.sort(key=lambda op: sum(not hasattr(fn, "_saved_" + torch_names(op).get(p, p)) for p in op.params))
            self.fitting[key] = fitting
        if fn.name() == "AddBackward0" and getattr(fn, "_saved_alpha", 1) == 1:
            return OPS["add"]
        return fitting[0] if fitting else None

    def save(self, node: Any, op: Op, fn: Any) -> None:
        """What PyTorch saved, where chainrule's node would have it."""
        names = self.names_of(op)
        saved: list[Any] = []
        try:
            for field in op.fields:
                value = getattr(fn, "_saved_" + names.get(field, field), None)
                if is_array_field(op, field):
                    is_tensor = isinstance(value, self.torch.Tensor)
                    array = self.array(value) if is_tensor else value if isinstance(value, (int, float)) else None
                    saved += [array, None, 0]  # no cell: PyTorch has checked the version itself
                elif op.variadic and field == op.args[-1]:
                    saved.append(())
                else:
                    saved.append(None)
        except RuntimeError:  # a backward has freed them
            node.saved = pass_of_pytorch()
            return
        node.saved = tuple(saved)
        for name in op.params:
            value = getattr(fn, "_saved_" + names.get(name, name), None)
            if value is not None and not isinstance(value, self.torch.Tensor):
                node.params[name] = from_the_back(value, node) if name.startswith("axis") else value

    # -- names ---------------------------------------------------------------------------------------------------------

    def note(self, names: Names, given: Any, how: str, prefix: str = "") -> None:
        """Names of tensors: of a module, or given as such."""
        if hasattr(given, "named_parameters"):
            pairs = [*given.named_parameters(prefix), *given.named_buffers(prefix)]
            for name, tensor in pairs:
                if tensor.requires_grad:
                    names.module_of.setdefault(id(self.edge_of(tensor)), name.rpartition(".")[0])
        else:
            pairs = list(given.items() if hasattr(given, "items") else given)
        for name, tensor in pairs:
            names.note(name, self.tensor(tensor), how)

    def note_variables(self, names: Names, frame: FrameType) -> None:
        """Names that the caller has for tensors."""
        torch = self.torch
        modules = []
        for variables in scopes_of(frame):
            for name, value in variables.items():
                if name.startswith("_"):
                    continue
                if isinstance(value, torch.Tensor):
                    if self.is_part(value):
                        names.note(name, self.tensor(value), "variable")
                elif isinstance(value, torch.nn.Module):
                    modules.append((name, value))
        for name, module in dict(modules).items():
            self.note(names, module, "module", prefix_of(name, module, len(modules)))

    def is_part(self, tensor: Any) -> bool:
        """Whether it may be a value of the graph: one without gradient, or of one of its nodes."""
        return not tensor.requires_grad or tensor.grad_fn is None or tensor.grad_fn in self.nodes


def pass_of_pytorch() -> Freed:
    """Stands for a backward of PyTorch's. It is none of those that ran here, so it is not entered in their list."""
    freed = Freed.__new__(Freed)
    freed.code, freed.lasti = NOWHERE, 0
    freed.root = lambda: None  # type: ignore[assignment]  # it has no node of ours
    freed.value = None
    return freed


class Space:
    """Shape and dtype of an output."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


def from_the_back(dims: Any, node: Any) -> Any:
    """Dims as ops count them; PyTorch shows negative ones as unsigned numbers."""
    if isinstance(dims, tuple):
        return tuple([from_the_back(dim, node) for dim in dims])
    if dims >= 2**63:
        return dims - 2**64
    parent = next((parent for parent in node.parents if parent is not None), None)
    return dims if parent is None or dims < 0 else dims - len(parent.shape)


def is_leaf(fn: Any) -> bool:
    return bool(fn.name() == "torch::autograd::AccumulateGrad")


def dtype_of(torch: Any, dtype: Any) -> Any:
    """NumPy's dtype of values of one of PyTorch's, as ``Twins.array`` gives them."""
    wide = torch.float32 if dtype is torch.bfloat16 else dtype
    return torch.empty(0, dtype=wide).numpy().dtype


def differentiable(op: Op) -> list[int]:
    """The positions of the operands that PyTorch's node has edges for."""
    if op.all_rule is not None or len(op.rules) == len(op.args):
        return list(range(len(op.args)))
    return [at for at, name in enumerate(op.args) if name in op.rules]


def place_of(fn: Any) -> Place | None:
    """Where a node was made, if anomaly mode noted it."""
    lines = SOURCE.findall("".join(fn.metadata.get("traceback_", ())))
    inside = os.path.dirname(sys.modules["torch"].__file__ or "")
    lines = [line for line in lines if not line[0].startswith(inside)]
    if not lines:
        return None
    file, line, function, expression = lines[-1]
    return Place(file, int(line), function, expression)
