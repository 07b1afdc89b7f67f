"""Random numbers from PyTorch's CPU stream: the words of the Mersenne Twister, and how PyTorch makes numbers of them.

Every function takes the stream, a count and a dtype, consumes exactly the words that PyTorch would, and returns a flat
array in the order in which PyTorch fills memory.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .normal_numpy import CHUNK, F32, F64, box_muller

Array = Any

DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
"""Bits of the significand, the leading one included."""

WIDE_RANGE = 1 << 28
"""From here on, an integer below a bound takes 64 bits: the remainder of 32 would favour small numbers noticeably."""

FEW_PLACES = 1 << 13  # below that, a shuffle is quicker one by one
FEW = 256  # below that, the plain call of the bit generator is quicker than the one made for many


class MersenneTwister:
    """The words of MT19937 in PyTorch's order, and the normal number that it keeps for the next call.

    NumPy's ``RandomState`` seeds it in the same, classic way, and will never give its words otherwise.
    """

    __slots__ = ("_bits", "_many", "spare", "started")

    spare: float | None
    """The second number of a pair made by Box and Muller's method, not yet asked for."""
    started: bool
    """Whether a word has been drawn since the seeding: PyTorch's state tells that."""

    def __init__(self, seed: int) -> None:
        from numpy.random import MT19937, RandomState

        self._bits = MT19937(0)
        self._many = RandomState(self._bits)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        self._many.seed(seed & 0xFFFFFFFF)
        self.spare = None
        self.started = False

    def words(self, count: int) -> Array:
        """So many random 32-bit words."""
        self.started |= count > 0
        if count < FEW:
            return self._bits.random_raw(count).astype(np.uint32)
        return self._many.randint(0, 1 << 32, count, np.uint32)

    def long_words(self, count: int) -> Array:
        """So many random 64-bit words: the first of two words is the high half."""
        self.started |= count > 0
        if count < FEW:
            raw = self._bits.random_raw(2 * count)
            return (raw[::2] << 32) | raw[1::2]
        return self._many.randint(0, 1 << 64, count, np.uint64)

    @property
    def state(self) -> tuple[Array, int, bool, float | None]:
        """The 624 words of the twister, how many of them are used up, and the two attributes."""
        inner = self._bits.state["state"]
        return inner["key"], inner["pos"], self.started, self.spare

    @state.setter
    def state(self, state: tuple[Array, int, bool, float | None]) -> None:
        key, used, self.started, self.spare = state
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": used}}


# -- uniform numbers ----------------------------------------------------------------------------------------------------


def unit(stream: MersenneTwister, count: int, dtype: Any) -> Array:
    """Numbers in [0, 1), float32 or float64, with as many binary digits as those have."""
    if dtype == F64:
        return (stream.long_words(count) & ((1 << 53) - 1)).view(np.int64) * 2.0**-53
    words = stream.words(count)
    numbers = words.view(F32)
    for start in range(0, count, CHUNK):  # in the memory of the words, a piece at a time
        piece = numbers[start : start + CHUNK]
        piece[...] = (words[start : start + CHUNK] & np.uint32((1 << 24) - 1)).view(np.int32)
        piece *= F32.type(2.0**-24)
    return numbers


def uniform(stream: MersenneTwister, count: int, dtype: Any, low: float = 0.0, high: float = 1.0) -> Array:
    """Uniform on [low, high). Where rounding makes a number ``high``, it becomes ``low``."""
    compute = F64 if dtype == F64 else F32
    numbers = unit(stream, count, compute)
    if (low, high) != (0, 1):
        numbers = affine(numbers, compute.type(high) - compute.type(low), low)
    numbers = narrowed(numbers, dtype)
    if (low, high) != (0, 1) or dtype.itemsize == 2:
        numbers[numbers >= dtype.type(high)] = dtype.type(low)
    return numbers


