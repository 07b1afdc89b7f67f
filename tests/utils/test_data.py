"""utils.data behaves as PyTorch's does (golden/data.json, by tools/record_data.py), and its workers never outlive their use."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nn.programs import agree, outcome

import chainrule
from chainrule import torch_alias
from chainrule.utils.data import (
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    dataloader,
    default_collate,
    get_worker_info,
)
from chainrule.utils.data.dataset import rows_at
from utils.data_prelude import PRELUDE

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "data.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "entry", [entry for group in GOLDEN.values() for entry in group], ids=lambda entry: entry["program"][:100]
)
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, PRELUDE + entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"


class Numbers(Dataset[Any]):
    def __init__(self, count: int = 8) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        return index


class Large(Numbers):
    """Samples, and lists of indices, that no pipe holds at once."""

    def __getitem__(self, index: int) -> Any:
        return chainrule.full((300, 300), float(index))

    def __getitems__(self, indices: list[int]) -> list[Any]:
        return [self[indices[0]]]


class Fatal(Numbers):
    def __getitem__(self, index: int) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


class Slow(Numbers):
    def __getitem__(self, index: int) -> Any:
        time.sleep(60)


class OddError(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__(first, second)


class Odd(Numbers):
    """Raises exceptions that the main process cannot make again, and gives what cannot be sent."""

    def __getitem__(self, index: int) -> Any:
        class HiddenError(Exception):
            pass

        if index == 0:
            raise HiddenError("of a class that only the worker knows")
        if index == 1:
            raise OddError(1, 2)
        return lambda: index


class Seeded(Numbers):
    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        assert info is not None
        draws = [float(chainrule.rand(())), float(np.random.rand())]  # noqa: NPY002
        return [info.seed - info.id, *draws, chainrule.get_num_threads()]


def no_children() -> bool:
    gc.collect()
    end = time.monotonic() + 10
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.01)
    return not multiprocessing.active_children()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_both_ways_to_start_workers(method: str) -> None:
    draws = []
    for context in ("fork", method):
        loader = DataLoader(
            Seeded(4), num_workers=2, multiprocessing_context=context, generator=chainrule.Generator().manual_seed(3)
        )
        draws.append([[part.item() for part in sample] for sample in loader])
    assert draws[0] == draws[1]
    assert {sample[-1] for sample in draws[0]} == {1}
    assert no_children()


def test_workers_stop_at_the_end_of_the_epoch_and_when_it_is_left() -> None:
    loader = DataLoader(Numbers(), num_workers=2)
    for _ in loader:
        break
    gc.collect()
    assert no_children()
    iterator = iter(loader)
    assert len(list(iterator)) == 8
    assert not multiprocessing.active_children()
    with pytest.raises(StopIteration):
        next(iterator)


def test_persistent_workers_stay_and_stop_with_their_loader() -> None:
    assert no_children()  # of loaders that other tests have left
    loader = DataLoader(Numbers(), num_workers=2, persistent_workers=True)
    list(loader)
    first = {process.pid for process in multiprocessing.active_children()}
    next(iter(loader))  # an epoch that is left
    assert [int(batch) for batch in loader] == list(range(8))
    assert {process.pid for process in multiprocessing.active_children()} == first
    assert len(first) == 2
    del loader
    gc.collect()
    assert no_children()


def test_batches_that_no_pipe_holds() -> None:
    sampler = [[number] * 100_000 for number in range(8)]
    loader = DataLoader(Large(), batch_sampler=sampler, num_workers=2, prefetch_factor=4)
    assert [float(batch[0, 0, 0]) for batch in loader] == list(range(8))
    iterator = iter(loader)
    next(iterator)  # workers that wait for somebody to take their results do not wait for ever
    start = time.monotonic()
    del iterator
    gc.collect()
    assert no_children()
    assert time.monotonic() - start < 4


class Doubled(TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return tuple(2 * one for one in super().__getitem__(index))


def test_rows_of_tensors_are_read_at_once_where_that_is_the_same() -> None:
    x, y = chainrule.arange(10.0).reshape(5, 2), chainrule.arange(5)
    whole = TensorDataset(x, y)
    followed = TensorDataset(x.clone().requires_grad_(), y)
    parts = [
        whole,
        Subset(whole, [4, -1, 0]),
        Subset(Subset(whole, [3, 1, 2]), np.array([2, 0])),
        Doubled(x, y),
        followed,
    ]
    for dataset in parts:
        for indices in (list(range(len(dataset))), [np.int64(1), 0]):
            got = DataLoader(dataset, batch_sampler=[indices])
            for one, other in zip(next(iter(got)), default_collate([dataset[i] for i in indices]), strict=True):
                assert chainrule.equal(one, other)
                assert one.dtype is other.dtype
                assert one.requires_grad == other.requires_grad
    assert rows_at(whole, [0, 1]) is not None
    assert not any(rows_at(dataset, [0]) for dataset in (Doubled(x, y), followed, Numbers()))
    with pytest.raises(IndexError):
        next(iter(DataLoader(whole, batch_sampler=[[5]])))
    batch, _ = next(iter(DataLoader(whole, batch_size=2)))
    batch.zero_()
    assert x[0, 1] == 1


def test_a_worker_that_is_killed() -> None:
    with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) \d+ .* exited unexpectedly"):
        list(DataLoader(Fatal(), num_workers=2))
    assert no_children()


def test_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataloader, "PATIENCE", 0.05)  # this worker would take a minute to finish
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.2 seconds"):
        next(iter(DataLoader(Slow(), num_workers=1, timeout=0.2)))
    assert no_children()


def test_exceptions_and_results_that_cannot_be_sent() -> None:
    iterator = iter(DataLoader(Odd(), num_workers=1))
    with pytest.raises(RuntimeError, match=r"Caught RuntimeError in .*worker process 0[\s\S]*only the worker knows"):
        next(iterator)
    with pytest.raises(RuntimeError, match=r"Caught OddError[\s\S]*OddError: \(1, 2\)"):
        next(iterator)
    with pytest.raises(TypeError, match="default_collate"):
        next(iterator)
    with pytest.raises((AttributeError, RuntimeError), match="pickle"):
        next(iter(DataLoader(Odd(), num_workers=1, sampler=[2], collate_fn=list)))


def test_out_of_order() -> None:
    loader = DataLoader(Numbers(), num_workers=2, in_order=False)
    assert sorted(int(batch) for batch in loader) == list(range(8))


PROGRAM = """
import sys, time
import chainrule
from chainrule.utils.data import DataLoader
if __name__ == "__main__":
    loader = DataLoader(range(100), num_workers=2, persistent_workers=True)
    iterator = iter(loader)
    next(iterator)
    print(*[worker.pid for worker in iterator._workers], flush=True)
    if sys.argv[1] == "wait":
        time.sleep(60)
    elif sys.argv[1] == "raise":
        raise SystemExit(3)
"""


@pytest.mark.parametrize("way", ["leave", "raise", "wait"])
def test_workers_end_with_the_program(way: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py"), way], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 2
    if way == "wait":
        process.kill()
    _, errors = process.communicate(timeout=30)
    assert errors == ""
    assert process.returncode == {"leave": 0, "raise": 3, "wait": -signal.SIGKILL}[way]
    end = time.monotonic() + 10
    while any(is_running(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
