"""Normalization, as ``nn.functional`` has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import ops
from ..functions import normalization
from ..functions._arguments import tensor_argument
from ..functions._autocast import widened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Over the last dimensions: the mean taken away, the variance made 1, then scaled and shifted.

    For the arguments see :func:`torch.layer_norm`.

    >>> import chainrule.nn.functional as F
    >>> F.layer_norm(torch.tensor([[1., 3.], [2., 2.]]), (2,), eps=0.0)[0]
    tensor([-1.,  1.])
    """
    return normalization.layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Over the last dimensions: divided by the root of the mean of the squares, then scaled.

    For the arguments see :func:`torch.rms_norm`.

    >>> import chainrule.nn.functional as F
    >>> F.rms_norm(torch.tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    return normalization.rms_norm(input, normalized_shape, weight, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-05
) -> Tensor:
    """Over groups of channels: the mean taken away, the variance made 1; then each channel scaled and shifted.

    Args:
        input: floating point, of shape (N, C, ...).
        num_groups: how many groups the C channels are.
        weight: the scale of each channel, of shape (C,).
        bias: the shift of each channel, of shape (C,).
        eps: what is added to the variance.

    Raises:
        ValueError: a single value for each of the sizes behind the groups.
        RuntimeError: the channels do not divide into the groups, or shapes or dtypes do not fit.

    >>> import chainrule.nn.functional as F
    >>> F.group_norm(torch.tensor([[1., 3., 5., 9.]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    shape = tensor_argument(input, "group_norm", "input").shape
    if len(shape) > 1 and (shape[0] * shape[1] // num_groups) * math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    return normalization.group_norm(input, num_groups, weight, bias, eps)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Of each channel: the mean taken away, the variance made 1, then scaled and shifted.

    Args:
        input: floating point, of shape (N, C, ...).
        running_mean: C means. In training they become ``(1 - momentum) * running_mean + momentum * mean``, in place;
            in evaluation they are what is taken away.
        running_var: C variances, likewise; what is taken into them is the unbiased variance.
        weight: C scales.
        bias: C shifts.
        training: whether mean and variance are those of ``input``.
        momentum: how much the new counts in the running ones.
        eps: what is added to the variance.

    Raises:
        ValueError: in training, a single value for each channel; ``eps`` is negative, or 0 in training.
        RuntimeError: sizes or dtypes that do not fit; no running statistics in evaluation.

    >>> import chainrule.nn.functional as F
    >>> mean, var = torch.zeros(1), torch.ones(1)
    >>> F.batch_norm(torch.tensor([[1.], [3.]]), mean, var, training=True), mean, var
    (tensor([[-1.0000],
            [ 1.0000]]), tensor([0.2000]), tensor([1.1000]))
    """
    if training:
        shape = tensor_argument(input, "batch_norm", "input").shape
        if len(shape) > 1 and shape[0] * math.prod(shape[2:]) == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {shape}")
        if (running_mean is None) != (running_var is None):
            raise ValueError("running_mean and running_var must either both be None or neither be None")
    if eps < 0 or (training and eps == 0):
        raise ValueError(
            f"batch_norm eps must be {'positive during training' if training else 'non-negative'}, but got {eps}"
        )
    return normalization.normalized_batch(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """:func:`batch_norm` of each element of the batch by itself.

    Args:
        input: floating point, of shape (N, C, ...).
        running_mean: as for :func:`batch_norm`; the means over the batch are taken into it.
        running_var: likewise.
        weight: C scales.
        bias: C shifts.
        use_input_stats: whether mean and variance are those of ``input``.
        momentum: how much the new counts in the running ones.
        eps: what is added to the variance.

    >>> import chainrule.nn.functional as F
    >>> F.instance_norm(torch.tensor([[[1., 3.], [2., 6.]]]), eps=0.0)
    tensor([[[-1.,  1.],
             [-1.,  1.]]])
    """
    shape = tensor_argument(input, "instance_norm", "input").shape
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {shape}")
    return normalization.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, False
    )


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """``input / (k + alpha * mean) ** beta``, the mean being of the squares of ``size`` neighbouring channels.

    Args:
        input: of shape (N, C, ...) with at least three dimensions.
        size: how many channels, this one in the middle; beyond the last channel there are zeros.
        alpha: how much the mean counts.
        beta: the exponent.
        k: what is added.

    >>> import chainrule.nn.functional as F
    >>> F.local_response_norm(torch.ones(1, 3, 1), 2, alpha=2.0, beta=1.0)
    tensor([[[0.5000],
             [0.3333],
             [0.3333]]])
    """
    (input,) = widened(input)
    ndim = tensor_argument(input, "local_response_norm", "input").ndim
    if ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {ndim} dimensions)")
    if not input.numel():
        return input
    widths = ((size // 2, (size - 1) // 2), *[(0, 0)] * (ndim - 2))
    windows = ops.unfold(ops.pad(input * input, widths=widths, value=0), axis=1 - ndim, size=size, step=1)
    sums = windows.sum(-1)
    means = sums / size if input.is_floating_point() or input.is_complex() else sums // size
    return input / (means * alpha + k) ** beta
