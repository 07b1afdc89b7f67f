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
from .window_layouts_numpy import put_kept, workspace
from .windows import Ints, all_parts, reach

Array = Any

COLUMNS = 192
"""In matrices of fewer columns, BLAS is slow."""
WEIGHTS = 1 << 18
"""More weights than these are not read anew for each row."""
ELEMENTS = 16
"""With kernels of so many elements, sums over these are the larger part of the work."""
MOST = 8
"""So many rows of the result are made by one product at most."""
FORWARD, BACKWARD = 8, 16
"""What it costs to copy a number for BLAS, in products: where it copies one operand that is large, and two."""


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


def images_at_once(images: int, across: int, nbytes: int) -> int:
    """How many to take, about as many each time: so many that a matrix has enough columns and the cache is filled."""
    count = max(-(-COLUMNS // across), layouts.CHUNK // max(nbytes, 1))
    return -(-images // -(-images // count))


def row_sizes(x: Array, kernel: Ints, stride: Ints, lengths: Ints) -> tuple[int, int]:
    """How many images to take at once, and how many elements are laid out of each."""
    across = math.prod(lengths[1:])
    size = span(lengths[0], kernel, stride) * math.prod(kernel[1:]) * x.shape[1] * across
    return images_at_once(len(x), across, size * x.itemsize), size


def is_finite(x: Array) -> bool:
    """Whether ``x`` times zeros is zeros: told by its squares, which BLAS adds up quickly. Where these overflow, "no" costs time only."""
    return math.isfinite(np.vdot(x, x).real)


def span(high: int, kernel: Ints, stride: Ints) -> int:
    """How many rows the windows of ``high`` rows of the result reach over."""
    return (high - 1) * stride[0] + kernel[0]


def height(outputs: int, kernel: Ints, stride: Ints, length: int, packing: int) -> int:
    """How many rows of the result to make by one product, of ``length``: a number that divides it.

    BLAS copies what it multiplies, which takes it as long as ``packing`` products of each number. With few channels of the
    result that is more than the products. Two rows of it read nearly the same rows of x, so that to make both at once
    copies these half as often; the weights of one row are zeros where only the other one's windows reach.
    """
    heights = [high for high in range(1, MOST + 1) if length % high == 0]
    return min(heights, key=lambda high: span(high, kernel, stride) * (packing / high + outputs))


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
    high: int,
) -> Iterator[tuple[slice, Callable[[], None], Array]]:
    """Of ``count`` images at a time: which they are, what lays them out in ``room``, and the matrices of their windows there.

    The matrices are (groups, lengths[0] / high, rows, columns): each has all that ``high`` rows of the result reach over.
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
            reached = span(high, kernel, stride) * math.prod(kernel[1:]) * each
            matrices = as_strided(
                rows, (groups, lengths[0] // high, reached, columns),
                (rows.strides[0], rows.strides[1] * stride[0] * high, columns * x.itemsize, x.itemsize),
            )  # fmt: skip
        yield part, partial(lay, rows, part), matrices


def rows_first(x: Array) -> Array:
    """(image, group, channel, row, ...) seen as (group, row, channel, image, ...)."""
    return x.transpose(1, 3, 2, 0, *range(4, x.ndim))


def by_rows(
    out: Array, x: Array, w: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Iterator[None]:
    """``convolution`` into ``out``."""
    outputs, kernel, lengths = len(w), w.shape[2:], out.shape[2:]
    wide = out.reshape(len(out), groups, outputs // groups, *lengths)
    high = height(outputs // groups, kernel, stride, lengths[0], FORWARD)
    if high > 1 and not is_finite(x):  # zeros among the weights would make NaN of infinity
        high = 1
    weights = banded(w, groups, high, stride)
    count, size = row_sizes(x, kernel, stride, lengths)
    with workspace(x.dtype, count * size, count * outputs * math.prod(lengths)) as (room, results):
        for part, lay, matrices in row_windows(
            room, x, count, kernel, stride, padding, dilation, groups, lengths, high
        ):
            into = rows_first(wide[part])
            found = results[: into.size].reshape(into.shape)
            products = found.reshape(groups, lengths[0] // high, -1, matrices.shape[-1])
            yield
            lay()
            np.matmul(weights, matrices, out=products)
            if bias is None:
                into[...] = found
            else:
                np.add(found, bias.reshape(groups, 1, -1, 1, *[1] * len(lengths[1:])), out=into)


def banded(w: Array, groups: int, high: int, stride: Ints) -> Array:
    """The weights of ``high`` rows of the result, (groups, 1, high * outputs, elements of all rows that they reach over)."""
    (outputs, each), kernel = w.shape[:2], w.shape[2:]
    rows_of = w.reshape(groups, outputs // groups, each, kernel[0], -1).transpose(0, 1, 3, 4, 2)
    band = np.zeros((groups, high, outputs // groups, span(high, kernel, stride), *rows_of.shape[3:]), w.dtype)
    for row in range(high):
        band[:, row, :, row * stride[0] : row * stride[0] + kernel[0]] = rows_of
    return band.reshape(groups, 1, high * (outputs // groups), -1)


def weight_by_rows(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Generator[None, None, Array]:
    """``conv_weight``: of the products with ``high`` rows at once, those that belong to each of them are added up."""
    (n, outputs, *places), each = y.shape, x.shape[1] // groups
    high = height(outputs // groups, lengths, stride, places[0], BACKWARD)
    reached = span(high, lengths, stride)
    out = np.zeros((groups, reached * math.prod(lengths[1:]) * each, high * (outputs // groups)), x.dtype)
    wide = y.reshape(n, groups, outputs // groups, *places)
    count, size = row_sizes(x, lengths, stride, tuple(places))
    with workspace(x.dtype, count * size, count * outputs * math.prod(places)) as (room, moved):
        for part, lay, matrices in row_windows(
            room, x, count, lengths, stride, padding, dilation, groups, tuple(places), high
        ):
            given = rows_first(wide[part])
            rows = moved[: given.size].reshape(given.shape)
            columns = rows.reshape(groups, places[0] // high, -1, matrices.shape[-1]).swapaxes(-1, -2)
            yield
            lay()
            rows[...] = given
            out += np.matmul(matrices, columns).sum(axis=1)
    sums = out.reshape(groups, reached, math.prod(lengths[1:]), each, high, outputs // groups)
    first, *others = [sums[:, row * stride[0] : row * stride[0] + lengths[0], ..., row, :] for row in range(high)]
    for one in others:
        first += one
    return np.ascontiguousarray(first.transpose(0, 4, 3, 1, 2)).reshape(outputs, each, *lengths)


# -- the gradient by x --------------------------------------------------------------------------------------------------


def products_of(w: Array, y: Array, dilation: Ints, groups: int, high: int) -> tuple[Ints, int]:
    """Of ``input_by_rows``: what rows of ``y`` reach over, and how many products it makes of an image."""
    places, kernel = y.shape[2:], w.shape[2:]
    spans = reach(places, kernel, (1,) * len(kernel), dilation)
    rows = span(high, kernel, (1,)) * math.prod(kernel[1:]) * w.shape[1]
    return spans, groups * places[0] // high * rows * math.prod(spans[1:])


def input_saves_by_rows(w: Array, y: Array, dilation: Ints, groups: int) -> bool:
    """Whether BLAS adds up much: the products of several rows, of a kernel that is large, in memory that is at hand."""
    kernel, places = w.shape[2:], y.shape[2:]
    high = height(len(w) // groups, kernel, (1,), places[0], BACKWARD)
    if high == 1 or math.prod(kernel) < ELEMENTS or not goes_by_rows(len(y), kernel, dilation, places):
        return False
    spans, size = products_of(w, y, dilation, groups, high)
    return min(len(y), -(-COLUMNS // math.prod(spans[1:]))) * size * y.itemsize <= 2 * layouts.CHUNK


def input_by_rows(out: Array, y: Array, w: Array, padding: Ints, dilation: Ints, groups: int) -> Iterator[None]:
    """``conv_input`` into ``out``, of strides 1: the products of a few rows of ``y`` at once, added up where rows overlap.

    With zeros after each row of ``y``, so that it is as long as a row of x, an element of the kernel puts its products at
    places that are neighbours in memory, as far from the first element's as the element is.
    """
    (n, channels, *lengths), (_, outputs, *places), kernel = out.shape, y.shape, w.shape[2:]
    each, depth, item = channels // groups, outputs // groups, out.itemsize
    high = height(depth, kernel, (1,), places[0], BACKWARD)
    if not is_finite(y):  # zeros among the weights would make NaN of infinity
        high = 1
    weights = banded(w, groups, high, (1,)).swapaxes(-1, -2)
    spans, size = products_of(w, y, dilation, groups, high)
    across, blocks, reached = math.prod(spans[1:]), places[0] // high, span(high, kernel, (1,))
    rows = reached * math.prod(kernel[1:]) * each
    far = [d * math.prod(spans[axis:]) for axis, d in enumerate(dilation[1:], 2)]
    between = sum((k - 1) * f for k, f in zip(kernel[1:], far, strict=True))
    sizes = outputs * places[0] * across, channels * spans[0] * across
    count = images_at_once(n, across, size * item // 2)
    of_kernel = tuple(range(3, 2 + len(kernel)))
    with workspace(y.dtype, between + count * size, *[count * one for one in sizes]) as (room, wide, totals):
        yield
        room[:between] = 0
        for at in range(0, n, count):
            into, part = out[at : at + count], y[at : at + count]
            many, columns = len(into), len(into) * across
            given = wide[: many * sizes[0]].reshape(groups, places[0], depth, many, *spans[1:])
            given[...] = 0
            part = rows_first(part.reshape(many, groups, depth, *places))
            given[(..., *[slice(place) for place in places[1:]])] = part
            found = room[between : between + many * size].reshape(groups, blocks, rows, columns)
            np.matmul(weights, given.reshape(groups, blocks, high * depth, columns), out=found)
            steps = [each * columns * math.prod(kernel[axis:]) - f for axis, f in enumerate(far, 2)]
            lines = as_strided(
                found, (groups, blocks, reached, each, *kernel[1:], columns),
                [item * step for step in (blocks * rows * columns, rows * columns, rows // reached * columns, columns, *steps, 1)],
            )  # fmt: skip
            total = totals[: many * sizes[1]].reshape(groups, spans[0], each, columns)
            total[:, places[0] :] = 0
            for row in range(reached):
                target = total[:, row : row + places[0] : high]
                if row < high:
                    np.add.reduce(lines[:, :, row], axis=of_kernel, out=target)
                else:
                    target += np.add.reduce(lines[:, :, row], axis=of_kernel)
            whole = total.reshape(groups, spans[0], each, many, *spans[1:])
            whole = whole.transpose(3, 0, 2, 1, *range(4, whole.ndim))
            put_kept(into.reshape(many, groups, each, *lengths), whole, padding)
