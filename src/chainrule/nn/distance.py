"""Similarities and distances of vectors, and losses made of them, as ``nn.functional`` has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..functions._arguments import tensor_argument
from ..functions._autocast import widened
from ..functions.distances import cosine_similarity, pairwise_distance, pdist
from .loss import reduced, reduction_of

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "cosine_embedding_loss", "cosine_similarity", "hinge_embedding_loss", "margin_ranking_loss", "normalize",
    "pairwise_distance", "pdist", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


def normalize(
    input: Tensor, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Vectors divided by their norm, so that it becomes 1.

    Args:
        input: floating point or complex.
        p: which norm.
        dim: along which the vectors lie.
        eps: the least number to divide by.
        out: where to write the result.

    >>> import chainrule.nn.functional as F
    >>> F.normalize(torch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    from ..functions._arguments import deliver

    tensor_argument(input, "normalize", "input", 1)
    return deliver(input / input.norm(p, dim, keepdim=True).clamp_min(eps), out, "normalize")


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``input`` where the target is 1, ``max(0, margin - input)`` where it is -1, averaged.

    Args:
        input: distances.
        target: 1 or -1 for each.
        margin: from which distance on there is no loss.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.hinge_embedding_loss(torch.tensor([0.5, 0.5]), torch.tensor([1., -1.]), reduction="none")
    tensor([0.5000, 0.5000])
    """
    input, target = widened(input, target)
    tensor_argument(input, "hinge_embedding_loss", "input", 1)
    tensor_argument(target, "hinge_embedding_loss", "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    apart = (margin - input).clamp_min(0).masked_fill(target == 1, 0)
    together = input.masked_fill(target == -1, 0)
    return reduced(apart + together, reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -target * (input1 - input2) + margin)``, averaged.

    Args:
        input1: scores.
        input2: other scores.
        target: 1 where the first should be larger, -1 where the second.
        margin: by how much.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.margin_ranking_loss(torch.tensor([1., 1.]), torch.tensor([0., 3.]), torch.tensor([1., 1.]))
    tensor(1.)
    """
    input1, input2, target = widened(input1, input2, target)
    for at, (name, x) in enumerate((("input1", input1), ("input2", input2), ("target", target)), 1):
        tensor_argument(x, "margin_ranking_loss", name, at)
    reduction = reduction_of(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1, averaged: cos is that of the angle.

    Args:
        input1: vectors of shape (N, D), or one of shape (D,).
        input2: other vectors.
        target: 1 or -1 for each pair.
        margin: down to which cosine there is a loss for a target of -1.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.cosine_embedding_loss(torch.eye(2), torch.ones(2, 2), torch.tensor([1., -1.]), reduction="none")
    tensor([0.2929, 0.7071])
    """
    input1, input2, target = widened(input1, input2, target)
    for at, (name, x) in enumerate((("input1", input1), ("input2", input2), ("target", target)), 1):
        tensor_argument(x, "cosine_embedding_loss", name, at)
    reduction = reduction_of(size_average, reduce, reduction)
    if target.ndim > 1:
        raise RuntimeError(
            f"0D or 1D target tensor expected, multi-target not supported: got shape {list(target.shape)}"
        )
    if not input1.ndim == input2.ndim == target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    squares = ((input1 * input1).sum(-1) + 1e-12) * ((input2 * input2).sum(-1) + 1e-12)
    cos = (input1 * input2).sum(-1) / squares.sqrt()
    together = (1 - cos).masked_fill(target != 1, 0)
    apart = (cos - margin).clamp_min(0).masked_fill(target != -1, 0)
    return reduced(together + apart, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)``, averaged.

    Args:
        anchor: vectors of shape (N, D), or one of shape (D,).
        positive: vectors that should be near.
        negative: vectors that should be far.
        margin: by how much, positive.
        p: in which norm the distance d is taken.
        eps: what is added to differences, which keeps the norm from its kink.
        swap: whether a negative that is nearer to the positive than to the anchor counts by that distance.
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule.nn.functional as F
    >>> F.triplet_margin_loss(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]), torch.tensor([[0., 2.]]))
    tensor(4.0000)
    """
    anchor, positive, negative = widened(anchor, positive, negative)
    reduction = reduction_of(size_average, reduce, reduction)
    check_triplet("triplet_margin_loss", anchor, positive, negative, margin)
    return triplets(anchor, positive, negative, lambda x, y: pairwise_distance(x, y, p, eps), margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """:func:`triplet_margin_loss` with any function for the distance; by default it is :func:`pairwise_distance`.

    >>> import chainrule.nn.functional as F
    >>> one, two = torch.tensor([[0.]]), torch.tensor([[2.]])
    >>> F.triplet_margin_with_distance_loss(one, two, one, distance_function=lambda x, y: (x - y).abs().sum(-1))
    tensor(3.)
    """
    reduction = reduction_of(None, None, reduction)
    check_triplet("triplet_margin_with_distance_loss", anchor, positive, negative, margin)
    distance = distance_function if distance_function is not None else pairwise_distance
    return triplets(anchor, positive, negative, distance, margin, swap, reduction)


def check_triplet(function: str, anchor: Any, positive: Any, negative: Any, margin: float) -> None:
    for at, (name, x) in enumerate((("anchor", anchor), ("positive", positive), ("negative", negative)), 1):
        tensor_argument(x, function, name, at)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor "
            f"{anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )


def triplets(
    anchor: Tensor, positive: Tensor, negative: Tensor, distance: Any, margin: float, swap: bool, reduction: str
) -> Tensor:
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return reduced((margin + near - far).clamp_min(0), reduction)
