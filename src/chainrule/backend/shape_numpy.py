"""Shapes and views on NumPy arrays, where NumPy's own wrapper is missing, slow, or gives read-only memory."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided as strided

Array = Any
Geometry = tuple[tuple[int, ...], tuple[int, ...], int]
"""Sizes, strides and offset of a view in its storage, in elements."""


def in_rows(x: Array) -> Array:
    """The array row by row in memory, as PyTorch leaves results that NumPy gives the order of the operands."""
    return x if x.ndim < 2 or x.flags.c_contiguous else x.copy()


def into_rows(kernel: Any) -> Any:
    """The kernel, with its results row by row in memory."""

    @functools.wraps(kernel)
    def ordered(*args: Any, **params: Any) -> Any:
        found = kernel(*args, **params)
        return tuple([in_rows(one) for one in found]) if isinstance(found, tuple) else in_rows(found)

    return ordered


LARGE = 1 << 20
"""Bytes of an array whose rows are shared out among threads."""


def along_rows(kernel: Any) -> Any:
    """The kernel of one array and an axis, on some rows at a time where these are many and the axis is the last."""

    @functools.wraps(kernel)
    def function(x: Array, *, axis: Any, **params: Any) -> Any:
        if x.nbytes < LARGE or axis not in (-1, (-1,)):
            return kernel(x, axis=axis, **params)
        from .threads_numpy import by_items

        return by_items(functools.partial(kernel, axis=axis, **params), x, axes=x.ndim - 1)

    return function


def is_channels_last(x: Array) -> bool:
    """Whether images or volumes lie in memory with their channels together, and not also row by row."""
    return (
        type(x) is np.ndarray
        and x.ndim in (4, 5)
        and not x.flags.c_contiguous
        and x.transpose(0, *range(2, x.ndim), 1).flags.c_contiguous
    )


def channels_last(x: Array) -> Array:
    if type(x) is not np.ndarray or x.ndim not in (4, 5):
        return x
    n = x.ndim
    return np.ascontiguousarray(x.transpose(0, *range(2, n), 1)).transpose(0, n - 1, *range(1, n - 1))


def keeping_channels_last(kernel: Any, which: str) -> Any:
    """The kernel, whose result has its channels last if the first operand has, or any, or all."""
    decide = {"any": any, "all": all}.get(which)

    @functools.wraps(kernel)
    def ordered(x: Array, *others: Array, **params: Any) -> Any:
        found = kernel(x, *others, **params)
        if decide is None:
            is_last = not x.flags.c_contiguous and is_channels_last(x)
        else:
            is_last = decide(is_channels_last(one) for one in (x, *others) if getattr(one, "ndim", 0) > 1)
        if not is_last:
            return found
        return tuple([channels_last(one) for one in found]) if isinstance(found, tuple) else channels_last(found)

    ordered.kept_of = decide or next  # type: ignore[attr-defined]
    return ordered


# -- the array API's names ----------------------------------------------------------------------------------------------


def reshape(x: Array, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


def permute_dims(x: Array, axes: tuple[int, ...]) -> Array:
    return x.transpose(axes)


def matrix_transpose(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def moveaxis(x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Array:
    return np.moveaxis(x, source, destination)


def squeeze(x: Array, axis: int | tuple[int, ...]) -> Array:
    return x.squeeze(axis)


def expand_dims(x: Array, axis: int | tuple[int, ...]) -> Array:
    axes = (axis,) if isinstance(axis, int) else axis
    shape = list(x.shape)
    ndim = len(shape) + len(axes)
    for at in sorted([a % ndim for a in axes]):
        shape.insert(at, 1)
    return x.reshape(shape)


def broadcast_to(x: Array, shape: tuple[int, ...]) -> Array:
    """As NumPy's, several times as fast for contiguous arrays, and writable where no elements are shared."""
    old = x.shape
    if old == shape:
        return x[...]
    lead = len(shape) - len(old)
    if lead >= 0 and shape[lead:] == old and math.prod(shape[:lead]) == 1:
        return x.reshape(shape)
    if not x.flags.c_contiguous or not x.size:
        return np.broadcast_to(x, shape)
    strides = [0] * lead
    for have, want, stride in zip(old, shape[lead:], x.strides, strict=False):
        if have == want:
            strides.append(stride)
        elif have == 1:
            strides.append(0)
        else:
            return np.broadcast_to(x, shape)  # which raises
    return np.ndarray(shape, x.dtype, x, 0, tuple(strides))


def stack(arrays: Any, axis: int = 0) -> Array:
    return in_rows(np.concatenate([expand_dims(x, axis) for x in arrays], axis))


concat = into_rows(np.concatenate)
tril = into_rows(np.tril)
triu = into_rows(np.triu)


def unstack(x: Array, axis: int = 0) -> tuple[Array, ...]:
    return tuple(select(x, axis, index) for index in range(x.shape[axis]))


