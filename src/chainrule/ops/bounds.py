"""The larger, the smaller, and values kept within bounds."""

from __future__ import annotations

from ..core.op import elementwise

__all__ = [
    "clamp", "clamp_high", "clamp_low", "clamp_max", "clamp_max_tensor", "clamp_min", "clamp_min_tensor",
    "clamp_tensor", "clip", "fmax", "fmin", "maximum", "minimum",
]  # fmt: skip


def share(wins):
    """Rules of maximum and minimum: the winner takes all, a tie is split, and a NaN gives to both."""

    def for_x(xp, g, x, y):
        return xp.zero_where(xp.where(x == y, g / 2, g), wins(y, x))

    def for_y(xp, g, x, y):
        return xp.zero_where(xp.where(x == y, g / 2, g), wins(x, y))

    return {"domain": "biufV", "x": for_x, "y": for_y}


maximum = elementwise("maximum(x, y)", **share(lambda a, b: a > b))
minimum = elementwise("minimum(x, y)", **share(lambda a, b: a < b))


def first_wins(wins):
    """Rules of fmax and fmin, which take the other operand for a NaN: the first wins a tie."""

    def for_x(xp, g, x, y):
        return xp.zero_where(g, xp.logical_not(xp.logical_or(wins(x, y), xp.isnan(y))))

    def for_y(xp, g, x, y):
        return xp.zero_where(g, xp.logical_or(wins(x, y), xp.isnan(y)))

    return {"domain": "biufV", "x": for_x, "y": for_y}


fmax = elementwise("fmax(x, y)", **first_wins(lambda x, y: x >= y))
fmin = elementwise("fmin(x, y)", **first_wins(lambda x, y: x <= y))


# Bounds: the gradient passes where x lies within them, both included; a bound gets it where x lies beyond.


def at_least(xp, x, low):
    return xp.maximum(low, x)  # in this order NumPy keeps the sign of a zero, as PyTorch does


def at_most(xp, x, high):
    return xp.minimum(high, x)


def like(xp, number, x):
    return xp.asarray(number, dtype=x.dtype)


def outside(xp, g, inside):
    """``g`` where ``inside``; NaNs are not."""
    return xp.zero_where(g, xp.logical_not(inside))


def clamp_numbers(xp, x, min=None, max=None):
    if min is not None:
        x = xp.clip(x, min=like(xp, min, x))
    return x if max is None else xp.clip(x, max=like(xp, max, x))  # last: it wins where it is below min


def clamp_x(xp, g, x, min, max):
    if max is None:
        return outside(xp, g, x >= min)
    return outside(xp, g, x <= max if min is None else xp.logical_and(x >= min, x <= max))


clamp = elementwise("clamp(x, *, min, max)", node="ClampBackward1", promotion=None, domain="biufV",
    forward=clamp_numbers,
    x=clamp_x,
)
clamp_min = elementwise("clamp_min(x, *, min)", promotion=None, domain="biufV",
    forward=clamp_numbers,
    x=lambda xp, g, x, min: outside(xp, g, x >= min),
)
clamp_max = elementwise("clamp_max(x, *, max)", promotion=None, domain="biufV",
    forward=lambda xp, x, max: clamp_numbers(xp, x, max=max),
    x=lambda xp, g, x, max: outside(xp, g, x <= max),
)
clamp_tensor = elementwise("clamp_tensor(x, low, high)", node="ClampBackward0", domain="biufV",
    saved_names={"low": "min", "high": "max"},
    forward=lambda xp, x, low, high: at_most(xp, at_least(xp, x, low), high),
    x=lambda xp, g, x, low, high: outside(xp, g, xp.logical_and(x >= low, x <= high)),
    low=lambda xp, g, x, low, high: outside(xp, g, xp.logical_and(x < low, low < high)),
    high=lambda xp, g, x, low, high: outside(xp, g, xp.logical_or(x > high, high < low)),
)
LOW = {
    "domain": "biufV",
    "saved_names": {"low": "min"},
    "forward": at_least,
    "x": lambda xp, g, x, low: outside(xp, g, x >= low),
    "low": lambda xp, g, x, low: outside(xp, g, x < low),
}
HIGH = {
    "domain": "biufV",
    "saved_names": {"high": "max"},
    "forward": at_most,
    "x": lambda xp, g, x, high: outside(xp, g, x <= high),
    "high": lambda xp, g, x, high: outside(xp, g, x > high),
}
clamp_low = elementwise("clamp_low(x, low)", node="ClampBackward0", **LOW)
clamp_high = elementwise("clamp_high(x, high)", node="ClampBackward0", **HIGH)
clamp_min_tensor = elementwise("clamp_min_tensor(x, low)", node="ClampMinBackward1", **LOW)
clamp_max_tensor = elementwise("clamp_max_tensor(x, high)", node="ClampMaxBackward1", **HIGH)


def clip(x, min=None, max=None):
    """The array API's clamp, whose bounds are numbers here."""
    return clamp(x, min=min, max=max)
