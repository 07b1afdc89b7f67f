"""Replacing parts of a graph that look like a pattern: :func:`replace_pattern`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .._tensor import Tensor
from ..functions.comparison import equal
from ..nn.modules.module import Module
from ._symbolic_trace import symbolic_trace
from .graph import Graph
from .graph_module import GraphModule, _assign_attr, _found
from .node import Node, map_arg

__all__ = ["Match", "ReplacedPatterns", "replace_pattern", "replace_pattern_with_filters"]


class Match(NamedTuple):
    """A place in a graph that looks like the pattern.

    Attributes:
        anchor: the node of the pattern that it returns.
        nodes_map: node of the pattern -> node of the graph (or constant).
    """

    anchor: Node
    nodes_map: dict[Node, Any]


class ReplacedPatterns(NamedTuple):
    """As :class:`Match`, with the nodes that have taken the place."""

    anchor: Node
    nodes_map: dict[Node, Any]
    replacements: list[Node]


Filter = Callable[[Any, Graph, Graph], bool]


def replace_pattern(
    gm: GraphModule, pattern: Callable[..., Any] | GraphModule, replacement: Callable[..., Any] | GraphModule
) -> list[Match]:
    """Replace each part of a module's graph that does what ``pattern`` does by what ``replacement`` does.

    A part is found by what is called, on what, with which constants; names do not matter. An argument of the pattern stands for
    any value, two of them for two values. A value inside of the part must be used nowhere else. Parts that overlap one that
    has been replaced stay. The module is recompiled.

    Args:
        gm: the module; it is changed.
        pattern: a function, or a module, of some arguments.
        replacement: one of as many.

    Returns:
        The places, in terms of the nodes that were there.

    Raises:
        AssertionError: pattern and replacement differ in the number of arguments.

    >>> import chainrule as torch
    >>> traced = torch.fx.symbolic_trace(lambda x, y: torch.log(torch.exp(x) * torch.exp(y)))
    >>> found = torch.fx.replace_pattern(traced, lambda a, b: torch.exp(a) * torch.exp(b), lambda a, b: torch.exp(a + b))
    >>> print(traced.code.strip())
    def forward(self, x, y):
        add = x + y;  x = y = None
        exp_2 = torch.exp(add);  add = None
        log = torch.log(exp_2);  exp_2 = None
        return log
    """
    return [Match(one.anchor, one.nodes_map) for one in replace_pattern_with_filters(gm, pattern, replacement)]


def replace_pattern_with_filters(
    gm: GraphModule,
    pattern: Callable[..., Any] | Graph | GraphModule,
    replacement: Callable[..., Any] | Graph | GraphModule | None = None,
    match_filters: list[Filter] | None = None,
    ignore_literals: bool = False,
) -> list[ReplacedPatterns]:
    """As :func:`replace_pattern`, only where all filters say so.

    Args:
        gm: the module; it is changed.
        pattern: what is looked for.
        replacement: what is put there.
        match_filters: each is called with a :class:`Match`, the module's graph and the pattern's.
        ignore_literals: whether numbers and strings in the pattern stand for any.

    Returns:
        The places, with the nodes that have been put there.
    """
    looked_for, put = _graph_of(pattern), _graph_of(replacement)
    ours, theirs = ([node for node in graph.nodes if node.op == "placeholder"] for graph in (looked_for, put))
    if len(ours) != len(theirs):
        raise AssertionError(
            f"the pattern has {len(ours)} arguments, and the replacement {len(theirs)}: they get the same values"
        )
    attributes = _attributes(gm, replacement, put)
    now: dict[Node, Any] = {}
    replaced: list[ReplacedPatterns] = []
    for found in list(_matches(gm, looked_for, pattern, ignore_literals)):
        if not all(accept(found, gm.graph, looked_for) for accept in match_filters or ()):
            continue
        known = {
            theirs_: found.nodes_map.get(ours_)
            for ours_, theirs_ in zip(ours, theirs, strict=True)
            if ours_ in found.nodes_map
        }
        known = {node: now.get(value, value) if isinstance(value, Node) else value for node, value in known.items()}
        replaced.append(_put(gm.graph, put, looked_for, found, known, attributes, now))
    gm.recompile()
    gm.delete_all_unused_submodules()
    return replaced


def _graph_of(program: Any) -> Graph:
    if isinstance(program, Graph):
        return program
    return program.graph if isinstance(program, GraphModule) else symbolic_trace(program).graph


def _put(
    graph: Graph,
    put: Graph,
    looked_for: Graph,
    found: Match,
    known: dict[Node, Any],
    attributes: dict[str, str],
    now: dict[Node, Any],
) -> ReplacedPatterns:
    """Put the replacement where a match is, and take away what matched."""
    inside = [value for node, value in found.nodes_map.items() if node.op != "placeholder"]
    results = [found.nodes_map[node] for node in _returned(looked_for)]
    users = {user for result in results for user in result.users if user not in inside}
    order = list(graph.nodes)
    at = min(map(order.index, users)) if users else max(map(order.index, results)) + 1
    made: list[Node] = []
    with graph.inserting_before(order[at] if at < len(order) else graph._root):
        for node in put.nodes:
            if node.op not in ("placeholder", "output"):
                known[node] = graph.node_copy(node, lambda used: known[used])
                if node.op in ("get_attr", "call_module"):
                    known[node].target = attributes.get(str(node.target), node.target)
                made.append(known[node])
    for old, new in zip(results, _returned(put), strict=True):
        old.replace_all_uses_with(known[new])
        now[old] = known[new]
    for node in sorted(inside, key=order.index, reverse=True):
        if not node.users:
            graph.erase_node(node)
    return ReplacedPatterns(found.anchor, found.nodes_map, made)


def _returned(graph: Graph) -> list[Node]:
    """The nodes that a graph returns."""
    found: list[Node] = []
    map_arg(graph.output_node().args[0], found.append)
    return found


def _attributes(gm: GraphModule, replacement: Any, put: Graph) -> dict[str, str]:
    """Give the module what the replacement's graph names; path there -> path here."""
    source = put.owning_module if put.owning_module is not None else replacement
    paths: dict[str, str] = {}
    for node in put.nodes:
        path = str(node.target)
        if node.op in ("get_attr", "call_module") and path not in paths:
            try:
                value = _found(source, path)
            except AttributeError:
                continue
            here = path
            if path.startswith("_tensor_constant"):  # every program numbers its own from 0
                at = 0
                while hasattr(gm, f"_tensor_constant{at}"):
                    at += 1
                here = f"_tensor_constant{at}"
            paths[path] = here
            try:
                _found(gm, here)
            except AttributeError:
                _assign_attr(value, gm, here)
    return paths


