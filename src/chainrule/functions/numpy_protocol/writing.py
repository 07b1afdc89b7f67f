"""NumPy functions that write to their first argument: recorded writes, where it is a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import functions as F
from .operands import axes_of, in_range, index, mask as truth, take, tensor, write_into
from .registry import covers


@covers("copyto")
def copyto(dst: Any, src: Any, where: Any = True) -> None:
    src = tensor(src)
    write_into(dst, src if where is True else F.where(truth(where), src, dst), "copyto", stretch=True)


def in_turn(values: Any, turns: Any, dtype: Any) -> Any:
    """The values whose turn it is, from the first again when they are used up."""
    values = tensor(values).to(dtype)
    return take(values, F.remainder(index(turns), values.numel()))


@covers("put")
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    places = in_range(ind, a.numel(), mode, "put").reshape(-1)
    if tensor(v).numel():
        a.put_(places, in_turn(v, np.arange(len(places)), a.dtype))


@covers("place")
def place(arr: Any, mask: Any, vals: Any) -> None:
    there = truth(mask)
    if tensor(vals).numel():
        turns = F.cumsum(there.reshape(-1), 0).reshape(there.shape) - 1
        arr.copy_(F.where(there, in_turn(vals, turns, arr.dtype), arr))


@covers("putmask")
def putmask(a: Any, mask: Any, values: Any) -> None:
    if tensor(values).numel():
        turns = np.arange(a.numel()).reshape(a.shape)
        a.copy_(F.where(truth(mask), in_turn(values, turns, a.dtype), a))


@covers("put_along_axis")
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    if axis is None:
        put(arr, indices, values)
        return
    (at,) = axes_of(axis, arr.ndim)
    grid = [np.arange(n).reshape([-1 if d == e else 1 for e in range(arr.ndim)]) for d, n in enumerate(arr.shape)]
    places = [*map(index, grid[:at]), index(indices), *map(index, grid[at + 1 :])]
    arr[tuple(places)] = tensor(values).to(arr.dtype)


@covers("fill_diagonal")
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    diagonal = np.zeros(a.shape, bool)
    np.fill_diagonal(diagonal, True, wrap)
    put(a, np.flatnonzero(diagonal), val)
