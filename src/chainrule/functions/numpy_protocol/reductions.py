"""NumPy's sums, extrema, averages and spreads, and their running forms."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from ... import functions as F
from ...core.value import numbers_of
from ...dtypes import as_dtype, int64
from .operands import Axis, axes_of, mask, merged, promoted, tensor
from .registry import covers


def along(function: Callable[..., Any], a: Any, axis: Axis, keepdims: bool, **named: Any) -> Any:
    """A reduction of ours over NumPy's axes, of which there may be none."""
    if axis is None and not keepdims:
        return function(a, **named)
    axes = axes_of(axis, a.ndim)
    if not axes:  # which to PyTorch means all
        return function(a.unsqueeze(-1), dim=-1, **named)
    return function(a, dim=axes, keepdim=keepdims, **named)


def masked(a: Any, where: Any, neutral: Any) -> Any:
    """``a``, and the neutral element where the mask says no."""
    return a if where is True else F.where(mask(where), a, neutral)


def converted(a: Any, dtype: Any) -> Any:
    return tensor(a) if dtype is None else tensor(a).to(as_dtype(dtype))


def counted(a: Any, axis: Axis, where: Any, keepdims: bool) -> Any:
    """How many elements a reduction takes in, as a number or as a tensor."""
    if where is True:
        return int(np.prod([a.shape[d] for d in axes_of(axis, a.ndim)]))
    return along(F.sum, F.broadcast_to(mask(where), a.shape).to(a.real.dtype), axis, keepdims)


