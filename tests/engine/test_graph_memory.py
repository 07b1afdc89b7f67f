"""Graphs are freed by reference counting alone: with the collector off, live nodes go back to what they were."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pytest

import chainrule as torch
from chainrule.autograd import Function, grad
from chainrule.autograd.graph import get_gradient_edge, register_multi_grad_hook, saved_tensors_hooks

pytestmark = pytest.mark.chainrule_only


def live() -> int:
    from chainrule.core.alive import alive
    from chainrule.core.node import Node

    return len(alive(Node))


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Collect what other tests left, then switch the collector off."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf() -> torch.Tensor:
    return torch.tensor([1.0, 2.0, 3.0], requires_grad=True)


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx, g):
        _, result = ctx.saved_tensors
        return g * result


def one_op() -> None:
    leaf() * 2


def chain() -> None:
    h = leaf()
    for _ in range(100):
        h = (h * 1.01).sin()


def saved_outputs() -> None:
    leaf().exp().sigmoid().tanh().sqrt().softmax(0)


def several_outputs() -> None:
    x = leaf()
    p, q, _ = x.unbind()
    _, _ = x.split([1, 2])
    _, _ = x.sort()
    p * q


def backward() -> None:
    x = leaf()
    (x * x).exp().sum().backward()


def backward_twice() -> None:
    x = leaf()
    h = (x * x).exp().sum()
    h.backward(retain_graph=True)
    h.backward()


def functional_grad() -> None:
    x = leaf()
    grad((x * x).sum(), x)


def higher_orders() -> None:
    x = leaf()
    value = (x**4).sum()
    for _ in range(4):
        (g,) = grad(value, x, create_graph=True)
        value = g.sum()


def higher_orders_of_saved_outputs() -> None:
    x = leaf()
    (g,) = grad(x.exp().sigmoid().sum(), x, create_graph=True)
    (gg,) = grad(g.sum(), x, create_graph=True)
    gg.sum().backward()
    x.grad = None


def in_place() -> None:
    x = leaf()
    h = x * 2
    h.exp_()
    h.mul_(h.detach())
    h[0] = 5.0
    h += x


def views() -> None:
    x = leaf()
    h = x * 2
    v, w = h[1:], h.view(3, 1)
    v.mul_(3)
    w.sum() + v.sum()
    w[0].add_(1)
    assert v.grad_fn is not None


def buffers() -> None:
    x = leaf()
    b = torch.zeros(3)
    row = b[1:]
    for i in range(3):
        b[i] = x[i] * 2
    row.sum().backward()


def hooks() -> None:
    x = leaf()
    h = x * 2
    h.register_hook(lambda g: g * 2)
    h.grad_fn.register_hook(lambda inputs, outputs: None)
    h.grad_fn.register_prehook(lambda outputs: None)
    x.register_post_accumulate_grad_hook(lambda p: None)
    h.retain_grad()
    h.sum().backward()


def multi_hooks() -> None:
    x, y = leaf(), leaf()
    handle = register_multi_grad_hook([x, y], lambda gradients: None)
    (x * y).sum().backward()
    handle.remove()


def edges() -> None:
    x = leaf()
    h = x * 2
    grad(h.sum(), get_gradient_edge(h))


def packed() -> None:
    x = leaf()
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        h = x.exp().sin()
    h.sum().backward()


def custom() -> None:
    x = leaf()
    h = Exp.apply(Exp.apply(x))
    (g,) = grad(h.sum(), x, create_graph=True)
    g.sum().backward()
    x.grad = None


def read_by_the_user() -> None:
    x = leaf()
    h = x.exp() * x
    node = h.grad_fn
    while node.next_functions and node.next_functions[0][0] is not None:
        node = node.next_functions[0][0]
    h.grad_fn.metadata["key"] = [1]
    assert h.grad_fn._saved_self is not None
    repr(h)


def errors() -> None:
    x = leaf()
    h = x.exp()
    h.add_(1)
    with suppress(RuntimeError):
        h.sum().backward()
    k = (x * x).sum()
    k.backward()
    with suppress(RuntimeError):
        k.backward()
    x.register_hook(lambda g: 1 / 0)
    with suppress(ZeroDivisionError):
        (x * 2).sum().backward()


def under_no_grad() -> None:
    x = leaf()
    with torch.no_grad():
        x.exp().mul_(2)[0].add_(1)


def training_loop() -> None:
    w = leaf()
    for _ in range(10):
        loss = ((w - 1) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        w.grad = None


PROGRAMS = [
    one_op, chain, saved_outputs, several_outputs, backward, backward_twice, functional_grad, higher_orders,
    higher_orders_of_saved_outputs, in_place, views, buffers, hooks, multi_hooks, edges, packed, custom,
    read_by_the_user, errors, under_no_grad, training_loop,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_no_node_is_left(program: Callable[[], None]) -> None:
    program()  # what is made once and kept, and the frames of the errors, are not what is looked for
    before = live()
    program()
    assert live() - before == 0


def test_the_count_sees_nodes() -> None:
    """Otherwise everything above would pass whatever happened."""
    before = live()
    h = leaf() * 2
    assert live() - before == 2
    del h
    assert live() == before


def test_a_node_lives_as_long_as_somebody_needs_it() -> None:
    x = leaf()
    h = x * 2
    k = h.exp()
    before = live()
    del h
    assert live() == before
    del k
    assert live() == before - 2


def test_backward_lets_saved_values_go_but_keeps_the_nodes() -> None:
    big = np.ones(1000, dtype=np.float32)
    x = torch.ones(1000, requires_grad=True)
    h = (x * torch.from_numpy(big)).sum()
    kept = weakref.ref(big)
    del big
    assert kept() is not None
    h.backward()
    assert kept() is None
    assert h.grad_fn.next_functions[0][0].name() == "MulBackward0"


def test_detaching_lets_the_graph_go() -> None:
    x = leaf()
    before = live()
    h = (x * 2).exp()
    h = h.detach()
    assert live() <= before + 1
    assert not h.requires_grad


def test_a_carried_state_that_is_detached_does_not_grow() -> None:
    x = leaf()
    state = torch.zeros(3)
    counts = []
    for _ in range(5):
        state = (state + x).tanh().detach()
        counts.append(live())
    assert counts[1:] == counts[:-1]


def test_a_deep_chain_is_freed_without_recursion() -> None:
    before = live()
    h = leaf()
    for _ in range(50_000):
        h = h * 1.0
    assert live() - before > 50_000
    del h
    assert live() == before


def test_memory_does_not_grow_with_steps() -> None:
    def step() -> None:
        x = torch.ones(100, requires_grad=True)
        h = (x * x).exp() * 1
        h[0] = 5.0
        h.sum().backward()

    for _ in range(20):
        step()
    tracemalloc.start()
    try:
        for _ in range(20):
            step()
        first, _ = tracemalloc.get_traced_memory()
        for _ in range(200):
            step()
        second, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert second - first < 20_000


def test_a_node_weighs_at_most_one_kilobyte() -> None:
    def build(length: int) -> torch.Tensor:
        h = torch.tensor(1.0, requires_grad=True)
        for _ in range(length):
            h = h * 1.0
        return h

    build(10)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        h = build(10_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert h.requires_grad
    assert (after - before) / 10_000 <= 1024
