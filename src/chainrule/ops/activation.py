"""Activation functions, and the two losses of every first lesson."""

from __future__ import annotations

import math

import numpy as np

from ..core.batching import aligned, same_call
from ..core.op import by_blocks, elementwise, general
from ..promotion import is_half
from .bounds import clamp_numbers
from .elementwise import rounded

__all__ = [
    "celu", "elu", "gelu", "gelu_slope", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log_softmax",
    "logsigmoid", "mish", "mse_loss", "prelu", "relu", "rrelu", "rrelu_", "silu", "silu_slope", "softmax", "softplus", "softshrink", "threshold",
]  # fmt: skip


def widened(forward):
    """Half-precision operands are computed in single precision and rounded once at the end."""
    return lambda xp, x, **params: xp.narrow(forward(xp, xp.widen(x), **params), x)


# -- piecewise linear ---------------------------------------------------------------------------------------------------

relu = elementwise("relu(x)", domain="iufV", whole=True,
    x=lambda xp, g, out: xp.zero_below(g, out, threshold=0),
)
threshold = elementwise("threshold(x, *, threshold, value)", inplace_node="ThresholdBackward1", domain="iufV", whole=True,
    forward=lambda xp, x, threshold, value: xp.where(x <= threshold, xp.asarray(value, dtype=x.dtype), x),
    x=lambda xp, g, x, threshold: xp.zero_below(g, x, threshold=threshold),
)


def leaky_relu_forward(xp, x, negative_slope):
    below = x * xp.asarray(negative_slope, dtype=x.dtype)
    return xp.maximum(x, below) if 0 < negative_slope <= 1 else xp.where(x > 0, x, below)


leaky_relu = elementwise("leaky_relu(x, *, negative_slope)", inplace_node="LeakyReluBackward1", fused=True, domain="fV",
    forward=widened(leaky_relu_forward),
    x=lambda xp, g, x, negative_slope: xp.where(x > 0, g, g * negative_slope),
)
prelu = elementwise("prelu(x, weight)", fused=True, node="PreluKernelBackward0", domain="fV", saved_names={"weight": "weight"},
    forward=lambda xp, x, weight: xp.where(x > 0, x, x * weight),
    x=lambda xp, g, x, weight: xp.where(x > 0, g, g * weight),
    weight=lambda xp, g, x: xp.zero_where(g * x, x > 0),
)
# ``noise``: the factors, 1 where x is positive.
LEAKS = {
    "domain": "fV", "saved_names": {"x": "self", "noise": "noise"}, "forward": lambda xp, x, noise: x * noise,
    "x": lambda g, noise: g * noise,
    "noise": lambda g, x: g * x,
}  # fmt: skip
rrelu = elementwise("rrelu(x, noise)", node="RreluWithNoiseBackward0", **LEAKS)
rrelu_ = elementwise("rrelu_(x, noise)", node="RreluWithNoiseBackward1", **LEAKS)
# Unlike clamp's, its gradient is 0 at the bounds themselves.
hardtanh = elementwise("hardtanh(x, *, min_val, max_val)", domain="iufV",
    forward=lambda xp, x, min_val, max_val: clamp_numbers(xp, x, min=min_val, max=max_val),
    x=lambda xp, g, x, min_val, max_val: xp.zero_where(g, xp.logical_or(x <= min_val, x >= max_val)),
)
hardsigmoid = elementwise("hardsigmoid(x)", fused=True, domain="fV",
    forward=widened(lambda xp, x: xp.clip(x + 3, 0, 6) / 6),
    x=lambda xp, g, x: xp.zero_where(g / 6, xp.logical_not(xp.logical_and(x > -3, x < 3))),
)
# x (x + 3) / 6 between -3 and 3.
hardswish = elementwise("hardswish(x)", fused=True, domain="fV",
    forward=widened(lambda xp, x: x * xp.clip(x + 3, 0, 6) / 6),
    x=lambda xp, g, x: xp.where(x < 3, xp.zero_where(g * (x / 3 + 0.5), x <= -3), g),
)


def within(xp, x, lambd):
    return xp.logical_and(x >= -lambd, x <= lambd)


hardshrink = elementwise("hardshrink(x, *, lambd)", layout="first", domain="fV",
    forward=lambda xp, x, lambd: xp.zero_where(x, within(xp, x, lambd)),
    x=lambda xp, g, x, lambd: xp.zero_where(g, within(xp, x, lambd)),
)
softshrink = elementwise("softshrink(x, *, lambd)", fused=True, domain="fV",
    forward=widened(lambda xp, x, lambd: xp.where(x > lambd, x - lambd, xp.where(x < -lambd, x + lambd, x * 0))),
    x=lambda xp, g, x, lambd: xp.zero_where(g, within(xp, x, lambd)),
)

