"""Change of dtype, and complex numbers from their parts."""

from __future__ import annotations

from ..core.op import elementwise, linear
from .creation import numpy_dtype

__all__ = ["astype", "complex"]

# Always a copy. The reverse pass casts the cotangent back when it projects it.
astype = linear("astype(x, *, dtype)", node="ToCopyBackward0",
    forward=lambda xp, x, dtype: xp.astype(x, numpy_dtype(dtype)),
    x=lambda g: g,
)

# z = x + iy: the engine takes the real part of the cotangents of x and y, which are real.
complex = elementwise("complex(x, y)", domain="f", saved_names={"x": "real", "y": "imag"},
    x=lambda g: g,
    y=lambda g: g * 1j,
)
