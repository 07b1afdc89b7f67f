"""The other optimizers go PyTorch's way (golden/optimizers.json, by tools/record_optimizers.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import torch_alias
from chainrule.optim import _adafactor, stepwise

from .programs import agree, outcome
from .training import RECORDED, train, train_complex, train_extremes, train_lbfgs, train_muon

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "optimizers.json").read_text(encoding="utf-8"))
TOLERANCE = {"float32": 2e-5, "float64": 1e-10}
KEPT = [RECORDED.index(step) for step in (2, 50, 200)]


def label(entry: dict[str, Any]) -> str:
    return " ".join(str(entry[key]) for key in ("optimizer", "settings", "dtype") if key in entry)


@pytest.mark.parametrize("entry", GOLDEN["runs"], ids=label)
def test_trajectory(entry: dict[str, Any]) -> None:
    found = train(chainrule, entry["optimizer"], entry["settings"], entry["dtype"])
    tolerance = TOLERANCE[entry["dtype"]]
    for got, want in zip([found[n] for n in KEPT], entry["after"], strict=True):
        assert got == pytest.approx(want, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("entry", GOLDEN["complex"], ids=label)
def test_complex_parameters(entry: dict[str, Any]) -> None:
    found = train_complex(chainrule, entry["optimizer"], entry["settings"])
    assert found == pytest.approx(entry["after"], rel=1e-10)


@pytest.mark.parametrize("entry", GOLDEN["extremes"], ids=label)
def test_gradients_that_are_no_numbers(entry: dict[str, Any]) -> None:
    """Infinities, NaN and signs of zero as there; of numbers below single precision, as many digits as they have."""
    for got, want in zip(train_extremes(chainrule, entry["optimizer"], entry["settings"]), entry["after"], strict=True):
        assert got == pytest.approx(want, rel=2e-5, abs=1e-36, nan_ok=True)
        assert np.signbit(got)[np.equal(want, 0)].tolist() == np.signbit(want)[np.equal(want, 0)].tolist()


@pytest.mark.parametrize("entry", GOLDEN["lbfgs"], ids=label)
def test_lbfgs(entry: dict[str, Any]) -> None:
    for got, want in zip(train_lbfgs(chainrule, entry["settings"]), entry["after"], strict=True):
        assert got == pytest.approx(want, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("entry", GOLDEN["muon"], ids=label)
def test_muon(entry: dict[str, Any]) -> None:
    for got, want in zip(train_muon(chainrule, entry["settings"]), entry["after"], strict=True):
        assert got == pytest.approx(want, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("entry", GOLDEN["programs"], ids=lambda entry: entry["program"].replace("\n", " ")[:100])
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"


# -- the ways of computing ----------------------------------------------------------------------------------------------

STEPWISE: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {"amsgrad": True},
    "Adamax": {"weight_decay": 0.1},
    "NAdam": {"weight_decay": 0.1, "decoupled_weight_decay": True},
    "RAdam": {"betas": (0.5, 0.7), "maximize": True},
    "RMSprop": {"momentum": 0.5, "centered": True, "eps": 0.1},
    "Adadelta": {"eps": 0.1},
    "Adagrad": {"lr_decay": 0.1, "initial_accumulator_value": 0.5},
    "Rprop": {},
    "ASGD": {"t0": 2.0, "lambd": 0.1},
}
INEXACT = {"SGD", "Adagrad"}
"""Those that have no ``capturable``: they read no number, or are never captured in PyTorch."""


def slope(p: Any) -> Any:
    return ((p - 1) * chainrule.linspace(1.0, 3.0, 7, dtype=chainrule.float64) * p).sum()


def after_steps(name: str, start: Any = None, **settings: Any) -> Any:
    """Where an optimizer is after six steps, and its state."""
    p = chainrule.linspace(-1, 2, 7, dtype=chainrule.float64) if start is None else start
    p = p.clone().requires_grad_()
    optimizer = getattr(chainrule.optim, name)([p], **{"lr": 0.05, **STEPWISE[name], **settings})
    for _ in range(6):
        optimizer.zero_grad()
        slope(p).backward()
        optimizer.step()
    return [p.detach(), *optimizer.state[p].values()]


def after_adafactor(shape: tuple[int, ...]) -> list[Any]:
    p = chainrule.linspace(-1, 2, 6, dtype=chainrule.float64).reshape(shape).clone().requires_grad_()
    optimizer = chainrule.optim.Adafactor([p], lr=0.05, weight_decay=0.1, maximize=True)
    for _ in range(6):
        optimizer.zero_grad()
        (p * p * p - p).sum().backward()
        optimizer.step()
    return [p.detach(), *optimizer.state[p].values()]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
        ("RMSprop", {"lr": 0.1, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
        ("Adamax", {"weight_decay": 0.1}),
    ],
)
def test_a_single_number_is_updated_as_a_vector_of_one(name: str, settings: dict[str, Any]) -> None:
    """Of an array without axes, NumPy's operators make scalars."""
    found = []
    for shape in ((), (1,)):
        p = chainrule.full(shape, 0.3, requires_grad=True)
        optimizer = getattr(chainrule.optim, name)([p], **settings)
        for _ in range(3):
            p.grad = p.detach() * 0.7
            optimizer.step()
        found.append(p.item())
    assert found[0] == found[1]


