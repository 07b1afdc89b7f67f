"""Pooling on NumPy arrays: one strided slice for each element of the window, axis by axis where that is the same.

``axes`` has a window axis (``windows.py``) for each of the last axes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .linalg_numpy import HALVES
from .windows import (
    Axis,
    all_parts,
    along,
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

LONG = 8
"""From so many elements on, NumPy reduces a window faster than slices do."""


def on(at: int, place: Any) -> tuple[Any, ...]:
    """The key of places along one axis, the ``at``-th from the end."""
    return (..., place, *[slice(None)] * (-at - 1))


def with_axis(x: Array, at: int, length: int) -> tuple[int, ...]:
    return (*x.shape[:at], length, *x.shape[x.ndim + at + 1 :])


def reduced(combine: Any, start: Any, x: Array, at: int, axis: Axis) -> Array:
    """The windows along one axis, each reduced by a ufunc; without elements, ``start``."""
    size, kernel = axis[1], kernel_of(axis)
    if is_tiled(axis) and kernel >= LONG:
        tiles = x[on(at, slice(size * kernel))]
        return combine.reduce(tiles.reshape(*tiles.shape[:at], size, kernel, *tiles.shape[tiles.ndim + at + 1 :]), at)
    whole, rest = [], []
    for _, have, where in parts(axis):
        if isinstance(have, slice) and have == slice(0, size):
            whole.append(x[on(at, where)])
        else:
            rest.append((on(at, have), x[on(at, where)]))
    out = combine(*whole[:2]) if len(whole) > 1 else np.full(with_axis(x, at, size), start, x.dtype)
    for part in whole[2:] if len(whole) > 1 else whole:
        combine(out, part, out=out)
    for key, part in rest:
        out[key] = combine(out[key], part)
    return out


def lowest(dtype: Any) -> Any:
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def window_max(x: Array, *, axes: Axes) -> Array:
    """The largest element of each window; NaN where there is one."""
    start = lowest(x.dtype)
    for at in range(-1, -len(axes) - 1, -1):
        x = reduced(np.maximum, start, x, at, axes[at])
    return x


# -- which element is the largest ---------------------------------------------------------------------------------------


def max_places(x: Array, *, axes: Axes) -> Array:
    """The number, in C order within the window, of the first of its largest elements; of the last NaN, if there is one.

    Axis by axis from the last: the first of the largest in a row of windows, then the first row that has the largest.
    """
    best, numbers = places_along(x, axes, False)
    if x.dtype.kind not in "biu" and np.isnan(best).any():
        _, numbers = places_along(x, axes, True)
    return numbers


def places_along(x: Array, axes: Axes, has_nan: bool) -> tuple[Array, Array]:
    """(the largest element of each window, its number)."""
    dtype, inner = number_dtype(axes), 1
    best, numbers = x, np.zeros((), dtype)
    for at in range(-1, -len(axes) - 1, -1):
        x, last = best, numbers
        place, number = firsts(axes[at])
        best, numbers = x[on(at, place)], last[on(at, place)] if last.ndim else last
        if not isinstance(number, int):
            numbers = numbers + along((number * inner).astype(dtype), at)
        for number, have, where in parts(axes[at]):
            if not number:
                continue
            key, part = on(at, have), x[on(at, where)]
            is_whole = part.shape == best.shape
            old = best if is_whole else best[key]
            better = part > old
            if has_nan:
                better |= part != part
            # Later elements have larger numbers: where the later one is larger, so is its number.
            new = better * (last[on(at, where)] + dtype(number * inner) if last.ndim else dtype(number * inner))
            if is_whole:
                numbers, best = np.maximum(numbers, new), np.maximum(best, part)
                continue
            numbers, best = np.array(np.broadcast_to(numbers, best.shape)), np.array(best)
            numbers[key] = np.maximum(numbers[key], new)
            best[key] = np.maximum(old, part)
        inner *= kernel_of(axes[at])
    return best, np.broadcast_to(numbers, best.shape)


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
    out = np.zeros((*g.shape[: -len(axes)], *[axis[0] for axis in axes]), g.dtype)
    shared = any(map(overlap, axes))
    for number, have, where in all_parts(axes):
        key, target = grid(axes, have), grid(axes, where)
        chosen = places[key] == number
        if shared:
            add_at(out, target, (bits(g)[key] * chosen).view(g.dtype))
        else:
            np.multiply(bits(g)[key], chosen, out=bits(out)[target])
    return out


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
    for at in range(-1, -len(axes) - 1, -1):
        x = reduced(np.add, 0, x, at, axes[at])
    return x


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
    if x.dtype.char in HALVES:
        return avg_pool(x.astype(np.float32), axes=axes, divisor=divisor).astype(x.dtype)
    return divided(np, window_sum(x, axes), divisor)


def avg_pool_adjoint(g: Array, *, axes: Axes, divisor: Any) -> Array:
    if g.dtype.char in HALVES:
        return avg_pool_adjoint(g.astype(np.float32), axes=axes, divisor=divisor).astype(g.dtype)
    return window_spread(divided(np, g, divisor), axes)
