"""Linear algebra on NumPy arrays: products that always reach BLAS, and what determinants need."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any
Labels = tuple[int, ...]

HALVES = frozenset("eE")
"""The dtype characters of float16 and bfloat16: as in PyTorch, their products are summed in float32."""
SMALL = 4096


def matmul(x: Array, y: Array) -> Array:
    if x.dtype.char in HALVES:
        return matmul(x.astype(np.float32), y.astype(np.float32)).astype(x.dtype)
    if y.ndim > 2 and x.ndim > 1 and x.shape[-1] == y.shape[-2] == 1:
        return x * y  # outer products, which NumPy hands to BLAS one by one
    if y.ndim > 2 or (x.ndim > 2 and x.size == 0):
        return np.matmul(blasable(x), blasable(y))
    if x.ndim <= 2:
        return blasable(x).dot(blasable(y))
    # One product of all rows instead of one a batch element.
    rows = blasable(x).reshape(math.prod(x.shape[:-1]), x.shape[-1])
    return rows.dot(blasable(y)).reshape(x.shape[:-1] + y.shape[1:])


def blasable(x: Array) -> Array:
    """``x``, or a copy if it is large and stretched (a gradient from ``sum``): BLAS takes no zero strides."""
    return np.ascontiguousarray(x) if 0 in x.strides and x.size > SMALL else x


def contract(x: Array, y: Array, *, x_labels: Labels, y_labels: Labels, out_labels: Labels) -> Array:
    """The product of x and y with their axes labelled, summed over the labels that the output lacks (einsum of two)."""
    shared = set(x_labels).intersection(y_labels)
    batch = [label for label in out_labels if label in shared]
    mine = [label for label in out_labels if label in x_labels and label not in shared]
    theirs = [label for label in out_labels if label in y_labels and label not in shared]
    summed = [label for label in x_labels if label in shared and label not in out_labels]
    x = x.transpose([x_labels.index(label) for label in batch + mine + summed])
    y = y.transpose([y_labels.index(label) for label in batch + summed + theirs])
    b, m, k = len(batch), len(mine), len(summed)
    lengths = np.broadcast_shapes(x.shape[:b], y.shape[:b])
    shape = (*lengths, *x.shape[b : b + m], *y.shape[b + k :])
    if summed:
        inner = math.prod(y.shape[b : b + k])
        rows, columns = math.prod(x.shape[b : b + m]), math.prod(y.shape[b + k :])
        if batch:
            stack = math.prod(lengths)
            x = np.broadcast_to(x, lengths + x.shape[b:]).reshape(stack, rows, inner)
            y = np.broadcast_to(y, lengths + y.shape[b:]).reshape(stack, inner, columns)
        else:
            x, y = x.reshape(rows, inner), y.reshape(inner, columns)
        out = matmul(x, y).reshape(shape)
    else:
        out = x.reshape(x.shape + (1,) * len(theirs)) * y.reshape(y.shape[:b] + (1,) * m + y.shape[b:])
    order = batch + mine + theirs
    return out.transpose([order.index(label) for label in out_labels])


def trace(x: Array) -> Array:
    return np.trace(x, axis1=-2, axis2=-1, dtype=x.dtype)


def det(x: Array) -> Array:
    return np.linalg.det(x)


def slogdet(x: Array) -> tuple[Array, Array]:
    sign, logabsdet = np.linalg.slogdet(x)
    return sign, logabsdet


def solve(x: Array, y: Array) -> Array:
    """The X in x X = y, for matrices; raises np.linalg.LinAlgError where x is singular."""
    return np.linalg.solve(x, y)


def inv(x: Array) -> Array:
    """The inverse; of a singular matrix what it tends to: its cofactors divided by zero."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return cofactors(x).swapaxes(-1, -2) / np.linalg.det(x)[..., None, None]


