"""The element-wise functions of the JAX backend: what JAX lacks, or does otherwise than the NumPy kernels."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer
from jax.scipy import special

from ..dtypes import FROM_NUMPY, finfo
from . import common
from .elementwise_numpy import narrow, widen, widened

Array = Any


def number(value: Any, like: Array) -> Array:
    """A Python number in the dtype of an array."""
    return jnp.asarray(value, like.dtype)


def widen_half(x: Array) -> Array:
    """Halves in single precision, in which they are summed; all else, short integers too, as it is."""
    return widen(x) if x.dtype.kind in "fV" else x


def add_scaled(x: Array, y: Array, *, alpha: Any) -> Array:
    """``x + alpha * y``: XLA fuses the two where it sees fit. ``alpha`` may be an array of one number, which may be traced."""
    is_one = not isinstance(alpha, jnp.ndarray) and alpha == 1
    return x + (y if is_one else y * number(alpha, y))


# -- selection ----------------------------------------------------------------------------------------------------------


def zero_where(x: Array, mask: Array) -> Array:
    """``x``, with zeros where ``mask`` is true."""
    return jnp.where(mask, number(0, x), x)


def zero_below(x: Array, y: Array, *, threshold: float) -> Array:
    """``x``, with zeros where ``y`` is at most the threshold."""
    return zero_where(x, y <= threshold)


def relu(x: Array) -> Array:
    """max(x, 0), that keeps the sign of zeros."""
    return zero_where(x, x < 0)


def maximum(x: Array, y: Array) -> Array:
    """The larger; a NaN wins, and of zeros ``y`` does, as with NumPy (XLA orders them by sign)."""
    return jnp.where((x > y) | (x != x), x, y)


def minimum(x: Array, y: Array) -> Array:
    """The smaller; a NaN wins, and of zeros ``y`` does."""
    return jnp.where((x < y) | (x != x), x, y)


def fmax(x: Array, y: Array) -> Array:
    """The larger; a number wins over a NaN, and of zeros ``y`` does."""
    return jnp.where((x > y) | (y != y), x, y)


def fmin(x: Array, y: Array) -> Array:
    """The smaller; a number wins over a NaN, and of zeros ``y`` does."""
    return jnp.where((x < y) | (y != y), x, y)


def clip(x: Array, min: Any = None, max: Any = None) -> Array:
    if min is not None:
        x = maximum(number(min, x), x)
    return x if max is None else minimum(number(max, x), x)


# -- division -----------------------------------------------------------------------------------------------------------


def is_integer(x: Array) -> bool:
    return x.dtype.kind in "iu"


def _refuse_zero(y: Array) -> None:
    """Integer division by zero is an error where the divisor is known; under tracing its result is XLA's, -1."""
    if is_integer(y) and not isinstance(y, Tracer) and not np.all(y):
        raise RuntimeError(
            "ZeroDivisionError: integer division or remainder by zero. Convert the operands to a floating point dtype for "
            "infinities and NaNs instead, or mask the zeros."
        )


def floor_divide(x: Array, y: Array) -> Array:
    """The quotient rounded downward: of what a remainder leaves, so that no rounding of x / y reaches the next integer."""
    _refuse_zero(y)
    if is_integer(x):
        return jnp.floor_divide(x, y)
    rest = lax.rem(*jnp.broadcast_arrays(x, y))
    quotient = (x - rest) / y
    quotient = jnp.where((rest != 0) & ((y < 0) != (rest < 0)), quotient - 1, quotient)
    floor = jnp.floor(quotient)
    floor = jnp.where(quotient - floor > 0.5, floor + 1, floor)
    exact = x / y
    return jnp.where(y == 0, exact, jnp.where(quotient == 0, jnp.copysign(number(0, x), exact), floor))


def trunc_divide(x: Array, y: Array) -> Array:
    """The quotient rounded toward zero."""
    _refuse_zero(y)
    return lax.div(*jnp.broadcast_arrays(x, y)) if is_integer(x) else jnp.trunc(x / y)


def remainder(x: Array, y: Array) -> Array:
    """What division rounded downward leaves; a remainder of zero has the sign of ``x``, not of ``y`` as in NumPy."""
    r = fmod(x, y)
    return jnp.where((r != 0) & ((y < 0) != (r < 0)), r + y, r)


def fmod(x: Array, y: Array) -> Array:
    _refuse_zero(y)
    return lax.rem(*jnp.broadcast_arrays(x, y))


# -- powers -------------------------------------------------------------------------------------------------------------


def pow(x: Array, y: Array) -> Array:
    """A power; of integers to negative powers what fits: 1, -1 and 0."""
    if x.dtype.kind == "c":
        return jnp.where((x == 0) & (y.real > 0), 0, jnp.power(x, y))
    if x.dtype.kind != "i":
        return jnp.power(x, y)
    sign = jnp.where(y & 1, x, x * x)  # of 1 and -1 their own power, if they are to the power of something negative
    return jnp.where(y < 0, zero_where(sign, jnp.abs(x) != 1), jnp.power(x, jnp.maximum(y, 0)))