@covers("sum")
def sum_(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    result = along(F.sum, masked(converted(a, dtype), where, 0), axis, keepdims)
    return result if initial is None else result + initial


@covers("prod")
def prod(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    flat, kept = merged(masked(converted(a, dtype), where, 1), axis)
    result = F.prod(flat, dim=-1)
    result = result.reshape(kept) if keepdims else result
    return result if initial is None else result * initial


def _extremum(name: str, a: Any, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    a = tensor(a)
    if initial is None:
        if where is not True:
            raise ValueError(
                f"reduction operation '{name}' does not have an identity, so to use a where mask one has to specify 'initial'"
            )
        return along({"maximum": F.amax, "minimum": F.amin}[name], a, axis, keepdims)
    flat, kept = merged(masked(a, where, initial), axis)
    start = (F.zeros(()) + initial).to(a.dtype).expand(*flat.shape[:-1], 1)
    result = {"maximum": F.amax, "minimum": F.amin}[name](F.cat([start, flat], -1), dim=-1)
    return result.reshape(kept) if keepdims else result


@covers("max", "amax")
def max_(a: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    return _extremum("maximum", a, axis, keepdims, initial, where)


@covers("min", "amin")
def min_(a: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    return _extremum("minimum", a, axis, keepdims, initial, where)


@covers("ptp")
def ptp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return max_(a, axis, keepdims) - min_(a, axis, keepdims)


@covers("mean")
def mean(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    a = converted(a, dtype)
    if where is True:
        return along(F.mean, a, axis, keepdims)
    return sum_(a, axis, keepdims=keepdims, where=where) / counted(a, axis, where, keepdims)


@covers("var")
def var(
    a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, where: Any = True,
    mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    a = converted(a, dtype)
    ddof = ddof if correction is None else correction
    if where is True and mean is None:
        return along(F.var, a, axis, keepdims, correction=ddof)
    middle = globals()["mean"](a, axis, keepdims=True, where=where) if mean is None else mean
    away = masked(a - middle, where, 0)
    squares = away.real**2 + away.imag**2 if away.is_complex() else away**2
    return sum_(squares, axis, keepdims=keepdims) / _freedom(a, axis, where, keepdims, ddof)


def _freedom(a: Any, axis: Axis, where: Any, keepdims: bool, ddof: float) -> Any:
    count = counted(a, axis, where, keepdims)
    return F.clamp(count - ddof, min=0) if where is not True else max(count - ddof, 0)


@covers("std")
def std(
    a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, where: Any = True,
    mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    if where is True and mean is None:
        return along(F.std, converted(a, dtype), axis, keepdims, correction=ddof if correction is None else correction)
    return F.sqrt(var(a, axis, dtype, ddof, keepdims, where, mean, correction))


@covers("average")
def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Any:
    a = tensor(a)
    if weights is None:
        result = mean(a, axis, keepdims=keepdims)
        scale = F.full_like(result, counted(a, axis, True, keepdims))
        return (result, scale) if returned else result
    a, weights = promoted(a, weights)
    if weights.shape != a.shape:
        axes = () if axis is None else axes_of(axis, a.ndim)
        if tuple(a.shape[d] for d in axes) != tuple(weights.shape):
            raise ValueError(
                f"Shape of weights must be consistent with shape of a along specified axis: got {tuple(weights.shape)} for a of "
                f"shape {tuple(a.shape)} and axis {axis}"
            )
        weights = weights.permute(tuple(np.argsort(axes))).reshape(
            [n if d in axes else 1 for d, n in enumerate(a.shape)]
        )
    scale = sum_(F.broadcast_to(weights, a.shape), axis, keepdims=keepdims)
    if not np.all(numbers_of(scale._array)):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    result = sum_(a * weights, axis, keepdims=keepdims) / scale
    return (result, scale) if returned else result


# -- without a derivative ------------------------------------------------------------------------------------------------


def truth(
    function: Any, a: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Whether all elements are true, or any: as the function of ours says."""
    neutral = function is F.all
    result = along(function, masked(mask(a), where, neutral), axis, keepdims)
    return result if initial is None else function(F.stack([result, F.full_like(result, bool(initial))]), dim=0)


@covers("all")
def all_(a: Any, axis: Axis = None, keepdims: bool = False, where: Any = True) -> Any:
    return truth(F.all, a, axis, keepdims, where=where)


@covers("any")
def any_(a: Any, axis: Axis = None, keepdims: bool = False, where: Any = True) -> Any:
    return truth(F.any, a, axis, keepdims, where=where)


@covers("count_nonzero")
def count_nonzero(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return along(F.sum, mask(a).to(int64), axis, keepdims)


@covers("argmax")
def argmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return F.argmax(_numbers(a), axis, keepdims)


@covers("argmin")
def argmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return F.argmin(_numbers(a), axis, keepdims)


def _numbers(a: Any) -> Any:
    """``a``, with numbers for truth values, which PyTorch does not compare."""
    a = tensor(a)
    return a.to(int64) if a._array.dtype.kind == "b" else a


@covers("nanargmax")
def nanargmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return F.argmax(_comparable(a, axis, -inf), axis, keepdims)


@covers("nanargmin")
def nanargmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return F.argmin(_comparable(a, axis, inf), axis, keepdims)


def _comparable(a: Any, axis: int | None, instead: float) -> Any:
    """``a`` with a number instead of each NaN."""
    there = _there(a, True)
    if not np.all(numbers_of(any_(there, axis)._array)):
        raise ValueError("All-NaN slice encountered")
    return masked(tensor(a), there, instead)


# -- without the elements that are NaN -----------------------------------------------------------------------------------


def _there(a: Any, where: Any) -> Any:
    """Which elements are no NaN."""
    there = F.logical_not(F.isnan(tensor(a)))
    return there if where is True else F.logical_and(there, mask(where))


@covers("nansum")
def nansum(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    return sum_(a, axis, dtype, keepdims, initial, _there(a, where))


@covers("nanprod")
def nanprod(
    a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    return prod(a, axis, dtype, keepdims, initial, _there(a, where))


@covers("nanmax")
def nanmax(a: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    return _of_numbers(max_, a, axis, keepdims, -inf if initial is None else initial, where)


@covers("nanmin")
def nanmin(a: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    return _of_numbers(min_, a, axis, keepdims, inf if initial is None else initial, where)


def _of_numbers(extremum: Any, a: Any, axis: Axis, keepdims: bool, initial: float, where: Any) -> Any:
    there = _there(a, where)
    result = extremum(masked(tensor(a), there, initial), axis, keepdims)
    return F.where(any_(there, axis, keepdims), result, np.nan)


@covers("nanmean")
def nanmean(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    return mean(a, axis, dtype, keepdims, _there(a, where))


@covers("nanvar")
def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, where: Any = True,
    mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    there = _there(a, where)
    result = var(a, axis, dtype, ddof, keepdims, there, mean, correction)
    free = counted(tensor(a), axis, there, keepdims) > (ddof if correction is None else correction)
    return F.where(free, result, np.nan)


@covers("nanstd")
def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, where: Any = True,
    mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    return F.sqrt(nanvar(a, axis, dtype, ddof, keepdims, where, mean, correction))


# -- running -------------------------------------------------------------------------------------------------------------


def _running(function: Any, a: Any, axis: int | None, dtype: Any) -> Any:
    a = converted(a, dtype)
    return function(a.reshape(-1) if axis is None else a, dim=0 if axis is None else axis)


@covers("cumsum")
def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return _running(F.cumsum, a, axis, dtype)


@covers("cumprod")
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return _running(F.cumprod, a, axis, dtype)


@covers("nancumsum")
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return cumsum(masked(tensor(a), _there(a, True), 0), axis, dtype)


@covers("nancumprod")
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return cumprod(masked(tensor(a), _there(a, True), 1), axis, dtype)


def _cumulative(function: Any, start: int, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    x = tensor(x)
    if axis is None and x.ndim > 1:
        raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
    axis = 0 if axis is None else axis
    result = function(x, axis, dtype)
    if not include_initial:
        return result
    (at,) = axes_of(axis, x.ndim)
    first = F.full((*x.shape[:at], 1, *x.shape[at + 1 :]), start, dtype=result.dtype)
    return F.cat([first, result], axis)


@covers("cumulative_sum")
def cumulative_sum(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    return _cumulative(cumsum, 0, x, axis, dtype, include_initial)


@covers("cumulative_prod")
def cumulative_prod(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    return _cumulative(cumprod, 1, x, axis, dtype, include_initial)
