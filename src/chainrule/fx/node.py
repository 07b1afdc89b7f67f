"""The nodes of a graph of calls: :class:`Node`, and functions on the arguments that name them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _words
from .immutable_collections import immutable_dict, immutable_list

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["Argument", "Node", "Target", "has_side_effect", "map_aggregate", "map_arg"]

Target = Callable[..., Any] | str
Argument = Any
"""A value that may stand in a node's arguments: a node, a constant, or a tuple, list, dict or slice of such."""

OPS = frozenset(
    ["placeholder", "get_attr", "call_function", "call_module", "call_method", "output", "root"]
)  # fmt: skip

_side_effects: set[Any] = {operator.setitem, print}
_IN_FX = ("_assert", "_assert_is_none")


def has_side_effect(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Note that calls of a function are no dead code, whoever uses the result. Also a decorator.

    >>> import chainrule as torch
    >>> @torch.fx.has_side_effect
    ... def report(x):
    ...     print(x)
    """
    _side_effects.add(fn)
    return fn


def map_arg(a: Any, fn: Callable[[Node], Any]) -> Any:
    """Arguments with each node in them replaced by what ``fn`` makes of it.

    Args:
        a: a value, or tuples, lists, dicts and slices of values.
        fn: called with each node.

    >>> import chainrule as torch
    >>> x = torch.fx.Graph().placeholder("x")
    >>> torch.fx.map_arg((x, [1, x], {"k": x}), lambda node: node.name)
    ('x', [1, 'x'], {'k': 'x'})
    """
    if not callable(fn):
        raise AssertionError("torch.fx.map_arg(a, fn): fn must be a callable")
    return map_aggregate(a, lambda value: fn(value) if isinstance(value, Node) else value)


def map_aggregate(a: Any, fn: Callable[[Any], Any]) -> Any:
    """Arguments with each value in them replaced by what ``fn`` makes of it.

    >>> from chainrule.fx.node import map_aggregate
    >>> map_aggregate((1, [2], {"k": 3}), lambda value: value + 1)
    (2, [3], {'k': 4})
    """
    if isinstance(a, tuple):
        mapped = [map_aggregate(one, fn) for one in a]
        return type(a)(*mapped) if hasattr(a, "_fields") else tuple(mapped)
    if isinstance(a, list):
        return immutable_list([map_aggregate(one, fn) for one in a])
    if isinstance(a, dict):
        return immutable_dict({key: map_aggregate(value, fn) for key, value in a.items()})
    if isinstance(a, slice):
        return slice(*(map_aggregate(one, fn) for one in (a.start, a.stop, a.step)))
    return fn(a)


def argument_text(arg: Any) -> str:
    """An argument as a line of a graph shows it: nodes with a sign in front."""
    if isinstance(arg, Node):
        return f"%{arg}"
    if isinstance(arg, list):
        return f"[{', '.join(map(argument_text, arg))}]"
    if isinstance(arg, tuple):
        inside = ", ".join(map(argument_text, arg))
        return f"({inside},)" if len(arg) == 1 else f"({inside})"
    if isinstance(arg, dict):
        return f"{{{', '.join(f'{key}: {argument_text(value)}' for key, value in arg.items())}}}"
    return str(arg)


class Node:
    """One step of a graph: an argument of the function, a call, or what is returned.

    Nodes are made by the methods of a :class:`Graph`. What a node does is its ``op``:

    - ``placeholder``: an argument of the function; ``target`` is its name, ``args`` its default, if it has one;
    - ``get_attr``: a parameter, or other value of the module; ``target`` is the path to it;
    - ``call_function``: ``target`` is the function, called with ``args`` and ``kwargs``;
    - ``call_module``: ``target`` is the path to a submodule;
    - ``call_method``: ``target`` is the name of a method of ``args[0]``;
    - ``output``: what is returned is ``args[0]``.

    Attributes:
        name: the name of its value, in no other use within the graph.
        args, kwargs: what it is called with. Assign to them to change them.
        users: the nodes that have it among their arguments (a dict, in order).
        type: an annotation, or None.
        meta: notes of whoever works on the graph.

    >>> import chainrule as torch
    >>> traced = torch.fx.symbolic_trace(lambda x: torch.relu(x) + 1)
    >>> [(node.op, node.name, node.args) for node in traced.graph.nodes]
    [('placeholder', 'x', ()), ('call_function', 'relu', (x,)), ('call_function', 'add', (relu, 1)), ('output', 'output', (add,))]
    """

    def __init__(
        self,
        graph: Graph,
        name: str,
        op: str,
        target: Target,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        return_type: Any = None,
    ) -> None:
        if op not in OPS:
            raise AssertionError(f"op {op!r} is none of {', '.join(sorted(OPS - {'root'}))}")
        if op == "call_function" and not callable(target):
            raise ValueError(
                f"Node {name!r}: the target of a call_function is a function, not {target!r} of type {type(target).__name__}"
            )
        if op not in ("call_function", "root") and not isinstance(target, str):
            raise AssertionError(f"Node {name!r}: the target of a {op} is a str, not {type(target).__name__}")
        self.graph = graph
        self.name = name
        self.op = op
        self.target = target
        self.type = return_type
        self.users: dict[Node, None] = {}
        self.meta: dict[str, Any] = {}
        self._args: tuple[Any, ...] = ()
        self._kwargs: dict[str, Any] = {}
        self._input_nodes: dict[Node, None] = {}
        self._erased = False
        self._prev = self._next = self
        self._update_args_kwargs(args, kwargs)

    # -- arguments ------------------------------------------------------------------------------------------------------

    @property
    def args(self) -> tuple[Any, ...]:
        """What it is called with by position."""
        return self._args

    @args.setter
    def args(self, value: tuple[Any, ...]) -> None:
        self._update_args_kwargs(value, self._kwargs)

    @property
    def kwargs(self) -> dict[str, Any]:
        """What it is called with by name."""
        return self._kwargs

    @kwargs.setter
    def kwargs(self, value: dict[str, Any]) -> None:
        self._update_args_kwargs(self._args, value)

    def _update_args_kwargs(self, args: Any, kwargs: Any) -> None:
        used: dict[Node, None] = {}

        def use(node: Node) -> Node:
            used[node] = None
            return node

        new_args, new_kwargs = map_arg(args, use), map_arg(kwargs, use)
        for old in self._input_nodes:
            old.users.pop(self, None)
        for node in used:
            node.users.setdefault(self)
        self._args, self._kwargs, self._input_nodes = new_args, new_kwargs, used

    @property
    def all_input_nodes(self) -> list[Node]:
        """The nodes among its arguments, each once.

        >>> import chainrule as torch
        >>> graph = torch.fx.Graph()
        >>> x = graph.placeholder("x")
        >>> graph.call_function(torch.cat, ([x, x],)).all_input_nodes
        [x]
        """
        return list(self._input_nodes)

    def update_arg(self, idx: int, arg: Any) -> None:
        """Replace the argument at a position."""
        args = list(self._args)
        args[idx] = arg
        self.args = tuple(args)

    def insert_arg(self, idx: int, arg: Any) -> None:
        """Put an argument in front of the one at a position.

        Raises:
            AssertionError: there is no such position.
        """
        if not 0 <= idx <= len(self._args):
            raise AssertionError(
                f"insert_arg: {idx} is no position among {len(self._args)} arguments: give 0 to {len(self._args)}"
            )
        self.args = (*self._args[:idx], arg, *self._args[idx:])

    def update_kwarg(self, key: str, arg: Any) -> None:
        """Replace, or add, an argument by name."""
        self.kwargs = {**self._kwargs, key: arg}

    def replace_input_with(self, old_input: Node, new_input: Node) -> None:
        """Use another node wherever one is among the arguments."""

        def other(node: Node) -> Node:
            return new_input if node is old_input else node

        self._update_args_kwargs(map_arg(self._args, other), map_arg(self._kwargs, other))

    def replace_all_uses_with(
        self,
        replace_with: Node,
        delete_user_cb: Callable[[Node], bool] = lambda user: True,
        *,
        propagate_meta: bool = False,
    ) -> list[Node]:
        """Let those who use this node use another one.

        Args:
            replace_with: the other node.
            delete_user_cb: called with each user; where it is False, that user stays as it is.
            propagate_meta: whether the other node, whose ``meta`` must be empty, gets this one's.

        Returns:
            The nodes that were changed.

        >>> import chainrule as torch
        >>> traced = torch.fx.symbolic_trace(lambda x, y: torch.relu(x))
        >>> x, y, relu, output = traced.graph.nodes
        >>> x.replace_all_uses_with(y)
        [relu]
        >>> relu.args
        (y,)
        """
        if propagate_meta:
            if replace_with.meta:
                raise AssertionError(
                    f"replace_all_uses_with: propagate_meta=True, and {replace_with} has a meta already: {replace_with.meta}"
                )
            replace_with.meta.update(self.meta)
        changed = [user for user in self.users if delete_user_cb(user)]
        for user in changed:
            user.replace_input_with(self, replace_with)
        return changed

    # -- place ----------------------------------------------------------------------------------------------------------

    @property
    def next(self) -> Node:
        """The node after this one; after the last one, the graph's root, which is no part of it."""
        return self._next

    @property
    def prev(self) -> Node:
        """The node before this one."""
        return self._prev

    def __lt__(self, other: Node) -> bool:
        """Whether it comes before another node of the same graph."""
        node = self._next
        while node is not other and node.op != "root":
            node = node._next
        return node is other

    def __gt__(self, other: Node) -> bool:
        return other < self

    def prepend(self, x: Node) -> None:
        """Move a node of the same graph in front of this one.

        Raises:
            AssertionError: it is of another graph.
        """
        if x.graph is not self.graph:
            raise AssertionError(f"{x} is a node of another graph than {self}: nodes move within their graph")
        if x is self:
            return
        x._remove_from_list()
        before = self._prev
        before._next, x._prev = x, before
        x._next, self._prev = self, x

    def append(self, x: Node) -> None:
        """Move a node of the same graph behind this one."""
        if x is not self:
            self._next.prepend(x)

    def _remove_from_list(self) -> None:
        self._prev._next, self._next._prev = self._next, self._prev

    # -- looks ----------------------------------------------------------------------------------------------------------

    @property
    def stack_trace(self) -> str | None:
        """Where the program made it, if that was recorded."""
        return self.meta.get("stack_trace")

    @stack_trace.setter
    def stack_trace(self, trace: str | None) -> None:
        self.meta["stack_trace"] = trace

    def is_impure(self, impure_random: bool = True) -> bool:
        """Whether it does more than compute its value, so that it is no dead code when nobody uses it.

        Args:
            impure_random: accepted: drawing random numbers counts as pure here.
        """
        if self.op in ("placeholder", "output"):
            return True
        if self.op == "call_function":
            return self.target in _side_effects or getattr(self.target, "__name__", "") in _IN_FX
        if self.op == "call_module":
            module = self.graph.owning_module
            if module is None:
                raise AssertionError("is_impure: a call_module is known by its module, and this graph belongs to none")
            return bool(getattr(module.get_submodule(self.target), "is_impure", False))
        return False

    def format_node(self) -> str:
        """It as a line.

        >>> import chainrule as torch
        >>> x = torch.fx.Graph().placeholder("x")
        >>> x.graph.call_function(torch.add, (x, 1), {"alpha": 2}).format_node()
        '%add : [num_users=0] = call_function[target=torch.add](args = (%x, 1), kwargs = {alpha: 2})'
        """
        if self.op == "output":
            return f"return {self._args[0]}"
        annotation = f"{_words.type_name(self.type)} " if self.type else ""
        target = self.target if isinstance(self.target, str) else _words.qualified_name(self.target)
        head = f"%{self.name} : {annotation}[num_users={len(self.users)}] = {self.op}[target={target}]"
        if self.op == "placeholder":
            return f"{head}(default={self._args[0]})" if self._args else head
        if self.op == "get_attr":
            return head
        return f"{head}(args = {argument_text(self._args)}, kwargs = {argument_text(self._kwargs)})"

    def __repr__(self) -> str:
        return self.name

    def __setattr__(self, name: str, value: Any) -> None:
        # A name that is given by hand is taken, too, for those that are made up later.
        if name == "name" and "name" in self.__dict__:
            self.graph._names.take(value)
        object.__setattr__(self, name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Node:
        return self  # what mentions nodes keeps mentioning these

    def __reduce__(self) -> Any:
        raise TypeError(f"node {self.name!r} is pickled only with its graph")
