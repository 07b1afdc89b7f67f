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
    all any argmax argmin argsort astype broadcast_to concat count_nonzero cumulative_prod cumulative_sum expand_dims eye flip
    full full_like matmul matrix_transpose max mean min moveaxis nonzero ones ones_like permute_dims prod repeat
    reshape roll searchsorted sort squeeze stack std sum take take_along_axis tensordot tile tril triu unstack var vecdot
    where zeros zeros_like arange linspace asarray
    """.split()
)

EXTRAS: dict[str, str] = {
    "bincount": "(x, *, minlength) how often each integer occurs",
    "cofactors": "(x, *directions) the matrix of cofactors of x, or its mixed derivative along the directions",
    "complex": "(x, y) complex numbers x + iy from two real arrays",
    "contract": "(x, y, *, x_labels, y_labels, out_labels) einsum of two operands, axes labelled by ints",
    "cummax": "(x, *, axis) the largest element so far and its last index",
    "cummin": "(x, *, axis) the smallest element so far and its last index",
    "det": "determinants of a stack of matrices",
    "histc": "(x, *, bins, low, high) how many elements fall into each of equal bins",
    "inv": "inverses; of a singular matrix, infinities and NaNs",
    "kthvalue": "(x, *, k, axis, keepdims) the k-th smallest element and its index",
    "linear_recurrence": "(b, x, *, axis, reverse) y_i = b_i + x_i y_(i-1); reversed, y_i = b_i + x_(i+1) y_(i+1)",
    "logcumsumexp": "(x, *, axis) the logarithm of the cumulative sum of exp(x)",
    "logsumexp": "(x, *, axis, keepdims) log(sum(exp(x)))",
    "median": "(x, *, axis, keepdims) the lower median and its index; NaN where there is one",
    "median_all": "(x, *, axis) the lower median over all the last axes",
    "mode": "(x, *, axis, keepdims) the commonest element, the smallest of several, and its last index",
    "nanmedian": "(x, *, axis, keepdims) the lower median of what is not NaN, and its index",
    "nanmedian_all": "(x, *, axis) the lower median of what is not NaN, over all the last axes",
    "slogdet": "(sign, logabsdet) of a stack of matrices",
    "solve": "(x, y) X in x X = y, all of them matrices",
    "sort_with_indices": "(x, *, axis, descending) the elements in order, stable, and their indices",
    "std_mean": "(x, *, axis, correction, keepdims) standard deviation and mean",
    "topk": "(x, *, k, axis, largest) the k largest or smallest elements in order, and their indices",
    "trace": "the sum of the main diagonal of a matrix",
    "unique": "(x, *, axis) the distinct elements (slices), where each element is among them, their counts",
    "unique_consecutive": "(x, *, axis) the same of neighbours only",
    "var_mean": "(x, *, axis, correction, keepdims) variance and mean",
    "vector_norm": "(x, *, ord, axis, keepdims) the norm of a real x, also where its powers overflow",
}
"""name -> what it computes. Filled by :func:`extra`, next to nothing else: each backend must offer all of them."""
