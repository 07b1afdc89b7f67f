"""Linear algebra on NumPy arrays: products that always reach BLAS, and what determinants need."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from ..promotion import is_half
from ..quiet import quietly
from . import common
from .elementwise_numpy import SINGLE
from .threads_numpy import CACHED, by_items, cuts, has_helpers, in_parallel, one_blas_thread, workers

Array = Any
Labels = tuple[int, ...]

SMALL = 4096
ALONE = 1 << 18
"""Up to so many multiplications, OpenBLAS takes one thread for a product."""
SHARED = 1 << 25
"""So many are worth a second thread of ours."""


def matmul(x: Array, y: Array) -> Array:
    if is_half(x.dtype):  # as in PyTorch, summed in float32
        return matmul(x.astype(np.float32), y.astype(np.float32)).astype(x.dtype)
    if y.ndim > 2 and x.ndim > 1 and x.shape[-1] == y.shape[-2] == 1:
        return x * y  # outer products, which NumPy hands to BLAS one by one
    if y.ndim > 2 or (x.ndim > 2 and x.size == 0):
        x, y = blasable(x), blasable(y)
        if x.shape[-1] * math.prod(x.shape[-2:-1]) * y.shape[-1] <= ALONE or not has_helpers():
            return np.matmul(x, y)
        with one_blas_thread:
            return np.matmul(x, y)
    if x.ndim <= 2:
        return product(blasable(x), blasable(y))
    # One product of all rows instead of one a batch element.
    rows = blasable(x).reshape(math.prod(x.shape[:-1]), x.shape[-1])
    return product(rows, blasable(y)).reshape(x.shape[:-1] + y.shape[1:])


def product(x: Array, y: Array) -> Array:
    """``x.dot(y)`` of vectors and matrices.

    The threads of OpenBLAS wait actively for some time after each product, on the processors that our own threads need:
    where those are in use they share out products too.
    """
    work = x.size * math.prod(y.shape[1:])
    if x.ndim == 2 and x.shape[1] >= VECTORS and y.ndim == 2 and x.dtype is SINGLE and y.dtype is SINGLE:
        if has_halves(x, y):
            return of_halves(x, y)
        if work <= OF_SMALL and y.strides[0] < y.strides[1] and is_reordered(x, y):
            y = np.ascontiguousarray(y)
    if work <= ALONE or not has_helpers():
        return x.dot(y)
    with one_blas_thread:
        if work < SHARED or x.ndim == 1 or y.ndim == 1 or x.dtype != y.dtype:
            return x.dot(y)
        out = np.empty((len(x), y.shape[1]), x.dtype)
        if len(x) >= y.shape[1]:
            in_parallel(lambda some: np.matmul(x[some], y, out=out[some]), cuts(len(x), workers()), is_product=True)
        else:
            in_parallel(
                lambda some: np.matmul(x, y[:, some], out=out[:, some]), cuts(y.shape[1], workers()), is_product=True
            )
        return out


# -- the order of the sums ------------------------------------------------------------------------------------------------
# The last digits of a product depend on the order in which its terms are added. That of PyTorch's wheels for x86 (MKL)
# adds float32 terms one after the other, each by a fused multiply-add: with AVX-512 up to 384, and up to twice as many as
# the sum of two halves. (With AVX2 it is 256. Of more than twice as many the parts depend on the number of threads, too.)
# OpenBLAS adds in turn with AVX-512 (with AVX2 it has two running totals, and nothing is done here), but not where it has
# kernels for small matrices, which add along vectors if y is transposed. So what costs next to nothing is brought into the
# same order: most layers of a course's networks give PyTorch's bits then. Not those with one output, or one row: there MKL's
# products of matrices and vectors have trees of their own.
# (A huge term and its opposite among ones show the order: those ones are left that were added after them.)

VECTORS = 32
"""From so many terms on small products are added along vectors."""
OF_SMALL = 10**6
"""Multiplications in a product that counts as small."""
SMALL_RESULT = 1200
"""Elements of the result of one."""
FULL = 16
"""Elements of a vector. Of a rest of up to half of it the terms are added along vectors in any case."""
FEW_ROWS = 8
"""Of fewer rows than these MKL adds otherwise, too."""


MOST = 384
"""Terms that MKL adds in turn with AVX-512."""


@cache
def block() -> int:
    """How many terms MKL adds in turn, where OpenBLAS does so, too; otherwise more than there are."""
    found = np.show_config("dicts").get("SIMD Extensions", {}).get("found", ())  # NumPy leaves out what is empty
    is_wide = any(name in ("X86_V4", "AVX512F", "AVX512_SKX") for name in found)
    return MOST if is_wide and adds_in_turn(np.ones((2 * VECTORS, 4 * FULL), SINGLE)) else sys.maxsize


@cache
def has_small_kernels() -> bool:
    """Whether only small products by a transposed matrix are not added in turn."""
    return block() == MOST and not adds_in_turn(np.ones((FULL, 2 * VECTORS), SINGLE).T)


def adds_in_turn(y: Array) -> bool:
    """Whether a product by ``y``, of ones, is added so: 2^100 - 2^100 + 1 + 1 + ... shows it, and 1 + 2^100 + 1 + ... - 2^100."""
    x = np.ones((FULL, len(y)), SINGLE)
    x[:, 0], x[::2, 1], x[1::2, -1] = 2.0**100, -(2.0**100), -(2.0**100)
    out = x.dot(y)
    return bool((out[::2] == len(y) - 2).all() and (out[1::2] == 0).all())


def is_reordered(x: Array, y: Array) -> bool:
    """Whether a copy of ``y``, a transposed matrix, makes OpenBLAS add in turn."""
    m, n = len(x), y.shape[1]
    return m >= FEW_ROWS and m * n <= SMALL_RESULT and not 0 < n % FULL <= FULL // 2 and has_small_kernels()


def has_halves(x: Array, y: Array) -> bool:
    return block() < x.shape[1] <= 2 * block() and min(len(x), y.shape[1]) > 1


def of_halves(x: Array, y: Array, b: Any = None) -> Array:
    half = -(-x.shape[1] // 2)
    out = np.matmul(x[:, :half], y[:half])
    if b is not None:
        out += b
    out += np.matmul(x[:, half:], y[half:])
    return out


def affine(x: Array, w: Array, b: Array) -> Array:
    """``x w' + b``: to MKL, b is what the first half is added to."""
    y = w.swapaxes(-1, -2)
    if w.ndim == 2 and x.ndim > 1 and x.dtype is w.dtype is SINGLE and x.shape[-1] > block() and x.size:
        rows = x if x.ndim == 2 else blasable(x).reshape(-1, x.shape[-1])
        if has_halves(rows, y):
            out = of_halves(rows, y, b)
            return out if x.ndim == 2 else out.reshape(*x.shape[:-1], len(w))
    out = matmul(x, y)
    out += b
    return out


