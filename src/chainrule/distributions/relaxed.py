"""Discrete distributions made continuous, by a temperature: the lower it is, the nearer are draws to 0 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .. import functions as f
from ..core.value import TensorBase
from . import constraints
from .bernoulli import _OfTrials
from .categorical import Categorical, _OfChoices
from .distribution import expanding
from .transformed import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform
from .utils import broadcast_all, clamp_probs

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["ExpRelaxedCategorical", "LogitRelaxedBernoulli", "RelaxedBernoulli", "RelaxedOneHotCategorical"]


class _Relaxed(TransformedDistribution):
    """Draws of ``base_dist`` brought to where the discrete ones are."""

    has_rsample = True

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(
            batch_shape, _instance, base_dist=self.base_dist.expand(batch_shape), transforms=self.transforms
        )

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities; of two outcomes, log(p / (1 - p))."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities; of two outcomes, that of 1."""
        return self.base_dist.probs


class LogitRelaxedBernoulli(_OfTrials):
    """The logits of :class:`RelaxedBernoulli`: logistic noise added to the logits, divided by the temperature."""

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True
    temperature: Any

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        super().__init__(self._take(probs, logits), validate_args=validate_args)

    expand = expanding("probs", "logits", kept=("temperature",))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(f.rand(shape, dtype=probs.dtype, device=probs.device))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value.mul(self.temperature)
        return self.temperature.log() + away - 2 * away.exp().log1p()


class RelaxedBernoulli(_Relaxed):
    """Numbers between 0 and 1, near the ends: draws can be differentiated by the probability.

    >>> import chainrule as torch
    >>> d = torch.distributions.RelaxedBernoulli(torch.tensor(1.), 0.5)
    >>> d.log_prob(torch.tensor(0.5))
    tensor(0.)
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(
            LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args=validate_args
        )


class ExpRelaxedCategorical(_OfChoices):
    """The logarithms of :class:`RelaxedOneHotCategorical`: Gumbel noise added to the logits, divided by the temperature."""

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = True
    temperature: Any

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        shape = self._categorical.param_shape
        super().__init__(self._categorical.batch_shape, shape[-1:], validate_args=validate_args)

    expand = expanding("_categorical", kept=("temperature",))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(f.rand(shape, dtype=self.logits.dtype, device=self.logits.device))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        count = self._categorical._num_events
        logits, value = broadcast_all(self.logits, value)
        given = self.temperature
        t: Any = given if isinstance(given, TensorBase) else logits.new_tensor(given)
        scale = f.full_like(t, float(count)).lgamma() + (count - 1) * t.log()
        score = logits - value.mul(t)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(_Relaxed):
    """Vectors of sum 1 near the unit vectors: draws can be differentiated by the probabilities.

    >>> import chainrule as torch
    >>> torch.distributions.RelaxedOneHotCategorical(torch.tensor(1.), torch.ones(2)).event_shape
    torch.Size([2])
    """

    arg_constraints: ClassVar[dict[str, Any]] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
