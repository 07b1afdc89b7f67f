"""Convolutions on NumPy arrays: windows copied side by side, so that BLAS does the rest.

Of x (N, C, ...), w (O, C / groups, *kernel) and y (N, O, ...), with i a place of y and j one of the kernel,

    <y, w * x> = sum of y[n, o, i] w[o, c, j] x[n, c, i * stride - padding + j * dilation]

is linear in each of the three. Its derivative by one of them is one of the functions here: ``convolution`` by y,
``conv_input`` by x, ``conv_weight`` by w.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .linalg_numpy import HALVES
from .windows import Element, Ints, all_parts, reach

Array = Any

CHUNK = 1 << 20
"""So many bytes of windows are laid out at once: they should still be in the cache when BLAS reads them."""
KEEP = 8 * CHUNK
KEPT = threading.local()
COLUMNS = 192
"""In matrices of fewer columns, BLAS is slow."""
FEW = 128
"""Up to so many rows of windows, the derivative by the weights is faster by rows."""
SHORT = 16
"""Rows of up to so many places are laid out faster with the images as the last axis in memory: a row of all is one copy."""


def in_single(function: Callable[..., Array]) -> Callable[..., Array]:
    """Halves are summed in single precision."""

    @wraps(function)
    def widened(*arrays: Array, **settings: Any) -> Array:
        dtype = arrays[0].dtype
        if dtype.char not in HALVES:
            return function(*arrays, **settings)
        return function(*[a.astype(np.float32) for a in arrays], **settings).astype(dtype)

    return widened


@in_single
def convolution(
    x: Array, w: Array, b: Array | None = None, *,
    stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints,
) -> Array:  # fmt: skip
    """(N, O, *lengths): each output element the sum of a window of ``x`` (zeros around it), weighed with ``w``, plus ``b``."""
    n, places = x.shape[0], x.shape[2:]
    outputs, kernel, inner = w.shape[0], w.shape[2:], math.prod(lengths)
    out = np.empty((n, outputs, *lengths), x.dtype)
    if not out.size:
        return out
    weights = w.reshape(groups, outputs // groups, math.prod(w.shape[1:]))
    rows = weights.shape[-1]
    products = out.reshape(n, groups, outputs // groups, inner)
    bias = None if b is None else b.reshape(groups, outputs // groups, 1)
    if math.prod(kernel) == math.prod(stride) == 1 and not any(padding) and places == lengths:
        np.matmul(weights, x.reshape(n, groups, rows, inner), out=products)
        if bias is not None:
            products += bias
        return out
    if saves_by_rows(n, rows, outputs // groups, kernel, stride, dilation, lengths):
        by_rows(out, x, w, bias, stride, padding, dilation, groups)
        return out
    images_last = is_short(n, kernel, lengths) and rows >= 2 * outputs // groups
    count = at_once(n, groups * rows * inner * x.itemsize, CHUNK << 2 * images_last)
    with workspace(x.dtype, count * groups * rows * inner, count * outputs * inner) as (room, results):
        for at, view in windows(x, count, kernel, stride, padding, dilation, lengths, images_last):
            part = products[at : at + count]
            if images_last:
                matrices = laid(room, to_end(view)).reshape(groups, rows, inner * len(part))
                found = results[: part.size].reshape(groups, outputs // groups, inner * len(part))
                np.matmul(weights, matrices, out=found)
                part[...] = to_front(found.reshape(groups, outputs // groups, inner, len(part)))
            else:
                np.matmul(weights, laid(room, view).reshape(len(part), groups, rows, inner), out=part)
            if bias is not None:
                part += bias
    return out


def laid(room: Array, view: Array) -> Array:
    """A copy of ``view`` in C order, in ``room``."""
    copy = room[: view.size].reshape(view.shape)
    copy[...] = view
    return copy


def conv(x: Array, w: Array, **settings: Any) -> Array:
    return convolution(x, w, **settings)


@contextmanager
def workspace(dtype: Any, *sizes: int) -> Iterator[list[Array]]:
    """Flat arrays to compute in. The memory is kept for the next call: to touch fresh pages costs as much as the copies."""
    ends = list(accumulate(-(-size * dtype.itemsize // 64) * 64 for size in sizes))
    memory = KEPT.__dict__.pop("memory", None)  # for as long as it is in use, nobody else's
    if memory is None or memory.nbytes < ends[-1]:
        memory = np.empty(max(ends[-1], KEEP), np.uint8)
    starts = [0, *ends[:-1]]
    yield [memory[at : at + size * dtype.itemsize].view(dtype) for at, size in zip(starts, sizes, strict=True)]
    if memory.nbytes == KEEP:
        KEPT.memory = memory


def is_short(images: int, kernel: Ints, lengths: Ints) -> bool:
    """Whether the windows of so many images are better laid out with the images last."""
    return lengths[-1] <= SHORT and images > 1 and math.prod(kernel) > 1


def at_once(images: int, nbytes: int, chunk: int) -> int:
    """How many images to take at once, that have so many bytes of windows."""
    return max(1, min(images, chunk // max(nbytes, 1)))


def to_end(x: Array) -> Array:
    """``x`` seen with its first axis as the last one."""
    return x.transpose(*range(1, x.ndim), 0)


def to_front(x: Array) -> Array:
    """``x`` seen with its last axis as the first one."""
    return x.transpose(-1, *range(x.ndim - 1))


def windows(
    x: Array, count: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, lengths: Ints,
    images_last: bool = False,
) -> Iterator[tuple[int, Array]]:  # fmt: skip
    """Views (n, C, *kernel, *lengths) of the windows of ``count`` images at a time; the memory may be that of the last one.

    ``images_last``: in memory, the images are the last axis.
    """
    spans = reach(lengths, kernel, stride, dilation)
    fits = all(span <= length for span, length in zip(spans, x.shape[2:], strict=True))
    if fits and not any(padding) and not images_last:
        views = spread(x, kernel, stride, dilation, lengths)
        for at in range(0, len(x), count):
            yield at, views[at : at + count]
        return
    if images_last:
        room = to_front(np.zeros((x.shape[1], *spans, count), x.dtype))
    else:
        room = np.zeros((count, x.shape[1], *spans), x.dtype)
    into: list[Any] = [...]
    taken: list[Any] = [...]
    for length, span, p in zip(x.shape[2:], spans, padding, strict=True):
        start, first = max(p, 0), max(-p, 0)
        used = max(0, min(length - first, span - start))
        into.append(slice(start, start + used))
        taken.append(slice(first, first + used))
    filled, views = room[tuple(into)], spread(room, kernel, stride, dilation, lengths)
    for at in range(0, len(x), count):
        part = x[at : at + count][tuple(taken)]
        filled[: len(part)] = part
        yield at, views[: len(part)]


def spread(x: Array, kernel: Ints, stride: Ints, dilation: Ints, lengths: Ints) -> Array:
    """The view (n, C, *kernel, *lengths) of the windows of ``x``."""
    steps = x.strides[2:]
    strides = (
        *x.strides[:2],
        *[step * d for step, d in zip(steps, dilation, strict=True)],
        *[step * s for step, s in zip(steps, stride, strict=True)],
    )
    return as_strided(x, (*x.shape[:2], *kernel, *lengths), strides)


@in_single
def conv_input(y: Array, w: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints) -> Array:
    """The adjoint of ``conv`` in x, (N, C, *lengths): each element of ``y``, weighed, goes to the window that it came from."""
    outputs, each, *kernel = w.shape
    copied, added = outputs * math.prod(lengths), groups * each * math.prod(y.shape[2:])
    n, places = y.shape[0], y.shape[2:]
    inner, channels, rows = math.prod(places), groups * each, each * math.prod(kernel)
    images_last = is_short(n, tuple(kernel), places)
    taken = outputs // groups * math.prod(kernel)
    turns = not images_last or saves_by_rows(n, taken, each, tuple(kernel), stride, dilation, lengths)
    if math.prod(stride) == 1 and copied <= 3 * added and turns:
        # A convolution with the kernel turned around: copying the windows of y is faster than adding up those of x.
        turned = np.ascontiguousarray(w[(..., *[slice(None, None, -1)] * len(kernel))])
        turned = turned.reshape(groups, outputs // groups, each, *kernel).swapaxes(1, 2)
        around = tuple([d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True)])
        return conv(
            y, turned.reshape(groups * each, outputs // groups, *kernel),
            stride=stride, padding=around, dilation=dilation, groups=groups, lengths=lengths,
        )  # fmt: skip
    out = np.zeros((n, channels, *lengths), y.dtype)
    if not y.size:
        return out
    weights = w.reshape(groups, outputs // groups, rows).swapaxes(-1, -2)
    y = y.reshape(n, groups, outputs // groups, inner)
    elements = list(all_parts(tuple(zip(lengths, places, kernel, stride, padding, dilation, strict=True))))
    count = at_once(n, groups * rows * inner * y.itemsize, CHUNK << 2 * images_last)
    sizes = groups * rows * inner, outputs * inner, channels * math.prod(lengths)
    with workspace(y.dtype, *[count * size for size in sizes]) as (room, moved, totals):
        for at in range(0, n, count):
            part, into = y[at : at + count], out[at : at + count]
            found = room[: len(part) * sizes[0]]
            if images_last:
                part = laid(moved, to_end(part)).reshape(groups, outputs // groups, inner * len(into))
                total = totals[: into.size].reshape(channels, *lengths, len(into))
                total[...] = 0
                np.matmul(weights, part, out=found.reshape(groups, rows, inner * len(into)))
                found = found.reshape(channels, math.prod(kernel), *places, len(into))
                add_windows(to_front(total), to_front(found), elements)
                into[...] = to_front(total)
            else:
                np.matmul(weights, part, out=found.reshape(len(part), groups, rows, inner))
                add_windows(into, found.reshape(len(part), channels, math.prod(kernel), *places), elements)
    return out


def add_windows(out: Array, laid: Array, elements: Iterable[Element]) -> None:
    """Add windows (n, C, kernel, *sizes) to ``out`` where their elements lie in it."""
    for number, have, where in elements:
        part = out[(..., *where)]
        part += laid[(slice(None), slice(None), number, *have)]


@in_single
def conv_weight(
    x: Array, y: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Array:
    """The adjoint of ``conv`` in w, (O, C / groups, *lengths): the sum of the windows of ``x``, weighed with ``y``."""
    places, dims = y.shape[2:], len(lengths)
    outputs, each = y.shape[1], x.shape[1] // groups
    rows = each * math.prod(lengths)
    out = np.zeros((groups, rows, outputs // groups), x.dtype)
    if x.size and y.size:
        inner = math.prod(places)
        is_wide = goes_by_rows(len(x), lengths, dilation, places) and not is_short(len(x), lengths, places)
        if is_wide and rows <= FEW:
            return weight_by_rows(x, y, stride, padding, dilation, groups, lengths)
        images_last = is_short(len(x), lengths, places) and rows >= 2 * outputs // groups
        count = at_once(len(x), groups * rows * inner * x.itemsize, CHUNK << images_last)
        # Images are summed over as places are: they go behind them, or before.
        order = (*range(1, dims + 2), 0, *range(dims + 2, 2 * dims + 2))
        with workspace(x.dtype, count * groups * rows * inner, count * outputs * inner) as (room, moved):
            for at, view in windows(x, count, lengths, stride, padding, dilation, places, images_last):
                part = y[at : at + count]
                columns = inner * len(part)
                matrices = laid(room, to_end(view) if images_last else view.transpose(order))
                part = laid(moved, to_end(part) if images_last else part.swapaxes(0, 1))
                # BLAS is a fifth slower with y first.
                out += np.matmul(
                    matrices.reshape(groups, rows, columns),
                    part.reshape(groups, outputs // groups, columns).swapaxes(-1, -2),
                )
    return np.ascontiguousarray(out.swapaxes(-1, -2)).reshape(outputs, each, *lengths)


# -- by rows ------------------------------------------------------------------------------------------------------------
# Windows laid out but for the first axis of the kernel. With the rows of some images (places on the first axis) one after
# the other in memory, and of each row all that windows take of it (the axes are: row, then kernel[1:], channel, image and
# lengths[1:]), the windows of a row of the result lie there as a matrix: the rows that they reach over are neighbours.


def goes_by_rows(images: int, kernel: Ints, dilation: Ints, lengths: Ints) -> bool:
    """Whether rows lie so, and make matrices that are not too small."""
    return 1 == dilation[0] < min(kernel[0], len(kernel)) and images * math.prod(lengths[1:]) >= COLUMNS // 2


def saves_by_rows(
    images: int, rows: int, outputs: int, kernel: Ints, stride: Ints, dilation: Ints, lengths: Ints
) -> bool:  # fmt: skip
    """Whether far less is copied so, though the result is laid out by rows as well."""
    copied = rows * min(stride[0], kernel[0]) // kernel[0] + outputs
    enough = 2 * rows >= (5 + is_short(images, kernel, lengths)) * copied
    return enough and goes_by_rows(images, kernel, dilation, lengths)


def row_sizes(x: Array, kernel: Ints, stride: Ints, lengths: Ints) -> tuple[int, int]:
    """How many images to take at once, about as many each time, and how many elements are laid out of each."""
    across = math.prod(lengths[1:])
    size = ((lengths[0] - 1) * stride[0] + kernel[0]) * math.prod(kernel[1:]) * x.shape[1] * across
    count = max(-(-COLUMNS // across), CHUNK // 2 // (size * x.itemsize))
    return -(-len(x) // -(-len(x) // count)), size


def row_windows(
    room: Array,
    x: Array,
    count: int,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
    lengths: Ints,
) -> Iterator[tuple[int, Array]]:
    """Matrices (groups, lengths[0], rows, columns) of the windows of ``count`` images at a time, laid out in ``room``."""
    n, channels, *places = x.shape
    spans = reach(lengths, kernel, stride, dilation)
    taps, each, across = math.prod(kernel[1:]), channels // groups, math.prod(lengths[1:])
    first = places[0], spans[0], 1, 1, padding[0], 1
    others = zip(places[1:], lengths[1:], kernel[1:], stride[1:], padding[1:], dilation[1:], strict=True)
    elements = list(all_parts((first, *others)))
    has_zeros = any(padding) or any(span > length for span, length in zip(spans, places, strict=True))
    x = x.reshape(n, groups, each, *places)
    for at in range(0, n, count):
        part = x[at : at + count]
        rows = room[: len(part) * channels * taps * spans[0] * across]
        rows = rows.reshape(groups, spans[0], taps, each, len(part), *lengths[1:])
        if has_zeros and (not at or len(part) < count):
            rows[...] = 0
        for number, have, where in elements:
            rows[(slice(None), have[0], number, ..., *have[1:])] = rows_first(part[(..., *where)])
        yield at, as_strided(
            rows, (groups, lengths[0], kernel[0] * taps * each, len(part) * across),
            (rows.strides[0], rows.strides[1] * stride[0], rows.strides[3], x.itemsize),
        )  # fmt: skip


def rows_first(x: Array) -> Array:
    """(image, group, channel, row, ...) seen as (group, row, channel, image, ...)."""
    return x.transpose(1, 3, 2, 0, *range(4, x.ndim))


def by_rows(
    out: Array, x: Array, w: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> None:
    """``convolution`` into ``out``."""
    (outputs, each, *kernel), lengths = w.shape, out.shape[2:]
    wide = out.reshape(len(out), groups, outputs // groups, *lengths)
    weights = w.reshape(groups, 1, outputs // groups, each, math.prod(kernel)).swapaxes(-1, -2)
    weights = weights.reshape(groups, 1, outputs // groups, -1)
    count, size = row_sizes(x, tuple(kernel), stride, lengths)
    with workspace(x.dtype, count * size, count * outputs * math.prod(lengths)) as (room, results):
        for at, matrices in row_windows(room, x, count, tuple(kernel), stride, padding, dilation, groups, lengths):
            into = rows_first(wide[at : at + count])
            found = results[: into.size].reshape(into.shape)
            np.matmul(weights, matrices, out=found.reshape(*into.shape[:3], matrices.shape[-1]))
            if bias is None:
                into[...] = found
            else:
                np.add(found, bias.reshape(groups, 1, -1, 1, *[1] * len(lengths[1:])), out=into)


def weight_by_rows(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Array:
    """``conv_weight``."""
    (n, outputs, *places), each = y.shape, x.shape[1] // groups
    out = np.zeros((groups, math.prod(lengths) * each, outputs // groups), x.dtype)
    wide = y.reshape(n, groups, outputs // groups, *places)
    count, size = row_sizes(x, lengths, stride, tuple(places))
    with workspace(x.dtype, count * size, count * outputs * math.prod(places)) as (room, moved):
        for at, matrices in row_windows(room, x, count, lengths, stride, padding, dilation, groups, tuple(places)):
            part = laid(moved, rows_first(wide[at : at + count]))
            part = part.reshape(*part.shape[:3], matrices.shape[-1])
            out += np.matmul(matrices, part.swapaxes(-1, -2)).sum(axis=1)
    out = out.reshape(groups, math.prod(lengths), each, outputs // groups).transpose(0, 3, 2, 1)
    return np.ascontiguousarray(out).reshape(outputs, each, *lengths)


# -- windows as columns -------------------------------------------------------------------------------------------------


def im2col(x: Array, *, axes: tuple[Ints, ...]) -> Array:
    """The windows of images (..., C, H, W) as columns, (..., C * kernel, places)."""
    lead, channels = x.shape[: -len(axes) - 1], x.shape[-len(axes) - 1]
    sizes, kernel = tuple([axis[1] for axis in axes]), tuple([axis[2] for axis in axes])
    laid = np.zeros((math.prod(lead), channels, math.prod(kernel), *sizes), x.dtype)
    images = x.reshape(len(laid), *x.shape[len(lead) :])
    for number, have, where in all_parts(axes):
        laid[(slice(None), slice(None), number, *have)] = images[(..., *where)]
    return laid.reshape(*lead, channels * math.prod(kernel), math.prod(sizes))


def col2im(x: Array, *, axes: tuple[Ints, ...]) -> Array:
    """The adjoint of ``im2col``: columns added up where they came from."""
    lead, (rows, _) = x.shape[:-2], x.shape[-2:]
    sizes, kernel = tuple([axis[1] for axis in axes]), math.prod([axis[2] for axis in axes])
    shape = (rows // kernel, *[axis[0] for axis in axes])
    out = np.zeros((math.prod(lead), *shape), x.dtype)
    add_windows(out, x.reshape(len(out), rows // kernel, kernel, *sizes), all_parts(axes))
    return out.reshape(*lead, *shape)
