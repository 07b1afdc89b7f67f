"""Decompositions of matrices on NumPy arrays, and what is solved with them. SciPy is imported where NumPy has no function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from . import common
from .linalg_numpy import of_each

Array = Any


def lapack(name: str, x: Array) -> Callable[..., Any]:
    """LAPACK's routine for the dtype of ``x``."""
    from scipy.linalg import get_lapack_funcs

    (routine,) = get_lapack_funcs((name,), (x,))
    return routine


def listed(x: Array, ndim: int) -> Array:
    """The arrays of that many dimensions in ``x``, one after the other."""
    at = x.ndim - ndim
    return x.reshape(math.prod(x.shape[:at]), *x.shape[at:])


def matrices(*stacks: Array) -> Iterator[tuple[Array, ...]]:
    """The matrices of stacks, in step."""
    return zip(*[listed(stack, 2) for stack in stacks], strict=True)


def cholesky(x: Array, *, upper: bool) -> tuple[Array, Array]:
    """(the factor, the order of the first leading minor that is not positive, or 0)."""
    try:
        out = of_each(partial(np.linalg.cholesky, upper=upper), x)
        failed = ~(out.diagonal(axis1=-2, axis2=-1).real > 0)  # NaNs, which some LAPACKs let pass
        places = (
            np.where(failed.any(axis=-1), failed.argmax(axis=-1) + 1, 0) if failed.any() else np.zeros(x.shape[:-2])
        )
        return out, places.astype(np.int32)
    except np.linalg.LinAlgError:
        routine, out, info = lapack("potrf", x), np.empty(x.shape, x.dtype), []
        for made, one in matrices(out, x):
            made[...], order = routine(one, lower=not upper, clean=True)
            info.append(order)
        return out, np.array(info, np.int32).reshape(x.shape[:-2])


def eigh(x: Array, *, upper: bool) -> tuple[Array, Array]:
    values, vectors = of_each(partial(np.linalg.eigh, UPLO="U" if upper else "L"), x)
    return values, vectors


def eigvalsh(x: Array, *, upper: bool) -> Array:
    return of_each(partial(np.linalg.eigvalsh, UPLO="U" if upper else "L"), x)


