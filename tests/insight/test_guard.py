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


def test_modes_outside_and_inside_hold() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad(), torch.guard():
        assert not (x * 2).requires_grad
        assert not torch.relu(x).requires_grad
    with torch.guard():
        with torch.no_grad():
            assert not torch.relu(x).requires_grad
            assert (x * 1)[None].grad_fn is None
        assert torch.relu(x[None]).grad_fn.origin().file == __file__
    with torch.no_grad():
        assert stopped(lambda: torch.log(x - x)).by == "log"


def test_ops_that_are_not_looked_at_are_seen_by_others() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    with torch.kinks() as report, torch.guard():
        torch.relu(x)
    with torch.guard(), torch.kinks() as inside:
        torch.relu(x)
    assert len(report.hits) == len(inside.hits) == 1


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


# -- the same blame by the quick way and step by step ------------------------------------------------------------------------

LARGE = 3e38


def ones(*shape: int) -> Any:
    return torch.ones(*shape, requires_grad=True)


def zeros(*shape: int) -> Any:
    """What can be multiplied by anything: only cotangents become large."""
    return torch.zeros(*shape, requires_grad=True)


def spoilt(shape: tuple[int, ...], at: int, value: float) -> Any:
    """Ones, and one number that is something else."""
    x = torch.ones(shape)
    x.reshape(-1)[at] = value
    return x.requires_grad_()


def attention(x: Any) -> Any:
    scores = (x @ x.T).masked_fill(torch.ones(3, 3).triu(1) == 1, -INF)
    return (scores.softmax(1) @ x).sum()


def twice(x: Any) -> Any:
    (x * LARGE).sum().backward()
    return (x * LARGE).sum()


def through_a_port(x: Any) -> Any:
    values, _ = (x * 1).sort()
    return (values * LARGE).sum() + (values * LARGE).sum()