# -- finding -----------------------------------------------------------------------------------------------------------


def _matches(gm: GraphModule, looked_for: Graph, pattern: Any, ignore_literals: bool) -> Iterator[Match]:
    finder = _Finder(gm, looked_for, ignore_literals)
    taken: set[Node] = set()
    for node in gm.graph.nodes:
        found = finder.at(node)
        if found is None:
            continue
        inside = {value for p, value in found.items() if p.op != "placeholder"}
        if not inside & taken:
            taken |= inside
            yield Match(finder.anchors[0], found)


class _Finder:
    """Compares places of a graph with a pattern."""

    def __init__(self, gm: GraphModule, looked_for: Graph, ignore_literals: bool) -> None:
        self.gm = gm
        self.pattern_module = looked_for.owning_module
        self.ignore_literals = ignore_literals
        self.anchors = _returned(looked_for)

    def at(self, node: Node) -> dict[Node, Any] | None:
        """What is what, if the pattern's (first) result is computed by a node."""
        found: dict[Node, Any] = {}
        if node.op in ("placeholder", "output") or not self.same(self.anchors[0], node, found):
            return None
        complete = self.others(1, found)
        return complete if complete is not None and self.is_closed(complete) else None

    def others(self, at: int, found: dict[Node, Any]) -> dict[Node, Any] | None:
        """The same with the pattern's further results, wherever they are computed."""
        if at == len(self.anchors):
            return found
        for node in [found[self.anchors[at]]] if self.anchors[at] in found else self.gm.graph.nodes:
            tried = dict(found)
            if self.same(self.anchors[at], node, tried):
                complete = self.others(at + 1, tried)
                if complete is not None:
                    return complete
        return None

    def is_closed(self, found: dict[Node, Any]) -> bool:
        """Whether what the pattern does not return is used inside only."""
        inside = {value for p, value in found.items() if p.op != "placeholder"}
        return all(
            user in inside
            for p, value in found.items()
            if p.op != "placeholder" and p not in self.anchors
            for user in value.users
        )

    def same(self, p: Any, value: Any, found: dict[Node, Any]) -> bool:
        """Whether an argument in the pattern, and one in the graph, are the same; what is what is added to ``found``."""
        if isinstance(p, Node):
            return self.same_node(p, value, found)
        if isinstance(p, (tuple, list)):
            return (
                isinstance(value, (tuple, list))
                and len(p) == len(value)
                and all(self.same(one, other, found) for one, other in zip(p, value, strict=True))
            )
        if isinstance(p, dict):
            return (
                isinstance(value, dict)
                and p.keys() == value.keys()
                and all(self.same(p[key], value[key], found) for key in p)
            )
        if isinstance(p, slice):
            return isinstance(value, slice) and self.same(
                (p.start, p.stop, p.step), (value.start, value.stop, value.step), found
            )
        if self.ignore_literals and isinstance(p, (int, float, str, bool)):
            return not isinstance(value, Node)
        return type(p) is type(value) and bool(p == value)

    def same_node(self, p: Node, value: Any, found: dict[Node, Any]) -> bool:
        if p in found:
            return found[p] is value if isinstance(value, Node) else bool(found[p] == value)
        if isinstance(value, Node) and any(value is other for other in found.values()):
            return False
        if p.op == "placeholder":
            found[p] = value
            return True
        if not isinstance(value, Node) or p.op != value.op or not self.same_target(p, value):
            return False
        found[p] = value
        return self.same(p.args, value.args, found) and self.same(p.kwargs, value.kwargs, found)

    def same_target(self, p: Node, node: Node) -> bool:
        if p.op == "get_attr" and self.pattern_module is not None:
            one, other = _found(self.pattern_module, str(p.target)), _found(self.gm, str(node.target))
            if isinstance(one, Tensor) and isinstance(other, Tensor):
                return one is other or equal(one, other)
        if p.op == "call_module" and isinstance(self.pattern_module, Module):
            one, other = _found(self.pattern_module, str(p.target)), _found(self.gm, str(node.target))
            return p.target == node.target and type(one) is type(other)
        return bool(p.target == node.target)
