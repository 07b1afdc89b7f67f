"""Losses as PyTorch has them right under ``torch``: the reduction is a number.

0 means none, which is also what PyTorch's do if they are not told (where its documentation speaks of the mean), 1 the mean, 2
the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import distance, loss, sequence_losses

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "binary_cross_entropy_with_logits", "cosine_embedding_loss", "ctc_loss", "hinge_embedding_loss", "kl_div",
    "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss",
]  # fmt: skip


def named(reduction: int, function: str) -> str:
    """The reduction's name in ``nn.functional``."""
    if not isinstance(reduction, int):
        raise TypeError(
            f"{function}(): argument 'reduction' must be int, not {type(reduction).__name__}: 1 is the mean, 2 the sum"
        )
    return {1: "mean", 2: "sum"}.get(reduction, "none")


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None, reduction: int = 0
) -> Tensor:
    """:func:`chainrule.nn.functional.binary_cross_entropy_with_logits`.

    >>> import chainrule as torch
    >>> torch.binary_cross_entropy_with_logits(torch.zeros(2), torch.ones(2))
    tensor([0.6931, 0.6931])
    """
    reduced = named(reduction, "binary_cross_entropy_with_logits")
    return loss.binary_cross_entropy_with_logits(input, target, weight, reduction=reduced, pos_weight=pos_weight)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """:func:`chainrule.nn.functional.cosine_embedding_loss`.

    >>> import chainrule as torch
    >>> torch.cosine_embedding_loss(torch.tensor([[1., 0.]]), torch.tensor([[0., 1.]]), torch.ones(1))
    tensor([1.])
    """
    reduced = named(reduction, "cosine_embedding_loss")
    return distance.cosine_embedding_loss(input1, input2, target, margin, reduction=reduced)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """:func:`chainrule.nn.functional.ctc_loss`.

    >>> import chainrule as torch
    >>> log_probs = torch.log_softmax(torch.zeros(4, 1, 3), 2)
    >>> torch.ctc_loss(log_probs, torch.tensor([[1, 2]]), [4], [2], reduction=2)
    tensor(1.6864)
    """
    reduced = named(reduction, "ctc_loss")
    return sequence_losses.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduced, zero_infinity)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """:func:`chainrule.nn.functional.hinge_embedding_loss`.

    >>> import chainrule as torch
    >>> torch.hinge_embedding_loss(torch.tensor([0.5, 0.5]), torch.tensor([1., -1.]))
    tensor([0.5000, 0.5000])
    """
    return distance.hinge_embedding_loss(input, target, margin, reduction=named(reduction, "hinge_embedding_loss"))


def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """:func:`chainrule.nn.functional.kl_div`.

    >>> import chainrule as torch
    >>> torch.kl_div(torch.tensor([0.5]).log(), torch.tensor([1.]), 2)
    tensor(0.6931)
    """
    reduced = named(reduction, "kl_div")
    if reduced == "mean":
        return loss.kl_div(input, target, reduction="none", log_target=log_target).mean()  # without the other's advice
    return loss.kl_div(input, target, reduction=reduced, log_target=log_target)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """:func:`chainrule.nn.functional.margin_ranking_loss`.

    >>> import chainrule as torch
    >>> torch.margin_ranking_loss(torch.tensor([1.]), torch.tensor([3.]), torch.tensor([1.]))
    tensor([2.])
    """
    reduced = named(reduction, "margin_ranking_loss")
    return distance.margin_ranking_loss(input1, input2, target, margin, reduction=reduced)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """:func:`chainrule.nn.functional.poisson_nll_loss`.

    >>> import chainrule as torch
    >>> torch.poisson_nll_loss(torch.zeros(2), torch.ones(2), True, False, 1e-8, 2)
    tensor(2.)
    """
    reduced = named(reduction, "poisson_nll_loss")
    return loss.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=reduced)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """:func:`chainrule.nn.functional.triplet_margin_loss`.

    >>> import chainrule as torch
    >>> torch.triplet_margin_loss(torch.tensor([[0.]]), torch.tensor([[1.]]), torch.tensor([[1.5]]))
    tensor([0.5000])
    """
    reduced = named(reduction, "triplet_margin_loss")
    return distance.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=reduced)
