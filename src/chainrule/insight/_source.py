"""The syntax around an instruction: which call or operator it is, of what, and what becomes of its result."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType
from typing import Any

__all__ = ["Syntax", "syntax_of"]


class Syntax:
    """An expression of a program with what it stands in, innermost first."""

    def __init__(self, node: ast.AST, around: list[ast.AST], text: str) -> None:
        self.node = node
        self.around = around
        self.source = text

    def text(self, node: ast.AST) -> str:
        """The source of a part, on one line."""
        found = ast.get_source_segment(self.source, node)
        return " ".join((found or ast.unparse(node)).split())

    def arguments(self) -> list[tuple[str | None, ast.AST]]:
        """What the call or operator is applied to: (keyword or None, part). Of a method call, the object comes first."""
        node = self.node
        if isinstance(node, ast.BinOp):
            return [(None, node.left), (None, node.right)]
        if isinstance(node, ast.AugAssign):
            return [(None, node.target), (None, node.value)]
        if isinstance(node, ast.Compare) and len(node.comparators) == 1:
            return [(None, node.left), (None, node.comparators[0])]
        if isinstance(node, ast.Subscript):
            return [(None, node.value), (None, node.slice)]
        if not isinstance(node, ast.Call):
            return []
        given: list[tuple[str | None, ast.AST]] = [(None, arg) for arg in node.args]
        return given + [(keyword.arg, keyword.value) for keyword in node.keywords]

    def receiver(self) -> ast.AST | None:
        """The object of a method call (or the module of a function: the text does not tell)."""
        node = self.node
        return node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None

    def is_update(self) -> bool:
        """Whether the expression is what is written to: ``w.data -= ...``, ``w.data[0] = ...``, ``w.data.add_(...)``."""
        inner = self.node
        for outer in self.around:
            if isinstance(outer, ast.AugAssign):
                return outer.target is inner
            if isinstance(outer, ast.Assign):
                return any(target is inner for target in outer.targets)
            if isinstance(outer, ast.Attribute) and outer.value is inner:
                if outer.attr.endswith("_") and not outer.attr.endswith("__"):
                    return True
            elif not (isinstance(outer, ast.Subscript) and outer.value is inner):
                return False
            inner = outer
        return False


@lru_cache(maxsize=8)
def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):  # a notebook's magics
        return None


def syntax_of(code: CodeType, instruction: int) -> Syntax | None:
    """The expression of an instruction; None where its source is not at hand."""
    lines = linecache.getlines(code.co_filename)
    position = list(code.co_positions())[instruction // 2]
    if not lines or None in position:
        return None
    source = "".join(lines)
    tree = _parsed(source)
    if tree is None:
        return None
    line, end_line, left, right = position
    span = (line, left, end_line, right)
    path: list[ast.AST] = [tree]
    while _place(path[-1]) != span or isinstance(path[-1], ast.Expr):
        inner = next((child for child in ast.iter_child_nodes(path[-1]) if _holds(child, span)), None)
        if inner is None:
            return None
        path.append(inner)
    return Syntax(path[-1], path[-2::-1], source)


def _place(node: ast.AST) -> Any:
    return _span(node) if hasattr(node, "lineno") else None


def _span(node: ast.AST) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def _holds(node: ast.AST, span: tuple[int | None, ...]) -> bool:
    line, left, end_line, right = span
    if not hasattr(node, "lineno"):  # a comprehension's clause, the arguments of a function
        return any(_holds(child, span) for child in ast.iter_child_nodes(node))
    first, begin, last, end = _span(node)
    return (first, begin) <= (line, left) and (end_line, right) <= (last, end)
