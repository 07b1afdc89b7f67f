"""Sums of a number and a product, rounded once, as PyTorch's kernels compute them: by fused multiply-adds.

A product of two numbers in single precision fits in double precision, so that the sum there is rounded once. BLAS's axpy is
made of fused multiply-adds where the processor has them, and takes as long as a product and a sum of NumPy's. In double
precision nothing is done: the digits in question are the sixteenth.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..promotion import is_half
from .elementwise_numpy import SINGLE
from .threads_numpy import blas

Array = Any

AT_ONCE = 1 << 13
"""Numbers for one call of axpy, which takes a second thread from 10,000 on: that has to be woken."""

place: Any = ctypes.c_float.from_buffer
"""A number's place in memory that may be written to: a sixth of the cost of asking the array for its address."""


def fused(alpha: Any) -> Callable[[int, float, Any, int, Any, int], None] | None:
    """BLAS's axpy, where it computes that product: it takes 0 times anything for nothing."""
    return axpy() if alpha else None


@cache
def axpy() -> Callable[[int, float, Any, int, Any, int], None] | None:
    """BLAS's own, if it rounds once: where that is 2^-24, two roundings leave nothing."""
    library = blas()
    if library is None:
        return None
    x, y = np.full(37, 1 + 2.0**-12, SINGLE), np.full(37, -1 - 2.0**-11, SINGLE)
    library.saxpy(37, 1 + 2.0**-12, place(x), 1, place(y), 1)
    return library.saxpy if (y == 2.0**-24).all() else None


def add_scaled(x: Array, y: Array, *, alpha: Any) -> Array:
    """``x + alpha * y``, for operands of one dtype that broadcast, and a number."""
    if x.dtype is not SINGLE or y.dtype is not SINGLE:
        if is_half(x.dtype) and is_half(y.dtype):  # rounded once, but for alpha
            return (x.astype(SINGLE) + y.astype(SINGLE) * SINGLE.type(x.dtype.type(alpha))).astype(x.dtype)
        return x + (y if alpha == 1 else y * x.dtype.type(alpha))
    function = (
        fused(alpha) if x.size and x.shape == y.shape and x.ndim and x.flags.c_contiguous and y.flags.carray else None
    )
    if not function:
        return in_double(x, y, alpha).astype(SINGLE)
    out, size = x.copy(), x.size
    for start in range(0, size, AT_ONCE):
        function(min(AT_ONCE, size - start), alpha, place(y, 4 * start), 1, place(out, 4 * start), 1)
    return out


def add_to(x: Array, y: Array, alpha: Any) -> None:
    """``x += alpha * y``, for arrays of one shape that lie row by row in memory that may be written to.

    Many numbers are rounded twice, which is faster: the products of a layer that has so many weights are added otherwise in
    any case.
    """
    size = x.size
    if size > AT_ONCE or x.dtype is not SINGLE or y.dtype is not SINGLE:
        x += y * x.dtype.type(alpha)
    elif size and x.ndim and (function := fused(alpha)):  # what has no axes may be a NumPy scalar, which has no place
        function(size, alpha, place(y), 1, place(x), 1)
    else:
        x[...] = in_double(x, y, alpha)


def in_double(x: Array, y: Array, alpha: Any) -> Array:
    out = np.multiply(y, np.float64(SINGLE.type(alpha)), dtype=np.float64)
    return np.add(out, x, out if type(out) is np.ndarray and out.shape == x.shape else None)
