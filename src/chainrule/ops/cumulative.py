"""Cumulative operations. ``axis`` is a negative int, or () for a 0-d operand."""

from __future__ import annotations

import math

from ..core.batching import same_call
from ..core.op import declare, linear
from .indexing import blank
from .reduction import divides_in_halves, later

__all__ = [
    "cummax", "cummin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "linear_recurrence", "logcumsumexp",
]


def cumulative(signature, domain, **spec):
    """A cumulative operation that is not linear."""
    return declare("general", signature, domain=domain, batch=same_call, **spec)


def _cumsum_vjp(xp, g, axis):
    """Each element is in all sums from its own place on."""
    return xp.flip(xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis) if axis != () else g


def alone(xp, run, x, dtype):
    """Of a 0-d operand, along no axis: as of a vector of one element. In a batch x has the batch's shape."""
    return xp.reshape(run(xp.reshape(x, (*x.shape, 1)), axis=-1, dtype=dtype), x.shape)


cumsum = linear("cumsum(x, *, axis, dtype)",
    forward=lambda xp, x, axis, dtype: (
        xp.cumulative_sum(x, axis=axis, dtype=dtype) if axis != () else alone(xp, xp.cumulative_sum, x, dtype)
    ),
    x=_cumsum_vjp,
)


def cumulative_sum(x, *, axis):
    """The array API's call form."""
    return cumsum(x, axis=axis, dtype=None)


def _recurrence_vjp(xp, g, need, x, out, axis, reverse):
    # The transpose of y_i = b_i + x_i y_(i-1) is the recurrence in the other direction, t_i = g_i + x_(i+1) t_(i+1).
    # b_i gets t_i, and x_i, which multiplied y_(i-1), gets t_i y_(i-1); reversed, it stood between t_(i-1) and y_i.
    t = xp.linear_recurrence(g, x, axis=axis, reverse=not reverse)
    if not need[1]:
        return t, None
    return t, later(xp, t, axis, 0) * out if reverse else t * later(xp, out, axis, 0)


linear_recurrence = cumulative("linear_recurrence(b, x, *, axis, reverse)", "fcV", all=_recurrence_vjp)


def _cumprod_vjp(xp, g, x, out, axis):
    """The product of the elements before x_i, times s_i = g_i + x_(i+1) (g_(i+1) + x_(i+2) (g_(i+2) + ...)).

    Nothing is divided by x_i: exact where there are zeros, and so are the derivatives of it.
    """
    if axis == ():
        return g
    if divides_in_halves(x):
        return _cumsum_vjp(xp, out * g, axis) / x
    return later(xp, out, axis, 1) * xp.linear_recurrence(g, x, axis=axis, reverse=True)


cumprod = cumulative("cumprod(x, *, axis, dtype)", "biufcV",
    forward=lambda xp, x, axis, dtype: (
        xp.cumulative_prod(x, axis=axis, dtype=dtype) if axis != () else alone(xp, xp.cumulative_prod, x, dtype)
    ),
    x=_cumprod_vjp,
)


def cumulative_prod(x, *, axis):
    """The array API's call form."""
    return cumprod(x, axis=axis, dtype=None)


def _at_last_index(xp, g, x_shape, indices, axis):
    """An element gets the cotangents of all results that it is."""
    return xp.scatter_add(blank(xp, x_shape, g[0].dtype), indices, g[0], axis=axis) if axis != () else g[0]


cummax = cumulative("cummax(x, *, axis)", "biufV", outputs="values indices", x=_at_last_index)
cummin = cumulative("cummin(x, *, axis)", "biufV", outputs="values indices", x=_at_last_index)


def _logcumsumexp_vjp(xp, g, x, out, axis):
    """x_j gets sum_{i>=j} g_i exp(x_j - y_i) = exp(x_j - y_j) t_j, with t_j = g_j + exp(y_j - y_(j+1)) t_(j+1).

    y never falls, so that no exponential overflows. From an infinite y on, the difference of two is 0.
    """
    if axis == ():
        return g
    before = later(xp, out, axis, -math.inf)
    fall = xp.exp(xp.where(before == math.inf, 0, before - out))
    return xp.exp(x - out) * xp.linear_recurrence(g, fall, axis=axis, reverse=True)


logcumsumexp = cumulative("logcumsumexp(x, *, axis)", "fcV", x=_logcumsumexp_vjp)
