"""Convolutions on NumPy arrays: windows copied side by side, so that BLAS does the rest.

Of x (N, C, ...), w (O, C / groups, *kernel) and y (N, O, ...), with i a place of y and j one of the kernel,

    <y, w * x> = sum of y[n, o, i] w[o, c, j] x[n, c, i * stride - padding + j * dilation]

is linear in each of the three. Its derivative by one of them is one of the functions here: ``convolution`` by y,
``conv_input`` by x, ``conv_weight`` by w.

Windows are laid out one by one here, or by rows (``conv_rows_numpy``), whichever copies less.

Threads share out the images, or parts of them, each with the copies and the products of its own. The parts depend on the
shapes alone, and what is summed over them is summed in their order: results do not depend on which thread was faster.
The kernels are generators: from where they yield on, NumPy has all that it needs (``threads_numpy.share_out``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import wraps
from typing import Any

import numpy as np

from ..promotion import is_half
from .conv_rows_numpy import (
    FORWARD,
    Bands,
    by_rows,
    height,
    input_by_rows,
    input_saves_by_rows,
    is_finite,
    saves_by_rows,
    weight_by_rows,
)
from .threads_numpy import cuts, in_parallel, share_out
from .window_layouts_numpy import (
    Workspace,
    at_once,
    copy_rows,
    laid,
    put_kept,
    slabs_of,
    to_end,
    to_front,
    to_lay,
    windows,
)
from .windows import Element, Ints, all_parts, reach

Array = Any

SHORT = 8
"""Rows of up to so many places are laid out faster with the images as the last axis in memory: a row of all is one copy."""
SHARED = 1 << 24
"""So many products and copies, a copy counted as ``COPY`` products, are worth a second thread."""
MORE = 1 << 28
"""So many are worth more parts than two: each hands the interpreter's lock over a few times."""
COPY = 16
LEAST = 16
"""From so many channels of ``y`` on, BLAS is fast at products by channel."""
MOST = 8
"""Into so many parts work is shared out at most."""


def in_single(function: Callable[..., Array]) -> Callable[..., Array]:
    """Halves are summed in single precision."""

    @wraps(function)
    def widened(*arrays: Array, **settings: Any) -> Array:
        dtype = arrays[0].dtype
        if not is_half(dtype):
            return function(*arrays, **settings)
        return function(*[a.astype(np.float32) for a in arrays], **settings).astype(dtype)

    return widened


# -- parts --------------------------------------------------------------------------------------------------------------