def flip(x: Array, axis: int | tuple[int, ...]) -> Array:
    """A copy: a tensor's strides are never negative."""
    key = [slice(None)] * x.ndim
    for one in (axis,) if isinstance(axis, int) else axis:
        key[one] = slice(None, None, -1)
    return x[tuple(key)].copy()


def rot90(x: Array, k: int, axes: tuple[int, int]) -> Array:
    return np.rot90(x, k, axes).copy()


# -- views --------------------------------------------------------------------------------------------------------------


def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    return x.swapaxes(axis1, axis2)


def is_viewable(x: Array, shape: tuple[int, ...]) -> bool:
    """Whether ``x`` can be seen in another shape without a copy.

    Axes that do not lie in memory as one may be joined with no part of another. (That a shape has another number of elements,
    NumPy says when it is asked.)
    """
    lengths = [n if n >= 0 else -x.size // (math.prod(shape) or 1) for n in shape]
    if x.flags.c_contiguous or math.prod(lengths) != x.size or not x.size:
        return True
    runs, reach = [1], x.strides[-1]
    for n, stride in zip(reversed(x.shape), reversed(x.strides), strict=True):
        if n == 1:
            continue
        if stride == reach:
            runs[-1] *= n
        else:
            runs.append(n)
        reach = stride * n
    backwards = reversed(lengths)
    for run in runs:
        left, rest = run, 0
        while left > 1 and not rest:
            left, rest = divmod(left, next(backwards))
        if rest:
            return False
    return True


def select(x: Array, axis: int, index: int) -> Array:
    """A view of the elements at one index: the axis is gone."""
    if axis == -x.ndim:
        return x[index, ...]
    return x[..., index, *[slice(None)] * (-axis - 1)]


def slice_axis(x: Array, axis: int, start: int, stop: int, step: int) -> Array:
    """A view of a range of indices."""
    if axis == -x.ndim:
        return x[start:stop:step]
    return x[..., slice(start, stop, step), *[slice(None)] * (-axis - 1)]


def diagonal(x: Array, offset: int, axis1: int, axis2: int) -> Array:
    """A view of the diagonals of the matrices in two axes, as the last axis."""
    view = x.diagonal(offset, axis1, axis2)
    view.flags.writeable = x.flags.writeable  # NumPy gives it read-only
    return view


def unfold(x: Array, axis: int, size: int, step: int) -> Array:
    """A view of the windows of ``size`` elements, every ``step``: the window is a new last axis."""
    shape, strides = list(x.shape), list(x.strides)
    shape[axis] = (shape[axis] - size) // step + 1
    strides[axis] *= step
    return strided(x, (*shape, size), (*strides, x.strides[axis]), writeable=x.flags.writeable)


def view_dtype(x: Array, dtype: Any) -> Array:
    """A copy, in C order, of the bytes, read as another dtype."""
    return np.array(x, order="C").view(dtype)


def storage(x: Array) -> Array:
    """All the memory that ``x`` is a part of, as one axis."""
    dtype, whole = x.dtype, x
    while isinstance(base := behind(whole), np.ndarray) and (base.dtype == dtype or holds_parts(base, dtype)):
        whole = base
    flat = whole.reshape(-1, order="F" if whole.flags.f_contiguous else "C")
    return flat if flat.dtype == dtype else flat.view(dtype)


def behind(x: Array) -> Any:
    """What ``x`` is a view of; NumPy puts an object of its own between the two where strides were given."""
    base: Any = x.base
    return base.base if type(base) is STRIDED else base


STRIDED: Any = type(strided(np.zeros(1), (1,), (8,)).base)


def holds_parts(base: Array, dtype: Any) -> bool:
    """Whether the memory of ``base`` is that of complex numbers, or of the real numbers that make them."""
    other = base.dtype
    if (other.kind, dtype.kind) == ("c", "f"):
        return other.itemsize == 2 * dtype.itemsize
    return (other.kind, dtype.kind) == ("f", "c") and dtype.itemsize == 2 * other.itemsize and base.size % 2 == 0


def geometry(x: Array) -> Geometry:
    """Where ``x`` lies in its storage."""
    offset = x.__array_interface__["data"][0] - storage(x).__array_interface__["data"][0]
    return x.shape, tuple(s // x.itemsize for s in x.strides), offset // x.itemsize


def as_strided(x: Array, size: tuple[int, ...], stride: tuple[int, ...], offset: int, origin: Geometry) -> Array:
    """A view of the storage of ``x``; ``origin`` is the geometry of ``x`` itself, for the derivative."""
    memory = storage(x)
    return strided(memory[offset:], size, tuple(s * x.itemsize for s in stride), writeable=x.flags.writeable)


def restride(x: Array, source: Geometry, target: Geometry) -> Array:
    """What ``target`` reads from a storage of zeros to which ``x`` was added as ``source``."""
    memory = np.zeros(max(extent(source), extent(target)), x.dtype)
    np.add.at(memory, positions(source).reshape(-1), x.reshape(-1))
    return memory[positions(target)]


def extent(g: Geometry) -> int:
    """How many elements of the storage a geometry spans, from the first on."""
    sizes, strides, offset = g
    return 0 if 0 in sizes else offset + 1 + sum([(n - 1) * s for n, s in zip(sizes, strides, strict=True)])


def positions(g: Geometry) -> Array:
    """Where the elements lie in the storage."""
    sizes, strides, offset = g
    positions = np.full(sizes, offset)
    for axis, (n, s) in enumerate(zip(sizes, strides, strict=True)):
        positions += (np.arange(n) * s).reshape(-1, *[1] * (len(sizes) - axis - 1))
    return positions


# -- the adjoints of views: zeros, with the cotangent in its place ------------------------------------------------------


def select_adjoint(g: Array, axis: int, index: int, size: int) -> Array:
    at = g.ndim + axis + 1
    out = np.zeros((*g.shape[:at], size, *g.shape[at:]), g.dtype)
    select(out, axis, index)[...] = g
    return out


def slice_adjoint(g: Array, axis: int, start: int, stop: int, step: int, size: int) -> Array:
    shape = list(g.shape)
    shape[axis] = size
    out = np.zeros(shape, g.dtype)
    slice_axis(out, axis, start, stop, step)[...] = g
    return out


def diagonal_adjoint(g: Array, offset: int, axis1: int, axis2: int, sizes: tuple[int, int]) -> Array:
    ndim = g.ndim + 1
    shape = list(g.shape[:-1])
    for axis, size in sorted([(axis1 + ndim, sizes[0]), (axis2 + ndim, sizes[1])]):
        shape.insert(axis, size)
    out = np.zeros(shape, g.dtype)
    diagonal(out, offset, axis1, axis2)[...] = g
    return out


def unfold_adjoint(g: Array, axis: int, step: int, length: int) -> Array:
    """The windows added up where they overlap; ``axis`` is that of the unfolded array, without the windows."""
    at = g.ndim - 1 + axis
    out = np.zeros((*g.shape[:at], length, *g.shape[at + 1 : -1]), g.dtype)
    span = (g.shape[at] - 1) * step + 1
    for start in range(g.shape[-1]):
        slice_axis(out, axis, start, start + span, step)[...] += g[..., start]
    return out


# -- the rest -----------------------------------------------------------------------------------------------------------


def pad(x: Array, widths: tuple[tuple[int, int], ...], value: Any) -> Array:
    """``x`` between constants: (before, after) for each of the last axes; negative widths cut off."""
    lead = x.ndim - len(widths)
    shape = [*x.shape[:lead], *[n + a + b for n, (a, b) in zip(x.shape[lead:], widths, strict=True)]]
    out = np.full(shape, value, x.dtype)
    inner: Any = tuple(slice(max(a, 0), n - max(b, 0)) for n, (a, b) in zip(shape[lead:], widths, strict=True))
    part: Any = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape[lead:], widths, strict=True))
    out[(..., *inner)] = x[(..., *part)]
    return out


