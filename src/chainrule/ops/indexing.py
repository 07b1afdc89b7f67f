"""Reading and writing at computed places.

To read (index, take, gather) and to add into zeros are adjoint; repeated places add up. Of repeated writes only the last
one is left in the result, so only it gets a cotangent. (PyTorch hands the cotangent to all of them.) Index and mask
operands are constants: they have no rule.
"""

from __future__ import annotations

import math

from ..core.batching import refused, same_call
from ..core.op import elementwise, general, linear, step
from . import indexing_batches as batches

__all__ = [
    "copy", "fill", "fill_number", "gather", "index", "index_add", "index_adjoint", "index_copy", "index_fill",
    "index_fill_number", "index_put", "last_puts", "last_writes", "masked_fill", "masked_fill_number", "masked_scatter",
    "masked_scatter_adjoint", "masked_select", "nonzero", "put_flat", "scatter", "scatter_add", "scatter_number",
    "scatter_reduce", "take", "take_along_axis", "take_flat", "where", "zero",
]

def blank(xp, shape, dtype):
    """Zeros that take no memory, to add to."""
    return xp.broadcast_to(xp.zeros((), dtype=dtype), shape)


# -- masks --------------------------------------------------------------------------------------------------------------


# The condition takes no part in the promotion. 0, not g * 0: an infinite cotangent of what was not chosen stays out.
where = elementwise("where(c, x, y)", promotion="values", saved_names={"c": "condition"},
    x=lambda xp, g, c: xp.where(c, g, 0),
    y=lambda xp, g, c: xp.where(c, 0, g),
)


def _masked_fill(xp, x, mask, v):
    return xp.where(mask, xp.astype(v, x.dtype), x)


def _masked_fill_number(xp, x, mask, value):
    return xp.where(mask, xp.asarray(value, dtype=x.dtype), x)


def _kept(xp, g, mask):
    return xp.where(mask, 0, g)


def _filled(xp, g, mask):
    return xp.where(mask, g, 0)


masked_fill = elementwise("masked_fill(x, mask, v)", node="MaskedFillBackward1", promotion=None,
    forward=lambda xp, x, mask, v: xp.row_major(_masked_fill(xp, x, mask, v)),
    saved_names={"mask": "mask"}, x=_kept, v=_filled,
)
masked_fill_number = elementwise("masked_fill_number(x, mask, *, value)", node="MaskedFillBackward0", promotion=None,
    forward=lambda xp, x, mask, value: xp.row_major(_masked_fill_number(xp, x, mask, value)),
    saved_names={"mask": "mask"}, x=_kept,
)
# An index along one axis, as the mask of the places that it names: repeated ones count once.
index_fill = elementwise("index_fill(x, mask, v)", node="IndexFillBackward1", promotion=None,
    forward=_masked_fill, x=_kept, v=_filled,
)
index_fill_number = elementwise("index_fill_number(x, mask, *, value)", node="IndexFillBackward0", promotion=None,
    forward=_masked_fill_number, x=_kept,
)

masked_select = linear("masked_select(x, mask)", saved_names={"mask": "mask"}, batch=batches.each_masked_select,
    x=lambda xp, g, x_shape, mask: xp.masked_scatter(xp.zeros(x_shape, dtype=g.dtype), mask, g),
)

masked_scatter = linear("masked_scatter(x, mask, v)", saved_names={"mask": "mask"}, batch=batches.each_masked_scatter,
    x=_kept,
    v=lambda xp, g, mask, v_shape: xp.masked_scatter_adjoint(g, mask, shape=v_shape),
)

masked_scatter_adjoint = linear("masked_scatter_adjoint(x, mask, *, shape)", node="MaskedScatterBackwardBackward0",
    batch=batches.each_masked_scatter_adjoint,
    x=lambda xp, g, x_shape, mask: xp.masked_scatter(xp.zeros(x_shape, dtype=g.dtype), mask, g),
)

nonzero = step("nonzero(x)", outputs="*", batch=refused)

# -- the whole ----------------------------------------------------------------------------------------------------------
# In-place writes as functions of the old value, which they forget.


def _forgotten(xp, g):
    return xp.zeros_like(g)


def _overwritten_by(xp, x, v):
    return xp.clone(xp.broadcast_to(xp.astype(v, x.dtype), x.shape))


