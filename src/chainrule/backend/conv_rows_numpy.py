"""Convolutions by rows: windows laid out but for the first axis of the kernel, so that far less is copied.

With the rows of some images (places on the first axis) one after the other in memory, and of each row all that windows take
of it (the axes are: row, then kernel[1:], channel, image and lengths[1:]), the windows of a row of the result lie there as a
matrix: the rows that they reach over are neighbours.

The kernels are generators: from where they yield on, NumPy has all that it needs (``threads_numpy.share_out``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from . import window_layouts_numpy as layouts
from .window_layouts_numpy import copy_rows, put_kept, strided, workspace
from .windows import Element, Ints, all_parts, reach

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


@lru_cache
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


@lru_cache
def row_sizes(images: int, channels: int, itemsize: int, kernel: Ints, stride: Ints, lengths: Ints) -> tuple[int, int]:
    """How many images to take at once, and how many elements are laid out of each."""
    across = math.prod(lengths[1:])
    size = span(lengths[0], kernel, stride) * math.prod(kernel[1:]) * channels * across
    return images_at_once(images, across, size * itemsize), size


def is_finite(x: Array) -> bool:
    """Whether ``x`` times zeros is zeros: told by its squares, which BLAS adds up quickly. Where these overflow, "no" costs time only."""
    return math.isfinite(np.vdot(x, x).real)


def span(high: int, kernel: Ints, stride: Ints) -> int:
    """How many rows the windows of ``high`` rows of the result reach over."""
    return (high - 1) * stride[0] + kernel[0]


def heights(length: int) -> list[int]:
    """How many rows of the result, of ``length``, one product may make: numbers that divide it."""
    return [high for high in range(1, MOST + 1) if length % high == 0]


@lru_cache
def height(outputs: int, kernel: Ints, stride: Ints, length: int, packing: int) -> int:
    """How many to make.

    BLAS copies what it multiplies, which takes it as long as ``packing`` products of each number. With few channels of the
    result that is more than the products. Two rows of it read nearly the same rows of x, so that to make both at once
    copies these half as often; the weights of one row are zeros where only the other one's windows reach.
    """
    return min(heights(length), key=lambda high: span(high, kernel, stride) * (packing / high + outputs))


class Layout(NamedTuple):
    """Where windows of some images lie, by rows: shapes, and strides in bytes."""

    laid: Ints
    """The axes of what is laid out: group, row, kernel[1:], channel, image, lengths[1:]."""
    seen: Ints
    """Where the same elements are in the images: the strides of these axes."""
    parts: tuple[Element, ...] | None
    """Or what to copy of them for each element of the kernel, where windows reach over zeros."""
    matrices: Ints
    """The axes of the matrices, each of all that some rows of the result reach over: group, lengths[0] / high, row, column."""
    steps: Ints


@lru_cache
def layout(
    shape: Ints, strides: Ints, itemsize: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int,
    lengths: Ints, high: int,
) -> Layout:  # fmt: skip
    """Of images with this shape and these strides."""
    (n, channels, *places), spans = shape, reach(lengths, kernel, stride, dilation)
    each, columns, (of_image, of_channel, of_row, *steps) = channels // groups, n * math.prod(lengths[1:]), strides
    parts: tuple[Element, ...] | None = None
    if any(padding) or any(span > length for span, length in zip(spans, places, strict=True)):
        first = places[0], spans[0], 1, 1, padding[0], 1
        others = zip(places[1:], lengths[1:], kernel[1:], stride[1:], padding[1:], dilation[1:], strict=True)
        parts = tuple(all_parts((first, *others)))
    row = math.prod(kernel[1:]) * each
    return Layout(
        (groups, spans[0], *kernel[1:], each, n, *lengths[1:]),
        (
            of_channel * each, of_row, *[step * d for step, d in zip(steps, dilation[1:], strict=True)],
            of_channel, of_image, *[step * s for step, s in zip(steps, stride[1:], strict=True)],
        ),
        parts,
        (groups, lengths[0] // high, span(high, kernel, stride) * row, columns),
        tuple([itemsize * step for step in (spans[0] * row * columns, stride[0] * high * row * columns, columns, 1)]),
    )  # fmt: skip


def row_windows(
    room: Array, x: Array, count: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int,
    lengths: Ints, high: int,
) -> Iterator[tuple[slice, Callable[[], None], Array]]:  # fmt: skip
    """Of ``count`` images at a time: which they are, what lays them out in ``room``, and the matrices of their windows there."""
    for at in range(0, len(x), count):
        part = slice(at, min(at + count, len(x)))
        images = x[part]
        of = layout(
            images.shape, images.strides, x.itemsize, kernel, stride, padding, dilation, groups, lengths, high
        )  # fmt: skip
        rows = np.ndarray(of.laid, x.dtype, room)
        if of.parts is None:
            lay = partial(copy_rows, rows, strided(images, of.laid, of.seen))
        else:
            is_new = at == 0 or len(images) < count
            lay = partial(lay_parts, rows, images, groups, of.parts, is_new)
        yield part, lay, np.ndarray(of.matrices, x.dtype, room, 0, of.steps)


def lay_parts(rows: Array, x: Array, groups: int, elements: tuple[Element, ...], is_new: bool) -> None:
    """Lay out what there is of the windows of ``x`` for each element of the kernel; zeros around it, if there are none yet."""
    if is_new:
        rows[...] = 0
    x = x.reshape(len(x), groups, -1, *x.shape[2:])
    rows = rows.reshape(*rows.shape[:2], -1, *rows.shape[-x.ndim + 2 :])
    for number, have, where in elements:
        copy_rows(rows[(slice(None), have[0], number, ..., *have[1:])], rows_first(x[(..., *where)]))


def rows_first(x: Array) -> Array:
    """(image, group, channel, row, ...) seen as (group, row, channel, image, ...)."""
    return x.transpose(1, 3, 2, 0, *range(4, x.ndim))


def by_rows(
    out: Array, x: Array, band: Callable[[int], Array], bias: Array | None, kernel: Ints, stride: Ints, padding: Ints,
    dilation: Ints, groups: int, high: int,
) -> Iterator[None]:  # fmt: skip
    """``convolution`` into ``out``, ``high`` rows at once. ``band(high)``: the weights of these (``banded``)."""
    (n, outputs), lengths = out.shape[:2], out.shape[2:]
    wide = out.reshape(n, groups, outputs // groups, *lengths)
    count, size = row_sizes(n, x.shape[1], x.itemsize, kernel, stride, lengths)
    weights = band(high)
    with workspace(x.dtype, count * size, count * outputs * math.prod(lengths)) as (room, results):
        for part, lay, matrices in row_windows(
            room, x, count, kernel, stride, padding, dilation, groups, lengths, high
        ):
            into = rows_first(wide[part])
            found = np.ndarray(into.shape, x.dtype, results)
            products = found.reshape(groups, lengths[0] // high, -1, matrices.shape[-1])
            yield
            lay()
            np.matmul(weights, matrices, out=products)
            if high > 1 and not is_finite(found):  # zeros among the weights make NaN of infinity
                yield from by_rows(out[part], x[part], band, bias, kernel, stride, padding, dilation, groups, 1)
                continue
            if bias is not None:
                found += bias.reshape(groups, 1, -1, 1, *[1] * len(lengths[1:]))
            copy_rows(into, found)


def banded(w: Array, groups: int, high: int, stride: Ints, reached: int) -> Array:
    """The weights of ``high`` rows of the result, (groups, 1, high * outputs, elements of the rows that they reach over)."""
    (outputs, each), kernel = w.shape[:2], w.shape[2:]
    rows_of = w.reshape(groups, outputs // groups, each, kernel[0], -1).transpose(0, 1, 3, 4, 2)
    band = np.zeros((groups, high, outputs // groups, reached, *rows_of.shape[3:]), w.dtype)
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
    count, size = row_sizes(n, x.shape[1], x.itemsize, lengths, stride, tuple(places))
    with workspace(x.dtype, count * size, count * outputs * math.prod(places)) as (room, moved):
        for part, lay, matrices in row_windows(
            room, x, count, lengths, stride, padding, dilation, groups, tuple(places), high
        ):
            given = rows_first(wide[part])
            rows = moved[: given.size].reshape(given.shape)
            columns = rows.reshape(groups, places[0] // high, -1, matrices.shape[-1]).swapaxes(-1, -2)
            yield
            lay()
            copy_rows(rows, given)
            out += np.matmul(matrices, columns).sum(axis=1)
    sums = out.reshape(groups, reached, math.prod(lengths[1:]), each, high, outputs // groups)
    first, *others = [sums[:, row * stride[0] : row * stride[0] + lengths[0], ..., row, :] for row in range(high)]
    for one in others:
        first += one
    return np.ascontiguousarray(first.transpose(0, 4, 3, 1, 2)).reshape(outputs, each, *lengths)


# -- the gradient by x --------------------------------------------------------------------------------------------------


class Added(NamedTuple):
    """Of ``input_by_rows``: how the products lie that are added up."""

    high: int
    """So many rows of ``y`` make the products of a block, with what they reach over: ``shared`` * ``high`` rows of x."""
    shared: int
    """A row of x has products in so many blocks."""
    blocks: int
    spans: Ints
    """What ``y`` reaches over: its rows are made as long as those of x."""
    rows: int
    """How many products a block has of each place of a row."""
    size: int
    """How many products there are of an image, with as many blocks of zeros around as a row of x needs."""


@lru_cache
def added(
    kernel: Ints, places: Ints, dilation: Ints, groups: int, each: int, outputs: int, is_high: bool = True
) -> Added:
    """For ``outputs`` channels of ``y`` and ``each`` of x in a group."""

    def shared_by(high: int) -> int:
        return -(-span(high, kernel, (1,)) // high)

    able = heights(places[0]) if is_high else [1]
    high = min(able, key=lambda high: high * shared_by(high) * (BACKWARD / high + outputs))
    shared, spans = shared_by(high), reach(places, kernel, (1,) * len(kernel), dilation)
    blocks, rows = places[0] // high, shared * high * math.prod(kernel[1:]) * each
    return Added(high, shared, blocks, spans, rows, groups * (blocks + 2 * (shared - 1)) * rows * math.prod(spans[1:]))


def input_saves_by_rows(w: Array, y: Array, dilation: Ints, groups: int) -> bool:
    """Whether BLAS adds up much: the products of several rows, of a kernel that is large, in memory that is at hand."""
    kernel, places = w.shape[2:], y.shape[2:]
    if math.prod(kernel) < ELEMENTS or not goes_by_rows(len(y), kernel, dilation, places):
        return False
    how = added(kernel, places, dilation, groups, w.shape[1], len(w) // groups)
    at_least = min(len(y), -(-COLUMNS // math.prod(how.spans[1:])))
    return how.high > 1 and at_least * how.size * y.itemsize <= 2 * layouts.CHUNK


def input_by_rows(
    out: Array, y: Array, w: Array, padding: Ints, dilation: Ints, groups: int, is_high: bool = True
) -> Iterator[None]:  # fmt: skip
    """``conv_input`` into ``out``, of strides 1: the products of a few rows of ``y`` at once, added up where rows overlap.

    With zeros after each row of ``y``, so that it is as long as a row of x, an element of the kernel puts its products at
    places that are neighbours in memory, as far from the first element's as the element is. Row ``high`` * i + p of x adds
    up row ``high`` * k + p of the block i - k for each k, of blocks that are zeros where there is none.
    """
    (n, channels, *lengths), (_, outputs, *places), kernel = out.shape, y.shape, w.shape[2:]
    each, depth, item = channels // groups, outputs // groups, out.itemsize
    high, shared, blocks, spans, rows, size = added(kernel, tuple(places), dilation, groups, each, depth, is_high)
    across, zeros = math.prod(spans[1:]), shared - 1
    weights = banded(w, groups, high, (1,), shared * high).swapaxes(-1, -2)
    far = [d * math.prod(spans[axis:]) for axis, d in enumerate(dilation[1:], 2)]
    not_zeros: Any = (..., *[slice(place) for place in places[1:]])
    sizes = outputs * places[0] * across, channels * high * (blocks + zeros) * across
    count = images_at_once(n, across, size * item // 2)
    with workspace(y.dtype, count * size, *[count * one for one in sizes]) as (room, wide, totals):
        yield
        many = 0
        for at in range(0, n, count):
            into, part = out[at : at + count], y[at : at + count]
            is_new, many = len(into) != many, len(into)
            columns = many * across
            given = np.ndarray((groups, places[0], depth, many, *spans[1:]), y.dtype, wide)
            part = rows_first(part.reshape(many, groups, depth, *places))
            products = np.ndarray((groups, blocks + 2 * zeros, rows, columns), y.dtype, room)
            if is_new:
                given[...] = products[:, :zeros] = products[:, zeros + blocks :] = 0
            copy_rows(given[not_zeros], part)
            np.matmul(
                weights, given.reshape(groups, blocks, high * depth, columns), out=products[:, zeros : zeros + blocks]
            )
            row, block = rows // (shared * high) * columns, rows * columns
            steps = [each * columns * math.prod(kernel[axis:]) - f for axis, f in enumerate(far, 2)]
            # The last k comes first, from the block that is farthest before.
            lines = np.ndarray(
                (groups, blocks + zeros, high, each, shared, *kernel[1:], columns), y.dtype, room,
                item * zeros * high * row,
                [item * step for step in ((blocks + 2 * zeros) * block, block, row, columns, block - high * row, *steps, 1)],
            )  # fmt: skip
            total = np.ndarray((*lines.shape[:4], columns), y.dtype, totals)
            np.add.reduce(lines, axis=tuple(range(4, lines.ndim - 1)), out=total)
            if high > 1 and not is_finite(total):  # zeros among the weights make NaN of infinity
                yield from input_by_rows(into, y[at : at + count], w, padding, dilation, groups, is_high=False)
                continue
            whole = total.reshape(groups, -1, each, many, *spans[1:])
            whole = whole.transpose(3, 0, 2, 1, *range(4, whole.ndim))[:, :, :, : spans[0]]
            put_kept(into.reshape(many, groups, each, *lengths), whole, padding)
