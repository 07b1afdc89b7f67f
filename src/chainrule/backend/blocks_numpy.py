"""Kernels of large arrays, block by block in memory that stays in the processor's cache.

Of float32, the error functions by additions, products and exponentials: several times as fast as SciPy's, which computes in
double precision. They are off by 4e-7 of their size at most, on average by half of the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from .shape_numpy import is_channels_last

Array = Any

BLOCK = 1 << 17
"""Bytes."""
HALF, ONE, TWO = np.float32(0.5), np.float32(1), np.float32(2)
BEYOND = np.float32(20)
"""From here on exp(-x^2 / 2) is 0 in float32."""
NEAR_ONE = np.float32(3.95)
"""From here on erf is 1 in float32."""
ROOT = np.float32(1 / math.sqrt(2 * math.pi))


def by_blocks(function: Callable[[Array, Array, list[Array]], None], x: Array, wide: Any = None) -> Array:
    """``function(x, out, scratch)`` on blocks of ``x`` in C order; ``scratch`` is of the dtype ``wide``, if there is one."""
    if is_channels_last(x):
        n = x.ndim
        return by_blocks(function, x.transpose(0, *range(2, n), 1), wide).transpose(0, n - 1, *range(1, n - 1))
    x = np.ascontiguousarray(x)
    out = np.empty_like(x)
    flat, result = x.reshape(-1), out.reshape(-1)
    dtype = np.dtype(wide or x.dtype)
    length = BLOCK // dtype.itemsize
    scratch = [np.empty(min(length, x.size), dtype) for _ in range(3)]
    for start in range(0, x.size, length):
        block = flat[start : start + length]
        function(block, result[start : start + length], [s[: block.size] for s in scratch])
    return out


def elementwise(function: Callable[..., Array], *values: Any, **params: Any) -> Array:
    """``function`` of arrays, each element of its result from those at the same place, computed block by block.

    What a formula makes in between stays in the cache. Where arrays are broadcast, or lie apart, they are taken whole.
    """
    arrays = {at: value for at, value in enumerate(values) if isinstance(value, np.ndarray) and value.ndim}
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
    length = BLOCK // max(one.itemsize for one in flat.values())

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


# -- error functions ----------------------------------------------------------------------------------------------------


def gaussian_block(x: Array, scale: float, out: Array) -> None:
    """exp(``scale`` x^2) by way of double precision: the exponential multiplies the rounding error of the square by that."""
    wide = np.multiply(x, x, dtype=np.float64)
    wide *= scale
    out[:] = np.exp(wide, wide)


def gaussian(x: Array) -> Array:
    return by_blocks(lambda x, out, scratch: gaussian_block(x, -1, out), x)


class Tail(NamedTuple):
    """A function of a >= 0 that falls like exp(scale a^2), and its value at 0."""

    scale: float
    first: float


ERFC, NORMAL = Tail(-1, 1), Tail(-0.5, 0.5)


@cache
def scaled(tail: Tail) -> list[Any]:
    """The tail divided by exp(scale a^2) and multiplied by 1 + a / 2, as a polynomial of degree 10 in u = (2 - a) / (2 + a),
    highest power first.

    In u, which goes from 1 to -1, the function has no singularity, its asymptotic series for large a included: the fit at
    Chebyshev's nodes is off by a part of 2e-8.
    """
    from scipy.special import erfcx

    u = np.cos(np.pi * (np.arange(200) + 0.5) / 200)
    a = 2 * (1 - u) / (1 + u)
    values = tail.first * erfcx(a * math.sqrt(-tail.scale)) * (1 + a / 2)
    series = np.polynomial.chebyshev.chebfit(u, values, 10, w=1 / values)
    return [np.float32(c) for c in np.polynomial.chebyshev.cheb2poly(series)[::-1]]


@cache
def exponent() -> list[Any]:
    """log(1 - erf(a)) / a for a up to ``NEAR_ONE``, as a polynomial of degree 11 in a, highest power first: off by 5e-9.

    The last number is what the one before lacks: the constant needs more digits than a float32 has.
    """
    from scipy.special import erfcx

    end = float(NEAR_ONE)
    u = np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    a = end / 2 * (u + 1)
    values = np.log(erfcx(a)) / a - a
    weight = np.maximum(values * a / np.expm1(values * a) * np.exp(values * a), 1e-3) / values
    series = np.polynomial.Chebyshev(np.polynomial.chebyshev.chebfit(u, values, 11, w=weight), [0, end])
    numbers = series.convert(kind=np.polynomial.Polynomial).coef[::-1]
    return [np.float32(c) for c in (*numbers, numbers[-1] - np.float32(numbers[-1]))]


def polynomial(u: Array, coefficients: list[Any], out: Array) -> None:
    np.multiply(u, coefficients[0], out)
    for c in coefficients[1:-1]:
        out += c
        out *= u
    out += coefficients[-1]


def tail_block(tail: Tail, x: Array, out: Array, scratch: list[Array]) -> None:
    """The tail at |x|; exp(scale x^2) is left in the first of the scratch."""
    falling, a, u = scratch
    np.minimum(np.abs(x, out=a), BEYOND, out=a)
    gaussian_block(a, tail.scale, falling)
    np.subtract(TWO, a, u)
    a += TWO
    u /= a
    polynomial(u, scaled(tail), out)
    out *= falling
    a *= HALF
    out /= a


def erfc(x: Array) -> Array:
    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        tail_block(ERFC, x, out, scratch)
        out -= np.multiply(x < 0, TWO, scratch[0])  # a tail q on the right, 2 - q on the left: no branch to mispredict
        np.abs(out, out=out)

    return by_blocks(block, x)


def ndtr_block(x: Array, out: Array, scratch: list[Array]) -> None:
    tail_block(NORMAL, x, out, scratch)
    out -= x > 0
    np.abs(out, out=out)


def gelu_slope(x: Array) -> Array:
    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        ndtr_block(x, out, scratch)
        density = scratch[0]
        density *= ROOT
        density *= np.clip(x, -BEYOND, BEYOND, out=scratch[1])
        out += density

    return by_blocks(block, x)


def erf(x: Array) -> Array:
    """1 - exp of a polynomial, by the expm1 of double precision: that of single is off by a digit at small numbers."""

    def block(x: Array, out: Array, scratch: list[Array]) -> None:
        a = scratch[0]
        np.minimum(np.abs(x, out=a), NEAR_ONE, out=a)
        *most, last, rest = exponent()
        polynomial(a, [*most, rest], out)
        out += last
        wide = np.multiply(out, a, dtype=np.float64)
        out[:] = np.expm1(wide, wide)
        np.copysign(out, x, out)

    return by_blocks(block, x)
