"""``autograd.grad``: what it returns, every keyword, and what it leaves alone."""

from __future__ import annotations

import math
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import Function, grad


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def test_a_tuple_of_gradients_in_the_order_of_the_inputs() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    result = grad((x * y).sum(), (y, x))
    assert isinstance(result, tuple)
    assert [g.tolist() for g in result] == [[1.0, 2.0], [3.0, 4.0]]


def test_one_input_without_a_sequence_gives_a_tuple_of_one() -> None:
    x = leaf(3.0)
    (g,) = grad(x * x, x)
    assert g.tolist() == [6.0]


def test_grad_leaves_dot_grad_alone() -> None:
    x = leaf(3.0)
    h = x * x
    grad(h, x)
    assert x.grad is None
    x.grad = torch.tensor([7.0])
    before = x.grad
    grad(x * x, x)
    assert x.grad is before
    assert before.tolist() == [7.0]
    assert before._version == 0


def test_the_result_does_not_require_grad() -> None:
    x = leaf(3.0)
    (g,) = grad(x * x, x)
    assert not g.requires_grad
    assert g.grad_fn is None
    assert g.is_leaf


def test_the_result_has_the_shape_and_dtype_of_the_input() -> None:
    x = torch.ones(2, 1, dtype=torch.float64, requires_grad=True)
    s = torch.tensor(2.0, requires_grad=True)
    y = torch.ones(3)
    gx, gs = grad((x * y * s).sum(), (x, s))
    assert (tuple(gx.shape), gx.dtype) == ((2, 1), torch.float64)
    assert (tuple(gs.shape), gs.dtype) == ((), torch.float32)
    assert gx.tolist() == [[6.0], [6.0]]
    assert gs.item() == 6.0


def test_grad_outputs_are_the_cotangents() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad(x * x, x, torch.tensor([10.0, 100.0]))
    assert g.tolist() == [20.0, 400.0]
    (g,) = grad(x * x, x, grad_outputs=[torch.tensor([10.0, 100.0])])
    assert g.tolist() == [20.0, 400.0]


def test_grad_outputs_of_a_scalar() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad(x.sum(), x, torch.tensor(5.0))
    assert g.tolist() == [5.0, 5.0]


def test_a_grad_output_of_none_means_one_for_a_scalar() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad([x.sum(), x * x], x, [None, torch.ones(2)])
    assert g.tolist() == [3.0, 5.0]


def test_several_outputs_add_up() -> None:
    x = leaf(2.0)
    (g,) = grad([x * x, x * 3], x, [torch.ones(1), torch.ones(1)])
    assert g.tolist() == [7.0]


def test_the_same_output_twice_counts_twice() -> None:
    x = leaf(2.0)
    h = (x * x).sum()
    (g,) = grad([h, h], x)
    assert g.tolist() == [8.0]


def test_the_same_input_twice_is_answered_twice() -> None:
    x = leaf(2.0)
    first, second = grad(x * x, [x, x])
    assert first.tolist() == second.tolist() == [4.0]


def test_an_output_is_its_own_input() -> None:
    x = leaf(2.0)
    h = x * x
    (g,) = grad(h, h)
    assert g.tolist() == [1.0]
    (g,) = grad(x, x)
    assert g.tolist() == [1.0]


def test_by_an_intermediate_value() -> None:
    x = leaf(2.0)
    h = x * x
    y = h.exp() * x
    gh, gx = grad(y, [h, x])
    assert gh.item() == pytest.approx(2 * math.exp(4))
    assert gx.item() == pytest.approx(math.exp(4) + 2 * 4 * math.exp(4), rel=1e-6)


def test_an_intermediate_value_does_not_stop_the_pass() -> None:
    x = leaf(2.0)
    h = x * x
    k = h * h
    gx, gh, gk = grad(k, [x, h, k])
    assert [gx.item(), gh.item(), gk.item()] == [32.0, 8.0, 1.0]


def test_an_output_among_the_inputs_gets_its_whole_gradient() -> None:
    x = leaf(2.0)
    h = x * x
    k = h * 3
    gh, gx = grad([h, k], [h, x])
    assert gh.item() == 4.0
    assert gx.item() == 16.0


