"""The programs that are timed, written once for chainrule and for PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def lecture_graph(torch: Any) -> Callable[[], object]:
    """The lecture notebook's graph: made, run forward and differentiated."""
    relu, grad = torch.nn.functional.relu, torch.autograd.grad

    def run() -> object:
        x = torch.tensor([3.0])
        w = torch.tensor([2.0], requires_grad=True)
        b = torch.tensor([1.0], requires_grad=True)
        return grad(relu(x * w + b), w)

    return run


def chain(torch: Any, ops: int = 1000) -> Callable[[], object]:
    """A chain of ops, every second one with a leaf of its own accumulating: forward, backward and freeing."""
    c = torch.tensor([1.0001], requires_grad=True)
    b = torch.tensor([0.0001], requires_grad=True)
    x = torch.tensor([1.0])

    def run() -> object:
        y = x
        for _ in range(ops // 2):
            y = y * c + b
        y.backward()
        c.grad = b.grad = None
        return y

    return run


def constant_chain(torch: Any, ops: int = 1000) -> Callable[[], object]:
    """A chain of ops with constants: one gradient flows down it."""
    leaf = torch.tensor([1.0], requires_grad=True)
    c, b = torch.tensor([1.0001]), torch.tensor([0.0001])

    def run() -> object:
        y = leaf
        for _ in range(ops // 2):
            y = y * c + b
        y.backward()
        leaf.grad = None
        return y

    return run


def multiply(torch: Any) -> Callable[[], object]:
    """One recorded multiply of one element."""
    x, w = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True)
    return lambda: x * w
