"""Convolutions on NumPy arrays: windows copied side by side, so that BLAS does the rest.

Of x (N, C, ...), w (O, C / groups, *kernel) and y (N, O, ...), with i a place of y and j one of the kernel,

    <y, w * x> = sum of y[n, o, i] w[o, c, j] x[n, c, i * stride - padding + j * dilation]

is linear in each of the three. Its derivative by one of them is one of the functions here: ``convolution`` by y,
``conv_input`` by x, ``conv_weight`` by w.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .linalg_numpy import HALVES
from .windows import Ints, all_parts, reach

Array = Any

CHUNK = 1 << 20
"""So many bytes of windows are laid out at once: they should still be in the cache when BLAS reads them."""


def convolution(
    x: Array, w: Array, b: Array | None, *,
    stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints,
) -> Array:  # fmt: skip
    """(N, O, *lengths): each output element the sum of a window of ``x`` (zeros around it), weighed with ``w``, plus ``b``."""
    if x.dtype.char in HALVES:
        wide = [None if a is None else a.astype(np.float32) for a in (x, w, b)]
        out = convolution(*wide, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=lengths)
        return out.astype(x.dtype)
    n, channels, *places = x.shape
    kernel, inner = w.shape[2:], math.prod(lengths)
    out = np.empty((n, w.shape[0], *lengths), x.dtype)
    if not out.size:
        return out
    weights = w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))
    products = out.reshape(n, *weights.shape[:2], inner)
    bias = None if b is None else b.reshape(*weights.shape[:2], 1)
    rows = weights.shape[-1]
    if math.prod(kernel) == math.prod(stride) == 1 and not any(padding) and tuple(places) == lengths:
        np.matmul(weights, x.reshape(n, groups, rows, inner), out=products)
        if bias is not None:
            products += bias
        return out
    count = at_once(n, channels * math.prod(kernel) * inner * x.itemsize)
    laid = np.empty((count, channels, *kernel, *lengths), x.dtype)
    matrices = laid.reshape(count, groups, rows, inner)
    for at, view in windows(x, count, kernel, stride, padding, dilation, lengths):
        laid[: len(view)] = view
        part = products[at : at + count]
        np.matmul(weights, matrices[: len(view)], out=part)
        if bias is not None:
            part += bias
    return out


def conv(x: Array, w: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints) -> Array:
    return convolution(x, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=lengths)


def at_once(n: int, nbytes: int) -> int:
    """How many of ``n`` images to take at once, if the windows of one are so large."""
    return max(1, min(n, CHUNK // max(nbytes, 1)))


def windows(
    x: Array, count: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, lengths: Ints
) -> Iterator[tuple[int, Array]]:
    """Views (n, C, *kernel, *lengths) of the windows of ``count`` images at a time; the memory may be that of the last one."""
    spans = reach(lengths, kernel, stride, dilation)
    if not any(padding) and all(span <= length for span, length in zip(spans, x.shape[2:], strict=True)):
        views = spread(x, kernel, stride, dilation, lengths)
        for at in range(0, len(x), count):
            yield at, views[at : at + count]
        return
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


def conv_input(y: Array, w: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints) -> Array:
    """The adjoint of ``conv`` in x, (N, C, *lengths): each element of ``y``, weighed, goes to the window that it came from."""
    outputs, each, *kernel = w.shape
    if math.prod(stride) == 1 and outputs <= 3 * groups * each:
        # A convolution with the kernel turned around: copying the windows of y is faster than adding up those of x.
        turned = w[(..., *[slice(None, None, -1)] * len(kernel))]
        turned = turned.reshape(groups, outputs // groups, each, *kernel).swapaxes(1, 2)
        around = tuple([d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True)])
        return conv(
            y, turned.reshape(groups * each, outputs // groups, *kernel),
            stride=stride, padding=around, dilation=dilation, groups=groups, lengths=lengths,
        )  # fmt: skip
    if y.dtype.char in HALVES:
        wide = [a.astype(np.float32) for a in (y, w)]
        out = conv_input(*wide, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=lengths)
        return out.astype(y.dtype)
    n, places = y.shape[0], y.shape[2:]
    inner, channels = math.prod(places), groups * each
    out = np.zeros((n, channels, *lengths), y.dtype)
    if not y.size:
        return out
    weights = w.reshape(groups, outputs // groups, each * math.prod(kernel)).swapaxes(-1, -2)
    y = y.reshape(n, groups, outputs // groups, inner)
    axes = tuple(zip(lengths, places, kernel, stride, padding, dilation, strict=True))
    count = at_once(n, channels * math.prod(kernel) * inner * y.itemsize)
    for at in range(0, n, count):
        laid = np.matmul(weights, y[at : at + count])
        add_windows(out[at : at + count], laid.reshape(-1, channels, math.prod(kernel), *places), axes)
    return out


def add_windows(out: Array, laid: Array, axes: tuple[Ints, ...]) -> None:
    """Add windows (n, C, kernel, *sizes) to ``out`` where they lie in it."""
    for number, have, where in all_parts(axes):
        part = out[(..., *where)]
        part += laid[(slice(None), slice(None), number, *have)]


def conv_weight(
    x: Array, y: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Array:
    """The adjoint of ``conv`` in w, (O, C / groups, *lengths): the sum of the windows of ``x``, weighed with ``y``."""
    if x.dtype.char in HALVES:
        wide = [a.astype(np.float32) for a in (x, y)]
        out = conv_weight(*wide, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=lengths)
        return out.astype(x.dtype)
    n, channels = x.shape[:2]
    outputs, places = y.shape[1], y.shape[2:]
    each, inner = channels // groups, math.prod(places)
    out = np.zeros((groups, outputs // groups, each * math.prod(lengths)), x.dtype)
    if x.size and y.size:
        count = at_once(n, channels * math.prod(lengths) * inner * x.itemsize)
        order = (*range(1, 2 + len(lengths)), 0, *range(2 + len(lengths), 2 + 2 * len(lengths)))
        for at, view in windows(x, count, lengths, stride, padding, dilation, places):
            laid = np.ascontiguousarray(view.transpose(order)).reshape(groups, out.shape[-1], -1)
            weights = np.ascontiguousarray(y[at : at + count].swapaxes(0, 1)).reshape(groups, outputs // groups, -1)
            out += np.matmul(weights, laid.swapaxes(-1, -2))
    return out.reshape(outputs, each, *lengths)


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
    add_windows(out, x.reshape(len(out), rows // kernel, kernel, *sizes), axes)
    return out.reshape(*lead, *shape)
