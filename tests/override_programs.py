"""What short programs with subclasses of Tensor print, in PyTorch when recording, in chainrule when testing."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import warnings
from types import ModuleType
from typing import Any

PRELUDE = """
import copy, functools, math, pickle
import numpy as np
F, nn, Parameter, overrides = torch.nn.functional, torch.nn, torch.nn.Parameter, torch.overrides
Mode, name_of = torch.overrides.TorchFunctionMode, torch.overrides.resolve_name

def told(func, types, args, kwargs):
    print(name_of(func), func.__name__, [t.__name__ for t in types], len(args), kwargs if kwargs is None else sorted(kwargs))

class M(torch.Tensor):
    pass

class M2(M):
    pass

class Other(torch.Tensor):
    pass

class L(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        told(func, types, args, kwargs)
        return super().__torch_function__(func, types, args, kwargs)

class Off(torch.Tensor):
    __torch_function__ = torch._C._disabled_torch_function_impl

class Declines(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return NotImplemented

class P(Parameter):
    pass

HANDLED = {}

class S:
    "No tensor: a multiple of the identity matrix."
    def __init__(self, n, value):
        self.n, self.value = n, value
    def __repr__(self):
        return f"S({self.n}, {self.value})"
    def tensor(self):
        return self.value * torch.eye(self.n)
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        told(func, types, args, kwargs)
        if func not in HANDLED or not all(issubclass(t, (torch.Tensor, S)) for t in types):
            return NotImplemented
        return HANDLED[func](*args, **(kwargs or {}))

def implements(function):
    return lambda own: HANDLED.setdefault(function, own)

class Log(Mode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        told(func, types, args, kwargs)
        return func(*args, **(kwargs or {}))

class Named(Mode):
    def __init__(self, name):
        self.name = name
    def __torch_function__(self, func, types, args=(), kwargs=None):
        print(self.name, name_of(func))
        return func(*args, **(kwargs or {}))

class NoMode(Mode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return NotImplemented

class Tagged(torch.Tensor):
    "With an attribute that results take over."
    def __new__(cls, data, tag=None):
        made = torch.as_tensor(data).as_subclass(cls)
        made.tag = tag
        return made
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        made = super().__torch_function__(func, types, args, kwargs)
        if isinstance(made, cls):
            made.tag = next(a.tag for a in args if isinstance(a, cls))
        return made

x = torch.tensor([1.0, 2.0]).as_subclass(L)
m = torch.arange(6.0).reshape(2, 3).as_subclass(L)
i = torch.tensor([1, 2]).as_subclass(L)
y = torch.tensor([3.0, 4.0])
p = Parameter(torch.ones(2))
a = torch.tensor([1.0, 2.0], requires_grad=True)
q = M([1.0, 2.0]).requires_grad_()
s = S(2, 3.0)
k, k2, o = M([1.0]), M2([2.0]), Other([3.0])
d = torch.ones(2).as_subclass(Declines)
sub = M([1.0, 2.0])
"""


def outcome(torch: ModuleType, program: str) -> dict[str, Any]:
    """What the program prints, and the printed form of its last expression; or the class of what it raises."""
    namespace: dict[str, Any] = {"torch": torch, "__name__": "__main__"}
    *statements, last = ast.parse(program).body
    assert isinstance(last, ast.Expr), program
    out = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(out):
        warnings.simplefilter("ignore")
        exec(PRELUDE, namespace)
        out.truncate(0)
        out.seek(0)
        try:
            exec(compile(ast.Module(statements, []), "program", "exec"), namespace)
            value = eval(compile(ast.Expression(last.value), "program", "eval"), namespace)
            told = neutral(out.getvalue())
            shown = {"is": f"{type(value).__name__} {neutral(repr(value))}"}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
            told, shown = neutral(out.getvalue()), {"raises": type(error).__name__}
    return {"told": told.splitlines(), **shown} if told else dict(shown)


def neutral(text: str) -> str:
    """Without addresses and the printing of tensors that ``repr`` itself is told of."""
    return re.sub(r" at 0x[0-9a-f]+", "", text)
