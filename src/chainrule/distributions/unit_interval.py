"""Distributions on the unit interval and on the simplex that transforms make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from . import constraints
from .exponential import EULER
from .normal import Normal
from .transformed import TransformedDistribution, remaking
from .transforms import AffineTransform, PowerTransform, StickBreakingTransform
from .uniform import Uniform
from .utils import broadcast_all

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["Kumaraswamy", "LogisticNormal"]


class Kumaraswamy(TransformedDistribution):
    """Numbers with the distribution function 1 - (1 - x^a)^b: like beta numbers, but easier to draw.

    >>> import chainrule as torch
    >>> torch.distributions.Kumaraswamy(1., 1.).mean
    tensor(0.5000)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        zeros = f.full_like(self.concentration0.detach(), 0)
        base = Uniform(zeros, f.full_like(zeros, 1), validate_args=validate_args)
        steps = [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(loc=1.0, scale=-1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]
        super().__init__(base, steps, validate_args=validate_args)

    expand = remaking("concentration1", "concentration0")

    def _moment(self, n: int) -> Tensor:
        """The mean of x^n: b times the beta function of 1 + n / a and b."""
        power = 1 + n / self.concentration1
        b = self.concentration0
        return b * (power.lgamma() + b.lgamma() - (power + b).lgamma()).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """At (a - 1) / (a b - 1) for x^a, if both are 1 at least; else at an end."""
        at_end = (self.concentration1 < 1) | (self.concentration0 < 1)
        a, b = (f.where(at_end, 2.0, c) for c in (self.concentration1, self.concentration0))
        logs = a.reciprocal() * (-b).log1p() - (-a * b).log1p()
        return f.where(at_end, float("nan"), logs.exp())

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self._moment(1).pow(2)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return (1 - b.reciprocal()) + (1 - a.reciprocal()) * ((b + 1).digamma() + EULER) - a.log() - b.log()


class LogisticNormal(TransformedDistribution):
    """Vectors of sum 1 that a stick broken by normal numbers makes.

    >>> import chainrule as torch
    >>> torch.distributions.LogisticNormal(torch.zeros(2), 1.).event_shape
    torch.Size([3])
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand([1])
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        shape = (*batch_shape, *self.base_dist.event_shape)
        return self._remade(self.loc.expand(shape), self.scale.expand(shape))

    @property
    def loc(self) -> Tensor:
        """The means of the normal numbers."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviations of the normal numbers."""
        return self.base_dist.base_dist.scale
