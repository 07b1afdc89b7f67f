"""The NumPy backend: ``xp`` for raw NumPy arrays.

Names are the array API's where it has one. NumPy's ufuncs and their ``reduce`` methods are used directly: the public
wrappers of the reductions cost more than the reduction of a small array. Arithmetic is Python's operators: on arrays
they are the ufuncs, on 0-d values kept as NumPy scalars they are ten times faster.
"""

from __future__ import annotations

import warnings
from operator import add, mul as multiply, neg as negative, sub as subtract, truediv as divide
from typing import Any

import numpy as np
from numpy import (
    absolute as abs,
    arange,
    arccos as acos,
    arccosh as acosh,
    arcsin as asin,
    arcsinh as asinh,
    arctan as atan,
    arctan2 as atan2,
    arctanh as atanh,
    argsort,
    asarray,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    broadcast_to,
    ceil,
    concatenate as concat,
    conjugate as conj,
    copysign,
    cos,
    cosh,
    equal,
    exp,
    exp2,
    expand_dims,
    expm1,
    eye,
    flip,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    frexp,
    full,
    full_like,
    greater,
    greater_equal,
    hypot,
    imag,
    invert as bitwise_invert,
    isfinite,
    isinf,
    isnan,
    left_shift as bitwise_left_shift,
    less,
    less_equal,
    linspace,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    matmul,
    maximum,
    minimum,
    moveaxis,
    nextafter,
    nonzero,
    not_equal,
    ones,
    ones_like,
    positive,
    power as pow,
    real,
    reciprocal,
    remainder,
    repeat,
    right_shift as bitwise_right_shift,
    rint as round,
    roll,
    searchsorted,
    sign,
    signbit,
    sin,
    sinh,
    sort,
    sqrt,
    square,
    squeeze,
    stack,
    take,
    take_along_axis,
    tan,
    tanh,
    tensordot,
    tile,
    transpose as permute_dims,
    tril,
    triu,
    trunc,
    where,
    zeros,
    zeros_like,
)

# Floating-point warnings (division by zero, overflow, invalid) are no errors in PyTorch: the result says it all.
# A filter by module costs nothing per call, unlike np.errstate.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"chainrule\..*")

Array = Any
Axis = int | tuple[int, ...] | None


def sum(x: Array, *, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Array:
    return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=dtype or getattr(x, "dtype", None))


def prod(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


def max(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


def min(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


def all(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.logical_and.reduce(x, axis=axis, keepdims=keepdims)


def any(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.logical_or.reduce(x, axis=axis, keepdims=keepdims)


def mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.mean(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


def argmax(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return np.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return np.argmin(x, axis=axis, keepdims=keepdims)


def astype(x: Array, dtype: Any) -> Array:
    return x.astype(dtype)


def reshape(x: Array, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


def matrix_transpose(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def clip(x: Array, min: Any = None, max: Any = None) -> Array:
    return np.clip(x, min, max)


def cumulative_sum(x: Array, *, axis: int) -> Array:
    return np.add.accumulate(x, axis=axis, dtype=x.dtype)


def cumulative_prod(x: Array, *, axis: int) -> Array:
    return np.multiply.accumulate(x, axis=axis, dtype=x.dtype)


# -- extras: what the standard lacks ------------------------------------------------------------------------------------


def walk(x: Array, path: Any) -> Array:
    """The memory that a path of views (op, its parameters, which output) leads to from ``x``."""
    for op, params, number in path:
        x = op.raw(x, **dict(params))
        if number is not None:
            x = x[number]
    return x


def get_path(x: Array, *, path: Any, shape: tuple[int, ...]) -> Array:
    """The part of ``x`` that a path of views leads to, as an array of its own."""
    return walk(x, path).copy()


def put_path(x: Array, v: Array, *, path: Any, shape: tuple[int, ...]) -> Array:
    """A copy of ``x`` with ``v`` in the part that a path of views leads to."""
    out = np.array(x)
    walk(out, path)[...] = v
    return out
