"""Ops by what they can do to a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.node import Node

SATURATING = frozenset(
    """sigmoid tanh softmax log_softmax safe_softmax erf erfc hardsigmoid gelu silu elu celu selu softplus logsigmoid mish softsign
    cross_entropy cross_entropy_of_planes binary_cross_entropy_with_logits binary_cross_entropy exp exp2 sech_squared ndtr
    atan hardswish""".split()
)
CLAMPING = frozenset(
    """clamp clamp_high clamp_low clamp_max clamp_max_tensor clamp_min clamp_min_tensor clamp_tensor hardtanh hardshrink
    softshrink nan_to_num""".split()
)
CHOOSING = frozenset(
    """where zero_where masked_fill masked_fill_number masked_scatter masked_select index_fill index_fill_number index_put
    put_path put_flat get_path index index_add index_copy gather take take_flat select select_copy slice_axis slice_copy
    narrow_copy split split_with_sizes unstack tril triu max max_all max_index min min_all min_index maximum minimum fmax fmin
    aminmax kthvalue median median_all mode topk sort_stable sort_with_indices cummax cummin max_pool2d max_pool2d_indices
    max_pool3d max_pool3d_indices adaptive_max_pool2d adaptive_max_pool3d diagonal as_strided embedding index_adjoint
    select_scatter slice_scatter diagonal_scatter nll_loss nll_loss_of_planes window_pick filled filled_number fill fill_number zero
    unfold copy scatter scatter_number""".split()
)
DRAWS = frozenset(
    """bernoulli bernoulli_by bernoulli_with binomial cauchy exponential geometric log_normal normal normal_mean normal_std
    normal_both poisson random_any random_below random_between uniform""".split()
)
STEPS = DRAWS | frozenset(
    "floor ceil round round_decimals trunc sign sgn heaviside floor_divide divide_rounded".split()
)
RELUS = frozenset(("relu", "threshold"))
HIDING = frozenset(
    (
        "where",
        "zero_where",
        "masked_fill",
        "masked_fill_number",
        "multiply",
        "masked_select",
        "index",
        "index_put",
        "put_path",
    )
)
"""What can hand a zero to an element that it left out."""
PRODUCTS = frozenset(
    "multiply matmul mm mv vm bmm dot vdot addmm addcmul linear_layer stacked_linear_layer conv convolution contract divide".split()
)

SINGULAR = frozenset(
    """sqrt rsqrt log log2 log10 log1p divide reciprocal vector_norm dist std std_mean hypot acos asin atanh
    acosh exp logit norm prod prod_all cumprod entr xlogy eigh eig svd""".split()
)
"""What has an infinite slope somewhere..."""
PERHAPS = frozenset(("pow", "power_of"))
"""...and what has, for some exponents."""
NORMALIZING = frozenset(("layer_norm", "group_norm", "batch_norm"))
SOFTMAX = frozenset(("softmax", "log_softmax"))
FILLING = frozenset(("masked_fill", "masked_fill_number"))
"""What makes infinities that are meant, as a rule."""
JOINING = frozenset(("stack", "concat"))
"""What hands on parts of what comes to it: a part of zeros was one before."""
DISTANCES = frozenset("mse_loss smooth_l1_loss huber_loss vector_norm dist abs".split())
"""What is 0 only where all that it compares is equal, or 0."""
SUMS = frozenset("mean_all sum_all mean sum".split())


def suspects(nodes: Iterable[Node], names: frozenset[str]) -> list[Node]:
    """The nodes of these ops, newest first."""
    return [node for node in nodes if getattr(node, "op", None) is not None and node.op.name in names]
