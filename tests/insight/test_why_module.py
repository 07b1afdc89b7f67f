"""``why`` of a module: every parameter with its cause, and what else keeps parameters from being trained."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, optim, why
from chainrule.autograd import grad
from chainrule.insight import Cause, _replay


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.unused, self.frozen = nn.Linear(3, 3), nn.Linear(2, 2)
        for parameter in self.frozen.parameters():
            parameter.requires_grad = False

    def forward(self, x: Any) -> Any:
        h = torch.relu(self.first(x) - 100)
        return self.frozen(self.out(torch.tanh(self.second(h))))


def data() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(5, 3), torch.tensor([0, 1, 0, 1, 0])


CAUSES = {
    "first.weight": ("zero", Cause.DEAD_RELU),
    "first.bias": ("zero", Cause.DEAD_RELU),
    "second.weight": ("zero", Cause.TIMES_ZERO),
    "second.bias": ("number", Cause.NUMBER),
    "out.weight": ("number", Cause.NUMBER),
    "out.bias": ("number", Cause.NUMBER),
    "unused.weight": ("none", Cause.NOT_USED),
    "unused.bias": ("none", Cause.NOT_USED),
    "frozen.weight": ("none", Cause.NOT_WANTED),
    "frozen.bias": ("none", Cause.NOT_WANTED),
}


@pytest.mark.parametrize("asked", ["after", "before", "function"])
def test_each_parameter_gets_its_cause(asked: str) -> None:
    x, y = data()
    net = Net()
    loss = F.cross_entropy(net(x), y)
    if asked == "after":
        loss.backward()
        report = why(net)
        assert all(entry.largest is not None for entry in report.of("number"))
    else:
        report = why(net, loss if asked == "before" else lambda: F.cross_entropy(net(x), y))
        assert all(parameter.grad is None for parameter in net.parameters())
    assert {entry.name: (entry.kind, entry.reason.cause) for entry in report} == CAUSES
    text = str(report)
    assert text.startswith("net (Net): 3 of 10 parameters have a gradient")
    assert "  first.weight, first.bias\n    The gradient of `net.first.weight` is 0: ReluBackward0" in text
    assert text.count("`torch.relu(self.first(x) - 100)`") == 1
    assert "`parameter.requires_grad = False`" in text
    assert report["unused.bias"].cause is Cause.NOT_USED
    assert "DEAD_RELU" in report._repr_html_()


def test_no_backward_has_run() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    report = why(net)
    assert {entry.reason.cause for entry in report} == {Cause.NOT_RUN}
    assert str(report).count("no backward has run") == 1


def test_units_without_gradient_are_counted() -> None:
    layer = nn.Linear(2, 3)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([5.0, -50.0, 5.0]))
    loss = torch.relu(layer(torch.ones(1, 2))).sum()
    loss.backward()
    weight, _ = why(layer)
    assert (weight.kind, weight.dead) == ("number", 1)
    assert "1 of 3 rows zero" in str(why(layer))


def test_parameters_that_are_not_seen() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [nn.Linear(2, 2)]
            self.heads = {"a": nn.Linear(2, 2)}
            self.scales = (nn.Parameter(torch.ones(2)),)
            self.shift = torch.zeros(2, requires_grad=True)
            self.seen = nn.ModuleList([nn.Linear(2, 2)])

    layers, heads, scales, shift = why(Hidden()).notes
    assert "layers is a list of modules" in layers
    assert "nn.ModuleList" in layers
    assert "heads is a dict of modules" in heads
    assert "nn.ModuleDict" in heads
    assert "scales is a tuple of parameters" in scales
    assert "nn.ParameterList" in scales
    assert shift.startswith("shift requires grad, but is no nn.Parameter")


def test_optimizer_was_made_before_a_layer_was_replaced() -> None:
    net = nn.Sequential(nn.Linear(2, 5), nn.Linear(5, 7))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    loss = net(torch.ones(1, 2)).sum()
    loss.backward()
    assert why(net).notes == ()
    net[1] = nn.Linear(5, 7)
    loss = net(torch.ones(1, 2)).sum()
    loss.backward()
    (note,) = why(net).notes
    assert note.startswith("no optimizer has 1.weight, 1.bias")
    del optimizer


def test_an_optimizer_that_stands_still() -> None:
    net = nn.Linear(2, 2)
    optimizer = optim.SGD(net.parameters(), lr=0.0)
    (note,) = why(net).notes
    assert note.startswith("the learning rate of SGD, which has parameters of it, is 0")
    optimizer.param_groups[0]["lr"] = 0.1
    assert why(net).notes == ()


def test_one_pass_for_all_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    monkeypatch.setattr(_replay, "grad", lambda *args, **kw: passes.append(1) or grad(*args, **kw))
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    with torch.no_grad():
        net[0].bias.fill_(-100)
    loss = net(torch.ones(1, 2)).sum()
    report = why(net, loss)
    assert [entry.kind for entry in report] == ["zero", "zero", "zero", "number"]
    assert len(passes) == 1