def number_of_parts(rows: int, outputs: int, places: int) -> int:
    """Of a product of windows, ``rows`` of them at so many places: how many parts to share it out in."""
    work = rows * (outputs + COPY) * places
    return 1 if work < SHARED else min(2 << (work // MORE).bit_length(), MOST)


def parts_of(images: int, height: int, number: int) -> list[tuple[slice, slice]]:
    """About so many parts: slices of the images, and of the first axis of their places."""
    if number > images:
        slabs = cuts(height, -(-number // images))
        return [(image, slab) for image in cuts(images, images) for slab in slabs]
    return [(part, slice(0, height)) for part in cuts(images, number)]


def below(x: Array, padding: Ints, first: int) -> tuple[Array, Ints]:
    """``x``, and its padding, for windows of which the first begins ``first`` places later along the first axis."""
    start = first - padding[0]
    return (x, (-start, *padding[1:])) if start <= 0 else (x[:, :, start:], (0, *padding[1:]))


def is_short(images: int, kernel: Ints, lengths: Ints) -> bool:
    """Whether the windows of so many images are better laid out with the images last."""
    return lengths[-1] <= SHORT and images > 1 and math.prod(kernel) > 1


# -- the three ----------------------------------------------------------------------------------------------------------


@in_single
def convolution(
    x: Array, w: Array, b: Array | None = None, *,
    stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints,
) -> Array:  # fmt: skip
    """(N, O, *lengths): each output element the sum of a window of ``x`` (zeros around it), weighed with ``w``, plus ``b``."""
    n, outputs, each, kernel = len(x), w.shape[0] // groups, w.shape[1], w.shape[2:]
    rows, inner = each * math.prod(kernel), math.prod(lengths)
    out = np.empty((n, outputs * groups, *lengths), x.dtype)
    if not out.size:
        return out
    number = number_of_parts(groups * rows, outputs, n * inner)
    if math.prod(kernel) == math.prod(stride) == 1 and not any(padding) and x.shape[2:] == lengths:
        weights, images = w.reshape(groups, outputs, rows), x.reshape(n, groups, rows, inner)
        products = out.reshape(n, groups, outputs, inner)
        bias = None if b is None else b.reshape(groups, outputs, 1)

        def multiply(part: slice) -> None:
            np.matmul(weights, images[part], out=products[part])
            if bias is not None:
                products[part] += bias

        in_parallel(multiply, cuts(n, number))
        return out

    def convolve(part: tuple[slice, slice]) -> Iterator[None]:
        images, whole = part
        for slab in slabs_of(whole, nbytes):
            into = out[images, :, slab]
            given, around = below(x[images], padding, slab.start * stride[0])
            if saves_by_rows(len(given), rows, outputs, kernel, stride, dilation, into.shape[2:]):
                high = height(outputs, kernel, stride, into.shape[2], FORWARD)
                yield from by_rows(into, given, bands, b, stride, around, dilation, high)
            else:
                yield from by_windows(into, given, w, b, stride, around, dilation, groups)

    bands, nbytes = Bands(w, groups, stride[0]), groups * rows * math.prod(lengths[1:]) * x.itemsize
    share_out(convolve, parts_of(n, lengths[0], number))
    return out


def by_windows(
    out: Array, x: Array, w: Array, b: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Iterator[None]:  # fmt: skip
    """``convolution`` into ``out``. The bias is one more weight, of a row of ones."""
    n, lengths, kernel = len(out), out.shape[2:], w.shape[2:]
    outputs, rows, inner = len(w) // groups, math.prod(w.shape[1:]), math.prod(lengths)
    taken, split = rows + (b is not None), (groups, w.shape[1], *kernel, *lengths)
    weights = np.empty((groups, outputs, taken), w.dtype)
    weights[..., :rows] = w.reshape(groups, outputs, rows)
    if b is not None:
        weights[..., rows] = b.reshape(groups, outputs)
    images_last = is_short(n, kernel, lengths) and rows >= 2 * outputs
    count = at_once(n, groups * rows * inner * x.itemsize)
    sliding = kernel, stride, padding, dilation, lengths, count, images_last
    sizes = count * groups * taken * inner, count * groups * outputs * inner * images_last, to_lay(x, *sliding)
    products = out.reshape(n, groups, outputs, inner)
    many = 0
    with Workspace(x.dtype, *sizes) as (room, results, padded):
        views = windows(x, padded, *sliding)
        yield
        for at, view in views:
            if len(view) != many:  # which the last one may be
                many = len(view)
                matrices = room[: many * groups * taken * inner]
                if images_last:
                    matrices = matrices.reshape(groups, taken, inner * many)
                    laid = to_front(matrices[:, :rows].reshape(*split, many))
                    found = results[: groups * outputs * inner * many].reshape(groups, outputs, inner * many)
                    moved = to_front(found.reshape(groups, outputs, inner, many))
                else:
                    matrices = matrices.reshape(many, groups, taken, inner)
                    laid = matrices[:, :, :rows].reshape(many, *split)
                matrices[..., rows:, :] = 1
            copy_rows(laid, view.reshape(many, *split))
            into = products[at : at + many]
            if images_last:
                np.matmul(weights, matrices, out=found)
                into[...] = moved
            else:
                np.matmul(weights, matrices, out=into)


def conv(x: Array, w: Array, **settings: Any) -> Array:
    return convolution(x, w, **settings)


@in_single
def conv_input(y: Array, w: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints) -> Array:
    """The adjoint of ``conv`` in x, (N, C, *lengths): each element of ``y``, weighed, goes to the window that it came from.

    The fast ways, for strides 1, have zeros around ``y``, which no infinite weight may meet.
    """
    n, outputs, each, kernel = len(y), len(w) // groups, w.shape[1], w.shape[2:]
    places, channels, rows = y.shape[2:], groups * each, each * math.prod(kernel)
    copied, added = groups * outputs * math.prod(lengths), channels * math.prod(places)
    images_last = is_short(n, kernel, places)
    is_dense, adds = math.prod(stride) == 1 and is_finite(w), outputs >= max(2 * each, LEAST)
    turns = not adds and saves_by_rows(n, outputs * math.prod(kernel), each, kernel, stride, dilation, lengths)
    if is_dense and copied <= 3 * added and (turns or not (adds or images_last)):
        # A convolution with the kernel turned around: copying the windows of y is faster than adding up those of x.
        turned = np.ascontiguousarray(w[(..., *[slice(None, None, -1)] * len(kernel))])
        turned = turned.reshape(groups, outputs, each, *kernel).swapaxes(1, 2)
        around = tuple([d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True)])
        return conv(
            y, turned.reshape(channels, outputs, *kernel),
            stride=stride, padding=around, dilation=dilation, groups=groups, lengths=lengths,
        )  # fmt: skip
    out = np.empty((n, channels, *lengths), y.dtype)
    if not y.size:
        out[...] = 0
        return out

    in_rows = is_dense and adds and input_saves_by_rows(w, y, dilation, groups)

    def put(images: slice) -> Iterator[None]:
        if in_rows:
            return input_by_rows(out[images], y[images], bands, padding, dilation)
        if is_dense and not images_last:
            return add_planes(out[images], y[images], w, padding, dilation, groups)
        return add_products(out[images], y[images], w, stride, padding, dilation, groups, images_last)

    bands = Bands(w, groups, 1)
    share_out(put, cuts(n, number_of_parts(groups * rows, outputs, n * math.prod(places))))
    return out


def add_products(
    out: Array, y: Array, w: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, images_last: bool
) -> Iterator[None]:  # fmt: skip
    """``conv_input`` into ``out``: windows that are all products, added up."""
    outputs, each, *kernel = w.shape
    (n, channels, *lengths), places = out.shape, y.shape[2:]
    rows, inner = each * math.prod(kernel), math.prod(places)
    weights = w.reshape(groups, outputs // groups, rows).swapaxes(-1, -2)
    y = y.reshape(n, groups, outputs // groups, inner)
    elements = list(all_parts(tuple(zip(lengths, places, kernel, stride, padding, dilation, strict=True))))
    count = at_once(n, groups * rows * inner * y.itemsize)
    sizes = groups * rows * inner, outputs * inner, channels * math.prod(lengths)
    with Workspace(y.dtype, *[count * size for size in sizes]) as (room, moved, totals):
        yield
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
                into[...] = 0
                add_windows(into, found.reshape(len(part), channels, math.prod(kernel), *places), elements)


def add_planes(out: Array, y: Array, w: Array, padding: Ints, dilation: Ints, groups: int) -> Iterator[None]:
    """``conv_input`` into ``out``, of strides 1: the products of an element of the kernel are added up in one piece.

    With zeros after each row of ``y``, so that it is as long as a row of x, an element of the kernel puts its products at
    places that are neighbours in memory, one row after the other: as far from the first as the element is. With as many
    zeros between them, the sum goes over lines of one length.
    """
    (n, channels), (_, outputs, *places), kernel = out.shape[:2], y.shape, w.shape[2:]
    rows = math.prod(w.shape[1:])
    spans = reach(tuple(places), kernel, (1,) * len(kernel), dilation)
    far = [d * math.prod(spans[axis:]) for axis, d in enumerate(dilation, 1)]
    between = sum((k - 1) * f for k, f in zip(kernel, far, strict=True))
    inner = places[0] * math.prod(spans[1:])
    length = inner + between
    weights = w.reshape(groups, outputs // groups, rows).swapaxes(-1, -2)
    count = at_once(n, groups * rows * length * out.itemsize)
    sizes = between + count * groups * rows * length, count * outputs * inner, count * channels * length
    with Workspace(out.dtype, *sizes) as (room, wide, sums):
        room[...] = 0
        wide[...] = 0
        given = wide.reshape(count, outputs, places[0], *spans[1:])
        found = room[between:].reshape(count, groups, rows, length)
        item = out.itemsize
        steps = [length * math.prod(kernel[axis:]) - f for axis, f in enumerate(far, 1)]
        lines = np.ndarray(
            (count, channels, *kernel, length), out.dtype, room, item * between,
            [item * step for step in (groups * rows * length, math.prod(kernel) * length, *steps, 1)],
        )  # fmt: skip
        yield
        for at in range(0, n, count):
            into = out[at : at + count]
            many = len(into)
            copy_rows(given[(slice(many), ..., *[slice(place) for place in places])], y[at : at + count])
            columns = given[:many].reshape(many, groups, outputs // groups, inner)
            np.matmul(weights, columns, out=found[:many, ..., :inner])
            total = sums[: many * channels * length].reshape(many, channels, length)
            np.add.reduce(lines[:many], axis=tuple(range(2, 2 + len(kernel))), dtype=out.dtype, out=total)
            put_kept(into, total[..., : math.prod(spans)].reshape(many, channels, *spans), padding)


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
    n, places, outputs, each = len(x), y.shape[2:], y.shape[1], x.shape[1] // groups
    rows = each * math.prod(lengths)
    if not (x.size and y.size):
        return np.zeros((outputs, each, *lengths), x.dtype)
    number = number_of_parts(groups * rows, outputs // groups, n * math.prod(places))
    number = max(1, min(number, (x.size + y.size) // (outputs * rows)))  # each keeps a sum
    parts = parts_of(n, places[0], number)
    shares = cuts(len(parts), number)
    sums: list[Any] = [None] * len(shares)

    def weigh(share: int) -> Iterator[None]:
        for images, whole in parts[shares[share]]:
            for slab in slabs_of(whole, nbytes):
                given, around = below(x[images], padding, slab.start * stride[0])
                part = y[images, :, slab]
                found = yield from weight_of(given, part, stride, around, dilation, groups, lengths)
                sums[share] = found if sums[share] is None else np.add(sums[share], found, out=found)

    nbytes = groups * rows * math.prod(places[1:]) * x.itemsize
    share_out(weigh, range(len(shares)))
    for one in sums[1:]:
        sums[0] += one
    return sums[0]


def weight_of(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Generator[None, None, Array]:
    """``conv_weight``, the way that copies least."""
    places, outputs, rows = y.shape[2:], y.shape[1] // groups, x.shape[1] // groups * math.prod(lengths)
    settings = stride, padding, dilation, groups, lengths
    if saves_by_rows(len(x), rows, outputs, lengths, stride, dilation, places):
        return weight_by_rows(x, y, *settings)
    images_last = is_short(len(x), lengths, places) and rows >= 2 * outputs
    if rows <= math.prod(places) and not images_last:  # to add up products is less than to lay out y
        return weight_by_image(x, y, *settings)
    return weight_by_windows(x, y, *settings, images_last)


def weight_by_image(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Generator[None, None, Array]:
    """``conv_weight`` as the sum of a product for each image."""
    places, outputs, each = y.shape[2:], y.shape[1] // groups, x.shape[1] // groups
    rows, inner = each * math.prod(lengths), math.prod(places)
    count = at_once(len(x), groups * rows * inner * x.itemsize)
    out = np.zeros((groups, rows, outputs), x.dtype)
    sliding = lengths, stride, padding, dilation, places, count, False
    columns = y.reshape(len(y), groups, outputs, inner).swapaxes(-1, -2)
    sizes = count * groups * rows * inner, count * out.size, to_lay(x, *sliding)
    with Workspace(x.dtype, *sizes) as (room, results, padded):
        products, views = results.reshape(count, *out.shape), windows(x, padded, *sliding)
        yield
        for at, view in views:
            many = len(view)
            matrices = laid(room, view).reshape(many, groups, rows, inner)
            np.matmul(matrices, columns[at : at + many], out=products[:many])
            out += np.add.reduce(products[:many], axis=0)
    return weights_of(out, lengths)


def weight_by_windows(
    x: Array, y: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints, images_last: bool
) -> Generator[None, None, Array]:
    """``conv_weight`` as one product of all images: those are summed over as places are, so they go behind or before them."""
    places, dims, outputs, each = y.shape[2:], len(lengths), y.shape[1] // groups, x.shape[1] // groups
    rows, inner = each * math.prod(lengths), math.prod(places)
    count = at_once(len(x), groups * rows * inner * x.itemsize)
    order = (*range(1, dims + 2), 0, *range(dims + 2, 2 * dims + 2))
    out = np.zeros((groups, rows, outputs), x.dtype)
    sizes = count * groups * rows * inner, count * groups * outputs * inner
    sliding = lengths, stride, padding, dilation, places, count, images_last
    with Workspace(x.dtype, *sizes, to_lay(x, *sliding)) as (room, moved, padded):
        views = windows(x, padded, *sliding)
        yield
        for at, view in views:
            part = y[at : at + count]
            columns = inner * len(part)
            matrices = laid(room, to_end(view) if images_last else view.transpose(order))
            if len(part) > 1:
                part = laid(moved, to_end(part) if images_last else part.swapaxes(0, 1))
            # BLAS is a fifth slower with y first.
            out += np.matmul(
                matrices.reshape(groups, rows, columns),
                part.reshape(groups, outputs, columns).swapaxes(-1, -2),
            )
    return weights_of(out, lengths)


def weights_of(sums: Array, kernel: Ints) -> Array:
    """Sums (groups, rows, outputs) in the layout of weights."""
    groups, rows, outputs = sums.shape
    return np.ascontiguousarray(sums.swapaxes(-1, -2)).reshape(groups * outputs, rows // math.prod(kernel), *kernel)


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
