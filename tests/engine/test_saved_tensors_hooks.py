"""Hooks on what the graph saves: pack when it is saved, unpack when it is used."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import grad
from chainrule.autograd.graph import (
    allow_mutation_on_saved_tensors,
    disable_saved_tensors_hooks,
    save_on_cpu,
    saved_tensors_hooks,
)


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


class Log:
    """A pair of hooks that writes down what happens."""

    def __init__(self) -> None:
        self.packed: list[list[float]] = []
        self.unpacked: list[list[float]] = []

    def pack(self, tensor: torch.Tensor) -> torch.Tensor:
        assert isinstance(tensor, torch.Tensor)
        self.packed.append(tensor.tolist())
        return tensor

    def unpack(self, tensor: torch.Tensor) -> torch.Tensor:
        self.unpacked.append(tensor.tolist())
        return tensor

    def hooks(self) -> saved_tensors_hooks:
        return saved_tensors_hooks(self.pack, self.unpack)


def test_pack_runs_when_a_value_is_saved_and_unpack_when_it_is_used() -> None:
    x, y, log = leaf(2.0), leaf(3.0), Log()
    with log.hooks():
        h = x * y
    assert sorted(log.packed) == [[2.0], [3.0]]
    assert log.unpacked == []
    h.sum().backward()
    assert sorted(log.unpacked) == [[2.0], [3.0]]
    assert (x.grad.item(), y.grad.item()) == (3.0, 2.0)


def test_only_what_is_saved_is_packed() -> None:
    x, log = leaf(2.0), Log()
    with log.hooks():
        x + 1
        x * 3
        x.sum()
        x * torch.tensor([5.0])
    assert log.packed == [[5.0]]


def test_outputs_are_packed() -> None:
    x, log = leaf(0.0), Log()
    with log.hooks():
        h = x.exp()
    assert log.packed == [[1.0]]
    h.sum().backward()
    assert log.unpacked == [[1.0]]
    assert x.grad.item() == 1.0


def test_the_same_value_saved_twice_is_packed_twice() -> None:
    x, log = leaf(2.0), Log()
    with log.hooks():
        x * x
    assert log.packed == [[2.0], [2.0]]


def test_nothing_is_packed_under_no_grad_or_without_requires_grad() -> None:
    x, log = leaf(2.0), Log()
    with log.hooks():
        torch.ones(1) * torch.ones(1)
        with torch.no_grad():
            x * x
    assert log.packed == []


def test_pack_may_return_anything() -> None:
    x = leaf(2.0)
    with saved_tensors_hooks(lambda t: {"values": t.tolist()}, lambda packed: torch.tensor(packed["values"]) * 10):
        h = x * x
    h.sum().backward()
    assert x.grad.item() == 40.0


def test_unpack_runs_for_every_backward() -> None:
    x, log = leaf(2.0), Log()
    with log.hooks():
        h = x.exp()
    for _ in range(2):
        h.sum().backward(retain_graph=True)
    h.sum().backward()
    assert len(log.packed) == 1
    assert len(log.unpacked) == 3


def test_reading_a_saved_value_unpacks_it() -> None:
    x, log = leaf(2.0), Log()
    with log.hooks():
        h = x.exp()
    assert h.grad_fn._saved_result.tolist() == h.tolist()
    assert len(log.unpacked) == 1


def test_the_hooks_of_the_time_of_saving_count() -> None:
    x, first, second = leaf(2.0), Log(), Log()
    with first.hooks():
        h = x.exp()
    with second.hooks():
        k = h.exp()
        k.sum().backward()
    assert (len(first.packed), len(first.unpacked)) == (1, 1)
    assert (len(second.packed), len(second.unpacked)) == (1, 1)


def test_the_innermost_pair_acts() -> None:
    x, outer, inner = leaf(2.0), Log(), Log()
    with outer.hooks():
        with inner.hooks():
            x.exp()
        x.sin()
    assert (len(outer.packed), len(inner.packed)) == (1, 1)


def test_leaving_by_an_exception_ends_the_hooks() -> None:
    x, log = leaf(2.0), Log()
    with pytest.raises(ValueError, match="x"), log.hooks():
        raise ValueError("x")
    x.exp()
    assert log.packed == []


def test_hooks_run_without_recording() -> None:
    x = leaf(2.0)
    modes = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        modes.append(torch.is_grad_enabled())
        return tensor

    with saved_tensors_hooks(note, note):
        h = x.exp()
    h.sum().backward()
    assert modes[1] is False


def test_a_hook_that_raises_stops_the_op() -> None:
    x = leaf(2.0)
    with pytest.raises(ZeroDivisionError), saved_tensors_hooks(lambda t: 1 / 0, lambda t: t):
        x.exp()
    assert x._version == 0


def test_pack_may_not_write_to_what_is_saved() -> None:
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match=r"in[- ]place"), saved_tensors_hooks(lambda t: t.add_(1), lambda t: t):
        x * 1 * x


def test_unpack_must_return_a_tensor() -> None:
    x = leaf(2.0)
    with saved_tensors_hooks(lambda t: t, lambda t: 3):
        h = x.exp()
    with pytest.raises(TypeError, match="unpack_hook expected to be a Tensor but got result of type int"):
        h.sum().backward()
    assert x.grad is None


def test_packed_values_are_freed_with_the_graph() -> None:
    class Parcel:
        def __init__(self, tensor: torch.Tensor) -> None:
            self.tensor = tensor.clone()

    parcels: list[weakref.ref[Any]] = []

    def pack(tensor: torch.Tensor) -> Parcel:
        parcel = Parcel(tensor)
        parcels.append(weakref.ref(parcel))
        return parcel

    x = leaf(2.0)
    with saved_tensors_hooks(pack, lambda parcel: parcel.tensor):
        h = x.exp().sin()
    assert all(parcel() is not None for parcel in parcels)
    h.sum().backward()
    gc.collect()
    assert [parcel() for parcel in parcels] == [None, None]


def test_double_backward_through_hooks() -> None:
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        h = x**3
        (g,) = grad(h, x, create_graph=True)
    (gg,) = grad(g, x)
    assert (g.item(), gg.item()) == (12.0, 12.0)


def test_custom_functions_go_through_the_hooks() -> None:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value):
            ctx.save_for_backward(value)
            return value * value

        @staticmethod
        def backward(ctx, g):
            (value,) = ctx.saved_tensors
            return 2 * g * value

    x, log = leaf(2.0), Log()
    with log.hooks():
        h = Square.apply(x)
    h.sum().backward()
    assert (log.packed, log.unpacked) == ([[2.0]], [[2.0]])
    assert x.grad.item() == 4.0


def test_save_on_cpu_gives_the_same_gradient() -> None:
    x, y = leaf(2.0), leaf(3.0)
    with save_on_cpu():
        h = (x * y).exp()
    h.sum().backward()
    assert x.grad.item() == pytest.approx(3 * 403.42879, rel=1e-6)


@pytest.mark.chainrule_only
def test_save_on_cpu_copies() -> None:
    """What is parked no longer minds that the original changes. PyTorch gives a wrong gradient without a word."""
    x, y = leaf(2.0), torch.tensor([3.0])
    with save_on_cpu(pin_memory=False):
        h = x * y
    y.add_(1)
    h.sum().backward()
    assert x.grad.item() == 3.0


# -- disable ----------------------------------------------------------------------------------------------------------


def test_disabling_refuses_new_hooks_with_the_given_words() -> None:
    with disable_saved_tensors_hooks("not in here"):
        with pytest.raises(RuntimeError, match="not in here"), saved_tensors_hooks(lambda t: t, lambda t: t):
            pass
        leaf(2.0).exp()
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        leaf(2.0).exp()


def test_disabling_as_a_decorator() -> None:
    @disable_saved_tensors_hooks("not in here")
    def inside() -> None:
        with saved_tensors_hooks(lambda t: t, lambda t: t):
            pass

    with pytest.raises(RuntimeError, match="not in here"):
        inside()


def test_disabling_within_hooks_is_refused() -> None:
    with (
        pytest.raises(RuntimeError, match="not in here"),
        saved_tensors_hooks(lambda t: t, lambda t: t),
        disable_saved_tensors_hooks("not in here"),
    ):
        pass
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        pass


# -- mutation ---------------------------------------------------------------------------------------------------------


def test_saved_values_may_be_overwritten_when_allowed() -> None:
    x = leaf(2.0)
    with allow_mutation_on_saved_tensors():
        h = x * 1
        k = h * h
        h.zero_()
        (g,) = grad(k.sum(), x)
    assert g.item() == 4.0


def test_saved_outputs_may_be_overwritten_when_allowed() -> None:
    x = leaf(0.0)
    with allow_mutation_on_saved_tensors():
        h = x.exp()
        h.mul_(5)
        (g,) = grad(h.sum(), x)
    assert g.item() == 5.0


def test_a_value_saved_before_and_after_a_write() -> None:
    x = leaf(2.0)
    with allow_mutation_on_saved_tensors():
        h = x * 1
        k = h * h
        h.add_(1)
        l = h * h
        h.add_(1)
        (g,) = grad((k + l).sum(), x)
    assert g.item() == 4.0 + 6.0


def test_values_written_through_a_view_when_allowed() -> None:
    x = leaf(2.0, 3.0)
    with allow_mutation_on_saved_tensors():
        h = x * 1
        k = h * h
        h[0] = 100.0
        (g,) = grad(k.sum(), x)
    assert g.tolist() == [4.0, 6.0]


def test_mutation_is_refused_again_afterwards() -> None:
    x = leaf(2.0)
    with allow_mutation_on_saved_tensors():
        pass
    h = x * 1
    k = h * h
    h.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        k.sum().backward()


def test_backward_over_copies_after_the_context_is_refused_or_right() -> None:
    """PyTorch drops the copies when the context ends; a right gradient is as good as a clear refusal."""
    x = leaf(2.0)
    with allow_mutation_on_saved_tensors():
        h = x * 1
        k = h * h
        h.zero_()
    try:
        (g,) = grad(k.sum(), x)
    except (RuntimeError, AssertionError):
        return
    assert g.item() == 4.0


def test_the_context_can_be_cleared() -> None:
    x = leaf(2.0)
    with allow_mutation_on_saved_tensors() as context:
        h = x * 1
        k = h * h
        h.zero_()
        (g,) = grad(k.sum(), x)
        context.clear()
    assert g.item() == 4.0
