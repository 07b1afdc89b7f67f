"""``torch.nn.functional``: activation functions, and beside them the functions of the other families of this folder.

``inplace=True`` puts the result into the memory of ``input``.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .. import ops
from .._late import announce, homes, late
from .._missing import missing_name
from ..core import mutation
from ..functions import activation, leaks
from ..functions._arguments import axis_of, deliver, tensor_argument
from ..functions.activation import SELU_ALPHA, SELU_SCALE, celu_, nonzero_alpha, prelu, relu_, selu_, threshold_
from ..functions.affine import bilinear, linear
from ..functions.convolutions import (
    conv1d,
    conv2d,
    conv3d,
    conv_tbc,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from ..functions.leaks import rrelu_
from ..functions.padding import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout

if TYPE_CHECKING:
    from .._tensor import Tensor
    from .attention import (
        gumbel_softmax as gumbel_softmax,
        scaled_dot_product_attention as scaled_dot_product_attention,
    )
    from .class_losses import (
        cross_entropy as cross_entropy,
        linear_cross_entropy as linear_cross_entropy,
        multi_margin_loss as multi_margin_loss,
        multilabel_margin_loss as multilabel_margin_loss,
        multilabel_soft_margin_loss as multilabel_soft_margin_loss,
        nll_loss as nll_loss,
    )
    from .distance import (
        cosine_embedding_loss as cosine_embedding_loss,
        cosine_similarity as cosine_similarity,
        hinge_embedding_loss as hinge_embedding_loss,
        margin_ranking_loss as margin_ranking_loss,
        normalize as normalize,
        pairwise_distance as pairwise_distance,
        pdist as pdist,
        triplet_margin_loss as triplet_margin_loss,
        triplet_margin_with_distance_loss as triplet_margin_with_distance_loss,
    )
    from .embeddings import (
        embedding as embedding,
        embedding_bag as embedding_bag,
        one_hot as one_hot,
    )
    from .grids import (
        affine_grid as affine_grid,
        grid_sample as grid_sample,
    )
    from .loss import (
        binary_cross_entropy as binary_cross_entropy,
        binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
        gaussian_nll_loss as gaussian_nll_loss,
        huber_loss as huber_loss,
        kl_div as kl_div,
        l1_loss as l1_loss,
        mse_loss as mse_loss,
        poisson_nll_loss as poisson_nll_loss,
        smooth_l1_loss as smooth_l1_loss,
        soft_margin_loss as soft_margin_loss,
    )
    from .multihead import multi_head_attention_forward as multi_head_attention_forward
    from .normalization import (
        batch_norm as batch_norm,
        group_norm as group_norm,
        instance_norm as instance_norm,
        layer_norm as layer_norm,
        local_response_norm as local_response_norm,
        rms_norm as rms_norm,
    )
    from .padding import (
        fold as fold,
        pad as pad,
        unfold as unfold,
    )
    from .pooling import (
        adaptive_avg_pool1d as adaptive_avg_pool1d,
        adaptive_avg_pool2d as adaptive_avg_pool2d,
        adaptive_avg_pool3d as adaptive_avg_pool3d,
        adaptive_max_pool1d as adaptive_max_pool1d,
        adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices,
        adaptive_max_pool2d as adaptive_max_pool2d,
        adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices,
        adaptive_max_pool3d as adaptive_max_pool3d,
        adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices,
        avg_pool1d as avg_pool1d,
        avg_pool2d as avg_pool2d,
        avg_pool3d as avg_pool3d,
        fractional_max_pool2d as fractional_max_pool2d,
        fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices,
        fractional_max_pool3d as fractional_max_pool3d,
        fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices,
        lp_pool1d as lp_pool1d,
        lp_pool2d as lp_pool2d,
        lp_pool3d as lp_pool3d,
        max_pool1d as max_pool1d,
        max_pool1d_with_indices as max_pool1d_with_indices,
        max_pool2d as max_pool2d,
        max_pool2d_with_indices as max_pool2d_with_indices,
        max_pool3d as max_pool3d,
        max_pool3d_with_indices as max_pool3d_with_indices,
        max_unpool1d as max_unpool1d,
        max_unpool2d as max_unpool2d,
        max_unpool3d as max_unpool3d,
    )
    from .resampling import (
        interpolate as interpolate,
        upsample as upsample,
        upsample_bilinear as upsample_bilinear,
        upsample_nearest as upsample_nearest,
    )
    from .sequence_losses import ctc_loss as ctc_loss

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "affine_grid", "alpha_dropout", "avg_pool1d",
    "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "celu_", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_tbc",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity",
    "cross_entropy", "ctc_loss", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "elu_", "embedding",
    "embedding_bag", "feature_alpha_dropout", "fold", "fractional_max_pool2d", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d", "fractional_max_pool3d_with_indices", "gaussian_nll_loss", "gelu", "glu",
    "grid_sample", "group_norm", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "hardtanh_", "hinge_embedding_loss", "huber_loss", "instance_norm", "interpolate", "kl_div", "l1_loss",
    "layer_norm", "leaky_relu", "leaky_relu_", "linear", "linear_cross_entropy", "local_response_norm", "log_softmax", "logsigmoid",
    "lp_pool1d", "lp_pool2d", "lp_pool3d", "margin_ranking_loss", "max_pool1d", "max_pool1d_with_indices",
    "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices", "max_unpool1d",
    "max_unpool2d", "max_unpool3d", "mish", "mse_loss", "multi_head_attention_forward", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "native_channel_shuffle", "nll_loss", "normalize", "one_hot", "pad",
    "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu", "relu6",
    "relu_", "rms_norm", "rrelu", "rrelu_", "scaled_dot_product_attention", "selu", "selu_", "sigmoid", "silu", "smooth_l1_loss",
    "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold", "threshold_", "triplet_margin_loss", "triplet_margin_with_distance_loss", "unfold", "upsample",
    "upsample_bilinear", "upsample_nearest",
]  # fmt: skip

LATE = {
    "attention": "gumbel_softmax scaled_dot_product_attention",
    "class_losses": """
        cross_entropy linear_cross_entropy multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss
        nll_loss
    """,
    "distance": """
        cosine_embedding_loss cosine_similarity hinge_embedding_loss margin_ranking_loss normalize
        pairwise_distance pdist triplet_margin_loss triplet_margin_with_distance_loss
    """,
    "embeddings": "embedding embedding_bag one_hot",
    "grids": "affine_grid grid_sample",
    "loss": """
        binary_cross_entropy binary_cross_entropy_with_logits gaussian_nll_loss huber_loss kl_div
        l1_loss mse_loss poisson_nll_loss smooth_l1_loss soft_margin_loss
    """,
    "multihead": "multi_head_attention_forward",
    "normalization": "batch_norm group_norm instance_norm layer_norm local_response_norm rms_norm",
    "padding": "fold pad unfold",
    "pooling": """
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool1d_with_indices adaptive_max_pool2d adaptive_max_pool2d_with_indices
        adaptive_max_pool3d adaptive_max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d
        fractional_max_pool2d fractional_max_pool2d_with_indices
        fractional_max_pool3d fractional_max_pool3d_with_indices
        lp_pool1d lp_pool2d lp_pool3d max_pool1d max_pool1d_with_indices max_pool2d
        max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d
        max_unpool3d
    """,
    "resampling": "interpolate upsample upsample_bilinear upsample_nearest",
    "sequence_losses": "ctc_loss",
}
"""Families that load with the first use of one of these."""


load = late(globals(), LATE)


def __getattr__(name: str) -> Any:
    if any(name in names.split() for names in LATE.values()):
        return load(name)
    raise missing_name(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *homes(LATE)})


def apply(op: Any, function: str, input: Any, inplace: bool = False, **params: Any) -> Tensor:
    """An op on one tensor, in its memory if wanted."""
    tensor_argument(input, function, "input")
    return mutation.inplace(op, input, **params) if inplace else op(input, **params)


# -- piecewise linear ---------------------------------------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(input, 0)``; the derivative at 0 is 0.

    >>> import chainrule.nn.functional as F
    >>> F.relu(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return relu_(input) if inplace else ops.relu(tensor_argument(input, "relu", "input"))


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(input, 0), 6)``.

    >>> import chainrule.nn.functional as F
    >>> F.relu6(torch.tensor([-1., 2., 9.]))
    tensor([0., 2., 6.])
    """
    return apply(ops.hardtanh, "relu6", input, inplace, min_val=0, max_val=6)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` kept within two bounds; unlike that of ``clamp``, the derivative at a bound is 0.

    >>> import chainrule.nn.functional as F
    >>> F.hardtanh(torch.tensor([-2., 0.5, 2.]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val: got {min_val} and {max_val}")
    return apply(ops.hardtanh, "hardtanh", input, inplace, min_val=min_val, max_val=max_val)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``input`` where positive, elsewhere ``negative_slope * input``.

    >>> import chainrule.nn.functional as F
    >>> F.leaky_relu(torch.tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return apply(ops.leaky_relu, "leaky_relu", input, inplace, negative_slope=negative_slope)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """``input`` where it exceeds ``threshold``, elsewhere ``value``.

    >>> import chainrule.nn.functional as F
    >>> F.threshold(torch.tensor([0.5, 2.]), 1, 9)
    tensor([9., 2.])
    """
    return apply(ops.threshold, "threshold", input, inplace, threshold=threshold, value=value)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``relu6(input + 3) / 6``.

    >>> import chainrule.nn.functional as F
    >>> F.hardsigmoid(torch.tensor([-4., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return apply(ops.hardsigmoid, "hardsigmoid", input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``input * relu6(input + 3) / 6``.

    >>> import chainrule.nn.functional as F
    >>> F.hardswish(torch.tensor([-4., 1.5, 4.]))
    tensor([-0.0000, 1.1250, 4.0000])
    """
    return apply(ops.hardswish, "hardswish", input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """``input`` where its absolute value exceeds ``lambd``, elsewhere 0.

    >>> import chainrule.nn.functional as F
    >>> F.hardshrink(torch.tensor([-1., 0.25, 1.]))
    tensor([-1.,  0.,  1.])
    """
    return deliver(apply(ops.hardshrink, "hardshrink", input, lambd=lambd), out, "hardshrink")


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """``input`` brought nearer to 0 by ``lambd``, but not beyond.

    >>> import chainrule.nn.functional as F
    >>> F.softshrink(torch.tensor([-1., 0.25, 1.]))
    tensor([-0.5000,  0.0000,  0.5000])
    """
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}")
    return deliver(apply(ops.softshrink, "softshrink", input, lambd=lambd), out, "softshrink")


# -- smooth -------------------------------------------------------------------------------------------------------------


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-input))``.

    >>> import chainrule.nn.functional as F
    >>> F.sigmoid(torch.tensor([-1., 0., 1.]))
    tensor([0.2689, 0.5000, 0.7311])
    """
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> import chainrule.nn.functional as F
    >>> F.tanh(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    return input.tanh()


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(sigmoid(input))``, accurate where that is small.

    >>> import chainrule.nn.functional as F
    >>> F.logsigmoid(torch.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """
    return deliver(apply(ops.logsigmoid, "logsigmoid", input), out, "logsigmoid")


def softplus(input: Tensor, beta: float = 1, threshold: float = 20, *, out: Tensor | None = None) -> Tensor:
    """``log(1 + exp(beta * input)) / beta``.

    Args:
        input: a floating point tensor.
        beta: how sharply it bends.
        threshold: if below 20, where ``beta * input`` exceeds it, the result is ``input`` itself. At the default and above
            the exact value is computed everywhere.
        out: the tensor that takes the result.

    >>> import chainrule.nn.functional as F
    >>> F.softplus(torch.tensor([-1., 0., 1.]))
    tensor([0.3133, 0.6931, 1.3133])
    """
    return deliver(apply(ops.softplus, "softplus", input, beta=beta, threshold=threshold), out, "softplus")


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` where positive, elsewhere ``alpha * (exp(input) - 1)``.

    >>> import chainrule.nn.functional as F
    >>> F.elu(torch.tensor([-1., 1.]))
    tensor([-0.6321,  1.0000])
    """
    return apply(ops.elu, "elu", input, inplace, alpha=alpha, scale=1, input_scale=1)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The scaled ELU: its constants keep activations at mean 0 and variance 1.

    >>> import chainrule.nn.functional as F
    >>> F.selu(torch.tensor([-1., 1.]))
    tensor([-1.1113,  1.0507])
    """
    return apply(ops.elu, "selu", input, inplace, alpha=SELU_ALPHA, scale=SELU_SCALE, input_scale=1)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` where positive, elsewhere ``alpha * (exp(input / alpha) - 1)``.

    >>> import chainrule.nn.functional as F
    >>> F.celu(torch.tensor([-1., 1.]), alpha=0.5)
    tensor([-0.4323,  1.0000])
    """
    return apply(ops.celu, "celu", input, inplace, alpha=nonzero_alpha(alpha))


def gelu(input: Tensor, *, approximate: str = "none", out: Tensor | None = None) -> Tensor:
    """``input`` times the normal distribution function of it.

    Args:
        input: a floating point tensor.
        approximate: ``"none"``, or ``"tanh"`` for the approximation by a hyperbolic tangent.
        out: the tensor that takes the result.

    >>> import chainrule.nn.functional as F
    >>> F.gelu(torch.tensor([-1., 1.])), F.gelu(torch.tensor([-1., 1.]), approximate="tanh")
    (tensor([-0.1587,  0.8413]), tensor([-0.1588,  0.8412]))
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh: got {approximate!r}.")
    return deliver(apply(ops.gelu, "gelu", input, approximate=approximate), out, "gelu")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``input * sigmoid(input)``, also called swish.

    >>> import chainrule.nn.functional as F
    >>> F.silu(torch.tensor([-1., 1.]))
    tensor([-0.2689,  0.7311])
    """
    return apply(ops.silu, "silu", input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``input * tanh(softplus(input))``.

    >>> import chainrule.nn.functional as F
    >>> F.mish(torch.tensor([-1., 1.]))
    tensor([-0.3034,  0.8651])
    """
    return apply(ops.mish, "mish", input, inplace)


def softsign(input: Tensor) -> Tensor:
    """``input / (1 + abs(input))``.

    >>> import chainrule.nn.functional as F
    >>> F.softsign(torch.tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """
    tensor_argument(input, "softsign", "input")
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """``input - tanh(input)``.

    >>> import chainrule.nn.functional as F
    >>> F.tanhshrink(torch.tensor([0., 1.]))
    tensor([0.0000, 0.2384])
    """
    tensor_argument(input, "tanhshrink", "input")
    return input - input.tanh()


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of ``input`` along ``dim``, times the sigmoid of the second.

    >>> import chainrule.nn.functional as F
    >>> F.glu(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """
    ndim = tensor_argument(input, "glu", "input").ndim
    if not ndim:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    axis = axis_of(dim, ndim, "glu")
    if input.shape[axis] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim % ndim} is size {input.shape[axis]}")
    return ops.glu(input, axis=axis)


# -- softmax ------------------------------------------------------------------------------------------------------------


def chosen_dim(function: str, input: Any, dim: int | None, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {function} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``exp(input)`` divided by its sum along ``dim``, with no overflow on the way.

    Args:
        input: a floating point tensor.
        dim: the dimension along which the result sums to 1. Left out (deprecated), it is 0 or 1.
        dtype: to convert ``input`` to first.

    >>> import chainrule.nn.functional as F
    >>> F.softmax(torch.tensor([0., 1000., 1000.]), dim=0)
    tensor([0.0000, 0.5000, 0.5000])
    """
    return activation.softmax(input, chosen_dim("softmax", input, dim, _stacklevel), dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """:func:`softmax` of ``-input``.

    >>> import chainrule.nn.functional as F
    >>> F.softmin(torch.tensor([0., 1.]), dim=0)
    tensor([0.7311, 0.2689])
    """
    return activation.softmax(-input, chosen_dim("softmin", input, dim, _stacklevel), dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of :func:`softmax`, accurate where that is small.

    >>> import chainrule.nn.functional as F
    >>> F.log_softmax(torch.tensor([0., 1.]), dim=0)
    tensor([-1.3133, -0.3133])
    """
    return activation.log_softmax(input, chosen_dim("log_softmax", input, dim, _stacklevel), dtype)


# -- random -------------------------------------------------------------------------------------------------------------


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """``input`` where positive; elsewhere times a random number between ``lower`` and ``upper``; see :func:`chainrule.rrelu`.

    >>> import chainrule.nn.functional as F
    >>> F.rrelu(torch.tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    return (rrelu_ if inplace else leaks.rrelu)(input, lower, upper, training)


# -- in place -----------------------------------------------------------------------------------------------------------


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """:func:`elu` in place.

    >>> import chainrule.nn.functional as F
    >>> F.elu_(torch.tensor([-1., 1.]))
    tensor([-0.6321,  1.0000])
    """
    return elu(input, alpha, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """:func:`hardtanh` in place.

    >>> import chainrule.nn.functional as F
    >>> F.hardtanh_(torch.tensor([-2., 0.5]))
    tensor([-1.0000,  0.5000])
    """
    return hardtanh(input, min_val, max_val, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """:func:`leaky_relu` in place.

    >>> import chainrule.nn.functional as F
    >>> F.leaky_relu_(torch.tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return leaky_relu(input, negative_slope, inplace=True)


announce(__name__, globals())
