"""From a graph to the Python code of its ``forward``: :class:`CodeGen`, and the names that the code uses."""

from __future__ import annotations

import builtins
import enum
import json
import keyword
import math
import re
import types
import typing
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ..device import device
from . import _words
from .node import Node, map_arg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .graph import Graph

INDENT = "    "


def standing_globals() -> dict[str, Any]:
    """What code of a graph finds among its globals in any case, since the texts of values may name it."""
    return {
        "inf": math.inf,
        "nan": math.nan,
        "NoneType": type(None),
        "torch": import_module(_words.TOP),
        "device": device,
        "fx_pytree": import_module(f"{_words.TOP}.fx._pytree"),
        "pytree": import_module(f"{_words.TOP}.utils._pytree"),
    }


class Names:
    """The names of one graph, or of one piece of code: each is given once."""

    RESERVED = frozenset(["inf", "nan", "NoneType", "torch", "device", "fx_pytree", "pytree"])

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self._highest: dict[str, int] = {}

    def create(self, wish: str, obj: Any = None) -> str:
        """A free name near to the one that is wished for.

        >>> from chainrule.fx._codegen import Names
        >>> names = Names()
        >>> [names.create(wish) for wish in ("relu", "relu", "layer1.0", "sum", "relu_5", "relu")]
        ['relu', 'relu_1', 'layer1_0', 'sum_1', 'relu_5', 'relu_6']
        """
        name = re.sub("[^0-9a-zA-Z_]+", "_", wish) or "_unnamed"
        if name[0].isdigit():
            name = f"_{name}"
        numbered = re.fullmatch(r"(.*)_(\d+)", name)
        base, number = (numbered[1], int(numbered[2])) if numbered else (name, self._highest.get(name, 0))
        while name in self.taken or self._means_something_else(name, obj):
            number += 1
            name = f"{base}_{number}"
        self._highest[base] = max(number, self._highest.get(base, 0))
        self.taken.add(name)
        return name

    def take(self, name: str) -> None:
        """Note that a name is in use."""
        self.taken.add(name)

    def _means_something_else(self, name: str, obj: Any) -> bool:
        if keyword.iskeyword(name):
            return True
        if hasattr(builtins, name):
            return getattr(builtins, name) is not obj
        return name in self.RESERVED


class PythonCode(NamedTuple):
    """Code, and the globals that it needs.

    Attributes:
        src: the text of a module that defines ``forward``.
        globals: name -> value.
    """

    src: str
    globals: dict[str, Any]


class CodeGen:
    """Makes the code of a graph. A subclass may let it take its arguments, or return its value, in another form."""

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str) -> str:
        """The first line of the function, and what comes before the nodes.

        Args:
            free_vars: the arguments, with annotations and defaults.
            maybe_return_annotation: `` -> type``, or nothing.
        """
        if not free_vars or free_vars[0] != "self":
            free_vars = ["self", *free_vars]
        return f"def forward({', '.join(free_vars)}){maybe_return_annotation}:"

    def generate_output(self, output_args: Any) -> str:
        """The line that returns a value, given in terms of nodes."""
        return f"return {output_args!r}"

    def process_inputs(self, *args: Any) -> Any:
        """What the placeholders get when the function is called with ``args``."""
        return args

    def process_outputs(self, outputs: Any) -> Any:
        """What the function returns when the nodes compute ``outputs``."""
        return outputs

    def additional_globals(self) -> list[tuple[str, Any]]:
        """Names that the code uses beyond those of the nodes, and their values."""
        return []

    def code_of(self, graph: Graph, root: str) -> PythonCode:
        """The code of a graph in which the module is called ``root``."""
        return _Writer(self, root).write(graph)


@dataclass(frozen=True)
class TreeInfo:
    """How arguments in containers come apart, and how the value is put together."""

    orig_args: list[str]
    in_spec: Any
    out_spec: Any


