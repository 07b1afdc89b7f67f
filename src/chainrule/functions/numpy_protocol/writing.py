"""NumPy functions that write to their first argument: recorded writes, where it is a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ... import functions as F
from .operands import index, raw, take, tensor, write_into
from .registry import covers


@covers("copyto")
def copyto(dst: Any, src: Any, where: Any = True) -> None:
    src = tensor(src)
    write_into(dst, src if where is True else F.where(tensor(where), src, dst), "copyto", stretch=True)


def write_at(a: Any, places: Any, values: Any) -> None:
    """Write the values in turn, from the first again when they are used up, to places of ``a``, flat."""
    values = tensor(values).to(a.dtype)
    if len(places) and values.numel():
        a[tuple(map(index, np.unravel_index(places, a.shape)))] = take(values, np.arange(len(places)) % values.numel())


@covers("put")
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    write_at(a, np.take(np.arange(a.numel()), raw(ind).reshape(-1), mode=mode), v)  # type: ignore[call-overload]


@covers("place")
def place(arr: Any, mask: Any, vals: Any) -> None:
    write_at(arr, np.flatnonzero(raw(mask)), vals)


@covers("putmask")
def putmask(a: Any, mask: Any, values: Any) -> None:
    places = np.flatnonzero(raw(mask))
    values = tensor(values)
    write_at(a, places, take(values, places % values.numel()) if values.numel() else values)


@covers("put_along_axis")
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    places = raw(indices)
    if axis is None:
        write_at(arr, np.arange(arr.numel())[places.reshape(-1)], values)
        return
    at = normalize_axis_index(axis, arr.ndim)
    grid = [np.arange(n).reshape([-1 if d == e else 1 for e in range(arr.ndim)]) for d, n in enumerate(arr.shape)]
    grid[at] = places
    arr[tuple(map(index, np.broadcast_arrays(*grid)))] = tensor(values).to(arr.dtype)


@covers("fill_diagonal")
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    diagonal = np.zeros(a.shape, bool)
    np.fill_diagonal(diagonal, True, wrap)
    write_at(a, np.flatnonzero(diagonal), val)
