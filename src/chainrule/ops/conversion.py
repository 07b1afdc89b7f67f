"""Change of dtype. The reverse pass casts the cotangent back when it projects it."""

from __future__ import annotations

from ..core.op import elementwise, linear
from ..dtypes import dtype as Dtype  # noqa: N812 - `dtype` is the standard's name for the argument

__all__ = ["astype", "complex"]

convert = linear("astype(x, *, dtype)", node="ToCopyBackward0",
    forward=lambda xp, x, dtype: xp.astype(x, dtype),
    x=lambda g: g,
)


def astype(x, dtype):
    """The array API's call form; ``dtype`` is NumPy's or chainrule's. Always a copy."""
    return convert(x, dtype=dtype.numpy if isinstance(dtype, Dtype) else dtype)


astype.op = convert.op

# z = x + iy: the engine takes the real part of the cotangents of x and y, which are real.
complex = elementwise("complex(x, y)", domain="f", saved_names={"x": "real", "y": "imag"},
    x=lambda g: g,
    y=lambda g: g * 1j,
)
