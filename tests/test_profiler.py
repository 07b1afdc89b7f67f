"""Profilers see the calls of ops, the rules of the reverse pass, regions and steps."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import profiler as ad_profiler
from chainrule.core.modes import get_modes
from chainrule.profiler import ProfilerActivity, profile, record_function, schedule, tensorboard_trace_handler


def work(x: torch.Tensor) -> torch.Tensor:
    with record_function("product"):
        return (x @ x).relu().sum()


def leaf() -> torch.Tensor:
    return torch.linspace(-1, 1, 9).reshape(3, 3).requires_grad_()


def test_calls_and_their_nesting() -> None:
    x, y = leaf(), leaf()
    optimizer = torch.optim.Adam([y])
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
        work(y).backward()
        optimizer.step()
    names = [event.name for event in profiler.events()]
    assert names == [
        "aten::mm", "aten::relu", "aten::sum", "product", "SumBackward0", "ReluBackward0", "MmBackward0",
        "Optimizer.step#Adam.step",
    ]  # fmt: skip
    product = profiler.events()[3]
    assert [child.name for child in product.cpu_children] == names[:3]
    assert profiler.events()[0].cpu_parent is product
    assert product.cpu_time_total >= sum(child.cpu_time_total for child in product.cpu_children) > 0
    assert profiler.events()[0].input_shapes == [[3, 3], [3, 3]]
    work(x).backward()
    assert get_modes() is None
    assert torch.equal(x.grad, y.grad)
    assert len(profiler.events()) == len(names)


def test_the_table() -> None:
    x = leaf()
    with profile(record_shapes=True) as profiler:
        for _ in range(3):
            work(x)
    averages = profiler.key_averages()
    assert {entry.key: entry.count for entry in averages}["aten::mm"] == 3
    line, titles, _, first, *rows, last, total, end = averages.table(sort_by="count", row_limit=2).split("\n")
    assert titles.split("  ")[-2] == "# of Calls"
    assert len({len(one) for one in (line, titles, first, *rows, last)}) == 1
    assert [first.split()[-1], len(rows), end] == ["3", 1, ""]
    assert total.startswith("Self CPU time total: ")
    assert "[[3, 3], [3, 3]]" in profiler.key_averages(group_by_input_shape=True).table()
    assert "aten::sum" in str(averages)
    assert averages.total_average().count == 12


def test_a_schedule() -> None:
    ready: list[Any] = []
    plan = schedule(wait=1, warmup=1, active=2, repeat=2)
    with profile(schedule=plan, on_trace_ready=lambda p: ready.append((p.step_num, len(p.events())))) as profiler:
        for _ in range(9):
            _ = torch.ones(2) * 2
            profiler.step()
    assert ready == [(4, 4), (8, 4)]  # as PyTorch's: after the last step of each cycle
    assert [(e.key, e.count) for e in profiler.key_averages()] == [("aten::mul", 2), ("ProfilerStep*", 2)]
    assert [plan(n).name for n in range(9)] == [*["NONE", "WARMUP", "RECORD", "RECORD_AND_SAVE"] * 2, "NONE"]
    with pytest.raises(AssertionError):
        schedule(wait=1, warmup=1, active=0)


@pytest.mark.parametrize("use_gzip", [False, True])
def test_traces_in_files(tmp_path: Path, use_gzip: bool) -> None:
    x = leaf()
    with profile(on_trace_ready=tensorboard_trace_handler(str(tmp_path / "log"), "me", use_gzip)):
        work(x)
    (file,) = (tmp_path / "log").iterdir()
    assert file.name.startswith("me.")
    data = gzip.decompress(file.read_bytes()) if use_gzip else file.read_bytes()
    events = json.loads(data)["traceEvents"]
    assert [event["name"] for event in events] == ["aten::mm", "aten::relu", "aten::sum", "product"]
    assert all(event["ph"] == "X" and event["dur"] > 0 for event in events)


def test_the_profiler_of_autograd() -> None:
    profiler, x = ad_profiler.profile(), leaf()
    with pytest.raises(RuntimeError, match="finish"):
        profiler.key_averages()
    with profiler, ad_profiler.profile(enabled=False):

        class Double(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x * 2

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * 2

        record_function("named")(lambda: Double.apply(x).sum().backward())()
    assert profiler.function_events is not None
    names = [event.name for event in profiler.function_events]
    assert names == ["Double", "aten::sum", "SumBackward0", "aten::mul", "DoubleBackward", "named"]
    assert profiler.self_cpu_time_total > 0
    assert str(profiler) == profiler.table()


def test_an_error_inside_leaves_nothing_behind() -> None:
    with pytest.raises(RuntimeError), profile() as profiler, record_function("wrong"):
        torch.ones(2) @ torch.ones(3)
    assert get_modes() is None
    assert [event.name for event in profiler.events()] == ["aten::dot", "wrong"]
    with record_function("unseen"):
        torch.ones(1)
