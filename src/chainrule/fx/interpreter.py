"""Running a graph node by node: :class:`Interpreter`, and :class:`Transformer`, which makes another graph so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._codegen import _last_uses
from .graph import Graph
from .graph_module import GraphModule
from .node import Node, Target, map_aggregate, map_arg
from .proxy import GraphAppendingTracer, Proxy

__all__ = ["Interpreter", "Transformer"]


class Interpreter:
    """Runs a module's graph node by node. Subclass it to change what a node does, or to look on.

    Args:
        module: a :class:`GraphModule`, or a module whose attributes ``graph`` names.
        garbage_collect_values: whether values are let go after their last use.
        graph: the graph; ``module.graph`` by default.

    Attributes:
        env: node -> value, of those that are needed yet.

    >>> import chainrule as torch
    >>> class Shapes(torch.fx.Interpreter):
    ...     def run_node(self, n):
    ...         result = super().run_node(n)
    ...         print(n.op, n, tuple(result.shape))
    ...         return result
    >>> traced = torch.fx.symbolic_trace(lambda x: torch.flatten(x).exp())
    >>> _ = Shapes(traced).run(torch.zeros(2, 3))
    placeholder x (2, 3)
    call_function flatten (6,)
    call_method exp (6,)
    output output (6,)
    """

    def __init__(self, module: Any, garbage_collect_values: bool = True, graph: Graph | None = None) -> None:
        self.module = module
        self.submodules = dict(module.named_modules())
        self.graph: Graph = module.graph if graph is None else graph
        self.env: dict[Node, Any] = {}
        self.name = "Interpreter"
        self.garbage_collect_values = garbage_collect_values
        self.extra_traceback = True
        self.args_iter: Iterator[Any] = iter(())
        self.user_to_last_uses = _last_uses(self.graph) if garbage_collect_values else {}

    def run(self, *args: Any, initial_env: dict[Node, Any] | None = None, enable_io_processing: bool = True) -> Any:
        """Run the graph.

        Args:
            args: the arguments of the program, by position.
            initial_env: node -> value, for nodes that need not run.
            enable_io_processing: whether containers, as the program was traced with, are taken apart and put together.

        Returns:
            What the program returns.

        Raises:
            Exception: what a node raises; its message tells which node.
        """
        self.env = {} if initial_env is None else dict(initial_env)
        self.args_iter = iter(self.graph.process_inputs(*args) if enable_io_processing else args)
        for node in self.graph.nodes:
            if node in self.env:
                continue
            try:
                self.env[node] = self.run_node(node)
            except Exception as error:
                if self.extra_traceback:
                    _say_where(error, node)
                raise
            for done in self.user_to_last_uses.get(node, ()):
                self.env.pop(done, None)
            if node.op == "output":
                result = self.env[node]
                return self.graph.process_outputs(result) if enable_io_processing else result
        return None

    def run_node(self, n: Node) -> Any:
        """Run one node: the method that is named after its op, on its target and the values of its arguments."""
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        return getattr(self, n.op)(n.target, args, kwargs)

    def placeholder(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The next argument of the program, or the default.

        Raises:
            RuntimeError: there is neither.
        """
        if isinstance(target, str) and target.startswith("*"):
            return list(self.args_iter)
        for value in self.args_iter:
            return value
        if args:
            return args[0]
        raise RuntimeError(f"{target} is an argument of the program, and got no value: run(...) takes them by position")

    def get_attr(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The attribute of the module."""
        return self.fetch_attr(str(target))

    def call_function(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function's value."""
        assert callable(target)
        return target(*args, **kwargs)

    def call_method(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The value of the method of the first argument."""
        return getattr(args[0], str(target))(*args[1:], **kwargs)

    def call_module(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The submodule's value."""
        return self.fetch_attr(str(target))(*args, **kwargs)

    def output(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the program returns."""
        return args[0]

    def fetch_attr(self, target: str) -> Any:
        """What the module has at a path.

        Raises:
            RuntimeError: nothing.
        """
        found = self.module
        for at, step in enumerate(target.split(".")):
            if not hasattr(found, step):
                raise RuntimeError(
                    f"{target} is named by the graph; the module has nothing at {'.'.join(target.split('.')[: at + 1])}"
                )
            found = getattr(found, step)
        return found

    def fetch_args_kwargs_from_env(self, n: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a node, in values."""
        return self.map_nodes_to_values(n.args, n), self.map_nodes_to_values(n.kwargs, n)

    def map_nodes_to_values(self, args: Any, n: Node) -> Any:
        """Arguments with the values of nodes in their place.

        Raises:
            RuntimeError: a node has not run.
        """

        def value(used: Node) -> Any:
            if used not in self.env:
                raise RuntimeError(
                    f"{n} uses {used}, which has no value: it comes later, or was let go. graph.lint() tells more"
                )
            return self.env[used]

        return map_arg(args, value)


def _say_where(error: Exception, node: Node) -> None:
    """Let an error tell which node raised it."""
    where = f"\n\nWhile executing {node.format_node()}"
    if node.stack_trace:
        where += f"\nwhich was made at\n{node.stack_trace}"
    if error.args and isinstance(error.args[0], str) and "\n\nWhile executing " not in error.args[0]:
        error.args = (error.args[0] + where, *error.args[1:])


class Transformer(Interpreter):
    """Makes another module by running a module's graph on proxies. Subclass it to change what becomes of a node.

    Args:
        module: the module that is transformed.

    >>> import chainrule as torch
    >>> class Swap(torch.fx.Transformer):
    ...     def call_function(self, target, args, kwargs):
    ...         return super().call_function(torch.cos if target is torch.sin else target, args, kwargs)
    >>> traced = torch.fx.symbolic_trace(lambda x: torch.sin(x) + 1)
    >>> print(Swap(traced).transform().code.strip())
    def forward(self, x):
        cos = torch.cos(x);  x = None
        add = cos + 1;  cos = None
        return add
    """

    def __init__(self, module: GraphModule) -> None:
        super().__init__(module)
        self.new_graph = Graph()
        self.new_graph.set_codegen(module.graph._codegen)
        self.tracer = GraphAppendingTracer(self.new_graph)

    def placeholder(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Proxy:
        """The proxy of an argument."""
        return Proxy(self.new_graph.placeholder(str(target), default_value=args[0] if args else ...), self.tracer)

    def get_attr(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Proxy:
        """The proxy of an attribute."""
        return self.tracer.create_proxy("get_attr", target, args, kwargs)

    def call_module(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The proxy of a submodule's value."""
        return self.tracer.create_proxy("call_module", target, args, kwargs)

    def call_function(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The proxy of a function's value."""
        return self.tracer.create_proxy("call_function", target, args, kwargs)

    def transform(self) -> GraphModule:
        """The module that has been made."""
        returned = self.run(enable_io_processing=False)
        if returned is not None:
            self.new_graph.output(map_proxies(returned), self.graph.output_node().type)
        return GraphModule(self.module, self.new_graph)

    def run_node(self, n: Node) -> Any:
        """As :meth:`Interpreter.run_node`; what is made notes what the node notes."""
        made = super().run_node(n)
        if isinstance(made, Proxy):
            for name, value in n.meta.items():
                made.node.meta.setdefault(name, value)
            if n.op == "placeholder":
                made.node.type = n.type
        return made


def map_proxies(value: Any) -> Any:
    """Containers of proxies as containers of nodes."""
    return map_aggregate(value, lambda one: one.node if isinstance(one, Proxy) else one)
