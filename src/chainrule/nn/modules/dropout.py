"""Dropout as modules: in training mode parts of the input become 0, in evaluation mode nothing happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import functional as F
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _DropoutNd(Module):
    """What the kinds of dropout have in common.

    Args:
        p: the probability of becoming 0.
        inplace: whether the result takes the memory of the input.

    Raises:
        ValueError: ``p`` is no probability.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Each element for itself; see :func:`chainrule.nn.functional.dropout`.

    >>> import chainrule as torch
    >>> torch.nn.Dropout(0.25).eval()(torch.ones(2))
    tensor([1., 1.])
    >>> torch.nn.Dropout(1.0)(torch.ones(2))
    tensor([0., 0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Whole channels of (N, C, L) or (C, L); see :func:`chainrule.nn.functional.dropout1d`.

    >>> import chainrule as torch
    >>> channels = torch.nn.Dropout1d(0.5)(torch.ones(1, 8, 3))[0].sum(dim=1)
    >>> set(channels.tolist()) <= {0.0, 6.0}  # each channel is 0, or doubled, as a whole
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Whole channels of (N, C, H, W); see :func:`chainrule.nn.functional.dropout2d`.

    >>> import chainrule as torch
    >>> channels = torch.nn.Dropout2d(0.5)(torch.ones(1, 8, 2, 2))[0].sum(dim=(1, 2))
    >>> set(channels.tolist()) <= {0.0, 8.0}  # each channel is 0, or doubled, as a whole
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Whole channels of (N, C, D, H, W) or (C, D, H, W); see :func:`chainrule.nn.functional.dropout3d`.

    >>> import chainrule as torch
    >>> torch.nn.Dropout3d(1.0)(torch.ones(1, 2, 1, 1, 1)).flatten()
    tensor([0., 0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean 0 and variance 1 behind SELUs; see :func:`chainrule.nn.functional.alpha_dropout`.

    >>> import chainrule as torch
    >>> torch.nn.AlphaDropout(1.0)(torch.ones(2))
    tensor([0., 0.])
    >>> torch.nn.AlphaDropout(0.5).eval()(torch.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_DropoutNd):
    """:class:`AlphaDropout` of whole channels; see :func:`chainrule.nn.functional.feature_alpha_dropout`.

    >>> import chainrule as torch
    >>> torch.nn.FeatureAlphaDropout(0.5).eval()(torch.ones(1, 2, 2)).shape
    torch.Size([1, 2, 2])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
