"""What depends on the order of the elements: sorting, medians and quantiles, sets. The order has no derivative, and the
elements that it picks do.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ... import functions as F
from ...core.value import TensorBase, numbers_of
from ...dtypes import int64
from .operands import Axis, axes_of, index, merged, promoted, raw, take, tensor
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
    """By the real part and then by the imaginary one; those with NaN last, as NumPy has them."""
    a = tensor(a)
    keys = [a]
    if a.is_complex():
        keys = [a.imag, a.real, F.isnan(a.imag) + 2 * F.isnan(a.real)]
    ordered = F.take_along_dim(a, lexsort(keys), -1)
    return ordered.to(F.complex(*[F.zeros((), dtype=a.real.dtype)] * 2).dtype)


@covers("partition")
def partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """All in order: one of the results that NumPy may give."""
    a, at = flat_or_along(a, axis)
    _check_place(kth, a.shape[at], "partition")
    return sort(a, at)


def _check_place(kth: Any, size: int, name: str) -> None:
    places = raw(kth, name)
    if places.size and not -size <= places.min() <= places.max() < size:
        raise ValueError(f"kth(={kth}) out of bounds ({size})")


# -- places, which have no derivative ------------------------------------------------------------------------------------


@covers("argsort")
def argsort(a: Any, axis: int | None = -1) -> Any:
    a, at = flat_or_along(a, axis)
    return F.argsort(a, dim=at)


@covers("argpartition")
def argpartition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    a, at = flat_or_along(a, axis)
    _check_place(kth, a.shape[at], "argpartition")
    return argsort(a, at)


@covers("lexsort")
def lexsort(keys: Any, axis: int = -1) -> Any:
    """By the last key, where that is equal by the one before it, and so on; each sorting keeps the order of equals."""
    order = None
    for key in map(tensor, keys):
        step = F.argsort(key if order is None else F.take_along_dim(key, order, axis), dim=axis)
        order = step if order is None else F.take_along_dim(order, step, axis)
    return order


@covers("searchsorted")
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    a, v = promoted(a, v)
    return F.searchsorted(a, v, side=side, sorter=None if sorter is None else index(sorter))


@covers("digitize")
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Bins may descend: then what matters is how many of them are not passed."""
    x, bins = promoted(x, bins)
    steps = F.diff(bins)
    if not (np.all(numbers_of((steps >= 0)._array)) or np.all(numbers_of((steps <= 0)._array))):
        raise ValueError("bins must be monotonically increasing or decreasing")
    rising = F.searchsorted(bins, x, right=not right)
    falling = len(bins) - F.searchsorted(bins.flip(0), x, right=right)
    return F.where(F.all(steps >= 0), rising, falling)


