"""SGD, Adam and AdamW go PyTorch's way: over 200 steps, and in what else they do.

What PyTorch does is in golden/sgd_and_adam.json, by tools/record_sgd_and_adam.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import torch_alias

from .programs import agree, outcome
from .training import train, train_complex

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "sgd_and_adam.json").read_text(encoding="utf-8"))
TOLERANCE = {"float32": 2e-5, "float64": 1e-10}


def label(entry: dict[str, Any]) -> str:
    return " ".join(str(entry[key]) for key in ("optimizer", "settings", "dtype") if key in entry)


@pytest.mark.parametrize("entry", GOLDEN["runs"], ids=label)
def test_trajectory(entry: dict[str, Any]) -> None:
    found = train(chainrule, entry["optimizer"], entry["settings"], entry["dtype"])
    tolerance = TOLERANCE[entry["dtype"]]
    for got, want in zip(found, entry["after"], strict=True):
        assert got == pytest.approx(want, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("entry", GOLDEN["complex"], ids=label)
def test_complex_parameters(entry: dict[str, Any]) -> None:
    found = train_complex(chainrule, entry["optimizer"], entry["settings"])
    assert found == pytest.approx(entry["after"], rel=1e-10)


@pytest.mark.parametrize("entry", GOLDEN["programs"], ids=lambda entry: entry["program"].replace("\n", " ")[:100])
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"


def quadratic(p: Any) -> Any:
    return ((p - 1) * chainrule.tensor([1.0, 10.0], dtype=chainrule.float64) * p).sum()


@pytest.mark.parametrize("settings", [{}, {"amsgrad": True}, {"weight_decay": 0.1}], ids=str)
def test_capturable_steps_are_the_same_and_read_no_number(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, captured = (chainrule.tensor([2.0, -1.0], dtype=chainrule.float64, requires_grad=True) for _ in range(2))
    for p, capturable in ((plain, False), (captured, True)):
        optimizer = chainrule.optim.Adam([p], lr=0.1, capturable=capturable, **settings)
        for _ in range(5):
            optimizer.zero_grad()
            quadratic(p).backward()
            with monkeypatch.context() as patch:
                if capturable:
                    patch.setattr(chainrule.Tensor, "item", lambda self: pytest.fail("a number was read"))
                optimizer.step()
    assert captured.tolist() == pytest.approx(plain.tolist(), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"momentum": 0.9, "weight_decay": 0.1}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
        ("Adam", {"weight_decay": 0.1}),
        ("Adam", {"amsgrad": True, "betas": (0.5, 0.7)}),
        ("AdamW", {"maximize": True}),
    ],
)
def test_gradients_flow_through_differentiable_steps(name: str, settings: dict[str, Any]) -> None:
    def trained(start: Any) -> Any:
        """The loss after three steps from ``start``, on a path through the updates."""
        p = start.clone()
        p.retain_grad()
        optimizer = getattr(chainrule.optim, name)([p], lr=0.05, differentiable=True, **settings)
        for _ in range(3):
            (p.grad,) = chainrule.autograd.grad(quadratic(p), p, create_graph=True)
            optimizer.step()
        return quadratic(p)

    start = chainrule.tensor([2.0, -1.0], dtype=chainrule.float64, requires_grad=True)
    (found,) = chainrule.autograd.grad(trained(start), start)
    step = 1e-6
    for n in range(2):
        ahead, behind = (start.detach().clone().requires_grad_() for _ in range(2))
        with chainrule.no_grad():
            ahead[n] += step
            behind[n] -= step
        slope = (trained(ahead) - trained(behind)).item() / (2 * step)
        assert found[n].item() == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_a_refused_group_leaves_the_optimizer_and_the_group() -> None:
    p = chainrule.ones(1, requires_grad=True)
    optimizer = chainrule.optim.SGD([p], lr=0.1)
    group = {"params": iter([("q", chainrule.ones(1)), ("p", p)])}
    before = dict(group)
    with pytest.raises(ValueError, match="names"):
        optimizer.add_param_group(group)
    assert len(optimizer.param_groups) == 1
    assert group == before


def test_a_refused_state_leaves_the_optimizer() -> None:
    p = chainrule.ones(1, requires_grad=True)
    p.grad = chainrule.ones(1)
    optimizer = chainrule.optim.Adam([p], lr=0.1)
    optimizer.step()
    before = str(optimizer.state_dict())
    with pytest.raises(ValueError, match="groups"):
        optimizer.load_state_dict({"state": {}, "param_groups": []})
    assert str(optimizer.state_dict()) == before


def test_hooks_run_once_where_a_step_calls_that_of_its_base() -> None:
    class Loud(chainrule.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure)

    seen: list[str] = []
    optimizer = Loud([chainrule.ones(1)], lr=0.1)
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    optimizer.step()
    assert seen == ["before", "after"]
