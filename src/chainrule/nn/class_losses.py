"""Losses that compare scores of classes with a target, as ``nn.functional`` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import numbers_of
from ..functions._arguments import check_floating, naming, refuse_grad, tensor_argument
from ..functions._autocast import widened
from ..functions.activation import log_softmax
from ..functions.affine import linear
from ..ops.activation import REDUCTIONS
from ..promotion import scalar_type_name
from .loss import code_of, reduced, reduction_of

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "cross_entropy", "linear_cross_entropy", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
    "nll_loss",
]  # fmt: skip


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross entropy of ``softmax(input)`` and the target, averaged.

    Args:
        input: scores of C classes: of shape (C,), (N, C) or (N, C, d1, d2, ...).
        target: either the true classes, int64 or uint8, of the same shape without the C; or probabilities of all classes,
            of the same shape as ``input``.
        weight: C weights of the classes. With true classes, the mean is the weighted one.
        size_average: deprecated: see ``reduction``.
        ignore_index: a true class that does not count, in the mean either.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        label_smoothing: how much of each target, from 0 to 1, is spread evenly over all classes.

    Raises:
        IndexError: a true class outside of 0 ... C - 1.
        ValueError: batches of different sizes.
        RuntimeError: other shapes or dtypes that do not fit, a weight that requires grad.

    >>> import chainrule.nn.functional as F
    >>> scores = torch.tensor([[2., 0., 0.], [0., 0., 1.]], requires_grad=True)
    >>> F.cross_entropy(scores, torch.tensor([0, 1]))
    tensor(0.8955, grad_fn=<NllLossBackward0>)
    """
    tensor_argument(input, "cross_entropy_loss", "input", 1)
    tensor_argument(target, "cross_entropy_loss", "target", 2)
    code = code_of(size_average, reduce, reduction)
    x, t = input._array, target._array
    if x.shape == t.shape:
        return probabilities(input, target, weight, ignore_index, REDUCTIONS[code], label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if label_smoothing:
        return smoothed(input, target, weight, ignore_index, REDUCTIONS[code], label_smoothing)
    check_floating("cross_entropy", input)
    target, weights, params = classes(input, target, weight, ignore_index)
    op = ops.cross_entropy if x.ndim < 3 else ops.cross_entropy_of_planes
    return op(input, target, *weights, reduction=code, **params)[0]


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """:func:`cross_entropy` of scores that are a linear map of the input.

    Args:
        input: (F,) or (N, F).
        linear_weight: (C, F), or (C, d1, ..., F) for scores (N, C, d1, ...).
        target: true classes or probabilities, as for the scores.
        linear_bias: of the shape of ``linear_weight`` without the F.
        weight: C weights of the classes.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        ignore_index: a true class that does not count, by default -100.
        label_smoothing: how much of each target is spread evenly over all classes.
        options: accepted, and of no effect: all scores are computed at once.

    Raises:
        RuntimeError: shapes that do not fit, or ``ignore_index`` with probabilities.

    >>> import chainrule.nn.functional as F
    >>> F.linear_cross_entropy(torch.tensor([[1., 0.]]), torch.eye(2), torch.tensor([0]))
    tensor(0.3133)
    """
    x = tensor_argument(input, "linear_cross_entropy", "input")._array.shape
    w = tensor_argument(linear_weight, "linear_cross_entropy", "linear_weight", 2)._array.shape
    if not 1 <= len(x) <= 2:
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {len(x)}")
    if len(w) < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {len(w)}")
    if x[-1] != w[-1]:
        raise RuntimeError(
            f"expected equal input and linear_weight last dimensions (in_features), got {x[-1]} and {w[-1]}, respectively"
        )
    if linear_bias is not None and linear_bias._array.shape != w[:-1]:
        raise RuntimeError(f"expected linear_bias shape {w[:-1]}, got {linear_bias._array.shape}")
    if len(w) > 2 and len(x) == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {w} requires batched input, (N, {x[-1]}), got {x}"
        )
    shape = (*x[:-1], *w[:-1])
    if target.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = linear(input, linear_weight.reshape(-1, w[-1]), bias).reshape(shape)
    return cross_entropy(
        scores,
        target,
        weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-input`` at the true classes, averaged: the cross entropy, if ``input`` holds logarithms of probabilities.

    The arguments are those of :func:`cross_entropy`, but for the target, which holds true classes.

    >>> import chainrule.nn.functional as F
    >>> F.nll_loss(torch.tensor([[-1., -2.], [-3., -4.]]), torch.tensor([0, 1]))
    tensor(2.5000)
    """
    tensor_argument(input, "nll_loss_nd", "input", 1)
    tensor_argument(target, "nll_loss_nd", "target", 2)
    code = code_of(size_average, reduce, reduction)
    target, weights, params = classes(input, target, weight, ignore_index)
    check_floating("nll_loss", input)
    op = ops.nll_loss if input.ndim < 3 else ops.nll_loss_of_planes
    return op(input, target, *weights, reduction=code, **params)


def classes(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int
) -> tuple[Tensor, Any, dict[str, Any]]:
    """The target as int64, the weights, and the parameters of the ops, all of them checked."""
    x, t = input._array, target._array
    if not x.ndim:
        raise ValueError(f"Expected 1 or more dimensions (got {x.ndim}): give scores of classes, (C,) or (N, C, ...)")
    if x.ndim > 1 and (not t.ndim or x.shape[0] != t.shape[0]):
        said = f"Expected input batch_size ({x.shape[0]}) to match target batch_size ({t.shape[0] if t.ndim else 0})."
        raise naming(ValueError(said), input, target)
    if x.ndim <= 2:
        if t.ndim > 1:
            said = f"0D or 1D target tensor expected, multi-target not supported: got shape {list(t.shape)}"
            raise naming(RuntimeError(said), input, target)
        if x.ndim == 1 and t.ndim and t.shape != (1,):
            said = f"size mismatch (got input: {list(x.shape)}, target: {list(t.shape)})"
            raise naming(RuntimeError(said), input, target)
    elif t.shape != x.shape[:1] + x.shape[2:]:
        said = f"Expected target size {[x.shape[0], *x.shape[2:]]}, got {list(t.shape)}"
        raise naming(RuntimeError(said), input, target)
    if t.dtype != np.int64:
        if t.dtype != np.uint8:
            said = f"expected target dtype to be Long or Byte, but got {scalar_type_name(t.dtype)}"
            raise naming(RuntimeError(said), input, target, dtypes=True)
        target = ops.astype(target, dtype=np.dtype(np.int64))
    axis = 1 - x.ndim if x.ndim > 1 else -1
    count = x.shape[axis]
    ignored = ignored_class(input, target, count, ignore_index)
    if x.ndim == 1 and t.ndim:
        target = ops.reshape(target, ())
    params = {"axis": axis, "rank": x.ndim - 1, "ignore_index": ignored}
    if weight is None:
        return target, (), params
    check_weight(input, weight, count, "nll_loss_forward")
    return target, (weight,), params


def check_weight(input: Tensor, weight: Tensor, count: int, function: str) -> None:
    tensor_argument(weight, function, "weight", 3)
    if weight.shape != (count,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {count} classes or no classes but got weight tensor of shape: "
            f"{list(weight.shape)}"
        )
    if weight.dtype != input.dtype:
        wanted, have = (scalar_type_name(one._array.dtype) for one in (input, weight))
        raise RuntimeError(f"expected scalar type {wanted} but found {have}")
    refuse_grad(function, weight=weight)


def ignored_class(input: Tensor, target: Tensor, count: int, ignore_index: int) -> int | None:
    """``ignore_index``, or None where no target is known to be it; and the IndexError for what is no class."""
    numbers = numbers_of(target._array)
    if not numbers.size:
        return ignore_index if target._array.size else None
    if not 0 <= ignore_index < count and numbers.min() >= 0 and numbers.max() < count:
        return None
    wrong = numbers[(numbers != ignore_index) & ((numbers < 0) | (numbers >= count))]
    if wrong.size:
        said = f"Target {wrong.reshape(-1)[0]} is out of bounds. The classes are 0 to {count - 1}."
        raise naming(IndexError(said), input, target)
    return ignore_index


def probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """:func:`cross_entropy` for a target of probabilities."""
    if target._array.dtype.kind not in "fV":
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{scalar_type_name(target._array.dtype)}: a target of classes lacks the dimension of the classes"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    check_floating("log_softmax", input)
    dim = 0 if input.ndim < 2 else 1
    count = input.shape[dim] if input.ndim else 1
    if not 0 <= smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {smoothing}")
    if smoothing:
        target = target * (1 - smoothing) + smoothing / count
    logs = log_softmax(input, dim)
    if weight is not None:
        if weight.ndim > 1 or weight.numel() != count:
            raise RuntimeError(
                "cross_entropy: weight tensor should be defined either for all or no classes: got shape "
                f"{list(weight.shape)} for {count} classes"
            )
        logs = logs * weight.reshape((-1,) + (1,) * max(0, input.ndim - 2))
    products = logs * target
    if reduction == "none":
        return -products.sum(dim)
    total = -products.sum()
    return total if reduction == "sum" else total / (input.numel() / count if count else 0.0)


def smoothed(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """:func:`cross_entropy` for true classes that are spread over all: the weighted sum with a loss of the even spread."""
    check_floating("log_softmax", input)
    dim = 0 if input.ndim < 2 else 1
    logs = log_softmax(input, dim)
    true = nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
    count = input.shape[dim]
    even = -(logs if weight is None else logs * weight.reshape((-1,) + (1,) * max(0, input.ndim - 2))).sum(dim)
    target = target.reshape(even.shape).long()
    ignored = target == ignore_index
    even = even.masked_fill(ignored, 0)
    if reduction == "mean":
        if weight is None:
            even = even.sum() / (~ignored).sum()
        else:
            weights = weight[target.masked_fill(ignored, 0)].masked_fill(ignored, 0)
            even = even.sum() / weights.sum()
    elif reduction == "sum":
        even = even.sum()
    return true * (1 - smoothing) + even * (smoothing / count)


# -- margins -------------------------------------------------------------------------------------------------------------


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The sum over all other classes of ``max(0, margin - input[target] + input) ** p``, by the number of classes.

    Args:
        input: scores of shape (N, C) or (C,).
        target: the true classes, int64, of shape (N,) or ().
        p: 1 or 2.
        margin: by how much the score of the true class should exceed the others.
        weight: C weights of the true classes.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.multi_margin_loss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([3]))
    tensor(0.3250)
    """
    (input,) = widened(input)
    tensor_argument(input, "multi_margin_loss", "input", 1)
    tensor_argument(target, "multi_margin_loss", "target", 2)
    code = code_of(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported: got {p}")
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"weight must be one-dimensional: got shape {list(weight.shape)}")
    x, t = input._array, target._array
    check_rows("multi_margin_loss", x)
    if t.ndim > 1 or t.size != (x.shape[0] if x.ndim == 2 else 1):
        raise RuntimeError(
            f"inconsistent target size, expected {x.shape[0] if x.ndim == 2 else 1} but got {list(t.shape)}"
        )
    if t.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_type_name(t.dtype)}")
    count = x.shape[-1] if x.ndim else 1
    if weight is not None and weight.numel() != count:
        raise RuntimeError(f"inconsistent weight size, expected {count} but got {list(weight.shape)}")
    if weight is not None and weight.dtype != input.dtype:
        wanted, have = (scalar_type_name(one._array.dtype) for one in (input, weight))
        raise RuntimeError(f"expected scalar type {wanted} but found {have}")
    refuse_grad("multi_margin_loss", weight=weight)
    numbers = numbers_of(t)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < count):
        raise RuntimeError(f"target out of range: the classes are 0 to {count - 1}")
    rank = 1 if x.ndim == 2 else 0
    input, target = ops.reshape(input, x.shape or (1,)), ops.reshape(target, x.shape[:rank])
    weights = () if weight is None else (weight,)
    losses = ops.multi_margin_loss(input, target, *weights, p=p, margin=margin, rank=rank, reduction=code)
    return ops.reshape(losses, t.shape) if REDUCTIONS[code] == "none" else losses


