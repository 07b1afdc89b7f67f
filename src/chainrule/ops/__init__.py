"""What autograd knows: one record an op, by family.

This module is also the *recorded namespace*: the ``xp`` of a rule whose backward is itself being recorded.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .. import _late
from ..core.op import set_recorded_namespace
from .comparison import *
from .conversion import *
from .creation import *
from .elementwise import *
from .indexing import *
from .joining import *
from .levels import *
from .powers import *
from .reduction import *
from .shape import *
from .transcendental import *
from .views import *

if TYPE_CHECKING:
    from .activation import *
    from .attention import *
    from .bounds import *
    from .complex_numbers import *
    from .convolutions import *
    from .copies import *
    from .cumulative import *
    from .decompositions import *
    from .distances import *
    from .embeddings import *
    from .factor_solves import *
    from .fft import *
    from .gamma_draws import *
    from .grids import *
    from .histograms import *
    from .integers import *
    from .internals import *
    from .linalg import *
    from .loss import *
    from .normalization import *
    from .padding import *
    from .pooling import *
    from .quantizing import *
    from .random import *
    from .recurrent import *
    from .replacing import *
    from .resampling import *
    from .slices import *
    from .sorting import *
    from .sparse import *
    from .special import *

LATE = {
    "activation": """
        celu elu gelu gelu_slope glu hardshrink hardsigmoid hardswish hardtanh leaky_relu log_softmax logsigmoid
        mish mse_loss prelu relu rrelu rrelu_ silu silu_slope softmax softplus softshrink threshold
    """,
    "attention": "dot_product_attention dot_product_attention_adjoint",
    "bounds": """
        clamp clamp_high clamp_low clamp_max clamp_max_tensor clamp_min clamp_min_tensor clamp_tensor clip
        fmax fmin maximum minimum
    """,
    "complex_numbers": "angle conj conj_physical imag polar real view_as_complex view_as_real",
    "convolutions": "col2im conv conv_input conv_weight convolution convolution_transpose im2col",
    "copies": """
        alias_copy as_strided_ as_strided_copy expand_copy narrow_copy permute_copy select_copy slice_copy
        split_copy split_with_sizes_copy squeeze_all_copy squeeze_copy squeeze_one_copy t_copy
        transpose_copy unbind_copy unfold_copy unsafe_split unsafe_split_with_sizes unsqueeze_copy
        view_as_complex_copy view_as_real_copy view_copy
    """,
    "cumulative": "cummax cummin cumprod cumsum cumulative_prod cumulative_sum linear_recurrence logcumsumexp",
    "decompositions": """
        cholesky cholesky_legacy eig eigh eigvalsh ldl_factor ldl_solve lu lu_factor lu_unpack permutation
        qr svd svdvals triangle_of_qr
    """,
    "distances": "cdist",
    "embeddings": "embedding",
    "factor_solves": """
        cholesky_inverse cholesky_solve geqrf householder_product lstsq lu_solve matrix_exp ormqr pinv
        solve_triangular triangular_solve
    """,
    "fft": "fft_c2c fft_c2r fft_r2c",
    "gamma_draws": "beta_draw_slope dirichlet_draw gamma_draw gamma_draw_slope",
    "grids": "affine_grid_generator grid_sampler_2d grid_sampler_3d",
    "histograms": "histogramdd",
    "integers": "frexp gcd hash_bits lcm nonzero_static",
    "internals": "log_softmax_adjoint safe_softmax softmax_adjoint",
    "linalg": """
        addbmm addmm addmv addr baddbmm bmm cofactors contract cross det dot inv kron linear_layer matmul mm
        mv slogdet slogdet_complex solve solve_system stacked_linear_layer tensordot trace transposed_matmul vdot vm
    """,
    "loss": """
        binary_cross_entropy binary_cross_entropy_with_logits cross_entropy cross_entropy_of_planes
        huber_loss multi_margin_loss multilabel_margin_loss nll_loss nll_loss_of_planes smooth_l1_loss
        soft_margin_loss
    """,
    "meta": "meta_in meta_out",
    "normalization": "batch_norm batch_norm_adjoint batch_norm_fixed group_norm group_norm_adjoint layer_norm layer_norm_adjoint rms_norm",
    "padding": """
        channel_shuffle circular_pad pixel_shuffle pixel_unshuffle reflection_pad1d reflection_pad2d
        reflection_pad3d replication_pad1d replication_pad2d replication_pad3d
    """,
    "pooling": """
        adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d avg_pool avg_pool2d
        avg_pool3d avg_pool_adjoint fractional_max_pool2d fractional_max_pool3d max_places max_pool2d max_pool2d_indices max_pool3d max_pool3d_indices
        max_unpool2d max_unpool3d window_index window_pick window_put window_route
    """,
    "quantizing": "fake_quantize fake_quantize_by fake_quantize_channels",
    "random": """
        bernoulli bernoulli_by bernoulli_with binomial cauchy exponential geometric log_normal normal
        normal_both normal_mean normal_std poisson random_any random_below random_between uniform
    """,
    "recurrent": "gru_adjoint gru_steps lstm_adjoint lstm_steps pack_padded rnn_steps",
    "replacing": "as_strided_scatter diagonal_scatter filled filled_number select_scatter slice_scatter",
    "resampling": "resample resample_adjoint",
    "slices": "index_reduce renorm segment_reduce",
    "sparse": """
        embedding_rows sparse_addmm sparse_coalesce sparse_constructor sparse_constructor_compressed sparse_dense
        sparse_log_softmax sparse_made sparse_mask sparse_mm sparse_pick sparse_product_of_sparse sparse_rows sparse_run sparse_sample
        sparse_sampled_addmm sparse_softmax sparse_stand_in sparse_sum sparse_to_coo sparse_to_coo_of sparse_to_csc
        sparse_to_csr sparse_values
    """,
    "sorting": """
        argsort bincount histc isin kthvalue median median_all mode nanmedian nanmedian_all search_rows
        searchsorted sort sort_stable sort_with_indices sorted_places topk unique unique_along
        unique_consecutive
    """,
    "special": """
        airy_ai airy_ai_prime bessel_i bessel_j bessel_k bessel_y entr erfcx erfcx_derivative i0 i0e i1 i1e
        igamma igammac log_ndtr mvlgamma ndtr ndtri normal_hazard polynomial spherical_bessel_j0 xlog1py
        xlog1py_number xlog1py_of zeta zeta_number zeta_of
    """,
}
"""Families that load with the first use of one of these."""

_late_op = _late.late(globals(), LATE)


def __getattr__(name: str) -> Any:
    """An op of a late family; or, since this module is ``torch.ops`` too, the operators of a namespace of ``torch.library``."""
    try:
        return _late_op(name)
    except AttributeError:
        if name.startswith("_"):
            raise
        if find_spec(f"{__name__}.{name}") is not None:  # the import system asks, before it loads a module of ours
            raise
        # By its name: what users define lies above, and nothing here depends on it.
        return import_module("chainrule.library._operators").found_under_ops(name)


set_recorded_namespace(sys.modules[__name__])
