"""The graph: one node for each recorded op, with edges to the nodes of its inputs.

A node never refers to its output tensor, and an output that it saved is the raw array: without cycles made by the user,
a graph is freed by reference counting alone.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any, ClassVar

from . import origin
from .hooks import RemovableHandle
from .origin import caller
from .value import Lifted

if TYPE_CHECKING:
    from .op import Op
    from .value import TensorBase

next_seq = count().__next__


class Extra:
    """What few nodes have: hooks, the tensors whose grad is retained, the user's metadata."""

    __slots__ = ("hooks", "levels", "metadata", "ports", "prehooks", "retained", "tensor_hooks", "traceback")

    def __init__(self) -> None:
        self.ports: dict[int, weakref.ref[Port]] = {}
        self.tensor_hooks: dict[int, Any] | None = None
        self.prehooks: dict[int, Any] | None = None
        self.hooks: dict[int, Any] | None = None
        self.retained: weakref.ref[TensorBase] | None = None
        self.metadata: dict[Any, Any] | None = None
        self.traceback: str | None = None
        self.levels: frozenset[Any] = frozenset()
        """Of a node whose output is lifted: the levels that it belongs to."""

    def is_hooked(self) -> bool:
        """Whether the node's own step is out of the ordinary, beyond its output tensor."""
        return bool(self.hooks or self.prehooks or self.levels)

    def has_ports_only(self) -> bool:
        """Whether nothing but several outputs sets the node apart: a reverse pass has nothing else to do for it."""
        return bool(self.ports) and not (
            self.tensor_hooks or self.prehooks or self.hooks or self.retained or self.metadata or self.levels
        )


class Node:
    """A step of the graph. Each op has a subclass of its own, named as PyTorch names it (MulBackward0)."""

    __slots__ = ("__weakref__", "code", "dtype", "extra", "lasti", "parents", "saved", "seq", "shape")

    parents: tuple[Node | None, ...]
    """The nodes of the array operands, in their order; None for one that needs no gradient."""
    saved: Any
    """What the rules asked to keep, as ``op.fields`` lays it out: for an array (value, cell, version), for the rest the
    value. After a backward that did not retain the graph: a :class:`Freed`. Under saved-tensor hooks: a ``Packed``."""
    seq: int
    """Creation order, which is a topological order; the reverse pass runs by it."""
    code: CodeType
    lasti: int
    shape: tuple[int, ...]
    dtype: Any
    extra: Extra | None

    op: ClassVar[Op]
    pulls: ClassVar[tuple[Any, ...] | None] = None
    """For the usual op: how to get each operand's cotangent, as ``op.shortcut`` gives it."""
    params: Any = None
    array_fields: ClassVar[tuple[int, ...]] = ()
    """Where in ``saved`` arrays lie: what there is to let go."""
    full_name: ClassVar[str | None] = None
    """The name with PyTorch's C++ namespace, where it has one."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As IPython shows an object that has no form of its own."""
        printer.text(repr(self).replace(" object", "", 1))

    def _repr_svg_(self) -> str | None:
        """As a notebook shows it: the graph that ends here, drawn. ``insight`` is above this layer, and loads when it is asked."""
        if not self.parents:
            return None
        drawing: str = import_module(f"{__package__.partition('.')[0]}.insight.drawing").svg_of_node(self)
        return drawing

    def name(self) -> str:
        """The node's name, as PyTorch names it.

        >>> import chainrule as torch
        >>> (torch.ones(2, requires_grad=True) * 2).grad_fn.name()
        'MulBackward0'
        """
        return self.full_name or type(self).__name__

    def origin(self) -> origin.Place:
        """File, line and expression of the call that made the node."""
        return origin.resolve(self.code, self.lasti)

    @property
    def requires_grad(self) -> bool:
        return True

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dict for the user's own notes, alive as long as the node."""
        extra = extra_of(self)
        if extra.metadata is None:
            extra.metadata = {}
        return extra.metadata

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """(node, output number) for each input; (None, 0) where no gradient goes. Indices and conditions are no inputs."""
        edges = tuple(edge_of(parent) for parent in self.parents)
        op = getattr(self, "op", None)
        if op is None or op.all_rule is not None or len(op.rules) == len(op.args):
            return edges
        return tuple(edge for edge, name in zip(edges, op.args, strict=False) if name in op.rules)

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Run ``fn(grad_inputs, grad_outputs)`` after the node ran; it may return replacement grad_inputs."""
        extra = extra_of(self)
        if extra.hooks is None:
            extra.hooks = {}
        return RemovableHandle(extra.hooks, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Run ``fn(grad_outputs)`` before the node runs; it may return replacement grad_outputs."""
        extra = extra_of(self)
        if extra.prehooks is None:
            extra.prehooks = {}
        return RemovableHandle(extra.prehooks, fn)

    def _sequence_nr(self) -> int:
        return self.seq

    def cotangents(self, g: Any, need: tuple[bool, ...], tensors: bool) -> tuple[Any, ...]:
        """For nodes without ``pulls``: the cotangents of the parents, None where not needed.

        ``tensors`` says whether cotangents are tensors, or raw arrays.
        """
        raise NotImplementedError(f"{type(self).__name__} has no derivative")

    def release(self, freed: Freed) -> None:
        """Let go of saved arrays, if there are any; ``freed`` says where that happened."""
        saved = self.saved
        if type(saved) is not tuple:
            self.saved = freed
            return
        for at in self.array_fields:
            if saved[at] is not None:
                self.saved = freed
                return


