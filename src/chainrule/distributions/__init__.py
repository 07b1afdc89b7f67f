"""``torch.distributions``: distributions to draw from and to weigh values by, constraints, transforms, divergences.

Draws are PyTorch's, number for number.

>>> import chainrule as torch
>>> torch.distributions.Normal(0., 1.)
Normal(loc: 0.0, scale: 1.0)
"""

from __future__ import annotations

from typing import Any

from . import constraints, kl, transforms
from .bernoulli import Bernoulli, Binomial, Geometric, NegativeBinomial
from .categorical import Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough
from .cauchy import Cauchy, HalfCauchy
from .distribution import Distribution
from .exponential import Exponential, Gumbel, Laplace, Pareto, Weibull
from .gamma import Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, InverseGamma, StudentT
from .kl import kl_divergence, register_kl
from .multivariate_normal import MultivariateNormal
from .normal import Normal
from .normal_transformed import HalfNormal, LogNormal
from .poisson import Poisson
from .relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from .transformed import Independent, MixtureSameFamily, TransformedDistribution
from .transforms import *
from .uniform import Uniform
from .unit_interval import Kumaraswamy, LogisticNormal

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "Dirichlet", "Distribution",
    "Exponential", "FisherSnedecor", "Gamma", "Geometric", "Gumbel", "HalfCauchy", "HalfNormal",
    "Independent", "InverseGamma", "Kumaraswamy", "Laplace", "LogNormal", "LogisticNormal",
    "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson", "RelaxedBernoulli",
    "RelaxedOneHotCategorical", "StudentT", "TransformedDistribution", "Uniform", "Weibull", "constraints",
    "kl", "kl_divergence", "register_kl", "transforms", *transforms.__all__,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)
