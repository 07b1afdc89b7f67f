"""Bernoulli's distribution for what lies between 0 and 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from . import constraints
from ._arguments import cross_entropy_with_logits, either, holds, shape_of
from .distribution import expanding
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs, probs_to_logits

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..size import Size

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(ExponentialFamily):
    """Numbers x between 0 and 1 of density C p^x (1 - p)^(1 - x) (Loaiza-Ganem and Cunningham 2019).

    Between the numbers ``lims`` series around p = 1/2 are taken.

    >>> import chainrule as torch
    >>> torch.distributions.ContinuousBernoulli(0.3).mean
    tensor(0.4302)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0.0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        either("ContinuousBernoulli", probs, logits)
        if logits is None:
            (given,) = broadcast_all(probs)
            # What is clamped would always be valid.
            if validate_args is not None and not holds(constraints.unit_interval.check(given)):
                raise ValueError(
                    f"ContinuousBernoulli() wants probs between 0 and 1: The parameter probs has invalid values\n{given}"
                )
            self.probs = clamp_probs(given)
            shape = shape_of(given, probs)
        else:
            (self.logits,) = broadcast_all(logits)
            shape = shape_of(self.logits, logits)
        self._lims = lims
        super().__init__(shape, validate_args=validate_args)

    expand = expanding("probs", "logits", kept=("_lims",))

    @lazy_property
    def logits(self) -> Tensor:
        """log(p / (1 - p))."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """The parameter p."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return (self.probs if "probs" in self.__dict__ else self.logits).size()

    def _regular(self) -> tuple[Tensor, Tensor]:
        """Where p is not near 1/2, and p there, another number elsewhere: for formulas that divide by 1 - 2p."""
        regular = (self.probs <= self._lims[0]) | (self.probs > self._lims[1])
        return regular, f.where(regular, self.probs, self._lims[0])

    def _log_scale(self) -> Tensor:
        """Log C; the integral of p^x (1 - p)^(1 - x) is (1 - 2p) / (log(1 - p) - log p)."""
        regular, p = self._regular()
        square = (self.probs - 0.5).pow(2)
        series = math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * square) * square
        return f.where(regular, (((-p).log1p() - p.log()) / (1 - 2 * p)).log(), series)

    @property
    def mean(self) -> Tensor:
        regular, p = self._regular()
        away = self.probs - 0.5
        series = 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * away.pow(2)) * away
        return f.where(regular, p / (2 * p - 1) + 1 / ((-p).log1p() - p.log()), series)

    @property
    def variance(self) -> Tensor:
        regular, p = self._regular()
        square = (self.probs - 0.5).pow(2)
        series = 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * square) * square
        exact = p * (p - 1) / (1 - 2 * p).pow(2) + ((-p).log1p() - p.log()).pow(-2)
        return f.where(regular, exact, series)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return self.icdf(f.rand(shape, dtype=self.probs.dtype, device=self.probs.device))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return self._log_scale() - cross_entropy_with_logits(logits, value)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        regular, p = self._regular()
        inside = value.clamp(0.0, 1.0)
        exact = (p.pow(inside) * (1 - p).pow(1 - inside) + p - 1) / (2 * p - 1)
        found = f.where(regular, exact, inside)
        return f.where(value <= 0, 0.0, f.where(value >= 1, 1.0, found))

    def icdf(self, value: Tensor) -> Tensor:
        regular, p = self._regular()
        below = (-p).log1p()
        exact = ((-p + value * (2 * p - 1)).log1p() - below) / (p.log() - below)
        return f.where(regular, exact, value)

    def entropy(self) -> Tensor:
        below, above = (-self.probs).log1p(), self.probs.log()
        return self.mean * (below - above) - self._log_scale() - below

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, *natural_params: Any) -> Tensor:
        """log((exp(n) - 1) / n), near 0 by its series."""
        (n,) = natural_params
        regular = (n <= self._lims[0] - 0.5) | (n > self._lims[1] - 0.5)
        away = f.where(regular, n, self._lims[0] - 0.5)
        series = n / 2 + n.pow(2) / 24 - n.pow(4) / 2880
        return f.where(regular, away.expm1().abs().log() - away.abs().log(), series)
