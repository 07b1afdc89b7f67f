"""``check`` passes what is right, names the line of what is wrong, and tells a kink from either."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from wrong_derivatives import (
    WRONG,
    detached,
    float32_inside,
    half_square,
    made,
    matrix,
    one_argument,
    second_operand,
    used,
    wrong_factor,
    wrong_sign,
    x,
    z,
)

import chainrule as torch
from chainrule.autograd import Function
from chainrule.core.op import GENERAL, OPS
from chainrule.nn import functional as F
from chainrule.utils.checkpoint import checkpoint

check = torch.check


def marked(report: Any) -> bool:
    """Whether the first fault is on a line that says ``# wrong``."""
    place = report.faults[0].place
    return linecache.getline(place.file, place.line).rstrip().endswith("# wrong")


# -- what is right ---------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    first: Any
    second: Any


def written(x: Any) -> Any:
    y = torch.zeros(4, dtype=x.dtype)
    y[1:] = x * 2
    y[2] *= 3
    y += 1
    return y.exp()


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * t


@torch.custom_vjp
def cubed(x: Any) -> Any:
    return x**3


cubed.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x**2 * g,))

RIGHT: dict[str, tuple[Callable[..., Any], Any]] = {
    "elementwise": (lambda x, y: torch.sin(x) * torch.exp(y) / (1 + x**2), lambda: (x(), x())),
    "broadcast": (lambda x, m: torch.tanh(x * m + x.sum()), lambda: (x(), matrix())),
    "matmul": (lambda m, x: m @ x, lambda: (matrix(), x())),
    "reduction": (lambda m: (m.mean(), m.std(0), torch.logsumexp(m, 1), m.prod()), matrix),
    "indexing": (lambda m: m[:, [0, 2]] + torch.gather(m, 1, torch.tensor([[1, 0], [2, 2]])), matrix),
    "joining": (lambda x: torch.cat([x, torch.stack([x, x * x]).flatten()]), x),
    "sorting": (lambda x: x.sort().values * torch.arange(3), x),
    "cumulative": (lambda x: x.cumsum(0) * x.cumprod(0), x),
    "linalg": (lambda m: torch.linalg.inv(m @ m.T), matrix),
    "norms": (torch.linalg.norm, x),
    "where": (lambda x: torch.where(x > 0, x.exp(), x.sin()), x),
    "written": (written, x),
    "views": (lambda m: m.T.reshape(-1)[1::2].unfold(0, 2, 1), matrix),
    "log near zero": (torch.log, lambda: torch.tensor([1e-8, 1.0, 1e6])),
    "large": (lambda x: (1e9 * x).sum() ** 2, x),
    "tiny": (lambda x: 1e-200 * x.exp(), x),
    "branch": (lambda x: x.exp() if x.sum() > 0 else -x, x),
    "complex": (lambda z: (z.abs(), z * z.conj() + z.exp(), z.real), z),
    "complex and real": (lambda z, x: (z * x[:2]).sum(), lambda: (z(), x())),
    "Function": (Cube.apply, x),
    "custom_vjp": (cubed, x),
    "activation": (lambda x: F.softmax(F.gelu(x), 0), x),
    "scalar": (torch.sqrt, lambda: torch.tensor(2.0)),
    "constant": (lambda x: torch.floor(x) + 0 * x, x),
    "softmax sum": (lambda x: x.softmax(0).sum(), x),
    "dict": (lambda p: {"y": p["w"] * p["b"], "n": 3}, lambda: {"w": x(), "b": x()}),
    "named tuple": (lambda p: [p.first @ p.second], lambda: Pair(x(), x())),
    "a transform": (torch.func.grad(lambda x: (x**3).sum()), x),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_right(name: str) -> None:
    function, inputs = RIGHT[name]
    report = check(function, inputs())
    assert report.ok, report
    assert all(one.directions == 3 for one in report.inputs)
    assert not report.kinks
    report.raise_if_wrong()


@pytest.mark.parametrize("name", ["elementwise", "matmul", "linalg", "written", "complex", "Function", "custom_vjp"])
def test_second_derivatives(name: str) -> None:
    function, inputs = RIGHT[name]
    report = check(function, inputs(), order=2)
    assert report.ok, report
    assert report.order == 2
    assert all(one.directions for one in report.inputs)


def test_modules_are_checked_by_parameters_and_inputs_in_float64_and_stay_as_they_are() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    model[2].bias.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    report = check(model, torch.rand(5, 3))
    assert report.ok, report
    assert [one.name for one in report.inputs] == ["input", "0.weight", "0.bias", "2.weight"]
    assert all(one.reverse_error < 1e-9 for one in report.inputs)
    assert all(
        value.dtype is torch.float32 and torch.equal(value, before[n]) for n, value in model.state_dict().items()
    )
    assert all(p.grad is None for p in model.parameters())


def test_buffers_that_a_call_changes_begin_anew() -> None:
    class Counting(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.zeros(3))

        def forward(self, x: Any) -> Any:
            with torch.no_grad():
                self.mean += x.detach()
            return x * 2

    model = Counting()
    assert check(model, x()).ok
    assert torch.equal(model.mean, torch.zeros(3))


def test_which_inputs_are_checked() -> None:
    def names(*inputs: Any) -> list[str]:
        return [one.name for one in check(lambda a, b, *more: a * b, inputs).inputs]

    assert names(x(), x()) == ["a", "b"]
    assert names(x().requires_grad_(), x()) == ["a"]
    assert names(x(), torch.tensor([1, 2, 3])) == ["a"]
    assert names(x(), 2.0, x()) == ["a", "input 2"]
    nested = check(lambda p, q: p["w"][1] + q.first, ({"w": [x(), x()]}, Pair(x(), None)))
    assert [one.name for one in nested.inputs] == ["p['w'][0]", "p['w'][1]", "q.first"]


def test_inputs_are_not_changed() -> None:
    def write(a: Any) -> Any:
        a *= 2
        return a.exp()

    a = x().float().requires_grad_()
    assert check(lambda a: write(a.clone()), a).ok
    b = x()
    check(write, b)
    assert torch.equal(b, x())
    assert a.grad is None


def test_empty_inputs() -> None:
    report = check(lambda a, b: a.sum() + b.sum(), (torch.zeros(0, 2), x()))
    assert report.ok
    assert [one.directions for one in report.inputs] == [0, 3]


def test_callers_without_grad_mode() -> None:
    with torch.no_grad():
        assert check(torch.sin, x()).ok
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        assert check(torch.sin, x()).ok
    assert check(torch.sin, x()).ok


def test_output_elements_that_are_not_finite_are_left_out() -> None:
    report = check(lambda x: torch.cat([x, torch.full((2,), -torch.inf, dtype=x.dtype)]), x())
    assert report.ok
    assert "2 of 5 output elements are not finite" in str(report)


@pytest.mark.parametrize(
    ("function", "inputs", "options", "text"),
    [
        (torch.sin, torch.tensor([1, 2]), {}, "no|none"),
        (lambda x: x > 0, torch.rand(2), {}, "returns none"),
        (torch.sin, torch.rand(2), {"directions": 0}, "directions=0"),
        (torch.sin, torch.rand(2), {"order": 3}, "order=3"),
        (torch.sin, torch.rand(2), {"rtol": 0}, "rtol=0"),
    ],
)
def test_what_cannot_be_checked(function: Any, inputs: Any, options: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        check(function, inputs, **options)


def test_an_error_of_the_function_says_that_it_ran_in_float64() -> None:
    w = torch.rand(3, 2)
    with pytest.raises(RuntimeError) as caught:
        check(lambda x: x @ w, torch.rand(2, 3))
    assert any("float64 copies" in note for note in caught.value.__notes__)


# -- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_blamed_on_its_line(name: str) -> None:
    function, inputs = WRONG[name]
    report = check(function, inputs())
    assert report.verdict == "wrong", report
    assert not report.ok
    assert marked(report), report
    assert len(str(report).splitlines()) <= 10
    with pytest.raises(RuntimeError, match=re.escape(str(report))):
        report.raise_if_wrong()


def test_a_fault_says_which_input_and_both_numbers() -> None:
    fault = check(second_operand, x()).faults[0]
    assert (fault.mode, fault.name, fault.argument) == ("reverse", "MadeBackward", "argument 1")
    assert fault.place.expression == "multiply.apply(a, b)"
    assert f"got {fault.got:.7g}, expected {fault.expected:.7g}" in str(fault)
    assert ", the opposite" in str(check(wrong_sign, x()))
    assert ", 0.5 times as much" in str(check(wrong_factor, x()))


def test_which_argument_is_wrong() -> None:
    assert check(one_argument, x()).ok  # the other argument needs no gradient
    scale = torch.tensor(3.0, dtype=torch.float64)
    report = check(lambda x, s: made(lambda x, y: x * y, lambda x, y, g: (g * y, None)).apply(x, s), (x(), scale))
    assert [one.is_wrong for one in report.inputs] == [False, True]
    assert report.faults[0].argument == "argument 1"
    assert "the reverse pass sees no dependence on s, but the values do" in str(report)


def test_a_wrong_input_does_not_hide_behind_another() -> None:
    report = check(lambda big, small: 1e9 * big + half_square(small), (x(), x()))
    assert not report.ok
    assert [one.is_wrong for one in report.inputs] == [False, True]


def test_no_dependence_is_said() -> None:
    text = str(check(detached, x()))
    assert "the reverse pass sees no dependence on x, but the values do" in text
    assert "sees no dependence through `h.detach()`" in text


def test_a_wrong_jvp() -> None:
    function = made(lambda x: x.sin(), lambda x, g: g * x.cos(), lambda x, t: t * x.sin())
    report = check(used(function), x())
    assert [fault.mode for fault in report.faults] == ["forward"]
    assert marked(report)
    (one,) = report.inputs
    assert one.reverse_error < 1e-8 < one.forward_error


def test_a_wrong_jvp_and_backward_of_different_lines() -> None:
    forward = made(lambda x: x.sin(), lambda x, g: g * x.cos(), lambda x, t: t * x.sin())
    reverse = made(lambda x: x.sin(), lambda x, g: g, lambda x, t: t * x.cos())
    report = check(lambda x: forward.apply(reverse.apply(x)), x())
    assert [(fault.mode, fault.place.expression) for fault in report.faults] == [
        ("reverse", "reverse.apply(x)"),
        ("forward", "forward.apply(reverse.apply(x))"),
    ]


def test_a_mode_that_is_not_there_is_said_and_no_fault() -> None:
    function = made(lambda x: x.sin(), lambda x, g: g * x.cos())
    report = check(function.apply, x())
    assert report.ok
    assert "forward mode was not checked" in str(report)


def test_without_any_mode_nothing_can_be_told() -> None:
    class Nothing(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

    report = check(Nothing.apply, x())
    assert report.verdict == "cannot tell"
    with pytest.raises(RuntimeError, match="neither mode is there"):
        report.raise_if_wrong()


def test_a_reverse_pass_that_fails_is_wrong() -> None:
    def saved_and_written(x: Any) -> Any:
        h = x * 2
        y = h.exp() * h
        h += 1
        return y

    report = check(saved_and_written, x())
    assert report.verdict == "wrong"
    assert "reverse mode fails: one of the variables needed for gradient computation has been modified" in str(report)
    assert "`h += 1`" in str(report)


def test_values_that_leave_as_numbers() -> None:
    report = check(lambda x: x * x.sum().item(), x())
    assert report.verdict == "wrong"
    assert "item()" in str(report)


@pytest.mark.parametrize("name", ["sin", "mul"])
def test_a_wrong_op_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op = OPS[{"mul": "multiply"}.get(name, name)]
    node = op.node_class or op.make_node_class()
    bound = op.bound_rules()
    wrong = lambda xp, g, s, node: 1.5 * bound[0](xp, g, s, node)  # noqa: E731
    monkeypatch.setattr(op, "bound", (wrong, *bound[1:]))
    monkeypatch.setattr(node, "pulls", ((wrong, GENERAL), *node.pulls[1:]))

    def program(x: Any) -> Any:
        h = torch.exp(x) + 1
        h = getattr(torch, name)(*[h, h][: len(op.args)])  # wrong
        return h.cos()

    report = check(program, x())
    assert marked(report)
    assert report.faults[0].name == node.__name__
    assert report.faults[0].argument == "operand 'x'"


def test_a_wrong_second_derivative() -> None:
    class Once(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x.detach() ** 2 * g  # wrong

    assert check(Once.apply, x()).ok
    report = check(lambda x: Once.apply(x).sin(), x(), order=2)
    assert report.verdict == "wrong"
    assert str(report).startswith("second derivative of <lambda>: wrong")
    assert marked(report)


def test_a_wrong_first_derivative_is_reported_as_such() -> None:
    report = check(wrong_sign, x(), order=2)
    assert report.order == 1
    assert marked(report)


def test_a_float32_rule_is_wrong_at_a_finer_tolerance_only() -> None:
    assert not check(float32_inside, x(), rtol=1e-9).ok
    assert check(float32_inside, x(), rtol=1e-4).ok


# -- kinks -----------------------------------------------------------------------------------------------------------


def zero() -> Any:
    return torch.tensor([0.0, 1.0, -2.0, 3.0])


def by_branch(x: Any) -> Any:
    return x * 2 if x[0] > 0 else x * 3  # kink


KINKS: dict[str, tuple[Callable[..., Any], Any, str, int]] = {
    "relu": (torch.relu, zero, "ReluBackward0", 1),
    "abs": (lambda x: x.abs() * 2, zero, "AbsBackward0", 1),
    "norm": (lambda x: torch.linalg.vector_norm(x[:1]), zero, "LinalgVectorNormBackward0", 1),
    "clamp": (lambda x: x.clamp(0, 2), zero, "ClampBackward1", 1),
    "floor": (lambda x: torch.floor(x) * x, zero, "FloorBackward0", 4),
    "where": (lambda x: torch.where(x > 0, x, 0), zero, "greater", 1),
    "sort": (lambda x: x.sort().values[1], lambda: torch.tensor([1.0, 1.0, 0.0, 2.0]), "SortBackward0", 2),
    "maximum": (torch.maximum, lambda: (zero(), zero()), "MaximumBackward0", 4),
    "branch": (by_branch, zero, "greater", 1),
    "square root": (lambda x: x.abs().sqrt(), zero, "AbsBackward0", 1),
}


@pytest.mark.parametrize("name", KINKS)
def test_kinks_are_stepped_around_and_reported(name: str) -> None:
    function, inputs, blamed, count = KINKS[name]
    report = check(function, inputs())
    assert report.verdict in ("right", "cannot tell"), report
    assert (report.verdict == "right") == all(one.directions for one in report.inputs)
    assert all(one.left_out == count for one in report.inputs), report
    assert all(one.kinks for one in report.inputs)
    assert {kink.name for kink in report.kinks} == {blamed}, report
    assert blamed in str(report)
    assert f"{count} elements left out" in str(report)


def test_a_kink_is_located() -> None:
    def program(x: Any) -> Any:
        h = x * 2
        h = torch.relu(h)
        return h.sin()

    (kink,) = check(program, zero()).kinks
    assert kink.place.expression == "torch.relu(h)"


@pytest.mark.parametrize("function", [torch.relu, torch.abs, lambda x: x.max(), lambda x: x.sort().values[:1]])
def test_where_all_directions_meet_a_kink_nothing_can_be_told(function: Any) -> None:
    report = check(function, torch.zeros(2))
    assert report.verdict == "cannot tell", report
    assert not report.ok
    with pytest.raises(RuntimeError, match="cannot tell"):
        report.raise_if_wrong()


def test_a_kink_that_is_only_near_is_none() -> None:
    report = check(torch.relu, torch.tensor([1e-7, -1e-5, 1.0, 3e-3]))
    assert report.ok
    assert not report.kinks


def test_a_wrong_function_with_kinks_is_still_wrong() -> None:
    wrong = made(lambda x: x.relu(), lambda x, g: g * (x > 0) * 1.5)
    report = check(lambda x: 2 * wrong.apply(x), zero())
    assert report.verdict == "wrong"
    assert report.faults[0].place.expression == "wrong.apply(x)"


# -- what cannot be told ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [lambda x: x * torch.rand(20), lambda x: F.dropout(x, 0.5), torch.nn.Dropout(), lambda x: x + next(COUNT)],
)
def test_random_functions_are_noticed(function: Any) -> None:
    report = check(function, torch.rand(20, dtype=torch.float64))
    assert report.verdict == "cannot tell"
    assert "the same inputs gave different outputs" in str(report)


COUNT = iter(range(1000))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("mixed", [False, True])
def test_values_that_are_rounded_inside_are_noticed(dtype: Any, mixed: bool) -> None:
    report = check(lambda x: x.to(dtype).exp() + (x if mixed else 0), x())
    assert report.verdict == "cannot tell", report
    (kink,) = report.kinks
    assert kink.place.expression == "x.to(dtype)"
    assert kink.rounds
    assert "rounded to less than float64" in str(report)
    assert check(lambda x: x.float().exp(), x(), rtol=1e-2).ok


def test_results_are_the_same_for_a_seed() -> None:
    first, second, third = (str(check(wrong_factor, x(), seed=seed)) for seed in (0, 0, 1))
    assert first == second != third


def test_calls_inside_of_transforms_are_not_named() -> None:
    report = check(lambda x: torch.func.vmap(half_square)(x.outer(x)), x())
    assert report.verdict == "wrong"
    assert not report.faults
    assert "inside of a vmap" in str(report)
    assert check(lambda x: torch.func.vmap(cubed)(x.outer(x)), x()).ok


def test_a_wrong_function_inside_of_a_checkpoint_is_named() -> None:
    wrong = made(lambda x: x * x, lambda x, g: x * g)

    def program(x: Any) -> Any:
        return checkpoint(lambda h: wrong.apply(torch.sin(h)), x, use_reentrant=False)  # wrong

    assert marked(check(program, x()))
