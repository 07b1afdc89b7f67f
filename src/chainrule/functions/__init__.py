"""What users call: PyTorch's names and signatures, validated and documented, in terms of ``ops``."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from .. import _late
from .bounds import *
from .comparison import *
from .conversion import *
from .creation import *
from .elementwise import *
from .filling import *
from .interop import *
from .joining import *
from .memory import *
from .powers import *
from .rearranging import *
from .reduction import *
from .shape import *
from .spread import *
from .storage import *
from .transcendental import *

if TYPE_CHECKING:
    from .activation import *
    from .affine import *
    from .attributes import *
    from .complex_numbers import *
    from .contraction import *
    from .convolutions import *
    from .copies import *
    from .cumulative import *
    from .decompositions import *
    from .determinism import *
    from .differences import *
    from .distances import *
    from .dropping import *
    from .embeddings import *
    from .factor_solves import *
    from .gathering import *
    from .grids import *
    from .inplace import *
    from .integers import *
    from .internals import *
    from .leaks import *
    from .legacy import *
    from .linalg import *
    from .low_rank import *
    from .masking import *
    from .matrices import *
    from .normalization import *
    from .norms import *
    from .padding import *
    from .pooling import *
    from .quantiles import *
    from .quantizing import *
    from .random import *
    from .ranges import *
    from .recurrent import *
    from .removed import *
    from .replacing import *
    from .sampling import *
    from .settings import *
    from .short_time import *
    from .slices import *
    from .sorting import *
    from .sparse import *
    from .special import *
    from .statistics import *
    from .symbolic import *
    from .windows import *

LATE = {
    "autocasting": """
        clear_autocast_cache get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype is_autocast_cache_enabled
        is_autocast_cpu_enabled is_autocast_enabled
    """,
    "activation": """
        celu celu_ hardshrink log_softmax prelu relu relu_ selu selu_ softmax threshold threshold_
    """,
    "affine": "addbmm addmm addmv addr baddbmm bilinear",
    "assertions": """
        _assert _assert_async _check _check_index _check_is_size _check_not_implemented _check_tensor_all _check_type
        _check_value _check_with
    """,
    "attributes": "get_device is_distributed is_signed to_dlpack",
    "complex_numbers": """
        angle conj conj_physical imag is_conj is_neg real resolve_conj resolve_neg view_as_complex
        view_as_real
    """,
    "contraction": "einsum",
    "copies": """
        alias_copy as_strided_copy detach_copy diagonal_copy expand_copy narrow_copy permute_copy
        select_copy slice_copy split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy
        unbind_copy unfold_copy unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze_copy
        view_as_complex_copy view_as_real_copy view_copy
    """,
    "convolutions": "conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d convolution",
    "cumulative": "cummax cummin cumprod cumsum cumulative_trapezoid diff logcumsumexp trapezoid trapz",
    "decompositions": "cholesky geqrf lu lu_unpack qr svd",
    "determinism": """
        are_deterministic_algorithms_enabled is_deterministic_algorithms_warn_only_enabled
        use_deterministic_algorithms
    """,
    "differences": "gradient vander",
    "distances": "cosine_similarity pairwise_distance pdist",
    "dropping": """
        alpha_dropout alpha_dropout_ dropout dropout_ feature_alpha_dropout feature_alpha_dropout_
        feature_dropout feature_dropout_
    """,
    "embeddings": "embedding embedding_bag embedding_renorm_",
    "factor_solves": """
        cholesky_inverse cholesky_solve lu_solve matrix_exp orgqr ormqr pinverse triangular_solve vander
    """,
    "foreach": """
        _foreach_abs _foreach_abs_ _foreach_acos _foreach_acos_ _foreach_add _foreach_add_ _foreach_addcdiv
        _foreach_addcdiv_ _foreach_addcmul _foreach_addcmul_ _foreach_asin _foreach_asin_ _foreach_atan
        _foreach_atan_ _foreach_ceil _foreach_ceil_ _foreach_clamp_max _foreach_clamp_max_ _foreach_clamp_min
        _foreach_clamp_min_ _foreach_copy_ _foreach_cos _foreach_cos_ _foreach_cosh _foreach_cosh_
        _foreach_div _foreach_div_ _foreach_erf _foreach_erf_ _foreach_erfc _foreach_erfc_ _foreach_exp
        _foreach_exp_ _foreach_expm1 _foreach_expm1_ _foreach_floor _foreach_floor_ _foreach_frac
        _foreach_frac_ _foreach_lerp _foreach_lerp_ _foreach_lgamma _foreach_lgamma_ _foreach_log
        _foreach_log10 _foreach_log10_ _foreach_log1p _foreach_log1p_ _foreach_log2 _foreach_log2_
        _foreach_log_ _foreach_max _foreach_maximum _foreach_maximum_ _foreach_minimum _foreach_minimum_
        _foreach_mul _foreach_mul_ _foreach_neg _foreach_neg_ _foreach_norm _foreach_pow _foreach_pow_
        _foreach_reciprocal _foreach_reciprocal_ _foreach_round _foreach_round_ _foreach_rsqrt _foreach_rsqrt_
        _foreach_sigmoid _foreach_sigmoid_ _foreach_sign _foreach_sign_ _foreach_sin _foreach_sin_
        _foreach_sinh _foreach_sinh_ _foreach_sqrt _foreach_sqrt_ _foreach_sub _foreach_sub_ _foreach_tan
        _foreach_tan_ _foreach_tanh _foreach_tanh_ _foreach_trunc _foreach_trunc_ _foreach_zero_
    """,
    "gathering": """
        gather index_add index_copy index_fill index_put index_select put scatter scatter_add
        scatter_reduce take take_along_dim
    """,
    "grids": "affine_grid_generator grid_sampler grid_sampler_2d grid_sampler_3d",
    "inplace": """
        abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ as_strided_ asin_ asinh_
        atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ conj_physical_ cos_ cosh_ deg2rad_ detach
        detach_ erf_ erfc_ exp2_ exp_ expm1_ fill_ fix_ floor_ frac_ gcd_ i0_ index_put_ lcm_ ldexp_ log10_
        log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ resize_as_ round_ rsqrt_
        sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ xlogy_ zero_
    """,
    "integers": "frexp gcd hash_tensor lcm nonzero_static unravel_index",
    "internals": """
        _batch_norm_with_update _chunk_cat _log_softmax_backward_data _native_batch_norm_legit _safe_softmax
        _softmax_backward_data _unsafe_masked_index _unsafe_masked_index_put_accumulate
        max_pool2d_with_indices_backward native_dropout native_dropout_backward
    """,
    "leaks": "rrelu rrelu_",
    "legacy": """
        BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor
        LongTensor ShortTensor
    """,
    "linalg": "bmm chain_matmul cross dot ger inner kron matmul mm mv outer tensordot trace vdot",
    "low_rank": "pca_lowrank svd_lowrank",
    "masking": "argwhere masked_fill masked_scatter masked_select nonzero where",
    "matrices": "det inverse logdet matrix_power slogdet",
    "normalization": """
        batch_norm group_norm instance_norm layer_norm native_batch_norm native_group_norm
        native_layer_norm rms_norm
    """,
    "norms": "cdist frobenius_norm norm_except_dim nuclear_norm",
    "padding": "channel_shuffle constant_pad_nd native_channel_shuffle pixel_shuffle pixel_unshuffle",
    "pooling": """
        adaptive_avg_pool1d adaptive_max_pool1d avg_pool1d max_pool1d max_pool1d_with_indices max_pool2d
        max_pool3d
    """,
    "quantiles": "nanquantile quantile",
    "quantizing": "fake_quantize_per_channel_affine fake_quantize_per_tensor_affine",
    "random": "rand rand_like randint randint_like randn randn_like randperm",
    "recurrent": "gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell",
    "removed": "eig lstsq matrix_rank solve symeig",
    "ranges": "arange linspace logspace range",
    "replacing": "as_strided_scatter diagonal_scatter fill select_scatter slice_scatter",
    "sampling": "bernoulli binomial multinomial normal poisson",
    "settings": """
        get_deterministic_debug_mode get_float32_matmul_precision get_num_interop_threads get_num_threads
        is_warn_always_enabled set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal
        set_num_interop_threads set_num_threads set_warn_always
    """,
    "short_time": "istft stft",
    "slices": "index_reduce renorm segment_reduce",
    "sorting": """
        argsort bincount bucketize histc isin kthvalue median mode msort nanmedian searchsorted sort topk
        unique unique_consecutive
    """,
    "sparse": """
        dsmm resize_as_sparse_ sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor sparse_coo_tensor sparse_csc_tensor
        sparse_csr_tensor spmm
    """,
    "special": "i0 igamma igammac mvlgamma",
    "statistics": "corrcoef cov histogram histogramdd",
    "symbolic": "SymBool SymFloat SymInt sym_float sym_int sym_ite sym_max sym_min sym_not sym_sqrt sym_sum",
    "windows": "bartlett_window blackman_window hamming_window hann_window kaiser_window",
}
"""Families that load with the first use of one of these."""

__getattr__ = _late.late(globals(), LATE)

# Not the modules: torch.linalg is another than functions.linalg.
__all__ = [
    name
    for name, value in globals().items()
    if name[0] != "_" and not name.isupper() and not isinstance(value, (types.ModuleType, type(annotations)))
]
