"""Graphs of calls, which can be changed and turned into Python code: :class:`Graph`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from . import _words
from ._codegen import CodeGen as CodeGen, Names, PythonCode as PythonCode
from .node import Node, Target, map_aggregate, map_arg

__all__ = ["Graph", "PythonCode"]


class _Nodes:
    """The nodes of a graph, in their order."""

    def __init__(self, graph: Graph, backwards: bool = False) -> None:
        self.graph = graph
        self.backwards = backwards

    def __len__(self) -> int:
        return self.graph._count

    def __iter__(self) -> Iterator[Node]:
        root = self.graph._root
        node = root._prev if self.backwards else root._next
        while node is not root:
            if not node._erased:
                yield node
            node = node._prev if self.backwards else node._next

    def __reversed__(self) -> Iterator[Node]:
        return iter(_Nodes(self.graph, not self.backwards))


class _InsertPoint:
    """Puts nodes at another place, until the end of a ``with`` block; or for good, without one."""

    def __init__(self, graph: Graph, insert: Callable[[Node], None]) -> None:
        self.graph = graph
        self.old = graph._insert
        graph._insert = insert

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        self.graph._insert = self.old


class Graph:
    """A program as a list of nodes, each of which is a call.

    Made by :func:`symbolic_trace`, or by hand; see :class:`Node` for what nodes there are. As a graph changes, a
    :class:`GraphModule` that runs it has to be told: ``module.recompile()``.

    Args:
        owning_module: the module whose graph it is.
        tracer_cls: the class of the tracer that makes it.

    >>> import chainrule as torch
    >>> graph = torch.fx.Graph()
    >>> x = graph.placeholder("x")
    >>> y = graph.call_function(torch.relu, (x,))
    >>> _ = graph.output(y)
    >>> print(graph)
    graph():
        %x : [num_users=1] = placeholder[target=x]
        %relu : [num_users=1] = call_function[target=torch.relu](args = (%x,), kwargs = {})
        return relu
    >>> torch.fx.GraphModule({}, graph)(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(
        self, owning_module: Any = None, tracer_cls: Any = None, tracer_extras: dict[str, Any] | None = None
    ) -> None:
        self._names = Names()
        self._count = 0
        self._root = Node(self, "", "root", "", (), {})
        self._insert: Callable[[Node], None] = self._root.prepend
        self._codegen = CodeGen()
        self._code_transforms: list[Callable[[list[str]], list[str]]] = []
        self._owning_module = owning_module
        self._tracer_cls = tracer_cls
        self._tracer_extras = tracer_extras

    @property
    def owning_module(self) -> Any:
        """The module whose graph it is, or None."""
        return self._owning_module

    @owning_module.setter
    def owning_module(self, module: Any) -> None:
        self._owning_module = module

    @property
    def nodes(self) -> _Nodes:
        """The nodes in order; iterate over them, or over ``reversed(...)`` of them. Nodes may be put in and erased meanwhile."""
        return _Nodes(self)

    # -- making nodes ---------------------------------------------------------------------------------------------------

    def create_node(
        self,
        op: str,
        target: Target,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        name: str | None = None,
        type_expr: Any = None,
    ) -> Node:
        """Make a node, and put it at the place where nodes go: at the end, if not :meth:`inserting_before` says otherwise.

        Args:
            op: what it does, see :class:`Node`.
            target: what is called.
            args: the arguments by position.
            kwargs: and by name.
            name: the name that its value should have; made from ``target`` if None. A number is added where it is taken.
            type_expr: an annotation.

        Raises:
            AssertionError: there is no such op; ``args`` is no tuple; ``kwargs`` is no dict.
        """
        args = () if args is None else args
        kwargs = {} if kwargs is None else kwargs
        if not isinstance(args, (tuple, list)):
            raise AssertionError(f"args must be a tuple, got {type(args).__name__}")
        if not isinstance(kwargs, dict):
            raise AssertionError(f"kwargs must be a dict, got {type(kwargs).__name__}")
        wish = name if name is not None else self._target_to_str(target)
        node = Node(self, self._names.create(wish), op, target, tuple(args), kwargs, type_expr)
        self._insert(node)
        self._count += 1
        return node

    def _target_to_str(self, target: Any) -> str:
        if not isinstance(target, str):
            if not callable(target):
                raise AssertionError(f"a target is a function or a str, not {type(target).__name__}")
            return _words.snake_case(_words.short_name(target))
        if target.startswith("__") and target.endswith("__") and len(target) > 4:
            target = target[2:-2]
        return _words.snake_case(target)

    def placeholder(self, name: str, type_expr: Any = None, default_value: Any = ...) -> Node:
        """Add an argument of the function; ``*name`` and ``**name`` take what is left.

        Args:
            name: its name.
            type_expr: an annotation.
            default_value: its default, if it has one.
        """
        args = () if default_value is ... else (default_value,)
        return self.create_node("placeholder", name, args, type_expr=type_expr)

    def get_attr(self, qualified_name: str, type_expr: Any = None) -> Node:
        """Add the use of a parameter, a buffer, or another attribute of the module.

        Args:
            qualified_name: the path to it, as ``"layer.0.weight"``. A warning says if the module has no such attribute.
            type_expr: an annotation.
        """
        if self.owning_module is not None and not _has(self.owning_module, qualified_name):
            warnings.warn(
                f"get_attr: {type(self.owning_module).__name__} has no {qualified_name!r} yet; it is needed before the graph runs "
                "(GraphModule.add_submodule, register_parameter or register_buffer put it there)",
                stacklevel=2,
            )
        return self.create_node("get_attr", qualified_name, type_expr=type_expr)

    def call_module(
        self, module_name: str, args: Any = None, kwargs: dict[str, Any] | None = None, type_expr: Any = None
    ) -> Node:
        """Add the call of a submodule.

        Args:
            module_name: the path to it, as ``"layer.0"``.
            args: what it is called with by position.
            kwargs: and by name.
            type_expr: an annotation.

        Raises:
            AttributeError: the module has no such submodule.
        """
        if self.owning_module is not None:
            self.owning_module.get_submodule(module_name)
        return self.create_node("call_module", module_name, args, kwargs, type_expr=type_expr)

    def call_method(
        self, method_name: str, args: Any = None, kwargs: dict[str, Any] | None = None, type_expr: Any = None
    ) -> Node:
        """Add the call of a method of ``args[0]``."""
        return self.create_node("call_method", method_name, args, kwargs, type_expr=type_expr)

    def call_function(
        self,
        the_function: Callable[..., Any],
        args: Any = None,
        kwargs: dict[str, Any] | None = None,
        type_expr: Any = None,
        name: str | None = None,
    ) -> Node:
        """Add the call of a function."""
        return self.create_node("call_function", the_function, args, kwargs, name, type_expr)

    def output(self, result: Any, type_expr: Any = None) -> Node:
        """Add what is returned: a node, or containers of nodes and constants."""
        return self.create_node("output", "output", (result,), type_expr=type_expr)

    def node_copy(self, node: Node, arg_transform: Callable[[Node], Any] = lambda node: node) -> Node:
        """Add a copy of a node, of another graph as a rule.

        Args:
            node: what is copied.
            arg_transform: called with each node among its arguments; gives that of this graph.
        """
        args, kwargs = map_arg(node.args, arg_transform), map_arg(node.kwargs, arg_transform)
        made = self.create_node(node.op, node.target, args, kwargs, node.name, node.type)
        made.meta = dict(node.meta)
        return made

    def graph_copy(self, g: Graph, val_map: dict[Node, Any], return_output_node: bool = False) -> Any:
        """Add copies of all nodes of another graph, up to its output.

        Args:
            g: the other graph.
            val_map: node of ``g`` -> node of this one, for those that are here already; the copies are added.
            return_output_node: whether the other graph's output node is returned, too.

        Returns:
            What the other graph returns, in terms of this one's nodes; None if it has no output.
        """
        for node in g.nodes:
            if node in val_map:
                continue
            if node.op == "output":
                result = map_arg(node.args[0], lambda used: val_map[used])
                return (result, node) if return_output_node else result
            val_map[node] = self.node_copy(node, lambda used: val_map[used])
        return None

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Graph:
        made = Graph(tracer_cls=self._tracer_cls)
        made._codegen = self._codegen
        made._code_transforms = list(self._code_transforms)
        copied: dict[Node, Node] = {}
        for node in self.nodes:
            copied[node] = made.node_copy(node, lambda used: copied[used])
        return made

    # -- changing it ----------------------------------------------------------------------------------------------------

    def erase_node(self, to_erase: Node) -> None:
        """Take a node away.

        Raises:
            RuntimeError: it is still used, or of another graph.
        """
        if to_erase.users:
            raise RuntimeError(
                f"erase_node: {to_erase} has {len(to_erase.users)} users: {', '.join(map(repr, to_erase.users))}. Let them use another node "
                "first: node.replace_all_uses_with(other)"
            )
        if to_erase.graph is not self:
            raise RuntimeError(f"erase_node: {to_erase} is a node of another graph")
        if to_erase._erased:
            warnings.warn(f"erase_node: {to_erase} is erased already", stacklevel=2)
            return
        to_erase._remove_from_list()
        to_erase._erased = True
        self._count -= 1
        to_erase._update_args_kwargs((), {})

    def inserting_before(self, n: Node | None = None) -> _InsertPoint:
        """Put nodes that are made in front of a node (of the first, if None): within a ``with`` block, or for good.

        >>> import chainrule as torch
        >>> traced = torch.fx.symbolic_trace(lambda x: torch.relu(x))
        >>> x, relu, output = traced.graph.nodes
        >>> with traced.graph.inserting_before(relu):
        ...     relu.args = (traced.graph.call_function(torch.neg, (x,)),)
        >>> _ = traced.recompile()
        >>> print(traced.code.strip())
        def forward(self, x):
            neg = torch.neg(x);  x = None
            relu = torch.relu(neg);  neg = None
            return relu
        """
        if n is None:
            return self.inserting_after(self._root)
        if n.graph is not self:
            raise AssertionError(f"inserting_before: {n} is a node of another graph")
        return _InsertPoint(self, n.prepend)

    def inserting_after(self, n: Node | None = None) -> _InsertPoint:
        """Put nodes that are made behind a node (at the end, if None), in their order of making backwards."""
        if n is None:
            return self.inserting_before(self._root)
        if n.graph is not self:
            raise AssertionError(f"inserting_after: {n} is a node of another graph")
        return _InsertPoint(self, n.append)

    def eliminate_dead_code(self, is_impure_node: Callable[[Node], bool] | None = None) -> bool:
        """Erase nodes that nobody uses, other than arguments and calls that do something.

        Args:
            is_impure_node: says of a node whether it does something; ``Node.is_impure`` by default.

        Returns:
            Whether any was erased.

        >>> import chainrule as torch
        >>> traced = torch.fx.symbolic_trace(lambda x: (x.exp(), x)[1])
        >>> traced.graph.eliminate_dead_code(), list(traced.graph.nodes)
        (True, [x, output])
        """
        self.lint()
        before = self._count
        for node in reversed(self.nodes):
            impure = (
                node.is_impure()
                if is_impure_node is None or node.op in ("placeholder", "output")
                else is_impure_node(node)
            )
            if not node.users and not impure:
                self.erase_node(node)
        return self._count < before

    # -- looking at it --------------------------------------------------------------------------------------------------

    def output_node(self) -> Node:
        """The node that says what is returned."""
        return next(node for node in reversed(self.nodes) if node.op == "output")

    def find_nodes(self, *, op: str, target: Target | None = None, sort: bool = True) -> list[Node]:
        """The nodes that do one thing, in order.

        Args:
            op: of which op.
            target: and with which target; needed for calls of functions.
            sort: accepted: they are always in order.

        >>> import chainrule as torch
        >>> traced = torch.fx.symbolic_trace(lambda x: torch.relu(torch.relu(x)))
        >>> traced.graph.find_nodes(op="call_function", target=torch.relu)
        [relu, relu_1]
        """
        return [n for n in self.nodes if n.op == op and (target is None or n.target == target)]

    def lint(self) -> None:
        """Check that the graph makes sense.

        Raises:
            RuntimeError: a node uses one that comes later, or one of another graph; two have one name; an attribute or a
                submodule is not there.
        """
        names: set[str] = set()
        seen: set[Node] = set()
        for node in self.nodes:
            for used in node.all_input_nodes:
                if used.graph is not self:
                    raise RuntimeError(
                        f"{node} uses {used}, a node of another graph: copy that one (node_copy or graph_copy)\n{self}"
                    )
                if used not in seen:
                    raise RuntimeError(
                        f"{node} uses {used}, which comes after it or was erased: nodes stand in the order in which they run\n{self}"
                    )
            seen.add(node)
            if node.name in names:
                raise RuntimeError(f"two nodes have the name {node.name!r}")
            names.add(node.name)
            if self.owning_module is not None and node.op in ("call_module", "get_attr"):
                self._lint_target(node)

    def _lint_target(self, node: Node) -> None:
        from ..nn.modules.module import Module

        found = self.owning_module
        *steps, last = str(node.target).split(".")
        for at, step in enumerate((*steps, last)):
            where = ".".join(steps[:at]) or "the module"
            if not hasattr(found, step):
                raise RuntimeError(
                    f"{node.op} {node}: its target is {node.target!r}, and {where} has no attribute {step!r}"
                )
            found = getattr(found, step)
            if (at < len(steps) or node.op == "call_module") and not isinstance(found, Module):
                raise RuntimeError(
                    f"{node.op} {node}: its target is {node.target!r}, and {step!r} of {where} is no module"
                )

    def python_code(self, root_module: str, **accepted: Any) -> PythonCode:
        """The graph as Python code.

        Args:
            root_module: what the module is called in it; ``"self"`` as a rule.
            accepted: PyTorch's settings of how much is shown.

        Returns:
            A named tuple of ``src``, the text, and ``globals``, what it needs to run.
        """
        return self._codegen.code_of(self, root_module)

    def set_codegen(self, codegen: CodeGen) -> None:
        """Let the code be made by another :class:`CodeGen`."""
        self._codegen = codegen

    def on_generate_code(
        self, make_transformer: Callable[[Any], Callable[[list[str]], list[str]] | None]
    ) -> _CodeTransform:
        """Change the code as it is made.

        Args:
            make_transformer: called with the change that is in force, or None; gives a function from lines to lines.

        Returns:
            A context manager, at whose end it is as before.
        """
        return _CodeTransform(self, make_transformer)

    def process_inputs(self, *args: Any) -> Any:
        """What the placeholders get when the program is called with ``args``."""
        return self._codegen.process_inputs(*args)

    def process_outputs(self, out: Any) -> Any:
        """What the program returns when the nodes compute ``out``."""
        return self._codegen.process_outputs(out)

    def __str__(self) -> str:
        return "\n    ".join(["graph():", *(node.format_node() for node in self.nodes)])

    def print_tabular(self) -> None:
        """Print the nodes as a table.

        >>> import chainrule as torch
        >>> torch.fx.symbolic_trace(lambda x: x.exp()).graph.print_tabular()
        opcode       name    target    args    kwargs
        -----------  ------  --------  ------  --------
        placeholder  x       x         ()      {}
        call_method  exp     exp       (x,)    {}
        output       output  output    (exp,)  {}
        """
        rows = [[str(one) for one in (node.op, node.name, node.target, node.args, node.kwargs)] for node in self.nodes]
        heads = ["opcode", "name", "target", "args", "kwargs"]
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        widths = [max(width, len(head) + 2) for width, head in zip(widths, heads, strict=True)]
        for row in (heads, ["-" * width for width in widths], *rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())  # noqa: T201 - it prints

    # -- pickling -------------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Nodes as rows that refer to each other by their places: a chain of objects would be as deep as the graph is long."""
        places = {node: at for at, node in enumerate(self.nodes)}

        def place(node: Node) -> _Place:
            return _Place(places[node])

        rows = [
            (
                node.op,
                node.target,
                map_arg(node.args, place),
                map_arg(node.kwargs, place),
                node.name,
                node.type,
                node.meta,
            )
            for node in self.nodes
        ]
        return {"rows": rows, "codegen": self._codegen, "tracer_cls": self._tracer_cls}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Graph.__init__(self, tracer_cls=state["tracer_cls"])
        self._codegen = state["codegen"]
        made: list[Node] = []

        def node(arg: Any) -> Any:
            return made[arg.at] if isinstance(arg, _Place) else arg

        for op, target, args, kwargs, name, kind, meta in state["rows"]:
            made.append(
                self.create_node(op, target, map_aggregate(args, node), map_aggregate(kwargs, node), name, kind)
            )
            made[-1].meta = meta


class _Place:
    """Stands for a node while its graph is pickled."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        self.at = at


class _CodeTransform:
    def __init__(self, graph: Graph, make: Callable[[Any], Any]) -> None:
        self.graph = graph
        self.old = graph._code_transforms
        made = make(self.old[-1] if self.old else None)
        graph._code_transforms = [] if made is None else [made]

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        self.graph._code_transforms = self.old


def _has(module: Any, path: str) -> bool:
    for step in path.split("."):
        if not hasattr(module, step):
            return False
        module = getattr(module, step)
    return True