def affine(numbers: Array, factor: Any, summand: Any) -> Array:
    """``numbers * factor + summand``, rounded once, as fused multiply-add does it."""
    factor, summand = numbers.dtype.type(factor), numbers.dtype.type(summand)
    if summand == 0:
        return numbers if factor == 1 else numbers * factor
    if factor == 1:
        return numbers + summand
    if numbers.dtype == F32:  # exact in float64, but for the sum
        return (numbers.astype(F64) * F64.type(factor) + F64.type(summand)).astype(F32)
    product = numbers * factor
    total = product + summand
    # What the product and the sum lost, exactly (Dekker, Knuth), rounds the result as if nothing had been.
    a, b = halves(numbers), halves(factor)
    lost_product = ((a[0] * b[0] - product) + a[0] * b[1] + a[1] * b[0]) + a[1] * b[1]
    back = total - product
    lost_sum = (product - (total - back)) + (summand - back)
    lost = lost_product + lost_sum
    return np.where(np.isfinite(lost), total + lost, total)  # of numbers near infinity that cannot be told


def halves(x: Array) -> tuple[Array, Array]:
    """float64 numbers as sums of two of 26 binary digits each (Veltkamp)."""
    large = x * (2.0**27 + 1)
    high = large - (large - x)
    return high, x - high


def narrowed(numbers: Array, dtype: Any) -> Array:
    """Numbers as the dtype: PyTorch's half precisions are made of float32."""
    if dtype.itemsize == 2 and dtype.kind not in "iu" and numbers.dtype != F32:
        numbers = numbers.astype(F32)
    return numbers.astype(dtype, copy=False)


# -- normal numbers -----------------------------------------------------------------------------------------------------


def normal(
    stream: MersenneTwister, count: int, dtype: Any, mean: float = 0.0, std: float = 1.0, contiguous: bool = True
) -> Array:
    """Normal numbers: in blocks of 16 where there are so many, and contiguous in memory, else one by one."""
    if count < 16 or not contiguous:
        return narrowed(affine(standard_normal(stream, count), std, mean), dtype)
    rest = count % 16
    whole = count - rest
    # The last 16 are made anew. The uniform numbers that they would have been made of are drawn all the same, save in
    # half precision.
    unused = rest if dtype.itemsize > 2 else 0
    compute = F64 if dtype == F64 else F32
    numbers = unit(stream, whole + (unused + 16 if rest else 0), compute)
    if rest:
        numbers[whole : whole + 16] = numbers[-16:]
    blocks = numbers[: whole + (16 if rest else 0)]
    box_muller(blocks)
    if rest:
        numbers = blocks[:count].copy()
        numbers[-16:] = blocks[-16:]
    return narrowed(affine(numbers, std, mean), dtype)


def standard_normal(stream: MersenneTwister, count: int) -> Array:
    """float64 numbers made in pairs; of an odd number of them, the last one's twin is kept for the next call."""
    out = np.empty(count + 1)
    start = 0
    if stream.spare is not None and count:
        out[0], start, stream.spare = stream.spare, 1, None
    pairs = (count - start + 1) // 2
    numbers = unit(stream, 2 * pairs, F64)
    radius = np.sqrt(-2 * np.log1p(-numbers[1::2]))
    angle = 2 * math.pi * numbers[::2]
    made = out[start : start + 2 * pairs]
    made[::2] = radius * np.cos(angle)
    made[1::2] = radius * np.sin(angle)
    if start + 2 * pairs > count:
        stream.spare = float(out[count])
    return out[:count]


def log_normal(stream: MersenneTwister, count: int, dtype: Any, mean: float, std: float) -> Array:
    """Numbers whose logarithms are normal."""
    return narrowed(np.exp(affine(standard_normal(stream, count), std, mean)), dtype)


# -- other distributions, of one uniform number each --------------------------------------------------------------------


def exponential(stream: MersenneTwister, count: int, dtype: Any, rate: float = 1.0) -> Array:
    """Waiting times of mean 1 / rate."""
    return narrowed(-1 / rate * np.log1p(-unit(stream, count, F64)), dtype)


