"""What depends on the order of the elements: sorting, medians and quantiles, sets. The order is NumPy's own; it has no
derivative, and the elements that it picks do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import functions as F
from .operands import Axis, axes_of, index, merged, raw, take, tensor
from .reductions import along
from .registry import covers


def flat_or_along(a: Any, axis: int | None) -> tuple[Any, int]:
    a = tensor(a)
    return (a.reshape(-1), 0) if axis is None else (a, axes_of(axis, a.ndim)[0])


@covers("sort")
def sort(a: Any, axis: int | None = -1) -> Any:
    a, at = flat_or_along(a, axis)
    return F.sort(a, dim=at)[0]


@covers("sort_complex")
def sort_complex(a: Any) -> Any:
    a = tensor(a)
    ordered = F.take_along_dim(a, index(np.argsort(raw(a), axis=-1)), -1)
    return ordered.to(F.complex(*[F.zeros((), dtype=a.real.dtype)] * 2).dtype)


@covers("partition")
def partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    a, at = flat_or_along(a, axis)
    return F.take_along_dim(a, index(np.argpartition(raw(a), raw(kth), axis=at)), at)


# -- medians and quantiles -----------------------------------------------------------------------------------------------


@covers("median")
def median(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _median(a, axis, keepdims, ignore_nan=False)


@covers("nanmedian")
def nanmedian(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _median(a, axis, keepdims, ignore_nan=True)


def _median(a: Any, axis: Axis, keepdims: bool, ignore_nan: bool) -> Any:
    """The mean of the two middle elements, which of an odd number is one twice."""
    flat, kept = merged(tensor(a), axis)
    if not flat.shape[-1]:
        return along(F.mean, tensor(a), axis, keepdims)
    ordered, count = _ordered(flat, ignore_nan)
    below, above = (_at(ordered, np.maximum(place, 0)) for place in ((count - 1) // 2, count // 2))
    result = _or_nan((below + above) * 0.5, flat, count, ignore_nan)
    return result.reshape(kept) if keepdims else result


@covers("quantile")
def quantile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile(a, raw(q), axis, method, keepdims, ignore_nan=False)


@covers("percentile")
def percentile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile(a, raw(q) / 100, axis, method, keepdims, ignore_nan=False)


@covers("nanquantile")
def nanquantile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile(a, raw(q), axis, method, keepdims, ignore_nan=True)


@covers("nanpercentile")
def nanpercentile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile(a, raw(q) / 100, axis, method, keepdims, ignore_nan=True)


def _quantile(a: Any, q: Any, axis: Axis, method: str, keepdims: bool, ignore_nan: bool) -> Any:
    """By any of NumPy's methods a quantile of n elements is the value at some place, whole or between two, of the
    sorted ones; and the quantile of 0, 1, ..., n-1 is that place.
    """
    flat, kept = merged(tensor(a), axis)
    ordered, count = _ordered(flat, ignore_nan)
    place = np.empty(q.shape + count.shape)
    for n in np.unique(count):
        of_n = np.quantile(np.arange(max(n, 1), dtype=float), q, method=method)  # type: ignore[call-overload]
        place[..., count == n] = np.asarray(of_n)[..., None]
    lower = np.floor(place).astype(np.int64)
    upper = np.ceil(place).astype(np.int64)
    share = tensor(place - lower).to(flat.real.dtype)
    below, above = _at(ordered, lower), _at(ordered, upper)
    between = above - below
    result = F.where(share < 0.5, below + between * share, above - between * (1 - share))
    result = F.where(share == 0, below, result)  # infinities less themselves are NaN
    result = _or_nan(result, flat, count, ignore_nan)
    return result.reshape(q.shape + kept) if keepdims else result


def _ordered(flat: Any, ignore_nan: bool) -> tuple[Any, Any]:
    """The sorted elements of each row, NaNs last, and how many count."""
    there = ~np.isnan(raw(flat)) if ignore_nan else np.ones(flat.shape, bool)
    return F.sort(flat, dim=-1)[0], np.asarray(there.sum(-1))


def _at(ordered: Any, places: Any) -> Any:
    """The elements of each row at its places, which may have leading axes of their own."""
    rows = ordered.reshape(-1, ordered.shape[-1])
    numbers = np.arange(rows.shape[0]).reshape(ordered.shape[:-1])
    return rows[index(np.broadcast_to(numbers, places.shape)), index(places)]


def _or_nan(result: Any, flat: Any, count: Any, ignore_nan: bool) -> Any:
    lost = count == 0 if ignore_nan else np.isnan(raw(flat)).any(-1)
    return F.where(tensor(lost), np.nan, result) if np.any(lost) else result


# -- sets ----------------------------------------------------------------------------------------------------------------


def picked(pool: Any, values: Any) -> Any:
    """The elements of a pool that have these values, the first of equals."""
    elements = raw(pool)
    order = np.argsort(elements, kind="stable")
    return take(pool, order[np.searchsorted(elements[order], values)])


@covers("unique")
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, equal_nan: bool = True,
) -> Any:  # fmt: skip
    a, at = flat_or_along(ar, axis)
    named = {"return_inverse": return_inverse, "return_counts": return_counts, "equal_nan": equal_nan}
    _, first, *rest = np.unique(raw(ar), return_index=True, axis=axis, **named)  # type: ignore[call-overload]
    values = take(a, first, at)
    others = (first, *rest) if return_index else rest
    return (values, *others) if others else values


@covers("unique_values")
def unique_values(x: Any) -> Any:
    return unique(x, equal_nan=False)


@covers("unique_counts")
def unique_counts(x: Any) -> Any:
    return np.unique_counts(raw(x))._replace(values=unique_values(x))


@covers("unique_inverse")
def unique_inverse(x: Any) -> Any:
    return np.unique_inverse(raw(x))._replace(values=unique_values(x))


@covers("unique_all")
def unique_all(x: Any) -> Any:
    return np.unique_all(raw(x))._replace(values=unique_values(x))


@covers("union1d")
def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(F.cat([tensor(ar1).reshape(-1), tensor(ar2).reshape(-1)]))


@covers("setdiff1d")
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    return picked(tensor(ar1).reshape(-1), np.setdiff1d(raw(ar1), raw(ar2), assume_unique))


@covers("setxor1d")
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    pool = F.cat([tensor(ar1).reshape(-1), tensor(ar2).reshape(-1)])
    return picked(pool, np.setxor1d(raw(ar1), raw(ar2), assume_unique))


@covers("intersect1d")
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    values, *places = np.intersect1d(raw(ar1), raw(ar2), assume_unique, return_indices=True)
    found = picked(tensor(ar1).reshape(-1), values)
    return (found, *places) if return_indices else found
