"""Element-wise arithmetic, exponentials, trigonometry, rounding."""

from __future__ import annotations

from ..core.op import elementwise

add = elementwise("add(x, y)",
    x=lambda g: g,
    y=lambda g: g,
)

subtract = elementwise("subtract(x, y)", node="SubBackward0", domain="iufcV",
    x=lambda g: g,
    y=lambda g: -g,
)

multiply = elementwise("multiply(x, y)", node="MulBackward0",
    x=lambda g, y: g * y,
    y=lambda g, x: g * x,
)
relu = elementwise("relu(x)", domain="iufV",
    forward=lambda xp, x: xp.maximum(x, 0),
    x=lambda xp, g, out: xp.where(out > 0, g, 0),
)
exp = elementwise("exp(x)", promotion="float",
    x=lambda g, out: g * out,
)
