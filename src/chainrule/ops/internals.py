"""Derivatives that PyTorch has as functions of their own, and a softmax without NaN."""

from __future__ import annotations

import math

from ..core.batching import same_call
from ..core.op import general
from .elementwise import rounded_once

__all__ = ["log_softmax_adjoint", "safe_softmax", "softmax_adjoint"]


def _total(xp, x, axis):
    return xp.sum(x, axis=(axis,), keepdims=True)


# With y = softmax(x) the cotangent u of y becomes y (u - <y, u>): the same again for a cotangent of that.
softmax_adjoint = general("softmax_adjoint(u, y, *, axis)", node="SoftmaxBackwardDataBackward0", domain="fV",
    batch=same_call, saved_names={"u": "grad_output", "y": "output"},
    forward=rounded_once(lambda xp, u, y, axis: y * (u - _total(xp, y * u, axis))),
    u=lambda xp, g, y, axis: y * (g - _total(xp, y * g, axis)),
    y=lambda xp, g, u, y, axis: g * (u - _total(xp, y * u, axis)) - u * _total(xp, y * g, axis),
)

# With y = log softmax(x), u - exp(y) sum(u).
log_softmax_adjoint = general("log_softmax_adjoint(u, y, *, axis)", node="LogSoftmaxBackwardDataBackward0", domain="fV",
    batch=same_call, saved_names={"u": "grad_output", "y": "output"},
    forward=rounded_once(lambda xp, u, y, axis: u - xp.exp(y) * _total(xp, u, axis)),
    u=lambda xp, g, y, axis: g - _total(xp, xp.exp(y) * g, axis),
    y=lambda xp, g, u, y, axis: -g * xp.exp(y) * _total(xp, u, axis),
)


def _safe_softmax(xp, x, axis):
    dead = xp.all(x == -math.inf, axis=(axis,), keepdims=True)
    y = xp.softmax(xp.where(dead, xp.zeros_like(x), x), axis=axis)
    return xp.where(dead, xp.zeros_like(y), y)


# Of nothing but -inf: zeros, which take no cotangent either.
safe_softmax = general("safe_softmax(x, *, axis)", domain="fV", batch=same_call, forward=_safe_softmax,
    x=lambda xp, g, out, axis: out * (g - _total(xp, out * g, axis)),
)
