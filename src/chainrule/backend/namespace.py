"""The contract of ``xp``: the names that forwards and rules may use.

They are functions of the Python array API standard (2024.12), plus the extras below, which the standard lacks. A test
holds every backend, and the recorded namespace ``chainrule.ops``, to this list, and runs every rule under
array-api-strict with only the extras added.
"""

from __future__ import annotations

STANDARD = frozenset(
    """
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert bitwise_or
    bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor floor_divide greater
    greater_equal hypot imag isfinite isinf isnan less less_equal log log1p log2 log10 logaddexp logical_and logical_not
    logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real reciprocal remainder
    round sign signbit sin sinh square sqrt subtract tan tanh trunc
    all any argmax argmin argsort astype broadcast_to concat cumulative_prod cumulative_sum expand_dims eye flip
    full full_like matmul matrix_transpose max mean min moveaxis nonzero ones ones_like permute_dims prod repeat
    reshape roll searchsorted sort squeeze stack std sum take take_along_axis tensordot tile tril triu unstack var vecdot
    where zeros zeros_like arange linspace asarray
    """.split()
)

EXTRAS: dict[str, str] = {}
"""name -> what it computes. Filled by :func:`extra`, next to nothing else: each backend must offer all of them."""