OVERWRITE = {"forward": _overwritten_by, "batch": batches.each_overwritten, "x": _forgotten, "v": lambda g: g}
copy = linear("copy(x, v)", node="torch::autograd::CopyBackwards", **OVERWRITE)
fill = linear("fill(x, v)", node="FillBackward3", **OVERWRITE)
fill_number = general("fill_number(x, *, value)", node="FillBackward2", batch=same_call,
    jvp=lambda xp, x_tangent: xp.zeros_like(x_tangent),
    forward=lambda xp, x, value: xp.full_like(x, value),
    x=_forgotten,
)
zero = linear("zero(x)", forward=lambda xp, x: xp.zeros_like(x), x=_forgotten)

# -- x[i, j, mask] ------------------------------------------------------------------------------------------------------
# ``axes`` says where the index arrays stand: negative axes of x, a mask's being the first of those that it covers.

index = linear("index(x, *indices, axes)", batch=batches.each_index,
    x=lambda xp, g, x_shape, indices, axes: xp.index_adjoint(g, *indices, axes=axes, shape=x_shape),
)

index_adjoint = linear("index_adjoint(x, *indices, axes, shape)", node="IndexPutBackward0",
    batch=batches.each_index_adjoint,
    x=lambda xp, g, indices, axes: xp.index(g, *indices, axes=axes),
)


def _overwritten(xp, g, indices, axes, accumulate):
    return g if accumulate else xp.index_put(g, 0, *indices, axes=axes, accumulate=False)


def _put(xp, g, x_shape, indices, axes, accumulate):
    """What was added counts each time, what was written only if nothing was written over it."""
    g = xp.index(g, *indices, axes=axes)
    return g if accumulate else xp.where(xp.last_puts(*indices, axes=axes, shape=x_shape), g, 0)


index_put = linear("index_put(x, v, *indices, axes, accumulate)", saved_names={"v": "values", "indices": "indices"},
    batch=batches.each_index_put,
    x=_overwritten, v=_put,
)

last_puts = step("last_puts(*indices, axes, shape)", batch=batches.each_last_puts)

# -- along one axis -----------------------------------------------------------------------------------------------------

take = linear("take(x, indices, *, axis)", node="IndexSelectBackward0", saved_names={"indices": "index"},
    batch=batches.each_take,
    x=lambda xp, g, x_shape, indices, axis: xp.index_add(blank(xp, x_shape, g.dtype), indices, g, axis=axis),
)

index_add = linear("index_add(x, indices, v, *, axis)", saved_names={"indices": "index"}, batch=batches.each_index_add,
    x=lambda g: g,
    v=lambda xp, g, indices, axis: xp.take(g, indices, axis=axis),
)


def _slices_overwritten(xp, g, indices, v_shape, axis):
    return xp.index_copy(g, indices, xp.zeros(v_shape, dtype=g.dtype), axis=axis)


def _slices_written(xp, g, x_shape, indices, axis):
    last = xp.last_puts(indices, axes=(-1,), shape=(x_shape[axis],))
    return xp.where(xp.reshape(last, (-1,) + (1,) * (-axis - 1)), xp.take(g, indices, axis=axis), 0)


index_copy = linear("index_copy(x, indices, v, *, axis)", saved_names={"indices": "index"}, batch=batches.each_index_copy,
    x=_slices_overwritten, v=_slices_written,
)

# -- gather and scatter -------------------------------------------------------------------------------------------------

gather = linear("gather(x, indices, *, axis)", saved_names={"indices": "index"},
    x=lambda xp, g, x_shape, indices, axis: xp.scatter_add(blank(xp, x_shape, g.dtype), indices, g, axis=axis),
)


def take_along_axis(x, indices, *, axis):
    """The array API's call form, for operands that are alike but for the axis."""
    return gather(x, indices, axis=axis)


scatter_add = linear("scatter_add(x, indices, v, *, axis)", saved_names={"indices": "index"},
    x=lambda g: g,
    v=lambda xp, g, indices, axis: xp.gather(g, indices, axis=axis),
)


def _scattered_over(xp, g, indices, axis):
    return xp.scatter(g, indices, 0, axis=axis)


def _scattered(xp, g, x_shape, indices, axis):
    return xp.where(xp.last_writes(indices, axis=axis, shape=x_shape), xp.gather(g, indices, axis=axis), 0)


scatter = linear("scatter(x, indices, v, *, axis)", saved_names={"indices": "index"}, x=_scattered_over, v=_scattered)