# -- smooth -------------------------------------------------------------------------------------------------------------


def below(xp, x):
    """``x`` where it is not positive, else 0: an argument whose exponential is finite on both sides of a kink."""
    return xp.zero_where(x, x > 0)


def times(x, factor):
    return x if factor == 1 else x * factor


def elu_forward(xp, x, alpha, scale, input_scale):
    return xp.where(x > 0, times(x, scale), times(xp.expm1(times(xp.clip(x, max=0), input_scale)), alpha * scale))


elu = elementwise("elu(x, *, alpha, scale, input_scale)", inplace_node="EluBackward1", fused=True, domain="fV",
    forward=widened(elu_forward),
    x=lambda xp, g, x, alpha, scale, input_scale: xp.where(
        x <= 0, g * times(xp.exp(times(below(xp, x), input_scale)), input_scale * alpha * scale), times(g, scale)
    ),
)
celu = elementwise("celu(x, *, alpha)", layout="first", inplace_node="CeluBackward1", fused=True, domain="fV",
    forward=widened(lambda xp, x, alpha: xp.where(x > 0, x, xp.expm1(below(xp, x) / alpha) * alpha)),
    x=lambda xp, g, x, alpha: xp.where(x <= 0, g * xp.exp(below(xp, x) / alpha), g),
)


def softplus_forward(xp, x, beta, threshold):
    """log(1 + exp(beta x)) / beta, and x itself where beta x exceeds the threshold.

    PyTorch needs the threshold against overflow. The default of 20 would make a step of 2e-9, which float64 can see: so
    from there on the exact value is computed, which to PyTorch's float32 is the same.
    """
    smooth = xp.logaddexp(times(x, beta), xp.zeros((), dtype=x.dtype))
    smooth = smooth if beta == 1 else smooth / beta
    return smooth if threshold >= 20 else xp.where(x * beta > threshold, x, smooth)


def softplus_x(xp, g, x, beta, threshold):
    smooth = g * xp.sigmoid(times(x, beta))
    return smooth if threshold >= 20 else xp.where(x * beta > threshold, g, smooth)


softplus = elementwise("softplus(x, *, beta, threshold)", fused=True, domain="fV",
    forward=widened(softplus_forward),
    x=softplus_x,
)


def logsigmoid_x(xp, g, x, out_dtype):
    """1 - s(x) = s(-x); in half precision from e = exp(-|x|) as PyTorch keeps it, rounded."""
    if not is_half(out_dtype):
        return g * xp.sigmoid(-x)
    e = rounded(xp, xp.exp(-xp.abs(x)), out_dtype)
    return g * xp.where(x < 0, 1 - e / (1 + e), e / (1 + e))


logsigmoid = elementwise("logsigmoid(x)", fused=True, node="LogSigmoidBackward0", domain="fV",
    forward=widened(lambda xp, x: xp.minimum(x, xp.zeros_like(x)) - xp.log1p(xp.exp(-xp.abs(x)))),
    x=logsigmoid_x,
)


silu = elementwise("silu(x)", fused=True, domain="fcV",
    x=lambda xp, g, x: g * xp.silu_slope(x),
)
# Of x s: s + x s'. Its own derivative is 2 s' + x s'' with s'' = -s' tanh(x / 2).
silu_slope = elementwise("silu_slope(x)", node="SiluBackwardBackward0", domain="fcV",
    x=lambda xp, g, x: g * (xp.sigmoid_slope(x) * (2 - x * xp.tanh(x / 2))),
)


def mish_parts(xp, x):
    """Of e = exp(x) = h / k: h and k, which do not overflow; then n and m of tanh(log(1 + e)) = n / m.

    That is ((1 + e)^2 - 1) / ((1 + e)^2 + 1) = e (e + 2) / (e (e + 2) + 2), here times k^2 above and below.
    """
    zero = xp.zeros((), dtype=x.dtype)
    h, k = xp.exp(xp.minimum(x, zero)), xp.exp(xp.minimum(-x, zero))
    n = h * (h + 2 * k)
    return h, k, n, n + 2 * (k * k)


def mish_x(xp, g, x):
    """(x tanh p)' = tanh p + x s(x) / cosh^2 p, where p = log(1 + e), p' = s(x) = e / (1 + e).

    In N = e (e + 2), M = N + 2 it is 1 / cosh^2 p = 1 - (N / M)^2 = 4 (1 + e)^2 / M^2; and n = N k^2, m = M k^2.
    """
    h, k, n, m = mish_parts(xp, x)
    return g * ((n + x * (4 * k * k * h * (h + k) / m)) / m)


