"""Normalization by the namespace's functions. What is computed is said in ``ops/normalization.py``."""

from __future__ import annotations

import math
from typing import Any

Array = Any
Axes = tuple[int, ...]


def centered(xp: Any, x: Array, axes: Axes) -> tuple[Array, Array, Array]:
    """What is left without the mean, the mean, and the variance."""
    mean = xp.mean(x, axis=axes, keepdims=True)
    d = x - mean
    return d, mean, xp.mean(d * d, axis=axes, keepdims=True)


def scaled(d: Array, factors: Any, shift: Array) -> Array:
    """``d`` times the factors that there are, plus ``shift``, in the memory of ``d``."""
    for factor in factors:
        if factor is not None:
            d *= factor
    if shift is not None:
        d += shift
    return d


def pair(affine: Any) -> tuple[Array, Array]:
    """The scale and the shift, each of which may be missing."""
    return (*affine, None, None)[:2]


def inverse_spread(xp: Any, var: Array, eps: float) -> Array:
    return 1 / xp.sqrt(var + eps)


def pulled(xp: Any, h: Array, z: Array, r: Array, axes: Axes) -> Array:
    """The cotangent of x from that of z."""
    along = xp.mean(h * z, axis=axes, keepdims=True)
    return (h - xp.mean(h, axis=axes, keepdims=True) - z * along) * r


def of_statistics(out: Array, g_mean: Array, g_var: Array, d: Array, axes: Axes) -> Array:
    """``out`` with the cotangents of the mean and of the variance added."""
    n = math.prod([d.shape[a] for a in axes])
    if g_mean is not None:
        out = out + g_mean / n
    if g_var is not None:
        out = out + d * (g_var * (2 / n))
    return out


def of_inverse(g: Array, r: Array) -> Array:
    """The cotangent of the variance from that of r."""
    return None if g is None else g * (r * r * r) * -0.5


def last(rank: int) -> Axes:
    return tuple(range(-rank, 0))


def layer_norm(xp: Any, x: Array, *affine: Array, rank: int, eps: float) -> tuple[Array, ...]:
    d, mean, var = centered(xp, xp.widen(x), last(rank))
    r = inverse_spread(xp, var, eps)
    scale, shift = [None if v is None else xp.widen(v) for v in pair(affine)]
    return tuple(xp.narrow(one, x) for one in (scaled(d, (r, scale), shift), mean, r))


def layer_norm_adjoint(
    xp: Any, g: Any, x: Array, affine: Any, mean: Array, rstd: Array, *, need: Any, rank: int
) -> list[Array]:
    axes, d = last(rank), x - mean
    z = d * rstd
    gx = None
    if need[0]:
        h = None if g[0] is None else g[0] * affine[0] if affine else g[0]
        gx = xp.zeros_like(x) if h is None else pulled(xp, h, z, rstd, axes)
        gx = of_statistics(gx, g[1], of_inverse(g[2], rstd), d, axes)
    found = [gx]
    if len(need) > 1:
        found.append(g[0] * z if need[1] and g[0] is not None else None)
    if len(need) > 2:
        found.append(g[0])
    return found