def power_to(x: Array, *, exponent: Any) -> Array:
    """``x`` to a Python number, of the dtype of ``x``: the common ones by multiplication."""
    if x.dtype.kind == "b":
        return x | (not exponent)
    if exponent == 2:
        return x * x
    if exponent == 3:
        return x * x * x
    if x.dtype.kind not in "iu":
        if exponent == 0.5:
            return sqrt(x)
        if exponent == -0.5:
            return jnp.reciprocal(sqrt(x))
        if exponent == -1:
            return jnp.reciprocal(x)
        if exponent == -2:
            return jnp.reciprocal(x * x)
    return jnp.power(x, number(exponent, x))


# -- sign, rounding, replacement ----------------------------------------------------------------------------------------


def sgn(x: Array) -> Array:
    """-1, 0 or 1, and 0 of a NaN; of a complex number x / |x|."""
    if x.dtype.kind == "b":
        return x
    if x.dtype.kind == "c":
        return jnp.sign(x)
    return jnp.where(x > 0, number(1, x), jnp.where(x < 0, number(-1, x), number(0, x)))


def signbit(x: Array) -> Array:
    return jnp.signbit(x) if x.dtype.kind in "fV" else x < 0


def round_decimals(x: Array, *, decimals: int) -> Array:
    """Rounded to ``decimals`` places after the point, half to even."""
    if is_integer(x):
        return x
    scale = number(10.0 ** abs(decimals), x)
    return jnp.round(x * scale) / scale if decimals > 0 else jnp.round(x / scale) * scale


def nan_to_num(x: Array, *, nan: float | None, posinf: float | None, neginf: float | None) -> Array:
    """NaNs (by default 0) and infinities (the limits of the dtype) replaced."""
    if x.dtype.kind in "biu":
        return x
    if x.dtype.kind == "c":
        return lax.complex(*[nan_to_num(part, nan=nan, posinf=posinf, neginf=neginf) for part in (x.real, x.imag)])
    limits = finfo(FROM_NUMPY[x.dtype])
    x = jnp.where(jnp.isnan(x), number(0.0 if nan is None else nan, x), x)
    x = jnp.where(x == math.inf, number(limits.max if posinf is None else posinf, x), x)
    return jnp.where(x == -math.inf, number(limits.min if neginf is None else neginf, x), x)


isclose = partial(common.isclose, jnp)

# -- complex functions with cuts ----------------------------------------------------------------------------------------


def mirrored(function: Any) -> Any:
    """f(conj z) = conj f(z): computed in the upper half plane, since XLA forgets the sign of a zero below a cut."""

    def both_halves(x: Array) -> Array:
        if x.dtype.kind != "c":
            return function(x)
        above = function(lax.complex(x.real, jnp.abs(x.imag)))
        return jnp.where(jnp.signbit(x.imag), jnp.conj(above), above)

    both_halves.__name__ = function.__name__
    return both_halves


sqrt = mirrored(jnp.sqrt)
asin = mirrored(jnp.asin)
acos = mirrored(jnp.acos)
acosh = mirrored(jnp.acosh)


def asinh(x: Array) -> Array:
    """Of a complex z, whose cuts lie on the imaginary axis, asin(i z) / i."""
    if x.dtype.kind != "c":
        return jnp.asinh(x)
    turned = asin(lax.complex(-x.imag, x.real))
    return lax.complex(turned.imag, -turned.real)


# -- functions with a domain, and what they tend to at its ends ---------------------------------------------------------


@widened
def logit(x: Array, *, eps: float | None) -> Array:
    """log(x / (1 - x)), of x brought into [eps, 1 - eps] first."""
    if eps is not None:
        x = clip(x, eps, 1 - eps)
    return jnp.log(x / (1 - x))


@widened
def xlogy(x: Array, y: Array) -> Array:
    """``x`` log ``y``, and 0 where x = 0, unless y is a NaN."""
    y = y.astype(x.dtype)
    return zero_where(x * jnp.log(y), (x == 0) & ~jnp.isnan(y))


def logaddexp2(x: Array, y: Array) -> Array:
    """log2(2^x + 2^y), exact for equal operands."""
    return jnp.where(x == y, x + 1, jnp.logaddexp2(x, y))


def logaddexp_complex(x: Array, y: Array) -> Array:
    """log(exp(x) + exp(y)), in the branch of the operand with the larger real part, as in PyTorch."""
    swapped = x.real < y.real
    high, low = jnp.where(swapped, y, x), jnp.where(swapped, x, y)
    at_infinity = jnp.where(low.real < 0, low, jnp.log(jnp.exp(low) + jnp.exp(high)))
    both_infinite = jnp.isinf(low.real) & (low.real == high.real)
    return jnp.where(both_infinite, at_infinity, jnp.log1p(jnp.exp(low - high)) + high)


