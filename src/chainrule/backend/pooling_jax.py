"""Pooling of the JAX backend: for each element of the window the array of those elements, of all windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .elementwise_jax import narrow, number as constant, widen_half
from .pooling_numpy import Axes, divided, lowest, on
from .windows import Axis, bounds, kernel_of, number_dtype, reach, regular, window_index as window_index

Array = Any


def numbered(axes: Axes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The elements of the window: their number, and that along each axis."""
    return enumerate(product(*[range(kernel_of(axis)) for axis in axes]))


def element_along(x: Array, at: int, axis: Axis, number: int, fill: Any) -> Array:
    """The elements with that number in the windows along an axis, the ``at``-th from the end; ``fill`` where there is none."""
    axis = regular(axis)
    if len(axis) == 2:
        first, last = bounds(axis)
        have = (first + number < last).reshape(-1, *[1] * (-at - 1))
        return jnp.where(have, jnp.take(x, np.minimum(first + number, axis[0] - 1), at), constant(fill, x))
    length, size, kernel, stride, padding, dilation = axis
    (span,) = reach((size,), (kernel,), (stride,), (dilation,))
    widths = [(0, 0, 0)] * x.ndim
    widths[at] = (padding, max(span, 0) - padding - length, 0)
    begin = number * dilation
    return lax.pad(x, constant(fill, x), widths)[on(at, slice(begin, begin + (size - 1) * stride + 1, stride))]


def put_along(x: Array, at: int, axis: Axis, number: int) -> Array:
    """The adjoint: zeros, with ``x`` added at those elements."""
    axis = regular(axis)
    if len(axis) == 2:
        first, last = bounds(axis)
        have = np.nonzero(first + number < last)[0]
        shape = list(x.shape)
        shape[at] = axis[0]
        return jnp.zeros(shape, x.dtype).at[on(at, first[have] + number)].add(x[on(at, have)])
    length, size, _, stride, padding, dilation = axis
    before = number * dilation - padding
    widths = [(0, 0, 0)] * x.ndim
    widths[at] = (before, length - before - (size - 1) * stride - 1, stride - 1)
    return lax.pad(x, constant(0, x), widths)


def element(x: Array, axes: Axes, numbers: tuple[int, ...], fill: Any) -> Array:
    for at, (axis, number) in enumerate(zip(axes, numbers, strict=True), -len(axes)):
        x = element_along(x, at, axis, number, fill)
    return x


def add_window(x: Array, axes: Axes, numbers: tuple[int, ...]) -> Array:
    for at, (axis, number) in enumerate(zip(axes, numbers, strict=True), -len(axes)):
        x = put_along(x, at, axis, number)
    return x


def window_max(x: Array, *, axes: Axes) -> Array:
    """The largest element of each window; NaN where there is one."""
    x = jnp.asarray(x)
    for at, axis in enumerate(axes, -len(axes)):
        found = [element_along(x, at, axis, number, lowest(x.dtype)) for number in range(kernel_of(axis))]
        x = found[0]
        for part in found[1:]:
            x = jnp.maximum(x, part)
    return x


def max_places(x: Array, *, axes: Axes) -> Array:
    """The number, in C order within the window, of the first of its largest elements; of the last NaN, if there is one."""
    x = jnp.asarray(x)
    is_there = jnp.ones(x.shape, bool)
    dtype = number_dtype(axes)
    first = (0,) * len(axes)
    best, found = element(x, axes, first, 0), element(is_there, axes, first, False)
    numbers = jnp.zeros(best.shape, dtype)
    for number, place in numbered(axes):
        if number:
            part, there = element(x, axes, place, 0), element(is_there, axes, place, False)
            better = there & (~found | (part > best) | (part != part))
            numbers = jnp.where(better, dtype(number), numbers)
            best, found = jnp.where(better, part, best), found | there
    return numbers


def window_pick(x: Array, places: Array, *, axes: Axes) -> Array:
    """The element of each window of ``x`` that has the number."""
    out = jnp.zeros(places.shape, x.dtype)
    for number, place in numbered(axes):
        out = jnp.where(places == number, element(x, axes, place, 0), out)
    return out


def window_route(x: Array, images: Array, largest: Array, *, axes: Axes) -> Array:
    """``window_put`` of ``x`` at the places in ``images`` where windows have their largest elements."""
    return window_put(x, max_places(images, axes=axes), axes=axes)


def window_put(x: Array, places: Array, *, axes: Axes) -> Array:
    """The adjoint: each element of ``x`` added to the element of its window that has the number."""
    out = jnp.zeros((*x.shape[: -len(axes)], *[axis[0] for axis in axes]), x.dtype)
    for number, place in numbered(axes):
        out = out + add_window(jnp.where(places == number, x, constant(0, x)), axes, place)
    return out


def avg_pool(x: Array, *, axes: Axes, divisor: Any) -> Array:
    """The sum of each window divided by ``divisor``."""
    total = widen_half(x)
    for at, axis in enumerate(axes, -len(axes)):
        total = sum(
            [element_along(total, at, axis, number, 0) for number in range(kernel_of(axis))],
            constant(0, total),
        )
    return narrow(divided(jnp, total, divisor), x)


def avg_pool_adjoint(x: Array, *, axes: Axes, divisor: Any) -> Array:
    g = divided(jnp, widen_half(x), divisor)
    for at, axis in enumerate(axes, -len(axes)):
        g = sum([put_along(g, at, axis, number) for number in range(kernel_of(axis))], constant(0, g))
    return narrow(g, x)
