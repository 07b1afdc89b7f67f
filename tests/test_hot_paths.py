"""The hot paths do what the general ones do, and are taken where they can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.autograd import Function, grad
from chainrule.core import engine, plain_pass
from chainrule.core.dispatch import general
from chainrule.core.node import Freed
from chainrule.nn import functional as F

Build = Callable[..., torch.Tensor]
"""A scalar from two leaves, x of shape (3,) and w of shape (2, 3)."""


def leaves() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.tensor([0.5, -1.5, 2.0], requires_grad=True)
    w = torch.tensor([[1.0, 2.0, -3.0], [0.25, 4.0, 0.0]], requires_grad=True)
    return x, w


class Twice(Function):
    @staticmethod
    def forward(ctx, value):
        return value * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


ORDINARY: dict[str, Build] = {
    "broadcast": lambda x, w: (x * w).sum(),
    "relu": lambda x, w: torch.relu(x * w + x).sum(),
    "numbers": lambda x, w: (2.0 * x / 3 - w * 0.5 + 1).sum(),
    "diamond": lambda x, w: ((x + x) * (x * w) + x * x).sum(),
    "an operand twice": lambda x, w: (x * x).sum() + w.sum(),
    "matmul": lambda x, w: (w @ x).sum(),
    "views": lambda x, w: (w.t()[1:].reshape(-1) * x[0]).sum(),
    "to double and back": lambda x, w: (x.double() * w).float().sum(),
    "complex in between": lambda x, w: (torch.complex(x, x) * w).abs().sum(),
    "written to": lambda x, w: (x * w).mul_(3).add_(x).sum(),
    "large": lambda x, w: (x[0] * torch.ones(5000) + w[0, 0] * torch.ones(5000)).pow(2).sum(),
    "ports": lambda x, w: (x.split(2)[0] * w[0, 0]).sum(),
    "two outputs": lambda x, w: (x * w).max(1).values.sum(),
    "two outputs, each used twice": lambda x, w: sum(a * b.sum() for a, b in [torch.std_mean(x * w)] * 2),
    "one rule for all": lambda x, w: (F.layer_norm(w, (3,), x) * x).sum(),
    "one rule for all, partly wanted": lambda x, w: F.batch_norm(w, None, None, x, x * 2, training=True).pow(3).sum(),
    "a loss": lambda x, w: F.cross_entropy(w * x, torch.tensor([2, 0])) * 2,
    "detached in between": lambda x, w: (x * w.detach() + w * x.detach()).sum(),
}

UNUSUAL: dict[str, Build] = {
    "custom function": lambda x, w: (Twice.apply(x) * w).sum(),
}


def plan(y: torch.Tensor, *inputs: torch.Tensor) -> Any:
    assert y.grad_fn is not None
    return plain_pass.planned(y.grad_fn, {x._node: x for x in inputs} if inputs else None)


def state(node: Any) -> dict[str, bool]:
    """Which nodes of the graph have let go of what they saved, by name and place."""
    order, *_ = engine.reachable([(node, None)])
    return {f"{n.name()} {number}": type(n.saved) is Freed for number, n in enumerate(order)}


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("wanted", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("build", ORDINARY.values(), ids=ORDINARY)
def test_grad_of_an_ordinary_graph(build: Build, wanted: tuple[int, ...], retain: bool) -> None:
    answers = []
    for reverse in (plain_pass.reverse_pass, engine.backward_pass):
        inputs = leaves()
        y = build(*inputs)
        assert plan(y, *[inputs[i] for i in wanted]) is not None
        targets = {inputs[i]._node: inputs[i] for i in wanted}
        found = reverse([(y.grad_fn, torch.ones(()))], targets, retain, False, False)
        answers.append(([found[node].numpy() for node in targets], state(y.grad_fn)))
    (ours, freed), (theirs, freed_there) = answers
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
    assert freed == freed_there


@pytest.mark.parametrize("build", ORDINARY.values(), ids=ORDINARY)
def test_backward_of_an_ordinary_graph(build: Build) -> None:
    answers = []
    for reverse in (plain_pass.reverse_pass, engine.backward_pass):
        inputs = leaves()
        inputs[0].grad = torch.ones(3)
        y = build(*inputs)
        assert plan(y) is not None
        assert reverse([(y.grad_fn, torch.ones(()))], None, False, False, True) == {}
        answers.append(([leaf.grad.numpy() for leaf in inputs], state(y.grad_fn)))  # type: ignore[union-attr]
    (ours, freed), (theirs, freed_there) = answers
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
    assert freed == freed_there


@pytest.mark.parametrize("build", UNUSUAL.values(), ids=UNUSUAL)
def test_nodes_without_rules_are_not_ordinary(build: Build) -> None:
    assert plan(build(*leaves())) is None


def test_what_makes_a_graph_extraordinary() -> None:
    x, w = leaves()
    product = x * w
    y = torch.relu(product).sum()
    assert plan(y) is not None
    assert plan(y, x, product) is None  # a target with a history of its own
    handle = product.register_hook(lambda g: None)
    assert plan(y) is None
    handle.remove()
    y = torch.relu(x * w).sum()
    x.register_hook(lambda g: None)
    assert plan(y) is None
    assert plan(y, w) is None


def test_saved_values_that_hooks_hold() -> None:
    x, w = leaves()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), torch.tensor):
        y = (x * w).sum()
    assert grad(y, x)[0].tolist() == w.sum(0).tolist()


def test_a_freed_graph_is_refused() -> None:
    x, w = leaves()
    y = (x * w).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_a_gradient_has_memory_of_its_own() -> None:
    x, w = leaves()
    seed = torch.ones(2, 3)
    dx, dw = grad(x + w, (x, w), seed)
    dw.mul_(5)
    assert seed.tolist() == torch.ones(2, 3).tolist()
    assert dx.tolist() == [2.0, 2.0, 2.0]
    (same,) = grad(w, w, seed)
    same.mul_(5)
    assert seed.tolist() == torch.ones(2, 3).tolist()


# -- an operand and a number --------------------------------------------------------------------------------------------

NUMBERS = [0, 1, -3, 2**60, -(2**63), 2**70, 1.5, -0.0, 1e300, float("nan"), float("inf"), True, 2 + 1j]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.int32, torch.bool]


def outcome(call: Callable[[], Any]) -> Any:
    try:
        out = call()
    except (RuntimeError, OverflowError, NotImplementedError) as error:
        return type(error), str(error)
    node = out._node
    if node is None:
        return described(out._array)
    return described(out._array), node.name(), node.shape, node.dtype, node.next_functions, described(*node.saved)


def described(*values: Any) -> list[Any]:
    return [
        (type(v), v.dtype, v.tobytes()) if hasattr(v, "dtype") else type(v) if hasattr(v, "version") else v
        for v in values
    ]


@pytest.mark.parametrize("op", [torch.ops.add, torch.ops.subtract, torch.ops.multiply, torch.ops.divide, torch.ops.pow])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)], ids=str)
def test_an_operand_and_a_number(op: Any, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    for requires_grad in {False, dtype.is_floating_point or dtype.is_complex}:
        x = torch.ones(shape, dtype=dtype, requires_grad=requires_grad)
        for number in NUMBERS:
            expected = outcome(lambda: general(op.op, (x, number), {}))  # noqa: B023
            assert outcome(lambda: op(x, number)) == expected, number  # noqa: B023


def test_the_origin_of_an_op_with_a_number() -> None:
    x, _ = leaves()
    assert (x * 2.0).grad_fn.origin().expression == "x * 2.0"  # type: ignore[union-attr]
