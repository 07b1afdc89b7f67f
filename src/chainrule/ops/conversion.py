"""Change of dtype. The reverse pass casts the cotangent back when it projects it."""

from __future__ import annotations

from ..core.op import linear
from ..dtypes import dtype as Dtype  # noqa: N812 - `dtype` is the standard's name for the argument

__all__ = ["astype"]

convert = linear("astype(x, *, dtype)", node="ToCopyBackward0",
    forward=lambda xp, x, dtype: xp.astype(x, dtype),
    x=lambda g: g,
)


def astype(x, dtype):
    """The array API's call form; ``dtype`` is NumPy's or chainrule's. Always a copy."""
    return convert(x, dtype=dtype.numpy if isinstance(dtype, Dtype) else dtype)


astype.op = convert.op
