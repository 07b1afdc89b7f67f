"""Decompositions of matrices, and what is solved with them, of the JAX backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import common, decompositions_numpy

Array = Any


def cholesky(x: Array, *, upper: bool) -> tuple[Array, Array]:
    """(the factor, 0 or, of a matrix that is not positive definite, 1): XLA does not say where it failed."""
    x = jnp.asarray(x)
    triangle = jnp.conj(jnp.triu(x)).swapaxes(-1, -2) if upper else jnp.tril(x)
    factor = lax.linalg.cholesky(triangle, symmetrize_input=False)
    failed = jnp.isnan(factor).any(axis=(-2, -1))
    return jnp.conj(factor).swapaxes(-1, -2) if upper else factor, failed.astype(jnp.int32)


def eigh(x: Array, *, upper: bool) -> tuple[Array, Array]:
    values, vectors = jnp.linalg.eigh(x, "U" if upper else "L", symmetrize_input=False)
    return values, vectors


def eigvalsh(x: Array, *, upper: bool) -> Array:
    return jnp.linalg.eigvalsh(x, "U" if upper else "L", symmetrize_input=False)


def eig(x: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors, complex even where all of them are real."""
    values, vectors = jnp.linalg.eig(x)
    return values, vectors


def svd(x: Array, *, full: bool) -> tuple[Array, Array, Array]:
    u, s, vh = jnp.linalg.svd(x, full_matrices=full)
    return u, s, vh


def svdvals(x: Array) -> Array:
    return jnp.linalg.svd(x, compute_uv=False)


def qr(x: Array, *, complete: bool) -> tuple[Array, Array]:
    q, r = jnp.linalg.qr(x, "complete" if complete else "reduced")
    return q, r


def triangle_of_qr(x: Array) -> Array:
    return jnp.linalg.qr(x, "r")


def lu_factor(x: Array) -> tuple[Array, Array, Array]:
    """(L and U in one, pivots counted from 1, the first pivot that is zero, or 0)."""
    x = jnp.asarray(x)
    if not x.size:
        return x, jnp.zeros((*x.shape[:-2], min(x.shape[-2:])), jnp.int32), jnp.zeros(x.shape[:-2], jnp.int32)
    factors, pivots, _ = lax.linalg.lu(x)
    zero = jnp.diagonal(factors, axis1=-2, axis2=-1) == 0
    info = jnp.where(zero.any(axis=-1), jnp.argmax(zero, axis=-1) + 1, 0)
    return factors, pivots + 1, info.astype(jnp.int32)


def permutation(pivots: Array, x: Array) -> Array:
    """The matrix P that has row ``i`` of P' x where swapping row i with row pivots[i], one after the other, brings it."""
    rows = x.shape[-2]
    order = lax.linalg.lu_pivots_to_permutation(jnp.asarray(pivots) - 1, rows)
    return jnp.eye(rows, dtype=x.dtype)[order].swapaxes(-1, -2)


def solve_triangular(x: Array, y: Array, *, upper: bool, left: bool, unit: bool) -> Array:
    """The X in x X = y (X x = y, if not ``left``); infinities and NaNs where a diagonal element is zero."""
    stack = jnp.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = (jnp.broadcast_to(a, (*stack, *a.shape[-2:])) for a in (x, y))
    return lax.linalg.triangular_solve(x, y, left_side=left, lower=not upper, unit_diagonal=unit)


def _repeated(count: Array, step: Callable[[Any, Array], Array], x: Array) -> Array:
    return lax.fori_loop(0, count.astype(int), step, x)


matrix_exp = partial(common.matrix_exp, jnp, _repeated)


def ldl_factor(x: Array, *, hermitian: bool) -> tuple[Array, Array, Array]:
    """XLA has none: LAPACK is called on the host."""
    shapes = (x.shape, x.dtype), (x.shape[:-1], np.dtype(np.int32)), (x.shape[:-2], np.dtype(np.int32))
    made = jax.pure_callback(
        lambda one: decompositions_numpy.ldl_factor(np.asarray(one), hermitian=hermitian),
        tuple(jax.ShapeDtypeStruct(*one) for one in shapes),
        x,
    )
    return tuple(made)


def ldl_solve(x: Array, pivots: Array, y: Array, *, hermitian: bool) -> Array:
    stack = np.broadcast_shapes(x.shape[:-2], pivots.shape[:-1], y.shape[:-2])
    return jax.pure_callback(
        lambda *given: decompositions_numpy.ldl_solve(*map(np.asarray, given), hermitian=hermitian),
        jax.ShapeDtypeStruct((*stack, *y.shape[-2:]), y.dtype),
        x,
        pivots,
        y,
    )


def geqrf(x: Array) -> tuple[Array, Array]:
    """R, and below it the reflectors whose product is Q; the reflectors' factors."""
    turned, factors = jnp.linalg.qr(x, "raw")
    return turned.swapaxes(-1, -2), factors


pinv = partial(common.pinv, jnp)
