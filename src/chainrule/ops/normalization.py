"""Normalization: what is left of x when its mean is taken away and its spread made 1, scaled and shifted.

The outputs are the result and the statistics, which rules need. ``affine`` holds nothing, a scale, or a scale and a shift.

With r = 1 / sqrt(var + eps), d = x - mean, z = d r, and h the cotangent of z:

    dz = r (dx - mean(dx)) - z r mean(z dx),    so that gx = r (h - mean(h) - z mean(h z)).

That of the mean is shared by all elements alike; that of the variance, by d 2/n.
"""

from __future__ import annotations

import math
import sys
from functools import partial

from ..backend import normalization_common as common
from ..backend.normalization_common import (
    centered,
    inverse_spread,
    last,
    of_inverse,
    of_statistics,
    pair,
    scaled,
)
from ..core.batching import same_call
from ..core.op import general
from ..promotion import is_half

__all__ = ["batch_norm", "batch_norm_fixed", "group_norm", "layer_norm", "layer_norm_adjoint", "rms_norm"]


# -- over a batch: the channels lie along ``axis``, one of the ``rank`` axes of x, counted from the end -----------------


def by_channel(xp, v, axis, rank):
    """One number for each channel, shaped to multiply x."""
    return xp.reshape(v, (*v.shape[:-1], *[1] * (rank + axis), v.shape[-1], *[1] * (-axis - 1)))


def others(axis, rank):
    return tuple(a for a in range(-rank, 0) if a != axis)


def wide_pair(xp, affine, axis, rank):
    return [None if v is None else by_channel(xp, xp.widen(v), axis, rank) for v in pair(affine)]


def in_order(xp, out, rank):
    """Row by row, as PyTorch gives it; of images and volumes it keeps the order, in which channels may be last."""
    return out if rank > 3 else xp.row_major(out)


def batch_norm_forward(xp, x, *affine, axis, rank, eps):
    wide = xp.widen(x)
    d, mean, var = centered(xp, wide, others(axis, rank))
    scale, shift = wide_pair(xp, affine, axis, rank)
    r = inverse_spread(xp, var, eps)
    if is_half(x.dtype) and all(v.dtype == x.dtype for v in affine):
        d, r = wide - kept_as(xp, mean, x.dtype), kept_as(xp, r, x.dtype)
    out = in_order(xp, scaled(d, (r if scale is None else r * scale,), shift), rank)
    flat = (*x.shape[: len(x.shape) - rank], x.shape[axis])
    return xp.narrow(out, x), *[xp.reshape(one, flat) for one in (mean, var)]


def kept_as(xp, statistic, dtype):
    """Statistics of half precision are used as they are kept, rounded, unless the parameters are float32."""
    return xp.astype(xp.astype(statistic, dtype), statistic.dtype)


def batch_norm_rule(xp, g, need, x, affine, mean, var, x_dtype, affine_dtype, axis, rank, eps):
    """The scale is the same all over a channel, so that both sums that gx needs are those of scale and shift."""
    axes = others(axis, rank)
    n = math.prod([x.shape[a] for a in axes])
    center = by_channel(xp, mean, axis, rank)
    r = inverse_spread(xp, by_channel(xp, var, axis, rank), eps)
    if is_half(x_dtype) and all(one == x_dtype for one in affine_dtype):
        center, r = kept_as(xp, center, x_dtype), kept_as(xp, r, x_dtype)
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


batch_norm = general("batch_norm(x, *affine, axis, rank, eps)", fused=True, node="NativeBatchNormBackward0", domain="fV",
    outputs="out mean var", batch=same_call, forward=batch_norm_forward, all=batch_norm_rule,
)


def fixed_forward(xp, x, mean, var, *affine, axis, rank, eps):
    scale, shift = wide_pair(xp, affine, axis, rank)
    r = inverse_spread(xp, by_channel(xp, xp.widen(var), axis, rank), eps)
    d = xp.widen(x) - by_channel(xp, xp.widen(mean), axis, rank)
    return xp.narrow(in_order(xp, scaled(d, (r if scale is None else r * scale,), shift), rank), x)


