"""Arithmetic, signs and rounding, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.lifted import converted
from ..core.op import elementwise
from ..promotion import is_half

__all__ = [
    "abs", "add", "add_scaled", "addcdiv", "addcmul", "ceil", "copysign", "copysign_number", "divide", "divide_rounded",
    "floor", "floor_divide", "fmod", "fmod_number", "frac", "heaviside", "lerp", "lerp_number", "multiply",
    "nan_to_num", "negative", "nextafter", "positive", "reciprocal", "remainder", "remainder_number",
    "reverse_subtract", "reverse_subtract_number", "round", "round_decimals", "sgn", "sign", "subtract",
    "subtract_scaled", "trunc", "zero_below", "zero_where",
]  # fmt: skip


zero_where = elementwise("zero_where(x, mask)", promotion=None, node="MaskedFillBackward0",
    x=lambda xp, g, mask: xp.zero_where(g, mask),
)
zero_below = elementwise("zero_below(x, y, *, threshold)", promotion=None, node="ThresholdBackwardBackward0", domain="fV", whole=True,
    x=lambda xp, g, y, threshold: xp.zero_below(g, y, threshold=threshold),
    y=lambda: None,
    jvp=lambda xp, x_tangent, y, threshold:
        None if x_tangent is None else xp.zero_below(x_tangent, y, threshold=threshold),
)

# -- sums, products, quotients ------------------------------------------------------------------------------------------


def scaled(xp, x, number):
    """``x`` times a number, which does not change its dtype."""
    return x if number == 1 else x * xp.asarray(number, dtype=x.dtype)


def rounded(xp, x, dtype):
    """Numbers in single precision that half precision has, too."""
    return xp.astype(xp.astype(x, dtype), x.dtype)


def rounded_once(forward):
    """In half precision ``forward`` is computed in single precision, and rounded at the end."""

    def wide(xp, x, *others, **params):
        return xp.narrow(forward(xp, xp.widen(x), *map(xp.widen, others), **params), x)

    return wide


def no_bools(raw, given, promoted, **params):
    """Subtraction of and from bools, also of Python's, is refused."""
    bools = [a for a in given if isinstance(a, bool) or getattr(getattr(a, "dtype", None), "kind", "") == "b"]
    if len(bools) == 2:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
            "instead."
        )
    if bools:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the "
            "`~` or `logical_not()` operator instead."
        )
    return raw(*promoted, **params)


def wide_number(raw, given, promoted, **params):
    """A half-precision tensor and a number, or a zero-dim tensor, on its right: the number is not rounded first."""
    dtype = promoted[0].dtype
    if dtype.itemsize != 2 or dtype.kind in "iu":
        return raw(*promoted, **params)
    single = np.dtype(np.float32)
    right = converted(given[1], single) if hasattr(given[1], "dtype") else single.type(given[1])
    return converted(raw(converted(promoted[0], single), right, **params), dtype)


add = elementwise("add(x, y)",
    x=lambda g: g,
    y=lambda g: g,
)
add_scaled = elementwise("add_scaled(x, y, *, alpha)", node="AddBackward0",
    forward=lambda xp, x, y, alpha: xp.add_scaled(x, y, alpha=alpha),
    x=lambda g: g,
    y=lambda g, alpha: g * alpha,
)
subtract = elementwise("subtract(x, y)", node="SubBackward0", mixed=no_bools,
    x=lambda g: g,
    y=lambda g: -g,
)
subtract_scaled = elementwise("subtract_scaled(x, y, *, alpha)", node="SubBackward0", mixed=no_bools,
    forward=lambda xp, x, y, alpha: xp.add_scaled(x, -y, alpha=alpha),
    x=lambda g: g,
    y=lambda g, alpha: g * -alpha,
)
reverse_subtract = elementwise("reverse_subtract(x, y, *, alpha)", node="RsubBackward0", mixed=no_bools,
    forward=lambda xp, x, y, alpha: y - scaled(xp, x, alpha),
    x=lambda g, alpha: g * -alpha,
    y=lambda g: g,
)
# The forms with a number, which PyTorch does not count among the node's inputs: the operand has the dtype of the result.
reverse_subtract_number = elementwise("reverse_subtract_number(x, *, number, alpha)", node="RsubBackward1",
    promotion=None, domain="iufcV",
    forward=lambda xp, x, number, alpha: xp.asarray(number, dtype=x.dtype) - scaled(xp, x, alpha),
    x=lambda g, alpha: g * -alpha,
)

