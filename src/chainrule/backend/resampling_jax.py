"""Resampling along an axis on the JAX backend, and its adjoint. Tables are explained in ``resampling_common``."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .resampling_common import Table, is_selection, taps, weight_along

Array = Any


def resample(x: Array, *, axis: int, table: Table) -> Array:
    """Weighted sums of a few elements each."""
    indices, weights = taps(table)
    parts = [jnp.take(x, at, axis) for at in indices]
    if is_selection(table):
        return parts[0]
    return sum(part * weight_along(weight, axis, x.dtype) for part, weight in zip(parts, weights, strict=True))


def resample_adjoint(g: Array, *, axis: int, table: Table) -> Array:
    """Each element goes back to where it came from, with its weights."""
    indices, weights = taps(table)
    out = jnp.zeros((table[1], *jnp.moveaxis(g, axis, 0).shape[1:]), g.dtype)
    for at, weight in zip(indices, weights, strict=True):
        there = weight != 0
        part = jnp.moveaxis(g * weight_along(weight, axis, g.dtype), axis, 0)
        out = out.at[at[there]].add(part[there])
    return jnp.moveaxis(out, 0, axis)
