"""Losses that compare numbers and probabilities, as ``nn.functional`` has them.

What they share: ``reduction`` is ``"mean"``, ``"sum"``, or ``"none"`` for the losses of the elements; ``size_average`` and
``reduce`` are what was there before it, and deprecated.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..autograd.grad_mode import no_grad
from ..core.value import TensorBase, numbers_of
from ..functions._arguments import check_floating, naming, refuse_grad, tensor_argument
from ..functions._autocast import widened
from ..ops.activation import REDUCTIONS
from ..promotion import scalar_type_name

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss",
    "mse_loss", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip


def code_of(size_average: bool | None, reduce: bool | None, reduction: str) -> int:
    """The number of the reduction, as ops take it. To be called by what users call."""
    if size_average is None and reduce is None and reduction in REDUCTIONS:
        return REDUCTIONS.index(reduction)
    return REDUCTIONS.index(reduction_of(size_average, reduce, reduction, 4))


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str, stacklevel: int = 3) -> str:
    """The reduction, also from the arguments that were replaced by it."""
    if size_average is not None or reduce is not None:
        average, reduced = size_average is not False, reduce is not False
        reduction = "none" if not reduced else "mean" if average else "sum"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=stacklevel,
        )
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction: give 'none', 'mean' or 'sum'")
    return reduction


def check_sizes(function: str, input: Any, target: Any, weight: Any) -> None:
    tensor_argument(input, function, "input", 1)
    tensor_argument(target, function, "target", 2)
    if weight is not None and tensor_argument(weight, function, "weight").shape != input.shape:
        raise ValueError(f"Weights and input must have the same size. Got {weight.shape} and {input.shape}.")
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will likely lead "
            "to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )


def reduced(losses: Any, reduction: str, weight: Any = None) -> Tensor:
    """The sum or mean of ``losses``, weighted if wanted."""
    if weight is not None:
        losses = losses * weight
        if reduction == "mean":
            return losses.sum() / weight.sum()
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``(input - target) ** 2``, averaged.

    Args:
        input: predictions.
        target: what they should be, of the same shape.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for the squares themselves.
        weight: weights of the squares; the mean is then the weighted one.

    >>> import chainrule.nn.functional as F
    >>> F.mse_loss(torch.tensor([1., 2.]), torch.tensor([0., 4.]))
    tensor(2.5000)
    """
    check_sizes("mse_loss", input, target, weight)
    reduction = reduction_of(size_average, reduce, reduction)
    if weight is not None:
        return reduced(ops.mse_loss(input, target, reduction=REDUCTIONS.index("none")), reduction, weight)
    return ops.mse_loss(input, target, reduction=REDUCTIONS.index(reduction))


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``abs(input - target)``, averaged; the arguments are those of :func:`mse_loss`.

    >>> import chainrule.nn.functional as F
    >>> F.l1_loss(torch.tensor([1., 2.]), torch.tensor([0., 4.]))
    tensor(1.5000)
    """
    input, target = widened(input, target)
    check_sizes("l1_loss", input, target, weight)
    return reduced((input - target).abs(), reduction_of(size_average, reduce, reduction), weight)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The squared error below ``beta``, over ``2 * beta``, and the absolute error less ``beta / 2`` above.

    Args:
        input: predictions.
        target: what they should be, of the same shape.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        beta: where the one becomes the other, not negative.

    >>> import chainrule.nn.functional as F
    >>> F.smooth_l1_loss(torch.tensor([1., 5.]), torch.tensor([0., 0.]), reduction="none")
    tensor([0.5000, 4.5000])
    """
    check_sizes("smooth_l1_loss", input, target, None)
    code = code_of(size_average, reduce, reduction)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta. Got {beta}.")
    if beta == 0:
        return reduced((input - target).abs(), REDUCTIONS[code])
    return ops.smooth_l1_loss(input, target, beta=beta, reduction=code)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Half the squared error below ``delta``, and ``delta * (error - delta / 2)`` above.

    Args:
        input: predictions.
        target: what they should be, of the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        delta: where the one becomes the other, positive.
        weight: weights of the losses; the mean is then the weighted one.

    >>> import chainrule.nn.functional as F
    >>> F.huber_loss(torch.tensor([1., 5.]), torch.tensor([0., 0.]), reduction="none", delta=2.0)
    tensor([0.5000, 8.0000])
    """
    check_sizes("huber_loss", input, target, weight)
    code = code_of(None, None, reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta. Got {delta}.")
    if weight is not None:
        return reduced(ops.huber_loss(input, target, delta=delta, reduction=0), reduction, weight)
    return ops.huber_loss(input, target, delta=delta, reduction=code)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-(target * log(input) + (1 - target) * log(1 - input))``, averaged, with no logarithm below -100.

    Args:
        input: probabilities.
        target: what they should be, of the same shape and dtype.
        weight: weights of the losses, broadcast to their shape.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ValueError: another shape.
        RuntimeError: another dtype, a probability outside of 0 ... 1, a weight that requires grad.

    >>> import chainrule.nn.functional as F
    >>> F.binary_cross_entropy(torch.tensor([0.5, 0.25]), torch.tensor([1., 0.]), reduction="none")
    tensor([0.6931, 0.2877])
    """
    tensor_argument(input, "binary_cross_entropy", "input", 1)
    tensor_argument(target, "binary_cross_entropy", "target", 2)
    code = code_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        said = (
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. Please "
            "ensure they have the same size."
        )
        raise naming(ValueError(said), input, target)
    check_floating("binary_cross_entropy", input)
    for other in (target, weight):
        if other is not None and other.dtype != input.dtype:
            wanted, have = (scalar_type_name(t._array.dtype) for t in (input, other))
            raise RuntimeError(f"Found dtype {have} but expected {wanted}")
    numbers = numbers_of(input._array)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() <= 1):
        raise RuntimeError(
            "all elements of input should be between 0 and 1: take the sigmoid first, or use "
            "binary_cross_entropy_with_logits"
        )
    refuse_grad("binary_cross_entropy", weight=weight)
    w = 1 if weight is None else weight if weight.shape == input.shape else weight.expand(input.shape)
    return ops.binary_cross_entropy(input, target, w, reduction=code)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """:func:`binary_cross_entropy` of ``sigmoid(input)``, accurate for inputs of any size.

    Args:
        input: any numbers.
        target: probabilities, of the same shape.
        weight: weights of the losses, broadcast to their shape.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: what the losses of positive examples are multiplied by, broadcast likewise.

    Raises:
        ValueError: another shape.
        RuntimeError: a weight that requires grad.

    >>> import chainrule.nn.functional as F
    >>> F.binary_cross_entropy_with_logits(torch.tensor([0., 100.]), torch.tensor([1., 0.]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    tensor_argument(input, "binary_cross_entropy_with_logits", "input", 1)
    tensor_argument(target, "binary_cross_entropy_with_logits", "target", 2)
    code = code_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        said = f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        raise naming(ValueError(said), input, target)
    for x in (input, target):
        if x._array.dtype.kind not in "fV":
            raise RuntimeError(
                f"result type Float can't be cast to the desired output type {scalar_type_name(x._array.dtype)}: give "
                "floating point numbers"
            )
    refuse_grad("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    losses = ops.binary_cross_entropy_with_logits(
        input, target, 1 if weight is None else weight, 1 if pos_weight is None else pos_weight, reduction=code
    )
    return in_dtype_of(losses, *widened(target))


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence, ``target * (log(target) - input)``, averaged.

    Args:
        input: logarithms of probabilities.
        target: probabilities, of the same shape.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"batchmean"`` for the sum over the size of the first dimension, which is the divergence of mathematics;
            ``"mean"``, over the number of elements; ``"sum"`` or ``"none"``.
        log_target: whether ``target`` holds logarithms too.

    >>> import chainrule.nn.functional as F
    >>> F.kl_div(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]), reduction="batchmean")
    tensor(0.1308)
    """
    input, target = widened(input, target)
    tensor_argument(input, "kl_div", "input", 1)
    tensor_argument(target, "kl_div", "target", 2)
    if reduction != "batchmean" or size_average is not None or reduce is not None:
        reduction = reduction_of(size_average, reduce, reduction)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by "
            "the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as "
            "'batchmean' in the next major release.",
            stacklevel=2,
        )
    losses = target.exp() * (target - input) if log_target else target.xlogy(target) - target * input
    if reduction == "batchmean":
        return losses.sum() / input.shape[0] if input.ndim else losses.sum()
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative logarithm of the probability of ``target`` in a Poisson distribution, averaged.

    Args:
        input: the expectation, or its logarithm.
        target: numbers drawn from the distribution.
        log_input: whether ``input`` is the logarithm: ``exp(input) - target * input``; else
            ``input - target * log(input + eps)``.
        full: whether to add Stirling's approximation of ``log(target!)``.
        size_average: deprecated: see ``reduction``.
        eps: keeps the logarithm from 0.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.poisson_nll_loss(torch.tensor([0., 1.]), torch.tensor([1., 2.]), reduction="none")
    tensor([1.0000, 0.7183])
    """
    input, target = widened(input, target)
    tensor_argument(input, "poisson_nll_loss", "input", 1)
    tensor_argument(target, "poisson_nll_loss", "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """``(log(var) + (input - target) ** 2 / var) / 2``, averaged.

    Args:
        input: expectations.
        target: numbers drawn from the normal distributions.
        var: the variances: of the shape of ``input``, or with a last dimension of 1, or without it; or one number for all.
            What is below ``eps`` counts as ``eps``, and has a gradient all the same.
        full: whether to add ``log(2 * pi) / 2``.
        eps: the least variance.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ValueError: a negative variance, or one of another shape.

    >>> import chainrule.nn.functional as F
    >>> F.gaussian_nll_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]), torch.tensor([1., 2.]), reduction="none")
    tensor([0.0000, 1.3466])
    """
    tensor_argument(input, "gaussian_nll_loss", "input", 1)
    tensor_argument(target, "gaussian_nll_loss", "target", 2)
    if not isinstance(var, TensorBase):
        if var < 0:
            raise ValueError(f"var has negative entry/entries: {var}")
        var = var * input.new_ones(input.shape)
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif not is_stretched(var.shape, input.shape):
            raise ValueError(
                f"var is of incorrect size: got {list(var.shape)} for an input of shape {list(input.shape)}"
            )
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not valid: give 'none', 'mean' or 'sum'")
    if (numbers_of(var._array) < 0).any():
        raise ValueError("var has negative entry/entries")
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    losses = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


def is_stretched(shape: Sequence[int], target: Sequence[int]) -> bool:
    """Whether just one size of ``shape`` is another than that of ``target``, and is 1."""
    other = [n for n, m in zip(shape, target, strict=False) if n != m]
    return len(shape) == len(target) and other == [1]


def in_dtype_of(losses: Tensor, kept: Tensor) -> Tensor:
    """The losses in the dtype of the argument that decides on it."""
    return losses if losses._array.dtype == kept._array.dtype else losses.to(kept.dtype)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))``, averaged.

    Args:
        input: any numbers.
        target: 1 or -1 for each.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.soft_margin_loss(torch.tensor([0., 100.]), torch.tensor([1., -1.]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    tensor_argument(input, "soft_margin_loss", "input", 1)
    tensor_argument(target, "soft_margin_loss", "target", 2)
    code = code_of(size_average, reduce, reduction)
    refuse_grad("soft_margin_loss", target=target)
    losses = ops.soft_margin_loss(input, target, reduction=code)
    return in_dtype_of(losses, *widened(input))
