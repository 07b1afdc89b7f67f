"""``memory``: its figures against what deleting really frees, as ``tracemalloc`` sees NumPy's memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import nn
from chainrule.autograd import grad
from chainrule.autograd.graph import saved_tensors_hooks
from chainrule.insight import memory
from chainrule.utils.checkpoint import checkpoint


@pytest.fixture
def traced() -> Iterator[None]:
    """Reference counting alone frees, and NumPy's memory is counted."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


def in_use() -> int:
    """The bytes of all arrays."""
    snapshot = tracemalloc.take_snapshot()
    only = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return sum(trace.size for trace in snapshot.filter_traces([only]).traces)


X = torch.ones(30, 20)
W = torch.full((20, 20), 0.1, requires_grad=True)
TWO = torch.full((1,), 2.0)  # no number: NumPy's scalars are no arrays
HELD: list[Any] = []


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.double = x * TWO
        return x.exp()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.exp()


def chain() -> torch.Tensor:
    return torch.tanh(X @ W).exp().cumsum(0)


def part_of_a_whole() -> torch.Tensor:
    return (torch.tanh(X @ W)[0] * TWO).exp()


def used_twice() -> torch.Tensor:
    h = (X @ W).exp()
    return h * h + h.sin()


def held_by_a_list() -> torch.Tensor:
    h = torch.tanh(X @ W)
    HELD.append(h)
    return (h * TWO).exp()


def graph_of_another() -> torch.Tensor:
    h = (X @ W).exp()
    HELD.append(h.cos())
    return h.sin()


def custom() -> torch.Tensor:
    return Scale.apply(Scale.apply(X @ W)).exp()


def indexed() -> torch.Tensor:
    return (X @ W)[torch.arange(25)].exp()


def joined() -> torch.Tensor:
    return torch.cat([(X @ W).exp(), (X @ W).sin()]).prod(0)


def written() -> torch.Tensor:
    h = (X @ W).sin()
    h[3:] = X[:-3] * TWO
    return h.exp()


def packed() -> torch.Tensor:
    with saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        return (X @ W).exp().sin()


def recomputed() -> torch.Tensor:
    return checkpoint(lambda x: (x @ W).exp().sin(), X, use_reentrant=False) * TWO


def a_view() -> torch.Tensor:
    return (X @ W).exp().reshape(20, 30)


def second_order() -> torch.Tensor:
    (g,) = grad((X @ W).exp().sum(), W, create_graph=True)
    return g * g


PROGRAMS = [
    chain,
    part_of_a_whole,
    used_twice,
    held_by_a_list,
    graph_of_another,
    custom,
    indexed,
    joined,
    written,
    packed,
    recomputed,
    a_view,
    second_order,
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.usefixtures("traced")
def test_what_del_frees(program: Callable[[], torch.Tensor]) -> None:
    out = program()
    said = memory(out).given_back
    before = in_use()
    del out
    assert before - in_use() == said > 0
    HELD.clear()


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p is not recomputed])
@pytest.mark.usefixtures("traced")
def test_what_a_backward_frees(program: Callable[[], torch.Tensor]) -> None:
    out = program()
    cotangent = torch.ones_like(out)
    said = memory(out).retained
    before = in_use()
    grad(out, W, cotangent)
    assert before - in_use() == said
    assert said > 0 or program in (a_view, graph_of_another)  # whose values are held besides
    assert memory(out).retained == 0
    assert "test_memory.py" in memory(out).freed
    HELD.clear()


@pytest.mark.usefixtures("traced")
def test_a_report_keeps_nothing_alive() -> None:
    cache = {"h": (X @ W).exp()}
    out = cache["h"].sin()
    before = in_use()
    report = memory(out, wrt=[])
    del cache, out
    assert before - in_use() >= report.given_back == 2400


def test_shared_memory_counts_once() -> None:
    x = torch.ones(100, requires_grad=True)
    report = memory((x * x) * x[:50].sum())
    assert report.bytes == 400 + 400 + 4  # x, its square, the sum
    assert report.lines[0].values > 1


def test_a_small_part_keeps_the_whole() -> None:
    out = torch.tanh(X @ W)[0] * W[0].detach()[:20]
    report = memory(out.exp())
    (row,) = [row for row in report.lines if "W[0]" in row.name and row.name.startswith("test_memory.py")]
    assert "a part of 1.6 KiB" in row.what[0]


