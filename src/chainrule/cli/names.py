"""Find the torch names that a program uses, by reading its syntax tree.

Names are followed through imports and plain assignments (`F = torch.nn.functional`) and looked up in chainrule's own
modules. A method's name on a value of unknown kind counts only if PyTorch's Tensor has it, chainrule's has not, and
nothing else explains it.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
from collections import deque
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from .._missing import our_names, pytorch_names, torch_name

__all__ = ["Use", "torch_uses"]

# What a name in the program is bound to: a torch path, something from another library, or a value of unknown kind.
_FOREIGN = "<foreign>"
_UNKNOWN = "<unknown>"

_GUARDS = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"}
# Methods of these are not Tensor's, whatever their names.
_BUILTIN_METHODS = {name for kind in (str, bytes, list, tuple, dict, set, int, float, complex) for name in dir(kind)}

_Scope = dict[str, str]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Use(NamedTuple):
    """One use of a torch name; `missing` is the first part of it that chainrule lacks, as (parent, name), or empty."""

    name: str
    line: int
    missing: tuple[str, ...]


def torch_uses(tree: ast.Module) -> list[Use]:
    """The uses of torch's names in a program, by line.

    >>> torch_uses(ast.parse("import torch; torch.reluu(1)"))[-1]
    Use(name='torch.reluu', line=1, missing=('torch', 'reluu'))
    """
    finder = _Finder(tree)
    finder.visit_scope(tree, [])
    return sorted(set(finder.uses), key=lambda use: (use.line, use.name))


@functools.lru_cache
def missing_part(name: str) -> tuple[str, ...]:
    """The first part of a dotted torch name that chainrule lacks, as (parent, name); empty if it has all of it."""
    found: Any = importlib.import_module("chainrule")
    parts = name.split(".")
    for depth, part in enumerate(parts[1:], 1):
        if not isinstance(found, ModuleType | type):
            return ()  # what an instance has is not known without running
        parent = ".".join(parts[:depth])
        if hasattr(found, part):
            found = getattr(found, part)
        elif isinstance(found, ModuleType):
            try:
                found = importlib.import_module(f"{found.__name__}.{part}")
            except ModuleNotFoundError:
                return parent, part
        else:
            return parent, part
    return ()


class _Finder:
    def __init__(self, tree: ast.Module) -> None:
        self.uses: list[Use] = []
        self.star_modules: list[str] = []
        self.guarded = _guarded(tree)
        # A method that the program defines itself is not torch's.
        self.own_names = {node.name for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)} | {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        }
        self.lacking_methods = pytorch_names()["torch.Tensor"] - our_names("torch.Tensor") - _BUILTIN_METHODS

    def visit_scope(self, node: ast.AST, outer: list[_Scope]) -> None:
        """Visit a scope: first collect what its names are bound to, then look at what it uses."""
        scope: _Scope = {}
        scopes = [*outer, scope]
        body = list(_own_nodes(node))
        plain_targets: set[int] = set()
        for child in body:
            if isinstance(child, ast.Assign):
                plain_targets |= {id(target) for target in child.targets if isinstance(target, ast.Name)}
            if id(child) not in plain_targets:
                for name, value in self._bindings(child, scopes):
                    scope[name] = value if scope.get(name, value) == value else _UNKNOWN
        inner_parts = {id(child.value) for child in body if isinstance(child, ast.Attribute)}
        for child in body:
            # Of a path a.b.c only the whole is a use.
            is_part = id(child) in inner_parts and self._path(child, scopes) is not None
            if not is_part and id(child) not in self.guarded:
                self._look(child, scopes)
        # The functions of a class don't see what the class binds.
        visible = outer if isinstance(node, ast.ClassDef) else scopes
        for child in body:
            if isinstance(child, _SCOPES):
                self.visit_scope(child, visible)

    def _bindings(self, node: ast.AST, scopes: list[_Scope]) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.name if alias.asname else alias.name.split(".")[0]
                yield alias.asname or bound, torch_name(bound) if _is_torch(alias.name) else _FOREIGN
        elif isinstance(node, ast.ImportFrom):
            module = _torch_module(node)
            for alias in node.names:
                if alias.name != "*":
                    yield alias.asname or alias.name, f"{module}.{alias.name}" if module else _FOREIGN
                elif module:
                    self.star_modules.append(module)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, self._kind(node.value, scopes)
        elif isinstance(node, ast.arg):
            yield node.arg, _UNKNOWN
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id, _UNKNOWN
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield node.name, _UNKNOWN

    def _kind(self, value: ast.expr, scopes: list[_Scope]) -> str:
        """What a name is bound to by assigning this value to it."""
        path = self._path(value, scopes)
        if path is not None:
            return path
        return _FOREIGN if self._root(value, scopes) == _FOREIGN else _UNKNOWN

    def _path(self, node: ast.AST, scopes: list[_Scope]) -> str | None:
        """The torch path that an expression such as `F.relu` names, or None."""
        if isinstance(node, ast.Attribute):
            parent = self._path(node.value, scopes)
            return parent and f"{parent}.{node.attr}"
        if isinstance(node, ast.Name):
            bound = _lookup(node.id, scopes) or self._from_star(node.id)
            return bound if bound is not None and _is_torch(bound) else None
        return None

    def _from_star(self, name: str) -> str | None:
        """The torch path of a name that only `from module import *` can have bound."""
        if name in vars(builtins):
            return None
        modules = (module for module in self.star_modules if name in pytorch_names().get(module, ()))
        return next((f"{module}.{name}" for module in modules), None)

    def _root(self, node: ast.AST, scopes: list[_Scope]) -> str:
        """What the value at the beginning of a chain of attributes, calls and indices is."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name):
            return _lookup(node.id, scopes) or _UNKNOWN
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.Lambda):
            return _FOREIGN
        return _UNKNOWN

    def _look(self, node: ast.AST, scopes: list[_Scope]) -> None:
        """Note the torch names that one node uses."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _is_torch(alias.name):
                    self._note(torch_name(alias.name), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            module = _torch_module(node)
            if module is not None:
                for alias in node.names:
                    self._note(module if alias.name == "*" else f"{module}.{alias.name}", alias.lineno)
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            path = self._path(node, scopes)
            if path is not None:
                self._note(path, node.end_lineno or node.lineno)
            elif isinstance(node, ast.Attribute) and self._is_lacking_method(node, scopes):
                self.uses.append(
                    Use(f"torch.Tensor.{node.attr}", node.end_lineno or node.lineno, ("torch.Tensor", node.attr))
                )

    def _is_lacking_method(self, node: ast.Attribute, scopes: list[_Scope]) -> bool:
        if node.attr not in self.lacking_methods or node.attr in self.own_names:
            return False
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return False
        return self._root(node.value, scopes) != _FOREIGN

    def _note(self, name: str, line: int) -> None:
        self.uses.append(Use(name, line, missing_part(name)))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, from the outside in, without those of the scopes in it."""
    pending = deque(ast.iter_child_nodes(node))
    while pending:
        child = pending.popleft()
        yield child
        if not isinstance(child, _SCOPES):
            pending += ast.iter_child_nodes(child)