class Port(Node):
    """One output of a node that has several: it hands its cotangent to slot ``number`` of that node."""

    __slots__ = ("number",)

    number: int

    @classmethod
    def of(cls, node: Node, number: int, array: Any) -> Port:
        """The port of that output: one and the same as long as somebody holds it."""
        ports = extra_of(node).ports
        known = ports[number]() if number in ports else None
        if known is not None:
            return known
        port = cls()
        ports[number] = weakref.ref(port)
        port.parents = (node,)
        port.saved = ()
        port.number = number
        port.seq = next_seq()
        port.code = node.code
        port.lasti = node.lasti
        port.shape = array.shape
        port.dtype = array.dtype
        port.extra = None
        note_levels(port, array)
        return port


class AccumulateGrad(Node):
    """The end of an edge at a leaf: it adds what arrives to the leaf's ``.grad``.

    What a transform differentiates by is a leaf to the function that it transforms, but not to those outside: such a node
    has the outer value's as its parent, and hands on to it what arrives.
    """

    __slots__ = ("ref",)

    full_name = "torch::autograd::AccumulateGrad"
    ref: weakref.ref[Any]

    @property
    def variable(self) -> Any:
        """The leaf, or None when nobody holds it any more."""
        return self.ref()

    @classmethod
    def of(cls, tensor: TensorBase, skip: int = 3) -> AccumulateGrad:
        """The node of a leaf made by whoever called into chainrule; ``skip`` is for :func:`origin.caller`."""
        array = tensor._array
        node = cls()
        node.parents = ()
        node.saved = ()
        node.seq = next_seq()
        node.code, node.lasti = caller(skip)
        node.shape = array.shape
        node.dtype = array.dtype
        node.extra = None
        node.ref = weakref.ref(tensor)
        if isinstance(array, Lifted):
            note_levels(node, array)
        return node

    def cotangents(self, g: Any, need: tuple[bool, ...], tensors: bool) -> tuple[Any, ...]:
        return (g,)


class Freed:
    """A reverse pass that has run: where, and from which node. It stands where saved values were that it has let go."""

    __slots__ = ("accumulates", "code", "lasti", "recorded", "root", "seq", "value", "when")

    code: CodeType
    lasti: int
    root: weakref.ref[Node]
    seq: int
    """The root's number: what is younger was not in the graph."""
    when: int
    """When it ran, by the clock that numbers nodes."""
    accumulates: bool
    """Whether it added to ``.grad`` of leaves, all there were."""
    recorded: bool
    """Whether what it gave has a history itself."""
    value: Any
    """The number that the root gave, where that is one, and backward() was called on it."""

    def __init__(self, place: tuple[CodeType, int], root: Node, accumulates: bool, recorded: bool = False) -> None:
        self.code, self.lasti = place
        self.root = weakref.ref(root)
        self.seq = root.seq
        self.when = next_seq()
        self.accumulates = accumulates
        self.recorded = recorded
        self.value = None
        RECENT.append(self)

    def place(self) -> origin.Place:
        return origin.resolve(self.code, self.lasti)


RECENT: deque[Freed] = deque(maxlen=16)
"""The last reverse passes of the process, for those who ask later why a gradient is what it is."""
LAST: deque[Node] = deque(maxlen=1)
"""The root of the last ordinary pass that added to ``.grad`` and let the saved values go, so that one can ask why when no variable
holds the loss any more. No tensors hang on it, nor anything of the user's; of a graph larger than ``STRUCTURE`` it is not kept."""
STRUCTURE = 4096


def extra_of(node: Node) -> Extra:
    """The node's :class:`Extra`, made when there is none."""
    extra = node.extra
    if extra is None:
        extra = node.extra = Extra()
    return extra


def note_levels(node: Node, *arrays: Any) -> None:
    """Let a node know the levels of its outputs: the reverse pass asks (see ``Pass.across``)."""
    lifted = [array for array in arrays if isinstance(array, Lifted)]
    if lifted and (levels := frozenset[Any]().union(*[array.levels for array in lifted])):
        extra_of(node).levels = levels


def edge_of(node: Node | None) -> tuple[Node | None, int]:
    """The public form of an edge: (node, output number), with no ports."""
    if isinstance(node, Port):
        return node.parents[0], node.number
    return node, 0


def ancestors(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes, and all that they depend on, each once."""
    seen = set(nodes)
    stack = list(seen)
    while stack:
        node = stack.pop()
        yield node
        # An operand may stand twice: x * x.
        new = dict.fromkeys([parent for parent in node.parents if parent is not None and parent not in seen])
        seen.update(new)
        stack += new
