"""Threads: how many an operation may use, and work that is shared out among them.

NumPy lets go of the interpreter's lock while it copies and multiplies, so that threads of one process do run at the same
time. What they compute with BLAS they compute with one thread each: the BLAS that NumPy's wheels bring can be told so.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np


class Blas(NamedTuple):
    """The two functions of OpenBLAS that are about its threads."""

    threads: Callable[[], int]
    set_threads: Callable[[int], None]


@cache
def blas() -> Blas | None:
    """The BLAS that NumPy computes with, if it is the OpenBLAS of its own wheels."""
    home = Path(np.__file__).parent
    for path in sorted([*home.with_name("numpy.libs").glob("*openblas*"), *home.glob(".dylibs/*openblas*")]):
        library = ctypes.CDLL(str(path))
        for before, after in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            if hasattr(library, f"{before}openblas_set_num_threads{after}"):
                return Blas(
                    getattr(library, f"{before}openblas_get_num_threads{after}"),
                    getattr(library, f"{before}openblas_set_num_threads{after}"),
                )
    return None


class State:
    """What is known of threads in this process."""

    wanted: int | None = None
    """What ``set_threads`` was told."""
    pool: ThreadPoolExecutor | None = None
    """Those that help the calling thread, started when they are first needed."""
    sharing = Lock()
    """Held while work is shared out: what comes in the meantime, from another thread or from the work itself, is not."""

    @classmethod
    def forget(cls) -> None:
        """After a fork, when the threads have stayed with the parent."""
        cls.pool, cls.sharing = None, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=State.forget)


@cache
def found() -> int:
    """How many threads BLAS takes by itself: the processors of this process, unless an environment variable says otherwise."""
    if sys.platform == "emscripten":
        return 1  # a browser starts no threads
    if library := blas():
        return library.threads()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """How many threads an operation may use."""
    return State.wanted or found()


def set_threads(number: int) -> None:
    with State.sharing:
        State.wanted, State.pool = number, None
        if one := blas():
            one.set_threads(number)


@contextmanager
def single_threaded(library: Blas) -> Iterator[None]:
    before = library.threads()
    library.set_threads(1)
    try:
        yield
    finally:
        library.set_threads(before)


def shared_out(work: Callable[[slice], Any], count: int, is_worth_it: bool) -> list[Any]:
    """What ``work`` gives on slices of ``range(count)``: one of all, or if it is worth it, one for each thread."""
    number, library = min(threads(), count), blas()
    if number < 2 or not is_worth_it or library is None or not State.sharing.acquire(blocking=False):
        return [work(slice(0, count))]
    try:
        if State.pool is None:
            State.pool = ThreadPoolExecutor(threads() - 1, "chainrule")
        bounds = [count * part // number for part in range(number + 1)]
        parts = [slice(first, last) for first, last in pairwise(bounds)]
        with single_threaded(library):
            others = [State.pool.submit(work, part) for part in parts[1:]]
            try:
                first = work(parts[0])
            finally:
                results = [other.result() for other in others]
        return [first, *results]
    finally:
        State.sharing.release()
