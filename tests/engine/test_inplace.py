"""In-place writes: history moves with the value, views and bases stay one, versions are shared.

The gradients of a hundred writes of every kind are in test_recorded.py; here are the rules.
"""

from __future__ import annotations

import operator
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import grad


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


# -- on intermediate values -------------------------------------------------------------------------------------------


def test_a_write_returns_its_tensor_and_keeps_its_identity() -> None:
    x = leaf(1.0, 2.0)
    h = x * 2
    assert h.add_(1) is h
    same = h
    h += 1
    assert h is same
    assert h.tolist() == [4.0, 6.0]


def test_the_history_is_that_of_the_new_value() -> None:
    x = leaf(2.0)
    h = x * 3
    h.mul_(h.detach().clone())
    (g,) = grad(h, x)
    assert (h.item(), g.item()) == (36.0, 18.0)


def test_what_used_the_value_before_keeps_the_old_history() -> None:
    x = leaf(2.0)
    h = x * 3
    k = h + 1
    h.mul_(10)
    (g,) = grad(k + h, x)
    assert g.item() == 33.0


def test_a_write_of_a_value_that_requires_grad_gives_history_to_a_plain_tensor() -> None:
    x = leaf(2.0, 3.0)
    b = torch.zeros(2)
    assert b.is_leaf
    b.add_(x)
    assert b.requires_grad
    assert not b.is_leaf
    (g,) = grad((b * b).sum(), x)
    assert g.tolist() == [4.0, 6.0]


def test_overwriting_everything_cuts_the_history() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h = x * 2
    h.copy_(y)
    gx, gy = grad(h, [x, y])
    assert (gx.item(), gy.item()) == (0.0, 1.0)
    h = x * 2
    h.zero_()
    assert grad(h, x)[0].item() == 0.0
    h = x * 2
    h.fill_(7)
    assert grad(h, x)[0].item() == 0.0


def test_the_lecture_relu() -> None:
    """z[:] = 0 on an intermediate value: the gradient is zero, not an error."""
    x, w, b = torch.tensor([-3.0]), leaf(2.0), leaf(1.0)
    z = x * w + b
    z[:] = 0.0
    gw, gb = grad(z, [w, b])
    assert (gw.item(), gb.item()) == (0.0, 0.0)


def test_ops_that_save_their_result_work_in_place() -> None:
    x = leaf(0.5)
    for name in ("exp_", "sigmoid_", "tanh_", "relu_", "sqrt_"):
        h = x * 1
        getattr(h, name)()
        expected = getattr(x * 1, name.removesuffix("_"))()
        assert grad(h, x)[0].item() == grad(expected, x)[0].item()


def test_second_order_through_a_write() -> None:
    x = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    h = x * x
    h.mul_(x)
    (g,) = grad(h, x, create_graph=True)
    (gg,) = grad(g, x)
    assert (g.item(), gg.item()) == (27.0, 18.0)


def test_a_mixed_dtype_write_keeps_the_dtype() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    h.add_(torch.ones(2, dtype=torch.float64, requires_grad=True))
    assert h.dtype == torch.float32
    h.mul_(torch.tensor([2, 3]))
    assert h.tolist() == [4.0, 9.0]


def test_gradients_through_a_mixed_dtype_write() -> None:
    x, y = leaf(1.0, 2.0), torch.ones(2, dtype=torch.float64, requires_grad=True)
    h = x * 1
    h.add_(y)
    h.retain_grad()
    seen = []
    h.register_hook(lambda g: seen.append(g.dtype))
    (h * torch.ones(2, dtype=torch.float64)).sum().backward()
    assert seen == [torch.float32]
    assert [t.grad.dtype for t in (x, y, h)] == [torch.float32, torch.float64, torch.float32]
    assert y.grad.tolist() == [1.0, 1.0]


def test_a_broadcast_write() -> None:
    x, s = leaf(1.0, 2.0), torch.tensor(3.0, requires_grad=True)
    h = x * 1
    h.mul_(s)
    gx, gs = grad(h.sum(), [x, s])
    assert (gx.tolist(), gs.item()) == ([3.0, 3.0], 3.0)


# -- leaves -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.add_(1),
        lambda x: x.__iadd__(1),
        lambda x: x.zero_(),
        lambda x: x.copy_(torch.ones(2)),
        lambda x: x.__setitem__([0], 1.0),
        lambda x: x.masked_fill_(torch.tensor([True, False]), 0.0),
    ],
)
def test_leaves_that_require_grad_are_not_written(write: object) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        write(x)
    assert x.tolist() == [1.0, 2.0]
    assert x._version == 0


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x[0].add_(1),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x.view(2, 1).zero_(),
        lambda x: x[1:][0].mul_(2),
    ],
)
def test_nor_through_a_view(write: object) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="view of a leaf Variable that requires grad"):
        write(x)
    assert x.tolist() == [1.0, 2.0]
    assert x._version == 0


