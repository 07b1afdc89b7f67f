"""NumPy's differences, integrals, interpolation and convolution, and its sequences between given ends."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from ... import functions as F
from ...core.value import numbers_of
from ...dtypes import as_dtype
from .operands import axes_of, index, promoted, take, tensor
from .refusals import FOLLOWED
from .registry import covers


def cut(a: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """A slice along an axis."""
    return a[(slice(None),) * axes_of(axis, a.ndim)[0] + (slice(start, stop),)]


@covers("diff")
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = tensor(a)
    ends = [None if end is None else _border(end, a, axis) for end in (prepend, append)]
    return F.diff(a, n, axis, *ends)


def _border(end: Any, a: Any, axis: int) -> Any:
    """What to put at an end: a number stands for a slice of width 1."""
    end = tensor(end).to(a.dtype)
    return end if end.ndim else F.broadcast_to(end, cut(a, axis, 0, 1).shape)


@covers("ediff1d")
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    steps = F.diff(tensor(ary).reshape(-1))
    parts = [None if end is None else tensor(end).reshape(-1).to(steps.dtype) for end in (to_begin, to_end)]
    return F.cat([part for part in (parts[0], steps, parts[1]) if part is not None])


@covers("gradient")
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = tensor(f)
    axes = axes_of(axis, f.ndim)
    spacing = [1.0] * len(axes) if not varargs else list(varargs) * (len(axes) if len(varargs) == 1 else 1)
    if len(spacing) != len(axes) or (len(varargs) == 1 and np.ndim(varargs[0]) and len(axes) > 1):
        raise TypeError("invalid number of arguments")
    slopes = tuple(_slope(f, at, h, edge_order) for at, h in zip(axes, spacing, strict=True))
    return slopes[0] if len(axes) == 1 else slopes


def _slope(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    """Second order inside: the parabola through three neighbours; at the ends a line or a parabola."""
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."
        )
    f = F.moveaxis(f, axis, -1)
    if np.ndim(spacing):
        steps = F.diff(tensor(spacing).to(f.real.dtype))
        if np.ndim(spacing) != 1 or len(spacing) != f.shape[-1]:
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        back, ahead = steps[:-1], steps[1:]
        inside = (
            -ahead / (back * (back + ahead)) * f[..., :-2]
            + (ahead - back) / (back * ahead) * f[..., 1:-1]
            + back / (ahead * (back + ahead)) * f[..., 2:]
        )
    else:
        steps = spacing * F.ones(f.shape[-1] - 1, dtype=f.real.dtype)
        inside = (f[..., 2:] - f[..., :-2]) / (2.0 * spacing)
    first = _end(f, steps, edge_order)
    last = _end(f.flip(-1), -steps.flip(0), edge_order)
    return F.moveaxis(F.cat([first[..., None], inside, last[..., None]], -1), -1, axis)


def _end(f: Any, steps: Any, edge_order: int) -> Any:
    if edge_order == 1:
        return (f[..., 1] - f[..., 0]) / steps[0]
    if edge_order != 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    one, two = steps[0], steps[1]
    return (
        -(2.0 * one + two) / (one * (one + two)) * f[..., 0]
        + (one + two) / (one * two) * f[..., 1]
        - one / (two * (one + two)) * f[..., 2]
    )


@covers("trapezoid")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = tensor(y)
    if x is not None:
        x = tensor(x)
        dx = F.diff(x, dim=0 if x.ndim == 1 else axis)
        if x.ndim == 1:
            dx = dx.reshape([-1 if d == axes_of(axis, y.ndim)[0] else 1 for d in range(y.ndim)])
    return F.sum(dx * (cut(y, axis, 1, None) + cut(y, axis, None, -1)) / 2.0, dim=axis)


@covers("interp")
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None) -> Any:
    (x, xp), fp = promoted(x, xp), tensor(fp)
    if period is not None:
        period = abs(period)
        x, xp = x % period, xp % period
        order = F.argsort(xp)
        xp, fp = take(xp, order), take(fp, order)
        xp = F.cat([xp[-1:] - period, xp, xp[:1] + period])
        fp = F.cat([fp[-1:], fp, fp[:1]])
        left = right = None
    at = F.searchsorted(xp, x, right=True) - 1
    below = F.clamp(at, 0, max(len(xp) - 2, 0))
    above = F.clamp(below + 1, max=len(xp) - 1)
    start, end, low, high = take(xp, below), take(xp, above), take(fp, below), take(fp, above)
    width = F.where(above == below, 1.0, end - start)
    result = (high - low) / width * (x - start) + low
    result = F.where(x < xp[0], fp[0] if left is None else left, result)
    result = F.where(x == xp[-1], fp[-1], result)
    return F.where(x > xp[-1], fp[-1] if right is None else right, result)


@covers("unwrap")
def unwrap(p: Any, discont: float | None = None, axis: int = -1, period: float = 2 * pi) -> Any:
    """What unwrapping adds are whole periods, which have no derivative."""
    p = tensor(p)
    if not p.shape[axis]:
        return F.clone(p)
    steps = F.diff(p.detach(), dim=axis)
    half = period / 2
    wrapped = F.remainder(steps + half, period) - half
    wrapped = F.where((wrapped == -half) & (steps > 0), half, wrapped)
    small = F.abs(steps) < (half if discont is None else max(discont, half))
    added = F.cumsum(F.where(small, 0.0, wrapped - steps), axis)
    return p + F.cat([F.zeros_like(cut(p, axis, 0, 1)), added], axis)


# -- convolution ---------------------------------------------------------------------------------------------------------


def _windows(a: Any, v: Any, mode: str) -> Any:
    """The products of ``v`` with what it covers of ``a``, at least as long, as it slides along."""
    m = len(v)
    beyond = {"valid": (0, 0), "same": (m // 2, m - m // 2 - 1), "full": (m - 1, m - 1)}[mode]
    a, v = promoted(a, v)
    ends = (F.zeros(n, dtype=a.dtype) for n in beyond)
    return F.matmul(F.cat([next(ends), a, next(ends)]).unfold(0, m, 1), v)


@covers("convolve")
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = (_vector(F.atleast_1d(tensor(x))) for x in (a, v))
    if len(a) < len(v):
        a, v = v, a
    return _windows(a, v.flip(0), mode)


@covers("correlate")
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = _vector(a), F.conj(_vector(v))
    return _windows(a, v, mode) if len(a) >= len(v) else _windows(v, a, mode).flip(0)


def _vector(x: Any) -> Any:
    x = tensor(x)
    if x.ndim != 1 or not len(x):
        raise ValueError(f"a convolution is of vectors that are not empty: got the shape {tuple(x.shape)}")
    return x


# -- sequences between given ends ----------------------------------------------------------------------------------------


@covers("linspace")
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    start, stop = F.broadcast_tensors(*promoted(start, stop, 1.0))[:2]
    parts = num - 1 if endpoint else num
    step = (stop - start) / parts if parts > 0 else F.full_like(start, np.nan)
    shape = (-1,) + (1,) * start.ndim
    counts = F.arange(num, dtype=start.real.dtype).reshape(shape)
    result = start + (counts * step if parts > 0 else counts * (stop - start))
    if endpoint and num > 1:
        result = F.cat([result[:-1], stop.unsqueeze(0)])
    result = F.moveaxis(result, 0, axis)
    result = result if dtype is None else result.to(as_dtype(dtype))
    return (result, step) if retstep else result


@covers("logspace")
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    powers = linspace(start, stop, num, endpoint, axis=0)
    base = tensor(base).to(powers.dtype)
    result = F.moveaxis(F.pow(base, powers), 0, axis)
    return result if dtype is None else result.to(as_dtype(dtype))


@covers("geomspace")
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    start, stop = F.broadcast_tensors(*promoted(start, stop, 1.0))[:2]
    if not np.all(numbers_of((start * stop)._array) > 0):
        raise ValueError(f"Geometric sequence cannot include zero; of {FOLLOWED} both ends are real, and of one sign")
    sign = F.sign(start).detach()
    inner = sign * logspace(F.log10(sign * start), F.log10(sign * stop), num, endpoint)
    ends = [start.unsqueeze(0)] * (num > 0), [stop.unsqueeze(0)] * (endpoint and num > 1)
    result = F.cat([*ends[0], inner[len(ends[0]) : num - len(ends[1])], *ends[1]])
    result = F.moveaxis(result, 0, axis)
    return result if dtype is None else result.to(as_dtype(dtype))


@covers("bincount")
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    return F.bincount(index(x), None if weights is None else tensor(weights), minlength)
