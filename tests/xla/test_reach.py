"""What a compiled function refers to besides its arguments: where it is another thing now, the program is another one."""

from __future__ import annotations

import functools
import gc
import sys
import types
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import nn

pytest.importorskip("jax")

SCALE = 2.0
ARRAY = np.ones(2, np.float32)
LEVELS: Any = {"a": [{"b": (2.0, {"c": 2.0})}]}


class Scaled(nn.Module):
    """A module whose forward reads what no argument holds."""

    scale = 2.0
    inner = types.SimpleNamespace(scale=2.0)

    def __init__(self) -> None:
        super().__init__()
        self._hidden = 2.0

    @property
    def doubled(self) -> float:
        return self.scale * 2

    def forward(self, x: Any) -> Any:
        return x * SCALE


class Plain:
    scale = 2.0


class Slotted:
    __slots__ = ("scale",)

    def __init__(self) -> None:
        self.scale = 2.0


class Times(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * SCALE

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * SCALE


def of_a_default(x: Any, scale: float = 2.0) -> Any:
    return x * scale


PARTIAL = functools.partial(of_a_default, scale=2.0)


def first_of_two(x: Any) -> Any:
    return x * 2


def second_of_two(x: Any) -> Any:
    return x * 3


CONFIG: Any = types.ModuleType("config")


@pytest.mark.parametrize(
    ("function", "change"),
    [
        (lambda x: x * CONFIG.scale, lambda: setattr(CONFIG, "scale", 3.0)),
        (lambda x: x * CONFIG.deep.scale, lambda: setattr(CONFIG.deep, "scale", 3.0)),
        (lambda x: CONFIG.act(x) * 1, lambda: setattr(CONFIG, "act", second_of_two)),
        (lambda x: CONFIG.library(x - 2), lambda: setattr(CONFIG, "library", torch.tanh)),
        (lambda x: (x.long() * CONFIG.count).sum(), lambda: setattr(CONFIG, "count", 2.0)),
        (lambda x: x / CONFIG.zero, lambda: setattr(CONFIG, "zero", -0.0)),
        (lambda x: x * Scaled.scale, lambda: setattr(Scaled, "scale", 3.0)),
        (lambda x: x * CONFIG.model.scale, lambda: setattr(Scaled, "scale", 3.0)),
        (lambda x: x * CONFIG.model.scale, lambda: setattr(CONFIG.model, "scale", 3.0)),
        (lambda x: x * CONFIG.plain.scale, lambda: setattr(CONFIG.plain, "scale", 3.0)),
        (lambda x: x * CONFIG.model.inner.scale, lambda: setattr(Scaled.inner, "scale", 3.0)),
        (lambda x: x * CONFIG.model.doubled, lambda: setattr(Scaled, "scale", 3.0)),
        (lambda x: x * CONFIG.model._hidden, lambda: setattr(CONFIG.model, "_hidden", 3.0)),
        (lambda x: CONFIG.model(x) * 1, lambda: globals().update(SCALE=3.0)),
        (lambda x: CONFIG.model(x) * 1, lambda: CONFIG.model.register_forward_hook(lambda module, args, out: out * 2)),
        (lambda x: CONFIG.model(x) * 1, lambda: setattr(Scaled, "forward", lambda self, x: x * 3)),
        (lambda x: Times.apply(x) * 1, lambda: globals().update(SCALE=3.0)),
        (lambda x: sum(x * SCALE for _ in range(2)), lambda: globals().update(SCALE=3.0)),
        (lambda x: x * CONFIG.slotted.scale, lambda: setattr(CONFIG.slotted, "scale", 3.0)),
        (of_a_default, lambda: setattr(of_a_default, "__defaults__", (3.0,))),
        (first_of_two, lambda: setattr(first_of_two, "__code__", second_of_two.__code__)),
        (PARTIAL, lambda: PARTIAL.keywords.update(scale=3.0)),
        (lambda x: x * LEVELS["a"][0]["b"][1]["c"], lambda: LEVELS["a"][0]["b"][1].update(c=3.0)),
        (lambda x: x * sum(CONFIG.numbers), lambda: CONFIG.numbers.append(1)),
        (lambda x: x * sum(CONFIG.nothing), lambda: CONFIG.nothing.append(1)),
        (lambda x: x * sum(CONFIG.table), lambda: (CONFIG.table.clear(), CONFIG.table.update({3: 0}))),
        (lambda x: x * torch.tensor(ARRAY), lambda: ARRAY.fill(3)),
    ],
)
def test_what_a_function_refers_to_is_looked_at_before_each_run(function: Any, change: Any, monkeypatch: Any) -> None:
    for name, value in {
        "scale": 2.0, "count": 2, "zero": 0.0, "act": first_of_two, "library": torch.relu, "numbers": [2], "nothing": [],
        "table": {2: 0}, "deep": types.ModuleType("deep"), "model": Scaled(), "slotted": Slotted(), "plain": Plain(),
    }.items():  # fmt: skip
        monkeypatch.setattr(CONFIG, name, value, raising=False)
    CONFIG.deep.scale = 2.0
    for owner, name in (
        (Scaled, "scale"),
        (Scaled, "forward"),
        (Scaled.inner, "scale"),
        (sys.modules[__name__], "SCALE"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(of_a_default, "__defaults__", of_a_default.__defaults__)
    monkeypatch.setitem(PARTIAL.keywords, "scale", 2.0)
    monkeypatch.setattr(first_of_two, "__code__", first_of_two.__code__)
    monkeypatch.setitem(LEVELS["a"][0]["b"][1], "c", 2.0)
    ARRAY.fill(1)
    compiled, x = torch.compile(function), torch.ones(2)
    compiled(x)
    for now in (lambda: None, change, lambda: None):
        now()
        assert compiled(x).tolist() == function(x).tolist()


def test_an_assertion_does_not_lead_into_pytest() -> None:
    """Which writes into it what refers to all tests."""

    def function(x: torch.Tensor) -> torch.Tensor:
        assert x.ndim == 1
        return x * 2

    compiled = torch.compile(function)
    compiled(torch.ones(2))
    compiled(torch.ones(2))  # the first call runs as it stands
    assert any(name.startswith("@pytest") for name in function.__code__.co_names)
    assert len(compiled._reach.look.tables) == 1  # the globals


def test_a_look_holds_while_nothing_changes() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    compiled = torch.compile(lambda x: module(x) * SCALE)
    for _ in range(3):
        compiled(torch.ones(2, 4))
    look = compiled._reach.look
    compiled(torch.ones(2, 4))
    assert compiled._reach.look is look
    module.eval()
    compiled(torch.ones(2, 4))
    assert compiled._reach.look is not look


def test_parameters_that_the_collector_was_told_to_leave_alone_are_inputs() -> None:
    model = nn.Linear(2, 1)
    compiled = torch.compile(model)
    gc.freeze()
    compiled(torch.ones(1, 2))
    assert gc.get_freeze_count()
    gc.unfreeze()
    with torch.no_grad():
        model.weight.zero_()
    result = compiled(torch.ones(1, 2))
    assert torch.equal(result, model.bias[None])
    result.sum().backward()
    assert torch.equal(model.bias.grad, torch.ones(1))
