"""Windows laid out in memory for BLAS: what room there is, how much is laid out at once, and in which order of axes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .windows import Ints, reach

Array = Any

CHUNK = 1 << 20
"""So many bytes of windows are laid out at once: they should still be in the cache when BLAS reads them."""
KEEP = 4 * CHUNK
KEPT: list[Array] = []
"""Rooms of so many bytes that are not in use."""


class Workspace:
    """Flat arrays to compute in. The memory is kept for the next call: to touch fresh pages costs as much as the copies."""

    def __init__(self, dtype: Any, *sizes: int) -> None:
        *starts, nbytes = boundaries(dtype.itemsize, sizes)
        try:
            self.memory = KEPT.pop() if nbytes <= KEEP else np.empty(nbytes, np.uint8)
        except IndexError:
            self.memory = np.empty(KEEP, np.uint8)
        self.arrays = [np.ndarray(size, dtype, self.memory, at) for at, size in zip(starts, sizes, strict=True)]

    def __enter__(self) -> list[Array]:
        return self.arrays

    def __exit__(self, *error: object) -> None:
        if self.memory.nbytes == KEEP:
            KEPT.append(self.memory)


@lru_cache
def boundaries(itemsize: int, sizes: Ints) -> Ints:
    """Where arrays of so many elements begin, in bytes, each in a cache line of its own, and where the last one ends."""
    return (0, *accumulate([-(-size * itemsize // 64) * 64 for size in sizes]))


def strided(x: Array, shape: Ints, strides: Ints) -> Array:
    """``as_strided``, which takes as long as a short kernel: of memory in one piece, NumPy makes the view itself, and checks it."""
    if x.flags.c_contiguous and x.size:
        return np.ndarray(shape, x.dtype, x, 0, strides)
    return as_strided(x, shape, strides)


@lru_cache
def item(nbytes: int) -> Any:
    return np.dtype((np.void, nbytes))


def copy_rows(into: Array, given: Array) -> None:
    """``into[...] = given``, of one dtype: a row that lies together in both is one item, which NumPy copies twice as fast."""
    if into.shape == given.shape and into.size and into.strides[-1] == given.strides[-1] == into.itemsize:
        row = item(into.shape[-1] * into.itemsize)
        into, given = into.view(row), given.view(row)
    into[...] = given


def laid(room: Array, view: Array) -> Array:
    """A copy of ``view`` in C order, in ``room``."""
    copy = np.ndarray(view.shape, room.dtype, room)
    copy_rows(copy, view)
    return copy


def slabs_of(part: slice, nbytes: int) -> list[slice]:
    """A slice of the first axis of the places in parts that are laid out at once, of so many bytes a place."""
    step = max(1, 2 * CHUNK // max(nbytes, 1))
    return [slice(first, min(first + step, part.stop)) for first in range(part.start, part.stop, step)]


def at_once(images: int, nbytes: int) -> int:
    """How many images to take at once, that have so many bytes of windows."""
    return max(1, min(images, CHUNK // max(nbytes, 1)))


def to_end(x: Array) -> Array:
    """``x`` seen with its first axis as the last one."""
    return x.transpose(*range(1, x.ndim), 0)


def to_front(x: Array) -> Array:
    """``x`` seen with its last axis as the first one."""
    return x.transpose(-1, *range(x.ndim - 1))


def windows(
    x: Array, room: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, lengths: Ints, count: int,
    images_last: bool = False,
) -> Iterator[tuple[int, Array]]:  # fmt: skip
    """Views (n, C, *kernel, *lengths) of the windows of ``count`` images at a time; the memory may be that of the last one.

    ``room``: flat memory, as much as ``to_lay`` says. ``images_last``: in memory, the images are the last axis.
    """
    starts = range(0, len(x), count)
    if not room.size:
        views = spread(x, kernel, stride, dilation, lengths)
        return ((at, views[at : at + count]) for at in starts)
    spans = reach(lengths, kernel, stride, dilation)
    room[...] = 0
    if images_last:
        room = to_front(room.reshape(x.shape[1], *spans, count))
    else:
        room = room.reshape(count, x.shape[1], *spans)
    into: list[Any] = [...]
    taken: list[Any] = [...]
    for length, span, p in zip(x.shape[2:], spans, padding, strict=True):
        start, first = max(p, 0), max(-p, 0)
        used = max(0, min(length - first, span - start))
        into.append(slice(start, start + used))
        taken.append(slice(first, first + used))
    filled, views, x = room[tuple(into)], spread(room, kernel, stride, dilation, lengths), x[tuple(taken)]

    def in_turn() -> Iterator[tuple[int, Array]]:
        for at in starts:
            part = x[at : at + count]
            copy_rows(filled[: len(part)], part)
            yield at, views[: len(part)]

    return in_turn()


def to_lay(
    x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, lengths: Ints, count: int, images_last: bool
) -> int:  # fmt: skip
    """How many elements ``windows`` copies first: none where windows of ``x`` can be seen as it is."""
    spans = reach(lengths, kernel, stride, dilation)
    fits = all(span <= length for span, length in zip(spans, x.shape[2:], strict=True))
    return 0 if fits and not any(padding) and not images_last else count * x.shape[1] * math.prod(spans)


def spread(x: Array, kernel: Ints, stride: Ints, dilation: Ints, lengths: Ints) -> Array:
    """The view (n, C, *kernel, *lengths) of the windows of ``x``."""
    steps = x.strides[2:]
    strides = (
        *x.strides[:2],
        *[step * d for step, d in zip(steps, dilation, strict=True)],
        *[step * s for step, s in zip(steps, stride, strict=True)],
    )
    return strided(x, (*x.shape[:2], *kernel, *lengths), strides)


def put_kept(into: Array, whole: Array, padding: Ints) -> None:
    """Of ``whole``, all that windows reach along the last axes, write into ``into`` what is not padding."""
    lengths, begins = into.shape[-len(padding) :], [max(-p, 0) for p in padding]
    inside = [slice(max(p, 0), max(p, 0) + length + min(p, 0)) for p, length in zip(padding, lengths, strict=True)]
    whole = whole[(..., *inside)]
    if whole.shape != into.shape:
        into[...] = 0
    sizes = whole.shape[-len(padding) :]
    copy_rows(into[(..., *[slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True)])], whole)
