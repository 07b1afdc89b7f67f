"""Reductions. ``axis`` is a tuple of negative ints, or one int where the index along it is a result (() for a 0-d operand).

PyTorch names a node after the overload that was called, so that the sum of all elements and the sum along axes are two
ops with one rule.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.batching import same_call
from ..core.op import declare, linear, step
from ..promotion import is_half

__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "count_nonzero", "dist", "logsumexp", "max", "max_all",
    "max_index", "mean", "mean_all", "mean_axes", "min", "min_all", "min_index", "nansum", "prod", "prod_all",
    "prod_axis", "std", "std_axes", "std_mean", "sum", "sum_all", "sum_axes", "var", "var_axes", "var_mean",
    "vector_norm",
]


def reduction(signature, domain="fV", **spec):
    """A reduction that is not linear; its axes count from the end, so that a batch axis changes nothing."""
    return declare("general", signature, domain=domain, batch=same_call, **spec)


def kept(xp, g, x_shape, axis, keepdims):
    """What a reduction gave, with the lost axes back as ones."""
    if keepdims or not g.shape:
        return g
    n = len(x_shape)
    return xp.reshape(g, tuple([1 if at - n in axis else size for at, size in enumerate(x_shape)]))


def spread(xp, g, x_shape, axis, keepdims):
    """Undo a sum: each element gets the cotangent of the result that it went into."""
    return xp.broadcast_to(kept(xp, g, x_shape, axis, keepdims), x_shape)


def axes(x, axis):
    """The array API's ``axis`` (None: all) as a tuple."""
    return tuple(range(-x.ndim, 0)) if axis is None else (axis,) if isinstance(axis, int) else axis


def count(x_shape, axis):
    return math.prod([x_shape[a] for a in axis])


# -- sums --------------------------------------------------------------------------------------------------------------

sum_all = linear("sum_all(x, *, axis)", node="SumBackward0",
    forward=lambda xp, x, axis: xp.sum(x, axis=axis),
    x=lambda xp, g, x_shape, axis: spread(xp, g, x_shape, axis, False),
)
sum_axes = linear("sum(x, *, axis, keepdims)", node="SumBackward1",
    x=spread,
)


def sum(x, *, axis=None, keepdims=False):
    """The array API's call form."""
    return sum_axes(x, axis=axes(x, axis), keepdims=keepdims)


def _nansum(xp, x, axis, keepdims):
    return xp.sum(xp.where(xp.isnan(x), xp.zeros_like(x), x), axis=axis, keepdims=keepdims)


def _nansum_vjp(xp, g, x, axis, keepdims):
    """A product with the mask, as in PyTorch: a NaN gets a zero with the sign of the cotangent."""
    return kept(xp, g, x.shape, axis, keepdims) * xp.astype(xp.logical_not(xp.isnan(x)), g.dtype)


nansum = reduction("nansum(x, *, axis, keepdims)", forward=_nansum, x=_nansum_vjp)


def _mean_vjp(xp, g, x_shape, axis, keepdims):
    # The number of elements may be more than half precision can hold; what is left of the cotangent is not less.
    n = count(x_shape, axis)
    scale = 2.0 ** (n.bit_length() - 15) if n > 2**15 else 1
    g = g / n if scale == 1 else g / (n / scale) / scale
    return spread(xp, g, x_shape, axis, keepdims)


mean_all = linear("mean_all(x, *, axis)", node="MeanBackward0",
    forward=lambda xp, x, axis: xp.mean(x, axis=axis),
    x=lambda xp, g, x_shape, axis: _mean_vjp(xp, g, x_shape, axis, False),
)
mean_axes = linear("mean(x, *, axis, keepdims)", node="MeanBackward1", x=_mean_vjp)


def mean(x, *, axis=None, keepdims=False):
    """The array API's call form."""
    return mean_axes(x, axis=axes(x, axis), keepdims=keepdims)


# -- products ----------------------------------------------------------------------------------------------------------


