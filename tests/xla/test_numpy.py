"""NumPy functions in compiled programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy_calls import OPERANDS, SAMPLES, STEPS, available, called
from numpy_programs import PROGRAMS

import chainrule as torch
from chainrule.functions.numpy_protocol.registry import NEEDS_VALUES, OF_SHAPES, WITHOUT_GRADIENT

pytest.importorskip("jax")

UNSURE = NEEDS_VALUES.keys() | WITHOUT_GRADIENT | OF_SHAPES
FIRST = {name: call for name, call in reversed(SAMPLES + STEPS) if available(name) and name not in UNSURE}
"""One call of each name that is compiled."""

PORTIONS = [list(FIRST.values())[at : at + 16] for at in range(0, len(FIRST), 16)]

ASKING = [(name, call) for name, call in SAMPLES + STEPS if available(name) and NEEDS_VALUES.get(name) == ""]


def operands(factor: float = 1.0) -> list[Any]:
    return [torch.tensor(factor * a) for a in OPERANDS.values()]


def given(values: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(OPERANDS, values, strict=True))


@pytest.mark.parametrize("calls", PORTIONS, ids=lambda calls: calls[0])
def test_covered_names_are_compiled(calls: list[str]) -> None:
    def function(*values: Any) -> Any:
        return [called(call, given(values)) for call in calls]

    compiled = torch.compile(function)
    compiled(*operands())
    for call, got, want in zip(calls, compiled(*operands(1.02)), function(*operands(1.02)), strict=True):
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-9, atol=1e-12, err_msg=call)


@pytest.mark.parametrize(("name", "call"), ASKING)
def test_what_asks_for_values_is_named(name: str, call: str) -> None:
    compiled = torch.compile(lambda *values: called(call, given(values)))
    compiled(*operands())
    with pytest.raises(RuntimeError, match=r"^compile: It looks like you're calling (numpy\.|\.numpy\(\))"):
        compiled(*operands())


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_compiled(name: str) -> None:
    function, at = PROGRAMS[name]
    slope = torch.func.grad(lambda x: np.sum(np.sin(function(x))))
    compiled = torch.compile(lambda x: (function(x), slope(x)))
    compiled(torch.tensor(at))
    value, gradient = compiled(torch.tensor(1.1 * at))
    np.testing.assert_allclose(np.asarray(value), function(1.1 * at), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(np.asarray(gradient), slope(torch.tensor(1.1 * at)).numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    "function", [np.sin, np.exp, lambda w: np.concatenate([w, w]), lambda w: np.where(w > 1, w, 0.0)]
)
def test_a_captured_tensor_is_no_constant(function: Any) -> None:
    """What NumPy is called on is found, though nothing else uses it and no gradient is asked for."""
    weight = torch.tensor([1.0, 2.0], dtype=torch.float64)
    compiled = torch.compile(lambda x: x * np.sum(function(weight)))
    x = torch.tensor(2.0, dtype=torch.float64)
    compiled(x)
    compiled(x)
    weight.mul_(3.0)
    want = 2 * np.sum(np.asarray(function(weight.numpy())))
    np.testing.assert_allclose(compiled(x).item(), want, rtol=1e-14)


def test_values_asked_of_a_captured_tensor_are_no_constant() -> None:
    weight = torch.tensor([1.0, 2.0], dtype=torch.float64)
    compiled = torch.compile(lambda x: x * float(np.allclose(weight, 1.0)))
    compiled(torch.ones(1))
    with pytest.raises(RuntimeError, match=r"compile: It looks like you're calling numpy\.allclose"):
        compiled(torch.ones(1))