def cauchy(stream: MersenneTwister, count: int, dtype: Any, median: float, sigma: float) -> Array:
    """Cauchy's distribution."""
    return narrowed(affine(np.tan(math.pi * (unit(stream, count, F64) - 0.5)), sigma, median), dtype)


def geometric(stream: MersenneTwister, count: int, dtype: Any, p: float) -> Array:
    """How many trials there are up to the first success."""
    return narrowed(np.ceil(np.log(unit(stream, count, F64)) / np.log(1 - p)), dtype)


def leaks(stream: MersenneTwister, count: int, dtype: Any, x: Array, lower: float, upper: float) -> Array:
    """For each element that is not positive a number between two bounds, in their order; for the others 1."""
    factors = np.ones(count)
    places = np.flatnonzero(x.reshape(-1) <= 0)
    factors[places] = unit(stream, places.size, F64) * (upper - lower) + lower
    return narrowed(factors, dtype)


# -- integers -----------------------------------------------------------------------------------------------------------


def integers(stream: MersenneTwister, count: int, dtype: Any, low: int, span: int) -> Array:
    """Integers from ``low`` on, ``span`` many of them; of all that 64 bits hold, ``low`` is the least."""
    if span == 1 << 64:
        return narrowed(stream.long_words(count).view(np.int64), dtype)
    if span >= WIDE_RANGE:
        numbers = stream.long_words(count) % np.uint64(span)
    else:
        numbers = (stream.words(count) % np.uint32(span)).astype(np.uint64)
    numbers += np.uint64(low % (1 << 64))
    return narrowed(numbers.view(np.int64), dtype)


def any_integers(stream: MersenneTwister, count: int, dtype: Any) -> Array:
    """Integers from 0 to the largest that the dtype holds; of floats, to where they cease to be dense."""
    if dtype.kind == "b":
        return (stream.words(count) & 1).astype(dtype)
    span = (1 << DIGITS[dtype.name]) + 1 if dtype.name in DIGITS else int(np.iinfo(dtype).max) + 1
    words = stream.long_words(count) if dtype.itemsize == 8 else stream.words(count)
    return narrowed((words % words.dtype.type(span)).astype(np.int64), dtype)


def permutations(stream: MersenneTwister, count: int, dtype: Any, n: int) -> Array:
    """0 to n - 1 in random order, as often as makes ``count`` numbers."""
    rows = [permutation(stream, n, dtype) for _ in range(count // n)] if n else []
    return np.concatenate(rows) if len(rows) > 1 else rows[0] if rows else np.empty(0, dtype)


def permutation(stream: MersenneTwister, count: int, dtype: Any) -> Array:
    """0 to count - 1 in random order: Fisher and Yates's shuffle from the front."""
    others = np.arange(count - 1)  # the place with which each place changes
    others += stream.words(max(count - 1, 0)) % np.arange(count, 1, -1, dtype=np.uint32)
    order = np.arange(count)
    done = _shuffle_front(order, others)
    rest = order[done:].tolist()
    for at, other in enumerate((others[done:] - done).tolist()):
        rest[at], rest[other] = rest[other], rest[at]
    order[done:] = rest
    return order.astype(dtype, copy=False)


def _shuffle_front(order: Array, others: Array) -> int:
    """Make as many of the exchanges as it is quick to make at once; return how many that are.

    A run of exchanges in which no place takes part twice can be made in any order. Such runs are as long as the root of
    the number of places that are left.
    """
    firsts = np.empty(order.size, np.int64)
    at = 0
    while order.size - at > FEW_PLACES:
        run = others[at : at + 2 * math.isqrt(order.size - at)]
        steps = np.arange(run.size)
        firsts[run[::-1]] = steps[::-1]  # which step takes a place first
        again = run[(run < at + run.size) & (run != at + steps)] - at  # places that it is the turn of later in the run
        end = min((firsts[run] != steps).argmax() or run.size, again.min(initial=run.size))
        here, there = slice(at, at + end), run[:end]
        order[here], order[there] = order[there], order[here].copy()
        at += end
    return at
