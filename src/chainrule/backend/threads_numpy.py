"""How many threads a NumPy kernel may use, and the sharing of its work among them.

NumPy's loops let go of the interpreter's lock, so that threads of Python compute side by side. Its products are shared out
by the OpenBLAS that its wheels bring, which can be asked and told how many threads it takes.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .helpers_numpy import HELPERS, Task, ask

Piece = TypeVar("Piece")

CACHED = 1 << 17
"""Bytes of an array that one thread works on at once, so that what is made in between stays in the cache."""
SHARED = 4 * CACHED
"""The same where several threads work: each operation must be long beside the hand-over of the interpreter's lock."""


CAN_START = sys.platform not in ("emscripten", "wasi")
"""Whether a program may have more threads than one: in a browser it may not."""
LATELY = 32
"""Products in a row, of which a step of training has fewer, after which the helpers count as idle."""


class Blas(NamedTuple):
    """The two functions of OpenBLAS that are about its threads, and a kernel: see ``fused_numpy``."""

    threads: Callable[[], int]
    set_threads: Callable[[int], None]
    saxpy: Callable[[int, float, Any, int, Any, int], None]


@cache
def blas() -> Blas | None:
    """The BLAS that NumPy computes with, if it is the OpenBLAS of its own wheels."""
    home = Path(np.__file__).parent
    for path in sorted([*home.with_name("numpy.libs").glob("*openblas*"), *home.glob(".dylibs/*openblas*")]):
        library = ctypes.CDLL(str(path))
        for before, after in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            if hasattr(library, f"{before}openblas_set_num_threads{after}"):
                saxpy = getattr(library, f"{before}cblas_saxpy{after}")
                size = ctypes.c_int64 if after else ctypes.c_int
                place = ctypes.POINTER(ctypes.c_float)
                saxpy.argtypes = [size, ctypes.c_float, place, size, place, size]
                saxpy.restype = None
                return Blas(
                    getattr(library, f"{before}openblas_get_num_threads{after}"),
                    getattr(library, f"{before}openblas_set_num_threads{after}"),
                    saxpy,
                )
    return None


class _Told:
    """What :func:`set_threads` was told last."""

    number: int | None = None


class _Sharing:
    """How many calls share out work at present, while OpenBLAS takes one thread for each product, and what it took before."""

    lock = Lock()
    calls = 0
    before = 1
    asked = 0
    """How many products have asked for helpers since these last had other work."""

    @classmethod
    def forget(cls) -> None:
        """In a child process, where none of the threads lives that shared out work."""
        cls.lock = Lock()
        if cls.calls and (library := blas()):
            library.set_threads(cls.before)
        cls.calls = 0


def threads() -> int:
    """What :func:`set_threads` was told; else as many as OpenBLAS uses, of another BLAS as many as there are processors."""
    if _Told.number:
        return _Told.number
    if library := blas():
        with _Sharing.lock:
            return _Sharing.before if _Sharing.calls else library.threads()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(number: int) -> None:
    """Use so many from now on. Another BLAS than OpenBLAS cannot be told."""
    _Told.number = number
    if library := blas():
        with _Sharing.lock:
            _Sharing.before = number
            if not _Sharing.calls:
                library.set_threads(number)


class _OneThread:
    """Where products take one thread each: those that would share one out have work of their own."""

    def __enter__(self) -> None:
        if library := blas():
            with _Sharing.lock:
                if not _Sharing.calls:
                    _Sharing.before = library.threads()
                    library.set_threads(1)
                _Sharing.calls += 1

    def __exit__(self, *error: object) -> None:
        if library := blas():
            with _Sharing.lock:
                _Sharing.calls -= 1
                if not _Sharing.calls:
                    library.set_threads(_Sharing.before)


one_blas_thread = _OneThread()


def workers() -> int:
    """How many threads may share the work on one array."""
    return threads() if CAN_START else 1


def has_helpers() -> bool:
    """Whether work has been shared out lately: since then this was asked ``LATELY`` times at most.

    Counted, not timed, so that a program computes the same each time it runs.
    """
    _Sharing.asked += 1
    return _Sharing.asked <= LATELY and bool(HELPERS)


if hasattr(os, "register_at_fork"):  # threads do not live on in a child process
    os.register_at_fork(after_in_child=_Sharing.forget)


