"""``torch.distributions.kl``: how far one distribution is from another, by Kullback and Leibler.

Where the first gives values that the second cannot, the divergence is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import functions as f
from ..linalg import solve_triangular
from ._arguments import softplus, sum_rightmost
from .bernoulli import Bernoulli, Binomial, Geometric
from .categorical import Categorical, OneHotCategorical
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .exp_family import ExponentialFamily
from .exponential import EULER, Exponential, Gumbel, Laplace, Pareto
from .gamma import Beta, Dirichlet, Gamma
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, mahalanobis
from .normal import Normal
from .normal_transformed import HalfNormal
from .poisson import Poisson
from .transformed import Independent, TransformedDistribution
from .uniform import Uniform

if TYPE_CHECKING:
    from .._tensor import Tensor
    from .distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

RULES: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """Decorate the function that computes the divergence of distributions of two classes (or derived ones).

    >>> import chainrule as torch
    >>> class Mine(torch.distributions.Normal): ...
    >>> @torch.distributions.register_kl(Mine, Mine)
    ... def divergence(p, q):
    ...     return torch.zeros(())
    >>> torch.distributions.kl_divergence(Mine(0., 1.), Mine(1., 1.))
    tensor(0.)
    """
    given: dict[str, Any] = {"type_p": type_p, "type_q": type_q}
    for name, one in given.items():
        if not isinstance(one, type):  # any class may be, as in PyTorch: packages have bases of their own
            raise TypeError(f"Expected {name} to be a class but got {one}")

    def decorate(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        RULES[type_p, type_q] = function
        return function

    return decorate


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The mean, under ``p``, of the difference of the logarithms of the densities of ``p`` and ``q``.

    Raises:
        NotImplementedError: no function is registered for the two classes.

    >>> import chainrule as torch
    >>> torch.distributions.kl_divergence(torch.distributions.Normal(0., 1.), torch.distributions.Normal(1., 1.))
    tensor(0.5000)
    """

    def distance(rule: tuple[type, type]) -> tuple[int, int]:
        return type(p).__mro__.index(rule[0]), type(q).__mro__.index(rule[1])

    fitting = [rule for rule in RULES if isinstance(p, rule[0]) and isinstance(q, rule[1])]
    if not fitting:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
        )
    return RULES[min(fitting, key=distance)](p, q)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Any:
    fewer = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    fewer = f.where(q.probs == 0, math.inf, fewer)
    fewer = f.where(p.probs == 0, 0.0, fewer)
    others = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    others = f.where(q.probs == 1, math.inf, others)
    return fewer + f.where(p.probs == 1, 0.0, others)


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Any:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    found = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return f.where(p.total_count > q.total_count, math.inf, found)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Any:
    mine, other = (d._log_scale() + (-d.probs).log1p() for d in (p, q))
    return p.mean * (p.logits - q.logits) + mine - other


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Any:
    terms = p.probs * (p.logits - q.logits)
    terms = f.where(q.probs == 0, math.inf, terms)
    return f.where(p.probs == 0, 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: Any, q: Any) -> Any:
    return _categorical(p._categorical, q._categorical)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Any:
    """Chyzak and Nielsen 2019."""
    first = ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log()
    return first - (4 * p.scale * q.scale).log()


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Any:
    a, b, c, d = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    total, other = a + b, c + d
    first = (c.lgamma() + d.lgamma() + total.lgamma()) - (a.lgamma() + b.lgamma() + other.lgamma())
    return first + (a - c) * a.digamma() + (b - d) * b.digamma() + (other - total) * total.digamma()


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Any:
    total, other = p.concentration.sum(-1), q.concentration.sum(-1)
    first = total.lgamma() - other.lgamma()
    second = (p.concentration.lgamma() - q.concentration.lgamma()).sum(-1)
    moved = p.concentration.digamma() - total.digamma().unsqueeze(-1)
    return first - second + ((p.concentration - q.concentration) * moved).sum(-1)


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Any:
    first = q.concentration * (p.rate / q.rate).log() + q.concentration.lgamma() - p.concentration.lgamma()
    second = (p.concentration - q.concentration) * p.concentration.digamma()
    return first + second + (q.rate - p.rate) * (p.concentration / p.rate)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Any:
    ratio, moved = p.scale / q.scale, q.loc / q.scale - p.loc / q.scale
    return -ratio.log() - moved + ratio * EULER + (moved + (1 + ratio).lgamma()).exp() - (1 + EULER)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Any:
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + away / q.scale + ratio * (-away / p.scale).exp() - 1


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Any:
    """Half of: the trace of Q^-1 P, plus the squared distance of the means by Q, plus log det Q - log det P, less n."""
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be computed"
        )
    parts = _square_roots(p)
    away = q.loc - p.loc
    if isinstance(q, MultivariateNormal):
        tril = q._unbroadcasted_scale_tril
        trace = sum(_squares(solve_triangular(tril, part, upper=False)) for part in parts)
        squares = mahalanobis(tril, away)
    else:  # Q^-1 = D^-1 - A' A
        inner = solve_triangular(q._tril, q._scaled(), upper=False)
        roots = q._diagonal.rsqrt().unsqueeze(-1)
        trace = sum(_squares(part * roots) - _squares(inner @ part) for part in parts)
        squares = q._mahalanobis(away)
    return 0.5 * (_log_det(q) - _log_det(p) + trace + squares - p.event_shape[0])


def _square_roots(p: Any) -> list[Any]:
    """Matrices R whose R R' add up to the covariances."""
    if isinstance(p, MultivariateNormal):
        return [p._unbroadcasted_scale_tril]
    return [p._factor, p._diagonal.sqrt().diag_embed()]


def _squares(matrix: Any) -> Any:
    """The trace of R R'."""
    return matrix.pow(2).sum((-2, -1))


def _log_det(d: Any) -> Any:
    return 2 * d._half_log_det() if isinstance(d, MultivariateNormal) else d._log_det()


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: Any, q: Any) -> Any:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Any:
    ratio = q.alpha / p.alpha
    found = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return f.where(p.support.lower_bound < q.support.lower_bound, math.inf, found)


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Any:
    found = ((q.high - q.low) / (p.high - p.low)).log()
    return f.where((q.low > p.low) | (q.high < p.high), math.inf, found)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(ExponentialFamily, ExponentialFamily)
def _exponential_family(p: Any, q: Any) -> Any:
    """F(q) - F(p) - <q - p, F'(p)>, of the natural parameters: Bregman's divergence."""
    if type(p) is not type(q):
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}: two exponential "
            "families, whose common formula is for distributions of the same one"
        )
    normaliser, means = p._mean_statistics()
    found = q._log_normalizer(*q._natural_params) - normaliser
    for mine, other, mean in zip(p._natural_params, q._natural_params, means, strict=True):
        found = found - sum_rightmost((other - mine.detach()) * mean, len(q.event_shape))
    return found
