"""What is left above a high threshold: from exponential to heavy tails."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from . import constraints
from ._arguments import shape_of
from .distribution import Distribution, expanding
from .utils import broadcast_all

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Numbers above ``loc`` with the tail (1 + c z)^(-1/c), z = (x - loc) / scale; exp(-z) for the ``concentration`` c = 0.

    >>> import chainrule as torch
    >>> torch.distributions.GeneralizedPareto(0., 1., 0.5).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(shape_of(self.loc, loc, scale, concentration), validate_args=validate_args)

    expand = expanding("loc", "scale", "concentration")

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        end = f.where(self.concentration < 0, self.loc - self.scale / self.concentration, math.inf)
        return constraints.interval(self.loc, end)

    def _exponential(self) -> tuple[Tensor, Tensor]:
        """Where the concentration is 0, and one to divide by."""
        is_zero = f.isclose(self.concentration, f.zeros_like(self.concentration))
        return is_zero, f.where(is_zero, 1.0, self.concentration)

    @property
    def mean(self) -> Tensor:
        exists = self.concentration < 1
        c = f.where(exists, self.concentration, 0.5)
        return f.where(exists, self.loc + self.scale / (1 - c), math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        exists = self.concentration < 0.5
        c = f.where(exists, self.concentration, 0.25)
        return f.where(exists, self.scale.pow(2) / ((1 - c).pow(2) * (1 - 2 * c)), math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return self.icdf(f.rand(shape, dtype=self.loc.dtype, device=self.loc.device))

    def log_prob(self, value: Tensor) -> Tensor:
        """The density is (1 + c z)^(-1/c - 1) / scale."""
        self._validate_sample(value)
        z, (is_zero, c) = (value - self.loc) / self.scale, self._exponential()
        power = 1 / c + f.ones_like(z)
        return -self.scale.log() - f.where(is_zero, z, f.where(power == 0, 0.0, power * (c * z).log1p()))

    def log_survival_function(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of what is above ``value``."""
        self._validate_sample(value)
        z, (is_zero, c) = (value - self.loc) / self.scale, self._exponential()
        return f.where(is_zero, -z, -(c * z).log1p() / c)

    def log_cdf(self, value: Tensor) -> Tensor:
        """The logarithm of :meth:`cdf`."""
        return self.cdf(value).log()

    def cdf(self, value: Tensor) -> Tensor:
        return -self.log_survival_function(value).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        (is_zero, c), logs = self._exponential(), (-value).log1p()
        found = self.loc + self.scale / c * (-c * logs).expm1()
        return f.where(is_zero, self.loc - self.scale * logs, found)

    def entropy(self) -> Tensor:
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)