multiply = elementwise("multiply(x, y)", node="MulBackward0", mixed=wide_number,
    x=lambda g, y: g * y,
    y=lambda g, x: g * x,
)
divide = elementwise("divide(x, y)", node="DivBackward0", promotion="float", mixed=wide_number,
    x=lambda g, y: g / y,
    y=lambda g, x, y: -g * ((x / y) / y),
)
negative = elementwise("negative(x)", node="NegBackward0", domain="iufcV",
    x=lambda g: -g,
)
positive = elementwise("positive(x)",
    x=lambda g: g,
)
reciprocal = elementwise("reciprocal(x)", promotion="float",
    x=lambda g, out: -g * (out * out),
)
addcmul = elementwise("addcmul(x, y, z, *, value)", saved_names={"y": "tensor1", "z": "tensor2"},
    forward=rounded_once(lambda xp, x, y, z, value: x + scaled(xp, y, value) * z),
    x=lambda g: g,
    y=lambda g, z, value: g * (z * value),
    z=lambda g, y, value: g * (y * value),
)
addcdiv = elementwise("addcdiv(x, y, z, *, value)", domain="fcV", saved_names={"y": "tensor1", "z": "tensor2"},
    forward=rounded_once(lambda xp, x, y, z, value: x + scaled(xp, y, value) / z),
    x=lambda g: g,
    y=lambda g, z, value: g * (value / z),
    z=lambda g, y, z, value: -g * (y * value / (z * z) if is_half(z.dtype) else value * ((y / z) / z)),
)
lerp_number = elementwise("lerp_number(x, y, *, weight)", node="LerpBackward0", domain="fcV",
    # From the nearer end, so that both ends are met exactly.
    forward=rounded_once(lambda xp, x, y, weight: (
        xp.add_scaled(x, y - x, alpha=weight) if math.hypot(weight.real, weight.imag) < 0.5
        else xp.add_scaled(y, y - x, alpha=xp.asarray(weight, dtype=x.dtype) - 1)
    )),
    x=lambda g, weight: g * (1 - weight),
    y=lambda g, weight: g * weight,
)
lerp = elementwise("lerp(x, y, weight)", node="LerpBackward1", domain="fcV", saved_names={"y": "end"},
    forward=rounded_once(lambda xp, x, y, weight: xp.where(
        xp.abs(weight) < 0.5, x + weight * (y - x), y - (y - x) * (1 - weight)
    )),
    x=lambda g, weight: g * (1 - weight),
    y=lambda g, weight: g * weight,
    weight=lambda g, x, y: g * (y - x),
)

# -- division with a remainder ------------------------------------------------------------------------------------------

# PyTorch has no derivative of // (the node says so), but one of the other forms of division that round: zero.
floor_divide = elementwise("floor_divide(x, y)", node="torch::autograd::NotImplemented", domain="iufV", mixed=wide_number)

divide_rounded = elementwise("divide_rounded(x, y, *, rounding_mode)", node="DivBackward2", domain="iufV",
    forward=lambda xp, x, y, rounding_mode: (xp.floor_divide if rounding_mode == "floor" else xp.trunc_divide)(x, y),
    x=lambda xp, g: xp.zeros_like(g),
    y=lambda xp, g: xp.zeros_like(g),
)


def remainder_rules(quotient):
    """Of x % y = x - y q with the rounded quotient q, which is flat."""
    return {"domain": "iufV", "x": lambda g: g, "y": lambda xp, g, x, y: -g * quotient(xp, x / y)}


remainder = elementwise("remainder(x, y)", node="RemainderBackward1", **remainder_rules(lambda xp, q: xp.floor(q)))
fmod = elementwise("fmod(x, y)", node="FmodBackward1", **remainder_rules(lambda xp, q: xp.trunc(q)))
remainder_number = elementwise("remainder_number(x, *, number)", node="RemainderBackward0", promotion=None, domain="iufV",
    forward=lambda xp, x, number: xp.remainder(x, xp.asarray(number, dtype=x.dtype)),
    x=lambda g: g,
)
fmod_number = elementwise("fmod_number(x, *, number)", node="FmodBackward0", promotion=None, domain="iufV",
    forward=lambda xp, x, number: xp.fmod(x, xp.asarray(number, dtype=x.dtype)),
    x=lambda g: g,
)

