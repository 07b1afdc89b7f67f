"""Linear algebra of the JAX backend."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from jax import lax

from . import common
from .elementwise_jax import narrow, widen_half

if TYPE_CHECKING:
    from .linalg_numpy import Labels

Array = Any


def matmul(x: Array, y: Array) -> Array:
    return narrow(jnp.matmul(widen_half(x), widen_half(y)), x)


def affine(x: Array, w: Array, b: Array) -> Array:
    """``x w' + b``."""
    return matmul(x, jnp.matrix_transpose(w)) + b


def transposed_matmul(x: Array, y: Array) -> Array:
    """Long sums with a copy of the transpose, which the barrier keeps: XLA's product that sums along columns is slower by more."""
    turned = jnp.matrix_transpose(x)
    return matmul(lax.optimization_barrier(turned) if x.shape[-2] >= LONG_SUM else turned, y)


LONG_SUM = 256


def tensordot(x: Array, y: Array, *, axes: Any = 2) -> Array:
    return narrow(jnp.tensordot(widen_half(x), widen_half(y), axes=axes), x)


def contract(x: Array, y: Array, *, x_labels: Labels, y_labels: Labels, out_labels: Labels) -> Array:
    """The product of x and y with their axes labelled, summed over the labels that the output lacks (einsum of two)."""
    shared = [label for label in x_labels if label in y_labels]
    batch = [label for label in shared if label in out_labels]
    summed = [label for label in shared if label not in out_labels]
    x, y = _stretched(x, x_labels, y, y_labels, batch), _stretched(y, y_labels, x, x_labels, batch)
    out = lax.dot_general(
        widen_half(x),
        widen_half(y),
        (
            ([x_labels.index(label) for label in summed], [y_labels.index(label) for label in summed]),
            ([x_labels.index(label) for label in batch], [y_labels.index(label) for label in batch]),
        ),
    )
    order = batch + [label for labels in (x_labels, y_labels) for label in labels if label not in shared]
    return narrow(out.transpose([order.index(label) for label in out_labels]), x)


def _stretched(x: Array, labels: Labels, y: Array, others: Labels, batch: list[int]) -> Array:
    """``x`` with each axis that is kept beside one of ``y`` as long as that."""
    shape = [
        y.shape[others.index(label)] if label in batch and n == 1 else n
        for label, n in zip(labels, x.shape, strict=True)
    ]
    return jnp.broadcast_to(x, shape)


def trace(x: Array) -> Array:
    return jnp.trace(x, axis1=-2, axis2=-1, dtype=x.dtype)


def det(x: Array) -> Array:
    return jnp.linalg.det(x)


def slogdet(x: Array) -> tuple[Array, Array]:
    sign, logabsdet = jnp.linalg.slogdet(x)
    return sign, logabsdet


def solve(x: Array, y: Array) -> Array:
    """The X in x X = y, for matrices; infinities and NaNs where x is singular, which XLA cannot report."""
    return jnp.linalg.solve(x, y)


cofactors = partial(common.cofactors, jnp)


def inv(x: Array) -> Array:
    """The inverse; of a singular matrix what it tends to: its cofactors divided by zero."""
    if not x.size:
        return jnp.asarray(x)
    found = jnp.linalg.inv(x)
    return lax.cond(
        jnp.isfinite(found).all(),
        lambda: found,
        lambda: cofactors(x).swapaxes(-1, -2) / jnp.linalg.det(x)[..., None, None],
    )