def test_leaves_are_written_under_no_grad() -> None:
    x = leaf(1.0, 2.0)
    with torch.no_grad():
        x.add_(1)
        x[0] = 7.0
        x.view(2, 1).mul_(2)
    assert x.tolist() == [14.0, 6.0]
    assert x.is_leaf
    assert x.requires_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [28.0, 12.0]


def test_leaves_without_requires_grad_are_free() -> None:
    b = torch.zeros(2)
    b[0] = 1.0
    b.add_(1)
    assert b.tolist() == [2.0, 1.0]
    assert b.is_leaf
    b.requires_grad_()
    assert grad((b * b).sum(), b)[0].tolist() == [4.0, 2.0]


# -- views ------------------------------------------------------------------------------------------------------------


def test_a_write_to_a_view_reaches_the_base() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    h[1:].mul_(10)
    assert h.tolist() == [1.0, 20.0, 30.0]
    assert h.grad_fn.name() == "torch::autograd::CopySlices"
    assert grad(h.sum(), x)[0].tolist() == [1.0, 10.0, 10.0]


def test_a_write_to_the_base_reaches_the_view() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    v = h[1:]
    node = v.grad_fn
    h.mul_(10)
    assert v.tolist() == [20.0, 30.0]
    assert v.grad_fn is not node
    assert v.grad_fn is v.grad_fn
    assert grad(v.sum(), x)[0].tolist() == [0.0, 10.0, 10.0]


def test_siblings_are_refreshed() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    v, w = h[:2], h[1:]
    v.mul_(10)
    assert w.tolist() == [20.0, 3.0]
    assert grad(w.sum(), x)[0].tolist() == [0.0, 10.0, 1.0]


def test_a_view_of_a_view() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    h = x * 1
    row = h[1]
    part = row[1:]
    part.mul_(5)
    assert h.tolist() == [[1.0] * 3, [1.0, 5.0, 5.0]]
    assert grad(h.sum(), x, retain_graph=True)[0].tolist() == [[1.0] * 3, [1.0, 5.0, 5.0]]
    assert grad(row.sum(), x)[0].tolist() == [[0.0] * 3, [1.0, 5.0, 5.0]]


def test_what_used_the_view_before_keeps_the_old_history() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    v = h[1:]
    k = v + 0
    h.mul_(10)
    assert grad((k + v).sum(), x)[0].tolist() == [0.0, 11.0, 11.0]


def test_a_base_that_gains_history_through_its_view() -> None:
    x = leaf(2.0, 3.0)
    b = torch.zeros(4)
    v = b[1:3]
    v.copy_(x)
    assert b.requires_grad
    assert not b.is_leaf
    assert b.tolist() == [0.0, 2.0, 3.0, 0.0]
    assert grad((b * b).sum(), x)[0].tolist() == [4.0, 6.0]


def test_a_view_that_gains_history_through_its_base() -> None:
    x = leaf(2.0, 3.0)
    b = torch.zeros(2)
    v = b[1:]
    assert not v.requires_grad
    b.add_(x)
    assert v.requires_grad
    assert grad(v.sum(), x)[0].tolist() == [0.0, 1.0]


def test_a_write_through_a_transposed_and_a_reshaped_view() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    h = x * 1
    h.t()[0] = 5.0
    h.view(6)[5:] = 7.0
    assert h.tolist() == [[5.0, 1.0, 1.0], [5.0, 1.0, 7.0]]
    assert grad(h.sum(), x)[0].tolist() == [[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]]


def test_reshape_is_a_view_when_it_can_be() -> None:
    h = torch.zeros(2, 3)
    h.reshape(6)[0] = 1.0
    h.t().reshape(6)[1] = 2.0
    assert h.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_writes_of_one_part_of_a_tensor_to_another() -> None:
    x = leaf(1.0, 2.0, 3.0, 4.0)
    h = x * 1
    h[:2] = h[2:]
    assert h.tolist() == [3.0, 4.0, 3.0, 4.0]
    assert grad((h * torch.tensor([1.0, 10.0, 100.0, 1000.0])).sum(), x)[0].tolist() == [0.0, 0.0, 101.0, 1010.0]


def test_building_a_result_element_by_element() -> None:
    x = leaf(1.0, 2.0, 3.0)
    out = torch.empty(3)
    for i in range(3):
        out[i] = x[i] * (i + 1)
    assert grad(out.sum(), x)[0].tolist() == [1.0, 2.0, 3.0]


def test_a_recurrence_written_into_a_buffer() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    out = torch.zeros(4)
    state = x * 1
    for i in range(4):
        out[i] = state
        state = state * x
    assert out.tolist() == [2.0, 4.0, 8.0, 16.0]
    assert grad(out.sum(), x)[0].item() == 1 + 4 + 12 + 32


