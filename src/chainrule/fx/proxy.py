"""What stands for a value while a program is traced: :class:`Proxy`, and what notes the calls that it meets."""

from __future__ import annotations

import dataclasses
import dis
import operator
import sys
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .._tensor import Tensor
from ..device import device
from ..dtypes import dtype
from ..functions.creation import layout
from ..functions.memory import memory_format
from ..functions.normalization import layer_norm
from . import _words
from .node import Node, Target, map_aggregate

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["Attribute", "GraphAppendingTracer", "ParameterProxy", "Proxy", "TraceError", "TracerBase"]


class TraceError(ValueError):
    """What a program asks of a value while it is traced, and only a computed value could tell."""


CONSTANTS = (
    str,
    int,
    float,
    complex,
    bool,
    bytes,
    dtype,
    device,
    Tensor,
    memory_format,
    layout,
    types.NoneType,
    types.EllipsisType,
    range,
)
"""Types of values that stand in a node's arguments as they are."""


class TracerBase:
    """Makes nodes of a graph from calls on proxies. A subclass may change what is made."""

    graph: Graph

    def create_node(
        self,
        kind: str,
        target: Target,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any = None,
    ) -> Node:
        """Add a node to the graph; all nodes are made here. Arguments as of :meth:`Graph.create_node`."""
        return self.graph.create_node(kind, target, args, kwargs, name, type_expr)

    def proxy(self, node: Node) -> Proxy:
        """The proxy that stands for a node's value."""
        return Proxy(node, self)

    def create_proxy(
        self,
        kind: str,
        target: Target,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any = None,
        proxy_factory_fn: Callable[[Node], Proxy] | None = None,
    ) -> Proxy:
        """Add a node whose arguments are given in proxies, and return the proxy of its value."""
        made = self.create_node(kind, target, self.create_arg(args), self.create_arg(kwargs), name, type_expr)
        return (proxy_factory_fn or self.proxy)(made)

    def create_arg(self, a: Any) -> Any:
        """An argument of a call as it stands in a node: with nodes in the place of proxies.

        Raises:
            NotImplementedError: a graph does not hold values of this type.
            RuntimeError: a proxy is a key of a dict.
        """
        if isinstance(a, Proxy):
            return a.node
        if hasattr(type(a), "__fx_create_arg__"):
            return a.__fx_create_arg__(self)
        if isinstance(a, tuple) and hasattr(a, "_fields"):
            return type(a)(*map(self.create_arg, a))
        if isinstance(a, (tuple, list)):
            made = [self.create_arg(one) for one in a]
            return made if isinstance(a, list) else tuple(made)
        if isinstance(a, dict):
            return {self._key(key): self.create_arg(value) for key, value in a.items()}
        if isinstance(a, slice):
            return slice(*map(self.create_arg, (a.start, a.stop, a.step)))
        if dataclasses.is_dataclass(a) and not isinstance(a, type):
            fields = {field.name: self.create_arg(getattr(a, field.name)) for field in dataclasses.fields(a)}
            return self.create_node("call_function", type(a), (), fields)
        if isinstance(a, (*CONSTANTS, Node)):
            return a
        raise NotImplementedError(
            f"a graph holds no value of type {type(a).__name__} in the arguments of a call: {a!r}. It holds tensors, numbers, strings, dtypes "
            "and the like, in tuples, lists, dicts and slices; a function that makes the value can be kept whole: torch.fx.wrap"
        )

    def _key(self, key: Any) -> Any:
        made = self.create_arg(key)
        if isinstance(made, Node):
            raise RuntimeError(
                f"a dict that is an argument has the traced value {made} as a key: keys must be known when a program is traced"
            )
        return made

    def to_bool(self, obj: Proxy) -> bool:
        """Called where a program asks whether a proxy is true.

        Raises:
            TraceError: unless a subclass answers.
        """
        raise TraceError(
            f"a traced value decides what the program does: {_of(obj)} is used as a condition (if, while, and, or, not, assert). There are no "
            "numbers while a program is traced, and a graph has no branches. Use torch.where, or give the argument that decides a "
            "value: symbolic_trace(f, concrete_args={...}), or keep the function that decides whole: torch.fx.wrap"
        )

    def iter(self, obj: Proxy) -> Iterator[Any]:
        """Called where a program iterates over a proxy.

        Raises:
            TraceError: unless it is unpacked into a number of names that stands in the program.
        """
        count = _unpacked_into(sys._getframe(2))
        if count is None:
            raise TraceError(
                f"the program iterates over a traced value, {_of(obj)} (for, list(...), *args, in): how long it is, is not known while a "
                "program is traced. Unpacking into names works: a, b = x; or keep the function that iterates whole: torch.fx.wrap"
            )
        return (operator.getitem(obj, i) for i in range(count))

    def keys(self, obj: Proxy) -> Any:
        """Called for ``proxy.keys()`` and ``**proxy``."""
        return Attribute(obj, "keys")()


