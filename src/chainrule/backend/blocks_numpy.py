"""Kernels of large arrays, block by block in memory that stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .shape_numpy import is_channels_last
from .threads_numpy import CACHED, by_pieces

Array = Any

ONE = np.float32(1)


def by_blocks(function: Callable[[Array, Array, list[Array]], None], x: Array, wide: Any = None) -> Array:
    """``function(x, out, scratch)`` on blocks of ``x`` in C order; ``scratch`` is of the dtype ``wide``, if there is one."""
    if is_channels_last(x):
        n = x.ndim
        return by_blocks(function, x.transpose(0, *range(2, n), 1), wide).transpose(0, n - 1, *range(1, n - 1))
    x = np.ascontiguousarray(x)
    out = np.empty_like(x)
    flat, result, dtype = x.reshape(-1), out.reshape(-1), np.dtype(wide or x.dtype)

    def piece(places: slice) -> None:
        block = flat[places]
        function(block, result[places], [np.empty(block.shape, dtype) for _ in range(3)])

    by_pieces(piece, x.size, dtype.itemsize)
    return out


def elementwise(function: Callable[..., Array], *values: Any, **params: Any) -> Array:
    """``function`` of arrays, each element of its result from those at the same place, computed block by block.

    What a formula makes in between stays in the cache. Where arrays are broadcast, or lie apart, they are taken whole.
    """
    arrays = {at: value for at, value in enumerate(values) if isinstance(value, np.ndarray) and value.ndim}
    if not arrays:
        raise TypeError("none of the operands is an array of NumPy's")
    shape = next(iter(arrays.values())).shape
    function = partial(function, **params)
    if any(one.shape != shape for one in arrays.values()):
        return function(*values)
    given = list(values)
    flat = {}
    for at, array in arrays.items():
        if array.flags.c_contiguous:
            flat[at] = array.reshape(-1)
        elif any(array.strides):
            return function(*values)
        else:  # one number everywhere, as in the gradient that a sum hands on
            given[at] = array[(slice(1),) * array.ndim].reshape(())
    if not flat:
        return function(*values)
    length = CACHED // max(one.itemsize for one in flat.values())

    def block(start: int) -> Array:
        for at, one in flat.items():
            given[at] = one[start : start + length]
        return function(*given)

    first = block(0)
    if first.shape != (length,):
        return function(*values)
    result = np.empty(shape, first.dtype)  # not a view of something: that would be copied where it is handed out
    places = result.reshape(-1)
    places[:length] = first
    for start in range(length, places.size, length):
        places[start : start + length] = block(start)
    return result


# -- sigmoid ------------------------------------------------------------------------------------------------------------


def sigmoid(x: Array) -> Array:
    return by_blocks(lambda x, out, scratch: sigmoid_block(np.negative(x, out), out), x)


def sigmoid_block(minus: Array, out: Array) -> None:
    """The sigmoid of -``minus``."""
    np.exp(minus, out)
    out += ONE
    np.reciprocal(out, out)


def sigmoid_slope(x: Array) -> Array:
    """With e = exp(-|x|): e / (1 + e)^2."""

    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        square = scratch[0]
        np.abs(x, out=out)
        np.negative(out, out)
        np.exp(out, out)
        np.add(out, ONE, square)
        square *= square
        out /= square

    return by_blocks(block, x)


def silu(x: Array) -> Array:
    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        sigmoid_block(np.negative(x, out), out)
        out *= x

    return by_blocks(block, x)


def mish(x: Array) -> Array:
    """X times n / (n + 2 b^2) with n = a (a + 2 b), where a / b = exp(x) and the larger of the two is 1.

    Only the exponential is computed in float32, whose last two digits are not right: no more may get lost.
    """

    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        a, b, n = scratch
        np.abs(x, out=out)
        np.negative(out, out)
        np.exp(out, out)
        positive = x > 0
        np.copyto(a, out)
        np.copyto(b, out)
        np.copyto(a, 1, where=positive)
        np.copyto(b, 1, where=~positive)
        np.multiply(b, 2, n)
        n += a
        n *= a
        b *= b
        b *= 2
        b += n
        n /= b
        n *= x
        np.copyto(out, n, casting="same_kind")

    return by_blocks(block, x, np.float64)


def silu_slope(x: Array) -> Array:
    """s(x) (1 + x s(-x))."""

    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        s = scratch[0]
        sigmoid_block(x, out)
        out *= x
        out += ONE
        sigmoid_block(np.negative(x, s), s)
        out *= s

    return by_blocks(block, x)


# -- the exponential of a square ----------------------------------------------------------------------------------------


def gaussian(x: Array) -> Array:
    """exp(-x^2), in double precision: the exponential multiplies the rounding error of the square by that."""

    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        wide = x.astype(np.float64)
        wide *= np.negative(x, out)
        out[:] = np.exp(wide, wide)

    return by_blocks(block, x)