BACKWARDS: dict[str, tuple[Any, Any, str, tuple[int, ...]]] = {
    "a product of matrices": (lambda: zeros(1, 2), lambda x: ((x @ torch.full((2, 3), 1e20)) * 1e20).sum(), "MmBackward0", (0, 0)),
    "a large one": (lambda: zeros(70, 80), lambda x: ((x @ torch.full((80, 90), 1e20)) * 1e20).sum(), "MmBackward0", (0, 0)),
    "the weight of a layer": (
        lambda: zeros(3, 2), lambda w: (nn.functional.linear(torch.full((4, 2), 1e20), w, torch.zeros(3)) * 1e20).sum(), "AddmmBackward0", (0, 0),
    ),
    "the sum over a broadcast axis": (lambda: zeros(3), lambda x: ((x + torch.zeros(2, 3)) * LARGE).sum(), "AddBackward0", (0,)),
    "the sum over an axis of a view": (lambda: zeros(1, 3), lambda x: (x.expand(2, 3) * LARGE).sum(), "ExpandBackward0", (0, 0)),
    "two uses": (lambda: zeros(2), lambda x: (x * LARGE).sum() + (x * LARGE).sum(), "MulBackward0", (0,)),
    "two uses of a large one": (lambda: zeros(5000), lambda x: (x * LARGE).sum() + (x * LARGE).sum(), "MulBackward0", (0,)),
    "two uses of one of several outputs": (lambda: zeros(2), through_a_port, "MulBackward0", (0,)),
    "two backwards": (lambda: zeros(2), twice, "torch::autograd::AccumulateGrad", (0,)),
    "an element read twice": (lambda: zeros(2), lambda x: (x[torch.tensor([1, 1])] * LARGE).sum(), "IndexBackward0", (1,)),
    "one selected twice": (lambda: zeros(2), lambda x: (x.index_select(0, torch.tensor([1, 1])) * LARGE).sum(), "IndexSelectBackward0", (1,)),
    "windows that overlap": (lambda: zeros(3), lambda x: (x.unfold(0, 2, 1) * LARGE).sum(), "UnfoldBackward0", (1,)),
    "one that a relu hides": (lambda: spoilt((4,), 2, -1.0), lambda x: torch.relu(x).sqrt().sum(), "SqrtBackward0", (2,)),
    "one that a mask hides": (
        lambda: spoilt((4,), 2, 0.0), lambda x: torch.where(x > 0, x.sqrt(), torch.zeros(4)).sum(), "SqrtBackward0", (2,),
    ),
    "a large array": (lambda: spoilt((100, 100), 7777, 0.0), lambda x: x.sqrt().sum(), "SqrtBackward0", (77, 77)),
    "a transposed one": (lambda: spoilt((100, 100), 7778, 0.0), lambda x: x.T.sqrt().sum(), "SqrtBackward0", (78, 77)),
    "a computed function": (lambda: spoilt((4,), 1, 0.0), lambda x: x.pow(0.5).sum(), "PowBackward0", (1,)),
    "double precision": (lambda: spoilt((4,), 1, 0.0).double().detach().requires_grad_(), lambda x: x.sqrt().sum(), "SqrtBackward0", (1,)),
    "half precision": (lambda: ones(2).half().detach().requires_grad_(), lambda x: ((x * 300) * 300).sum() * 0 + (x * 300).float().sum() * 0, "multiply", (0,)),
    "complex numbers": (lambda: (spoilt((3,), 1, 0.0) * (1 + 0j)).detach().requires_grad_(), lambda x: x.sqrt().real.sum(), "SqrtBackward0", (1,)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("way", ["quick", "beside another watch", "with a hook", "recorded"])
@pytest.mark.parametrize("name", BACKWARDS)
def test_backward_step_that_is_blamed(name: str, way: str) -> None:
    start, program, by, element = BACKWARDS[name]
    x = start()
    if way == "with a hook":
        x.register_hook(lambda g: None)

    def run() -> None:
        out = program(x)
        if way == "beside another watch":
            with torch.kinks():
                out.backward()
        else:
            out.backward(create_graph=way == "recorded")

    error = stopped(run)
    assert (error.by, error.element) == (by, element), str(error)
    assert error.place.file == __file__


@pytest.mark.parametrize(
    ("program", "by", "element"),
    [
        (lambda: spoilt((100, 100), 7777, LARGE) * 2, "multiply", (77, 77)),
        (lambda: spoilt((100, 100), 7777, LARGE) + LARGE, "add", (77, 77)),
        (lambda: 1 / spoilt((100, 100), 7777, 0.0), "reciprocal", (77, 77)),
        (lambda: spoilt((100, 100), 7777, 0.0).log(), "log", (77, 77)),
        (lambda: spoilt((100, 100), 7778, 0.0).T.log(), "log", (78, 77)),  # noqa: PLW0108 - guarded from the start
        (lambda: torch.full((100, 100), 1e20) @ torch.full((100, 100), 1e20), "mm", (0, 0)),
        (lambda: torch.full((1000,), LARGE).sum(), "sum_all", ()),
        (lambda: torch.full((1000,), 1e300, dtype=torch.float64).float(), "astype", (0,)),
        (lambda: torch.ones(2).copy_(torch.tensor([1.0, 1e300], dtype=torch.float64)), "copy", (1,)),
        (lambda: torch.cat([torch.tensor([1.0]).half(), torch.tensor([70000])]), "astype", (0,)),
        (lambda: torch.sigmoid(torch.full((3,), -1000.0)) * 0 + torch.log(torch.zeros(3)), "log", (0,)),
        (lambda: nn.functional.linear(torch.full((40, 50), 1e20), torch.full((60, 50), 1e20), torch.zeros(60)), "linear_layer", (0, 0)),
    ],
)  # fmt: skip
def test_op_that_is_blamed(program: Any, by: str, element: Any) -> None:
    error = stopped(program)
    assert (error.by, error.element) == (by, element), str(error)


@pytest.mark.parametrize(
    "program",
    [
        attention,
        lambda x: (torch.sigmoid(x * -1000) * x).sum(),
        lambda x: (x / 1e38 / 1e38).sum(),
        lambda x: torch.nn.functional.silu(x * -500).sum(),
        lambda x: (x * 1e19 * 1e19 * 1e-38).sum(),
        lambda x: torch.where(x > 0, x, -INF).amax(),
        lambda x: x.expand(2, 3, 3).sum() + x.unsqueeze(0).transpose(1, 2).mean(),
    ],
)
def test_what_is_no_fault(program: Any) -> None:
    x = torch.linspace(0.1, 2, 9).reshape(3, 3).requires_grad_()
    program(x).backward()
    plain, x.grad = x.grad, None
    with torch.guard():
        program(x).backward()
    assert x.grad.tolist() == plain.tolist()


def test_a_backward_that_stops_changes_nothing() -> None:
    x, y = ones(2), ones(2)
    x.grad = torch.ones(2)
    stopped(lambda: ((x * 2).sum() + (y - 1).sqrt().sum()).backward())  # noqa: PLW0108 - guarded from the start
    assert x.grad.tolist() == [1, 1]
    assert y.grad is None


def test_backward_inside_of_transforms() -> None:
    error = stopped(lambda: torch.vmap(torch.func.grad(torch.sqrt))(torch.tensor([1.0, 0.0])))
    assert (error.by, error.element) == ("SqrtBackward0", (1,))
    error = stopped(lambda: torch.func.jacrev(torch.sqrt)(torch.tensor([0.0, 1.0])))
    assert error.by == "SqrtBackward0"


def test_step_of_a_recorded_backward_is_of_the_line_that_asked_for_it() -> None:
    x = torch.tensor(0.0, requires_grad=True)
    (g,) = torch.autograd.grad(x**1.5, x, create_graph=True)
    error = stopped(g.backward)
    assert error.place.expression == "torch.autograd.grad(x**1.5, x, create_graph=True)"


def hooked(hook: Any) -> Any:
    h = ones(2) * 3
    h.register_hook(hook)
    return h


def test_hook_that_spoils_a_cotangent() -> None:
    error = stopped(lambda: hooked(lambda g: torch.full_like(g, INF)).sum().backward())
    assert (error.by, error.element) == ("a hook", (0,))
    assert "torch.full_like(g, INF)" in str(error)
    leaf = ones(2)
    leaf.register_hook(lambda g: g * INF)
    assert stopped(lambda: (leaf * 3).sum().backward()).by == "a hook"
    assert leaf.grad is None
    layer, x = nn.Linear(2, 2), ones(1, 2)
    layer.register_full_backward_hook(lambda module, given, came: (given[0] * INF,))
    assert stopped(lambda: layer(x * 2).sum().backward()).by == "a hook"


def test_hook_that_spoils_nothing() -> None:
    with torch.guard():
        hooked(lambda g: g * 2).sum().backward()
        hooked(lambda g: g * 2).backward(torch.tensor([INF, 1.0]))
