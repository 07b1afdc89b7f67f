"""Comparisons, logic and bits, element by element. None has a derivative: nothing is recorded."""

from __future__ import annotations

from ..core.op import step

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "equal",
    "greater", "greater_equal", "isclose", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal", "less",
    "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
]  # fmt: skip

equal = step("equal(x, y)", promotion="common")
not_equal = step("not_equal(x, y)", promotion="common")
less = step("less(x, y)", promotion="common", domain="biufV")
less_equal = step("less_equal(x, y)", promotion="common", domain="biufV")
greater = step("greater(x, y)", promotion="common", domain="biufV")
greater_equal = step("greater_equal(x, y)", promotion="common", domain="biufV")
isclose = step("isclose(x, y, *, rtol, atol, equal_nan)")

logical_and = step("logical_and(x, y)")
logical_or = step("logical_or(x, y)")
logical_xor = step("logical_xor(x, y)")
logical_not = step("logical_not(x)")

isnan = step("isnan(x)")
isinf = step("isinf(x)")
isfinite = step("isfinite(x)")
isposinf = step("isposinf(x)", promotion="common", domain="biufV",
    forward=lambda xp, x: xp.logical_and(xp.isinf(x), x > 0),
)
isneginf = step("isneginf(x)", promotion="common", domain="biufV",
    forward=lambda xp, x: xp.logical_and(xp.isinf(x), x < 0),
)
isreal = step("isreal(x)", forward=lambda xp, x: xp.imag(x) == 0)
signbit = step("signbit(x)", promotion="common", domain="biufV")

BITS = {"promotion": "common", "domain": "biu"}
bitwise_and = step("bitwise_and(x, y)", **BITS)
bitwise_or = step("bitwise_or(x, y)", **BITS)
bitwise_xor = step("bitwise_xor(x, y)", **BITS)
bitwise_invert = step("bitwise_invert(x)", **BITS)
bitwise_left_shift = step("bitwise_left_shift(x, y)", promotion="common", domain="iu")
bitwise_right_shift = step("bitwise_right_shift(x, y)", promotion="common", domain="iu")