def test_who_else_holds_it() -> None:
    x = torch.ones(10, requires_grad=True)
    losses = [(x * float(n)).exp() for n in range(3)]
    total = losses[0] + losses[1] + losses[2]
    found = {holder.name: holder for holder in memory(total).holders}
    assert found["losses[1]"].bytes == 40
    assert found["losses[1]"].nodes == 3
    assert "x" not in found  # its values are kept by none
    assert memory(total).given_back == 40


def test_holders_without_a_variable() -> None:
    class Trainer:
        best: torch.Tensor

    trainer = Trainer()
    trainer.best = (X @ W).exp()
    hidden = [[(X @ W).sin()]]
    total = trainer.best * hidden[0][0]
    assert {holder.name for holder in memory(total).holders} == {"X", "Trainer.best", "a list of 1, at 0"}


def test_lines_and_ops() -> None:
    report = memory(chain())
    assert [row.name for row in report.ops] == ["TanhBackward0", "MmBackward0", "ExpBackward0"]
    assert all("torch.tanh(X @ W).exp()" in row.name or "X @ W" in row.name for row in report.lines)
    assert sum(row.bytes for row in report.lines) == sum(row.bytes for row in report.ops) == report.bytes
    tanh = report.ops[0]
    assert (tanh.bytes, tanh.given_back) == (2 * 2400, 2 * 2400)


def test_a_needless_flag() -> None:
    x = torch.ones(50, 20, requires_grad=True)

    def loss() -> torch.Tensor:
        return ((x * TWO).exp() @ W).sum()

    (flag,) = memory(loss(), wrt=W).flags
    assert flag.name == "x"
    with_flag = memory(loss()).retained
    x.requires_grad_(False)
    assert flag.bytes == with_flag - memory(loss()).retained == 0  # W's gradient needs the exponential, too
    x.requires_grad_()
    (flag,) = memory(((x * TWO).exp() + W.sum()).sum(), wrt=[W]).flags
    assert (flag.bytes, flag.nodes) == (4000, 3)


def test_flags_are_suspected() -> None:
    layer = nn.Linear(20, 4)
    x = torch.ones(5, 20, requires_grad=True)
    assert [(flag.name, flag.why) for flag in memory(layer(x)).flags] == [
        ("x", "it is no parameter, and other leaves are")
    ]
    assert not memory(layer(x.detach())).flags
    y, z = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    torch.autograd.backward((y * z).sum(), inputs=[y])
    assert [flag.why for flag in memory(y * z).flags] == ["other leaves got a gradient, and it did not"]
    assert "no variable" in memory(torch.ones(2, requires_grad=True) * 2).flags[0].why


def test_flags_together() -> None:
    x, y = torch.ones(50, requires_grad=True), torch.ones(50, requires_grad=True)
    flags = memory((x * TWO).exp() * (y * TWO).exp(), wrt=[]).flags
    assert [(flag.name, flag.bytes) for flag in flags] == [("all 2 of them", 400), ("x", 0), ("y", 0)]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(16, 64), nn.Linear(64, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(torch.tanh(self.up(x)))


def test_checkpointing_a_module() -> None:
    model = nn.Sequential(Block(), nn.Tanh(), Block())
    x = torch.ones(100, 16)
    loss = lambda first: model[2](model[1](first(x))).sum()  # noqa: E731
    recompute = partial(checkpoint, model[0], use_reentrant=False, preserve_rng_state=False)
    rows = {row.name: row for row in memory(loss(model[0]), model).modules}
    saved = memory(loss(model[0])).retained - memory(loss(recompute)).retained
    assert rows["0"].bytes == saved == 2 * 100 * 64 * 4  # what tanh keeps
    assert rows["0"].kind == "Block"
    assert rows["2"].bytes == rows["0"].bytes


def test_forms() -> None:
    cache = {"<b>": W * 2}
    report = memory(cache["<b>"].exp(), nn.Linear(2, 2))
    assert json.loads(report.to_json()) == json.loads(json.dumps(report.to_dict()))
    memory(W.exp() * cache["<b>"].exp())
    html = memory(cache["<b>"])._repr_html_()
    assert "cache[&#x27;&lt;b&gt;&#x27;]" in html
    assert "<b>'" not in html
    assert str(report).startswith("the graph of out: ")
    assert repr(report) == str(report)


def test_without_a_graph() -> None:
    with pytest.raises(RuntimeError, match="wants a tensor that has a graph"):
        memory(torch.ones(2))


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(TypeError, match="wants a tensor that has a graph, or a list of them, but got a int"):
        memory(3)
