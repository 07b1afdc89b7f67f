"""torch.multiprocessing: processes that report what they raised."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import pytest

import chainrule as torch
import chainrule.multiprocessing as mp


def doubled(number: int, queue: Any, x: torch.Tensor) -> None:
    queue.put((number, x * 2 + number))


def failing(number: int) -> None:
    if number:
        raise ValueError(f"not {number}")
    time.sleep(60)


def failing_at_length(number: int) -> None:
    raise ValueError("x" * 300_000)


def killed(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exiting(number: int) -> None:
    sys.exit(3)


def test_processes_compute_with_copies_of_tensors() -> None:
    queue = mp.get_context("spawn").Queue()
    mp.spawn(doubled, (queue, torch.ones(2)), nprocs=2)
    found = dict(queue.get(timeout=10) for _ in range(2))
    assert {number: x.tolist() for number, x in found.items()} == {0: [2.0, 2.0], 1: [3.0, 3.0]}


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and signalled")
def test_a_failure_ends_all_and_is_told() -> None:
    with pytest.raises(
        mp.ProcessRaisedException, match=r"-- Process 1 terminated with the following error:\n(.|\n)*ValueError: not 1"
    ) as raised:
        mp.start_processes(failing, nprocs=2, start_method="fork")
    assert raised.value.error_index == 1
    for function, code, words in ((killed, -9, "signal SIGKILL"), (exiting, 3, "exit code 3")):
        with pytest.raises(mp.ProcessExitedException, match=words) as exited:
            mp.start_processes(function, start_method="fork")
        assert exited.value.exit_code == code


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
def test_a_message_longer_than_a_pipe_is_read_while_the_process_waits() -> None:
    context = mp.start_processes(failing_at_length, join=False, daemon=True, start_method="fork")
    assert context is not None
    with pytest.raises(mp.ProcessRaisedException, match="x" * 300_000):
        assert context.join(timeout=60), "the process has ended"


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
def test_waiting_for_a_while() -> None:
    context = mp.start_processes(failing, join=False, daemon=True, start_method="fork")
    assert context is not None
    assert not context.join(timeout=0.01)
    assert len(context.pids()) == 1
    context.processes[0].kill()
    with pytest.raises(mp.ProcessExitedException):
        context.join()


def test_what_is_only_accepted() -> None:
    mp.set_sharing_strategy("file_system")
    assert mp.get_sharing_strategy() == "file_system"
    mp.set_sharing_strategy("file_descriptor")
    with pytest.raises(ValueError, match="file_system"):
        mp.set_sharing_strategy("memory")
