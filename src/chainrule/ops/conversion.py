"""Change of dtype, and complex numbers from their parts."""

from __future__ import annotations

from ..core.op import elementwise, linear, step
from .creation import numpy_dtype

__all__ = ["astype", "complex", "view_dtype"]

# Always a copy. The reverse pass casts the cotangent back when it projects it.
astype = linear("astype(x, *, dtype)", node="ToCopyBackward0",
    forward=lambda xp, x, dtype: xp.astype(x, numpy_dtype(dtype)),
    x=lambda g: g,
)

view_dtype = step("view_dtype(x, *, dtype)")

# z = x + iy: the engine takes the real part of the cotangents of x and y, which are real.
complex = elementwise("complex(x, y)", domain="f", saved_names={"x": "real", "y": "imag"},
    x=lambda g: g,
    y=lambda g: g * 1j,
)
