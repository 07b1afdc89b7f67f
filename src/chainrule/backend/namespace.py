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
    all any argmax argmin argsort astype broadcast_to concat count_nonzero cumulative_prod cumulative_sum expand_dims eye
    flip full full_like matmul matrix_transpose max mean min moveaxis nonzero ones ones_like permute_dims prod repeat
    reshape roll searchsorted sort squeeze stack std sum take take_along_axis tensordot tile tril triu unstack var
    where zeros zeros_like arange linspace asarray
    """.split()
)

CROSSINGS = frozenset({"batch_in", "batch_out", "dual_in", "primal_part", "tangent_part", "xla_in", "xla_out"})
"""Names of the recorded namespace alone: how values enter and leave the levels of transforms."""

EXTRAS: dict[str, str] = {
    "angle": "the argument of a complex number; of a real one 0 or pi",
    "as_strided": "(x, *, size, stride, offset, origin) a view of the storage of x, which lies there as origin says",
    "bincount": "(x, *, minlength) how often each integer occurs",
    "cbrt": "the real cube root",
    "cholesky": "(x, *, upper) the Cholesky factor, and the order of the first leading minor that is not positive, or 0",
    "clone": "a copy, the order of the strides kept",
    "cofactors": "(x, *directions) the matrix of cofactors of x, or its mixed derivative along the directions",
    "complex": "(x, y) complex numbers x + iy from two real arrays",
    "contiguous": "a copy in C order",
    "contract": "(x, y, *, x_labels, y_labels, out_labels) einsum of two operands, axes labelled by ints",
    "cummax": "(x, *, axis) the largest element so far and its last index",
    "cummin": "(x, *, axis) the smallest element so far and its last index",
    "deg2rad": "degrees as radians",
    "det": "determinants of a stack of matrices",
    "diagonal": "(x, *, offset, axis1, axis2) a view of the diagonals of two axes, as the last axis",
    "diagonal_adjoint": "(x, *, offset, axis1, axis2, sizes) zeros, with x as those diagonals",
    "digamma": "the derivative of lgamma",
    "eig": "eigenvalues and eigenvectors, complex",
    "eigh": "(x, *, upper) eigenvalues, ascending, and eigenvectors of a Hermitian matrix given by one triangle",
    "eigvalsh": "(x, *, upper) those eigenvalues",
    "erf": "the error function",
    "erfc": "1 - erf(x)",
    "erfinv": "the inverse of erf",
    "exp2": "2 to the power of x",
    "fmax": "the larger; a number wins over a NaN",
    "fmin": "the smaller; a number wins over a NaN",
    "fmod": "the remainder of division rounded toward zero",
    "frexp": "(mantissa, exponent) of x = mantissa 2^exponent, the mantissa from 0.5 to below 1",
    "gather": "(x, indices, *, axis) x at the indices along the axis, at the index's own place along the others",
    "gaussian": "exp(-x^2)",
    "gcd": "the greatest common divisor",
    "geqrf": "R with reflectors below it, and their factors tau",
    "get_path": "(x, *, path, shape) the part of x (of that shape) that a path of views leads to, as an array of its own",
    "histc": "(x, *, bins, low, high) how many elements fall into each of equal bins",
    "index": "(x, *indices, axes) x at index arrays (or masks) that stand on these axes, as x[...] in NumPy",
    "index_add": "(x, indices, v, *, axis) x with the slices of v added to those at the indices",
    "index_adjoint": "(x, *indices, axes, shape) zeros, with x added at the indices",
    "index_copy": "(x, indices, v, *, axis) x with the slices at the indices replaced by those of v",
    "index_put": "(x, v, *indices, axes, accumulate) x with v written to, or added at, the indices",
    "inv": "inverses; of a singular matrix, infinities and NaNs",
    "isclose": "(x, y, *, rtol, atol, equal_nan) |x - y| <= atol + rtol |y|, or equal",
    "isin": "(x, y) which elements of x are among those of y",
    "kthvalue": "(x, *, k, axis, keepdims) the k-th smallest element and its index",
    "last_puts": "(*indices, axes, shape) which of the elements that index_put writes nothing is written over",
    "last_writes": "(indices, *, axis, shape) the same of scatter",
    "lcm": "the least common multiple",
    "ldl_factor": "(x, *, hermitian) L and D of L D L^T in one matrix, LAPACK's pivots, the first zero of D, or 0",
    "ldl_solve": "(x, pivots, y, *, hermitian) X in L D L^T X = y",
    "lgamma": "log |gamma(x)|",
    "linear_recurrence": "(b, x, *, axis, reverse) y_i = b_i + x_i y_(i-1); reversed, y_i = b_i + x_(i+1) y_(i+1)",
    "log_softmax": "(x, *, axis) log(softmax(x))",
    "logaddexp2": "log2(2^x + 2^y)",
    "logaddexp_complex": "log(exp(x) + exp(y)) in the branch of the operand with the larger real part",
    "logcumsumexp": "(x, *, axis) the logarithm of the cumulative sum of exp(x)",
    "logit": "(x, *, eps) log(x / (1 - x)), x first brought into [eps, 1 - eps]",
    "logsumexp": "(x, *, axis, keepdims) log(sum(exp(x)))",
    "lu_factor": "L and U in one matrix, pivots counted from 1, the first pivot that is zero, or 0",
    "masked_scatter": "(x, mask, v) x with the first elements of v, in order, where the mask holds",
    "masked_scatter_adjoint": "(x, mask, *, shape) the elements of x where the mask holds, then zeros, in this shape",
    "masked_select": "(x, mask) the elements where the mask holds, in C order",
    "matrix_exp": "the exponential of a matrix",
    "median": "(x, *, axis, keepdims) the lower median and its index; NaN where there is one",
    "median_all": "(x, *, axis) the lower median over all the last axes",
    "mode": "(x, *, axis, keepdims) the commonest element, the smallest of several, and its last index",
    "nan_to_num": "(x, *, nan, posinf, neginf) NaNs and infinities replaced, by default by 0 and the limits of the dtype",
    "nanmedian": "(x, *, axis, keepdims) the lower median of what is not NaN, and its index",
    "nanmedian_all": "(x, *, axis) the lower median of what is not NaN, over all the last axes",
    "narrow": "(x, like) x in the dtype of like",
    "pad": "(x, *, widths, value) x between constants: (before, after) for each of the last axes, negative cuts off",
    "permutation": "(pivots, x) the matrix P of P L U = x",
    "pinv": "(x, absolute, relative, *, hermitian) the pseudo-inverse; singular values up to the tolerances are zeros",
    "polygamma": "(x, *, n) the n-th derivative of digamma",
    "power_to": "(x, *, exponent) x to a Python number",
    "put_flat": "(x, indices, v, *, accumulate) x with v written to, or added at, places in C order",
    "put_path": "(x, v, *, path, shape) a copy of x (of that shape) with v in that part",
    "qr": "(x, *, complete) Q and R",
    "rad2deg": "radians as degrees",
    "relu": "max(x, 0), which keeps the sign of zeros",
    "restride": "(x, *, source, target) what one geometry reads from a storage of zeros to which x was added as another",
    "rot90": "(x, *, k, axes) x rotated k times by 90 degrees",
    "round_decimals": "(x, *, decimals) rounded to places after the point",
    "scatter": "(x, indices, v, *, axis) x with v written at the indices along the axis",
    "scatter_add": "(x, indices, v, *, axis) x with v added at the indices along the axis",
    "scatter_reduce": "(x, indices, v, *, axis, reduce, include_self) x reduced with what v sends to each place",
    "search_rows": "(x, v, *, side) where the values belong in the sorted rows of x: one for all, or one for each of v",
    "sech_squared": "1 / cosh(x)^2",
    "select": "(x, *, axis, index) a view at one index of an axis, without that axis",
    "select_adjoint": "(x, *, axis, index, size) zeros, with x at that index",
    "sgn": "x / |x|, of complex numbers too; 0 of 0 and NaN",
    "sigmoid": "1 / (1 + exp(-x))",
    "sinc_derivative": "(x, *, n) the n-th derivative of sin(pi x) / (pi x)",
    "slice_adjoint": "(x, *, axis, start, stop, step, size) zeros, with x in that slice",
    "slice_axis": "(x, *, axis, start, stop, step) a view of a slice of an axis",
    "slogdet": "(sign, logabsdet) of a stack of matrices",
    "softmax": "(x, *, axis) exp(x) divided by its sum",
    "solve": "(x, y) X in x X = y, all of them matrices",
    "solve_triangular": "(x, y, *, upper, left, unit) X in x X = y (X x = y, if not left), x a triangle",
    "sort_with_indices": "(x, *, axis, descending) the elements in order, stable, and their indices",
    "std_mean": "(x, *, axis, correction, keepdims) standard deviation and mean",
    "svd": "(x, *, full) U, singular values, V^H",
    "svdvals": "singular values, descending",
    "swapaxes": "(x, *, axis1, axis2) a view with two axes swapped",
    "take_flat": "(x, indices) the elements at places in C order",
    "topk": "(x, *, k, axis, largest) the k largest or smallest elements in order, and their indices",
    "trace": "the sum of the main diagonal of a matrix",
    "triangle_of_qr": "R alone",
    "trunc_divide": "the quotient rounded toward zero",
    "unfold": "(x, *, axis, size, step) a view of all windows along an axis, as the last axis",
    "unfold_adjoint": "(x, *, axis, step, length) the windows added up along an axis of this length",
    "unique": "(x, *, axis) the distinct elements (slices), where each element is among them, their counts",
    "unique_consecutive": "(x, *, axis) the same of neighbours only",
    "var_mean": "(x, *, axis, correction, keepdims) variance and mean",
    "vector_norm": "(x, *, ord, axis, keepdims) the norm of a real x, also where its powers overflow",
    "view_as_complex": "a view of pairs (real, imaginary) as complex numbers",
    "view_as_real": "a view of complex numbers as pairs (real, imaginary)",
    "view_dtype": "(x, *, dtype) a copy of the bytes, read as another dtype",
    "widen": "half-precision numbers in single precision",
    "xlogy": "x log y, and 0 where x is 0",
    "zero_where": "(x, mask) x, with zeros where the mask holds",
}
"""name -> what it computes. Each backend must offer all of them."""
