"""A saved value that was overwritten: an error exactly when the gradient needs it, and it names both places."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import grad

STALE = "one of the variables needed for gradient computation has been modified by an inplace operation"


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def test_an_output_that_was_overwritten() -> None:
    x = leaf(1.0, 2.0)
    h = x.exp()
    h.add_(1)
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("name", ["exp_", "sigmoid_", "tanh_", "sqrt_", "relu_", "reciprocal_"])
def test_the_result_of_a_write_that_was_overwritten(name: str) -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    getattr(h, name)()
    h.add_(1)
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()
    assert x.grad is None


def test_the_result_of_a_write_to_a_view_that_was_overwritten_through_the_base() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    h[:1].exp_()
    h.mul_(2)
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()


def test_an_input_that_was_overwritten() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    k = h * h
    h.add_(1)
    with pytest.raises(RuntimeError, match=STALE):
        k.sum().backward()


def test_a_constant_that_was_overwritten() -> None:
    x, c = leaf(1.0, 2.0), torch.tensor([3.0, 4.0])
    h = x * c
    c[0] = 5.0
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()


def test_a_mask_and_an_index_that_were_overwritten() -> None:
    x = leaf(1.0, 2.0)
    index = torch.tensor([0, 0])
    h = x[index]
    index[0] = 1
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()
    mask = torch.tensor([True, False])
    h = torch.where(mask, x, torch.zeros(2))
    mask[1] = True
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()


def test_versions_are_in_the_message() -> None:
    x, c = leaf(1.0, 2.0), torch.tensor([3.0, 4.0])
    c.add_(1)
    h = x * c
    c.add_(1)
    c.add_(1)
    with pytest.raises(RuntimeError, match="is at version 3; expected version 1 instead"):
        h.sum().backward()


@pytest.mark.parametrize(
    "write",
    [
        lambda c: c[0].fill_(5),
        lambda c: c.view(3, 2).t().mul_(2),
        lambda c: c.detach().zero_(),
        lambda c: c.unbind()[1].zero_(),
        lambda c: torch.zeros(2, 3, out=c),
        lambda c: c.t().__setitem__(0, 1.0),
    ],
)
def test_a_write_by_any_way(write: Any) -> None:
    x, c = torch.ones(2, 3, requires_grad=True), torch.ones(2, 3)
    h = x * c
    write(c)
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()
    assert x.grad is None


def test_a_write_beside_the_saved_part_counts_too() -> None:
    """The version is of the memory, not of the part: PyTorch refuses and so do we."""
    x, c = leaf(1.0), torch.ones(4)
    h = x * c[0]
    c[3] = 5.0
    with pytest.raises(RuntimeError, match=STALE):
        h.sum().backward()


def test_a_leaf_updated_too_early() -> None:
    """The optimizer steps between forward and backward."""
    x = leaf(1.0, 2.0)
    h = (x * x).sum()
    with torch.no_grad():
        x -= 0.1
    with pytest.raises(RuntimeError, match=STALE):
        h.backward()
    assert x.grad is None


def test_no_error_when_the_value_is_not_needed() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * 1
    k = h + 1
    h.mul_(5)
    assert grad(k.sum(), x)[0].tolist() == [1.0, 1.0]
    c = torch.ones(2)
    k = x * c
    l = k * y
    assert grad(l.sum(), y, retain_graph=True)[0].tolist() == [1.0, 2.0]
    h = x * 3
    h.exp()
    h.zero_()
    assert grad(h.sum(), x)[0].tolist() == [0.0, 0.0]


def test_no_error_when_the_write_came_before() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    h.add_(1)
    k = h * h
    assert grad(k.sum(), x)[0].tolist() == [4.0, 6.0]


def test_no_error_for_a_write_to_a_clone() -> None:
    x = leaf(1.0, 2.0)
    h = x.exp()
    c = h.clone()
    c.zero_()
    assert grad(h.sum(), x)[0].tolist() == pytest.approx(h.tolist())


def test_restoring_the_value_does_not_help() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = x * c
    c.add_(1)
    c.sub_(1)
    with pytest.raises(RuntimeError, match="version 2; expected version 0"):
        h.sum().backward()


def test_the_graph_is_whole_after_the_error() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = x.exp() * c
    c.add_(1)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=STALE):
            h.sum().backward()
    assert x.grad is None


def test_at_second_order() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    (g,) = grad((h * h * h).sum(), x, create_graph=True)
    h.add_(1)
    with pytest.raises(RuntimeError, match=STALE):
        grad(g.sum(), x)


# -- both places ------------------------------------------------------------------------------------------------------


def places(h: torch.Tensor) -> str:
    with pytest.raises(RuntimeError, match=STALE) as caught:
        h.sum().backward()
    message = str(caught.value)
    assert message.count("test_inplace_errors.py") == 2, message
    return message


@pytest.mark.chainrule_only
def test_both_places_of_a_method() -> None:
    x = leaf(1.0, 2.0)
    h = x.exp()
    h.add_(1)
    message = places(h)
    assert "x.exp()" in message
    assert "h.add_(1)" in message
    assert "ExpBackward0" in message


@pytest.mark.chainrule_only
def test_both_places_of_operators() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = 1 + x * c - 2
    c += 3
    message = places(h)
    assert "x * c" in message
    assert "1 + x" not in message
    assert "c += 3" in message


@pytest.mark.chainrule_only
def test_both_places_of_an_index_assignment() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = torch.mul(x, c)
    c[0] = 7
    message = places(h)
    assert "torch.mul(x, c)" in message
    assert "c[0] = 7" in message or "c[0]" in message


@pytest.mark.chainrule_only
def test_both_places_of_a_write_through_a_view() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = x / c
    c.view(2, 1).zero_()
    message = places(h)
    assert "x / c" in message
    assert "c.view(2, 1).zero_()" in message


@pytest.mark.chainrule_only
def test_both_places_of_out() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = x * c
    torch.add(c, 1, out=c)
    message = places(h)
    assert "torch.add(c, 1, out=c)" in message


@pytest.mark.chainrule_only
def test_both_places_with_a_call_over_several_lines() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = torch.mul(
        x,
        c,
    )
    c.mul_(
        5,
    )
    message = places(h)
    assert "torch.mul(" in message
    assert "c.mul_(" in message


@pytest.mark.chainrule_only
def test_the_last_write_is_named() -> None:
    x, c = leaf(1.0, 2.0), torch.ones(2)
    h = x * c
    c.add_(1)
    c.mul_(2)
    assert "c.mul_(2)" in places(h)


@pytest.mark.chainrule_only
def test_shape_and_dtype_and_what_made_it() -> None:
    x = leaf(1.0, 2.0)
    h = x.sigmoid()
    h.zero_()
    message = places(h)
    assert "[torch.FloatTensor [2]], which is output 0 of SigmoidBackward0" in message


@pytest.mark.chainrule_only
def test_the_message_says_what_to_do() -> None:
    x = leaf(1.0, 2.0)
    h = x.exp()
    h += 1
    message = places(h)
    assert "clone()" in message
    assert "out-of-place" in message
