"""Divergences between distributions of different families: less the entropy of p, less the mean under p of q's log density.

That mean needs few things of p, and each family of q says which: ``CROSS`` and the classes of means below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import functions as f
from . import constraints
from .bernoulli import Bernoulli, Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import EULER, Exponential, Gumbel, Laplace, Pareto
from .gamma import Beta, Gamma
from .kl import register_kl
from .normal import Normal
from .poisson import Poisson
from .uniform import Uniform


class Means:
    """Means under p: ``of(x)``, ``square(c)`` of (x - c)^2, ``log`` of log x, ``log1m`` of log(1 - x), ``exp(t)`` of exp(-x t)."""

    infinite: Any = False
    """Where one that was asked for is infinite; what is given there is another number, so that no gradient becomes NaN."""

    def __init__(self, p: Any) -> None:
        self.p = p

    @property
    def mean(self) -> Any:
        return self.p.mean

    def square(self, c: Any) -> Any:
        return self.p.variance + (self.mean - c).pow(2)

    log: Any
    log1m: Any
    exp: Callable[[Any], Any]


class OfBeta(Means):
    @property
    def log(self) -> Any:
        a, b = self.p.concentration1, self.p.concentration0
        return a.digamma() - (a + b).digamma()


class OfExponential(Means):
    @property
    def log(self) -> Any:
        return -EULER - self.p.rate.log()

    def exp(self, t: Any) -> Any:
        return self.p.rate / (self.p.rate + t)


class OfGamma(Means):
    @property
    def log(self) -> Any:
        return self.p.concentration.digamma() - self.p.rate.log()

    def exp(self, t: Any) -> Any:
        return (1 + t / self.p.rate).pow(-self.p.concentration)


class OfNormal(Means):
    def exp(self, t: Any) -> Any:
        return (0.5 * (self.p.scale * t).pow(2) - self.p.loc * t).exp()

    def distance(self, c: Any) -> Any:
        """Of |x - c|: s sqrt(2 / pi) exp(-z^2 / 2) + (loc - c) erf(z / sqrt(2)), z = (loc - c) / s."""
        away, scale = self.p.loc - c, self.p.scale
        z = away / scale
        return math.sqrt(2 / math.pi) * scale * (-0.5 * z.pow(2)).exp() + away * (math.sqrt(0.5) * z).erf()


class OfPareto(Means):
    def _alpha(self, above: int) -> Any:
        """Alpha, where the tail is light enough for a moment."""
        self.infinite = self.p.alpha <= above
        return f.where(self.infinite, above + 1.0, self.p.alpha)

    @property
    def mean(self) -> Any:
        alpha = self._alpha(1)
        return alpha * self.p.scale / (alpha - 1)

    def square(self, c: Any) -> Any:
        alpha, scale = self._alpha(2), self.p.scale
        return alpha * scale.pow(2) / (alpha - 2) - 2 * c * alpha * scale / (alpha - 1) + c * c

    @property
    def log(self) -> Any:
        return self.p.scale.log() + self.p.alpha.reciprocal()


class OfUniform(Means):
    @property
    def log(self) -> Any:
        low, high = (
            self.p.low.clamp(min=0),
            self.p.high.clamp(min=0),
        )  # below 0 the divergence is infinite whatever this is
        return (f.xlogy(high, high) - f.xlogy(low, low)) / (high - low) - 1

    @property
    def log1m(self) -> Any:
        low, high = (1 - self.p.high).clamp(min=0), (1 - self.p.low).clamp(min=0)
        return (f.xlogy(high, high) - f.xlogy(low, low)) / (high - low) - 1

    def exp(self, t: Any) -> Any:
        return ((-self.p.low * t).exp() - (-self.p.high * t).exp()) / (t * (self.p.high - self.p.low))


MEANS: dict[type, type[Means]] = {
    Bernoulli: Means, Beta: OfBeta, ContinuousBernoulli: Means, Exponential: OfExponential, Gamma: OfGamma, Gumbel: Means,
    Laplace: Means, Normal: OfNormal, Pareto: OfPareto, Uniform: OfUniform,
}  # fmt: skip


def to_beta(m: Any, q: Any) -> Any:
    a, b = q.concentration1, q.concentration0
    return a.lgamma() + b.lgamma() - (a + b).lgamma() - (a - 1) * m.log - (b - 1) * m.log1m


def to_continuous_bernoulli(m: Any, q: Any) -> Any:
    return -m.mean * q.logits - (-q.probs).log1p() - q._log_scale()


def to_exponential(m: Any, q: Any) -> Any:
    return q.rate * m.mean - q.rate.log()


def to_gamma(m: Any, q: Any) -> Any:
    a = q.concentration
    return a.lgamma() - a * q.rate.log() - (a - 1) * m.log + q.rate * m.mean


def to_gumbel(m: Any, q: Any) -> Any:
    return q.scale.log() + (m.mean - q.loc) / q.scale + (q.loc / q.scale).exp() * m.exp(1 / q.scale)


def to_laplace(m: Any, q: Any) -> Any:
    return (2 * q.scale).log() + m.distance(q.loc) / q.scale


def to_normal(m: Any, q: Any) -> Any:
    return 0.5 * math.log(2 * math.pi) + q.scale.log() + 0.5 * m.square(q.loc) / q.scale.pow(2)


def to_pareto(m: Any, q: Any) -> Any:
    return (q.alpha + 1) * m.log - q.alpha.log() - q.alpha * q.scale.log()


def to_poisson(m: Any, q: Any) -> Any:
    """Of numbers that are 0 or 1, whose factorials are 1."""
    return q.rate - m.mean * q.rate.log()


def to_uniform(m: Any, q: Any) -> Any:
    return (q.high - q.low).log()


CROSS: dict[type, tuple[Callable[[Any, Any], Any], tuple[type, ...]]] = {
    Beta: (to_beta, (Uniform,)),
    ContinuousBernoulli: (to_continuous_bernoulli, (Beta, Uniform)),
    Exponential: (to_exponential, (Beta, ContinuousBernoulli, Gamma, Pareto, Uniform)),
    Gamma: (to_gamma, (Beta, Exponential, Pareto, Uniform)),
    Gumbel: (to_gumbel, (Exponential, Gamma, Normal, Uniform)),
    Laplace: (to_laplace, (Normal,)),
    Normal: (to_normal, (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform)),
    Pareto: (to_pareto, (Uniform,)),
    Poisson: (to_poisson, (Bernoulli,)),
    Uniform: (to_uniform, (Beta, ContinuousBernoulli)),
}
"""Family of q -> the mean of minus its log density, and the families of p with these means."""

BEYOND: dict[type, tuple[type, ...]] = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}
"""Family of p -> the families that lack some of its values, whatever the parameters: the divergence is infinite."""


def _bounds(d: Any) -> tuple[Any, Any]:
    """The least and the greatest value."""
    if d.support is constraints.boolean:
        return 0, 1
    return getattr(d.support, "lower_bound", -math.inf), getattr(d.support, "upper_bound", math.inf)


def _rule(p_class: type, cross: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def divergence(p: Any, q: Any) -> Any:
        means = MEANS[p_class](p)
        found = cross(means, q) - p.entropy()
        (low, high), (other_low, other_high) = _bounds(p), _bounds(q)
        beyond = f.as_tensor(low < other_low) | f.as_tensor(high > other_high)
        return f.where(beyond | means.infinite, math.inf, found)

    return divergence


def _infinite(p: Any, q: Any) -> Any:
    first = next(
        getattr(p, name)
        for name in ("rate", "concentration", "alpha", "loc", "concentration1", "probs")
        if hasattr(p, name)
    )
    return f.full_like(first, math.inf)


for q_class, (cross, p_classes) in CROSS.items():
    for p_class in p_classes:
        register_kl(p_class, q_class)(_rule(p_class, cross))

for p_class, q_classes in BEYOND.items():
    for q_class in q_classes:
        register_kl(p_class, q_class)(_infinite)