def transposed_matmul(x: Array, y: Array) -> Array:
    return matmul(x.swapaxes(-1, -2), y)


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


def of_each(function: Callable[..., Any], *stacks: Array) -> Any:
    """``function(*stacks)``, some matrices at a time, in parallel, where they are many: LAPACK shares out large ones only."""
    x = stacks[0]
    size = x.shape[-1] * x.shape[-2] * x.itemsize
    return by_items(function, *stacks, axes=x.ndim - 2) if size <= CACHED else function(*stacks)


def det(x: Array) -> Array:
    return of_each(partial(quietly, np.linalg.det), x)  # it warns in a module of NumPy's


def slogdet(x: Array) -> tuple[Array, Array]:
    sign, logabsdet = of_each(partial(quietly, np.linalg.slogdet), x)
    return sign, logabsdet


def solve(x: Array, y: Array) -> Array:
    """The X in x X = y, for matrices; raises np.linalg.LinAlgError where x is singular."""
    return of_each(np.linalg.solve, x, y)


def cofactors(x: Array, *directions: Array) -> Array:
    return of_each(_cofactors, x, *directions)


@np.errstate(all="ignore")  # NumPy warns of determinants in a module of its own
def _cofactors(x: Array, *directions: Array) -> Array:
    """Of matrices that are far from singular by their inverses: four times as fast as by singular values.

    In double precision; that of a condition number k loses k parts in 10^16.
    """
    n = x.shape[-1]
    if directions or n <= 3:
        return common.cofactors(np, x, *directions)
    wide = x.astype(np.result_type(x.dtype, np.float64))
    det = np.linalg.det(wide)
    is_far = np.isfinite(det) & (np.abs(det) > SMALLEST)
    inverse = np.linalg.inv(np.where(is_far[..., None, None], wide, np.eye(n)))
    is_far &= frobenius(wide) * frobenius(inverse) < CONDITION[x.dtype.char in "fF"]
    inverse *= det[..., None, None]
    out = inverse.swapaxes(-1, -2).astype(x.dtype, order="C")
    if not is_far.all():
        out[~is_far] = common.cofactors(np, x[~is_far])
    return out


SMALLEST = 1e-290
"""From here on a determinant has all its digits."""
CONDITION = (1e3, 1e7)
"""Below which inverses serve, in double and in single precision."""


def frobenius(x: Array) -> Array:
    return np.linalg.norm(x, axis=(-2, -1))


def inv(x: Array) -> Array:
    """The inverse; of a singular matrix what it tends to: its cofactors divided by zero."""
    try:
        return of_each(np.linalg.inv, x)
    except np.linalg.LinAlgError:
        return cofactors(x).swapaxes(-1, -2) / det(x)[..., None, None]
