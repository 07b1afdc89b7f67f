"""Pooling on NumPy arrays: one strided slice for each element of the window, axis by axis where that is the same.

``axes`` has a window axis (``windows.py``) for each of the last axes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..promotion import is_half
from .pooling_pairs_numpy import are_pairs, largest_of_pairs, route_to_pairs
from .threads_numpy import cuts, in_parallel, workers
from .windows import (
    Axis,
    all_parts,
    along,
    bounds,
    firsts,
    is_tiled,
    kernel_of,
    number_dtype,
    overlap,
    parts,
    regular,
    window_index as window_index,
)

Array = Any
Axes = tuple[Axis, ...]

BLOCK = 1 << 17
"""Elements that are worked on at once."""
SHARED = 2 * BLOCK
"""The same where several threads work: the hand-over of the interpreter's lock costs more than the cache saves."""
LONG = 8
"""From so many elements on, NumPy reduces a window faster than slices do."""


def on(at: int, place: Any) -> tuple[Any, ...]:
    """The key of places along one axis, the ``at``-th from the end."""
    return (..., place, *[slice(None)] * (-at - 1))


def with_axis(x: Array, at: int, length: int) -> tuple[int, ...]:
    return (*x.shape[:at], length, *x.shape[x.ndim + at + 1 :])


def padded(x: Array, at: int, axis: Axis, fill: Any) -> Array:
    """``x`` with as much around it as the windows along the axis reach over it."""
    if len(axis) == 2:
        return x
    length, size, kernel, stride, padding, dilation = axis
    span = (size - 1) * stride + (kernel - 1) * dilation + 1
    if not padding and span <= length:
        return x
    room = np.full(with_axis(x, at, max(span, padding + length)), fill, x.dtype)
    room[on(at, slice(padding, padding + length))] = x
    return room


def element(x: Array, at: int, axis: Axis, number: int, fill: Any) -> Array:
    """Of what is padded, the elements with that number in their windows along the axis."""
    if len(axis) == 2:
        first, last = bounds(axis)
        part = x[on(at, np.minimum(first + number, axis[0] - 1))]
        part[on(at, first + number >= last)] = fill
        return part
    _, size, _, stride, _, dilation = axis
    begin = number * dilation
    return x[on(at, slice(begin, begin + (size - 1) * stride + 1, stride))]


def reduced(combine: Any, start: Any, x: Array, at: int, axis: Axis) -> Array:
    """The windows along one axis, each reduced by a ufunc for which ``start`` is as good as nothing."""
    axis = regular(axis)
    size, kernel = axis[1], kernel_of(axis)
    if is_tiled(axis) and kernel >= LONG:
        tiles = x[on(at, slice(size * kernel))]
        return combine.reduce(tiles.reshape(*tiles.shape[:at], size, kernel, *tiles.shape[tiles.ndim + at + 1 :]), at)
    x = padded(x, at, axis, start)
    if kernel == 1:
        return np.array(element(x, at, axis, 0, start), order="C")
    out = combine(element(x, at, axis, 0, start), element(x, at, axis, 1, start))
    for number in range(2, kernel):
        combine(out, element(x, at, axis, number, start), out=out)
    return out


def lowest(dtype: Any) -> Any:
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def window_max(x: Array, *, axes: Axes) -> Array:
    """The largest element of each window; NaN where there is one."""
    return by_blocks(largest, pooled(x, axes, x.dtype), np.ascontiguousarray(x), axes=axes)


def pooled(x: Array, axes: Axes, dtype: Any) -> Array:
    """An array for one element of each window."""
    return np.empty((*x.shape[: -len(axes)], *[axis[1] for axis in axes]), dtype)


def largest(out: Array, x: Array, axes: Axes) -> None:
    if are_pairs(axes):
        largest_of_pairs(out, x)
        return
    start = lowest(x.dtype)
    for at in range(-1, -len(axes) - 1, -1):
        x = reduced(np.maximum, start, x, at, axes[at])
    out[...] = x


# -- which element is the largest ---------------------------------------------------------------------------------------


