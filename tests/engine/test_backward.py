"""``backward``: accumulation into ``.grad``, ``inputs=``, and when a graph may be used again."""

from __future__ import annotations

import gc
import warnings

import pytest

import chainrule as torch


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


# -- accumulation -----------------------------------------------------------------------------------------------------


def test_backward_returns_none_and_fills_grad() -> None:
    x = leaf(1.0, 2.0)
    assert x.grad is None
    assert (x * x).sum().backward() is None
    assert x.grad.tolist() == [2.0, 4.0]
    assert not x.grad.requires_grad


def test_a_second_backward_adds() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5.0, 7.0]


def test_accumulation_keeps_the_identity_of_grad() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    before, version = x.grad, x.grad._version
    (x * x).sum().backward()
    assert x.grad is before
    assert before.tolist() == [4.0, 8.0]
    assert before._version == version + 1


def test_accumulation_with_create_graph_makes_a_new_grad() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    before, version = x.grad, x.grad._version
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the cycle that this makes
        (x * x * x).sum().backward(create_graph=True)
    assert before.tolist() == [2.0, 4.0]
    assert before._version == version
    assert x.grad.tolist() == [5.0, 16.0]
    assert x.grad.requires_grad
    x.grad = None


def test_create_graph_makes_grad_differentiable() -> None:
    x = leaf(2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (x**3).sum().backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.sum().backward()
    assert x.grad.item() == 12.0


def test_zeroing_in_place_and_setting_to_none() -> None:
    x = leaf(2.0)
    (x * x).sum().backward()
    x.grad.zero_()
    (x * x).sum().backward()
    assert x.grad.item() == 4.0
    x.grad = None
    (x * x).sum().backward()
    assert x.grad.item() == 4.0
    del x.grad
    assert x.grad is None


def test_accumulation_into_a_grad_that_the_user_set() -> None:
    x = leaf(2.0)
    mine = torch.tensor([10.0])
    x.grad = mine
    (x * x).sum().backward()
    assert x.grad is mine
    assert mine.item() == 14.0


def test_grad_does_not_share_memory_with_the_cotangent() -> None:
    x = leaf(1.0, 2.0)
    seed = torch.ones(2)
    (x * 1).backward(seed)
    x.grad.mul_(5)
    assert seed.tolist() == [1.0, 1.0]


def test_two_leaves_do_not_share_their_grads() -> None:
    x, y = leaf(1.0), leaf(2.0)
    (x + y).sum().backward()
    x.grad.mul_(5)
    assert y.grad.item() == 1.0


def test_grad_can_be_written_in_place() -> None:
    """A gradient that came from expanding a scalar has memory of its own for each element."""
    x = leaf(1.0, 2.0, 3.0)
    x.sum().backward()
    x.grad[0] = 9.0
    assert x.grad.tolist() == [9.0, 1.0, 1.0]


def test_grad_has_the_dtype_of_its_leaf() -> None:
    x = leaf(1.0)
    (x * torch.ones(1, dtype=torch.float64)).sum().backward()
    assert x.grad.dtype == torch.float32


def test_leaves_without_requires_grad_get_none() -> None:
    x, y = leaf(1.0), torch.ones(1)
    (x * y).sum().backward()
    assert y.grad is None


def test_intermediate_values_get_none_unless_retained() -> None:
    x = leaf(2.0)
    h = x * x
    k = h * 3
    k.retain_grad()
    (k * 2).sum().backward()
    assert x.grad.item() == 24.0
    assert k.grad.item() == 2.0
    with pytest.warns(UserWarning, match="not a leaf"):
        assert h.grad is None


def test_retain_grad_accumulates_and_may_be_asked_twice() -> None:
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    h.retain_grad()
    assert h.retains_grad
    h.sum().backward(retain_graph=True)
    h.sum().backward()
    assert h.grad.item() == 2.0


def test_retain_grad_on_a_leaf_does_nothing() -> None:
    x = leaf(2.0)
    x.retain_grad()
    assert not x.retains_grad
    (x * x).sum().backward()
    assert x.grad.item() == 4.0


def test_backward_of_a_leaf() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0
    y = leaf(1.0, 2.0)
    y.backward(torch.tensor([3.0, 4.0]))
    assert y.grad.tolist() == [3.0, 4.0]


def test_a_cotangent_for_a_non_scalar() -> None:
    x = leaf(1.0, 2.0)
    (x * x).backward(torch.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]
    (x * x).backward(gradient=torch.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [4.0, 80.0]


def test_one_element_counts_as_a_scalar() -> None:
    x = torch.ones(1, 1, 1, requires_grad=True)
    (x * 3).backward()
    assert x.grad.tolist() == [[[3.0]]]


def test_autograd_backward_takes_several_roots() -> None:
    x = leaf(2.0)
    torch.autograd.backward([x * x, x * 3], [torch.ones(1), torch.tensor([10.0])])
    assert x.grad.item() == 34.0
    torch.autograd.backward((x * x).sum())
    assert x.grad.item() == 38.0
    torch.autograd.backward([(x * x).sum(), (x * 3).sum()])
    assert x.grad.item() == 45.0


# -- inputs= ----------------------------------------------------------------------------------------------------------


def test_inputs_limits_what_is_accumulated() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * y).sum().backward(inputs=[x])
    assert x.grad.item() == 3.0
    assert y.grad is None


def test_inputs_takes_a_single_tensor() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * y).sum().backward(inputs=y)
    assert x.grad is None
    assert y.grad.item() == 2.0