def later(xp, x, axis, first):
    """``x`` one place further along the axis, with ``first`` in the first place."""
    n = x.shape[axis]
    if not n:
        return x
    head = xp.full_like(xp.slice_axis(x, axis=axis, start=0, stop=1, step=1), first)
    return xp.concat([head, xp.slice_axis(x, axis=axis, start=0, stop=n - 1, step=1)], axis=axis)


def _product_of_others(xp, x, axis):
    """For each element the product of those before it times the product of those behind it.

    No division by the element: exact where there are zeros, and so are the derivatives of it.
    """
    before = xp.cumulative_prod(later(xp, x, axis, 1), axis=axis)
    behind = xp.cumulative_prod(later(xp, xp.flip(x, axis=axis), axis, 1), axis=axis)
    return before * xp.flip(behind, axis=axis)


def divides_in_halves(x):
    """Whether PyTorch divides by the elements: where none is 0. In half precision that is another number."""
    array = getattr(x, "_array", x)
    return type(array) is np.ndarray and is_half(array.dtype) and bool(array.all())


def _prod_axis_vjp(xp, g, x, out, axis, keepdims):
    if axis == ():
        return g
    if divides_in_halves(x):
        return kept(xp, g, x.shape, (axis,), keepdims) * (kept(xp, out, x.shape, (axis,), keepdims) / x)
    return kept(xp, g, x.shape, (axis,), keepdims) * _product_of_others(xp, x, axis)


def _prod_all_vjp(xp, g, x, out, axis):
    if divides_in_halves(x):
        return kept(xp, g, x.shape, axis, False) * (kept(xp, out, x.shape, axis, False) / x)
    lead = x.shape[: len(x.shape) - len(axis)]
    flat = xp.reshape(x, (*lead, count(x.shape, axis)))
    return kept(xp, g, x.shape, axis, False) * xp.reshape(_product_of_others(xp, flat, -1), x.shape)


prod_all = reduction("prod_all(x, *, axis)", "biufcV", node="ProdBackward0",
    forward=lambda xp, x, axis: xp.prod(x, axis=axis),
    x=_prod_all_vjp,
)
prod_axis = reduction("prod(x, *, axis, keepdims)", "biufcV", node="ProdBackward1", x=_prod_axis_vjp)


def prod(x, *, axis=None, keepdims=False):
    """The array API's call form, for one axis or all."""
    return prod_all(x, axis=axes(x, axis)) if axis is None else prod_axis(x, axis=axis, keepdims=keepdims)


# -- the largest and the smallest --------------------------------------------------------------------------------------


def tied(xp, x, out):
    """Where an element is the result; NaN is NaN."""
    return xp.logical_or(x == out, xp.logical_and(xp.isnan(x), xp.isnan(out)))


def evenly(xp, g, x, out, axis):
    """Elements that are the result share the cotangent."""
    g, out = (kept(xp, one, x.shape, axis, False) for one in (g, out))
    same = tied(xp, x, out)
    return xp.where(same, g / xp.sum(xp.astype(same, g.dtype), axis=axis, keepdims=True), 0)


def _scaled(xp, g, x, out, axis, keepdims):
    """As ``evenly`` in PyTorch's other form: a product with the mask, and no element is a result that is NaN."""
    g, out = (kept(xp, one, x.shape, axis, keepdims) for one in (g, out))
    same = xp.astype(x == out, g.dtype)
    return g * same / xp.sum(same, axis=axis, keepdims=True)


max_all = reduction("max_all(x, *, axis)", "biufV", node="MaxBackward1",
    forward=lambda xp, x, axis: xp.max(x, axis=axis),
    x=evenly,
)
min_all = reduction("min_all(x, *, axis)", "biufV", node="MinBackward1",
    forward=lambda xp, x, axis: xp.min(x, axis=axis),
    x=evenly,
)
amax = reduction("max(x, *, axis, keepdims)", "biufV", node="AmaxBackward0", x=_scaled)
amin = reduction("min(x, *, axis, keepdims)", "biufV", node="AminBackward0", x=_scaled)


