"""The syntax around an instruction: which call or operator it is, of what, and what becomes of its result.

Loaded when an error, or ``insight``, asks for it.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, TypeVar

from .origin import getframe, outer, resolve
from .value import TensorBase

__all__ = ["Syntax", "naming", "syntax_of"]

E = TypeVar("E", bound=Exception)
MISSING = object()
SHOWING = frozenset(
    "print append extend format info debug warning write log add_scalar set_description set_postfix isclose allclose".split()
)
"""Calls that take a number to show it or to keep it for the record."""
WRITING_NOTHING = frozenset(("requires_grad_", "detach_", "share_memory_"))
"""Methods whose names end in an underscore, and that leave the values as they are."""
LONG = 60
"""Characters from which an expression is cut."""


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
            parts: list[tuple[str | None, ast.AST]] = [(None, node.value), (None, node.slice)]
            whole = self.around[0]
            return [*parts, (None, whole.value)] if isinstance(whole, ast.Assign) and node in whole.targets else parts
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
        for whole in self.around:
            if isinstance(whole, ast.AugAssign):
                return whole.target is inner
            if isinstance(whole, ast.Assign):
                return any(target is inner for target in whole.targets)
            if isinstance(whole, ast.Attribute) and whole.value is inner:
                if whole.attr.endswith("_") and not whole.attr.endswith("__") and whole.attr not in WRITING_NOTHING:
                    return True
            elif not (isinstance(whole, ast.Subscript) and whole.value is inner):
                return False
            inner = whole
        return False

    def is_shown(self) -> bool:
        """Whether the value goes into text, a call of ``print``, a list or a log; or nowhere."""
        for whole in self.around:
            if isinstance(whole, (ast.JoinedStr, ast.Expr, ast.Assert)):
                return True
            if isinstance(whole, ast.Call):
                called = whole.func.attr if isinstance(whole.func, ast.Attribute) else getattr(whole.func, "id", "")
                if called in SHOWING:
                    return True
            if isinstance(whole, ast.stmt):
                return False
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
    if any(_holds(decorator, span) for decorator in getattr(node, "decorator_list", ())):  # which stand before
        return True
    first, begin, last, end = _span(node)
    return (first, begin) <= (line, left) and (end_line, right) <= (last, end)


# -- operands by the user's expressions ----------------------------------------------------------------------------------


def naming(error: E, *operands: Any, dtypes: bool = False) -> E:
    """The error, which also says in which layer it is, and what the operands (tensors, or raw values) are called at the line of
    the user's call: with their shapes, or with their ``dtypes``.
    """
    text = operands_said(outer(getframe(1)), operands, dtype_of if dtypes else shape_of)
    error.args = (f"{error.args[0]}{text}", *error.args[1:])
    return error


def given(ndim: int) -> list[Any]:
    """The tensor that a function of ours was given, which now looks for one of ``ndim`` dimensions (of a result with one more, it may be)."""
    frame: FrameType | None = getframe(2)
    user = outer(getframe(1))
    while frame is not None and frame is not user:
        code = frame.f_code
        for name in code.co_varnames[: code.co_argcount]:
            value = frame.f_locals.get(name)
            for one in value if isinstance(value, (tuple, list)) else (value,):
                if isinstance(one, TensorBase) and one._array.ndim in (ndim, ndim - 1):
                    return [one]
        frame = frame.f_back
    return []


def operands_said(frame: FrameType, operands: tuple[Any, ...], show: Callable[[Any], str]) -> str:
    """In which expression operands meet, and what each is called there; nothing where no source is at hand."""
    syntax = syntax_of(frame.f_code, frame.f_lasti)
    if syntax is None:
        return ""
    names = names_of(syntax, frame, operands)
    said = [f"{name} is {show(one)}" for name, one in zip(names, operands, strict=True) if name]
    place = resolve(frame.f_code, frame.f_lasti)
    return f"{layer_said(syntax, frame)}\n  in {place}" + (": " + ", ".join(said) if said else "")


def layer_said(syntax: Syntax, frame: FrameType) -> str:
    """Which of our layers an error comes from, by its path from the module that the user called."""
    inner: FrameType | None = getframe(1)
    while inner is not None and inner is not frame:
        layer = inner.f_locals.get("self") if inner.f_code.co_name == "forward" else None
        if hasattr(layer, "named_modules"):
            break
        inner = inner.f_back
    else:
        return ""
    callee = _value(syntax.node.func, frame) if isinstance(syntax.node, ast.Call) else MISSING
    paths = callee.named_modules() if hasattr(callee, "named_modules") else ()
    path = next((path for path, module in paths if module is layer), None)
    shown = repr(layer)
    if path is None or "\n" in shown or len(shown) > 2 * LONG:
        return ""
    return f"\n  {'.'.join(filter(None, (syntax.text(syntax.node.func), path)))} is {shown}"  # type: ignore[attr-defined]


def names_of(syntax: Syntax, frame: FrameType, operands: tuple[Any, ...]) -> list[str]:
    """The expression that each operand comes from; empty where the text does not tell."""
    parts = [syntax.receiver()] if syntax.receiver() is not None else []
    for _, part in syntax.arguments():
        parts += part.elts if isinstance(part, (ast.List, ast.Tuple)) else [part]
    known = [(part, _value(part, frame)) for part in parts if part is not None]
    callee = _value(syntax.node.func, frame) if isinstance(syntax.node, ast.Call) else MISSING
    own = getattr(callee, "named_parameters", None)  # of a module, which has operands of its own
    names = [""] * len(operands)
    for at, operand in enumerate(operands):
        for part, value in known:
            if isinstance(value, TensorBase) and _is(value, operand):
                names[at] = _short(syntax.text(part))
                break
        else:
            if own is not None and isinstance(syntax.node, ast.Call):
                found = [name for name, parameter in own() if _is(parameter, operand)]
                names[at] = f"{syntax.text(syntax.node.func)}.{found[0]}" if found else ""
    opaque = [part for part, value in known if value is MISSING and not isinstance(part, (ast.Slice, ast.Starred))]
    missing = [at for at, name in enumerate(names) if not name]
    if own is None and len(opaque) == len(missing):  # what no name tells, the order does
        for at, part in zip(missing, opaque, strict=True):
            names[at] = _short(syntax.text(part))
    return names


def _value(part: ast.AST, frame: FrameType) -> Any:
    """What a name, or an attribute of what a name stands for, has; nothing that would run code is asked."""
    if isinstance(part, ast.Name):
        return frame.f_locals.get(part.id, frame.f_globals.get(part.id, MISSING))
    if isinstance(part, ast.Attribute):
        owner = _value(part.value, frame)
        held = getattr(owner, "__dict__", {}) if owner is not MISSING else {}
        for names in (held, held.get("_modules") or {}, held.get("_parameters") or {}, held.get("_buffers") or {}):
            if part.attr in names:
                return names[part.attr]
    if isinstance(part, ast.Constant):
        return part.value
    if isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant):  # -1
        return part.operand.value
    return MISSING


def _is(tensor: Any, operand: Any) -> bool:
    array: Any = operand._array if isinstance(operand, TensorBase) else operand
    if tensor is operand or tensor._array is array:
        return True
    base = getattr(array, "base", None)
    return base is not None and base is tensor._array and base.shape == array.shape


def shape_of(operand: Any) -> str:
    return str(tuple(operand._array.shape if isinstance(operand, TensorBase) else operand.shape))


def dtype_of(operand: Any) -> str:
    dtype = operand._array.dtype if isinstance(operand, TensorBase) else operand.dtype
    return f"torch.{'bfloat16' if dtype.kind == 'V' else dtype.name}"


def _short(text: str) -> str:
    return text if len(text) <= LONG else text[: LONG - 3] + "..."
