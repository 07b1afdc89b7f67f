"""Distances between rows of JAX arrays; XLA never makes the differences as a whole."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .reduction_jax import vector_norm

Array = Any


def cdist(x: Array, y: Array) -> Array:
    differences = jnp.expand_dims(x, -2) - jnp.expand_dims(y, -3)
    return vector_norm(differences, ord=2.0, axis=(-1,), keepdims=False)
