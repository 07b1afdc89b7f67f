"""What transforms make of normal numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from . import constraints
from .normal import Normal
from .transformed import Half, TransformedDistribution, remaking
from .transforms import AbsTransform, ExpTransform

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["HalfNormal", "LogNormal"]


class LogNormal(TransformedDistribution):
    """Numbers whose logarithm is normal, of mean ``loc`` and standard deviation ``scale``.

    >>> import chainrule as torch
    >>> torch.distributions.LogNormal(0., 1.).mean
    tensor(1.6487)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args=validate_args), ExpTransform(), validate_args=validate_args)

    expand = remaking("loc", "scale")

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return (self.loc + self.scale.pow(2) / 2).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Tensor:
        squares = self.scale.pow(2)
        return squares.expm1() * (2 * self.loc + squares).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc


class HalfNormal(Half):
    """The absolute value of a normal number of mean 0 and standard deviation ``scale``.

    >>> import chainrule as torch
    >>> torch.distributions.HalfNormal(1.).mean
    tensor(0.7979)
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2) * (1 - 2 / math.pi)