def _of(obj: Proxy) -> str:
    return f"{obj.node.name!r}, the value of {obj.node.format_node()}"


def _unpacked_into(frame: types.FrameType) -> int | None:
    """Into how many names the statement that a frame is at unpacks; None if it does something else."""
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset == frame.f_lasti:
            return instruction.arg if instruction.opname == "UNPACK_SEQUENCE" else None
    return None


class GraphAppendingTracer(TracerBase):
    """Adds calls on proxies to a graph that is there already.

    >>> import chainrule as torch
    >>> from chainrule.fx.proxy import GraphAppendingTracer
    >>> graph = torch.fx.Graph()
    >>> tracer = GraphAppendingTracer(graph)
    >>> x, y = (torch.fx.Proxy(graph.placeholder(name), tracer) for name in "xy")
    >>> z = torch.cat([x, y]).tanh()
    >>> list(graph.nodes)
    [x, y, cat, tanh]
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph


class Proxy:
    """Stands for the value of a node: what is done with it becomes nodes of the graph.

    Operators, methods and functions of torch take it as they take a tensor. It has no numbers, so that what depends on
    them raises a :class:`TraceError`.

    Args:
        node: the node.
        tracer: what makes the nodes; if None, one that adds to the node's graph. Proxies that meet need the same.

    >>> import chainrule as torch
    >>> graph = torch.fx.Graph()
    >>> x = torch.fx.Proxy(graph.placeholder("x"))
    >>> (torch.relu(x) + 1).node.format_node()
    '%add : [num_users=0] = call_function[target=operator.add](args = (%relu, 1), kwargs = {})'
    """

    node: Node

    def __init__(self, node: Node, tracer: TracerBase | None = None) -> None:
        self.tracer = GraphAppendingTracer(node.graph) if tracer is None else tracer
        self.node = node

    def __repr__(self) -> str:
        return f"Proxy({self.node.name})"

    def __getattr__(self, k: str) -> Any:
        if k.startswith("__") and k.endswith("__"):  # Python asks every object for these
            raise AttributeError(f"a Proxy has no {k}")
        return Attribute(self, k)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.tracer.create_proxy("call_method", "__call__", (self, *args), kwargs)

    def __iter__(self) -> Iterator[Any]:
        return self.tracer.iter(self)

    def __bool__(self) -> bool:
        return self.tracer.to_bool(self)

    def __len__(self) -> int:
        raise RuntimeError(
            f"len() gives a number, and {_of(self)} has none while a program is traced. Its size(0) can be recorded; or len itself: "
            "call torch.fx.wrap('len') in the module of the program"
        )

    def keys(self) -> Any:
        """What :meth:`TracerBase.keys` makes of it."""
        return self.tracer.keys(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Proxy:
        raise TraceError(f"{_of(self)} is copied; a traced value is only used")

    @classmethod
    def __torch_function__(
        cls, orig_method: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """A function of torch that has met a proxy: the proxy of its call."""
        kwargs = kwargs or {}
        tracers: dict[TracerBase, None] = {}

        def look(value: Any) -> Any:
            if isinstance(value, Proxy):
                tracers[value.tracer] = None
            return value

        map_aggregate((args, kwargs), look)
        if len(tracers) > 1:
            raise RuntimeError(
                f"{_words.qualified_name(orig_method)} has met proxies of different tracers. Make them with one: tracer = "
                "torch.fx.proxy.GraphAppendingTracer(graph), and torch.fx.Proxy(node, tracer)"
            )
        (tracer,) = tracers
        if orig_method is layer_norm:  # one function for what is two in PyTorch, of which one has no such argument
            kwargs = {name: value for name, value in kwargs.items() if name != "cudnn_enable"}
        if _is_method(orig_method, args):
            return tracer.create_proxy("call_method", orig_method.__name__, args, kwargs)
        return tracer.create_proxy("call_function", orig_method, args, kwargs)


def _is_method(func: Any, args: tuple[Any, ...]) -> bool:
    """Whether it is a method of a tensor that has been called, as in ``tensor + proxy``.

    Many functions are methods, too: then the place in the program tells.
    """
    name = getattr(func, "__name__", "")
    if getattr(Tensor, name, None) is not func or not args or not isinstance(args[0], (Tensor, Proxy)):
        return False
    if getattr(sys.modules[_words.TOP], name, None) is not func:
        return True
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and _words.is_torch_module(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame is not None and dis.opname[frame.f_code.co_code[frame.f_lasti]] in ("BINARY_OP", "COMPARE_OP")


class Attribute(Proxy):
    """What ``proxy.name`` is: a method if it is called, and a value if it is used."""

    def __init__(self, root: Proxy, attr: str) -> None:
        self.root = root
        self.attr = attr
        self.tracer = root.tracer
        self._node: Node | None = None

    @property
    def node(self) -> Node:  # type: ignore[override]
        """The node of the value, made at its first use."""
        if self._node is None:
            self._node = self.tracer.create_proxy("call_function", getattr, (self.root, self.attr), {}).node
        return self._node

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.tracer.create_proxy("call_method", self.attr, (self.root, *args), kwargs)


class ParameterProxy(Proxy):
    """The proxy of a parameter whose shape may be asked for, as ``param_shapes_constant=True`` of a tracer has it."""

    def __init__(self, tracer: TracerBase, node: Node, name: str, param: Tensor) -> None:
        super().__init__(node, tracer)
        self.param = param
        self.name = name

    def __repr__(self) -> str:
        return f"ParameterProxy({self.name})"

    @property
    def shape(self) -> Any:
        """Of the parameter."""
        return self.param.shape

    def size(self, *args: Any) -> Any:
        """Of the parameter."""
        return self.param.size(*args)

    def dim(self) -> int:
        """Of the parameter."""
        return self.param.dim()

    @property
    def ndim(self) -> int:
        """Of the parameter."""
        return self.param.ndim

    def numel(self) -> int:
        """Of the parameter."""
        return self.param.numel()

    def nelement(self) -> int:
        """Of the parameter."""
        return self.param.nelement()


def _recorded(func: Callable[..., Any]) -> Callable[..., Any]:
    def operate(*args: Any) -> Any:
        return args[0].tracer.create_proxy("call_function", func, args, {})

    return operate


def _recorded_reflected(func: Callable[..., Any]) -> Callable[..., Any]:
    def operate(self: Proxy, other: Any) -> Any:
        return self.tracer.create_proxy("call_function", func, (other, self), {})

    return operate


for _name in (*_words.BINARY, *_words.UNARY, "getitem", "abs"):
    setattr(Proxy, f"__{_name.rstrip('_')}__", _recorded(getattr(operator, _name)))
for _name in _words.BINARY:
    if _name not in ("eq", "ne", "lt", "gt", "le", "ge"):
        setattr(Proxy, f"__r{_name.rstrip('_')}__", _recorded_reflected(getattr(operator, _name)))
setattr(Proxy, "__hash__", object.__hash__)  # noqa: B010 - __eq__ is there, and they are keys all the same
