"""Poisson's distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..autograd.grad_mode import no_grad
from . import constraints
from ._arguments import shape_of
from .distribution import expanding
from .exp_family import ExponentialFamily
from .utils import broadcast_all

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["Poisson"]


class Poisson(ExponentialFamily):
    """Numbers of events, of mean ``rate``.

    >>> import chainrule as torch
    >>> torch.distributions.Poisson(2.).log_prob(torch.tensor(0.))
    tensor(-2.)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(shape_of(self.rate, rate), validate_args=validate_args)

    expand = expanding("rate")

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return f.poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return f.xlogy(value, rate) - rate - (value + 1).lgamma()
