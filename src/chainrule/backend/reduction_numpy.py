"""Reductions and cumulative operations on NumPy arrays.

NumPy adds pairwise only along memory: along other axes it keeps one running total, which in single precision loses
digits after some hundred terms. Long sums of that kind, and all of half precision, run in a wider type.
"""

from __future__ import annotations

import builtins
import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..promotion import is_half
from .elementwise_numpy import logaddexp_complex
from .shape_numpy import along_rows, in_rows, into_rows

Array = Any
Axis = int | tuple[int, ...] | None

FLOAT32, FLOAT64, INT64 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)
WIDER = {FLOAT32: FLOAT64, np.dtype(np.complex64): np.dtype(np.complex128)}

AT_ONCE = 1 << 16
"""Elements that have copies in a wider type at a time."""

MANY = 512
"""Terms from which the rounding errors of a running total in single precision begin to matter."""

NARROW = 16
"""Up to so many numbers a row is shorter than what it costs to begin with one."""

SHORT = 128
"""Up to so many numbers a sum by ``einsum`` is nearer, on average, than a pairwise one."""

LONG = 64
"""Neighbours that it is worth to add together first."""

add_reduce: Any = np.add.reduce
add_accumulate: Any = np.add.accumulate
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce
xor_reduce: Any = np.bitwise_xor.reduce


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements each element of a reduction is made of."""
    if axis is None:
        return math.prod(shape)
    if isinstance(axis, int):
        return shape[axis] if shape else 1
    return math.prod([shape[a] for a in axis])


def _total(x: Array, axis: Axis, keepdims: bool) -> Array:
    """The sum in the type in which it is computed: half precision in a wider one, integers as int64."""
    dtype = x.dtype
    if dtype.kind in "biu":
        dtype = INT64
    elif dtype.itemsize == 2:
        dtype = FLOAT64 if count(x.shape, axis) > MANY else FLOAT32
    elif dtype in WIDER and count(x.shape, axis) > MANY and not _along_memory(x, axis):
        last = _last_along_memory(x, axis)
        if count(x.shape, last) >= LONG:
            x = add_reduce(x, axis=last, keepdims=True)
        dtype = WIDER[dtype]
    return add_reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _along_memory(x: Array, axis: Axis) -> bool:
    """Whether the elements that are added together are neighbours."""
    last = axis is None or axis == -1 or (isinstance(axis, tuple) and -builtins.min(axis, default=0) == len(axis))
    return last and x.flags.c_contiguous


def _last_along_memory(x: Array, axis: Axis) -> tuple[int, ...]:
    """The last axes, so many as there are neighbours to add together: that leaves less to widen."""
    first = 0
    if isinstance(axis, tuple) and x.flags.c_contiguous:
        while first - 1 in axis:
            first -= 1
    return tuple(range(first, 0))


def sum(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Integers and bools are added as int64."""
    dtype = x.dtype
    if dtype is FLOAT32 or dtype is FLOAT64:
        if (plan := plan_of(x.shape, axis, dtype)) and x.flags.c_contiguous:
            return sum_of_rows(x, plan, keepdims)
        if x.size <= MANY:
            return in_rows(add_reduce(x, axis=axis, keepdims=keepdims))
    total = in_rows(_total(x, axis, keepdims))
    return total if dtype.kind in "biu" else total.astype(dtype, copy=False)


def mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    dtype = x.dtype
    if dtype is FLOAT32 or dtype is FLOAT64:
        if (plan := plan_of(x.shape, axis, dtype)) and x.flags.c_contiguous:
            return sum_of_rows(x, plan, keepdims) / plan.rows
        if x.size <= MANY:
            total = in_rows(add_reduce(x, axis=axis, keepdims=keepdims))
            return total / (x.size // (total.size or 1))
    return (in_rows(_total(x, axis, keepdims)) / count(x.shape, axis)).astype(dtype, copy=False)


# -- sums of rows --------------------------------------------------------------------------------------------------------
# As PyTorch adds them on processors with AVX2, so that gradients of biases have its bits: of as many columns as four vectors
# hold, sixteen rows at a time; of other columns each fourth row together, four running totals, of which again sixteen at a
# time. The sums of sixteen are added in the same way. That is also nearer than one running total, and faster in float32
# than one in float64. All numbers, or a single column, are added by four vectors, and then lane after lane: so the losses that
# are printed have PyTorch's bits, too.
# (The order shows where a huge term and its opposite are among ones: those ones are left that were added after them.)

AT_A_TIME = 16
VECTOR = {FLOAT32: 8, FLOAT64: 4}
FEW_VECTORS = 128
"""Up to so many the sum of all numbers is added in this order: that costs two microseconds, with more than 64 of them four."""


class Lanes(NamedTuple):
    """How all of a row is added."""

    fours: slice
    shape: tuple[int, ...]
    """What is added by four vectors at a time, and by how many."""
    vectors: list[slice]
    """The vectors that are left over."""
    tail: slice | None
    """What fills no vector."""


class Plan(NamedTuple):
    """How rows are added that are the same along the first axes."""

    rows: int
    columns: int
    many: int
    """The columns that are added by sixteen rows."""
    lanes: Lanes | None
    """Of a single column: which is a row."""
    kept: tuple[int, ...]
    rest: tuple[int, ...]


@lru_cache(2048)
def plan_of(shape: tuple[int, ...], axis: Axis, dtype: Any) -> Plan | None:
    """How to add along the first axes; None where it is other axes, or so few terms that they are added in turn."""
    ndim = len(shape)
    axes = (
        set(range(ndim)) if axis is None else {a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)) if ndim}
    )
    lead = len(axes)
    if not lead or builtins.max(axes) != lead - 1:
        return None
    rows, columns = math.prod(shape[:lead]), math.prod(shape[lead:])
    vector = VECTOR[dtype]
    if columns == 1:
        return (
            Plan(rows, 1, 0, lanes_of(rows, vector), (1,) * ndim, shape[lead:])
            if 4 < rows <= FEW_VECTORS * vector
            else None
        )
    many = columns - columns % (4 * vector if columns >= vector else 4)
    if not columns or rows < (AT_A_TIME if many == columns else 4):
        return None
    return Plan(rows, columns, many, None, (1,) * lead + shape[lead:], shape[lead:])


def sum_of_rows(x: Array, plan: Plan, keepdims: bool) -> Array:
    rows, columns, many, lanes, kept, rest = plan
    if lanes:
        total = _by_lanes(x if x.ndim == 1 else x.reshape(rows), lanes)
        return total.reshape(kept if keepdims else rest) if keepdims or rest else total
    if x.ndim > 2:
        x = x.reshape(rows, columns)
    if many:
        out = _by_sixteen(x)
        if many < columns:
            out[many:] = _by_fours(x[:, many:])
    else:
        out = _by_fours(x)
    return out.reshape(kept) if keepdims else out if len(rest) == 1 else out.reshape(rest)


def lanes_of(size: int, vector: int) -> Lanes:
    if size < vector:
        vector = 1
    groups, rest = divmod(size, 4 * vector)
    left, tail = divmod(rest, vector)
    last = slice(size - tail, size) if tail else None
    if not groups:
        return Lanes(slice(size - tail), (left, vector), [], last)
    vectors = [slice(at, at + vector) for at in range(size - rest, size - tail, vector)]
    return Lanes(slice(size - rest), (groups, 4, vector), vectors, last)


def _by_lanes(x: Array, lanes: Lanes) -> Array:
    """The vectors that are left over go to the first; then comes what fills no vector, and each lane."""
    fours, shape, vectors, tail = lanes
    out = x[fours].reshape(shape)
    if len(shape) == 3:
        out = add_reduce(out, axis=0) if shape[0] <= AT_A_TIME else _by_sixteen(out)
        for some in vectors:
            out[0] += x[some]
    out = add_reduce(out, axis=0)
    return add_accumulate(out if tail is None else np.concatenate((x[tail], out)))[-1]


def _by_sixteen(rows: Array) -> Array:
    rests = []
    while len(rows) > AT_A_TIME:
        steps, rest = divmod(len(rows), AT_A_TIME)
        if rest:
            rests.append(add_reduce(rows[-rest:], axis=0))
            rows = rows[:-rest]
        rows = add_reduce(rows.reshape(steps, AT_A_TIME, *rows.shape[1:]), axis=1)
    out = add_reduce(rows, axis=0)
    if not rests:
        return out
    total = rests[0]  # what is left over first
    for one in rests[1:]:
        total += one
    total += out
    return total


