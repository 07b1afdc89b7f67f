"""``insight.from_torch``: graphs that PyTorch has recorded, drawn, explained and compared as chainrule's own are."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import chainrule
from chainrule.insight import diff, draw, explain, from_torch


def test_the_lecture_s_slide() -> None:
    x = torch.tensor([3.0])
    w = torch.tensor([2.0], requires_grad=True)
    b = torch.tensor([1.0], requires_grad=True)
    u = x * w
    v = u + b
    a = F.relu(v)
    graph = from_torch(a)
    assert [(value.name, value.numbers.data) for value in graph.values] == [
        ("x", [3.0]), ("w", [2.0]), ("u", [6.0]), ("b", [1.0]), ("v", [7.0]), ("a", [7.0]),
    ]  # fmt: skip
    text = str(explain(graph, ["w", "b"]))
    assert "da/dw = du/dw * dv/du * da/dv = 3 * 1 * 1 = 3" in text
    assert "da/db = dv/db * da/dv = 1 * 1 = 1" in text
    assert "du/dw = x" in text
    assert "∂a/∂w" in draw(graph).text()


def test_values_that_no_variable_holds() -> None:
    x, w, b = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True), torch.tensor([1.0], requires_grad=True)
    a = F.relu(x * w + b)
    text = str(explain(from_torch(a), "w"))
    assert "= 3 * 1 * 1 = 3" in text
    assert a.grad_fn(torch.ones(1)) is not None  # nothing was freed
    assert torch.autograd.grad(a, w)[0].item() == 3.0


@pytest.mark.parametrize("seed", [np.array([1.0, 10.0], np.float32), torch.tensor([1.0, 10.0])])
def test_a_seed_is_what_the_backward_begins_with(seed: object) -> None:
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    a = w * w
    graph = from_torch(a, seed=seed)
    assert graph.value("w").cotangent.data == [4.0, 60.0]
    assert from_torch(a).value("w").cotangent is None
    assert from_torch(a.sum(), derivatives=False).value("w").cotangent is None


def programs() -> list[tuple[str, object]]:
    torch.manual_seed(0)
    x, w, c = torch.randn(2, 3), torch.randn(3, 4, requires_grad=True), torch.randn(4, requires_grad=True)
    z = torch.randn(3, dtype=torch.complex128, requires_grad=True)
    k = torch.randn(1, 2, 3, 3, requires_grad=True)
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.LayerNorm(5), torch.nn.GELU(), torch.nn.Linear(5, 2))
    return [
        ("layer", lambda: (torch.tanh(x @ w + c).mean(), [w, c])),
        ("softmax", lambda: (F.cross_entropy(x @ w, torch.tensor([1, 3])), [w])),
        ("reused", lambda: ((w * w).sum() * w.exp().prod() + c.sum() ** 2, [w, c])),
        ("views", lambda: ((w.t()[1:].reshape(-1) * torch.cat([c, c, c[:1]])).sum(), [w, c])),
        ("several outputs", lambda: (w.unbind(0)[1].sum() * w.max(1).values.sum() + w.std(), [w])),
        ("complex", lambda: ((z * z.conj() + z**2).real.sum(), [z])),
        ("convolution", lambda: (F.max_pool2d(F.conv2d(torch.ones(1, 2, 6, 6), k), 2).sum(), [k])),
        ("module", lambda: (model(x).square().sum(), list(model.parameters()))),
        ("in place", lambda: ((w * 2).mul_(c).index_fill(0, torch.tensor([0]), 1.0).sum(), [w, c])),
    ]


@pytest.mark.parametrize(("name", "program"), programs())
def test_the_derivatives_are_pytorch_s(name: str, program) -> None:
    out, leaves = program()
    graph = from_torch(out, names={f"leaf{at}": leaf for at, leaf in enumerate(leaves)})
    assert not [op.problem for op in graph.operations if op.problem]
    for at, g in enumerate(torch.autograd.grad(out, leaves)):
        found = graph.value(f"leaf{at}").cotangent.array
        np.testing.assert_allclose(found, g.numpy(), rtol=1e-5, atol=1e-6)
        chain = explain(graph, f"leaf{at}").chains[0]
        total = sum(use.contribution.array for use in chain.uses)
        np.testing.assert_allclose(total, g.numpy(), rtol=1e-5, atol=1e-6)
    assert draw(graph).svg().startswith("<svg")


def test_the_same_program_in_both() -> None:
    def program(library, x, w):
        return (library.tanh(x * w) * w).sum()

    numbers = [0.5, -1.0], [2.0, 3.0]
    real = program(torch, *[torch.tensor(n, requires_grad=True) for n in numbers])
    ours = program(chainrule, *(mine := [chainrule.tensor(n, requires_grad=True) for n in numbers]))
    report = diff(from_torch(real), ours)
    assert report.same, str(report)
    assert mine


def test_modules_give_names_and_scopes() -> None:
    class Block(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = torch.nn.Linear(2, 4), torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.down(torch.relu(self.up(x)))

    model = torch.nn.Sequential(Block(), Block())
    graph = from_torch(model(torch.ones(1, 2)).sum())
    assert graph.value("0.up.weight").role == "input"
    assert {op.scope.removeprefix("model.").split(".")[0] for op in graph.operations} >= {"0", "1"}


def test_names_of_other_graphs_change_nothing() -> None:
    w = torch.tensor([2.0], requires_grad=True)
    other = (w * 3.0).exp()
    y = w.sin()
    graph = from_torch(y, names={"other": other}, label={"weight": w})
    assert [op.grad_fn for op in graph.operations] == ["SinBackward0"]
    assert [value.name for value in graph.values] == ["weight", "y"]


def test_the_graph_of_a_backward() -> None:
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    (g,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
    graph = from_torch(g.sum())
    assert graph.value("w").cotangent.data == [12.0, 18.0]


def test_places_under_anomaly_mode() -> None:
    w = torch.tensor([2.0], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = torch.sin(w)
    (op,) = from_torch(y).operations
    assert (op.origin.expression, op.origin.function) == ("y = torch.sin(w)", "test_places_under_anomaly_mode")
    assert from_torch(torch.sin(w)).operations[0].origin.expression == ""


def test_a_freed_graph() -> None:
    w = torch.tensor([2.0], requires_grad=True)
    y = (w.exp() * w).sum()
    y.backward()
    graph = from_torch(y)
    assert graph.value("w").grad.data == w.grad.tolist()
    assert any(op.freed for op in graph.operations)
    assert any(op.problem for op in graph.operations)


def test_what_it_refuses() -> None:
    with pytest.raises(TypeError, match="one of PyTorch's tensors, but got a float"):
        from_torch(1.0)
    with pytest.raises(TypeError, match="one of PyTorch's tensors, but got a Tensor"):
        from_torch(chainrule.ones(1, requires_grad=True))
    with pytest.raises(ValueError, match="does not require grad"):
        from_torch(torch.ones(2))


def test_freed_graph_of_layers() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    out = model(torch.ones(1, 2)).sum()
    out.backward()
    graph = from_torch(out)
    assert graph.value("model.0.weight") is graph.value("0.weight")
    assert graph.value("0.weight").grad is not None


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g


def test_custom_function_s_derivative_is_known() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    graph = from_torch(Double.apply(x).sum())
    assert graph.value("x").cotangent.array.tolist() == [2, 4]


def test_a_huge_graph_is_sketched() -> None:
    h = w = torch.tensor(0.5, requires_grad=True)
    for _ in range(20_000):
        h = h * 1.0001
    began = time.process_time()
    graph = from_torch(h)
    assert time.process_time() - began < 4
    assert 10 <= len(graph.operations) <= 40
    assert graph.operations[0].name == "500× MulBackward0"
    assert graph.value("w").numbers.number == 0.5
    del w


def test_runs_that_differ_are_told_without_places() -> None:
    w = torch.ones(2, requires_grad=True)
    assert "a: MulBackward0\n" in str(diff(from_torch((w * 2).sum()), from_torch((w * 3).sum())))
