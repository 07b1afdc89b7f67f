"""Losses as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import functional as F
from ..loss import reduction_of
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["L1Loss", "MSELoss"]


class _Loss(Module):
    """What losses have in common: how the losses of the elements become the result."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        deprecated = size_average is not None or reduce is not None
        self.reduction = reduction_of(size_average, reduce, reduction) if deprecated else reduction


class L1Loss(_Loss):
    """``abs(input - target)``, averaged; see :func:`chainrule.nn.functional.l1_loss`.

    Args:
        size_average: deprecated: see ``reduction``.
        reduce: deprecated: see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    >>> import chainrule as torch
    >>> torch.nn.L1Loss()(torch.tensor([1., 2.]), torch.tensor([0., 4.]))
    tensor(1.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """``(input - target) ** 2``, averaged; the arguments are those of :class:`L1Loss`.

    >>> import chainrule as torch
    >>> torch.nn.MSELoss()(torch.tensor([1., 2.]), torch.tensor([0., 4.]))
    tensor(2.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)