def _by_fours(rows: Array) -> Array:
    steps, rest = divmod(len(rows), 4)
    four = _by_sixteen((rows[:-rest] if rest else rows).reshape(steps, 4, rows.shape[1]))
    if rest:
        for row in rows[-rest:]:
            four[0] += row
    return add_reduce(four, axis=0)


@into_rows
def prod(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Integers and bools are multiplied as int64."""
    if is_half(x.dtype) and x.ndim:
        return _product_of_halves(x, axis, keepdims)
    dtype = INT64 if x.dtype.kind in "biu" else x.dtype
    return multiply_reduce(x, axis=axis, keepdims=keepdims, dtype=dtype)


LANES = 16
"""So many numbers of half precision are in a register of 256 bits."""


def _product_of_halves(x: Array, axis: Axis, keepdims: bool) -> Array:
    """As PyTorch multiplies: each product is rounded. Along memory four registers collect them, which are multiplied in the end."""
    axes = tuple(range(-x.ndim, 0)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(sorted([at if at < 0 else at - x.ndim for at in axes]))
    if not axes:
        return x
    shape = tuple([1 if at in axes else n for at, n in enumerate(x.shape, -x.ndim) if keepdims or at not in axes])
    rest = [n for at, n in enumerate(x.shape, -x.ndim) if at not in axes]
    count = math.prod([x.shape[at] for at in axes])
    rows = np.moveaxis(x, axes, tuple(range(-len(axes), 0))).reshape(*rest, count)
    whole = count // (4 * LANES) * (4 * LANES) if axes[-1] == -1 else 0
    out = np.ones(rest, x.dtype)
    if whole:
        registers = _times(np.ones((*rest, 4, LANES), x.dtype), rows[..., :whole].reshape(*rest, -1, 4, LANES), -3)
        a, b, c, d = np.moveaxis(registers, -2, 0)
        out = _times(out, (a * b) * (c * d), -1)
    return np.asarray(_times(out, rows[..., whole:], -1)).reshape(shape)


def _times(out: Array, x: Array, axis: int) -> Array:
    """``out`` times the numbers along an axis, one after the other."""
    for one in np.moveaxis(x, axis, 0):
        out = out * one
    return out


def max(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return in_rows(maximum_reduce(x, axis=axis, keepdims=keepdims))


def min(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return in_rows(minimum_reduce(x, axis=axis, keepdims=keepdims))


def all(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return in_rows(x.all(axis=axis, keepdims=keepdims))


def any(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return in_rows(x.any(axis=axis, keepdims=keepdims))


@into_rows
def count_nonzero(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return add_reduce(x != 0, axis=axis, keepdims=keepdims, dtype=INT64)


def argmax(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first largest element; NaN is the largest."""
    return x.argmax(axis=axis, keepdims=keepdims)


def argmin(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first smallest element; NaN is the smallest."""
    return x.argmin(axis=axis, keepdims=keepdims)


def hash_bits(x: Array, *, axis: tuple[int, ...], keepdims: bool) -> Array:
    """The exclusive or of the bits of the elements as 64-bit floats or integers."""
    wide = np.asarray(x, INT64 if x.dtype.kind in "biu" else FLOAT64)
    return xor_reduce(wide.view(np.uint64), axis=axis, keepdims=keepdims)


# -- spread ------------------------------------------------------------------------------------------------------------


@into_rows
def var(x: Array, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Array:
    """The sum of squared deviations from the mean, by the number of elements less ``correction``."""
    return _moments(x, axis, correction, keepdims)[0].astype(x.dtype, copy=False)


@into_rows
def std(x: Array, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Array:
    return np.sqrt(_moments(x, axis, correction, keepdims)[0]).astype(x.dtype, copy=False)


@into_rows
def var_mean(x: Array, *, axis: Axis, correction: float, keepdims: bool) -> tuple[Array, Array]:
    """(variance, mean)."""
    variance, center = _moments(x, axis, correction, keepdims)
    return variance.astype(x.dtype, copy=False), center.reshape(variance.shape).astype(x.dtype, copy=False)


@into_rows
def std_mean(x: Array, *, axis: Axis, correction: float, keepdims: bool) -> tuple[Array, Array]:
    """(standard deviation, mean)."""
    variance, center = _moments(x, axis, correction, keepdims)
    return np.sqrt(variance).astype(x.dtype, copy=False), center.reshape(variance.shape).astype(x.dtype, copy=False)


def _moments(x: Array, axis: Axis, correction: float, keepdims: bool) -> tuple[Array, Array]:
    """The variance and the mean, which keeps the axes, in double precision."""
    n = count(x.shape, axis)
    center = add_reduce(x, axis=axis, dtype=FLOAT64, keepdims=True) / n
    squares = np.subtract(x, center, dtype=FLOAT64)
    squares *= squares
    return add_reduce(squares, axis=axis, keepdims=keepdims) / (n - correction if n > correction else 0.0), center


# -- norms -------------------------------------------------------------------------------------------------------------


SAFE = {FLOAT32: 1e-30, FLOAT64: 1e-280}
"""Down to where a sum of squares has lost nothing to numbers too small for the type."""


@into_rows
def vector_norm(x: Array, *, ord: float, axis: tuple[int, ...], keepdims: bool) -> Array:
    """The ``ord``-norm of the real ``x``; where powers leave the range of doubles, of ``x`` scaled into it."""
    dtype = x.dtype
    if ord == 2 and len(axis) == x.ndim and dtype in SAFE and x.flags.c_contiguous and not keepdims:
        flat = x.reshape(-1)
        total = np.dot(flat, flat)
        if SAFE[dtype] < total < math.inf:
            return np.sqrt(total)
    a = np.abs(x)
    if ord == math.inf:
        return max(a, axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return min(a, axis=axis, keepdims=keepdims)
    if ord == 0:
        return count_nonzero(a, axis=axis, keepdims=keepdims).astype(dtype)
    if ord == 1:
        return sum(a, axis=axis, keepdims=keepdims)
    a = a.astype(FLOAT64, copy=False)
    total = _sum_of_powers(a, ord, axis, keepdims)
    if np.logical_and(total > SAFE[FLOAT64], total < math.inf).all() or not x.size:
        return _root(total, ord).astype(dtype, copy=False)
    scale = (max if ord > 0 else min)(a, axis=axis, keepdims=True)
    scale = np.where((scale > 0) & (scale < math.inf), scale, 1)
    norm = _root(_sum_of_powers(a / scale, ord, axis, keepdims), ord)
    return (norm * scale.reshape(norm.shape)).astype(dtype, copy=False)


def _sum_of_powers(a: Array, ord: float, axis: Axis, keepdims: bool) -> Array:
    return add_reduce(a * a if ord == 2 else a**ord, axis=axis, keepdims=keepdims)


def _root(total: Array, ord: float) -> Array:
    return np.sqrt(total) if ord == 2 else total ** (1 / ord)


@along_rows
@into_rows
def logsumexp(x: Array, *, axis: Axis, keepdims: bool) -> Array:
    """log(sum(exp(x))), with the largest element taken out of the exponentials."""
    if not count(x.shape, axis):
        return np.log(sum(x, axis=axis, keepdims=keepdims))
    largest = largest_along(x.real, axis)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0).real)
    total = np.log(sum_along(np.exp(x - largest), axis))
    if not keepdims:
        total = total.squeeze(axis)
    return total + largest.reshape(total.shape)


def are_rows(x: Array, axis: Axis) -> bool:
    return x.ndim == 2 and x.size > SHORT * NARROW and axis in (-1, (-1,)) and x.dtype in (FLOAT32, FLOAT64)


def largest_along(x: Array, axis: Axis) -> Array:
    """The largest element, the axis kept. ``maximum.reduce`` would begin anew for each row, which costs more than a short one."""
    if not are_rows(x, axis):
        return maximum_reduce(x, axis=axis, keepdims=True)
    length = x.shape[1]
    if length <= NARROW:
        return maximum_reduce(np.ascontiguousarray(x.T), axis=0)[:, None]
    return np.maximum.reduceat(x.reshape(-1), np.arange(0, x.size, length))[:, None]


def sum_along(x: Array, axis: Axis) -> Array:
    """The sum, the axis kept. That of many short rows by ``einsum``, which adds by as many running totals as ``add.reduce``."""
    if are_rows(x, axis) and x.shape[1] <= SHORT:
        return np.einsum("ij->i", x)[:, None]
    return sum(x, axis=axis, keepdims=True)


# -- cumulative --------------------------------------------------------------------------------------------------------
# ``axis`` is an int, or () for a 0-d array.


def _running(ufunc: Any, x: Array, axis: Any, dtype: Any) -> Array:
    """A running total in double precision, or of integers."""
    if axis == ():
        return x.astype(dtype)
    wide = FLOAT64 if dtype.kind in "fV" else np.dtype(np.complex128) if dtype.kind == "c" else dtype
    if x.size <= AT_ONCE or wide == dtype or -axis == x.ndim:
        return ufunc.accumulate(x, axis=axis, dtype=wide).astype(dtype, copy=False)
    out = np.empty(x.shape, dtype)
    step = -(-AT_ONCE * len(x) // x.size)
    for at in range(0, len(x), step):
        out[at : at + step] = ufunc.accumulate(x[at : at + step], axis=axis, dtype=wide)
    return out


@along_rows
@into_rows
def cumulative_sum(x: Array, *, axis: Any, dtype: Any = None) -> Array:
    """Integers and bools are added as int64."""
    return _running(np.add, x, axis, dtype or (INT64 if x.dtype.kind in "biu" else x.dtype))


@along_rows
@into_rows
def cumulative_prod(x: Array, *, axis: Any, dtype: Any = None) -> Array:
    """Integers and bools are multiplied as int64."""
    return _running(np.multiply, x, axis, dtype or (INT64 if x.dtype.kind in "biu" else x.dtype))


@along_rows
@into_rows
def cummax(x: Array, *, axis: Any) -> tuple[Array, Array]:
    """(the largest element so far, its last index)."""
    return _running_extreme(np.maximum, x, axis)


@along_rows
@into_rows
def cummin(x: Array, *, axis: Any) -> tuple[Array, Array]:
    """(the smallest element so far, its last index)."""
    return _running_extreme(np.minimum, x, axis)


def _running_extreme(ufunc: Any, x: Array, axis: Any) -> tuple[Array, Array]:
    if axis == ():
        return np.array(x), np.zeros(x.shape, INT64)
    values = ufunc.accumulate(x, axis=axis)
    places = np.arange(x.shape[axis]).reshape(-1, *[1] * (-axis - 1))
    # A NaN stays, and each further one takes over from it.
    places = np.where((x == values) | (x != x), places, 0)
    return values, np.maximum.accumulate(places, axis=axis)


@along_rows
@into_rows
def logcumsumexp(x: Array, *, axis: Any) -> Array:
    if axis == ():
        return np.array(x)
    if x.dtype.kind == "c":
        y = np.moveaxis(np.array(x), axis, 0)
        for i in range(1, len(y)):
            y[i] = logaddexp_complex(y[i - 1], y[i])
        return np.moveaxis(y, 0, axis)
    wide = FLOAT32 if x.dtype.itemsize == 2 else x.dtype
    return np.logaddexp.accumulate(x, axis=axis, dtype=wide).astype(x.dtype, copy=False)


@into_rows
def linear_recurrence(b: Array, x: Array, *, axis: Any, reverse: bool) -> Array:
    """y_i = b_i + x_i y_(i-1) along the axis, with nothing before the first; reversed, b_i + x_(i+1) y_(i+1)."""
    if not b.size:
        return np.array(b)
    b, x = np.moveaxis(b, axis, 0), np.moveaxis(x, axis, 0)
    if reverse:
        b, x = b[::-1], np.roll(x[::-1], 1, 0)
    y = np.array(b)
    if y[0].size == 1:  # one lane: Python's numbers are faster than NumPy's
        total = 0
        lane: list[Any] = []
        for one, factor in zip(b.reshape(-1).tolist(), x.reshape(-1).tolist(), strict=True):
            total = one + factor * total if lane else one
            lane.append(total)
        y[...] = np.reshape(lane, y.shape)
    else:
        for i in range(1, len(y)):
            y[i] += x[i] * y[i - 1]
    return np.moveaxis(y[::-1] if reverse else y, 0, axis)
