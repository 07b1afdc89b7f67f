"""How functions and types are called in graphs and in the code that is made of them: by PyTorch's names."""

from __future__ import annotations

import builtins
import inspect
import operator
import re
import sys
import types
from importlib import import_module
from typing import Any

from .._missing import torch_name

TOP = __name__.partition(".")[0]

OF_FUNCTIONAL = frozenset(
    """
    atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors cartesian_prod cdist chain_matmul einsum lu
    meshgrid norm split stft tensordot unique unique_consecutive unravel_index
    """.split()
)
"""Functions of ``torch`` that say that they are at home in ``torch.functional``."""

OF_C_NN = frozenset(
    """
    avg_pool2d avg_pool3d elu_ gelu hardtanh_ leaky_relu_ linear log_sigmoid one_hot scaled_dot_product_attention softplus
    softshrink
    """.split()
)
"""Functions of ``torch.nn.functional`` that say that they are at home in ``torch._C._nn``."""

PARTS = ("linalg", "fft", "special")
"""Modules whose functions say that they are at home in ``torch._C._PART``, as ``PART_NAME``."""


def is_torch(obj: Any) -> bool:
    """Whether a function or a class belongs to torch."""
    return is_torch_module(getattr(obj, "__module__", None) or "")


def is_torch_module(name: str) -> bool:
    """Whether a module of this name is one of torch's."""
    return name.partition(".")[0] in (TOP, "torch")


def qualified_name(func: Any) -> str:
    """The name of a function as a graph prints it.

    >>> import chainrule as torch
    >>> import operator
    >>> from chainrule.fx._words import qualified_name
    >>> qualified_name(torch.add), qualified_name(torch.nn.functional.relu), qualified_name(operator.mul)
    ('torch.add', 'torch.nn.functional.relu', 'operator.mul')
    """
    name = getattr(func, "__name__", None) or type(func).__name__
    if getattr(builtins, name, None) is func:
        return f"builtins.{name}"
    if is_torch(func) and not isinstance(func, types.ModuleType):
        return _torch_function(func, name)
    if name == "<lambda>":
        name = _source_of_lambda(func)
    module = {"_operator": "operator"}.get(getattr(func, "__module__", "") or "", getattr(func, "__module__", ""))
    return f"{module}.{name}" if module else name


def _source_of_lambda(func: Any) -> str:
    try:
        return inspect.getsource(func).strip()
    except OSError:
        return "<lambda>"


def _torch_function(func: Any, name: str) -> str:
    """PyTorch's name of a function of ours; it leads to the function, or to one that does the same."""
    torch = import_module(TOP)
    functional = torch.nn.functional
    if func.__module__ != f"{TOP}.random" and getattr(torch, name, None) is func:
        return f"torch.{'functional.' if name in OF_FUNCTIONAL else ''}{name}"
    if getattr(functional, name, None) is func:
        name = {"logsigmoid": "log_sigmoid"}.get(name, name)
        return f"torch.{'_C._nn' if name in OF_C_NN else 'nn.functional'}.{name}"
    for part in PARTS:
        plain = name.removeprefix(f"{part}_")
        if getattr(getattr(torch, part), plain, None) is func:
            return f"torch._C._{part}.{part}_{plain}"
    if getattr(torch.Tensor, name, None) is func:
        return f"torch.Tensor.{name}"
    return f"{torch_name(func.__module__)}.{getattr(func, '__qualname__', name)}"


def type_name(kind: Any) -> str:
    """The name of a type, in annotations."""
    if isinstance(kind, types.GenericAlias):
        inside = ", ".join(map(type_name, kind.__args__))
        return f"{type_name(kind.__origin__)}[{inside}]"
    if isinstance(kind, type):
        if kind.__module__ == "builtins":
            return kind.__qualname__
        if is_torch(kind):
            loaded = vars(sys.modules[TOP])
            if kind.__name__ in loaded and loaded[kind.__name__] is kind:
                return f"torch.{kind.__name__}"
            return f"{torch_name(kind.__module__)}.{kind.__qualname__}"
        return f"{kind.__module__}.{kind.__qualname__}"
    if kind is ...:
        return "..."
    if isinstance(kind, types.FunctionType):
        return kind.__name__
    return re.sub(rf"\b{TOP}\.([\w.]+)", lambda found: _torch_path(found[1]), repr(kind))


def _torch_path(path: str) -> str:
    """`nn.modules.linear.Linear` -> `torch.nn.modules.linear.Linear`, `_tensor.Tensor` -> `torch.Tensor`."""
    name = path.rpartition(".")[2]
    return f"torch.{name}" if hasattr(sys.modules[TOP], name) else f"torch.{path}"


def short_name(func: Any) -> str:
    """What a node that calls a function is named after."""
    if is_torch(func) and isinstance(func, types.FunctionType):
        return qualified_name(func).rpartition(".")[2] if func.__name__ != "<lambda>" else func.__name__
    return getattr(func, "__name__", None) or type(func).__name__


def snake_case(name: str) -> str:
    """`BatchNorm` -> `batch_norm`, `ReLU` -> `re_lu`."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


BINARY = {
    "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "add": "+", "sub": "-", "mul": "*", "floordiv": "//",
    "truediv": "/", "mod": "%", "pow": "**", "lshift": "<<", "rshift": ">>", "and_": "&", "or_": "|", "xor": "^", "matmul": "@",
}  # fmt: skip
UNARY = {"pos": "+", "neg": "-", "invert": "~"}
INPLACE = {f"i{name.rstrip('_')}": sign for name, sign in BINARY.items() if hasattr(operator, f"i{name.rstrip('_')}")}


def expression(func: Any, args: list[str]) -> str | None:
    """The call of one of Python's operators as an expression; None for other functions.

    >>> import operator
    >>> from chainrule.fx._words import expression
    >>> expression(operator.add, ["x", "1"]), expression(operator.neg, ["x"]), expression(len, ["x"])
    ('x + 1', '-x', None)
    """
    if getattr(func, "__module__", None) != "_operator":
        return None
    name = func.__name__
    if len(args) == 1 and name in UNARY:
        return f"{UNARY[name]}{args[0]}"
    if len(args) == 2 and name in BINARY:
        return f"{args[0]} {BINARY[name]} {args[1]}"
    if len(args) == 2 and name == "getitem":
        return f"{args[0]}[{args[1]}]"
    return None


def statement(func: Any, args: list[str]) -> str | None:
    """The same for operators that change their first operand."""
    if getattr(func, "__module__", None) != "_operator":
        return None
    name = func.__name__
    if len(args) == 2 and name in INPLACE:
        return f"{args[0]} {INPLACE[name]}= {args[1]}"
    if len(args) == 3 and name == "setitem":
        return f"{args[0]}[{args[1]}] = {args[2]}"
    return None