def test_gradients_that_are_not_finite() -> None:
    """The sign of NaN is 0; and an average of one number is that number, not what is left of a difference of infinities."""
    p = chainrule.ones(2, requires_grad=True)
    p.grad = chainrule.tensor([float("nan"), 1.0])
    chainrule.optim.Rprop([p], lr=0.5).step()
    assert p.tolist() == [1.0, 0.5]
    optimizer = chainrule.optim.ASGD([p])
    p.grad = chainrule.full((2,), float("inf"))
    for _ in range(2):
        optimizer.step()
    assert optimizer.state[p]["ax"].tolist() == p.tolist() == [-float("inf")] * 2


@pytest.mark.parametrize("shape", [(6,), (3, 2), (1, 2, 3)])
def test_adafactor_updates_memory_and_tensors_alike(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(chainrule.Tensor, "lerp_", lambda *_: pytest.fail("memory can be written"))
        in_memory = after_adafactor(shape)
    monkeypatch.setattr(_adafactor, "memory_of", lambda tensors: None)
    for got, want in zip(in_memory, after_adafactor(shape), strict=True):
        np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", STEPWISE)
def test_memory_and_tensors_are_updated_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = after_steps(name)
    with monkeypatch.context() as patch:
        patch.setattr(stepwise.Stepwise, "_update_tensors", lambda *_: pytest.fail("memory can be written"))
        patch.setattr(stepwise, "AT_ONCE", 12)
        in_pieces = after_steps(name)
    monkeypatch.setattr(stepwise.Stepwise, "_update_memory", lambda *_: pytest.fail("tensors are wanted"))
    ways = [in_pieces]
    if name not in INEXACT:
        with monkeypatch.context() as patch:
            patch.setattr(chainrule.Tensor, "item", lambda self: pytest.fail("a number was read"))
            ways.append(after_steps(name, capturable=True))
    monkeypatch.setattr(stepwise, "memory_of", lambda tensors: None)
    ways.append(after_steps(name))
    for found in ways:
        for got, want in zip(found, expected, strict=True):
            assert got.tolist() == pytest.approx(want.tolist(), rel=1e-6, abs=1e-12)
            assert got.dtype is want.dtype


@pytest.mark.parametrize("name", STEPWISE)
def test_gradients_flow_through_differentiable_steps(name: str) -> None:
    def trained(start: Any) -> Any:
        p = start.clone()
        p.retain_grad()
        optimizer = getattr(chainrule.optim, name)([p], **{"lr": 0.05, **STEPWISE[name]}, differentiable=True)
        for _ in range(3):
            (p.grad,) = chainrule.autograd.grad(slope(p), p, create_graph=True)
            optimizer.step()
        return slope(p)

    start = chainrule.linspace(-1.1, 2, 7, dtype=chainrule.float64, requires_grad=True)
    (found,) = chainrule.autograd.grad(trained(start), start)
    step = 1e-6
    for n in (0, 4):
        ahead, behind = (start.detach().clone() for _ in range(2))
        ahead[n] += step
        behind[n] -= step
        ends = [trained(one.requires_grad_()).item() for one in (ahead, behind)]
        assert found[n].item() == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", [*STEPWISE, "Adafactor"])
def test_a_step_is_a_write_that_graphs_notice(name: str) -> None:
    p = chainrule.ones(3, requires_grad=True)
    optimizer = getattr(chainrule.optim, name)([p], lr=0.1)
    y = (p * p).sum()
    p.grad = chainrule.ones(3)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_parameters_that_share_memory_with_numpy() -> None:
    import numpy as np

    array = np.ones(3, np.float32)
    p = chainrule.from_numpy(array).requires_grad_()
    p.grad = chainrule.ones(3)
    chainrule.optim.Adam([p], lr=0.5).step()
    assert array.tolist() == pytest.approx([0.5] * 3)


def test_plain_descent_remembers_nothing() -> None:
    p = chainrule.ones(1, requires_grad=True)
    p.grad = chainrule.ones(1)
    optimizer = chainrule.optim.SGD([p], lr=0.5)
    optimizer.step()
    assert not optimizer.state


@pytest.mark.parametrize("beta2", [0.5, 0.6, 0.66])
def test_radam_whose_length_never_suffices_is_descent_with_momentum(beta2: float) -> None:
    """The simple average's length is 2 / (1 - beta2) - 1 at most: at 0.6 a term of the unused root divides by zero."""
    p = chainrule.tensor([1.0, -2.0], dtype=chainrule.float64, requires_grad=True)
    optimizer = chainrule.optim.RAdam([p], lr=0.1, betas=(0.5, beta2))
    for _ in range(8):
        p.grad = chainrule.tensor([1.0, 2.0], dtype=chainrule.float64)
        optimizer.step()
    assert p.tolist() == pytest.approx([0.2, -3.6])


def test_adafactor_keeps_what_is_no_part_of_a_nan() -> None:
    """As Python's ``max(1.0, nan)`` is 1.0, other elements are scaled as if nothing were clipped."""
    p = chainrule.tensor([1.0, 2.0, 3.0], requires_grad=True)
    optimizer = chainrule.optim.Adafactor([p])
    p.grad = chainrule.tensor([1.0, float("nan"), -1.0])
    optimizer.step()
    assert p.isnan().tolist() == [False, True, False]
    size = 0.01 * (14 / 3) ** 0.5
    assert p[::2].tolist() == pytest.approx([1 - size, 3 + size])


@pytest.mark.parametrize("dtype", [chainrule.float16, chainrule.bfloat16])
@pytest.mark.parametrize(
    ("name", "settings"), [("Adam", {}), ("AdamW", {"amsgrad": True}), ("SGD", {"momentum": 0.9}), ("Adagrad", {})]
)
def test_fused_steps_of_halves_round_once(name: str, settings: dict[str, Any], dtype: Any) -> None:
    """Computed in single precision, in which 1e-8 is a number: half precision would divide by zero."""
    values, slope = [1.0, -2.0, 0.5], [1e-4, 2e-3, -3.0]
    half, wide = (chainrule.tensor(values, dtype=kind, requires_grad=True) for kind in (dtype, chainrule.float32))
    optimizers = [getattr(chainrule.optim, name)([p], lr=0.01, fused=True, **settings) for p in (half, wide)]
    half.grad = chainrule.tensor(slope, dtype=dtype)
    wide.grad = half.grad.float()
    for optimizer in optimizers:
        optimizer.step()
    assert chainrule.equal(half, wide.to(dtype))
    for kept in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "sum"):
        if kept in optimizers[0].state[half]:
            assert chainrule.equal(optimizers[0].state[half][kept], optimizers[1].state[wide][kept].to(dtype))
