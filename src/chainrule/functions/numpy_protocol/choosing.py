"""NumPy functions that choose elements, by conditions and by places."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import functions as F
from ...core.value import numbers_of
from .operands import in_range, index, mask, promoted, raw, take as at_places, tensor
from .registry import covers


@covers("where")
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return np.nonzero(raw(condition, "where"))
    x, y = (v if isinstance(v, (int, float, complex)) else tensor(v) for v in (x, y))
    return F.where(mask(condition), x, y)


@covers("select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """The first choice whose condition holds."""
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, choice, result)
    return result


@covers("piecewise")
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = tensor(x)
    flat = x.reshape(-1)
    conditions = raw(condlist, "piecewise").astype(bool)
    if conditions.ndim == 0 or (conditions.ndim == 1 and x.ndim):
        conditions = conditions[None]
    conditions = conditions.reshape(len(conditions), -1)
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~conditions.any(0, keepdims=True)])
    if len(funclist) != len(conditions):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions are expected"
        )
    result = F.zeros_like(flat)
    for condition, function in zip(conditions, funclist, strict=True):
        part = tensor(condition)
        value = tensor(function(flat[part], *args, **kw) if callable(function) else function)
        result = result.index_put((part,), value.to(x.dtype))
    return result.reshape(x.shape)


@covers("choose")
def choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    """The element of the choice that is numbered; each choice is spread to the common shape."""
    options = promoted(*choices)
    numbers = index(a)
    if mode == "raise" and not np.all(numbers_of(numbers._array) >= 0):
        raise ValueError("invalid entry in choice array")
    numbers = in_range(numbers, len(options), mode, "choose")
    shape = np.broadcast_shapes(*(tuple(x.shape) for x in (numbers, *options)))
    stacked = F.stack([F.broadcast_to(option, shape) for option in options])
    return F.take_along_dim(stacked, F.broadcast_to(numbers, shape)[None], 0)[0]


@covers("take")
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    a = tensor(a)
    size = a.numel() if axis is None else a.shape[axis]
    return at_places(a, in_range(indices, size, mode, "take"), axis)


@covers("take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    arr = tensor(arr)
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    return F.take_along_dim(arr, in_range(indices, arr.shape[axis], "raise", "take_along_axis"), axis)


@covers("compress")
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    return at_places(tensor(a), np.flatnonzero(raw(condition, "compress")), axis)


@covers("extract")
def extract(condition: Any, arr: Any) -> Any:
    return at_places(tensor(arr), np.flatnonzero(raw(condition, "extract")))


@covers("trim_zeros")
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    filt = tensor(filt)
    there = raw(filt, "trim_zeros") != 0
    axes = range(filt.ndim) if axis is None else np.atleast_1d(axis).tolist()
    for d in axes:
        found = np.flatnonzero(there.any(tuple(e for e in range(there.ndim) if e != d % there.ndim)))
        size = filt.shape[d]
        first, last = (found[0], found[-1] + 1) if len(found) else (size, size)
        first, last = first if "f" in trim.lower() else 0, last if "b" in trim.lower() or not len(found) else size
        filt = filt[(slice(None),) * (d % there.ndim) + (slice(int(first), int(last)),)]
    return filt


@covers("clip")
def clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    a = tensor(a)
    low, high = (
        None if v is None else _bound(v, a) for v in (a_min if min is None else min, a_max if max is None else max)
    )
    return F.clone(a) if low is None and high is None else F.clamp(a, low, high)


def _bound(value: Any, a: Any) -> Any:
    return F.full((), value, dtype=a.dtype) if isinstance(value, (int, float)) else tensor(value)
