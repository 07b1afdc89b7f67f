"""Threads that help one that computes. They are kept, each waiting for a task of its own.

An executor hands work over through a queue that all its threads wait at, and an object that tells the result. That takes
0.1 ms of Python, in which NumPy computes 100,000 numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Lock, Thread

HELPERS: list[Helper] = []
"""All that were started: as many as there are processors at most."""
IDLE: list[Helper] = []


class Task:
    """Work that a helper begins, unless it was taken back before."""

    def __init__(self, work: Callable[[], None], helper: Helper) -> None:
        self.work: Callable[[], None] | None = work
        self.helper = helper
        self.context = copy_context()  # what NumPy is told of errors
        self.error: BaseException | None = None
        self.claim, self.running = Lock(), Lock()
        self.running.acquire()

    def begin(self) -> None:
        """Do the work, in the thread of the helper."""
        if self.claim.acquire(blocking=False):
            try:
                self.context.run(self.taken())
            except BaseException as error:  # noqa: BLE001 - the caller raises it
                self.error = error
            IDLE.append(self.helper)
            self.running.release()

    def end(self) -> BaseException | None:
        """Take the work back if it has not begun, or else wait for it; the error that it ended with."""
        if self.claim.acquire(blocking=False):
            self.taken()
            IDLE.append(self.helper)  # though it has not woken up: this task is nothing to it then
        else:
            self.running.acquire()
        return self.error

    def taken(self) -> Callable[[], None]:
        """The work, to which nothing refers here any longer: what it refers to should live no longer than it takes."""
        work, self.work = self.work, None
        assert work is not None
        return work


class Helper:
    def __init__(self) -> None:
        self.tasks: SimpleQueue[Task] = SimpleQueue()
        Thread(target=self.serve, name="chainrule", daemon=True).start()
        HELPERS.append(self)

    def serve(self) -> None:
        while True:
            self.tasks.get().begin()


def idle() -> Helper | None:
    """One that has no task: there may be none, as when the program ends, or the system has no more threads."""
    with suppress(IndexError):
        return IDLE.pop()
    if len(HELPERS) < (os.cpu_count() or 1):
        with suppress(RuntimeError):
            return Helper()
    return None


def ask(work: Callable[[], None], number: int) -> Iterator[Task]:
    """So many helpers, or fewer, to do ``work``."""
    for _ in range(number):
        helper = idle()
        if helper is None:
            return
        task = Task(work, helper)
        helper.tasks.put(task)
        yield task


def forget() -> None:
    """In a child process, where none of the threads lives."""
    HELPERS.clear()
    IDLE.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
