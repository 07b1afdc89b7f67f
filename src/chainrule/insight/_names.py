"""What the values of a graph are called: by the caller's labels, variables and modules, or by the source."""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from inspect import CO_OPTIMIZED
from types import CodeType, FrameType
from typing import Any

from ..core.places import printable
from ..core.value import TensorBase
from ..core.views import current_node
from .model import resolved

MANY = 64
"""Elements of a caller's list or dict up to which they are looked at."""


class Names:
    """Names by node (of what requires grad) and by raw array (of what does not)."""

    def __init__(self, names: Any, label: Any, frame: FrameType | None) -> None:
        self.by_node: dict[int, tuple[str, str]] = {}
        self.by_array: dict[int, tuple[str, str]] = {}
        self.tensors: dict[str, Any] = {}
        """The caller's tensors that have no graph, by name."""
        self.held: dict[int, Any] = {}
        """Node id -> the tensor of the caller's that it made."""
        self.module_of: dict[int, str] = {}
        """Id of a parameter's node -> path of the module that has it."""
        self.variables: set[str] = set()
        """Names that mean something to the caller, of whatever kind."""
        self.frame = frame
        self.listed: Iterator[str] = iter(())
        if isinstance(label, Mapping):
            for name, tensor in label.items():
                self.note(str(name), tensor, "label")
        elif label is not None:
            self.listed = iter([printable(str(name)) for name in label])
        if hasattr(names, "named_parameters"):
            self.note_module("", names)
        elif names is not None:
            for name, tensor in names.items() if isinstance(names, Mapping) else names:
                self.note(str(name), tensor, "label")
        if frame is not None:
            self.look_into(frame)

    def note(self, name: str, tensor: Any, how: str) -> None:
        if not isinstance(tensor, TensorBase):
            if how == "label":
                raise TypeError(f"{name!r} is to name a tensor, but a {type(tensor).__name__} was given")
            return
        name = printable(name)
        node = current_node(tensor)
        if node is not None:
            self.by_node.setdefault(id(node), (name, how))
            self.held.setdefault(id(node), tensor)
        else:
            self.by_array.setdefault(id(tensor._array), (name, how))
            self.tensors.setdefault(name, tensor)

    def note_module(self, prefix: str, module: Any) -> None:
        for path, tensor in itertools.chain(module.named_parameters(), module.named_buffers()):
            name = f"{prefix}.{path}" if prefix else path
            self.note(name, tensor, "module")
            node = tensor._node
            if node is not None:
                self.module_of.setdefault(id(node), name.rpartition(".")[0])

    def look_into(self, frame: FrameType) -> None:
        """The variables of a frame, its locals, then its globals; parameters by the module that has them."""
        modules: list[tuple[str, Any]] = []
        tensors: list[tuple[str, Any]] = []
        holders: list[tuple[str, Any]] = []
        attributes: list[tuple[str, Any]] = []
        for variables in scopes_of(frame):
            self.variables.update(variables)
            for name, value in variables.items():
                if not name.isidentifier() or name.startswith("_") or name in ("In", "Out"):  # pytest has its own
                    continue
                if isinstance(value, TensorBase):
                    tensors.append((name, value))
                elif is_module(value):
                    if all(value is not known for _, known in modules):
                        modules.append((name, value))
                elif type(value) in (list, tuple, dict) and len(value) <= MANY:
                    holders.append((name, value))
                elif name == "self" and hasattr(value, "__dict__"):
                    attributes = list(vars(value).items())[:MANY]
        lists = sum(any(is_module(one) for one in items_of(holder).values()) for _, holder in holders)
        for name, module in modules:
            self.note_module(prefix_of(name, module, len(modules) + lists), module)
        for name, tensor in tensors:
            self.note(name, tensor, "variable")
        for name, holder in holders:
            for key, value in items_of(holder).items():
                if is_module(value):
                    self.note_module(f"{name}[{key!r}]", value)
                else:
                    self.note(f"{name}[{key!r}]", value, "variable")
        for name, value in attributes:
            self.note(f"self.{name}", value, "variable")


def prefix_of(name: str, module: Any, count: int) -> str:
    """What stands before the paths in a module called ``name``: nothing if it is the only one, unless they say little ("0.weight")."""
    return name if count > 1 or any(path[:1].isdecimal() for path, _ in module.named_parameters()) else ""


