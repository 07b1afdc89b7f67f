"""``autograd.Function``: several outputs, and what the marks on ctx change."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule.autograd import Function, grad
from chainrule.autograd.function import once_differentiable


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def test_several_outputs() -> None:
    class SinCos(Function):
        @staticmethod
        def forward(ctx, x):
            s, c = x.sin(), x.cos()
            ctx.save_for_backward(s, c)
            return s, c

        @staticmethod
        def backward(ctx, gs, gc):
            s, c = ctx.saved_tensors
            return gs * c - gc * s

    x = torch.tensor(0.0, requires_grad=True)
    outputs = SinCos.apply(x)
    assert isinstance(outputs, tuple)
    s, c = outputs
    assert (s.output_nr, c.output_nr) == (0, 1)
    assert s.grad_fn is c.grad_fn
    (g,) = grad(s * 3 + c, x, retain_graph=True)
    assert g.item() == 3.0
    (g,) = grad(c, x)
    assert g.item() == 0.0


def test_outputs_that_are_no_tensors() -> None:
    class Mixed(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, "text", None, 3

        @staticmethod
        def backward(ctx, g, *others):
            assert others == (None, None, None)
            return g * 2

    x = leaf(2.0)
    h, text, nothing, number = Mixed.apply(x)
    assert (text, nothing, number) == ("text", None, 3)
    (g,) = grad(h, x)
    assert g.item() == 2.0


def test_missing_gradients_arrive_as_zeros() -> None:
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, first, second):
            seen.extend([first.tolist(), second.tolist()])
            return first * 2 + second * 3

    x = leaf(2.0, 3.0)
    first, _ = Two.apply(x)
    first.sum().backward()
    assert seen == [[1.0, 1.0], [0.0, 0.0]]


def test_missing_gradients_arrive_as_none_when_not_materialized() -> None:
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, first, second):
            seen.append(second)
            return first * 2

    x = leaf(2.0, 3.0)
    first, _ = Two.apply(x)
    first.sum().backward()
    assert seen == [None]
    assert x.grad.tolist() == [2.0, 2.0]


def test_mark_non_differentiable() -> None:
    seen = []

    class SortWithIndex(Function):
        @staticmethod
        def forward(ctx, x):
            values, index = x.sort()
            order = index.to(x.dtype)
            ctx.mark_non_differentiable(order)
            ctx.save_for_backward(index)
            return values, order

        @staticmethod
        def backward(ctx, g, g_order):
            seen.append(g_order.tolist())
            (index,) = ctx.saved_tensors
            return torch.zeros_like(g).scatter(0, index, g)

    x = leaf(3.0, 1.0, 2.0)
    values, order = SortWithIndex.apply(x)
    assert order.tolist() == [1.0, 2.0, 0.0]
    assert not order.requires_grad
    assert order.grad_fn is None
    (values * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100.0, 1.0, 10.0]
    assert seen == [[0.0, 0.0, 0.0]]


def test_integer_outputs_never_require_grad() -> None:
    class Rounded(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1, x.long()

        @staticmethod
        def backward(ctx, g, _):
            return g

    values, whole = Rounded.apply(leaf(1.7))
    assert values.requires_grad
    assert not whole.requires_grad


class DoubleInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * 2


def test_mark_dirty() -> None:
    x = leaf(3.0)
    h = x * 1
    k = DoubleInPlace.apply(h)
    assert k is h
    assert h.item() == 6.0
    assert h._version > 0
    assert h.grad_fn.name() == "DoubleInPlaceBackward"
    (h * h).sum().backward()
    assert x.grad.item() == 2 * 6.0 * 2


def test_mark_dirty_is_seen_by_what_saved_the_value() -> None:
    x = leaf(3.0)
    h = x * 1
    k = h * h
    DoubleInPlace.apply(h)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        k.sum().backward()


def test_mark_dirty_of_a_leaf_is_refused() -> None:
    with pytest.raises(
        RuntimeError, match=r"a leaf Variable that requires grad (has been|is being) used in an in-place operation"
    ):
        DoubleInPlace.apply(leaf(3.0))


def test_mark_dirty_of_a_tensor_without_gradient() -> None:
    h = torch.tensor([3.0])
    assert DoubleInPlace.apply(h) is h
    assert h.item() == 6.0
    assert not h.requires_grad


def test_returning_an_input() -> None:
    class Pass(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 10

    x = leaf(2.0)
    h = Pass.apply(x)
    assert h is not x
    assert h.tolist() == [2.0]
    assert h.grad_fn.name() == "PassBackward"
    assert x.is_leaf
    h.sum().backward()
    assert x.grad.item() == 10.0
    with torch.no_grad():
        x.add_(1)
    assert h.item() == 3.0


def test_returning_a_view_of_an_input() -> None:
    class Rows(Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(2, 2)

        @staticmethod
        def backward(ctx, g):
            return g.reshape(4) * 10

    x = leaf(1.0, 2.0, 3.0, 4.0)
    h = x * 1
    k = Rows.apply(h)
    k.sum().backward()
    assert x.grad.tolist() == [10.0] * 4
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        k.add_(1)


class Once(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        assert not torch.is_grad_enabled()
        (x,) = ctx.saved_tensors
        return 2 * x * g


def test_once_differentiable() -> None:
    x = leaf(3.0)
    (g,) = grad(Once.apply(x), x)
    assert g.item() == 6.0
    (g,) = grad((Once.apply(x) * x).sum(), x, create_graph=True)
    assert g.item() == 27.0
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.sum().backward()


@pytest.mark.chainrule_only
def test_once_differentiable_is_no_silent_zero_for_grad() -> None:
    """PyTorch leaves the part through the function out, and says nothing."""
    x = leaf(3.0)
    (g,) = grad((Once.apply(x) * x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad(g.sum(), x)
