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
from .window_layouts_numpy import Workspace, copy_rows, put_kept, strided
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
    """Where windows of some images lie, by rows, and rows of the result: shapes, and strides in bytes."""

    images: slice
    laid: Ints
    """The axes of what is laid out: group, row, kernel[1:], channel, image, lengths[1:]."""
    seen: Ints
    """Where the same elements are in the images: the strides of these axes."""
    parts: tuple[Element, ...] | None
    """Or what to copy of them for each element of the kernel, where windows reach over zeros."""
    matrices: Ints
    """The axes of the matrices, each of all that some rows of the result reach over: group, lengths[0] / high, row, column."""
    steps: Ints
    rows: Ints
    """The axes of rows of the result: group, lengths[0], channel, image, lengths[1:]."""
    products: Ints
    """The same as matrices: group, lengths[0] / high, high * channel, column."""


@lru_cache
def layouts_of(
    shape: Ints, strides: Ints, itemsize: int, outputs: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints,
    groups: int, lengths: Ints, high: int,
) -> tuple[Ints, tuple[Layout, ...]]:  # fmt: skip
    """How many elements they take, and the layouts of some images after the others.

    ``shape`` and ``strides`` are those of all images, ``outputs`` the channels of the result.
    """
    (n, channels, *places), spans = shape, reach(lengths, kernel, stride, dilation)
    each, across, (of_image, of_channel, of_row, *steps) = channels // groups, math.prod(lengths[1:]), strides
    parts: tuple[Element, ...] | None = None
    if any(padding) or any(span > length for span, length in zip(spans, places, strict=True)):
        first = places[0], spans[0], 1, 1, padding[0], 1
        others = zip(places[1:], lengths[1:], kernel[1:], stride[1:], padding[1:], dilation[1:], strict=True)
        parts = tuple(all_parts((first, *others)))
    seen = (
        of_channel * each, of_row, *[step * d for step, d in zip(steps, dilation[1:], strict=True)],
        of_channel, of_image, *[step * s for step, s in zip(steps, stride[1:], strict=True)],
    )  # fmt: skip
    row, blocks, depth = math.prod(kernel[1:]) * each, lengths[0] // high, outputs // groups
    size = groups * spans[0] * row * across
    count = images_at_once(n, across, size * itemsize)

    def layout(images: slice) -> Layout:
        many = images.stop - images.start
        columns = many * across
        return Layout(
            images,
            (groups, spans[0], *kernel[1:], each, many, *lengths[1:]),
            seen,
            parts,
            (groups, blocks, span(high, kernel, stride) * row, columns),
            tuple(
                [itemsize * step for step in (spans[0] * row * columns, stride[0] * high * row * columns, columns, 1)]
            ),
            (groups, lengths[0], depth, many, *lengths[1:]),
            (groups, blocks, high * depth, columns),
        )

    found = tuple([layout(slice(at, min(at + count, n))) for at in range(0, n, count)])
    return (count * size, count * outputs * math.prod(lengths)), found


class Rows(NamedTuple):
    """Of some images."""

    images: slice
    lay: Callable[[], None]
    """Lays out the windows."""
    matrices: Array
    """What lies there then."""
    result: Array
    """Room for rows of the result (group, lengths[0], channel, image, lengths[1:]),"""
    products: Array
    """and the same as matrices."""


