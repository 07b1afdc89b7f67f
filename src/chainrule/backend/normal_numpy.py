"""Box and Muller's method as PyTorch applies it to memory: in blocks of 16, with eight radii before eight angles.

For float32, PyTorch's logarithm, sine and cosine are short polynomials (those of the Cephes library, with fused
multiply-add). Up to ``EXACT`` numbers they are evaluated here step by step, so that each bit is PyTorch's; beyond that,
where it would cost too much, NumPy's functions stand in, which differ from them in the last digits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
CHUNK = 1 << 16  # so many numbers and what is made of them fit in a core's cache
EXACT = 1 << 16


def constants(*numbers: float) -> tuple[Any, ...]:
    return tuple(map(F32.type, numbers))


# Coefficients, the highest power first: of log(1 + x) beyond x - x^2 / 2, of cosine beyond 1 - x^2 / 2, and of sine
# beyond x (in x^2, on [-pi/4, pi/4]).
LOG = constants(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
                2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)  # fmt: skip
COS = constants(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
SIN = constants(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)

# The logarithm of 2 in two pieces, and a quarter of pi in three: the large ones have few digits, so that their multiples
# are exact.
LOG_2 = constants(0.693359375, -2.12194440e-4)
QUARTER_PI = constants(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)

ROOT_HALF, HALF, ONE, QUARTERS = constants(math.sqrt(0.5), 0.5, 1, 4 / math.pi)
ROOT_HALF_BITS = ROOT_HALF.view(np.int32)


def box_muller(numbers: Array) -> None:
    """Blocks of 16 uniform numbers turned into blocks of 16 normal ones, in place."""
    dtype = numbers.dtype
    exact = dtype == F32 and numbers.size <= EXACT
    eight = f"V{8 * dtype.itemsize}"  # eight numbers are copied as one: strided loops of length 8 are slow
    for start in range(0, numbers.size, CHUNK):
        chunk = numbers[start : start + CHUNK].view(eight)
        radius, angle = (chunk[half::2].copy().view(dtype) for half in (0, 1))
        radius = 1 - radius
        radius = log(radius) if exact else np.log(radius, out=radius)
        radius *= -2
        np.sqrt(radius, out=radius)
        angle *= 2 * math.pi
        cos, sin = cos_sin(angle) if exact else (np.cos(angle), np.sin(angle))
        cos *= radius
        sin *= radius
        chunk[::2], chunk[1::2] = cos.view(eight), sin.view(eight)


def log(x: Array) -> Array:
    """The logarithm of float32 numbers in (0, 1]."""
    bits = x.view(np.int32)
    exponent = (bits - ROOT_HALF_BITS) >> 23
    x = (bits - (exponent << 23)).view(F32) - ONE  # the number is (1 + x) 2**exponent, and 1 + x near 1
    times = exponent.astype(F32)
    square = x * x
    y = polynomial(LOG, x)
    y *= x
    y = fused(y, square, times * LOG_2[1])
    y -= square * HALF
    return (x + y) + times * LOG_2[0]


def cos_sin(angle: Array) -> tuple[Array, Array]:
    """Cosine and sine of float32 numbers in [0, 2 pi)."""
    nearest = ((angle * QUARTERS).astype(np.int32) + 1) & ~1  # the nearest multiple of pi/2, in quarters of pi
    times, x = nearest.astype(F32), angle
    for piece in QUARTER_PI:
        x = x - times * piece
    square = x * x
    cos = polynomial(COS, square)
    cos *= square
    cos = fused(cos, square, square * -HALF)
    cos += ONE
    sin = polynomial(SIN, square)
    sin *= square
    sin = fused(sin, x, x)
    swapped = (nearest & 2) != 0
    return (
        np.where(swapped, sin, cos) * np.where((nearest + 2) & 4, -ONE, ONE),
        np.where(swapped, cos, sin) * np.where(nearest & 4, -ONE, ONE),
    )


def polynomial(coefficients: tuple[Any, ...], x: Array) -> Array:
    """A polynomial by Horner's rule, each step of it one fused multiply-add."""
    x = x.astype(F64)
    y = fused(coefficients[0], x, coefficients[1])
    for coefficient in coefficients[2:]:
        y = fused(y, x, coefficient)
    return y


def fused(x: Array, y: Array, z: Array) -> Array:
    """``x * y + z`` of float32 numbers, rounded once: the product is exact in float64."""
    product = np.multiply(x, y, dtype=F64)
    product += z
    return product.astype(F32)
