"""What a short program about modules prints, in PyTorch when recording, in chainrule when testing."""

from __future__ import annotations

import ast
import re
import warnings
from types import ModuleType
from typing import Any

PRELUDE = """
from collections import OrderedDict
nn, F, Parameter, Buffer = torch.nn, torch.nn.functional, torch.nn.Parameter, torch.nn.Buffer
R = nn.ReLU
x = torch.tensor([-1.0])
w = torch.tensor([2.0])

class Scale(nn.Module):
    "A parameter, a buffer that is saved and one that is not."
    def __init__(self, value=2.0):
        super().__init__()
        self.factor = Parameter(torch.tensor([value]))
        self.register_buffer("calls", torch.tensor(0))
        self.register_buffer("last", torch.zeros(1), persistent=False)
    def forward(self, x, plus=0):
        self.calls.add_(1)
        return self.factor * x + plus

class Tied(nn.Module):
    "One parameter under two names, a buffer that counts, one that is None, and a tensor that is neither."
    def __init__(self):
        super().__init__()
        self.a = nn.PReLU(); self.b = nn.PReLU(); self.b.weight = self.a.weight
        self.register_buffer("n", torch.zeros(1)); self.register_buffer("k", None)
        self.lin = nn.Sequential(nn.PReLU()); self.plain = torch.ones(1)
    def forward(self, x, *, plus=0):
        self.n.add_(1)
        return self.a(x) + self.b(x) + plus + self.lin(x) * 0 + self.plain * 0

m = Scale()
t = Tied()
net = nn.Sequential(Scale(1.0), nn.Sequential(Scale(3.0), nn.Tanh()))
"""


def outcome(torch: ModuleType, program: str) -> dict[str, Any]:
    """The printed form of the program's last expression and the warnings on the way, or the exception."""
    namespace: dict[str, Any] = {"torch": torch}
    *statements, last = ast.parse(program).body
    assert isinstance(last, ast.Expr), program
    torch.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="chainrule")  # of NumPy: docs/differences.md
        try:
            exec(PRELUDE, namespace)
            exec(compile(ast.Module(statements, []), "program", "exec"), namespace)
            value = eval(compile(ast.Expression(last.value), "program", "eval"), namespace)
            text = repr(value)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
            return {"raises": type(error).__name__, "says": neutral(str(error))}
    found: dict[str, Any] = {"prints": neutral(text)}
    if caught:
        found["warns"] = [warning.category.__name__ for warning in caught]
    return found


def neutral(text: str) -> str:
    """Text without the names of the two libraries and without addresses."""
    return re.sub(r" at 0x[0-9a-f]+", "", text.replace("chainrule.", "torch."))


def agree(got: dict[str, Any], want: dict[str, Any]) -> bool:
    """Equal; an error may say more."""
    if "raises" in want and got.get("raises") == want["raises"]:
        return bool(got["says"].startswith(want["says"]))
    return got == want