def in_parallel(work: Callable[[Piece], object], pieces: Iterable[Piece], is_product: bool = False) -> None:
    """``work`` on each piece, by the calling thread and others; the pieces must not depend on each other.

    It pays where a piece is a few operations on 100,000 numbers or more. A thread takes the next piece when it is done with
    its last, so pieces need not be equal. The first error stops the rest, and is raised when no thread works any longer.
    """

    def steps(piece: Piece) -> Iterator[None]:
        yield
        work(piece)

    share_out(steps, pieces, is_product)


def share_out(steps: Callable[[Piece], Iterator[None]], pieces: Iterable[Piece], is_product: bool = False) -> None:
    """The same for work in steps: ``steps(piece)`` is run to its end.

    Until it yields first it only makes ready what the rest needs, and the calling thread does that, for as many pieces as
    there are threads, before it wakes up the others: threads that run Python wait for each other, and NumPy computes 100,000
    numbers in the time that it takes one to wake up again.
    """
    left = deque(map(steps, pieces))

    def take() -> None:
        try:
            while True:
                try:
                    piece = left.popleft()
                except IndexError:
                    return
                for _ in piece:
                    pass
        finally:
            left.clear()

    number = min(workers(), len(left))
    if number < 2:
        take()
        return
    for piece in list(left)[:number]:
        next(piece, None)
    if not is_product:
        _Sharing.asked = 0
    with one_blas_thread:
        asked: list[Task] = []
        try:
            asked.extend(ask(take, number - 1))
            take()
        finally:
            errors = [task.end() for task in asked]
    for error in filter(None, errors):
        raise error


def cuts(length: int, number: int) -> list[slice]:
    """So many slices of about equal lengths, or as many as there are elements."""
    bounds = [length * part // number for part in range(number + 1)]
    return [slice(first, last) for first, last in pairwise(bounds) if first < last]


def by_pieces(work: Callable[[slice], object], length: int, itemsize: int, least: int = 8 * SHARED) -> None:
    """``work`` on each piece of an axis of ``length`` items of so many bytes, in parallel if there are ``least`` bytes.

    So many are needed where work is a few simple operations.
    """
    is_shared = length * itemsize >= least and workers() > 1
    step = max((SHARED if is_shared else CACHED) // itemsize, 1)
    count = -(-length // step)  # all alike, none of them a small rest
    pieces = [slice(length * at // count, length * (at + 1) // count) for at in range(count)]
    if is_shared:
        in_parallel(work, pieces)
    else:
        for piece in pieces:
            work(piece)


def by_items(function: Callable[..., Any], *arrays: Any, axes: int) -> Any:
    """``function(*arrays)``, an array or a tuple of them, computed of some items at a time, in parallel if there are many.

    Items lie along the first ``axes``, which are the same for all arrays, and each has results of its own. One that is
    None stays that.
    """
    lead = arrays[0].shape[:axes]
    count = math.prod(lead)
    is_large = count > 1 and max(one.nbytes for one in arrays) >= 2 * SHARED
    given: list[Any] = [as_items(one, lead, count) for one in arrays] if is_large else [None]
    if any(one is None for one in given):
        return function(*arrays)
    few = function(*[one[:2] for one in given])
    are_several = isinstance(few, tuple)
    found = [
        None if one is None else np.empty((count, *one.shape[1:]), one.dtype)
        for one in (few if are_several else (few,))
    ]

    def piece(some: slice) -> None:
        parts = function(*[one[some] for one in given])
        for whole, part in zip(found, parts if are_several else (parts,), strict=True):
            if whole is not None:
                whole[some] = part

    by_pieces(piece, count, max(one[0].nbytes for one in given), 2 * SHARED)
    results = [None if one is None else one.reshape(lead + one.shape[1:]) for one in found]
    return tuple(results) if are_several else results[0]


def as_items(x: Any, lead: tuple[int, ...], count: int) -> Any:
    """A view of ``x`` with one axis for the axes that ``lead`` has; None where there is none."""
    if x.shape[: len(lead)] != lead:
        return None
    shape = (count, *x.shape[len(lead) :])
    if len(lead) == 1 or x.flags.c_contiguous:
        return x.reshape(shape)
    return None if any(x.strides) else np.broadcast_to(x[(0,) * x.ndim], shape)