def check_rows(function: str, x: Any) -> None:
    if x.ndim > 2 or (x.ndim and not x.shape[-1]):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(x.shape)}"
        )
    if x.dtype.kind != "f":
        raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(x.dtype)}'")


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The sum over all pairs of a true class t and another class i of ``max(0, 1 - (input[t] - input[i]))``, by the number of
    classes.

    Args:
        input: scores of shape (N, C) or (C,).
        target: true classes, int64, of the same shape: those before the first negative number count.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.multilabel_margin_loss(torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([3, 0, -1, 1]))
    tensor(0.8500)
    """
    (input,) = widened(input)
    tensor_argument(input, "multilabel_margin_loss", "input", 1)
    tensor_argument(target, "multilabel_margin_loss", "target", 2)
    code = code_of(size_average, reduce, reduction)
    x, t = input._array, target._array
    check_rows("multilabel_margin_loss", x)
    if t.shape != x.shape:
        raise RuntimeError(f"inconsistent target size: {list(t.shape)} for input of size: {list(x.shape)}")
    if t.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_type_name(t.dtype)}")
    numbers, count = numbers_of(t), x.shape[-1] if x.ndim else 1
    if numbers.size and not (numbers.min() >= -1 and numbers.max() < count):
        raise RuntimeError(f"target out of range: the classes are 0 to {count - 1}, and -1 for no more")
    rank = 1 if x.ndim == 2 else 0
    shape = x.shape or (1,)
    return ops.multilabel_margin_loss(ops.reshape(input, shape), ops.reshape(target, shape), rank=rank, reduction=code)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The binary cross entropy of ``sigmoid(input)``, averaged over the classes and then over the batch.

    Args:
        input: scores of shape (..., C).
        target: 0 or 1 for each.
        weight: weights of the classes.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.multilabel_soft_margin_loss(torch.tensor([[0., 100.]]), torch.tensor([[1., 1.]]))
    tensor(0.3466)
    """
    tensor_argument(input, "multilabel_soft_margin_loss", "input", 1)
    tensor_argument(target, "multilabel_soft_margin_loss", "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    losses = -(target * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(losses.sum(-1) / input.shape[-1], reduction)