def _guarded(tree: ast.AST) -> set[int]:
    """The nodes that run only where a name is there, or only with hardware that chainrule does not have."""
    guarded: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_catches_missing(handler) for handler in node.handlers):
            parts: list[ast.AST] = list(node.body)
        elif isinstance(node, ast.If) and _asks_first(node.test):
            parts = list(node.body)
        elif isinstance(node, ast.IfExp) and _asks_first(node.test):
            parts = [node.body]
        else:
            continue
        guarded.update(id(inner) for part in parts for inner in ast.walk(part))
    return guarded


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(
        isinstance(name, ast.Name) and name.id in _GUARDS for name in ast.walk(handler.type)
    )


def _asks_first(test: ast.expr) -> bool:
    """Whether a condition is `hasattr(...)` or `....is_available()`, and holds no `not`."""
    nodes = list(ast.walk(test))
    asked = {getattr(node, "id", getattr(node, "attr", None)) for node in nodes}
    return bool(asked & {"hasattr", "is_available"}) and not any(isinstance(node, ast.Not) for node in nodes)


def _lookup(name: str, scopes: list[_Scope]) -> str | None:
    return next((scope[name] for scope in reversed(scopes) if name in scope), None)


def _is_torch(name: str) -> bool:
    return name.partition(".")[0] in ("torch", "functorch")


def _torch_module(node: ast.ImportFrom) -> str | None:
    """The torch module that a `from` statement takes names from, or None."""
    return torch_name(node.module) if node.module and _is_torch(node.module) and not node.level else None
