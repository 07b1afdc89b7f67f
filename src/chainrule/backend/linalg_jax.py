"""Linear algebra of the JAX backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .elementwise_jax import narrow, unsigned_zeros, widen_half

if TYPE_CHECKING:
    from .linalg_numpy import Labels

Array = Any


def matmul(x: Array, y: Array) -> Array:
    return narrow(jnp.matmul(widen_half(x), widen_half(y)), x)


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


def cofactors(x: Array, *directions: Array) -> Array:
    """The matrix of cofactors, or its mixed derivative along ``directions``: right for matrices of any rank.

    The formulas are those of the NumPy kernel, where they are derived.
    """
    x = jnp.asarray(x)
    n = x.shape[-1]
    if n <= 3:
        return _small_cofactors(x, directions, n)
    if not directions:
        u, s, vh, outer = _svd(x)
        return outer(_others(s)[..., None] * np.eye(n))
    first, *rest = directions
    if rest:
        return _along(x, rest[-1], n, lambda y: cofactors(y, first, *rest[:-1]))
    u, s, vh, outer = _svd(x)
    f = jnp.conj(u.swapaxes(-1, -2)) @ first @ jnp.conj(vh.swapaxes(-1, -2))
    p = _others_of_pairs(s)
    traces = p @ jnp.diagonal(f, axis1=-2, axis2=-1)[..., None]
    return outer(traces * np.eye(n) - f.swapaxes(-1, -2) * p)


def _small_cofactors(x: Array, directions: tuple[Array, ...], n: int) -> Array:
    """Up to 3 by 3: the textbook's formulas, exact for small integers; each zero is a positive one."""
    if len(directions) >= n:
        return jnp.zeros_like(x)
    if n <= 1:
        return jnp.ones_like(x)
    if n == 2:
        m = directions[0] if directions else x
        return unsigned_zeros(m[..., ::-1, ::-1] * np.array([[1, -1], [-1, 1]], x.dtype))
    if not directions:
        return unsigned_zeros(_minors(x, x))
    y, z = (x, *directions)[-2:]
    return _minors(y, z) + _minors(z, y)


def _minors(x: Array, y: Array) -> Array:
    """Of 3 by 3 matrices, with x = y the cofactors: 2 by 2 determinants of the rows and columns that follow, in a circle."""

    def ahead(a: Array, rows: int, columns: int) -> Array:
        return jnp.roll(a, (-rows, -columns), (-2, -1))

    return ahead(x, 1, 1) * ahead(y, 2, 2) - ahead(x, 1, 2) * ahead(y, 2, 1)


def _svd(x: Array) -> tuple[Array, Array, Array, Any]:
    """U, s, V', and the function that takes the cofactors of diag(s), or a change of them, to those of x."""
    finite = jnp.isfinite(x).all(axis=(-2, -1), keepdims=True)
    u, s, vh = jnp.linalg.svd(jnp.where(finite, x, 0))  # LAPACK may search for ever among infinities
    sign = jnp.where(finite, (jnp.linalg.det(u) * jnp.linalg.det(vh))[..., None, None], np.nan)
    return u, s, vh, lambda c: (sign * (jnp.conj(u) @ c.astype(x.dtype) @ jnp.conj(vh))).astype(x.dtype)


def _others(s: Array) -> Array:
    """For each element along the last axis the product of the others."""
    return _product_without(s, np.eye(s.shape[-1], dtype=bool))


def _others_of_pairs(s: Array) -> Array:
    """For each pair the product of all but the two; 0 on the diagonal."""
    alone = np.eye(s.shape[-1], dtype=bool)
    return jnp.where(alone, 0, _product_without(s, alone[:, None, :] | alone[None, :, :]))


def _product_without(s: Array, left_out: Array) -> Array:
    """The products of the elements along the last axis, without those that each row of a mask leaves out."""
    s = s.reshape(*s.shape[:-1], *[1] * (left_out.ndim - 1), s.shape[-1])
    return jnp.prod(jnp.where(left_out, jnp.ones_like(s), s), axis=-1)


def _along(x: Array, direction: Array, n: int, function: Any) -> Array:
    """The derivative along ``direction`` of a polynomial of degree below n, from its values at the n-th roots of unity."""
    size = jnp.linalg.norm(direction, axis=(-2, -1), keepdims=True)
    scale = jnp.linalg.norm(x, axis=(-2, -1), keepdims=True)
    radius = jnp.where(scale > 0, scale, 1) / jnp.where(size > 0, size, 1)
    roots = np.exp(2j * np.pi * np.arange(n) / n).reshape(-1, *[1] * x.ndim)
    steps = radius * roots
    total = jnp.mean(function(x + steps * direction) / steps, axis=0)
    return (total if x.dtype.kind == "c" else jnp.real(total)).astype(x.dtype)