def fixed_rule(xp, g, need, x, mean, var, affine, axis, rank, eps):
    axes, d = others(axis, rank), x - by_channel(xp, mean, axis, rank)
    r = inverse_spread(xp, by_channel(xp, var, axis, rank), eps)
    h = g if not affine else g * by_channel(xp, affine[0], axis, rank)
    found = [
        h * r if need[0] else None,
        -xp.sum(h * r, axis=axes) if need[1] else None,
        xp.sum(of_inverse(h * d, r), axis=axes) if need[2] else None,
    ]
    if len(need) > 3:
        found.append(xp.sum(g * (d * r), axis=axes) if need[3] else None)
    if len(need) > 4:
        found.append(xp.sum(g, axis=axes) if need[4] else None)
    return found


# With statistics from elsewhere.
batch_norm_fixed = general("batch_norm_fixed(x, mean, var, *affine, axis, rank, eps)", fused=True, node="NativeBatchNormBackward0",
    domain="fV", batch=same_call, forward=fixed_forward, all=fixed_rule,
)

# -- of each element of a batch: over the last ``rank`` axes ------------------------------------------------------------


def each_layer(call, xp, x, affine, size):
    """Scale and shift with axes of length 1 for those of x that they lack."""
    def wide(v):
        return xp.reshape(v, (size, *[1] * (len(x.shape) - len(v.shape)), *v.shape[1:]))

    return call.run(x, *map(wide, affine))


layer_norm_adjoint = partial(common.layer_norm_adjoint, sys.modules[__package__])

layer_norm = general("layer_norm(x, *affine, rank, eps)", fused=True, node="NativeLayerNormBackward0", domain="fV",
    outputs="out mean rstd", batch=each_layer,
    all=lambda xp, g, need, x, affine, mean, rstd, rank, eps:
        xp.layer_norm_adjoint(g, x, affine, mean, rstd, need=need, rank=rank),
)


def grouped(xp, x, groups, rank):
    """Reshaped to (..., N, groups, what is in a group)."""
    lead, n = x.shape[: len(x.shape) - rank], x.shape[-rank]
    return xp.reshape(x, (*lead, n, groups, math.prod(x.shape[1 - rank :]) // groups))


def group_norm_forward(xp, x, *affine, groups, rank, eps):
    """A layer norm of each group, and then a scale and a shift of each channel."""
    out, mean, r = xp.layer_norm(grouped(xp, xp.widen(x), groups, rank), rank=1, eps=eps)
    scale, shift = wide_pair(xp, affine, 1 - rank, rank)
    out = scaled(xp.reshape(out, x.shape), (scale,), shift)
    return xp.narrow(out, x), *[xp.narrow(xp.squeeze(one, axis=-1), x) for one in (mean, r)]


def group_norm_rule(xp, g, need, x, affine, mean, rstd, groups, rank, eps):
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


group_norm = general("group_norm(x, *affine, groups, rank, eps)", layout="first", fused=True, node="NativeGroupNormBackward0", domain="fV",
    outputs="out mean rstd", batch=same_call, forward=group_norm_forward, all=group_norm_rule,
)


def rms_norm_forward(xp, x, *affine, rank, eps):
    wide = xp.widen(x)
    r = 1 / xp.sqrt(xp.mean(wide * wide, axis=last(rank), keepdims=True) + eps)
    out = xp.row_major(wide * r)
    if affine:
        out *= xp.widen(affine[0])
    return xp.narrow(out, x), r


def rms_norm_rule(xp, g, need, x, affine, r, rank, eps):
    """With r = 1 / sqrt(mean(x^2) + eps): d(x r) = r dx - x r^3 mean(x dx)."""
    axes, gx = last(rank), None
    if need[0]:
        along = None
        if g[0] is not None:
            h = g[0] * affine[0] if affine else g[0]
            gx = h * r
            along = xp.mean(h * x, axis=axes, keepdims=True)
        if g[1] is not None:
            n = math.prod(x.shape[len(x.shape) - rank :])
            along = g[1] / n if along is None else along + g[1] / n
        part = x * (along * (r * r * r))
        gx = -part if gx is None else gx - part
    return [gx, *([g[0] * (x * r) if need[1] and g[0] is not None else None] if len(need) > 1 else [])]


rms_norm = general("rms_norm(x, *affine, rank, eps)", layout="first", fused=True, node="MulBackward0", domain="fcV", outputs="out r",
    batch=each_layer, forward=rms_norm_forward, all=rms_norm_rule,
)
