"""``autograd.graph``: gradient edges, hooks over several tensors, version numbers."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule.autograd import grad
from chainrule.autograd.graph import (
    GradientEdge,
    get_gradient_edge,
    increment_version,
    register_multi_grad_hook,
)


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


# -- gradient edges ---------------------------------------------------------------------------------------------------


def test_the_edge_of_an_intermediate_value() -> None:
    h = leaf(2.0) * 2
    edge = get_gradient_edge(h)
    assert isinstance(edge, GradientEdge)
    assert isinstance(edge, tuple)
    assert edge.node is h.grad_fn
    assert edge.output_nr == 0


def test_the_edge_of_a_leaf_is_its_accumulator() -> None:
    x = leaf(2.0)
    edge = get_gradient_edge(x)
    assert edge.node.variable is x
    assert edge.node is (x * 2).grad_fn.next_functions[0][0]


def test_the_edge_of_one_of_several_outputs() -> None:
    _, q = leaf(1.0, 2.0).unbind()
    assert get_gradient_edge(q).output_nr == 1


def test_edges_as_inputs_and_outputs_of_grad() -> None:
    x = leaf(2.0)
    h = x * x
    k = h * 3
    gx, gh = grad(k, [get_gradient_edge(x), get_gradient_edge(h)], retain_graph=True)
    assert (gx.item(), gh.item()) == (12.0, 3.0)
    (gx,) = grad(get_gradient_edge(k), x, torch.tensor([10.0]), retain_graph=True)
    assert gx.item() == 120.0
    (gx,) = grad([get_gradient_edge(k)], [get_gradient_edge(x)], grad_outputs=[torch.tensor([1.0])])
    assert gx.item() == 12.0


def test_edges_made_by_hand() -> None:
    x = leaf(2.0)
    h = x * x
    (g,) = grad((h * 3).sum(), GradientEdge(h.grad_fn, 0))
    assert g.item() == 3.0


def test_edges_in_backward() -> None:
    x, y = leaf(2.0), leaf(3.0)
    torch.autograd.backward(get_gradient_edge(x * y), torch.ones(1), inputs=[get_gradient_edge(x)])
    assert x.grad.item() == 3.0
    assert y.grad is None


def test_the_edge_outlives_the_tensor() -> None:
    x = leaf(2.0)
    h = x.exp()
    edge = get_gradient_edge(h)
    del h
    (g,) = grad(edge, x, torch.ones(1))
    assert g.item() == pytest.approx(7.389056)


def test_the_edge_keeps_to_the_value_before_a_write() -> None:
    """So one can ask for the gradient of what a tensor was."""
    x = leaf(2.0)
    h = x * 1
    before = get_gradient_edge(h)
    h.mul_(3)
    after = get_gradient_edge(h)
    gb, ga = grad(h.sum() * 5, [before, after])
    assert (gb.item(), ga.item()) == (15.0, 5.0)


def test_no_edge_without_a_gradient() -> None:
    with pytest.raises(RuntimeError, match="does not require gradients"):
        get_gradient_edge(torch.ones(2))


# -- hooks over several tensors ---------------------------------------------------------------------------------------


def numbers(gradients: object) -> list[float | None]:
    return [None if g is None else g.item() for g in gradients]


def test_mode_all_waits_for_all_gradients() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h, k = x * x, y * y
    seen = []
    register_multi_grad_hook([h, k], lambda gradients: seen.append(numbers(gradients)))
    (h * 2 + k * 5).sum().backward()
    assert seen == [[2.0, 5.0]]


def test_mode_all_gives_none_for_tensors_out_of_reach() -> None:
    x, y = leaf(2.0), leaf(3.0)
    seen = []
    register_multi_grad_hook([x, y], lambda gradients: seen.append(numbers(gradients)))
    (x * 2).sum().backward()
    assert seen == [[2.0, None]]


def test_mode_all_runs_once_for_each_backward() -> None:
    x, y = leaf(2.0), leaf(3.0)
    seen = []
    register_multi_grad_hook([x, y], lambda gradients: seen.append(numbers(gradients)))
    h = (x * y).sum()
    h.backward(retain_graph=True)
    h.backward()
    assert seen == [[3.0, 2.0], [3.0, 2.0]]


def test_mode_any_runs_once_with_the_first() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h, k = x * x, y * y
    seen = []
    register_multi_grad_hook([h, k], lambda gradient: seen.append(gradient.item()), mode="any")
    (h * 2 + k * 5).sum().backward()
    assert len(seen) == 1
    assert seen[0] in (2.0, 5.0)


def test_mode_any_runs_again_in_the_next_backward() -> None:
    x, y = leaf(2.0), leaf(3.0)
    seen = []
    register_multi_grad_hook((x, y), lambda gradient: seen.append(gradient.item()), mode="any")
    for _ in range(2):
        (x * 7).sum().backward()
    assert seen == [7.0, 7.0]


@pytest.mark.parametrize("mode", ["all", "any"])
def test_multi_grad_hooks_are_removed(mode: str) -> None:
    x, y = leaf(2.0), leaf(3.0)
    calls = []
    handle = register_multi_grad_hook([x, y], lambda gradients: calls.append(1), mode=mode)
    handle.remove()
    (x * y).sum().backward()
    assert calls == []


def test_multi_grad_hooks_and_inputs() -> None:
    """A tensor that the pass does not ask for counts as out of reach."""
    x, y = leaf(2.0), leaf(3.0)
    seen = []
    register_multi_grad_hook([x, y], lambda gradients: seen.append(numbers(gradients)))
    (x * y).sum().backward(inputs=[x])
    assert seen == [[3.0, None]]


def test_an_unknown_mode() -> None:
    with pytest.raises(ValueError, match="mode"):
        register_multi_grad_hook([leaf(2.0)], print, mode="both")


# -- versions ---------------------------------------------------------------------------------------------------------


def test_increment_version() -> None:
    x, y = torch.ones(2), torch.ones(2)
    increment_version(x)
    assert x._version == 1
    increment_version([x, y])
    assert (x._version, y._version) == (2, 1)
    assert x.tolist() == [1.0, 1.0]


def test_increment_version_is_seen_by_the_graph() -> None:
    x, y = leaf(2.0), torch.ones(1)
    h = (x * y).sum()
    increment_version(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        h.backward()


def test_preserving_the_version_counter() -> None:
    x, y = leaf(2.0), torch.ones(1)
    h = (x * y).sum()
    with torch.autograd._unsafe_preserve_version_counter(y):
        y.mul_(5)
    assert y._version == 0
    h.backward()
    assert x.grad.item() == 5.0


def test_a_node_has_one_class_whichever_way_it_was_recorded() -> None:
    w = torch.ones(2, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x):
        hooked = [w.exp(), w * w, w.sum()]
    assert [type(one.grad_fn) for one in hooked] == [type(one.grad_fn) for one in (w.exp(), w * w, w.sum())]