def eig(x: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors, complex even where all of them are real."""
    dtype = np.result_type(x, np.complex64)
    return of_each(lambda x: tuple([one.astype(dtype, copy=False) for one in np.linalg.eig(x)]), x)


def svd(x: Array, *, full: bool) -> tuple[Array, Array, Array]:
    u, s, vh = of_each(partial(np.linalg.svd, full_matrices=full), x)
    return u, s, vh


def svdvals(x: Array) -> Array:
    return of_each(partial(np.linalg.svd, compute_uv=False), x)


def qr(x: Array, *, complete: bool) -> tuple[Array, Array]:
    q, r = of_each(partial(np.linalg.qr, mode="complete" if complete else "reduced"), x)
    return q, r


def triangle_of_qr(x: Array) -> Array:
    return of_each(partial(np.linalg.qr, mode="r"), x)


def lu_factor(x: Array) -> tuple[Array, Array, Array]:
    """(L and U in one, pivots counted from 1, the first pivot that is zero, or 0)."""
    rank, stack = min(x.shape[-2:]), x.shape[:-2]
    out, pivots = np.array(x, order="C"), np.zeros((*stack, rank), np.int32)
    info = np.zeros(stack, np.int32)
    if x.size:
        routine, rows, places = lapack("getrf", x), pivots.reshape(-1, rank), info.reshape(-1)
        for at, (one,) in enumerate(matrices(out)):
            one[...], rows[at], places[at] = routine(one)
        pivots += 1
    return out, pivots, info


def permutation(pivots: Array, x: Array) -> Array:
    """The matrix P that has row ``i`` of P' x where swapping row i with row pivots[i], one after the other, brings it."""
    rows = x.shape[-2]
    swaps = listed(pivots, 1) - 1
    order = np.tile(np.arange(rows), (len(swaps), 1))
    every = np.arange(len(swaps))
    for at in range(swaps.shape[-1]):
        there = swaps[:, at]
        order[every, there], order[:, at] = order[:, at].copy(), order[every, there]
    return np.eye(rows, dtype=x.dtype)[order].swapaxes(-1, -2).reshape(*pivots.shape[:-1], rows, rows)


def solve_triangular(x: Array, y: Array, *, upper: bool, left: bool, unit: bool) -> Array:
    """The X in x X = y (X x = y, if not ``left``); infinities and NaNs where a diagonal element is zero."""
    if not left:
        turned = solve_triangular(x.swapaxes(-1, -2), y.swapaxes(-1, -2), upper=not upper, left=True, unit=unit)
        return turned.swapaxes(-1, -2)
    if x.ndim == 2 and y.size:
        columns = np.moveaxis(y, -2, 0)
        solved = _substituted(x, columns.reshape(len(columns), -1), upper, unit)
        return np.moveaxis(solved.reshape(columns.shape), 0, -2)
    triangle = np.triu(x) if upper else np.tril(x)
    if unit:
        at = np.arange(x.shape[-1])
        triangle[..., at, at] = 1
    try:  # elimination finds nothing to do in an upper triangle, and its pivots are the diagonal
        return of_each(np.linalg.solve if upper else _solved_from_below, triangle, y)
    except np.linalg.LinAlgError:
        stack = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        x, y = (np.broadcast_to(a, (*stack, *a.shape[-2:])) for a in (x, y))
        return np.stack([_substituted(a, b, upper, unit) for a, b in matrices(x, y)]).reshape(y.shape)


def _solved_from_below(x: Array, y: Array) -> Array:
    return np.linalg.solve(x[..., ::-1, ::-1], y[..., ::-1, :])[..., ::-1, :]


def _substituted(x: Array, y: Array, upper: bool, unit: bool) -> Array:
    from scipy.linalg import get_blas_funcs

    (routine,) = get_blas_funcs(("trsm",), (x, y))
    return np.ascontiguousarray(routine(1, x, y, lower=not upper, diag=unit))


def _repeated(count: Any, step: Callable[[Any, Array], Array], x: Array) -> Array:
    for number in range(int(count)):
        x = step(number, x)
    return x


matrix_exp = partial(common.matrix_exp, np, _repeated)


def ldl_factor(x: Array, *, hermitian: bool) -> tuple[Array, Array, Array]:
    """(L and D in one, LAPACK's pivots, the first zero on the diagonal of D, or 0)."""
    out, stack = np.array(x, order="C"), x.shape[:-2]
    pivots, info = np.zeros(x.shape[:-1], np.int32), np.zeros(stack, np.int32)
    if x.size:
        routine = lapack("hetrf" if hermitian and x.dtype.kind == "c" else "sytrf", x)
        rows, places = pivots.reshape(-1, x.shape[-1]), info.reshape(-1)
        for at, (one,) in enumerate(matrices(out)):
            one[...], rows[at], places[at] = routine(one, lower=1)
    return np.tril(out), pivots, info


def ldl_solve(x: Array, pivots: Array, y: Array, *, hermitian: bool) -> Array:
    stack = np.broadcast_shapes(x.shape[:-2], pivots.shape[:-1], y.shape[:-2])
    x, y = (np.broadcast_to(a, (*stack, *a.shape[-2:])) for a in (x, y))
    pivots = np.broadcast_to(pivots, (*stack, pivots.shape[-1]))
    out = np.array(y, order="C")
    for (one, factors), swaps in zip(matrices(out, x), listed(pivots, 1), strict=True):
        _solve_ldl(factors, swaps, one, np.conj if hermitian else np.positive)
    return out


def _solve_ldl(x: Array, pivots: Array, y: Array, turned: Callable[[Array], Array]) -> None:
    """One system, in place. A negative pivot belongs to a block of two rows, the second of which was swapped."""
    places, at = [], 0
    while at < len(x):
        width = 1 if pivots[at] > 0 else 2
        end = at + width
        swap = [end - 1, abs(pivots[at]) - 1]
        places.append((slice(at, end), slice(end, None), swap))
        y[swap] = y[swap[::-1]]
        y[end:] -= x[end:, at:end] @ y[at:end]
        if width == 1:
            y[at] /= x[at, at]
        else:
            a, b, c = x[at, at], x[at + 1, at], x[at + 1, at + 1]
            first = c * y[at] - turned(b) * y[at + 1]
            y[at + 1] = (a * y[at + 1] - b * y[at]) / (a * c - b * turned(b))
            y[at] = first / (a * c - b * turned(b))
        at = end
    for block, rest, swap in reversed(places):
        y[block] -= turned(x[rest, block]).T @ y[rest]
        y[swap] = y[swap[::-1]]


def geqrf(x: Array) -> tuple[Array, Array]:
    """R, and below it the reflectors whose product is Q; the reflectors' factors."""
    rank = min(x.shape[-2:])
    out, factors = np.array(x, order="C"), np.zeros((*x.shape[:-2], rank), x.dtype)
    if x.size:
        routine, rows = lapack("geqrf", x), factors.reshape(-1, rank)
        for at, (one,) in enumerate(matrices(out)):
            one[...], rows[at] = routine(one)[:2]
    return out, factors


pinv = partial(common.pinv, np)
