"""Reductions and cumulative operations of the JAX backend.

XLA adds in blocks, whose rounding errors stay small: only half precision, and what leaves the range of a type, runs in
a wider one.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .elementwise_jax import logaddexp_complex, narrow, widen_half
from .reduction_numpy import FLOAT64, INT64, SAFE, Axis, count

Array = Any


def _sum_dtype(x: Array) -> Any:
    """The type in which sums and products run: half precision in single, integers as int64."""
    return INT64 if x.dtype.kind in "biu" else widen_half(x).dtype


def sum(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Integers and bools are added as int64."""
    total = jnp.sum(x, axis=axis, keepdims=keepdims, dtype=_sum_dtype(x))
    return total if x.dtype.kind in "biu" else narrow(total, x)


def mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    total = jnp.sum(x, axis=axis, keepdims=keepdims, dtype=_sum_dtype(x))
    return narrow(total / count(x.shape, axis), x)


def prod(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Integers and bools are multiplied as int64."""
    product = jnp.prod(x, axis=axis, keepdims=keepdims, dtype=_sum_dtype(x))
    return product if x.dtype.kind in "biu" else narrow(product, x)


def count_nonzero(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return jnp.sum(x != 0, axis=axis, keepdims=keepdims, dtype=INT64)


# -- spread ------------------------------------------------------------------------------------------------------------


def var(x: Array, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Array:
    """The sum of squared deviations from the mean, by the number of elements less ``correction``."""
    return var_mean(x, axis=axis, correction=correction, keepdims=keepdims)[0]


def std(x: Array, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Array:
    return std_mean(x, axis=axis, correction=correction, keepdims=keepdims)[0]


def var_mean(x: Array, *, axis: Axis, correction: float, keepdims: bool) -> tuple[Array, Array]:
    """(variance, mean)."""
    variance, center = _moments(x, axis, correction, keepdims)
    return narrow(variance, x), narrow(center, x)


def std_mean(x: Array, *, axis: Axis, correction: float, keepdims: bool) -> tuple[Array, Array]:
    """(standard deviation, mean)."""
    variance, center = _moments(x, axis, correction, keepdims)
    return narrow(jnp.sqrt(variance), x), narrow(center, x)


def _moments(x: Array, axis: Axis, correction: float, keepdims: bool) -> tuple[Array, Array]:
    n = count(x.shape, axis)
    x = widen_half(x)
    center = jnp.sum(x, axis=axis, keepdims=True) / n
    d = x - center
    variance = jnp.sum(d * d, axis=axis, keepdims=keepdims) / (n - correction if n > correction else 0.0)
    return variance, center.reshape(variance.shape)


# -- norms -------------------------------------------------------------------------------------------------------------


def vector_norm(x: Array, *, ord: float, axis: tuple[int, ...], keepdims: bool) -> Array:
    """The ``ord``-norm of the real ``x``; where powers leave the range of doubles, of ``x`` scaled into it."""
    a = jnp.abs(x)
    if math.isinf(ord):
        return (jnp.max if ord > 0 else jnp.min)(a, axis=axis, keepdims=keepdims)
    if ord == 0:
        return count_nonzero(a, axis=axis, keepdims=keepdims).astype(x.dtype)
    if ord == 1:
        return sum(a, axis=axis, keepdims=keepdims)
    a = a.astype(FLOAT64)

    def norm(a: Array) -> Array:
        total = jnp.sum(a * a if ord == 2 else a**ord, axis=axis, keepdims=keepdims)
        return jnp.sqrt(total) if ord == 2 else total ** (1 / ord)

    def scaled(a: Array) -> Array:
        scale = (jnp.max if ord > 0 else jnp.min)(a, axis=axis, keepdims=True)
        scale = jnp.where((scale > 0) & (scale < math.inf), scale, 1)
        found = norm(a / scale)
        return found * scale.reshape(found.shape)

    plain = norm(a)
    if not x.size:
        return narrow(plain, x)
    least, most = SAFE[FLOAT64] ** (1 / abs(ord)), math.inf
    in_range = jnp.all((plain > least) & (plain < (most if ord > 0 else 1 / least)))
    return narrow(lax.cond(in_range, lambda a: plain, scaled, a), x)


def logsumexp(x: Array, *, axis: Axis, keepdims: bool) -> Array:
    """log(sum(exp(x))), with the largest element taken out of the exponentials."""
    if not count(x.shape, axis):
        return jnp.log(sum(x, axis=axis, keepdims=keepdims))
    largest = jnp.max(x.real, axis=axis, keepdims=True)
    largest = jnp.where(jnp.isfinite(largest), largest, jnp.zeros_like(largest))
    total = jnp.log(sum(jnp.exp(x - largest), axis=axis, keepdims=keepdims))
    return total + largest.reshape(total.shape)


# -- cumulative --------------------------------------------------------------------------------------------------------
# ``axis`` is an int, or () for a 0-d array.


def _running(function: Any, x: Array, axis: Any, dtype: Any) -> Array:
    """A running total; integers and bools as int64 unless ``dtype`` says otherwise."""
    dtype = dtype or (INT64 if x.dtype.kind in "biu" else x.dtype)
    if axis == ():
        return x.astype(dtype)
    return function(widen_half(x.astype(dtype)), axis=axis % x.ndim).astype(dtype)


def cumulative_sum(x: Array, *, axis: Any, dtype: Any = None) -> Array:
    return _running(lax.cumsum, x, axis, dtype)


def cumulative_prod(x: Array, *, axis: Any, dtype: Any = None) -> Array:
    return _running(lax.cumprod, x, axis, dtype)


def cummax(x: Array, *, axis: Any) -> tuple[Array, Array]:
    """(the largest element so far, its last index)."""
    return _running_extreme(lax.cummax, x, axis)


def cummin(x: Array, *, axis: Any) -> tuple[Array, Array]:
    """(the smallest element so far, its last index)."""
    return _running_extreme(lax.cummin, x, axis)


def _running_extreme(function: Any, x: Array, axis: Any) -> tuple[Array, Array]:
    if axis == ():
        return jnp.asarray(x), jnp.zeros(x.shape, INT64)
    at = axis % x.ndim
    values = function(x.astype(np.uint8), axis=at).astype(bool) if x.dtype.kind == "b" else function(x, axis=at)
    places = np.arange(x.shape[axis]).reshape(-1, *[1] * (-axis - 1))
    # A NaN stays, and each further one takes over from it.
    places = jnp.where((x == values) | (x != x), places, 0)
    return values, lax.cummax(places, axis=at)


def logcumsumexp(x: Array, *, axis: Any) -> Array:
    if axis == ():
        return jnp.asarray(x)
    if x.dtype.kind == "c":
        return _running_log_sum(x, axis)
    return narrow(lax.cumlogsumexp(widen_half(x), axis=axis % x.ndim), x)


def _running_log_sum(x: Array, axis: int) -> Array:
    """One step after the other: in which branch the logarithm of a complex number is depends on the order."""
    if not x.size:
        return jnp.asarray(x)

    def step(total: Array, one: Array) -> tuple[Array, Array]:
        total = logaddexp_complex(total, one)
        return total, total

    x = jnp.moveaxis(x, axis, 0)
    _, y = lax.scan(step, x[0], x[1:])
    return jnp.moveaxis(jnp.concatenate([x[:1], y]), 0, axis)


def linear_recurrence(b: Array, x: Array, *, axis: Any, reverse: bool) -> Array:
    """y_i = b_i + x_i y_(i-1) along the axis, with nothing before the first; reversed, b_i + x_(i+1) y_(i+1).

    One step after the other: the products of many x that a parallel scan forms may overflow where no y does.
    """
    if not b.size:
        return jnp.asarray(b)
    b, x = jnp.moveaxis(b, axis, 0), jnp.moveaxis(x, axis, 0)
    first, rest, factors = (b[-1], b[:-1], x[1:]) if reverse else (b[0], b[1:], x[1:])

    def step(y: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        y = at[0] + at[1] * y
        return y, y

    _, y = lax.scan(step, first, (rest, factors), reverse=reverse)
    return jnp.moveaxis(jnp.concatenate([y, first[None]] if reverse else [first[None], y]), 0, axis)


def hash_bits(x: Array, *, axis: tuple[int, ...], keepdims: bool) -> Array:
    """The exclusive or of the bits of the elements as 64-bit floats or integers."""
    wide = jnp.asarray(x, INT64 if x.dtype.kind in "biu" else FLOAT64)
    bits = lax.bitcast_convert_type(wide, jnp.uint64)
    return jnp.bitwise_xor.reduce(bits, axis=axis, keepdims=keepdims)