mish = elementwise("mish(x)", fused=True, domain="fV",
    x=mish_x,
)

# -- GELU: x times the normal distribution function, or an approximation of it ------------------------------------------


def tanh_argument(x):
    """(1 + tanh u) / 2 = s(2 u): this is 2 u, and its derivative."""
    k = 2 * math.sqrt(2 / math.pi)
    return x * (k + k * 0.044715 * (x * x)), k + 3 * k * 0.044715 * (x * x)


def gelu_forward(xp, x, approximate):
    return x * (xp.ndtr(x) if approximate == "none" else xp.sigmoid(tanh_argument(x)[0]))


def gelu_x(xp, g, x, approximate):
    if approximate == "none":
        return g * xp.gelu_slope(x)
    v, dv = tanh_argument(x)
    s = xp.sigmoid(v)
    return g * (s + x * dv * (s * xp.sigmoid(-v)))


gelu = elementwise("gelu(x, *, approximate)", fused=True, domain="fV",
    forward=widened(gelu_forward),
    x=gelu_x,
)
# Of x Phi: Phi + x phi. Since phi' = -x phi, its own derivative is phi (2 - x^2).
gelu_slope = elementwise("gelu_slope(x)", node="GeluBackwardBackward0", domain="fV",
    x=lambda xp, g, x: g * (xp.gaussian(x * math.sqrt(0.5)) * ((2 - x * x) / math.sqrt(2 * math.pi))),
)

# -- softmax ------------------------------------------------------------------------------------------------------------

softmax = general("softmax(x, *, axis)", fused=True, promotion="common", domain="fV", batch=same_call,
    x=lambda xp, g, out, axis: (g - xp.sum(g * out, axis=axis, keepdims=True)) * out,
)
log_softmax = general("log_softmax(x, *, axis)", fused=True, promotion="common", domain="fV", batch=same_call,
    x=lambda xp, g, out, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
)

# -- gates ---------------------------------------------------------------------------------------------------------------


def halves(xp, x, axis):
    middle = x.shape[axis] // 2
    return [xp.slice_axis(x, axis=axis, start=at, stop=at + middle, step=1) for at in (0, middle)]


def glu_forward(xp, x, axis):
    a, b = halves(xp, xp.widen(x), axis)
    return xp.narrow(a * xp.sigmoid(b), x)


def glu_x(xp, g, x, out_dtype, axis):
    a, b = halves(xp, x, axis)
    if is_half(out_dtype):
        s = rounded(xp, xp.sigmoid(b), out_dtype)
        return xp.concat([g * s, g * a * (1 - s) * s], axis=axis)
    return xp.concat([g * xp.sigmoid(b), g * a * xp.sigmoid_slope(b)], axis=axis)


glu = general("glu(x, *, axis)", domain="fV", fused=True, batch=same_call, forward=glu_forward, x=glu_x)

# -- losses -------------------------------------------------------------------------------------------------------------

REDUCTIONS = ("none", "mean", "sum")  # in the order of PyTorch's codes 0, 1, 2


def mse_forward(xp, x, y, reduction):
    squares = by_blocks(xp, squared_difference, x, y)
    if REDUCTIONS[reduction] == "none":
        return squares
    return xp.mean(squares) if REDUCTIONS[reduction] == "mean" else xp.sum(squares)


def squared_difference(xp, x, y):
    difference = x - y
    return difference * difference


def mse_rule(xp, g, need, x, y, reduction):
    count = math.prod(np.broadcast_shapes(x.shape, y.shape)) if REDUCTIONS[reduction] == "mean" else 1
    factor = 2 / max(count, 1)
    if is_half(x.dtype):  # PyTorch rounds the factor, too
        slope = (x - y) * xp.asarray(factor, dtype=x.dtype) * g
    else:
        slope = by_blocks(xp, lambda xp, g, x, y: (x - y) * g, g * factor, x, y)
    return slope if need[0] else None, -slope if need[1] else None


def each_reduced(call):
    """The losses of all elements, then reduced one by one."""
    reduction = REDUCTIONS[call.params["reduction"]]
    call.params = {**call.params, "reduction": REDUCTIONS.index("none")}
    losses = aligned(call)
    if reduction == "none":
        return losses
    axes = tuple(range(1 - len(losses.shape), 0))
    reduce = call.xp.mean if reduction == "mean" else call.xp.sum
    return reduce(losses, axis=axes, keepdims=False) if axes else losses


mse_loss = general("mse_loss(x, y, *, reduction)", promotion="common", domain="fcV", saved_names={"y": "target"},
    forward=mse_forward,
    batch=each_reduced,
    all=mse_rule,
)