def roll(x: Array, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Array:
    if axis is None:
        return roll(x.reshape(-1), shift, -1).reshape(x.shape)
    pairs = ((shift, axis),) if isinstance(axis, int) else zip(shift, axis, strict=True)  # type: ignore[arg-type]
    for by, at in pairs:
        n = x.shape[at]
        if n:
            cut = n - by % n
            x = np.concatenate([slice_axis(x, at, cut, n, 1), slice_axis(x, at, 0, cut, 1)], at)
    return in_rows(x)


def tile(x: Array, repetitions: tuple[int, ...]) -> Array:
    return np.tile(x, repetitions)


def clone(x: Array) -> Array:
    """A copy that keeps the order of the strides; row by row, if elements share memory."""
    return np.array(x, order="C" if 0 in x.strides else "K")


def row_major(x: Array) -> Array:
    """``x`` in C order: itself, or a copy."""
    return x if x.ndim < 2 else np.ascontiguousarray(x)


def contiguous(x: Array) -> Array:
    """A copy in C order."""
    is_turned = x.ndim == 2 and x.strides[0] == x.itemsize and x.size >= MANY
    return transposed(x.T) if is_turned else np.array(x, order="C")


TILE = 32
"""Rows that are turned at a time."""
MANY = 1 << 15
"""So many elements are worth it."""


def transposed(x: Array) -> Array:
    """The transpose of a matrix in C order, also in C order, some rows at a time: the cache holds what they are read from."""
    out = np.empty(x.shape[::-1], x.dtype)
    for start in range(0, len(x), TILE):
        out[:, start : start + TILE] = x[start : start + TILE].T
    return out
