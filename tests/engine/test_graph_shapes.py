"""Graphs of every shape: several outputs, diamonds, deep, wide; nothing recurses and nothing is walked twice."""

from __future__ import annotations

import sys

import pytest

import chainrule as torch
from chainrule.autograd import grad


def test_diamonds_are_not_walked_as_a_tree() -> None:
    """60 diamonds are 2**60 paths."""
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(60):
        y = y * 0.5 + y * 0.5
    (g,) = grad(y, x)
    assert g.item() == 1.0


@pytest.mark.chainrule_only
def test_ancestors_are_each_given_once() -> None:
    from chainrule.core.node import ancestors

    x = torch.tensor(1.0, requires_grad=True)
    y = (x * x).exp()
    z = y * y
    found = list(ancestors([z.grad_fn, y.grad_fn]))
    assert len(found) == len(set(found)) == 4


def test_diamonds_at_second_order() -> None:
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    y = x * x
    for _ in range(30):
        y = y * 0.5 + y * 0.5
    (g,) = grad(y, x, create_graph=True)
    (gg,) = grad(g, x)
    assert (g.item(), gg.item()) == (6.0, 2.0)


def test_a_diamond_of_uneven_arms() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    short = x * 3
    long = short
    for _ in range(5):
        long = long * 2
    late = short * 5
    (g,) = grad(long + late + short, x)
    assert g.item() == 3 * (32 + 5 + 1)


def test_a_node_waits_for_all_its_outputs() -> None:
    """The gradient of h is complete before h's node runs, whichever way it arrives."""
    x = torch.tensor(2.0, requires_grad=True)
    h = x * x
    seen = []
    h.register_hook(lambda g: seen.append(g.item()))
    k = h * 2
    for _ in range(10):
        k = k * 1
    (k + h * 3 + h).backward()
    assert seen == [6.0]
    assert x.grad.item() == 24.0


@pytest.mark.parametrize("depth", [100_000])
def test_a_deep_chain(depth: int) -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(depth):
        y = y + 1
    assert depth > sys.getrecursionlimit()
    (g,) = grad(y, x, retain_graph=True)
    assert g.item() == 1.0
    y.backward()
    assert x.grad.item() == 1.0
    assert "AddBackward0" in repr(y)
    del y


def test_a_deep_chain_freed_without_backward() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    del y
    x.backward()
    assert x.grad.item() == 1.0


def test_a_deep_chain_at_second_order() -> None:
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x * x
    for _ in range(5_000):
        y = y * 1.0
    (g,) = grad(y, x, create_graph=True)
    (gg,) = grad(g, x)
    assert (g.item(), gg.item()) == (2.0, 2.0)


def test_a_deep_chain_of_writes_to_one_tensor() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1
    for _ in range(20_000):
        h.add_(1)
    (g,) = grad(h.sum(), x)
    assert g.tolist() == [1.0, 1.0]
    assert h._version == 20_000


def test_a_deep_chain_of_views() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    h = x
    for _ in range(3_000):
        h = h.t()
    (g,) = grad(h.sum(), x)
    assert g.tolist() == [[1.0] * 3] * 2


def test_a_node_with_20000_inputs() -> None:
    leaves = [torch.tensor(float(i), requires_grad=True) for i in range(20_000)]
    weights = torch.arange(20_000.0)
    gradients = grad((torch.stack(leaves) * weights).sum(), leaves)
    assert [g.item() for g in gradients[:3]] == [0.0, 1.0, 2.0]
    assert gradients[-1].item() == 19_999.0


def test_a_leaf_used_20000_times() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    (g,) = grad(torch.stack([x] * 20_000).sum(), x)
    assert g.item() == 20_000.0


def test_a_tensor_with_20000_users() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    h = x * 2
    total = sum((h * 1 for _ in range(20_000)), torch.tensor(0.0))
    (g,) = grad(total, x)
    assert g.item() == 40_000.0


def test_both_outputs_of_an_op() -> None:
    m = torch.tensor([[1.0, 5.0], [7.0, 3.0]], requires_grad=True)
    values, indices = m.max(1)
    assert indices.tolist() == [1, 0]
    assert not indices.requires_grad
    (g,) = grad(values.sum(), m)
    assert g.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_some_outputs_of_an_op() -> None:
    x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    first, second = x.split(2)
    (g,) = grad((second * second).sum(), x)
    assert g.tolist() == [0.0, 0.0, 6.0, 8.0]
    assert (first.output_nr, second.output_nr) == (0, 1)
    assert first.grad_fn is second.grad_fn


def test_outputs_that_meet_again() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    p, q, r = x.unbind()
    (g,) = grad(p * q * r + q, x)
    assert g.tolist() == [6.0, 4.0, 2.0]


def test_grad_by_one_output_of_an_op() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    p, q, r = x.unbind()
    gp, gr = grad(p * q * r, [p, r])
    assert (gp.item(), gr.item()) == (6.0, 2.0)


def test_roots_within_each_others_graphs() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    h = x * x
    k = h * h
    torch.autograd.backward([k, h])
    assert x.grad.item() == 36.0


def test_an_unused_output_costs_nothing() -> None:
    x = torch.tensor([3.0, 1.0], requires_grad=True)
    values, _ = x.sort()
    (g,) = grad(values[0], x)
    assert g.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("size", [1, 5, 70_000])
def test_gradients_that_pass_through_are_not_mixed_up(size: int) -> None:
    """Sums hand their cotangent on as it is: no later sum may be made in memory that somebody else holds."""
    seed = torch.arange(1.0, size + 1)
    x = torch.ones(size, requires_grad=True)
    h = x * 1
    p = h + 1
    q = h + p
    r = q + q
    seen: dict[str, torch.Tensor] = {}
    for name, value in {"x": x, "h": h, "p": p, "q": q, "r": r}.items():
        value.register_hook(lambda g, name=name: seen.__setitem__(name, g))
        value.retain_grad()
    output = r + h + p
    want = {"x": 6.0, "h": 6.0, "p": 3.0, "q": 2.0, "r": 1.0}
    for times in (1.0, 2.0):
        output.backward(seed, retain_graph=True)
        for name, value in {"x": x, "h": h, "p": p, "q": q, "r": r}.items():
            assert torch.equal(seen[name], seed * want[name]), name
            assert torch.equal(value.grad, seed * want[name] * times), name
    assert torch.equal(seed, torch.arange(1.0, size + 1))
    gradients = grad(output, [r, q, p, h, x], seed)
    for g, factor in zip(gradients, [1.0, 2.0, 3.0, 6.0, 6.0], strict=True):
        assert torch.equal(g, seed * factor)


@pytest.mark.parametrize("size", [1, 5, 70_000])
def test_gradients_have_memory_of_their_own(size: int) -> None:
    x, y = torch.ones(size, requires_grad=True), torch.ones(size, requires_grad=True)
    seed = torch.ones(size)
    (x + y).backward(seed)
    (x + y).backward(seed)
    x.grad.mul_(5)
    assert torch.equal(y.grad, seed * 2)
    assert torch.equal(seed, torch.ones(size))


@pytest.mark.parametrize("size", [3, 70_000])
def test_many_contributions_to_one_value(size: int) -> None:
    x = torch.ones(size, requires_grad=True)
    h = x * 1
    parts = [h * float(i) for i in range(5)] + [h + 1, h + 2, h.view(size), h[:], -h, h.reshape(1, size)[0]]
    (g,) = grad(sum(part.sum() for part in parts), x)
    assert torch.equal(g, torch.full((size,), 10.0 + 2 + 2 - 1 + 1))