def test_inputs_may_be_intermediate_values() -> None:
    x = leaf(2.0)
    h = x * x
    (h * 3).sum().backward(inputs=[h])
    assert x.grad is None
    assert h.grad.item() == 3.0


def test_inputs_that_are_not_reached_stay_as_they_are() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * x).sum().backward(inputs=[x, y])
    assert x.grad.item() == 4.0
    assert y.grad is None


# -- when a graph may be used again -----------------------------------------------------------------------------------


def test_a_freed_graph_says_so() -> None:
    x = leaf(2.0)
    h = (x * x).sum()
    h.backward()
    with pytest.raises(RuntimeError, match=r"Trying to backward through the graph a second time.*retain_graph=True"):
        h.backward()
    assert x.grad.item() == 4.0


def test_retain_graph() -> None:
    x = leaf(2.0)
    h = (x * x).sum()
    h.backward(retain_graph=True)
    h.backward(retain_graph=True)
    h.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match="second time"):
        h.backward()


def test_a_graph_that_saved_nothing_may_be_used_again() -> None:
    x = leaf(2.0)
    h = (x + 1).sum()
    h.backward()
    h.backward()
    assert x.grad.item() == 2.0


def test_a_shared_part_that_was_freed() -> None:
    x = leaf(2.0)
    shared = x.exp()
    shared.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        (shared * 2).sum().backward()


def test_a_shared_part_that_saved_nothing() -> None:
    x = leaf(2.0)
    shared = x + 1
    (shared * shared).sum().backward()
    (shared * 2).sum().backward()
    assert x.grad.item() == 8.0


def test_freeing_stops_where_the_pass_did_not_go() -> None:
    x, y = leaf(2.0), leaf(3.0)
    p, q = x * x, y * y
    h = (p * q).sum()
    torch.autograd.grad(h, x, retain_graph=False)
    (q * 1).sum().backward()
    assert y.grad.item() == 6.0


@pytest.mark.chainrule_only
def test_the_second_backward_names_both_places() -> None:
    x = leaf(2.0)
    h = (x * x).sum()
    h.backward()
    with pytest.raises(RuntimeError, match="second time") as caught:
        h.backward()
    message = str(caught.value)
    assert "x * x" in message
    assert "h.backward()" in message
    assert message.count("test_backward.py") == 2


def test_values_survive_the_graph() -> None:
    x = leaf(2.0)
    h = x.exp()
    h.sum().backward()
    gc.collect()
    assert h.item() == pytest.approx(7.389056)
    assert h.requires_grad
    assert h.grad_fn.name() == "ExpBackward0"


def test_backward_during_backward() -> None:
    """A hook may run a backward of its own, over another graph."""
    x, y = leaf(2.0), leaf(3.0)
    h, other = x * x, (y * y).sum()
    h.register_hook(lambda g: other.backward())
    h.sum().backward()
    assert (x.grad.item(), y.grad.item()) == (4.0, 6.0)


def test_backward_during_backward_60_deep() -> None:
    x = leaf(1.0)
    runs = []

    @torch.enable_grad()
    def descend(depth: int) -> None:
        h = x * 1.0
        if depth:
            h.register_hook(lambda g: descend(depth - 1))
        torch.autograd.grad(h.sum(), x)
        runs.append(depth)

    descend(60)
    assert runs == list(range(61))
