"""Fourier transforms of the JAX backend."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .fft_numpy import FORWARD, INVERSE, Axes, half

Array = Any
TOGETHER = 3  # axes that XLA transforms in one operation


def fft_c2c(x: Array, *, axes: Axes, norm: int, forward: bool) -> Array:
    x = jnp.asarray(x)
    if not x.size:
        return x
    for at in range(0, len(axes), TOGETHER):
        some = axes[at : at + TOGETHER]
        x = jnp.fft.fftn(x, None, some, FORWARD[norm]) if forward else jnp.fft.ifftn(x, None, some, INVERSE[norm])
    return x


def fft_r2c(x: Array, *, axes: Axes, norm: int, forward: bool, onesided: bool) -> Array:
    if not onesided:
        return fft_c2c(x.astype(jnp.result_type(x.dtype, jnp.complex64)), axes=axes, norm=norm, forward=forward)
    if not x.size:
        return jnp.zeros(half(x.shape, axes[-1]), jnp.result_type(x.dtype, jnp.complex64))
    out = jnp.fft.rfft(x, None, axes[-1], FORWARD[norm])
    return fft_c2c(out if forward else jnp.conj(out), axes=axes[:-1], norm=norm, forward=forward)


def fft_c2r(x: Array, *, axes: Axes, norm: int, forward: bool, size: int) -> Array:
    if not x.size:
        shape = list(x.shape)
        shape[axes[-1]] = size
        return jnp.zeros(shape, x.real.dtype)
    x = fft_c2c(x, axes=axes[:-1], norm=norm, forward=forward)
    return jnp.fft.irfft(jnp.conj(x) if forward else x, size, axes[-1], INVERSE[norm])