scatter_number = general("scatter_number(x, indices, *, value, axis)", node="ScatterBackward1", batch=same_call,
    jvp=lambda xp, x_tangent, indices, axis: xp.scatter(x_tangent, indices, 0, axis=axis),
    forward=lambda xp, x, indices, value, axis: xp.scatter(x, indices, value, axis=axis),
    saved_names={"indices": "index"},
    x=_scattered_over,
)

last_writes = step("last_writes(indices, *, axis, shape)", batch=batches.each_last_writes)


def _of_others(xp, x, zeros, zero, product):
    """The product of all but x at a place, from that of what is not zero and the number and the sum of the zeros.

    With one zero, that of the others is it times the rest; with two, that of each is the other (their sum less itself)
    times the rest. Both are 0, but their derivatives are not.
    """
    of_zero = xp.where(zeros == 1, product, xp.where(zeros == 2, product * (zero - x), 0))
    part = product / xp.where(x == 0, 1, x)
    return xp.where(x == 0, of_zero, xp.where(zeros == 0, part, xp.where(zeros == 1, part * zero, 0)))


def reduced(xp, g, need, x, indices, v, out, axis, reduce, include_self):
    """Each place hands its cotangent to what was reduced to it: all of it, a share of a mean or of ties, or times the
    product of the others. Without ``include_self`` the old value of a place that was written to took no part.
    """
    def added(a, b):
        return xp.scatter_add(a, indices, b, axis=axis)

    def kept(a, without):
        return a if include_self else xp.scatter(a, indices, without, axis=axis)

    def there(a):
        return xp.gather(a, indices, axis=axis)

    if reduce == "sum":
        return kept(g, 0), None, there(g)
    if reduce == "mean":
        share = g / added(kept(xp.ones_like(x), 0), xp.ones_like(v))
        return kept(share, 0), None, there(share)
    if reduce == "prod":
        of_zeros = [xp.where(a == 0, xp.ones_like(a), 0) for a in (x, v)], [xp.where(a == 0, a, 0) for a in (x, v)]
        count, zero = [added(kept(a, 0), b) for a, b in of_zeros]
        ones = [xp.where(a == 0, 1, a) for a in (x, v)]
        product = g * xp.scatter_reduce(kept(ones[0], 1), indices, ones[1], axis=axis, reduce="prod", include_self=True)
        return kept(_of_others(xp, x, count, zero, product), 0), None, _of_others(xp, v, there(count), there(zero), there(product))
    # Where the result is NaN, PyTorch divides by the number of elements that are equal to it: none.
    lost = xp.isnan(out)
    hit_x = kept(xp.where(xp.logical_or(lost, x == out), xp.ones_like(x), 0), 0)
    hit_v = xp.where(xp.logical_or(there(lost), v == there(out)), xp.ones_like(v), 0)
    share = xp.where(lost, math.nan, g / xp.clip(added(hit_x, hit_v), min=1))
    return xp.where(hit_x == 0, 0, share), None, xp.where(hit_v == 0, 0, there(share))


scatter_reduce = general("scatter_reduce(x, indices, v, *, axis, reduce, include_self)", saved_names={"indices": "index"},
    batch=same_call,
    all=reduced,
)

# -- places in C order --------------------------------------------------------------------------------------------------

take_flat = linear("take_flat(x, indices)", node="TakeBackward0", saved_names={"indices": "index"}, batch=batches.each_take_flat,
    x=lambda xp, g, x_shape, indices: xp.put_flat(xp.zeros(x_shape, dtype=g.dtype), indices, g, accumulate=True),
)


def _places_overwritten(xp, g, indices, v_shape, accumulate):
    return g if accumulate else xp.put_flat(g, indices, xp.zeros(v_shape, dtype=g.dtype), accumulate=False)


def _places_put(xp, g, indices, v_shape, accumulate):
    size = 1
    for n in g.shape:
        size *= n
    values = xp.reshape(xp.take_flat(g, indices), v_shape)
    if accumulate:
        return values
    return xp.where(xp.reshape(xp.last_puts(indices, axes=(-1,), shape=(size,)), v_shape), values, 0)


put_flat = linear("put_flat(x, indices, v, *, accumulate)", node="PutBackward0", saved_names={"indices": "index"},
    batch=batches.each_put_flat,
    x=_places_overwritten, v=_places_put,
)
