"""``.grad`` in programs: it is the one of the call, whichever tensor that is."""

from __future__ import annotations

import pytest

import chainrule as torch

pytest.importorskip("jax")


def weight() -> torch.Tensor:
    return torch.tensor([1.0, 2.0], requires_grad=True)


@pytest.mark.parametrize("is_argument", [False, True])
def test_gradients_add_up_over_calls(is_argument: bool) -> None:
    w = weight()

    @torch.compile
    def backward(*given: torch.Tensor) -> None:
        (given[0] if is_argument else w).square().sum().backward()

    for count in range(1, 6):
        backward(*[w] * is_argument)
        assert w.grad is not None
        assert w.grad.tolist() == [2.0 * count, 4.0 * count]
    w.grad = torch.tensor([10.0, 10.0])
    backward(*[w] * is_argument)
    assert w.grad.tolist() == [12.0, 14.0]


def test_a_compiled_step_takes_the_gradients_of_now() -> None:
    w = weight()
    optimizer = torch.optim.SGD([w], lr=1.0)
    step = torch.compile(optimizer.step)
    for count in range(1, 5):
        optimizer.zero_grad()
        (w * count).sum().backward()
        before = w.detach().clone()
        step()
        assert (before - w).tolist() == [count, count]


def test_gradients_of_a_backward_outside_and_one_inside_add_up() -> None:
    w = weight()
    backward = torch.compile(lambda: (w * 10.0).sum().backward())
    for count in range(4):
        w.sum().backward()
        backward()
        assert w.grad is not None
        assert w.grad.tolist() == [11.0 * (count + 1)] * 2
