"""Slices of a tensor as wholes: reduced to places, kept within a norm, reduced segment by segment."""

from __future__ import annotations

import math

from ..core.batching import same_call
from ..core.op import general
from . import indexing_batches as batches
from .indexing import reduced
from .reduction import norm_rule

__all__ = ["index_reduce", "renorm", "segment_reduce"]


def _at_places(xp, indices, v, axis):
    """An index of slices, for each element of the slices."""
    ones = [1] * len(v.shape)
    ones[axis] = v.shape[axis]
    return xp.broadcast_to(xp.reshape(indices, tuple(ones)), v.shape)


def _index_reduce(xp, x, indices, v, axis, reduce, include_self):
    indices = _at_places(xp, indices, v, axis)
    return xp.scatter_reduce(x, indices, v, axis=axis, reduce=reduce, include_self=include_self)


def _slices_reduced(xp, g, need, x, indices, v, out, axis, reduce, include_self):
    return reduced(xp, g, need, x, _at_places(xp, indices, v, axis), v, out, axis, reduce, include_self)


def _each_reduced(xp, x, indices, v, axis, reduce, include_self):
    indices = batches.wide(xp, indices, v.shape, axis)
    return xp.scatter_reduce(x, indices, v, axis=axis, reduce=reduce, include_self=include_self)


index_reduce = general("index_reduce(x, indices, v, *, axis, reduce, include_self)", domain="iufV",
    saved_names={"indices": "index", "v": "source"}, batch=_each_reduced,
    forward=_index_reduce, all=_slices_reduced,
)

# -- norms ---------------------------------------------------------------------------------------------------------------

TINY = 1e-7
"""PyTorch's: what is added to a norm before it divides."""


def _size(xp, x):
    return xp.abs(x) if is_complex(x) else x


def is_complex(x):
    return "complex" in str(x.dtype)


def _renorm(xp, x, ord, axis, maxnorm, others):
    norm = xp.vector_norm(_size(xp, x), ord=ord, axis=others, keepdims=True)
    factor = xp.where(norm > maxnorm, maxnorm / (norm + TINY), 1)
    return x * xp.astype(factor, norm.dtype)


def _renorm_x(xp, g, x, ord, maxnorm, others):
    """With n the norm of a slice and f(n) its factor: d(x f) = dx f + x f'(n) dn, where f is not 1.

    Of dn the coefficient is c = sum(g x) f'(n), f'(n) = -maxnorm / (n + tiny)^2.
    """
    size = _size(xp, x)
    norm = xp.vector_norm(size, ord=ord, axis=others, keepdims=True)
    scaled = norm > maxnorm
    c = xp.sum(g * x, axis=others, keepdims=True)
    c = (xp.real(c) if is_complex(c) else c) * xp.where(scaled, -maxnorm / (norm + TINY) ** 2, 0)
    through = norm_rule(xp, c, size, norm, ord, others, True)
    if is_complex(x):
        through = through * xp.conj(xp.sgn(x))
    return g * xp.where(scaled, maxnorm / (norm + TINY), 1) + xp.where(scaled, through, 0)  # which a NaN has not


# Each slice along ``axis``, so that the norms are over all ``others``.
renorm = general("renorm(x, *, ord, axis, maxnorm, others)", domain="fcV", saved_names={"ord": "p"}, batch=same_call,
    forward=_renorm, x=_renorm_x,
)

# -- segments ------------------------------------------------------------------------------------------------------------

EMPTY = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -math.inf, "amin": math.inf}
"""What a reduction begins with."""


def _segments(xp, x, offsets, axis, reduce, initial):
    """(what the segments begin with, which of them each element belongs to, how to reduce).

    One more segment, the last, takes the elements that belong to none.
    """
    at = len(x.shape) + axis
    count = offsets.shape[-1] - 1
    numbers = xp.broadcast_to(xp.arange(x.shape[axis]), x.shape[: at + 1])
    number = xp.search_rows(offsets, numbers, side="right") - 1
    number = xp.where(number < 0, count, number)
    indices = xp.broadcast_to(xp.reshape(number, (*number.shape, *[1] * (-axis - 1))), x.shape)
    shape = (*x.shape[:at], count + 1, *x.shape[at + 1 :])
    begin = xp.full(shape, EMPTY[reduce] if initial is None else initial, dtype=x.dtype)
    return begin, indices, "sum" if reduce == "mean" else reduce


def _sizes(xp, offsets, axis):
    """How many elements each segment has, shaped to divide the results."""
    sizes = xp.slice_axis(offsets, axis=-1, start=1, stop=offsets.shape[-1], step=1) - xp.slice_axis(
        offsets, axis=-1, start=0, stop=offsets.shape[-1] - 1, step=1)
    return xp.reshape(sizes, (*sizes.shape, *[1] * (-axis - 1)))


def _segment_reduce(xp, x, offsets, axis, reduce, initial):
    begin, indices, how = _segments(xp, x, offsets, axis, reduce, initial)
    out = xp.scatter_reduce(begin, indices, x, axis=axis, reduce=how, include_self=True)
    out = xp.slice_axis(out, axis=axis, start=0, stop=offsets.shape[-1] - 1, step=1)
    if reduce != "mean":
        return out
    sizes = _sizes(xp, offsets, axis)
    mean = out / xp.astype(xp.maximum(sizes, 1), x.dtype)
    return xp.where(sizes > 0, mean, xp.full_like(mean, math.nan if initial is None else initial))


def _segment_reduce_x(xp, g, x, offsets, axis, reduce, initial):
    if reduce in ("amax", "amin"):  # a NaN is the result, and gets the cotangent
        x = xp.where(xp.isnan(x), -EMPTY[reduce], x)
    begin, indices, how = _segments(xp, x, offsets, axis, reduce, initial)
    out = xp.scatter_reduce(begin, indices, x, axis=axis, reduce=how, include_self=True)
    if reduce == "mean":
        g = g / xp.astype(xp.maximum(_sizes(xp, offsets, axis), 1), g.dtype)
    rest = xp.zeros_like(xp.slice_axis(begin, axis=axis, start=0, stop=1, step=1))
    g = xp.concat([g, xp.astype(rest, g.dtype)], axis=axis)
    if reduce not in ("amax", "amin"):
        return reduced(xp, g, None, begin, indices, x, out, axis, how, True)[2]
    # Elements that are the result share the cotangent; what a segment begins with gets none.
    hit = xp.where(x == xp.gather(out, indices, axis=axis), xp.ones_like(x), 0)
    count = xp.scatter_add(xp.zeros_like(begin), indices, hit, axis=axis)
    return xp.where(hit == 0, 0, xp.gather(g / xp.clip(count, min=1), indices, axis=axis))


# offsets: where along the axis each segment begins, and the last one ends; one vector for all, or one for each of the
# places of the axes before.
segment_reduce = general("segment_reduce(x, offsets, *, axis, reduce, initial)", domain="fV", batch=same_call,
    saved_names={"x": "data", "offsets": "offsets"}, forward=_segment_reduce, x=_segment_reduce_x,
)