class TreeCodeGen(CodeGen):
    """Of functions whose arguments were traced in containers: the placeholders are the leaves."""

    def __init__(self, info: TreeInfo) -> None:
        self.pytree_info = info

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str) -> str:
        """As :class:`CodeGen`; a second line takes the arguments apart."""
        names = self.pytree_info.orig_args
        inside = names[1:] if names[0] == "self" else names
        leaves = [re.split("[ :=]", one)[0] for one in free_vars]
        first = super().gen_fn_def(list(names), maybe_return_annotation)
        if not leaves:
            return first
        apart = f"fx_pytree.tree_flatten_spec([{', '.join(inside)}], self._in_spec)"
        return f"{first}\n{INDENT}{', '.join(leaves)}, = {apart}"

    def generate_output(self, output_args: Any) -> str:
        """As :class:`CodeGen`; the value is put together."""
        if self.pytree_info.out_spec is None:
            return super().generate_output(output_args)
        return f"return pytree.tree_unflatten({output_args!r}, self._out_spec)"

    def process_inputs(self, *args: Any) -> Any:
        """The leaves of the arguments."""
        from ._pytree import tree_flatten_spec

        return tree_flatten_spec(list(args), self.pytree_info.in_spec)

    def process_outputs(self, outputs: Any) -> Any:
        """The value, put together."""
        from ..utils._pytree import tree_unflatten

        return (
            outputs if self.pytree_info.out_spec is None else tree_unflatten(list(outputs), self.pytree_info.out_spec)
        )


def attribute_path(base: str, path: str) -> str:
    """The expression for a value inside a module: ``layer1.0.w`` -> ``getattr(self.layer1, "0").w``."""
    for step in path.split("."):
        plain = step.isidentifier() and not keyword.iskeyword(step)
        base = f"{base}.{step}" if plain else f"getattr({base}, {json.dumps(step, ensure_ascii=False)})"
    return base