@covers("isin")
def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return F.isin(*promoted(element, test_elements), assume_unique=assume_unique, invert=invert)


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
    below, above = (_at(ordered, place // 2) for place in (F.clamp(count - 1, min=0), count))
    result = _or_nan((below + above) * 0.5, flat, count, ignore_nan)
    return result.reshape(kept) if keepdims else result


@covers("quantile")
def quantile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile("quantile", a, _exact(q), axis, method, keepdims)


@covers("percentile")
def percentile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile("percentile", a, _exact(q) / 100, axis, method, keepdims)


@covers("nanquantile")
def nanquantile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile("nanquantile", a, _exact(q), axis, method, keepdims)


@covers("nanpercentile")
def nanpercentile(a: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _quantile("nanpercentile", a, _exact(q) / 100, axis, method, keepdims)


def _exact(q: Any) -> Any:
    return q if isinstance(q, TensorBase) else tensor(np.asarray(q, float))


def _quantile(name: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool) -> Any:
    ignore_nan = name.startswith("nan")
    flat, kept = merged(tensor(a), axis)
    ordered, count = _ordered(flat, ignore_nan)
    place = _place(q, count, method, name)
    lower, upper = F.floor(place.detach()), F.ceil(place.detach())
    share = (place - lower).to(flat.real.dtype)
    below, above = _at(ordered, lower), _at(ordered, upper)
    between = above - below
    result = F.where(share < 0.5, below + between * share, above - between * (1 - share))
    result = F.where(share == 0, below, result)  # infinities less themselves are NaN
    result = _or_nan(result, flat, count, ignore_nan)
    return result.reshape((*q.shape, *kept)) if keepdims else result


def _place(q: Any, count: Any, method: str, name: str) -> Any:
    """Where in a sorted row of ``count`` elements its quantile is, at an element or between two: axes of q, then of rows.

    It is the quantile of 0, 1, ..., count-1, by any of NumPy's methods. The usual one has a derivative in q.
    """
    if method == "linear":
        numbers = numbers_of(q._array)
        if not np.all((numbers >= 0) & (numbers <= 1)):
            raise ValueError("Quantiles must be in the range [0, 1]")
        return q.reshape((*q.shape, *[1] * count.ndim)) * F.clamp(count - 1, min=0)
    counts, shares = raw(count, name), raw(q, name)
    place = np.empty(shares.shape + counts.shape)
    for n in np.unique(counts):
        of_n = np.quantile(np.arange(max(n, 1), dtype=float), shares, method=method)  # type: ignore[call-overload]
        place[..., counts == n] = np.asarray(of_n)[..., None]
    return tensor(place)


def _ordered(flat: Any, ignore_nan: bool) -> tuple[Any, Any]:
    """The sorted elements of each row, NaNs last, and how many count."""
    lanes, size = flat.shape[:-1], flat.shape[-1]
    count = F.sum(F.logical_not(F.isnan(flat)), dim=-1) if ignore_nan else F.full(lanes, size, dtype=int64)
    return F.sort(flat, dim=-1)[0], count


def _at(ordered: Any, places: Any) -> Any:
    """The elements of each row at its places, which may have leading axes of their own."""
    lanes = ordered.shape[:-1]
    lead = places.shape[: places.ndim - len(lanes)]
    by_row = places.reshape(prod(lead), *lanes).moveaxis(0, -1)
    return F.take_along_dim(ordered, by_row.to(int64), -1).moveaxis(-1, 0).reshape(places.shape)


def _or_nan(result: Any, flat: Any, count: Any, ignore_nan: bool) -> Any:
    return F.where(count == 0 if ignore_nan else F.any(F.isnan(flat), dim=-1), np.nan, result)


# -- sets ----------------------------------------------------------------------------------------------------------------


def picked(pool: Any, values: Any, name: str) -> Any:
    """The elements of a pool that have these values, the first of equals."""
    elements = raw(pool, name)
    order = np.argsort(elements, kind="stable")
    return take(pool, order[np.searchsorted(elements[order], values)])


@covers("unique")
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, equal_nan: bool = True,
) -> Any:  # fmt: skip
    named = {"return_inverse": return_inverse, "return_counts": return_counts, "equal_nan": equal_nan}
    values, first, *rest = _distinct("unique", ar, axis, **named)
    others = (first, *rest) if return_index else rest
    return (values, *others) if others else values


def _distinct(name: str, ar: Any, axis: int | None = None, **named: bool) -> Any:
    """The distinct elements, where the first of each is, and what else is asked for."""
    a, at = flat_or_along(ar, axis)
    _, first, *rest = np.unique(raw(ar, name), return_index=True, axis=axis, **named)  # type: ignore[call-overload]
    return take(a, first, at), first, *rest


@covers("unique_values")
def unique_values(x: Any) -> Any:
    return _distinct("unique_values", x, equal_nan=False)[0]


@covers("unique_counts")
def unique_counts(x: Any) -> Any:
    return np.unique_counts(raw(x, "unique_counts"))._replace(values=unique_values(x))


@covers("unique_inverse")
def unique_inverse(x: Any) -> Any:
    return np.unique_inverse(raw(x, "unique_inverse"))._replace(values=unique_values(x))


@covers("unique_all")
def unique_all(x: Any) -> Any:
    return np.unique_all(raw(x, "unique_all"))._replace(values=unique_values(x))


def _both(name: str, ar1: Any, ar2: Any) -> tuple[Any, Any]:
    return raw(ar1, name), raw(ar2, name)


@covers("union1d")
def union1d(ar1: Any, ar2: Any) -> Any:
    return _distinct("union1d", F.cat([tensor(ar1).reshape(-1), tensor(ar2).reshape(-1)]))[0]


@covers("setdiff1d")
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    return picked(tensor(ar1).reshape(-1), np.setdiff1d(*_both("setdiff1d", ar1, ar2), assume_unique), "setdiff1d")


@covers("setxor1d")
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    pool = F.cat([tensor(ar1).reshape(-1), tensor(ar2).reshape(-1)])
    return picked(pool, np.setxor1d(*_both("setxor1d", ar1, ar2), assume_unique), "setxor1d")


@covers("intersect1d")
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    values, *places = np.intersect1d(*_both("intersect1d", ar1, ar2), assume_unique, return_indices=True)
    found = picked(tensor(ar1).reshape(-1), values, "intersect1d")
    return (found, *places) if return_indices else found
