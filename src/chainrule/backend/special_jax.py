"""Special functions of the JAX backend: JAX's own, and SciPy's on the host where it has none."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer
from jax.scipy import special

from . import special_common as common, special_numpy
from .elementwise_jax import gaussian, zero_where
from .elementwise_numpy import narrow, widen, widened

Array = Any


def of_jax(function: Any) -> Any:
    """The function in at least single precision."""

    def kernel(*arrays: Array) -> Array:
        return narrow(function(*map(widen, arrays)), arrays[0])

    return kernel


def on_host(kernel: Any) -> Any:
    """A function that XLA lacks, computed by the NumPy backend: a compiled program calls back for it."""

    def function(*arrays: Array, **params: Any) -> Array:
        if not any(isinstance(x, Tracer) for x in arrays):
            return jnp.asarray(kernel(*map(np.asarray, arrays), **params))

        def run(*arrays: Any) -> Any:
            return np.asarray(kernel(*map(np.asarray, arrays), **params))

        shape = np.broadcast_shapes(*[x.shape for x in arrays])
        return jax.pure_callback(run, jax.ShapeDtypeStruct(shape, arrays[0].dtype), *arrays)

    return function


@widened
def entr(x: Array) -> Array:
    return jnp.where(x > 0, -x * jnp.log(x), jnp.where(x == 0, 0, jnp.where(x < 0, -jnp.inf, x)))


ndtr = of_jax(special.ndtr)
gelu_slope = widened(lambda x: common.gelu_slope(ndtr, gaussian, x))
ndtri = of_jax(special.ndtri)
igamma = on_host(special_numpy.igamma)  # JAX's loops do not end for some huge operands
igammac = on_host(special_numpy.igammac)
zeta = on_host(special_numpy.zeta)


@widened
def log_ndtr(x: Array) -> Array:
    """On the left by exp(x^2 / 2) ndtr(x), which has no tail to lose: JAX's own keeps eleven digits there."""
    left = x < -1
    below, above = jnp.where(left, x, -1), jnp.where(left, -1, x)
    tail = jnp.log(special.erfcx(below * -math.sqrt(0.5)) / 2) - below * below / 2
    return jnp.where(left, tail, jnp.log1p(special.erfc(above * math.sqrt(0.5)) / -2))


def xlog1py(x: Array, y: Array) -> Array:
    """``x`` log(1 + ``y``), and 0 where x = 0, unless y is a NaN."""
    return narrow(zero_where(widen(x) * jnp.log1p(widen(y)), (x == 0) & ~jnp.isnan(y)), x)


@widened
def erfcx_derivative(x: Array, *, n: int) -> Array:
    return common.erfcx_derivative(jnp, special.erfcx, x, n)


@widened
def normal_hazard(x: Array) -> Array:
    return common.normal_hazard(special.erfcx, x)


def bessel_i(x: Array, *, n: int, scaled: bool) -> Array:
    return small_bessel_i(x, n=n, scaled=scaled) if n < 2 else other_bessel_i(x, n=n, scaled=scaled)


@widened
def small_bessel_i(x: Array, *, n: int, scaled: bool) -> Array:
    """Of orders 0 and 1, which XLA has."""
    if not n:
        return (special.i0e if scaled else special.i0)(x)
    return zero_where((special.i1e if scaled else special.i1)(x), x == 0)  # of a minus zero, too, a positive one


other_bessel_i = on_host(special_numpy.bessel_i)
bessel_j = on_host(special_numpy.bessel_j)
bessel_k = on_host(special_numpy.bessel_k)
bessel_y = on_host(special_numpy.bessel_y)
airy_ai = on_host(special_numpy.airy_ai)
airy_ai_prime = on_host(special_numpy.airy_ai_prime)


@widened
def polynomial(x: Array, n: Array, *, family: str, derivative: int) -> Array:
    """By the recurrence up to the highest degree; of degrees below 0, zero."""
    x, n = jnp.broadcast_arrays(x, widen(n))
    degrees = common.degrees(jnp, n)
    out = jnp.where(n <= common.HIGHEST, jnp.zeros_like(x), jnp.nan)
    before, now = common.first_two(jnp, x, family, derivative)
    top = jnp.max(degrees, initial=-1)

    def step(state: Any) -> Any:
        k, out, before, now = state
        out = jnp.where(degrees == k, before[derivative], out)
        return k + 1, out, now, common.next_one(x, k + 1, before, now, family)

    return lax.while_loop(lambda state: state[0] <= top, step, (jnp.zeros((), x.dtype), out, before, now))[1]
