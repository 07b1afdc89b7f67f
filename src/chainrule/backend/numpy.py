"""The NumPy backend: ``xp`` for raw NumPy arrays.

Names are the array API's where it has one. NumPy's ufuncs and their ``reduce`` methods are used directly: the public
wrappers of the reductions cost more than the reduction of a small array. Arithmetic is Python's operators: on arrays
they are the ufuncs, on 0-d values kept as NumPy scalars they are seven times faster.
"""

from __future__ import annotations

from operator import add, mul as multiply, neg as negative, sub as subtract, truediv as divide
from typing import Any

import numpy as np
from numpy import (
    absolute as abs,
    arange,
    arccosh as acosh,
    arcsinh as asinh,
    arctanh as atanh,
    asarray,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    ceil,
    copysign,
    deg2rad,
    equal,
    eye,
    floor,
    fmax,
    fmin,
    frexp,
    full,
    full_like,
    gcd,
    greater,
    greater_equal,
    hypot,
    imag,
    invert as bitwise_invert,
    isfinite,
    isinf,
    isnan,
    lcm,
    left_shift as bitwise_left_shift,
    less,
    less_equal,
    linspace,
    logaddexp2,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    nextafter,
    nonzero,
    not_equal,
    ones,
    ones_like,
    positive,
    rad2deg,
    real,
    reciprocal,
    repeat,
    right_shift as bitwise_right_shift,
    sign,
    sqrt,
    square,
    take_along_axis,
    tensordot,
    trunc,
    zeros,
    zeros_like,
)

from .. import _late
from ..quiet import silence
from .elementwise_numpy import (
    acos,
    angle,
    asin,
    atan,
    atan2,
    cbrt,
    clip,
    complex,
    conj,
    cos,
    cosh,
    digamma,
    erf,
    erfc,
    erfinv,
    exp,
    exp2,
    expm1,
    floor_divide,
    fmod,
    gaussian,
    isclose,
    lgamma,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp_complex,
    logit,
    mish,
    nan_to_num,
    narrow,
    polygamma,
    pow,
    power_to,
    relu,
    remainder,
    round,
    round_decimals,
    rsqrt,
    sech_squared,
    sgn,
    sigmoid,
    sigmoid_slope,
    signbit,
    silu,
    silu_slope,
    sin,
    sinc_derivative,
    sinh,
    tan,
    tanh,
    trunc_divide,
    view_as_complex,
    view_as_real,
    where,
    widen,
    xlogy,
    zero_below,
    zero_where,
)
from .indexing_numpy import (
    gather,
    index,
    index_add,
    index_adjoint,
    index_copy,
    index_put,
    last_puts,
    last_writes,
    masked_scatter,
    masked_scatter_adjoint,
    masked_select,
    put_flat,
    scatter,
    scatter_add,
    scatter_reduce,
    take,
    take_flat,
)
from .reduction_numpy import (
    all,
    any,
    argmax,
    argmin,
    count_nonzero,
    cummax,
    cummin,
    cumulative_prod,
    cumulative_sum,
    hash_bits,
    linear_recurrence,
    logcumsumexp,
    logsumexp,
    max,
    mean,
    min,
    prod,
    std,
    std_mean,
    sum,
    var,
    var_mean,
    vector_norm,
)
from .shape_numpy import (
    as_strided,
    broadcast_to,
    clone,
    concat,
    contiguous,
    diagonal,
    diagonal_adjoint,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    pad,
    permute_dims,
    reshape,
    restride,
    roll,
    rot90,
    row_major,
    select,
    select_adjoint,
    slice_adjoint,
    slice_axis,
    squeeze,
    stack,
    swapaxes,
    tile,
    tril,
    triu,
    unfold,
    unfold_adjoint,
    unstack,
    view_dtype,
)

LATE = {
    "attention_numpy": "dot_product_attention dot_product_attention_adjoint",
    "blocks_numpy": "elementwise",
    "convolutions_numpy": "col2im conv conv_input conv_weight convolution im2col",
    "decompositions_numpy": """
        cholesky eig eigh eigvalsh geqrf ldl_factor ldl_solve lu_factor matrix_exp permutation pinv qr
        solve_triangular svd svdvals triangle_of_qr
    """,
    "distances_numpy": "cdist",
    "fft_numpy": "fft_c2c fft_c2r fft_r2c",
    "fused_numpy": "add_scaled",
    "gamma_numpy": "beta_draw_slope gamma_draw_slope",
    "linalg_numpy": "affine cofactors contract det inv matmul slogdet solve trace transposed_matmul",
    "normalization_numpy": "batch_norm batch_norm_adjoint group_norm group_norm_adjoint layer_norm layer_norm_adjoint",
    "pooling_numpy": "avg_pool avg_pool_adjoint max_places window_index window_max window_pick window_put window_route",
    "recurrent_numpy": "gru_adjoint gru_steps lstm_adjoint lstm_steps",
    "resampling_numpy": "resample resample_adjoint",
    "softmax_numpy": "log_softmax softmax",
    "sorting_numpy": """
        argsort bincount histc isin kthvalue median median_all mode nanmedian nanmedian_all search_rows
        searchsorted sort sort_with_indices topk unique unique_consecutive
    """,
    "threads_numpy": "by_items",
    "special_numpy": """
        airy_ai airy_ai_prime bessel_i bessel_j bessel_k bessel_y entr erfcx_derivative gelu_slope igamma
        igammac log_ndtr ndtr ndtri normal_hazard polynomial xlog1py zeta
    """,
}
"""Kernels that load with the first use of one of them."""

__getattr__ = _late.late(globals(), LATE)

silence()

# The allocator of glibc returns freed memory to the system from twice the size of the largest block on that has come back
# to it so far, and fresh memory costs as much as a pass over it. After one of the largest size that counts it keeps 64 MB.
np.empty((32 << 20) - (64 << 10), np.uint8)

Array = Any


def astype(x: Array, dtype: Any) -> Array:
    if x.dtype.kind == "c" and np.dtype(dtype).kind not in "bc":
        x = x.real  # without NumPy's warning
    return x.astype(dtype, "C" if 0 in x.strides else "K")


# -- extras: what the standard lacks ------------------------------------------------------------------------------------


def walk(x: Array, path: Any) -> Array:
    """The memory that a path of views (op, its parameters, which output) leads to from ``x``."""
    for op, params, number in path:
        x = op.raw(x, **dict(params))
        if number is not None:
            x = x[number]
    return x


def get_path(x: Array, *, path: Any, shape: tuple[int, ...]) -> Array:
    """The part of ``x`` that a path of views leads to, as an array of its own."""
    return walk(x, path).copy()


def put_path(x: Array, v: Array, *, path: Any, shape: tuple[int, ...]) -> Array:
    """A copy of ``x`` with ``v`` in the part that a path of views leads to."""
    out = np.array(x)
    part = walk(out, path)
    if np.may_share_memory(part, out):
        part[...] = v
    else:  # ``out`` lies in memory otherwise than the base did, so that a reshape on the path is a copy
        out[np.unravel_index(walk(np.arange(out.size).reshape(out.shape), path), out.shape)] = v
    return out