def test_the_pass_ends_at_an_intermediate_value() -> None:
    ran: list[str] = []

    class Cube(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            ran.append("backward")
            return g * 3 * ctx.saved_tensors[0] ** 2

    for function in (Cube.apply, lambda x: x**3):
        x = leaf(1.0, 2.0)
        h = function(x)
        h.grad_fn.register_hook(lambda grad_inputs, grad_outputs: ran.append("hook"))
        assert grad((h * h).sum(), h)[0].tolist() == [2.0, 16.0]
        assert ran == []
        assert grad(h.sum(), x)[0].tolist() == [3.0, 12.0]  # what h saved has been kept
        ran.clear()


def test_only_what_is_asked_for_is_computed() -> None:
    calls = []

    class Watched(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value):
            return value * 1

        @staticmethod
        def backward(ctx, g):
            calls.append("backward")
            return g

    x, y = leaf(2.0), leaf(3.0)
    (g,) = grad(x * Watched.apply(y), x)
    assert g.tolist() == [3.0]
    assert calls == []


def test_retain_graph_keeps_the_graph() -> None:
    x = leaf(3.0)
    h = x * x
    assert grad(h, x, retain_graph=True)[0].item() == 6.0
    assert grad(h, x, retain_graph=True)[0].item() == 6.0
    assert grad(h, x)[0].item() == 6.0
    with pytest.raises(RuntimeError, match="second time"):
        grad(h, x)


def test_create_graph_retains_by_default() -> None:
    x = leaf(3.0)
    h = x * x
    grad(h, x, create_graph=True)
    assert grad(h, x)[0].item() == 6.0


def test_create_graph_without_retaining() -> None:
    x = leaf(3.0)
    h = x.exp()
    (g,) = grad(h, x, create_graph=True, retain_graph=False)
    assert g.requires_grad
    with pytest.raises(RuntimeError, match="second time"):
        grad(h, x)


def test_create_graph_gives_every_order() -> None:
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    value = x**5
    for order in range(1, 6):
        (value,) = grad(value, x, create_graph=True)
        assert value.item() == math.perm(5, order) * 2.0 ** (5 - order)
    assert value.item() == 120.0


def test_create_graph_of_a_linear_function_gives_a_gradient_without_history() -> None:
    x = leaf(3.0)
    (g,) = grad((x * 2).sum(), x, create_graph=True)
    assert g.item() == 2.0
    assert not g.requires_grad


def test_create_graph_through_the_cotangent() -> None:
    """The trick of two reverse passes: the product of the Jacobian with a vector."""
    x = leaf(1.0, 2.0)
    v = torch.ones(2, requires_grad=True)
    (g,) = grad(x * x, x, v, create_graph=True)
    (jv,) = grad(g, v, torch.tensor([10.0, 100.0]))
    assert jv.tolist() == [20.0, 400.0]


def test_mixed_second_derivatives() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (gx,) = grad(x * x * y, x, create_graph=True)
    gxx, gxy = grad(gx, [x, y])
    assert (gxx.item(), gxy.item()) == (6.0, 4.0)


def test_gradient_mode_inside_a_pass_follows_create_graph() -> None:
    x = leaf(3.0)
    modes = []
    h = x * x
    h.register_hook(lambda g: modes.append(torch.is_grad_enabled()))
    grad(h, x, retain_graph=True)
    grad(h, x, create_graph=True)
    assert modes == [False, True]
    assert torch.is_grad_enabled()


def test_grad_works_under_no_grad() -> None:
    x = leaf(3.0)
    h = x * x
    with torch.no_grad():
        (g,) = grad(h, x)
        assert not torch.is_grad_enabled()
    assert g.tolist() == [6.0]


def test_allow_unused_gives_none() -> None:
    x, y = leaf(2.0), leaf(3.0)
    assert grad(x * 2, [x, y], allow_unused=True)[1] is None


def test_unused_is_refused_by_default() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h = x * 2
    with pytest.raises(RuntimeError, match=r"appears? to not have been used in the graph.*allow_unused=True"):
        grad(h, [x, y])


def test_materialize_grads_gives_zeros() -> None:
    x, y = leaf(2.0), torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    gx, gy = grad(x * 2, [x, y], materialize_grads=True)
    assert gx.tolist() == [2.0]
    assert (gy.tolist(), gy.dtype) == ([[0.0] * 3] * 2, torch.float64)


def test_is_grads_batched_maps_over_the_first_dimension() -> None:
    x = leaf(1.0, 2.0, 3.0)
    (g,) = grad(x * x, x, torch.eye(3), is_grads_batched=True)
    assert g.tolist() == [[2.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 6.0]]


def test_is_grads_batched_with_several_outputs_and_inputs() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    gx, gy = grad([x * y, x + y], [x, y], [torch.eye(2), torch.zeros(2, 2)], is_grads_batched=True)
    assert gx.tolist() == [[3.0, 0.0], [0.0, 4.0]]
    assert gy.tolist() == [[1.0, 0.0], [0.0, 2.0]]


def test_a_detached_branch_gives_nothing() -> None:
    x = leaf(3.0)
    (g,) = grad(x * x.detach(), x)
    assert g.item() == 3.0


def test_broadcast_gradients_are_summed() -> None:
    row = torch.ones(3, requires_grad=True)
    column = torch.full((2, 1), 2.0, requires_grad=True)
    grow, gcolumn = grad((row * column).sum(), [row, column])
    assert grow.tolist() == [4.0] * 3
    assert gcolumn.tolist() == [[3.0]] * 2


def test_a_real_input_of_a_complex_function_gets_a_real_gradient() -> None:
    x = leaf(2.0)
    z = x * (1 + 2j)
    (g,) = grad((z * z.conj()).real.sum(), x)
    assert g.dtype == torch.float32
    assert g.item() == 20.0


def test_the_gradient_of_a_complex_input_is_conjugated() -> None:
    z = torch.tensor([1 + 2j], requires_grad=True)
    (g,) = grad((z * z.conj()).real.sum(), z)
    assert g.tolist() == [2 + 4j]
    (g,) = grad(z * z, z, torch.ones(1, dtype=torch.complex64))
    assert g.tolist() == [2 - 4j]


def test_minus_zero_is_kept() -> None:
    """The lecture's kink: d relu(x*w + b)/dw at zero with x = -1 prints as tensor([-0.])."""
    x, w, b = torch.tensor([-1.0]), leaf(1.0), leaf(1.0)
    gw, gb = grad((x * w + b).relu(), [w, b])
    assert (gw.item(), gb.item()) == (0.0, 0.0)
    assert math.copysign(1.0, gw.item()) == -1.0
    assert math.copysign(1.0, gb.item()) == 1.0
    assert str(gw) == "tensor([-0.])"


def test_minus_zero_from_a_zero_factor() -> None:
    x = leaf(0.0)
    (g,) = grad((x * -1.0) * 0.0, x)
    assert math.copysign(1.0, g.item()) == -1.0


def test_the_lecture() -> None:
    x, w, b = torch.tensor([3.0]), leaf(2.0), leaf(1.0)
    a = (x * w + b).relu()
    assert grad(a, w, retain_graph=True)[0].tolist() == [3.0]
    assert grad(a, b)[0].tolist() == [1.0]


def test_an_empty_tensor_has_an_empty_gradient() -> None:
    x = torch.ones(0, 3, requires_grad=True)
    (g,) = grad((x * 2).sum(), x)
    assert tuple(g.shape) == (0, 3)


def test_the_cotangent_is_not_changed() -> None:
    x = leaf(1.0, 2.0)
    v = torch.tensor([1.0, 1.0])
    h = x * 1
    grad([h, h + x, x], x, [v, v, v])
    assert v.tolist() == [1.0, 1.0]
    assert v._version == 0


def test_the_node_of_a_target_is_not_run() -> None:
    """A pass ends at its targets: what lies behind them is neither run nor freed."""

    class Counted(Function):
        runs = 0

        @staticmethod
        def forward(ctx, value):
            ctx.save_for_backward(value)
            return value * value

        @staticmethod
        def backward(ctx, g):
            Counted.runs += 1
            (value,) = ctx.saved_tensors
            return g * 2 * value

    x = torch.tensor([2.0], requires_grad=True)
    for square in (torch.square, Counted.apply):
        y = square(x)
        (g,) = grad(y.sin(), y)
        assert torch.equal(g, y.cos())
        assert Counted.runs == 0
        assert grad(y, x)[0].tolist() == [4.0]
        assert grad((y * 3).sum(), y)[0].tolist() == [3.0]  # y's own node has been freed