def cofactors(x: Array, *directions: Array) -> Array:
    """The matrix of cofactors, or its mixed derivative along ``directions``: right for matrices of any rank.

    Cofactors of a product are the product of the cofactors, so that x = U diag(s) V' leaves those of a diagonal matrix.
    """
    n = x.shape[-1]
    if n <= 3:
        return _small_cofactors(x, directions, n)
    if not directions:
        u, s, vh, outer = _svd(x)
        return outer(_others(s)[..., None] * np.eye(n))
    first, *rest = directions
    if rest:
        return _along(x, rest[-1], n, lambda y: cofactors(y, first, *rest[:-1]))
    # To first order, F added to diag(s) changes the cofactor i, j by -F[j, i] and i, i by F[k, k] for each k, times the
    # product of all s but the two.
    u, s, vh, outer = _svd(x)
    f = np.conj(u.swapaxes(-1, -2)) @ first @ np.conj(vh.swapaxes(-1, -2))
    p = _others_of_pairs(s)
    traces = p @ np.diagonal(f, axis1=-2, axis2=-1)[..., None]
    return outer(traces * np.eye(n) - f.swapaxes(-1, -2) * p)


def _small_cofactors(x: Array, directions: tuple[Array, ...], n: int) -> Array:
    """Up to 3 by 3: the textbook's formulas, exact for small integers; + 0 makes each zero a positive one."""
    if len(directions) >= n:
        return np.zeros_like(x)
    if n <= 1:
        return np.ones_like(x)
    if n == 2:
        m = directions[0] if directions else x
        return m[..., ::-1, ::-1] * np.array([[1, -1], [-1, 1]], x.dtype) + x.dtype.type(0)
    if not directions:
        return _minors(x, x) + x.dtype.type(0)
    y, z = (x, *directions)[-2:]
    return _minors(y, z) + _minors(z, y)


def _minors(x: Array, y: Array) -> Array:
    """Of 3 by 3 matrices, with x = y the cofactors: 2 by 2 determinants of the rows and columns that follow, in a circle."""

    def ahead(a: Array, rows: int, columns: int) -> Array:
        return np.roll(a, (-rows, -columns), (-2, -1))

    return ahead(x, 1, 1) * ahead(y, 2, 2) - ahead(x, 1, 2) * ahead(y, 2, 1)


def _svd(x: Array) -> tuple[Array, Array, Array, Any]:
    """U, s, V', and the function that takes the cofactors of diag(s), or a change of them, to those of x."""
    finite = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    u, s, vh = np.linalg.svd(np.where(finite, x, 0))  # LAPACK may search for ever among infinities
    sign = np.where(finite, (np.linalg.det(u) * np.linalg.det(vh))[..., None, None], np.nan)
    return u, s, vh, lambda c: (sign * (np.conj(u) @ c @ np.conj(vh))).astype(x.dtype)


def _others(s: Array) -> Array:
    """For each element along the last axis the product of the others."""
    n = s.shape[-1]
    factors = np.where(np.eye(n, dtype=bool), s.dtype.type(1), s[..., None, :])
    return factors.prod(axis=-1)


def _others_of_pairs(s: Array) -> Array:
    """For each pair the product of all but the two; 0 on the diagonal."""
    n = s.shape[-1]
    out = np.empty((*s.shape, n), s.dtype)
    for i, alone in enumerate(np.eye(n, dtype=bool)):
        out[..., i, :] = np.where(alone, 0, _others(np.where(alone, s.dtype.type(1), s)))
    return out


def _along(x: Array, direction: Array, n: int, function: Any) -> Array:
    """The derivative along ``direction`` of a polynomial of degree below n, from its values at the n-th roots of unity."""
    size = np.linalg.norm(direction, axis=(-2, -1), keepdims=True)
    scale = np.linalg.norm(x, axis=(-2, -1), keepdims=True)
    radius = np.where(scale > 0, scale, 1) / np.where(size > 0, size, 1)
    steps = [radius * root for root in np.exp(2j * np.pi * np.arange(n) / n)]
    total = sum(function(x + step * direction) / step for step in steps) / n
    return (total if x.dtype.kind == "c" else np.real(total)).astype(x.dtype)