# -- size and sign ------------------------------------------------------------------------------------------------------

def by_kind(real, complex):
    """The function that applies one op to complex tensors and another to all others."""

    def choose(x):
        return complex(x) if x._array.dtype.kind == "c" else real(x)

    apply: Any = choose
    apply.op = real.op
    return apply


abs = by_kind(
    elementwise("abs(x)", domain="iufV",
        x=lambda xp, g, x: g * xp.sgn(x),
    ),
    elementwise("abs_complex(x)", node="AbsBackward0", domain="c", forward=lambda xp, x: xp.abs(x),
        x=lambda xp, g, x, x_dtype: g * xp.conj(xp.sgn(x)),
    ),
)
sign = elementwise("sign(x)", domain="biufV", forward=lambda xp, x: xp.sgn(x),
    x=lambda xp, g: xp.zeros_like(g),
)


def perpendicular(xp, t, x, out):
    """Of s = x / |x| only the angle changes with x: (t - Re(t conj(s)) s) / |x|, and 0 at 0."""
    origin = x == 0
    r = xp.where(origin, 1, xp.abs(x))
    return xp.zero_where((t - xp.real(t * xp.conj(out)) * out) / r, origin)


sgn = by_kind(
    elementwise("sgn(x)", domain="biufV",
        x=lambda xp, g: xp.zeros_like(g),
    ),
    # The conjugations turn the cotangent into PyTorch's gradient and back: the map is linear over the reals only.
    elementwise("sgn_complex(x)", node="SgnBackward0", domain="c", forward=lambda xp, x: xp.sgn(x),
        x=lambda xp, g, x, out: xp.conj(perpendicular(xp, xp.conj(g), x, out)),
        jvp=lambda xp, x, x_tangent, out: perpendicular(xp, x_tangent, x, out),
    ),
)


def copysign_rule(xp, g, x, negative):
    """1 where the sign stays, -1 where it changes; at 0, where it cannot be told, 0."""
    return xp.zero_where(xp.where(xp.signbit(x) == negative, g, -g), x == 0)


copysign = elementwise("copysign(x, y)", promotion="float", domain="fV",
    x=lambda xp, g, x, y: copysign_rule(xp, g, x, xp.signbit(y)),
    y=lambda xp, g: xp.zeros_like(g),
)
copysign_number = elementwise("copysign_number(x, *, other)", node="CopysignBackward1", promotion="float", domain="fV",
    forward=lambda xp, x, other: xp.copysign(x, xp.asarray(other, dtype=x.dtype)),
    x=lambda xp, g, x, other: copysign_rule(xp, g, x, math.copysign(1, other) < 0),
)
nextafter = elementwise("nextafter(x, y)", domain="fV",
    x=lambda g: g,
    y=lambda xp, g: xp.zeros_like(g),
)
heaviside = elementwise("heaviside(x, y)", node="torch::autograd::NotImplemented", domain="biufV",
    forward=lambda xp, x, y: xp.where(x == 0, y, xp.astype(x > 0, y.dtype)),
)

nan_to_num = elementwise("nan_to_num(x, *, nan, posinf, neginf)",
    x=lambda xp, g, x: xp.zero_where(g, xp.logical_not(xp.isfinite(x))),
)

# -- rounding: flat almost everywhere, but on the graph -----------------------------------------------------------------

FLAT = {"domain": "iufV", "x": lambda xp, g: xp.zeros_like(g)}
floor = elementwise("floor(x)", **FLAT)
ceil = elementwise("ceil(x)", **FLAT)
trunc = elementwise("trunc(x)", **FLAT)
round = elementwise("round(x)", **FLAT)
round_decimals = elementwise("round_decimals(x, *, decimals)", node="RoundBackward1", domain="fV",
    x=lambda xp, g: xp.zeros_like(g),
)
frac = elementwise("frac(x)", domain="fV",
    forward=lambda xp, x: x - xp.trunc(x),
    x=lambda g: g,
)