@widened
def sigmoid(x: Array) -> Array:
    return lax.logistic(x) if x.dtype.kind != "c" else 1 / (1 + jnp.exp(-x))


@widened
def sigmoid_slope(x: Array) -> Array:
    return common.sigmoid_slope(jnp, x)


@widened
def silu(x: Array) -> Array:
    return x * sigmoid(x)


@widened
def mish(x: Array) -> Array:
    return common.mish(jnp, jnp.exp, x.dtype, x)


@widened
def silu_slope(x: Array) -> Array:
    """(x s)' = s + x s (1 - s), and 1 - s(x) = s(-x)."""
    return sigmoid(x) * (x * sigmoid(-x) + 1)


@widened
def softmax(x: Array, *, axis: int) -> Array:
    if not x.size:
        return x
    e = jnp.exp(x - jnp.max(x, axis=axis, keepdims=True))
    return e / jnp.sum(e, axis=axis, keepdims=True)


@widened
def log_softmax(x: Array, *, axis: int) -> Array:
    if not x.size:
        return x
    shifted = x - jnp.max(x, axis=axis, keepdims=True)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=axis, keepdims=True))


# -- functions with series of their own ---------------------------------------------------------------------------------


@widened
def rsqrt(x: Array) -> Array:
    return 1 / jnp.sqrt(x)


@widened
def sech_squared(x: Array) -> Array:
    return common.sech_squared(jnp, x)


@widened
def sinc_derivative(x: Array, *, n: int) -> Array:
    return common.sinc_derivative(jnp, x, n=n)


@widened
def gaussian(x: Array) -> Array:
    """exp(-x^2), the square summed from exact parts, as with NumPy."""
    a = jnp.minimum(jnp.abs(x), 64)
    head = jnp.floor(a * 16) / 16
    return jnp.exp(-(head * head)) * jnp.exp(-((a - head) * (a + head)))


erf = widened(special.erf)
erfc = widened(special.erfc)
erfinv = widened(special.erfinv)
lgamma = widened(special.gammaln)


@widened
def digamma(x: Array) -> Array:
    """The derivative of lgamma; infinite at 0, where the sign of the zero says which way."""
    return jnp.where(x == 0, jnp.copysign(number(math.inf, x), -x), special.digamma(x))


def polygamma(x: Array, *, n: int) -> Array:
    """The n-th derivative of digamma, (-1)^(n+1) n! zeta(n + 1, x): infinite at 0 and below it at all integers."""
    if n == 0:
        return digamma(x)
    wide = x.astype(np.float64)
    pole = (wide <= 0) & (wide == jnp.floor(wide))
    zeta = special.zeta(number(n + 1, wide), jnp.where(pole | jnp.isinf(wide), 1, wide))
    zeta = jnp.where(pole, math.inf, jnp.where(wide == math.inf, 0, zeta))
    if n == 1:
        zeta = jnp.where(wide == -math.inf, math.nan, zeta)  # PyTorch's trigamma, which is a function of its own
    return narrow((-1) ** (n + 1) * math.factorial(n) * zeta, x)


# -- complex numbers ----------------------------------------------------------------------------------------------------


def complex(x: Array, y: Array) -> Array:
    """``x`` + i ``y``."""
    return lax.complex(*jnp.broadcast_arrays(widen(x), widen(y)))


def angle(x: Array) -> Array:
    """The argument of a complex number; of a real one 0 or pi."""
    if x.dtype.kind == "c":
        return jnp.arctan2(x.imag, x.real)
    return jnp.where(jnp.isnan(x), x, jnp.where(x < 0, number(math.pi, x), number(0, x)))


def view_dtype(x: Array, dtype: Any) -> Array:
    """The bytes read as another dtype: complex numbers by way of pairs of real ones."""
    if x.dtype.kind == "c":
        pairs = view_as_real(x)
        x = pairs.reshape((*x.shape[:-1], 2 * x.shape[-1])) if x.ndim else pairs
    if dtype.kind == "c":
        numbers = view_dtype(x, np.dtype(f"f{dtype.itemsize // 2}"))
        return view_as_complex(numbers.reshape((*x.shape[:-1], numbers.shape[-1] // 2, 2)))
    if not x.ndim:
        return lax.bitcast_convert_type(x, dtype)
    wide, size = dtype.itemsize // x.dtype.itemsize, x.shape[-1] * x.dtype.itemsize // dtype.itemsize
    out = lax.bitcast_convert_type(x.reshape((*x.shape[:-1], size, wide)) if wide > 1 else x, dtype)
    return out.reshape((*x.shape[:-1], size))


def view_as_real(x: Array) -> Array:
    """A last axis (real, imaginary)."""
    return jnp.stack([x.real, x.imag], -1)


def view_as_complex(x: Array) -> Array:
    """Pairs (real, imaginary) along the last axis as complex numbers."""
    return lax.complex(x[..., 0], x[..., 1])
