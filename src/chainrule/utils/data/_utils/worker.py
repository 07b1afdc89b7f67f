"""The processes that fetch batches.

Each worker has a pipe of its own: tasks come in, results go out, one at a time and whole, so that a worker that dies takes
no lock with it. A thread of the worker takes tasks from the pipe, so that neither side ever waits for the other to read.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import random
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing import connection, parent_process
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple

import numpy as np

from ....backend.threads_numpy import set_threads
from ....random import manual_seed
from .fetch import fetcher

__all__ = ["Failure", "WorkerInfo", "get_worker_info"]

STOP, RESUME, FETCH = range(3)
"""What the loader asks for."""
RESULT, FAILED, EXHAUSTED, RESUMED = range(4)
"""What a worker answers."""


class WorkerInfo:
    """What a worker knows of itself: ``id``, ``num_workers``, ``seed`` and ``dataset``, its copy."""

    id: int
    num_workers: int
    seed: int
    dataset: Any

    def __init__(self, **known: Any) -> None:
        self.__dict__.update(known)

    def __setattr__(self, name: str, value: Any) -> None:
        raise RuntimeError(f"Cannot assign attributes to {type(self).__name__} objects")

    def __repr__(self) -> str:
        return f"WorkerInfo({', '.join(f'{name}={value}' for name, value in vars(self).items())})"


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a :class:`DataLoader`: its id, how many there are, its seed and its copy of the dataset. Else None.

    >>> import chainrule as torch
    >>> torch.utils.data.get_worker_info() is None
    True
    """
    return _info


class Failure:
    """An exception in a worker, to be raised again in the main process with its traceback."""

    def __init__(self, error: BaseException, where: str) -> None:
        self.kind: type[BaseException] = type(error)
        try:
            pickle.dumps(self.kind)
        except Exception:  # noqa: BLE001 - a class that the main process could not find
            self.kind = RuntimeError
        self.text = "".join(traceback.format_exception(error))
        self.where = where

    def reraise(self) -> None:
        """Raise it, as the same class if that takes a message."""
        message = f"Caught {self.kind.__name__} {self.where}.\nOriginal {self.text}"
        if issubclass(self.kind, KeyError):
            raise self.kind(Shown(message))  # a KeyError shows the repr of its message
        try:
            error = self.kind(message)
        except Exception:  # noqa: BLE001 - a class with other arguments
            error = RuntimeError(message)
        raise error


class Shown(str):
    """A text whose repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Plan(NamedTuple):
    """What a worker needs to know."""

    dataset: Any
    is_iterable: bool
    in_batches: bool
    collate: Callable[[Any], Any]
    drop_last: bool
    base_seed: int
    init: Callable[[int], Any] | None
    workers: int


def seed_of_numpy(base_seed: int, worker: int) -> Any:
    """The seed for NumPy's global generator: four words that depend on both."""
    return np.random.SeedSequence([worker, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]).generate_state(4)


_generate_state = seed_of_numpy


def work(plan: Plan, worker: int, pipe: Any, others: list[Any]) -> None:
    """The life of a worker: seed, then fetch what it is asked for until it is told to stop, or the main process is gone."""
    global _info
    for other in others:  # a fork has the loader's ends of all pipes: whoever holds one keeps it from closing
        other.close()
    with contextlib.suppress(ValueError):  # (not the main thread)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which then stops the workers
    set_threads(1)  # the workers share the processors out among themselves
    seed = plan.base_seed + worker
    random.seed(seed)
    manual_seed(seed)
    np.random.seed(seed_of_numpy(plan.base_seed, worker))  # noqa: NPY002 - the global generator is what datasets use
    _info = WorkerInfo(id=worker, num_workers=plan.workers, seed=seed, dataset=plan.dataset)
    outbox = Outbox(pipe)
    tasks: queue.SimpleQueue[tuple[int, int, Any]] = queue.SimpleQueue()
    threading.Thread(target=receive, args=(pipe, tasks, outbox), daemon=True).start()
    where = f"in DataLoader worker process {worker}"
    failure = None
    if plan.init is not None:
        try:
            plan.init(worker)
        except Exception as error:  # noqa: BLE001 - raised again in the main process
            failure = Failure(error, where)
    fetch = None
    while True:
        what, number, indices = tasks.get()
        if what == STOP:
            return
        if what == RESUME:
            fetch, failure = None, None
            outbox.send((RESUMED, number, None))
            continue
        try:
            if failure is not None:
                answer: tuple[int, int, Any] = (FAILED, number, failure)
                failure = None
            else:
                if fetch is None:
                    fetch = fetcher(plan.dataset, plan.is_iterable, plan.in_batches, plan.collate, plan.drop_last)
                answer = (RESULT, number, fetch(indices))
            outbox.send(answer)
        except StopIteration as error:
            exhausted = (EXHAUSTED, number, None)
            outbox.send(exhausted if plan.is_iterable else (FAILED, number, Failure(error, where)))
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # noqa: BLE001 - raised again in the main process
            outbox.send((FAILED, number, Failure(error, where)))


class Outbox:
    """Sends results; knows whether it is at it."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self.is_sending = False
        self.is_closed = False

    def send(self, answer: tuple[int, int, Any]) -> None:
        data = ForkingPickler.dumps(answer)
        self.is_sending = True
        if not self.is_closed:
            self.pipe.send_bytes(data)
        self.is_sending = False


def receive(pipe: Any, tasks: Any, outbox: Outbox) -> None:
    """Take tasks from the pipe. At the end nobody reads results any more: whoever waits to send one stops."""
    parent: Any = parent_process()
    task: tuple[int, int, Any] = (STOP, 0, None)
    while True:
        try:
            ready = connection.wait([pipe, parent.sentinel])
            task = pipe.recv() if pipe in ready else (STOP, 0, None)
        except (EOFError, OSError):
            task = (STOP, 0, None)
        if task[0] == STOP:
            outbox.is_closed = True
            if outbox.is_sending:
                os._exit(0)
            tasks.put(task)
            return
        tasks.put(task)
