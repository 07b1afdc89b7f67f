"""Linear algebra on NumPy arrays: products that always reach BLAS, and what determinants need."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any

HALVES = frozenset("eE")
"""The dtype characters of float16 and bfloat16: as in PyTorch, their products are summed in float32."""
SMALL = 4096


def matmul(x: Array, y: Array) -> Array:
    if x.dtype.char in HALVES:
        return matmul(x.astype(np.float32), y.astype(np.float32)).astype(x.dtype)
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


def det(x: Array) -> Array:
    return np.linalg.det(x)


def slogdet(x: Array) -> tuple[Array, Array]:
    sign, logabsdet = np.linalg.slogdet(x)
    return sign, logabsdet


def solve(x: Array, y: Array) -> Array:
    """X in x X = y, for matrices; raises np.linalg.LinAlgError where x is singular."""
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
    if not directions:
        if n <= 3:
            return _small_cofactors(x, n)
        u, s, vh, outer = _svd(x)
        return outer(_others(s)[..., None] * np.eye(n, dtype=x.dtype))
    first, *rest = directions
    if rest:
        return _along(x, rest[-1], n, lambda y: cofactors(y, first, *rest[:-1]))
    # To first order, F added to diag(s) changes the cofactor i, j by -F[j, i] and i, i by F[k, k] for each k, times the
    # product of all s but the two.
    u, s, vh, outer = _svd(x)
    f = np.conj(u.swapaxes(-1, -2)) @ first @ np.conj(vh.swapaxes(-1, -2))
    p = _others_of_pairs(s).astype(x.dtype)
    traces = p @ np.diagonal(f, axis1=-2, axis2=-1)[..., None]
    return outer(traces * np.eye(n, dtype=x.dtype) - f.swapaxes(-1, -2) * p)


def _small_cofactors(x: Array, n: int) -> Array:
    """Up to 3 by 3: the textbook's formulas, exact for small integers."""
    if n <= 1:
        return np.ones_like(x)
    if n == 2:
        return x[..., ::-1, ::-1] * np.array([[1, -1], [-1, 1]], x.dtype)
    at = [[np.roll(x, (-i, -j), (-2, -1)) for j in (0, 1, 2)] for i in (0, 1, 2)]
    return at[1][1] * at[2][2] - at[1][2] * at[2][1]


def _svd(x: Array) -> tuple[Array, Array, Array, Any]:
    """U, s, V' of x, and the function that takes the cofactors of diag(s), or a change of them, to those of x."""
    u, s, vh = np.linalg.svd(x)
    sign = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    return u, s, vh, lambda c: (sign * (np.conj(u) @ c @ np.conj(vh))).astype(x.dtype)


def _others(s: Array) -> Array:
    """For each element along the last axis the product of the others."""
    n = s.shape[-1]
    return np.stack([np.delete(s, i, axis=-1).prod(axis=-1) for i in range(n)], axis=-1)


def _others_of_pairs(s: Array) -> Array:
    """For each pair the product of all but the two; 0 on the diagonal."""
    n = s.shape[-1]
    out = np.zeros((*s.shape, n), s.dtype)
    for i in range(n):
        rest = [k for k in range(n) if k != i]
        out[..., i, rest] = _others(s[..., rest])
    return out


def _along(x: Array, direction: Array, n: int, function: Any) -> Array:
    """The derivative along ``direction`` of a polynomial of degree below n, from its values at the n-th roots of unity."""
    size = np.linalg.norm(direction)
    step = (np.linalg.norm(x) or 1.0) / size if size else 1.0
    roots = np.exp(2j * np.pi * np.arange(n) / n)
    total = sum(function(x + step * root * direction) / (step * root) for root in roots) / n
    return (total if x.dtype.kind == "c" else np.real(total)).astype(x.dtype)
