"""``guard`` stops where the first number comes up that is not finite."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
from chainrule import nn
from chainrule.errors import NotFiniteError

INF = float("inf")


def stopped(program: Any, **settings: Any) -> Any:
    with pytest.raises(NotFiniteError) as caught, torch.guard(**settings):
        program()
    return caught.value


@pytest.mark.parametrize(
    ("program", "by", "element"),
    [
        (torch.log, "log", (1,)),
        (lambda x: 1 / x, "reciprocal", (1,)),
        (lambda x: x / x, "divide", (1,)),
        (lambda x: torch.exp(x * 1000), "exp", (0,)),
        (lambda x: (x * 1e36) * 1e38, "multiply", (0,)),
        (lambda x: torch.sqrt(x - 1), "sqrt", (1,)),
        (lambda x: torch.sqrt(x).sum().backward(), "SqrtBackward0", (1,)),
        (lambda x: (x * 1e36).reshape(1, 3) @ torch.full((3, 1), 1e36), "mm", (0, 0)),
        (lambda x: (x - x).norm() + torch.log((x - x).norm()), "log", ()),
        (lambda x: torch.autograd.grad(torch.sqrt(x).sum(), x, create_graph=True), "SqrtBackward0", (1,)),
        (lambda x: x.detach().mul_(1e36).mul_(1e38), "multiply", (0,)),
    ],
)  # fmt: skip
def test_first_number_that_is_not_finite(program: Any, by: str, element: Any) -> None:
    x = torch.tensor([1.0, 0.0, 4.0], requires_grad=True)
    error = stopped(lambda: program(x))
    assert (error.by, error.element) == (by, element), str(error)
    assert error.place.file == __file__
    assert isinstance(error, RuntimeError)


def test_half_precision_overflows() -> None:
    x = torch.tensor([300.0, 1.0], dtype=torch.float16)
    assert stopped(lambda: x * x).element == (0,)
    with torch.guard():
        torch.full((1000,), 1e30) + 1  # the square of a number may overflow where the number does not


def test_infinity_that_was_given_is_no_fault_but_what_is_made_of_it_is() -> None:
    with torch.guard():
        scores = torch.zeros(2, 3).masked_fill(torch.tensor([True, False, False]), -INF)
        assert scores.softmax(1)[0, 0] == 0
    assert stopped(lambda: torch.full((3,), -INF).softmax(0)).by == "softmax"


def test_infinities_may_be_let_through() -> None:
    x = torch.tensor([0.0])
    with torch.guard(inf=False):
        torch.log(x)
    assert stopped(lambda: torch.log(x) - torch.log(x), inf=False).by == "subtract"


def test_parameter_that_is_gone_already() -> None:
    layer = nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.fill_(float("nan"))
    error = stopped(lambda: layer(torch.ones(1, 2)))
    assert error.by == "leaf"
    assert "last written by `layer.weight.fill_" in str(error)


def test_numbers_that_were_nan_before() -> None:
    x = torch.tensor([float("nan")], requires_grad=True) * 1
    assert "already" in str(stopped((x * 2).sum))


def test_what_stops_a_backward_leaves_no_gradient() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = x.sqrt().sum()
    stopped(y.backward)
    assert x.grad is None
    y.backward()
    assert x.grad.tolist() == [INF, 0.5]


def test_same_numbers_as_without() -> None:
    def step() -> list[Any]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2))
        optimizer = torch.optim.Adam(net.parameters())
        x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        return [p.tolist() for p in net.parameters()]

    plain = step()
    with torch.guard(), torch.kinks():
        assert step() == plain
    with torch.guard(), torch.enable_grad(), torch.no_grad():
        pass


def test_under_transforms_and_custom_functions() -> None:
    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.sqrt()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g / 0.0

    x = torch.ones(2, requires_grad=True)
    assert stopped(lambda: Root.apply(x).sum().backward()).by == "RootBackward"
    assert stopped(lambda: Root.apply(-x)).by == "Root"
    assert stopped(lambda: torch.vmap(torch.log)(torch.zeros(2, 3))).by == "log"
    assert stopped(lambda: torch.func.grad(lambda x: x.sqrt().sum())(torch.zeros(2))).by == "SqrtBackward0"
    with torch.guard():
        assert torch.func.jvp(torch.sin, (x,), (x,))[0].isfinite().all()


def test_outside_of_the_block_nothing_is_watched() -> None:
    with torch.guard():
        pass
    assert torch.log(torch.zeros(1)).item() == -INF


def test_anomaly_mode_may_be_on_as_well() -> None:
    x = torch.zeros(1, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        assert stopped(lambda: x.sqrt().sum().backward()).by == "SqrtBackward0"


def test_flags_of_numpy_that_others_have_turned_off() -> None:
    import numpy as np

    x = torch.ones(2)

    def program() -> None:
        with np.errstate(all="ignore"):
            x.div(torch.zeros(2))

    assert stopped(program).by == "divide"


def test_step_of_an_optimizer_that_ruins_a_parameter_is_named() -> None:
    layer = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=3e38)
    x = torch.ones(1, 2)
    with torch.guard():
        (layer(x) * 3e9).sum().backward()
        optimizer.step()
    error = stopped(lambda: layer(x))
    assert error.by == "leaf"
    assert "last written by `optimizer.step()`" in str(error)


def test_what_leaves_the_graph_inside_is_noted_as_outside() -> None:
    with torch.guard():
        w = torch.ones(2, requires_grad=True)
        with torch.no_grad():
            cut = w * 2
    said = str(torch.why(cut))
    assert "no_grad" in said
    assert "w * 2" in said