def max(x, *, axis=None, keepdims=False):
    """The array API's call form."""
    return amax(x, axis=axes(x, axis), keepdims=keepdims)


def min(x, *, axis=None, keepdims=False):
    """The array API's call form."""
    return amin(x, axis=axes(x, axis), keepdims=keepdims)


def _both(of_first, of_second):
    """The sum of what two outputs contribute; None where nothing arrived."""
    return of_second if of_first is None else of_first if of_second is None else of_first + of_second


def _aminmax_vjp(xp, g, x, min, max, axis, keepdims):
    return _both(
        None if g[0] is None else _scaled(xp, g[0], x, min, axis, keepdims),
        None if g[1] is None else _scaled(xp, g[1], x, max, axis, keepdims),
    )


def _aminmax(xp, x, axis, keepdims):
    return xp.min(x, axis=axis, keepdims=keepdims), xp.max(x, axis=axis, keepdims=keepdims)


aminmax = reduction("aminmax(x, *, axis, keepdims)", "biufV", outputs="min max", forward=_aminmax, x=_aminmax_vjp)


def _index(xp, find, x, axis, keepdims):
    """``find`` along one axis; several, the last ones, count as one, and so does none at all."""
    if not isinstance(axis, tuple):
        return find(x, axis=axis, keepdims=keepdims)
    lead = x.shape[: len(x.shape) - len(axis)]
    indices = find(xp.reshape(x, (*lead, count(x.shape, axis))), axis=-1)
    return xp.reshape(indices, lead + (1,) * len(axis)) if keepdims else indices


argmax = step("argmax(x, *, axis, keepdims)",
    forward=lambda xp, x, axis, keepdims: _index(xp, xp.argmax, x, axis, keepdims),
)
argmin = step("argmin(x, *, axis, keepdims)",
    forward=lambda xp, x, axis, keepdims: _index(xp, xp.argmin, x, axis, keepdims),
)


def at_index(xp, g, x_shape, indices, axis, keepdims):
    """The cotangent of elements that were picked by their index along an axis, put in their places."""
    g = g[0]
    if axis == ():
        return g
    if not keepdims:
        ones = list(x_shape)
        ones[axis] = 1
        g, indices = xp.reshape(g, tuple(ones)), xp.reshape(indices, tuple(ones))
    return xp.scatter(xp.broadcast_to(xp.zeros((), dtype=g.dtype), x_shape), indices, g, axis=axis)


def _max_index(xp, x, axis, keepdims):
    return xp.max(x, axis=axis, keepdims=keepdims), _index(xp, xp.argmax, x, axis, keepdims)


def _min_index(xp, x, axis, keepdims):
    return xp.min(x, axis=axis, keepdims=keepdims), _index(xp, xp.argmin, x, axis, keepdims)


max_index = reduction("max_index(x, *, axis, keepdims)", "biufV", node="MaxBackward0", outputs="values indices",
    forward=_max_index, x=at_index,
)
min_index = reduction("min_index(x, *, axis, keepdims)", "biufV", node="MinBackward0", outputs="values indices",
    forward=_min_index, x=at_index,
)

# -- spread ------------------------------------------------------------------------------------------------------------


def _var_vjp(xp, g, x, axis, correction, keepdims):
    # d/dx_i of sum_j (x_j - m)^2 / (n - c) is 2 (x_i - m) / (n - c): what comes through the mean m cancels.
    d = x - xp.mean(x, axis=axis, keepdims=True)
    left = count(x.shape, axis) - correction
    g = kept(xp, g, x.shape, axis, keepdims)
    if left > 0:
        return (2 / left) * g * d
    return g * xp.where(d == 0, xp.full_like(d, math.nan), math.inf)  # as PyTorch has it for the variance of too few


def _std_vjp(xp, g, x, out, axis, correction, keepdims):
    """Through the root of the variance; 0 where all elements are equal, in the derivatives of it too."""
    zero = out == 0
    g = xp.where(zero, 0, g / (2 * xp.where(zero, 1, out)))
    return _var_vjp(xp, g, x, axis, correction, keepdims)