class _Writer:
    """Writes the code of one graph."""

    def __init__(self, codegen: CodeGen, root: str) -> None:
        self.codegen = codegen
        self.root = root
        self.names = Names()
        self.globals = standing_globals()
        self.arguments: list[str] = []
        self.returned = ""
        self.wrapped: dict[str, None] = {}
        self.lines: list[str] = []

    def write(self, graph: Graph) -> PythonCode:
        for name, value in self.codegen.additional_globals():
            self.named(name, value)
        done_with = _last_uses(graph)
        for node in graph.nodes:
            self.write_node(node)
            done = [one for one in done_with.get(node, ()) if one is not node]
            if not node.users and node.op not in ("placeholder", "output"):
                done.append(node)
            if done and node.op not in ("placeholder", "output"):
                self.lines[-1] += f";  {' = '.join(map(repr, done))} = None"
        if not len(graph.nodes):
            self.lines.append("pass")
        wraps = "\n".join(f'torch.fx._symbolic_trace.wrap("{name}")' for name in self.wrapped)
        head = self.codegen.gen_fn_def(self.arguments, self.returned)
        body = "".join(f"{line}\n" for line in self.lines)
        for transform in graph._code_transforms:
            body = "\n".join(transform(body.split("\n")))
        body = "\n".join(INDENT + line for line in body.split("\n"))
        return PythonCode(f"\n{wraps}\n\n{head}\n{body}", self.globals)

    def write_node(self, node: Node) -> None:
        annotation = "" if node.type is None else f" : {self.type_text(node.type)}"
        if node.op == "placeholder":
            default = f" = {self.text(node.args[0])}" if node.args else ""
            target = str(node.target)
            self.arguments.append(f"{target}{annotation}{default}")
            if target.lstrip("*") != node.name:
                self.lines.append(f"{node.name} = {target.lstrip('*')}")
        elif node.op == "output":
            if node.type is not None:
                self.returned = f" -> {self.type_text(node.type)}"
            self.lines.append(self.codegen.generate_output(self.as_text(node.args[0])))
        elif node.op == "get_attr":
            self.lines.append(f"{node.name}{annotation} = {attribute_path(self.root, str(node.target))}")
        else:
            self.write_call(node, annotation)

    def write_call(self, node: Node, annotation: str) -> None:
        args = [self.text(one) for one in node.args]
        if node.op == "call_function":
            changing = None if node.kwargs else _words.statement(node.target, args)
            if changing is not None:
                self.lines.append(f"{changing};  {node.name}{annotation} = {args[0]}")
                return
            text = None if node.kwargs else _words.expression(node.target, args)
            if text is None and node.target is getattr and len(args) == 2 and str(node.args[1]).isidentifier():
                text = f"{args[0]}.{node.args[1]}"
            if text is None:
                function = self.named(_words.qualified_name(node.target), node.target)
                if node.meta.get("is_wrapped"):
                    self.wrapped[function] = None
                text = self.call(function, args, node.kwargs)
        elif node.op == "call_method":
            text = self.call(f"{args[0]}.{node.target}", args[1:], node.kwargs)
        else:
            text = self.call(attribute_path(self.root, str(node.target)), args, node.kwargs)
        self.lines.append(f"{node.name}{annotation} = {text}")

    def call(self, function: str, args: list[str], kwargs: dict[str, Any]) -> str:
        return f"{function}({', '.join([*args, *(f'{name} = {self.text(value)}' for name, value in kwargs.items())])})"

    def named(self, name: str, obj: Any) -> str:
        """The name by which the code reaches a function or a class."""
        if _words.is_torch(obj) and obj is not device and _leads_to(name):
            return name
        name = name.removeprefix("builtins.")
        if not _words.is_torch(obj) and getattr(obj, "__module__", "") == "_operator":
            name = f"_operator_{obj.__name__}"
        for known, value in self.globals.items():
            if value is obj and known == re.sub("[^0-9a-zA-Z_]+", "_", name):
                return known
        wish = getattr(obj, "__name__", "_") if "\n" in name or len(name) > 100 else name
        known = self.names.create(wish, obj)
        self.globals[known] = obj
        return known

    def text(self, arg: Any) -> str:
        """A value in an argument, as an expression."""
        if isinstance(arg, Node):
            return arg.name
        if isinstance(arg, tuple) and hasattr(arg, "_fields"):
            return self.call(
                self.named(_words.qualified_name(type(arg)), type(arg)), [self.text(one) for one in arg], {}
            )
        if isinstance(arg, enum.Enum):
            return f"{self.named(type(arg).__name__, type(arg))}.{arg.name}"
        if isinstance(arg, (type, types.FunctionType, types.BuiltinFunctionType)):
            name = _words.type_name(arg) if isinstance(arg, type) else _words.qualified_name(arg)
            return self.named(name, arg)
        if isinstance(arg, tuple):
            return f"({', '.join(map(self.text, arg))}{',' if len(arg) == 1 else ''})"
        if isinstance(arg, list):
            return f"[{', '.join(map(self.text, arg))}]"
        if isinstance(arg, dict):
            return f"{{{', '.join(f'{key!r}: {self.text(value)}' for key, value in arg.items())}}}"
        if isinstance(arg, slice):
            return f"slice({self.text(arg.start)}, {self.text(arg.stop)}, {self.text(arg.step)})"
        return repr(arg)

    def as_text(self, arg: Any) -> _Text:
        return _Text(self.text(arg))

    def type_text(self, kind: Any) -> str:
        """An annotation, as an expression."""
        if kind == ():
            return "()"
        if kind is type(None):
            return "NoneType"
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin is None or not args:
            return self.named(_words.type_name(kind), kind)
        inside = [self.type_text(one) for one in args]
        if isinstance(kind, types.UnionType):
            return "|".join(inside)
        outer = kind.__origin__ if isinstance(kind, types.GenericAlias) else _typing_origin(kind, origin)
        name = _words.type_name(outer) if isinstance(outer, type) else re.sub(r"\[.*", "", repr(outer))
        return f"{self.named(name, outer)}[{','.join(inside)}]"


class _Text(str):
    """Code, whose text in code is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _typing_origin(kind: Any, origin: Any) -> Any:
    """`List[int]` -> `List`, which is not the `list` of `list[int]`."""
    return getattr(typing, getattr(kind, "_name", None) or "", None) if origin is not typing.Union else typing.Union


def _leads_to(path: str) -> bool:
    """Whether a path of attributes, from torch on, leads anywhere."""
    top, *steps = path.split(".")
    if top != "torch":
        return False
    found: Any = import_module(_words.TOP)
    for step in steps:
        try:
            found = getattr(found, step)
        except AttributeError:
            return False
    return True


def _last_uses(graph: Graph) -> dict[Node, list[Node]]:
    """Node -> those that nobody uses after it, in the order of its arguments."""
    seen: set[Node] = set()
    found: dict[Node, list[Node]] = {}
    for user in _from_the_end(graph):

        def note(used: Node, user: Node = user) -> Node:
            if used not in seen:
                seen.add(used)
                found.setdefault(user, []).append(used)
            return used

        map_arg(user.args, note)
        map_arg(user.kwargs, note)
    return found


def _from_the_end(graph: Graph) -> Iterator[Node]:
    return reversed(graph.nodes)
