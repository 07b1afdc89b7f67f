"""NumPy functions that put arrays together and take them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import functions as F
from ...dtypes import as_dtype
from .operands import arrays, axes_of, raw, take, tensor
from .registry import covers


def _tensors(arrays: Any, dtype: Any = None) -> list[Any]:
    tensors = [tensor(a) for a in arrays]
    return tensors if dtype is None else [t.to(as_dtype(dtype)) for t in tensors]


@covers("concatenate", "concat")
def concatenate(arrays: Any, axis: int | None = 0, dtype: Any = None) -> Any:
    tensors = _tensors(arrays, dtype)
    return F.cat([t.reshape(-1) for t in tensors] if axis is None else tensors, 0 if axis is None else axis)


@covers("stack")
def stack(arrays: Any, axis: int = 0, dtype: Any = None) -> Any:
    return F.stack(_tensors(arrays, dtype), axis)


@covers("vstack")
def vstack(tup: Any, dtype: Any = None) -> Any:
    return F.vstack(_tensors(tup, dtype))


@covers("hstack")
def hstack(tup: Any, dtype: Any = None) -> Any:
    return F.hstack(_tensors(tup, dtype))


@covers("dstack")
def dstack(tup: Any) -> Any:
    return F.dstack(_tensors(tup))


@covers("column_stack")
def column_stack(tup: Any) -> Any:
    return F.column_stack(_tensors(tup))


@covers("append")
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate([arr, values], axis)


@covers("block")
def block(arrays: Any) -> Any:
    """The innermost lists along the last axis, those around them along the one before it, and so on."""
    depth = _depth(arrays)
    ndim = max(depth, *(tensor(a).ndim for a in _innermost(arrays)))

    def joined(part: Any, level: int) -> Any:
        if not isinstance(part, list):
            part = tensor(part)
            return part.reshape((1,) * (ndim - part.ndim) + tuple(part.shape))
        return F.cat([joined(p, level + 1) for p in part], level - depth)

    return joined(arrays, 0)


def _depth(arrays: Any) -> int:
    return 1 + max(map(_depth, arrays)) if isinstance(arrays, list) else 0


def _innermost(arrays: Any) -> list[Any]:
    return [a for part in arrays for a in _innermost(part)] if isinstance(arrays, list) else [arrays]


@covers("array_split")
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    sections = (
        indices_or_sections
        if isinstance(indices_or_sections, int)
        else tuple(raw(indices_or_sections, "array_split").tolist())
    )
    return list(F.tensor_split(tensor(ary), sections, dim=axis))


@covers("split")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if isinstance(indices_or_sections, int) and tensor(ary).shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


@covers("hsplit")
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return split(ary, indices_or_sections, 1 if tensor(ary).ndim > 1 else 0)


@covers("vsplit")
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return split(ary, indices_or_sections, 0)


@covers("dsplit")
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return split(ary, indices_or_sections, 2)


@covers("unstack")
def unstack(x: Any, axis: int = 0) -> Any:
    return tensor(x).unbind(axis)


@covers("delete")
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    arr = tensor(arr).reshape(-1) if axis is None else tensor(arr)
    axis = axis or 0
    return take(arr, np.delete(np.arange(arr.shape[axis]), arrays(obj, "delete")), axis)


@covers("insert")
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """The elements of both, in the order in which NumPy inserts numbers of theirs."""
    arr = tensor(arr).reshape(-1) if axis is None else tensor(arr)
    (at,) = axes_of(axis or 0, arr.ndim)
    values = tensor(values).to(arr.dtype)
    values = values.reshape((1,) * (arr.ndim - values.ndim) + tuple(values.shape))
    where = arrays(obj, "insert")
    size = arr.shape[at]
    alone = len(np.insert(np.arange(size), where, -1)) == size + 1
    if alone and not isinstance(where, slice) and not np.ndim(where):
        values = F.moveaxis(values, 0, at)
    many = values.shape[at] if alone else len(np.insert(np.arange(size), where, -1)) - size
    values = F.broadcast_to(values, (*arr.shape[:at], many, *arr.shape[at + 1 :]))
    order = np.insert(np.arange(size), where, size + np.arange(many))
    return take(F.cat([arr, values], at), order, at)


# -- functions of the caller's -------------------------------------------------------------------------------------------


@covers("apply_along_axis")
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = tensor(arr)
    (at,) = axes_of(axis, arr.ndim)
    rows = F.moveaxis(arr, at, -1)
    lead = tuple(rows.shape[:-1])
    results = F.stack([tensor(func1d(row, *args, **kwargs)) for row in rows.reshape(-1, rows.shape[-1])])
    made = results.reshape(*lead, *results.shape[1:])
    new = range(len(lead), made.ndim)
    return F.moveaxis(made, tuple(new), tuple(at + n for n in range(len(new))))


@covers("apply_over_axes")
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    a = tensor(a)
    for axis in np.atleast_1d(axes).tolist():
        result = tensor(func(a, axis % a.ndim))
        a = result if result.ndim == a.ndim else result.unsqueeze(axis % a.ndim)
    return a
