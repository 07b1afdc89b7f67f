"""Normalization by the namespace's functions. What is computed is said in ``ops/normalization.py``."""

from __future__ import annotations

import math
from collections.abc import Callable
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


# -- over a batch: the channels lie along ``axis``, one of the ``rank`` axes of x, counted from the end -----------------


def by_channel(xp: Any, v: Array, axis: int, rank: int) -> Array:
    """One number for each channel, shaped to multiply x."""
    return xp.reshape(v, (*v.shape[:-1], *[1] * (rank + axis), v.shape[-1], *[1] * (-axis - 1)))


def channel_pair(xp: Any, affine: Any, axis: int, rank: int) -> list[Array]:
    """The scale and the shift of each channel, shaped alike; None for one that is missing."""
    return [None if v is None else by_channel(xp, v, axis, rank) for v in pair(affine)]


def others(axis: int, rank: int) -> Axes:
    return tuple(a for a in range(-rank, 0) if a != axis)


def in_order(xp: Any, out: Array, rank: int) -> Array:
    """Row by row, as PyTorch gives it; of images and volumes it keeps the order, in which channels may be last."""
    return out if rank > 3 else xp.row_major(out)


def batch_norm(
    xp: Any, x: Array, *affine: Array, axis: int, rank: int, eps: float, kept: Callable[..., Array] | None = None
) -> tuple[Array, ...]:
    """``kept``: what becomes of statistics before they are used; of a variance, with the number of elements."""
    d, mean, var = centered(xp, x, others(axis, rank))
    scale, shift = channel_pair(xp, affine, axis, rank)
    if kept is None:
        r = inverse_spread(xp, var, eps)
        out = scaled(d, (r if scale is None else r * scale,), shift)
    else:  # in PyTorch's order: x times one number, plus another
        r = kept(inverse_spread(xp, kept(var, math.prod([x.shape[a] for a in others(axis, rank)])), eps))
        slope = r if scale is None else r * scale
        out = x * slope + ((0 if shift is None else shift) - kept(mean) * slope)
    out = in_order(xp, out, rank)
    flat = (*x.shape[: len(x.shape) - rank], x.shape[axis])
    return out, *[xp.reshape(one, flat) for one in (mean, var)]


def batch_norm_adjoint(
    xp: Any, g: Any, x: Array, affine: Any, mean: Array, var: Array, *,
    need: Any, axis: int, rank: int, eps: float, kept: Callable[..., Array] | None = None,
) -> list[Array]:  # fmt: skip
    """The scale is the same all over a channel, so that both sums that gx needs are those of scale and shift."""
    axes = others(axis, rank)
    n = math.prod([x.shape[a] for a in axes])
    center = by_channel(xp, mean, axis, rank)
    spread = by_channel(xp, var, axis, rank)
    if kept is None:
        r = inverse_spread(xp, spread, eps)
    else:
        center, r = kept(center), kept(inverse_spread(xp, kept(spread, n), eps))
    d, h = x - center, g[0]
    gx = sums = along = None
    if h is not None:
        sums, along = xp.sum(h, axis=axes, keepdims=True), xp.sum(h * d, axis=axes, keepdims=True)
    if need[0]:
        g_mean, g_var = [None if one is None else by_channel(xp, one, axis, rank) for one in g[1:]]
        gx = xp.zeros_like(x)
        if h is not None:
            slope = r if not affine else r * by_channel(xp, affine[0], axis, rank)
            gx = (h - sums / n - d * (along * (r * r / n))) * slope
        gx = of_statistics(gx, g_mean, g_var, d, axes)
    found = [gx]
    if len(need) > 1:
        found.append(xp.reshape(along * r, affine[0].shape) if need[1] and h is not None else None)
    if len(need) > 2:
        found.append(xp.reshape(sums, affine[1].shape) if need[2] and h is not None else None)
    return found


# -- of each element of a batch: over the last ``rank`` axes ------------------------------------------------------------


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


# -- of the channels of each element of a batch, in groups --------------------------------------------------------------


def grouped(xp: Any, x: Array, groups: int, rank: int) -> Array:
    """Reshaped to (..., N, groups, what is in a group)."""
    lead, n = x.shape[: len(x.shape) - rank], x.shape[-rank]
    return xp.reshape(x, (*lead, n, groups, math.prod(x.shape[1 - rank :]) // groups))


def group_norm(xp: Any, x: Array, *affine: Array, groups: int, rank: int, eps: float) -> tuple[Array, ...]:
    """A layer norm of each group, and then a scale and a shift of each channel."""
    out, mean, r = xp.layer_norm(grouped(xp, x, groups, rank), rank=1, eps=eps)
    scale, shift = channel_pair(xp, affine, 1 - rank, rank)
    return scaled(xp.reshape(out, x.shape), (scale,), shift), *[xp.squeeze(one, axis=-1) for one in (mean, r)]


def group_norm_adjoint(
    xp: Any, g: Any, x: Array, affine: Any, mean: Array, rstd: Array, *, need: Any, groups: int, rank: int
) -> list[Array]:
    by_group, h = grouped(xp, x, groups, rank), g[0]
    center, r, g_mean, g_r = [None if one is None else xp.expand_dims(one, axis=-1) for one in (mean, rstd, *g[1:])]
    gx = None
    if need[0]:
        weighted = h if h is None or not affine else h * by_channel(xp, affine[0], 1 - rank, rank)
        cotangents = (None if h is None else grouped(xp, weighted, groups, rank), g_mean, g_r)
        gx = xp.layer_norm_adjoint(cotangents, by_group, (), center, r, need=(True,), rank=1)[0]
        gx = xp.reshape(gx, x.shape)
    found, axes = [gx], others(1 - rank, rank)
    if len(need) > 1:
        z = xp.reshape((by_group - center) * r, x.shape) if need[1] and h is not None else None
        found.append(None if z is None else xp.sum(h * z, axis=axes))
    if len(need) > 2:
        found.append(xp.sum(h, axis=axes) if need[2] and h is not None else None)
    return found
