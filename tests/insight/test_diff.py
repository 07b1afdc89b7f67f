"""``diff``: the first place at which two runs part."""

from __future__ import annotations

import json
from typing import Any

import pytest

import chainrule as torch
from chainrule.insight import Graph, diff


def leaves() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor([1.0, 2.0, 3.0], requires_grad=True), torch.tensor([[0.5, -0.5, 1.0]], requires_grad=True)


def run(x: torch.Tensor, w: torch.Tensor, scale: float = 2.0) -> torch.Tensor:
    h = torch.tanh(w @ x)
    h = h * scale
    return (h * x).sum()


def test_the_same() -> None:
    report = diff(run(*leaves()), run(*leaves()))
    assert report.same
    assert str(report) == "no difference in 5 operations"


def test_a_different_input() -> None:
    x, w = leaves()
    other = torch.tensor([1.0, 2.5, 3.0], requires_grad=True)
    report = diff(run(x, w), run(other, w))
    assert (report.kind, report.step) == ("input", 0)
    assert "1 of 3 elements differ, most at [1]: 2 and 2.5" in report.detail


def test_another_number() -> None:
    report = diff(run(*leaves()), run(*leaves(), scale=2.1))
    assert (report.kind, report.step) == ("input", 2)
    assert report.detail == "2: 2 and 2.1"
    assert "h * scale" in report.a


def test_another_operation() -> None:
    def other(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return (torch.sigmoid(w @ x) * 2.0 * x).sum()

    report = diff(run(*leaves()), other(*leaves()))
    assert (report.kind, report.step) == ("structure", 1)
    assert report.detail == "TanhBackward0 and SigmoidBackward0"
    assert "torch.tanh(w @ x)" in report.a
    assert "torch.sigmoid(w @ x)" in report.b
    assert "1 operations before are the same from other lines" in str(report)


def test_one_goes_on() -> None:
    x, w = leaves()
    report = diff(run(x, w), run(x, w).exp())
    assert (report.kind, report.step, report.a) == ("structure", 5, "the end")
    assert report.detail == "run a has ended"


def test_another_parameter_shape_and_wiring() -> None:
    x = torch.ones(2, 2, requires_grad=True)
    y = torch.ones(2, 2, requires_grad=True)
    assert "axis" in diff(x.sum(0).sum(), x.sum(1).sum()).detail
    z = torch.ones(2, requires_grad=True)
    assert diff(x.exp().sum(), z.exp().sum()).detail == "x is [2, 2] float32 and [2] float32"
    report = diff((x * y * x).sum(), (x * y * y).sum())
    assert (report.kind, report.step) == ("structure", 1)
    assert "it reads x in one place, and y in the other" in report.detail
    assert "requires grad in run a only" in diff((x * y).sum(), (x * y.detach()).sum()).detail


class Wrong(torch.autograd.Function):
    factor = 2.0

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x * 2.0

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
        return g * Wrong.factor


def test_another_gradient() -> None:
    x, _ = leaves()

    def loss() -> Graph:
        h = x.exp()
        return Graph.of(Wrong.apply(h).sin().sum())

    first = loss()
    Wrong.factor = 3.0
    report = diff(first, loss())
    Wrong.factor = 2.0
    assert report.kind == "gradient"
    assert "Wrong.apply(h)" in report.a
    assert "the derivative by h" in report.detail


def test_a_result_that_is_random() -> None:
    x = torch.ones(8, requires_grad=True)
    torch.manual_seed(0)
    a = torch.nn.functional.dropout(x * 3.0).sum()
    b = torch.nn.functional.dropout(x * 3.0).sum()
    report = diff(a, b)
    assert report.step == 1
    assert "dropout" in report.a


def test_nan_equals_nan() -> None:
    x = torch.tensor([0.0, -1.0], requires_grad=True)
    assert diff(x.log().sum(), x.log().sum()).same


def test_graphs_from_elsewhere() -> None:
    x, w = leaves()
    text = Graph.of(run(x, w)).to_json()
    assert diff(text, run(x, w)).same
    report = diff(run(x, w), Graph.of(run(x + 0.0, w)).to_json())
    assert report.kind == "structure"
    assert json.loads(json.dumps(report.to_dict()))["kind"] == "structure"
    large = torch.linspace(0, 1, 50).requires_grad_()
    texts = [Graph.of((large * n).exp().sum(), names={"large": large}).to_json() for n in (1.0, 1.5)]
    assert diff(*texts).detail == "1: 1 and 1.5"
    larger = torch.linspace(0, 2, 50).requires_grad_()
    texts = [Graph.of(one.exp().sum(), names={"it": one}).to_json() for one in (large, larger)]
    assert diff(*texts).detail == "it: the max is 1 and 2"


def test_text_is_escaped() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    names = {"<i>": x}
    y = torch.tensor(2.0, requires_grad=True)
    html = diff(Graph.of(x * 2.0, names=names), Graph.of(y * 2.0))._repr_html_()
    assert "&lt;i&gt;: 1 and 2" in html
    assert "<i>" not in html


def test_what_is_no_run() -> None:
    with pytest.raises(TypeError, match="but got a int"):
        diff(3, 4)
    with pytest.raises(ValueError, match="does not require grad"):
        diff(torch.ones(2), torch.ones(2))


def test_operands_that_are_gone_are_not_called_equal() -> None:
    def run(seed: int) -> Any:
        torch.manual_seed(seed)
        return torch.nn.Linear(2, 2)(torch.ones(1, 2)).sum()

    told = str(diff(run(0), run(1)))
    assert "equal operands" not in told
    assert "hold the model of each run" in told
