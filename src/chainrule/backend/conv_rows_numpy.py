"""Convolutions by rows: windows laid out but for the first axis of the kernel, so that far less is copied.

With the rows of some images (places on the first axis) one after the other in memory, and of each row all that windows take
of it (the axes are: row, then kernel[1:], channel, image and lengths[1:]), the windows of a row of the result lie there as a
matrix: the rows that they reach over are neighbours.

The kernels are generators: from where they yield on, NumPy has all that it needs (``threads_numpy.share_out``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import window_layouts_numpy as layouts
from .window_layouts_numpy import workspace
from .windows import Ints, all_parts, reach

Array = Any

COLUMNS = 192
"""In matrices of fewer columns, BLAS is slow."""
WEIGHTS = 1 << 18
"""More weights than these are not read anew for each row."""


def goes_by_rows(images: int, kernel: Ints, dilation: Ints, lengths: Ints) -> bool:
    """Whether rows lie so, and make matrices that are not too small."""
    return 1 == dilation[0] < min(kernel[0], len(kernel)) and images * math.prod(lengths[1:]) >= COLUMNS // 2


def saves_by_rows(
    images: int, rows: int, outputs: int, kernel: Ints, stride: Ints, dilation: Ints, lengths: Ints
) -> bool:  # fmt: skip
    """Whether far less is copied so, though the result is laid out by rows as well."""
    copied = rows * min(stride[0], kernel[0]) // kernel[0] + outputs
    saves = rows >= 2 * copied and rows * outputs <= WEIGHTS
    return saves and goes_by_rows(images, kernel, dilation, lengths)


def row_sizes(x: Array, kernel: Ints, stride: Ints, lengths: Ints) -> tuple[int, int]:
    """How many images to take at once, about as many each time, and how many elements are laid out of each."""
    across = math.prod(lengths[1:])
    size = ((lengths[0] - 1) * stride[0] + kernel[0]) * math.prod(kernel[1:]) * x.shape[1] * across
    count = max(-(-COLUMNS // across), layouts.CHUNK // (size * x.itemsize))
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
) -> Iterator[tuple[slice, Callable[[], None], Array]]:
    """Of ``count`` images at a time: which they are, what lays them out in ``room``, and the matrices of their windows there.

    The matrices are (groups, lengths[0], rows, columns).
    """
    n, channels, *places = x.shape
    spans = reach(lengths, kernel, stride, dilation)
    each, across = channels // groups, math.prod(lengths[1:])
    size = channels * math.prod(kernel[1:]) * spans[0] * across
    x = x.reshape(n, groups, each, *places)
    has_zeros = any(padding) or any(span > length for span, length in zip(spans, places, strict=True))
    if has_zeros:
        first = places[0], spans[0], 1, 1, padding[0], 1
        others = zip(places[1:], lengths[1:], kernel[1:], stride[1:], padding[1:], dilation[1:], strict=True)
        elements = list(all_parts((first, *others)))

        def lay(rows: Array, part: slice) -> None:
            rows = rows.reshape(groups, spans[0], math.prod(kernel[1:]), each, *rows.shape[-len(kernel) :])
            for number, have, where in elements:
                rows[(slice(None), have[0], number, ..., *have[1:])] = rows_first(x[(part, ..., *where)])

    else:
        of_image, of_group, of_channel, of_row, *steps = x.strides
        shape = groups, spans[0], *kernel[1:], each, n, *lengths[1:]
        seen = as_strided(
            x, shape,
            (
                of_group, of_row, *[step * d for step, d in zip(steps, dilation[1:], strict=True)],
                of_channel, of_image, *[step * s for step, s in zip(steps, stride[1:], strict=True)],
            ),
        )  # fmt: skip
        before = (slice(None),) * (len(kernel) + 2)

        def lay(rows: Array, part: slice) -> None:
            rows[...] = seen[(*before, part)]

    many = 0
    for part in [slice(at, min(at + count, n)) for at in range(0, n, count)]:
        if part.stop - part.start != many:
            many = part.stop - part.start
            columns = many * across
            rows = room[: many * size].reshape(groups, spans[0], *kernel[1:], each, many, *lengths[1:])
            if has_zeros:
                rows[...] = 0
            matrices = as_strided(
                rows, (groups, lengths[0], math.prod(kernel) * each, columns),
                (rows.strides[0], rows.strides[1] * stride[0], columns * x.itemsize, x.itemsize),
            )  # fmt: skip
        yield part, partial(lay, rows, part), matrices


def rows_first(x: Array) -> Array:
    """(image, group, channel, row, ...) seen as (group, row, channel, image, ...)."""
    return x.transpose(1, 3, 2, 0, *range(4, x.ndim))


def by_rows(
    out: Array, x: Array, w: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Iterator[None]:
    """``convolution`` into ``out``."""
    (outputs, each, *kernel), lengths = w.shape, out.shape[2:]
    wide = out.reshape(len(out), groups, outputs // groups, *lengths)
    weights = w.reshape(groups, 1, outputs // groups, each, math.prod(kernel)).swapaxes(-1, -2)
    weights = weights.reshape(groups, 1, outputs // groups, -1)
    count, size = row_sizes(x, tuple(kernel), stride, lengths)
    with workspace(x.dtype, count * size, count * outputs * math.prod(lengths)) as (room, results):
        for part, lay, matrices in row_windows(
            room, x, count, tuple(kernel), stride, padding, dilation, groups, lengths
        ):
            into = rows_first(wide[part])
            found = results[: into.size].reshape(into.shape)
            products = found.reshape(*into.shape[:3], matrices.shape[-1])
            yield
            lay()
            np.matmul(weights, matrices, out=products)
            if bias is None:
                into[...] = found
            else:
                np.add(found, bias.reshape(groups, 1, -1, 1, *[1] * len(lengths[1:])), out=into)


def weight_by_rows(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Generator[None, None, Array]:
    """``conv_weight``."""
    (n, outputs, *places), each = y.shape, x.shape[1] // groups
    out = np.zeros((groups, math.prod(lengths) * each, outputs // groups), x.dtype)
    wide = y.reshape(n, groups, outputs // groups, *places)
    count, size = row_sizes(x, lengths, stride, tuple(places))
    with workspace(x.dtype, count * size, count * outputs * math.prod(places)) as (room, moved):
        for part, lay, matrices in row_windows(
            room, x, count, lengths, stride, padding, dilation, groups, tuple(places)
        ):
            given = rows_first(wide[part])
            rows = moved[: given.size].reshape(given.shape)
            columns = rows.reshape(*given.shape[:3], matrices.shape[-1]).swapaxes(-1, -2)
            yield
            lay()
            rows[...] = given
            out += np.matmul(matrices, columns).sum(axis=1)
    out = out.reshape(groups, math.prod(lengths), each, outputs // groups).transpose(0, 3, 2, 1)
    return np.ascontiguousarray(out).reshape(outputs, each, *lengths)