def test_a_custom_hook_on_a_view_whose_base_was_written() -> None:
    """A hook put on a view after its base was changed in place: PyTorch has crashed here."""
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    v = h[1:]
    h.mul_(2)
    seen = []
    assert v.grad_fn is not None
    v.register_hook(lambda g: seen.append(g.tolist()))
    v.sum().backward()
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [0.0, 2.0, 2.0]


@pytest.mark.chainrule_only
def test_the_same_without_looking_at_grad_fn_first() -> None:
    """PyTorch 2.13 ends the process here."""
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    v = h[1:]
    h.mul_(2)
    seen = []
    v.register_hook(lambda g: seen.append(g.tolist()))
    v.sum().backward()
    assert seen == [[1.0, 1.0]]


@pytest.mark.chainrule_only
def test_the_winner_of_a_repeated_index_gets_the_gradient() -> None:
    """y[[0, 0]] = v keeps the last value only; PyTorch gives both a gradient."""
    v = leaf(5.0, 7.0)
    y = torch.zeros(3)
    y[[0, 0]] = v
    assert y.tolist() == [7.0, 0.0, 0.0]
    assert grad(y.sum(), v)[0].tolist() == [0.0, 1.0]


@pytest.mark.chainrule_only
def test_a_sibling_view_made_before_the_base_gained_history_may_be_written() -> None:
    """PyTorch takes the second view for a leaf until its grad_fn has been looked at."""
    x = leaf(1.0, 2.0)
    b = torch.zeros(4)
    first, second = b[:2], b[2:]
    first.add_(x)
    second.add_(x * 2)
    assert grad(b.sum(), x)[0].tolist() == [3.0, 3.0]


# -- outputs of functions that give several views ---------------------------------------------------------------------


@pytest.mark.parametrize("parts", [lambda h: h.unbind(), lambda h: h.split(1), lambda h: h.chunk(3), list])
def test_one_of_several_views_is_not_written(parts: object) -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    part = parts(h)[1]
    with pytest.raises(RuntimeError, match=r"Output 1 of .* is a view and is being modified inplace"):
        part.mul_(2)
    assert h.tolist() == [1.0, 2.0, 3.0]
    assert h._version == 0


def test_one_of_several_views_is_written_when_nothing_requires_grad() -> None:
    h = torch.zeros(3)
    h.unbind()[1].add_(5)
    for part in h:
        part.add_(1)
    assert h.tolist() == [1.0, 6.0, 1.0]


def test_the_base_of_several_views_is_written() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    h.unbind()
    h.mul_(2)
    assert grad(h.sum(), x)[0].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("parts", [lambda h: h.unbind(), lambda h: h.split(1), lambda h: h.chunk(3), list])
def test_one_of_several_views_has_no_history_after_its_base_was_written(parts: object) -> None:
    h = leaf(1.0, 2.0, 3.0) * 1
    part = parts(h)[1]
    h.mul_(2)
    assert part.requires_grad
    for use in (lambda: part.grad_fn, lambda: part * 2):
        with pytest.raises(
            RuntimeError, match=r"is a view and its base or another view of its base has been modified inplace"
        ):
            use()


def test_a_view_made_under_no_grad_has_no_history_after_its_base_was_written() -> None:
    x = leaf(1.0, 2.0)
    with torch.no_grad():
        v = x[1:]
        v.mul_(2)
        v.mul_(2)
        assert (v * 1).tolist() == [8.0]
    with pytest.raises(RuntimeError, match="its base or another view of its base has been modified inplace"):
        v.sum()


def test_views_of_a_leaf_that_is_a_view() -> None:
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    row = x[0]
    for write in (
        lambda: row.mul_(2),
        lambda: x[0].mul_(2),
        lambda: x.view(-1)[1:].fill_(0),
        lambda: x[0].unbind()[1].add_(1),
        lambda: operator.setitem(x, 0, 5.0),
        lambda: operator.setitem(x, (0, torch.tensor([1])), 5.0),
        lambda: x.mul_(2),
    ):
        with pytest.raises(RuntimeError, match=r"leaf Variable that requires grad|being modified inplace"):
            write()
    assert x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert x._version == 0
    with torch.no_grad():
        x[0].mul_(3)
        part = x[1]
        assert not part.requires_grad
    assert grad((x[0] ** 2).sum(), x)[0].tolist() == [[0.0, 6.0, 12.0], [0.0, 0.0, 0.0]]


# -- views made without recording -------------------------------------------------------------------------------------


def test_a_view_made_under_no_grad_is_not_written_outside() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    with torch.no_grad():
        v = h[1:]
        v.add_(1)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and is being modified inplace"):
        v.mul_(2)
    assert h.tolist() == [1.0, 3.0]


