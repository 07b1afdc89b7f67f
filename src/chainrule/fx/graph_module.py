"""A module whose ``forward`` is made from a graph: :class:`GraphModule`."""

from __future__ import annotations

import copy
import itertools
import linecache
from typing import Any, Self

from .._tensor import Tensor
from ..nn.modules.module import Module
from ..nn.parameter import Parameter
from ._codegen import PythonCode, TreeCodeGen
from .graph import Graph

__all__ = ["GraphModule"]

_numbers = itertools.count()


class GraphModule(Module):
    """A module that runs a graph.

    Args:
        root: where the parameters and submodules that the graph names are: a module, or a dict from paths to values. Those
            that the graph names become attributes of this module; others do not.
        graph: the graph. After it has changed, call :meth:`recompile`.
        class_name: what the class of the module is called.

    Raises:
        RuntimeError: ``root`` lacks something that the graph names, or is of another type.

    >>> import chainrule as torch
    >>> traced = torch.fx.symbolic_trace(lambda x: torch.sin(x))
    >>> for node in traced.graph.nodes:
    ...     if node.target is torch.sin:
    ...         node.target = torch.cos
    >>> _ = traced.recompile()
    >>> traced(torch.zeros(1))
    tensor([1.])
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Each has a class of its own, for `forward` is looked up there.
        own = next(one for one in cls.__mro__ if "_is_of_one_module" not in vars(one))

        class GraphModuleImpl(own):  # type: ignore[misc, valid-type]
            _is_of_one_module = True

        return super().__new__(GraphModuleImpl)

    def __init__(self, root: Module | dict[str, Any], graph: Graph, class_name: str = "GraphModule") -> None:
        super().__init__()
        type(self).__name__ = class_name
        targets = [str(node.target) for node in graph.nodes if node.op in ("get_attr", "call_module")]
        if isinstance(root, Module):
            self.training = root.training
            for target in targets:
                _copy_attr(root, self, target)
        elif isinstance(root, dict):
            lacking = [target for target in targets if target not in root]
            if lacking:
                raise RuntimeError(
                    f"GraphModule: the graph names {', '.join(sorted(set(lacking)))}, and root has {', '.join(root) or 'nothing'}"
                )
            for target in sorted(set(targets), key=lambda path: path.count(".")):
                _assign_attr(root[target], self, target)
        else:
            raise RuntimeError(f"GraphModule: root is a module or a dict, not {root!r} of type {type(root).__name__}")
        self.graph = graph
        self.meta: dict[str, Any] = dict(getattr(root, "meta", None) or {})

    @property
    def graph(self) -> Graph:
        """The graph; assigning another one recompiles."""
        return self.__dict__["_graph"]

    @graph.setter
    def graph(self, g: Graph) -> None:
        if not isinstance(g, Graph):
            raise AssertionError(f"the graph of a GraphModule is a torch.fx.Graph, not {type(g).__name__}")
        self.__dict__["_graph"] = g
        g.owning_module = self
        self.recompile()

    @property
    def code(self) -> str:
        """The code of ``forward``, as it is since the last :meth:`recompile`."""
        return self.__dict__["_code"]

    def recompile(self) -> PythonCode:
        """Make ``forward`` from the graph; needed after each change of the graph.

        Returns:
            The code, and the globals that it runs with.
        """
        graph = self.graph
        if isinstance(graph._codegen, TreeCodeGen):
            info = graph._codegen.pytree_info
            self.__dict__.update(_in_spec=info.in_spec, _out_spec=info.out_spec)
        made = graph.python_code("self")
        self.__dict__["_code"] = made.src
        # Tracebacks, and inspect.getsource, find the code under the name of a file.
        linecache.cache.pop(self.__dict__.get("_file", ""), None)
        file = self.__dict__["_file"] = f"<forward of {type(self).__name__}, made by torch.fx: {next(_numbers)}>"
        linecache.cache[file] = (len(made.src), None, made.src.splitlines(keepends=True), file)
        home = dict(made.globals)
        exec(compile(made.src, file, "exec"), home)  # noqa: S102 - it is the program
        type(self).forward = home["forward"]  # type: ignore[method-assign]
        return made

    # -- what it holds --------------------------------------------------------------------------------------------------

    def add_submodule(self, target: str, m: Module) -> bool:
        """Put a module at a path, with plain modules on the way where there are none.

        Returns:
            Whether it could: False if something on the way is no module.
        """
        home: Any = self
        *steps, last = target.split(".")
        for step in steps:
            if not hasattr(home, step):
                setattr(home, step, Module())
            home = getattr(home, step)
            if not isinstance(home, Module):
                return False
        home.add_module(last, m)
        return True

    def delete_submodule(self, target: str) -> bool:
        """Take the module at a path away.

        Returns:
            Whether there was one.
        """
        home: Any = self
        *steps, last = target.split(".")
        for step in steps:
            home = getattr(home, step, None)
            if not isinstance(home, Module):
                return False
        if not isinstance(getattr(home, last, None), Module):
            return False
        delattr(home, last)
        return True

    def delete_all_unused_submodules(self) -> None:
        """Take the modules away that the graph does not name.

        >>> import chainrule as torch
        >>> traced = torch.fx.symbolic_trace(torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU()))
        >>> _0 = next(node for node in traced.graph.nodes if node.target == "0")
        >>> _1 = next(node for node in traced.graph.nodes if node.target == "1")
        >>> _1.replace_all_uses_with(_0)
        [output]
        >>> traced.graph.erase_node(_1)
        >>> traced.delete_all_unused_submodules()
        >>> [name for name, _ in traced.named_children()]
        ['0']
        """
        used: set[str] = set()
        modules = dict(self.named_modules())
        for node in self.graph.nodes:
            if node.op in ("call_module", "get_attr"):
                path = str(node.target)
                steps = path.split(".")
                used.update(".".join(steps[:at]) for at in range(1, len(steps) + 1))
                if path in modules:
                    used.update(f"{path}.{inner}" for inner, _ in modules[path].named_modules() if inner)
        for path in [path for path, _ in self.named_modules() if path and path not in used]:
            self.delete_submodule(path)

    # -- how it is shown, copied and pickled ----------------------------------------------------------------------------

    def print_readable(self, print_output: bool = True, *accepted: Any) -> str:
        """The code as a class; printed, too.

        Args:
            print_output: whether to print it.
            accepted: PyTorch's settings of how much is shown.
        """
        lines = [f"    {line}".rstrip() for line in self.code.strip().split("\n")]
        lines.insert(1, "        # No stacktrace found for following nodes")
        text = "\n".join([f"class {type(self).__name__}(torch.nn.Module):", *lines, ""])
        if print_output:
            print(text)  # noqa: T201 - it prints
        return text

    def __str__(self) -> str:
        return (
            f"{super().__repr__()}\n{self.code}\n# To see more debug info, please use `graph_module.print_readable()`"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> GraphModule:
        held = Module()
        memo[id(self)] = made = GraphModule.__new__(type(self))
        held.__dict__.update(
            copy.deepcopy({key: value for key, value in self.__dict__.items() if key not in _MADE}, memo)
        )
        made.__init__(held, copy.deepcopy(self.graph, memo))  # type: ignore[misc]
        for key, value in held.__dict__.items():
            made.__dict__.setdefault(key, value)
        made.meta = held.__dict__.get("meta", {})
        return made

    def __copy__(self) -> GraphModule:
        made = GraphModule.__new__(type(self))
        made.__init__(self, self.graph, type(self).__name__)  # type: ignore[misc]
        return made

    def __reduce__(self) -> Any:
        held = {key: value for key, value in self.__dict__.items() if key not in _MADE}
        own = next(one for one in type(self).__mro__ if "_is_of_one_module" not in vars(one))
        return _from_pickle, (own, held, self.graph, type(self).__name__)


_MADE = ("_graph", "_code", "_file")


def _from_pickle(kind: type[GraphModule], held: dict[str, Any], graph: Graph, name: str) -> GraphModule:
    made = GraphModule.__new__(kind)
    root = Module()
    root.__dict__.update(held)
    GraphModule.__init__(made, root, graph, name)
    made.__dict__.update(held)
    return made


def _found(root: Any, path: str) -> Any:
    for step in path.split("."):
        root = getattr(root, step)
    return root


def _assign_attr(value: Any, home: Any, path: str) -> None:
    *steps, last = path.split(".")
    for step in steps:
        if not hasattr(home, step):
            setattr(home, step, Module())
        home = getattr(home, step)
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        home.register_buffer(last, value)
    else:
        setattr(home, last, value)


def _copy_attr(source: Any, target: Any, path: str) -> None:
    """Let one module have at a path what another has there, if it does."""
    *steps, last = path.split(".")
    for step in steps:
        source = getattr(source, step, None)
        if source is target or source is None:
            return
        if not hasattr(target, step):
            setattr(target, step, Module())
        target = getattr(target, step)
    if hasattr(source, last) and getattr(target, last, None) is not getattr(source, last):
        _assign_attr(getattr(source, last), target, last)
