"""Derivatives that PyTorch has as functions of their own."""

from __future__ import annotations

from ..core.batching import same_call
from ..core.op import general

__all__ = ["log_softmax_adjoint", "softmax_adjoint"]


def _total(xp, x, axis):
    return xp.sum(x, axis=(axis,), keepdims=True)


# With y = softmax(x) the cotangent u of y becomes y (u - <y, u>): the same again for a cotangent of that.
softmax_adjoint = general("softmax_adjoint(u, y, *, axis)", node="SoftmaxBackwardDataBackward0", domain="fV",
    batch=same_call, saved_names={"u": "grad_output", "y": "output"},
    forward=lambda xp, u, y, axis: y * (u - _total(xp, y * u, axis)),
    u=lambda xp, g, y, axis: y * (g - _total(xp, y * g, axis)),
    y=lambda xp, g, u, y, axis: g * (u - _total(xp, y * u, axis)) - u * _total(xp, y * g, axis),
)

# With y = log softmax(x), u - exp(y) sum(u).
log_softmax_adjoint = general("log_softmax_adjoint(u, y, *, axis)", node="LogSoftmaxBackwardDataBackward0", domain="fV",
    batch=same_call, saved_names={"u": "grad_output", "y": "output"},
    forward=lambda xp, u, y, axis: u - xp.exp(y) * _total(xp, u, axis),
    u=lambda xp, g, y, axis: g - _total(xp, xp.exp(y) * g, axis),
    y=lambda xp, g, u, y, axis: -g * xp.exp(y) * _total(xp, u, axis),
)