def test_a_write_through_a_detached_view_is_seen_by_versions_not_by_history() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    d = h.detach()
    d.mul_(10)
    assert h.tolist() == [10.0, 20.0]
    assert (h._version, d._version) == (1, 1)
    assert grad(h.sum(), x)[0].tolist() == [1.0, 1.0]


# -- expanded memory --------------------------------------------------------------------------------------------------


def test_an_expanded_tensor_is_not_written() -> None:
    b = torch.ones(1)
    wide = b.expand(3)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        wide.add_(1)
    with pytest.raises(RuntimeError, match="single memory"):
        wide[:] = 2.0
    assert b.tolist() == [1.0]


def test_one_row_of_an_expanded_tensor_is() -> None:
    b = torch.ones(3)
    b.expand(2, 3)[0].add_(1)
    assert b.tolist() == [2.0, 2.0, 2.0]


def test_overlapping_source_and_target() -> None:
    b = torch.arange(4.0)
    with pytest.raises(RuntimeError, match="single memory location"):
        b[1:].add_(b[:-1])
    assert b.tolist() == [0.0, 1.0, 2.0, 3.0]
    b.add_(b)
    assert b.tolist() == [0.0, 2.0, 4.0, 6.0]
    b.copy_(b)
    assert b.tolist() == [0.0, 2.0, 4.0, 6.0]


# -- out= -------------------------------------------------------------------------------------------------------------


def test_out_writes_into_the_given_tensor() -> None:
    out = torch.zeros(2)
    assert torch.add(torch.ones(2), torch.ones(2), out=out) is out
    assert out.tolist() == [2.0, 2.0]
    assert out._version == 1


def test_out_has_no_history_to_offer() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"out=.*don't support automatic differentiation"):
        torch.add(x, 1, out=torch.zeros(2))
    with torch.no_grad():
        out = torch.zeros(2)
        torch.add(x, 1, out=out)
    assert out.tolist() == [2.0, 3.0]


# -- versions ---------------------------------------------------------------------------------------------------------


def test_versions_are_shared_by_base_views_and_detached_but_not_data() -> None:
    b = torch.zeros(4)
    view, detached, data = b[1:], b.detach(), b.data
    b.add_(1)
    assert [t._version for t in (b, view, detached, data)] == [1, 1, 1, 0]
    view.add_(1)
    assert [t._version for t in (b, view, detached, data)] == [2, 2, 2, 0]
    data.add_(1)
    assert [t._version for t in (b, view, detached, data)] == [2, 2, 2, 1]
    assert b.tolist() == [2.0, 3.0, 3.0, 3.0]


def test_a_clone_starts_at_zero() -> None:
    b = torch.zeros(2).add_(1)
    assert b.clone()._version == 0
    assert (b + 1)._version == 0


def test_a_read_does_not_count() -> None:
    b = torch.zeros(2, 2)
    b.sum()
    b[0]
    b.tolist()
    b.requires_grad_()
    b @ b
    repr(b)
    assert b._version == 0


def test_version_is_read_only() -> None:
    b = torch.zeros(2)
    with pytest.raises(AttributeError):
        b._version = 3


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (lambda x: torch.nn.functional.leaky_relu(x, 0.1, inplace=True), "LeakyReluBackward1"),
        (lambda x: torch.nn.functional.selu(x, inplace=True), "EluBackward1"),
        (lambda x: torch.nn.functional.celu(x, inplace=True), "CeluBackward1"),
        (lambda x: torch.nn.functional.threshold(x, 0.5, 0.0, inplace=True), "ThresholdBackward1"),
        pytest.param(
            lambda x: x.acosh_(), "AcoshBackward1", marks=pytest.mark.chainrule_only
        ),  # it has no derivative there
        (lambda x: x.polygamma_(1), "PolygammaBackward1"),
        (lambda x: x.clamp_min_(1.5), "ClampMinBackward0"),
        (lambda x: x.clamp_max_(torch.tensor([1.5, 2.5])), "ClampMaxBackward1"),
        (lambda x: x.sin_(), "SinBackward0"),
    ],
)
def test_nodes_of_writes_have_names_of_their_own(write: Any, name: str) -> None:
    x = leaf(1.25, 2.0)
    h = x * 1
    y = write(h)
    assert y is h
    assert h.grad_fn.name() == type(h.grad_fn).__name__ == name
    h.sum().backward()
    assert x.grad.isfinite().all()


def test_another_shape_in_place_makes_no_view() -> None:
    x = torch.ones(2, 3).detach()
    for shaped in (x.unsqueeze_(0), x.squeeze_(0), x.t_()):
        assert shaped is x
        assert not x._is_view()
        assert x._base is None
    part = torch.ones(2, 3)[0].unsqueeze_(0)
    assert part._is_view()
