"""Softmaxes as modules; PyTorch has them in ``activation``, where they can be found, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import functional as F
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class _AlongDim(Module):
    """What the softmaxes along a dimension have in common.

    Args:
        dim: the dimension along which the result sums to 1. Left out (deprecated), it is 0 or 1.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """``exp(input)`` divided by its sum along ``dim``.

    Args:
        dim: the dimension along which the result sums to 1. Left out (deprecated), it is 0 or 1.

    >>> import chainrule as torch
    >>> torch.nn.Softmax(dim=0)(torch.tensor([0., 1000., 1000.]))
    tensor([0.0000, 0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim, _stacklevel=6)


class LogSoftmax(_AlongDim):
    """The logarithm of :class:`Softmax`, accurate where that is small.

    Args:
        dim: as for :class:`Softmax`.

    >>> import chainrule as torch
    >>> torch.nn.LogSoftmax(dim=0)(torch.tensor([0., 1.]))
    tensor([-1.3133, -0.3133])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim, _stacklevel=6)


class Softmin(_AlongDim):
    """:class:`Softmax` of ``-input``.

    Args:
        dim: as for :class:`Softmax`.

    >>> import chainrule as torch
    >>> torch.nn.Softmin(dim=0)(torch.tensor([0., 1.]))
    tensor([0.7311, 0.2689])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim, _stacklevel=6)


class Softmax2d(Module):
    """:class:`Softmax` over the channels of (N, C, H, W) or (C, H, W).

    Raises:
        ValueError: the input has another number of dimensions.

    >>> import chainrule as torch
    >>> torch.nn.Softmax2d()(torch.zeros(2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -3)
