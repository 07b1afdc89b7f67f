"""Whether a value that left a graph came back into it, as far as the text of the function tells."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ..core.source import syntax_of

if TYPE_CHECKING:
    from ..core.exits import Site
    from ..core.node import Node

__all__ = ["came_back"]

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)


def came_back(site: Site, nodes: Iterable[Node], root: Node) -> bool | None:
    """Whether one of the nodes was computed from what left at the site, on the way to ``root``; None where the text of the function
    in which that happened does not tell.
    """
    syntax = syntax_of(site.code, site.lasti)
    if syntax is None:
        return None
    scope = next((one for one in syntax.around if isinstance(one, SCOPES)), None)
    statement = next((one for one in (syntax.node, *syntax.around) if isinstance(one, ast.stmt)), None)
    if scope is None or statement is None or any(isinstance(one, ast.Lambda) for one in syntax.around):
        return None
    if isinstance(statement, (ast.Return, *SCOPES)):
        return None
    names = names_reached(scope, statement)
    is_cell = isinstance(scope, ast.Module)  # of a notebook, say: its variables are those of the next cell
    places = {
        (node.code, node.lasti): None for node in nodes if is_cell or node.code.co_filename == site.code.co_filename
    }
    for code, lasti in places:
        user = syntax_of(code, lasti)
        if user is None or not (scope in user.around or (is_cell and code.co_name == "<module>")):
            continue
        if user.node in syntax.around or any(one in names for one in loaded(user.node)):
            return True
    ends = syntax_of(root.code, root.lasti)
    if ends is not None and scope in ends.around:
        return False
    if is_cell and root.code.co_filename != site.code.co_filename:
        return None
    is_returned = any(isinstance(one, ast.Return) and not names.isdisjoint(loaded(one)) for one in ast.walk(scope))
    return None if is_returned else False


@lru_cache(maxsize=64)
def names_reached(scope: ast.AST, statement: ast.stmt) -> frozenset[str]:
    """The variables and attributes that hold what a statement computes, or what was made of them; for ``why(module)``, which asks
    for each parameter, it is kept.
    """
    names = set(stored(statement))
    kinds = (ast.stmt, ast.comprehension)
    statements = [one for one in ast.walk(scope) if isinstance(one, kinds) and not isinstance(one, SCOPES)]
    while True:
        before = len(names)
        for one in statements:
            if not names.isdisjoint(loaded(one)):
                names.update(stored(one))
        if len(names) == before:
            return frozenset(names)


def stored(statement: ast.AST) -> Iterator[str]:
    """The names that a statement gives values to: by assignment, or by a method of what they stand for (``list.append``)."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from targets_of(target)
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign, ast.For, ast.comprehension)):
        yield from targets_of(statement.target)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = statement.value.func
        if isinstance(called, ast.Attribute) and called.attr in ("append", "extend", "add", "insert", "update"):
            yield from targets_of(called.value)


def targets_of(target: ast.AST) -> Iterator[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for one in target.elts:
            yield from targets_of(one)
    elif isinstance(target, (ast.Subscript, ast.Starred)):
        yield from targets_of(target.value)
    elif isinstance(target, (ast.Name, ast.Attribute)):
        yield ast.unparse(target)


def loaded(node: ast.AST) -> Iterator[str]:
    """The variables and attributes that are read in a part of a program; of a compound statement, in its head."""
    parts: list[ast.AST] = [node]
    if isinstance(node, (ast.For, ast.comprehension)):
        parts = [node.iter]
    elif isinstance(node, (ast.If, ast.While, ast.With, ast.Try)):
        parts = []
    for part in parts:
        for one in ast.walk(part):
            if isinstance(one, (ast.Name, ast.Attribute)) and (
                isinstance(one.ctx, ast.Load) or isinstance(node, ast.AugAssign)
            ):
                yield ast.unparse(one)