def scopes_of(frame: FrameType) -> list[dict[str, Any]]:
    """Copies of a frame's locals and globals."""
    if frame.f_locals is frame.f_globals:
        return [dict(frame.f_globals)]
    variables = frame.f_locals
    found = [dict(variables), dict(frame.f_globals)]
    if frame.f_code.co_flags & CO_OPTIMIZED and sys.version_info < (3, 13) and sys.getrefcount(variables) <= 3:
        # Before Python 3.13 a function's frame keeps this dict, and with it what its variables held: graphs, say. The three
        # who refer to it are the frame, the variable here and getrefcount: nobody else has called locals().
        variables.clear()
    return found


def is_module(value: Any) -> bool:
    """Whether something is an ``nn.Module``, if a program has loaded that."""
    module = sys.modules.get(f"{__package__.rpartition('.')[0]}.nn.modules.module")
    return module is not None and isinstance(value, module.Module)


def items_of(holder: Any) -> dict[Any, Any]:
    """What a list, tuple or dict holds, by index or key."""
    return holder if type(holder) is dict else dict(enumerate(holder))


# -- what the source says --------------------------------------------------------------------------------------------


def assigned_name(code: CodeType, lasti: int) -> str:
    """The variable that an expression's value is assigned to, if the whole right-hand side is that expression."""
    positions = _position(code, lasti)
    if positions is None:
        return ""
    line, end = positions
    for first in range(line, max(line - 3, 0), -1):
        text = "".join(linecache.getline(code.co_filename, n) for n in range(first, end + 1)).strip()
        try:
            statement = ast.parse(text).body[0]
        except (SyntaxError, IndexError):
            continue
        return _target(statement, resolved(code, lasti).expression)
    return ""


def _position(code: CodeType, lasti: int) -> tuple[int, int] | None:
    line, end, left, right = next(itertools.islice(code.co_positions(), lasti // 2, None))
    return None if line is None or end is None or left is None or right is None else (line, end)


def _target(statement: ast.stmt, expression: str) -> str:
    """``h`` for ``h = <expression>``, ``h: T = ...``, ``self.h = ...``, and ``h += ...``."""
    if isinstance(statement, ast.Assign):
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value = statement.target, statement.value
    elif isinstance(statement, ast.AugAssign):
        return ast.unparse(statement.target) if ast.unparse(statement) == _normal(expression) else ""
    else:
        return ""
    if isinstance(target, ast.Name | ast.Attribute) and ast.unparse(value) == _normal(expression):
        return ast.unparse(target)
    return ""


def _normal(expression: str) -> str:
    try:
        return ast.unparse(ast.parse(expression).body[0])
    except (SyntaxError, IndexError):
        return expression


def operands(expression: str) -> list[tuple[str, Any]]:
    """What the outermost call or operator of an expression is applied to: (text, number or None)."""
    try:
        statement: Any = ast.parse(expression).body[0]
    except (SyntaxError, IndexError):
        return []
    node = statement.value if isinstance(statement, ast.Expr) else statement
    if isinstance(node, ast.AugAssign):
        parts: list[Any] = [node.target, node.value]
    elif isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call):
        parts = [*node.args, *[keyword.value for keyword in node.keywords]]
        if isinstance(node.func, ast.Attribute):
            parts.insert(0, node.func.value)
        elif ast.unparse(node.func) == "sum" and len(parts) == 1:  # Python's own, which begins with 0
            parts.append(ast.Constant(0))
    else:
        return []
    return [(ast.unparse(part), _literal(part)) for part in parts]


def _literal(part: ast.expr) -> Any:
    try:
        value = ast.literal_eval(part)
    except ValueError:
        return None
    return value if type(value) in (int, float, complex) else None


# -- names for what has none --------------------------------------------------------------------------------------------


def letters(taken: set[str]) -> Iterator[str]:
    """``u``, ``v``, ``p`` ..., then ``t1``, ``t2`` ..., without those that are taken."""
    for letter in "uvpqrsmnhkz":
        if letter not in taken:
            yield letter
    for number in itertools.count(1):
        if f"t{number}" not in taken:
            yield f"t{number}"


def unique(names: Sequence[str], taken: set[str]) -> list[str]:
    """The names, those that are taken or occur several times numbered: ``h₁``, ``h₂``, ``h₃``."""
    total = Counter(names)
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        several = total[name] > 1 or name in taken
        found.append(name + str(seen[name]).translate(SUBSCRIPTS) if several else name)
    return found


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