def row_windows(
    x: Array, outputs: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints,
    high: int,
) -> Iterator[Rows]:  # fmt: skip
    """The windows of some images after the others, laid out in the same memory."""
    dtype = x.dtype
    sizes, found = layouts_of(
        x.shape, x.strides, x.itemsize, outputs, kernel, stride, padding, dilation, groups, lengths, high
    )
    with Workspace(dtype, *sizes) as (room, results):
        many = 0
        for of in found:
            images = x[of.images]
            rows = np.ndarray(of.laid, dtype, room)
            if of.parts is None:
                lay = partial(copy_rows, rows, strided(images, of.laid, of.seen))
            else:
                is_new, many = len(images) != many, len(images)
                lay = partial(lay_parts, rows, images, groups, of.parts, is_new)
            yield Rows(
                of.images, lay, np.ndarray(of.matrices, dtype, room, 0, of.steps),
                np.ndarray(of.rows, dtype, results), np.ndarray(of.products, dtype, results),
            )  # fmt: skip


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
    out: Array, x: Array, bands: Bands, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, high: int
) -> Iterator[None]:  # fmt: skip
    """``convolution`` into ``out``, ``high`` rows at once."""
    outputs, lengths, kernel, groups = out.shape[1], out.shape[2:], bands.kernel, bands.groups
    wide = rows_first(out.reshape(len(out), groups, outputs // groups, *lengths))
    weights = bands[high, span(high, kernel, stride)]
    for images, lay, matrices, found, products in row_windows(
        x, outputs, kernel, stride, padding, dilation, groups, lengths, high
    ):
        yield
        lay()
        np.matmul(weights, matrices, out=products)
        if high > 1 and not is_finite(found):  # zeros among the weights make NaN of infinity
            yield from by_rows(out[images], x[images], bands, bias, stride, padding, dilation, 1)
            continue
        if bias is not None:
            np.add(found, bias.reshape(groups, 1, -1, 1, *[1] * len(lengths[1:])), out=found)
        copy_rows(wide[:, :, :, images], found)


class Bands(dict[tuple[int, int], Array]):
    """The weights of ``high`` rows of a result at once, which reach over so many of x: made once for all parts of it.

    They are (groups, 1, high * outputs, elements of the rows that they reach over), zeros where only other rows reach.
    """

    def __init__(self, w: Array, groups: int, stride: int) -> None:
        self.w, self.groups, self.stride, self.kernel = w, groups, stride, w.shape[2:]

    def __missing__(self, rows: tuple[int, int]) -> Array:
        (high, reached), (outputs, each), groups, long = rows, self.w.shape[:2], self.groups, self.kernel[0]
        depth = outputs // groups
        rows_of = self.w.reshape(groups, depth, each, long, -1).transpose(0, 1, 3, 4, 2)
        band = np.zeros((groups, high, depth, reached, *rows_of.shape[3:]), self.w.dtype)
        for row in range(high):
            band[:, row, :, row * self.stride : row * self.stride + long] = rows_of
        made = self[rows] = band.reshape(groups, 1, high * depth, -1)
        return made


def weight_by_rows(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Generator[None, None, Array]:
    """``conv_weight``: of the products with ``high`` rows at once, those that belong to each of them are added up."""
    (n, outputs, *places), each = y.shape, x.shape[1] // groups
    high = height(outputs // groups, lengths, stride, places[0], BACKWARD)
    reached = span(high, lengths, stride)
    out = np.zeros((groups, reached * math.prod(lengths[1:]) * each, high * (outputs // groups)), x.dtype)
    wide = rows_first(y.reshape(n, groups, outputs // groups, *places))
    for images, lay, matrices, rows, products in row_windows(
        x, outputs, lengths, stride, padding, dilation, groups, tuple(places), high
    ):
        yield
        lay()
        copy_rows(rows, wide[:, :, :, images])
        out += np.matmul(matrices, products.swapaxes(-1, -2)).sum(axis=1)
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
    out: Array, y: Array, bands: Bands, padding: Ints, dilation: Ints, is_high: bool = True
) -> Iterator[None]:  # fmt: skip
    """``conv_input`` into ``out``, of strides 1: the products of a few rows of ``y`` at once, added up where rows overlap.

    With zeros after each row of ``y``, so that it is as long as a row of x, an element of the kernel puts its products at
    places that are neighbours in memory, as far from the first element's as the element is. Row ``high`` * i + p of x adds
    up row ``high`` * k + p of the block i - k for each k, of blocks that are zeros where there is none.
    """
    (n, channels, *lengths), (_, outputs, *places), kernel, groups = out.shape, y.shape, bands.kernel, bands.groups
    each, depth, item = channels // groups, outputs // groups, out.itemsize
    high, shared, blocks, spans, rows, size = added(kernel, tuple(places), dilation, groups, each, depth, is_high)
    across, zeros = math.prod(spans[1:]), shared - 1
    weights = bands[high, shared * high].swapaxes(-1, -2)
    far = [d * math.prod(spans[axis:]) for axis, d in enumerate(dilation[1:], 2)]
    not_zeros: Any = (..., *[slice(place) for place in places[1:]])
    sizes = outputs * places[0] * across, channels * high * (blocks + zeros) * across
    count = images_at_once(n, across, size * item // 2)
    with Workspace(y.dtype, count * size, *[count * one for one in sizes]) as (room, wide, totals):
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
                given[...] = 0
                for k in range(1, shared):  # what is read of the blocks before and behind
                    products[:, zeros - k, rows * k // shared :] = 0
                    products[:, zeros + blocks - 1 + k, : rows - rows * k // shared] = 0
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
                yield from input_by_rows(into, y[at : at + count], bands, padding, dilation, is_high=False)
                continue
            whole = total.reshape(groups, -1, each, many, *spans[1:])
            whole = whole.transpose(3, 0, 2, 1, *range(4, whole.ndim))[:, :, :, : spans[0]]
            put_kept(into.reshape(many, groups, each, *lengths), whole, padding)