def by_blocks(kernel: Any, out: Array, *arrays: Array, axes: Axes) -> Array:
    """``kernel(out, *arrays, axes)`` on a few images at a time: what it makes in between stays in the cache."""
    images = math.prod(out.shape[: -len(axes)])
    flat = [one.reshape(images, *one.shape[-len(axes) :]) for one in (out, *arrays)]
    size = max([math.prod(one.shape[1:]) for one in flat] + [1])
    is_shared = images * size >= 2 * SHARED and workers() > 1
    number = max(1, -(-images * size // (SHARED if is_shared else BLOCK)))
    if is_shared:
        number = -(-number // workers()) * workers()  # none waits for the last one

    def block(some: slice) -> None:
        kernel(*[one[some] for one in flat], axes)

    if is_shared:
        in_parallel(block, cuts(images, number))
    else:
        for some in cuts(images, number):
            block(some)
    return out


def max_places(x: Array, *, axes: Axes) -> Array:
    """The number, in C order within the window, of the first of its largest elements; of the last NaN, if there is one."""
    return by_blocks(places_of_largest, pooled(x, axes, number_dtype(axes)), np.ascontiguousarray(x), axes=axes)


def has_nan(x: Array) -> bool:
    return x.dtype.kind not in "biu" and x.size > 0 and bool(np.isnan(np.maximum.reduce(x, axis=None)))


def places_of_largest(out: Array, x: Array, axes: Axes) -> None:
    """Axis by axis from the last: the first of the largest in a row of windows, then the first row that has the largest."""
    inner, start = 1, lowest(x.dtype)
    may_be_nan = has_nan(x)
    numbers: Any = None
    for at in range(-1, -len(axes) - 1, -1):
        axis, is_last = regular(axes[at]), at == -len(axes)
        x, rows = padded(x, at, axis, start), None if numbers is None else padded(numbers, at, axis, 0)
        best = element(x, at, axis, 0, start)
        # To begin with, the first element that there is: where all are -inf, none is larger than the padding.
        place, first = firsts(axis)
        begin = np.asarray(along(first, at) * inner).astype(out.dtype)
        found = out if is_last else np.empty(best.shape, out.dtype)
        numbers = np.add(0 if numbers is None else numbers[on(at, place)], begin, out=found)
        for number in range(1, kernel_of(axis)):
            part = element(x, at, axis, number, start)
            better = part > best
            if may_be_nan:
                better |= part != part
            # Later elements have larger numbers: where the later one is larger, so is its number.
            new = out.dtype.type(number * inner)
            new = better * (new if rows is None else element(rows, at, axis, number, 0) + new)
            np.maximum(numbers, new, out=numbers)
            if not is_last or number < kernel_of(axis) - 1:
                best = np.maximum(best, part)
        x, inner = best, inner * kernel_of(axis)


def bits(x: Array) -> Array:
    """``x`` seen as unsigned integers: a product of those and a mask selects exactly, infinities and NaNs too, and fast."""
    return x.view(f"u{x.itemsize}")


def window_pick(x: Array, places: Array, *, axes: Axes) -> Array:
    """The element of each window of ``x`` that has the number."""
    out = np.zeros(places.shape, x.dtype)
    for number, have, where in all_parts(axes):
        key = grid(axes, have)
        bits(out)[key] |= bits(x)[grid(axes, where)] * (places[key] == number)
    return out


def window_put(g: Array, places: Array, *, axes: Axes) -> Array:
    """The adjoint: each element of ``g`` added to the element of its window that has the number."""
    return by_blocks(put, window_room(g, axes), g, places, axes=axes)


def window_room(g: Array, axes: Axes) -> Array:
    """Zeros to put elements of windows in, if not all will be written."""
    covered = all(is_tiled(axis) and axis[0] == axis[1] * kernel_of(axis) for axis in axes)
    return (np.empty if covered else np.zeros)((*g.shape[: -len(axes)], *[axis[0] for axis in axes]), g.dtype)


def window_route(x: Array, images: Array, largest: Array, *, axes: Axes) -> Array:
    """``window_put`` of ``x`` at the places in ``images`` where windows have their largest elements, which are given."""
    is_slow = math.prod(map(kernel_of, axes)) > LONG + 1 or any(len(regular(axis)) == 2 for axis in axes)
    is_slow = is_slow or (is_half(x.dtype) and any(map(overlap, axes)))  # whose sums have an order
    if is_slow or has_nan(largest):
        return window_put(x, max_places(images, axes=axes), axes=axes)
    out = window_room(x, axes)
    return by_blocks(route, out, x, np.ascontiguousarray(images), largest, axes=axes)


def route(out: Array, x: Array, images: Array, largest: Array, axes: Axes) -> None:
    """The first element that is as large as the largest is it: without a number for each window that says so."""
    if are_pairs(axes):
        route_to_pairs(out, x, images, largest)
        return
    shared, found = any(map(overlap, axes)), np.zeros(largest.shape, bool)
    for _, have, where in all_parts(axes):
        key, target = (..., *have), (..., *where)
        before = found[key]
        chosen = np.equal(images[target], largest[key])
        np.greater(chosen, before, out=chosen)
        before |= chosen
        if shared:
            out[target] += (bits(x)[key] * chosen).view(x.dtype)
        else:
            np.multiply(bits(x)[key], chosen, out=bits(out)[target])


def put(out: Array, g: Array, places: Array, axes: Axes) -> None:
    shared = any(map(overlap, axes))
    # In PyTorch's order, which is that of the windows: the last element of one is in it before it is in later ones.
    for number, have, where in reversed(list(all_parts(axes))):
        key, target = grid(axes, have), grid(axes, where)
        chosen = places[key] == number
        if shared:
            add_at(out, target, (bits(g)[key] * chosen).view(g.dtype))
        else:
            np.multiply(bits(g)[key], chosen, out=bits(out)[target])


def add_at(out: Array, key: tuple[Any, ...], part: Array) -> None:
    """``out[key] += part``, also where an array of places has one of them several times."""
    if any(isinstance(one, np.ndarray) for one in key):
        np.add.at(out, key, part)
    else:
        out[key] += part


def grid(axes: Axes, places: tuple[Any, ...]) -> tuple[Any, ...]:
    """The key of places in all axes: arrays, if there are any, made to span a grid."""
    if all(isinstance(one, slice) for one in places):
        return (..., *places)
    full = [
        np.arange(*one.indices(axis[0])) if isinstance(one, slice) else one
        for axis, one in zip(axes, places, strict=True)
    ]
    return (..., *np.ix_(*full))


# -- sums and means -----------------------------------------------------------------------------------------------------


def window_sum(x: Array, axes: Axes) -> Array:
    x = np.ascontiguousarray(x)
    for at in range(-1, -len(axes) - 1, -1):
        x = reduced(np.add, 0, x, at, axes[at])
    return np.ascontiguousarray(x)  # which windows of several lengths do not leave it


def window_spread(g: Array, axes: Axes) -> Array:
    """The adjoint of the sum: each element of ``g`` added to all elements of its window."""
    for at, axis in enumerate(axes, -len(axes)):
        if is_tiled(axis) and axis[1] == 1 and kernel_of(axis) == axis[0]:
            g = np.broadcast_to(g, with_axis(g, at, axis[0]))
            continue
        out = np.zeros(with_axis(g, at, axis[0]), g.dtype)
        for _, have, where in parts(axis):
            if overlap(axis):
                add_at(out, on(at, where), g[on(at, have)])
            else:
                out[on(at, where)] = g[on(at, have)]
        g = out
    return g


def divided(xp: Any, x: Array, divisor: Any) -> Array:
    """The sums divided by how many elements count: a number for all, or one for each place of each axis, to multiply."""
    if isinstance(divisor, tuple):
        product = math.prod([along(np.array(one), at) for at, one in enumerate(divisor, -len(divisor))])
        divisor = product if x.dtype.kind in "iu" else product.astype(x.dtype)
    if x.dtype.kind in "iu":
        return xp.trunc(x / divisor).astype(x.dtype)
    return x / divisor


def avg_pool(x: Array, *, axes: Axes, divisor: Any) -> Array:
    """The sum of each window divided by ``divisor``."""
    if is_half(x.dtype):
        if len(axes) == 3 and isinstance(divisor, tuple):
            from .pooling_halves_numpy import mean_in_turn

            return mean_in_turn(x, axes, divisor)
        return avg_pool(x.astype(np.float32), axes=axes, divisor=divisor).astype(x.dtype)
    return divided(np, window_sum(x, axes), divisor)


def avg_pool_adjoint(g: Array, *, axes: Axes, divisor: Any) -> Array:
    if is_half(g.dtype):
        from .pooling_halves_numpy import spread

        return spread(g, axes, divisor)
    return window_spread(divided(np, g, divisor), axes)
