"""NumPy functions that move elements about, repeat them, or make tensors in the likeness of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ... import functions as F
from ...dtypes import as_dtype, bool as boolean
from .operands import Axis, index, raw, take, tensor
from .refusals import FOLLOWED
from .registry import covers


@covers("reshape")
def reshape(a: Any, shape: Any) -> Any:
    return tensor(a).reshape(shape)


@covers("transpose", "permute_dims")
def transpose(a: Any, axes: Any = None) -> Any:
    a = tensor(a)
    return F.permute(a, tuple(reversed(range(a.ndim))) if axes is None else normalize_axis_tuple(axes, a.ndim))


@covers("matrix_transpose", "linalg.matrix_transpose")
def matrix_transpose(x: Any) -> Any:
    return F.swapaxes(tensor(x), -1, -2)


@covers("rollaxis")
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    a = tensor(a)
    axis = normalize_axis_index(axis, a.ndim)
    start = start + a.ndim if start < 0 else start
    return F.moveaxis(a, axis, start - 1 if axis < start else start)


@covers("expand_dims")
def expand_dims(a: Any, axis: Any) -> Any:
    a = tensor(a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for at in sorted(normalize_axis_tuple(axes, a.ndim + len(axes))):
        a = a.unsqueeze(at)
    return a


@covers("atleast_1d")
def atleast_1d(*arys: Any) -> Any:
    return F.atleast_1d(*map(tensor, arys))


@covers("atleast_2d")
def atleast_2d(*arys: Any) -> Any:
    return F.atleast_2d(*map(tensor, arys))


@covers("atleast_3d")
def atleast_3d(*arys: Any) -> Any:
    return F.atleast_3d(*map(tensor, arys))


@covers("broadcast_arrays")
def broadcast_arrays(*args: Any) -> Any:
    return F.broadcast_tensors(*map(tensor, args))


@covers("flip")
def flip(m: Any, axis: Axis = None) -> Any:
    m = tensor(m)
    return F.flip(m, tuple(range(m.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,))


@covers("repeat")
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return F.repeat_interleave(tensor(a), repeats if isinstance(repeats, int) else index(repeats), axis)


@covers("resize")
def resize(a: Any, new_shape: Any) -> Any:
    a = tensor(a)
    places = np.resize(np.arange(a.numel()), new_shape)
    return take(a, places) if a.numel() else F.zeros(places.shape, dtype=a.dtype)


@covers("linalg.diagonal")
def diagonal(x: Any, offset: int = 0) -> Any:
    return F.diagonal(tensor(x), offset, -2, -1)


@covers("astype")
def astype(x: Any, dtype: Any) -> Any:
    return tensor(x).to(as_dtype(dtype))


@covers("real_if_close")
def real_if_close(a: Any, tol: float = 100) -> Any:
    a = tensor(a)
    return a.real if a.is_complex() and np.isrealobj(np.real_if_close(raw(a, "real_if_close"), tol)) else a


@covers("iscomplex")
def iscomplex(x: Any) -> Any:
    return F.logical_not(F.isreal(tensor(x)))


@covers("meshgrid")
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    vectors = [tensor(x).reshape(-1) for x in xi]
    places = np.meshgrid(*(np.arange(len(x)) for x in vectors), sparse=sparse, indexing=indexing)  # type: ignore[call-overload]
    return tuple(x[index(at)] for x, at in zip(vectors, places, strict=True))


@covers("ix_")
def ix_(*args: Any) -> Any:
    vectors = [tensor(x) for x in args]
    return tuple(x.reshape([-1 if d == at else 1 for d in range(len(args))]) for at, x in enumerate(vectors))


@covers("pad")
def pad(array: Any, pad_width: Any, mode: Any = "constant", **named: Any) -> Any:
    array = tensor(array)
    numbers = np.arange(array.numel()).reshape(array.shape)
    width = pad_width if isinstance(pad_width, dict) else raw(pad_width, "pad")
    if mode in ("edge", "symmetric", "reflect", "wrap") and named.get("reflect_type", "even") == "even":
        return take(array, np.pad(numbers, width, mode, **named))
    if mode != "constant":
        raise TypeError(
            f"numpy.pad: mode={mode!r}{named or ''} is not covered for {FOLLOWED}; covered are constant, edge, reflect "
            " (of even reflect_type), symmetric and wrap. numpy.concatenate joins any border that you compute."
        )
    values = tensor(named.get("constant_values", 0)).to(array.dtype)
    numbers_of_values = array.numel() + np.arange(values.numel()).reshape(values.shape)
    pool = F.cat([array.reshape(-1), values.reshape(-1)])
    return take(pool, np.pad(numbers, width, constant_values=numbers_of_values))


@covers("lib.stride_tricks.sliding_window_view")
def sliding_window_view(x: Any, window_shape: Any, axis: Axis = None) -> Any:
    x = tensor(x)
    sizes = tuple(np.atleast_1d(raw(window_shape, "lib.stride_tricks.sliding_window_view")).tolist())
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    if len(sizes) != len(axes):
        raise ValueError(f"Must provide matching length window_shape and axis; got {len(sizes)} and {len(axes)}")
    for size, at in zip(sizes, axes, strict=True):
        x = x.unfold(at, size, 1)
    return x


# -- in the likeness of others -------------------------------------------------------------------------------------------


def _like(a: Any, dtype: Any, shape: Any, name: str) -> dict[str, Any]:
    return {
        "size": tuple(a.shape) if shape is None else tuple(np.atleast_1d(raw(shape, name)).tolist()),
        "dtype": a.dtype if dtype is None else as_dtype(dtype),
    }


@covers("empty_like")
def empty_like(prototype: Any, dtype: Any = None, shape: Any = None) -> Any:
    prototype = tensor(prototype)
    return prototype.new_empty(**_like(prototype, dtype, shape, "empty_like"))


@covers("zeros_like")
def zeros_like(a: Any, dtype: Any = None, shape: Any = None) -> Any:
    a = tensor(a)
    return a.new_zeros(**_like(a, dtype, shape, "zeros_like"))


@covers("ones_like")
def ones_like(a: Any, dtype: Any = None, shape: Any = None) -> Any:
    a = tensor(a)
    return a.new_ones(**_like(a, dtype, shape, "ones_like"))


@covers("full_like")
def full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """One for each element of a batch, where either is one."""
    like = ones_like(a, dtype, shape)
    fill = tensor(fill_value).to(like.dtype)
    return F.where(like.to(boolean), fill, fill)