def _var_mean_vjp(xp, g, x, axis, correction, keepdims):
    return _both(
        None if g[0] is None else _var_vjp(xp, g[0], x, axis, correction, keepdims),
        None if g[1] is None else _mean_vjp(xp, g[1], x.shape, axis, keepdims),
    )


def _std_mean_vjp(xp, g, x, std, axis, correction, keepdims):
    return _both(
        None if g[0] is None else _std_vjp(xp, g[0], x, std, axis, correction, keepdims),
        None if g[1] is None else _mean_vjp(xp, g[1], x.shape, axis, keepdims),
    )


var_axes = reduction("var(x, *, axis, correction, keepdims)",
    forward=lambda xp, x, **params: xp.var_mean(x, **params)[0],
    x=_var_vjp,
)
std_axes = reduction("std(x, *, axis, correction, keepdims)",
    forward=lambda xp, x, **params: xp.std_mean(x, **params)[0],
    x=_std_vjp,
)
var_mean = reduction("var_mean(x, *, axis, correction, keepdims)", outputs="var mean", x=_var_mean_vjp)
std_mean = reduction("std_mean(x, *, axis, correction, keepdims)", outputs="std mean", x=_std_mean_vjp)


def var(x, *, axis=None, correction=0, keepdims=False):
    """The array API's call form."""
    return var_axes(x, axis=axes(x, axis), correction=correction, keepdims=keepdims)


def std(x, *, axis=None, correction=0, keepdims=False):
    """The array API's call form."""
    return std_axes(x, axis=axes(x, axis), correction=correction, keepdims=keepdims)


# -- norms -------------------------------------------------------------------------------------------------------------


def norm_rule(xp, g, x, out, ord, axis, keepdims):
    """sign(x) (|x| / norm)^(p-1), in quotients that stay in range; 0 where the norm is 0.

    Of the largest norm (p = inf) the elements that are the largest share; likewise of the smallest.
    """
    g, out = (kept(xp, one, x.shape, axis, keepdims) for one in (g, out))
    if ord == 0:
        return xp.zeros_like(x)
    if ord == 1:
        return g * xp.sgn(x)
    if math.isinf(ord):
        same = xp.astype(tied(xp, xp.abs(x), out), g.dtype)
        return xp.sgn(x) * (g / xp.sum(same, axis=axis, keepdims=True) * same)
    zero = out == 0
    norm = xp.where(zero, 1, out)
    if ord == 2:
        return g * xp.where(zero, 0, x / norm)
    # Below 2 a derivative of |x|^(p-1) is infinite at 0, where sign(x) is 0 whatever stands behind it.
    size = xp.abs(x) if ord > 2 else xp.where(x == 0, 1, xp.abs(x))
    return g * xp.where(zero, 0, xp.sign(x) * (size / norm) ** (ord - 1))


vector_norm = reduction("vector_norm(x, *, ord, axis, keepdims)", node="LinalgVectorNormBackward0",
    x=norm_rule,
)

# The distance of x from y, as the norm of their difference.
dist = reduction("dist(x, *, ord, axis, keepdims)", saved_names={"ord": "p"},
    forward=lambda xp, x, ord, axis, keepdims: xp.vector_norm(x, ord=ord, axis=axis, keepdims=keepdims),
    x=norm_rule,
)


def _logsumexp_vjp(xp, g, x, out, axis, keepdims):
    # exp(x_i) / sum_j exp(x_j)
    g, out = (kept(xp, one, x.shape, axis, keepdims) for one in (g, out))
    return g * xp.exp(x - out)


logsumexp = reduction("logsumexp(x, *, axis, keepdims)", "fcV", x=_logsumexp_vjp)

# -- truth -------------------------------------------------------------------------------------------------------------

all = step("all(x, *, axis, keepdims)")
any = step("any(x, *, axis, keepdims)")
count_nonzero = step("count_nonzero(x, *, axis, keepdims)")
