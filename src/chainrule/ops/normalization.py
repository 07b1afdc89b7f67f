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
    by_channel,
    channel_pair,
    in_order,
    inverse_spread,
    last,
    of_inverse,
    others,
    scaled,
)
from ..core.batching import same_call
from ..core.op import general
from ..promotion import is_half

__all__ = ["batch_norm", "batch_norm_adjoint", "batch_norm_fixed", "group_norm", "group_norm_adjoint", "layer_norm", "layer_norm_adjoint", "rms_norm"]


# -- over a batch: the channels lie along ``axis``, one of the ``rank`` axes of x, counted from the end -----------------


def kept(xp, dtype, affine_dtypes):
    """Statistics of half precision are used as they are kept, rounded, unless the parameters are float32."""
    if not (is_half(dtype) and all(one == dtype for one in affine_dtypes)):
        return None

    def rounded(statistic, count=1):
        """In bfloat16 a sum of squares is, too, before it is divided; in float16 a variance is used as it is."""
        if count > 1:
            return statistic if dtype.name == "float16" else rounded(rounded(statistic * count) / count)
        return xp.astype(xp.astype(statistic, dtype), statistic.dtype)

    return rounded


def batch_norm_forward(xp, x, *affine, axis, rank, eps):
    how = {"axis": axis, "rank": rank, "eps": eps}
    if not is_half(x.dtype):
        return xp.batch_norm(x, *affine, **how)
    rounded = kept(xp, x.dtype, [v.dtype for v in affine])
    out, mean, var = common.batch_norm(xp, xp.widen(x), *map(xp.widen, affine), kept=rounded, **how)
    return xp.narrow(out, x), mean, var


def batch_norm_rule(xp, g, need, x, affine, mean, var, x_dtype, affine_dtype, axis, rank, eps):
    how = {"need": need, "axis": axis, "rank": rank, "eps": eps}
    if not is_half(x_dtype):
        return xp.batch_norm_adjoint(g, x, affine, mean, var, **how)
    return common.batch_norm_adjoint(xp, g, x, affine, mean, var, kept=kept(xp, x_dtype, affine_dtype), **how)


batch_norm_adjoint = partial(common.batch_norm_adjoint, sys.modules[__package__])

batch_norm = general("batch_norm(x, *affine, axis, rank, eps)", fused=True, node="NativeBatchNormBackward0", domain="fV",
    outputs="out mean var", batch=same_call, forward=batch_norm_forward, all=batch_norm_rule,
)


def fixed_forward(xp, x, mean, var, *affine, axis, rank, eps):
    scale, shift = channel_pair(xp, list(map(xp.widen, affine)), axis, rank)
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


group_norm_adjoint = partial(common.group_norm_adjoint, sys.modules[__package__])


def group_norm_forward(xp, x, *affine, groups, rank, eps):
    found = xp.group_norm(xp.widen(x), *map(xp.widen, affine), groups=groups, rank=rank, eps=eps)
    return tuple([xp.narrow(one, x) for one in found])


group_norm = general("group_norm(x, *affine, groups, rank, eps)", layout="first", fused=True, node="NativeGroupNormBackward0", domain="fV",
    outputs="out mean rstd", batch=same_call, forward=group_norm_forward,
    all=lambda xp, g, need, x, affine, mean, rstd, groups, rank, eps:
        xp.group_norm_adjoint(g, x, affine, mean, rstd, need=need, groups=groups, rank=rank),
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
