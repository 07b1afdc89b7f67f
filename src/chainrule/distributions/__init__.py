"""``torch.distributions``: distributions to draw from and to weigh values by, constraints, transforms, divergences.

Draws are PyTorch's, number for number.

>>> import chainrule as torch
>>> torch.distributions.Normal(0., 1.)
Normal(loc: 0.0, scale: 1.0)
"""

from __future__ import annotations

import sys
from typing import Any

from . import (
    _kl_of_two_families,
    bernoulli,
    categorical,
    cauchy,
    constraint_registry,
    constraints,
    continuous_bernoulli,
    distribution,
    exp_family,
    exponential,
    gamma,
    generalized_pareto,
    kl,
    lkj_cholesky,
    lowrank_multivariate_normal,
    multivariate_normal,
    normal,
    normal_transformed,
    poisson,
    relaxed,
    transformed,
    transforms,
    uniform,
    unit_interval,
    utils,
    von_mises,
    wishart,
)
from .bernoulli import Bernoulli, Binomial, Geometric, NegativeBinomial
from .categorical import Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough
from .cauchy import Cauchy, HalfCauchy
from .constraint_registry import biject_to, transform_to
from .continuous_bernoulli import ContinuousBernoulli
from .distribution import Distribution
from .exp_family import ExponentialFamily
from .exponential import Exponential, Gumbel, Laplace, Pareto, Weibull
from .gamma import Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, InverseGamma, StudentT
from .generalized_pareto import GeneralizedPareto
from .kl import kl_divergence, register_kl
from .lkj_cholesky import LKJCholesky
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal
from .normal import Normal
from .normal_transformed import HalfNormal, LogNormal
from .poisson import Poisson
from .relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from .transformed import Independent, MixtureSameFamily, TransformedDistribution
from .transforms import *
from .uniform import Uniform
from .unit_interval import Kumaraswamy, LogisticNormal
from .von_mises import VonMises
from .wishart import Wishart

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "ContinuousBernoulli", "Dirichlet", "Distribution",
    "Exponential", "ExponentialFamily", "FisherSnedecor", "Gamma", "GeneralizedPareto", "Geometric", "Gumbel", "HalfCauchy",
    "HalfNormal", "Independent", "InverseGamma", "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal", "LogisticNormal",
    "LowRankMultivariateNormal", "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson", "RelaxedBernoulli",
    "RelaxedOneHotCategorical", "StudentT", "TransformedDistribution", "Uniform", "VonMises", "Weibull", "Wishart", "biject_to",
    "constraints", "kl", "kl_divergence", "register_kl", "transform_to", "transforms", "utils", *transforms.__all__,
]  # fmt: skip

for _name, _home in {
    "beta": gamma,
    "binomial": bernoulli,
    "chi2": gamma,
    "dirichlet": gamma,
    "fishersnedecor": gamma,
    "geometric": bernoulli,
    "gumbel": exponential,
    "half_cauchy": cauchy,
    "half_normal": normal_transformed,
    "independent": transformed,
    "inverse_gamma": gamma,
    "kumaraswamy": unit_interval,
    "laplace": exponential,
    "log_normal": normal_transformed,
    "logistic_normal": unit_interval,
    "mixture_same_family": transformed,
    "multinomial": categorical,
    "negative_binomial": bernoulli,
    "one_hot_categorical": categorical,
    "pareto": exponential,
    "relaxed_bernoulli": relaxed,
    "relaxed_categorical": relaxed,
    "studentT": gamma,
    "transformed_distribution": transformed,
    "weibull": exponential,
}.items():  # PyTorch has a module for each distribution
    sys.modules[f"{__name__}.{_name}"] = globals()[_name] = _home


def __getattr__(name: str) -> Any:
    from .._missing import missing_name

    raise missing_name(__name__, name)


def __dir__() -> list[str]:
    from .._missing import listed

    return listed(__name__, globals())
