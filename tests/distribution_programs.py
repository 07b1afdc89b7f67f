"""What a distribution is and does, in PyTorch when recording, in chainrule when testing: as JSON can hold it."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np

PROGRAMS = """
D.Normal(v, p)
D.Normal(0., 2.)
D.Normal(v, -1.)
D.LogNormal(v, p)
D.HalfNormal(v)
D.Uniform(0., v)
D.Uniform(v, 1.)
D.Exponential(v)
D.Laplace(v, p)
D.Gumbel(v, p)
D.Weibull(v, p)
D.Pareto(v, m)
D.Cauchy(v, p)
D.HalfCauchy(v)
D.Bernoulli(p)
D.Bernoulli(logits=v)
D.Bernoulli(v)
D.Bernoulli()
D.Geometric(p)
D.Binomial(4, p)
D.Binomial(n, logits=v)
D.NegativeBinomial(v, logits=p)
D.Poisson(v)
D.Categorical(m)
D.Categorical(logits=m)
D.Categorical(torch.tensor(1.))
D.OneHotCategorical(v)
D.OneHotCategoricalStraightThrough(m)
D.Multinomial(5, m)
D.Gamma(v, p)
D.Chi2(v)
D.InverseGamma(v + 2, p)
D.Dirichlet(m)
D.Beta(v, p)
D.StudentT(v, p)
D.FisherSnedecor(v + 4, p + 5)
D.Independent(D.Normal(m, 1.), 1)
D.Independent(D.Normal(m, 1.), 3)
D.MixtureSameFamily(D.Categorical(v), D.Normal(v, p))
D.TransformedDistribution(D.Normal(v, p), [D.SigmoidTransform(), D.AffineTransform(1., -2.)])
D.TransformedDistribution(D.Normal(m, 1.), D.StickBreakingTransform())
D.TransformedDistribution(D.Normal(v, p), [D.TanhTransform(), D.ExpTransform(), D.PowerTransform(2.)])
D.TransformedDistribution(D.Normal(v, p), 3)
D.RelaxedBernoulli(v, logits=v)
D.RelaxedOneHotCategorical(torch.tensor(.7), m)
D.Kumaraswamy(v, p)
D.LogisticNormal(m, 1.)
D.MultivariateNormal(m, torch.diag(p) + .1)
D.MultivariateNormal(v, precision_matrix=torch.diag(p) + .1)
D.MultivariateNormal(m, scale_tril=(torch.diag(p) + .1).tril())
D.MultivariateNormal(m, torch.diag(-p))
D.MultivariateNormal(m)
D.kl_divergence(D.MultivariateNormal(v, torch.diag(p) + .1), D.MultivariateNormal(m, torch.diag(v) + .2))
D.kl_divergence(D.Normal(v, p), D.Normal(p, v))
D.kl_divergence(D.LogNormal(v, p), D.LogNormal(p, v))
D.kl_divergence(D.HalfNormal(v), D.HalfNormal(p))
D.kl_divergence(D.Bernoulli(p), D.Bernoulli(logits=v))
D.kl_divergence(D.Binomial(4, p), D.Binomial(4, logits=v))
D.kl_divergence(D.Categorical(v), D.Categorical(logits=m))
D.kl_divergence(D.Geometric(p), D.Geometric(logits=v))
D.kl_divergence(D.Cauchy(v, p), D.Cauchy(p, v))
D.kl_divergence(D.Beta(v, p), D.Beta(p, v))
D.kl_divergence(D.Dirichlet(v), D.Dirichlet(p))
D.kl_divergence(D.Exponential(v), D.Exponential(p))
D.kl_divergence(D.Gamma(v, p), D.Gamma(p, v))
D.kl_divergence(D.Exponential(v), D.Gamma(p, v))
D.kl_divergence(D.Gumbel(v, p), D.Gumbel(p, v))
D.kl_divergence(D.Laplace(v, p), D.Laplace(p, v))
D.kl_divergence(D.Poisson(v), D.Poisson(p))
D.kl_divergence(D.Pareto(v, p), D.Pareto(p, v))
D.kl_divergence(D.Uniform(0., p), D.Uniform(-.1, v))
D.kl_divergence(D.Uniform(0., p), D.Normal(v, p))
D.kl_divergence(D.Independent(D.Normal(m, 1.), 1), D.Independent(D.Normal(v, m), 1))
D.VonMises(v, p)
D.VonMises(0., 1e-6)
D.ContinuousBernoulli(p)
D.ContinuousBernoulli(logits=v)
D.ContinuousBernoulli(torch.tensor([.4991, .6]), lims=(.4, .6))
D.ContinuousBernoulli(v, validate_args=True)
D.Wishart(v.detach() + 2, (torch.diag(p) + .1).detach())
D.Wishart(7., precision_matrix=torch.diag(p.detach()) + .1)
D.Wishart(torch.tensor([3., 5.]), scale_tril=(torch.diag(p.detach()) + .1).tril())
D.Wishart(1., torch.eye(3))
D.Wishart(4.)
D.LKJCholesky(3, v)
D.LKJCholesky(2)
D.LKJCholesky(1)
D.LowRankMultivariateNormal(v, m.mT, p)
D.LowRankMultivariateNormal(m, v[:, None], p)
D.LowRankMultivariateNormal(v, m, p)
D.GeneralizedPareto(v, p, v - 1)
D.GeneralizedPareto(0., v, 0.)
D.TransformedDistribution(D.Normal(v, p), D.CumulativeDistributionTransform(D.Normal(0., 2.)))
D.TransformedDistribution(D.Normal(v, p), D.CorrCholeskyTransform())
D.TransformedDistribution(D.Normal(m, 1.), D.CatTransform([D.ExpTransform(), D.AffineTransform(1., p[0])], -1, [2, 1]))
D.TransformedDistribution(D.Normal(m, 1.), D.StackTransform([D.ExpTransform(), D.TanhTransform()], 0))
D.kl_divergence(D.ContinuousBernoulli(p), D.ContinuousBernoulli(logits=v))
D.kl_divergence(D.Wishart(v + 2, torch.diag(p) + .1), D.Wishart(5., torch.diag(v) + .2))
D.kl_divergence(D.Bernoulli(p), D.Poisson(v))
D.kl_divergence(D.Beta(v, p), D.ContinuousBernoulli(p))
D.kl_divergence(D.Beta(v, p), D.Exponential(v))
D.kl_divergence(D.Beta(v, p), D.Gamma(p, v))
D.kl_divergence(D.Beta(v, p), D.Normal(p, v))
D.kl_divergence(D.Beta(v, p), D.Pareto(.05, v))
D.kl_divergence(D.Beta(v, p), D.Uniform(-.1, v))
D.kl_divergence(D.ContinuousBernoulli(p), D.Exponential(v))
D.kl_divergence(D.ContinuousBernoulli(p), D.Normal(p, v))
D.kl_divergence(D.ContinuousBernoulli(p), D.Pareto(.05, v))
D.kl_divergence(D.Exponential(v), D.Beta(v, p))
D.kl_divergence(D.Exponential(v), D.Gumbel(p, v))
D.kl_divergence(D.Exponential(v), D.Normal(p, v))
D.kl_divergence(D.Gamma(p, v), D.Exponential(p))
D.kl_divergence(D.Gamma(p, v), D.Gumbel(p, v))
D.kl_divergence(D.Gamma(p, v), D.Normal(p, v))
D.kl_divergence(D.Gamma(p, v), D.Uniform(-.1, v))
D.kl_divergence(D.Gumbel(v, p), D.Normal(p, v))
D.kl_divergence(D.Gumbel(v, p), D.Gamma(p, v))
D.kl_divergence(D.Laplace(v, p), D.Normal(p, v))
D.kl_divergence(D.Laplace(v, p), D.Pareto(.05, v))
D.kl_divergence(D.Normal(v, p), D.Gumbel(p, v))
D.kl_divergence(D.Normal(v, p), D.Laplace(p, v))
D.kl_divergence(D.Normal(v, p), D.Uniform(-.1, v))
D.kl_divergence(D.Pareto(p, v), D.Exponential(v))
D.kl_divergence(D.Pareto(p, v), D.Gamma(p, v))
D.kl_divergence(D.Pareto(p, v), D.Normal(p, v))
D.kl_divergence(D.Pareto(p, v), D.Uniform(-.1, v))
D.kl_divergence(D.Poisson(v), D.Binomial(3, p))
D.kl_divergence(D.Uniform(.1, p), D.Beta(v, p))
D.kl_divergence(D.Uniform(.1, p), D.Exponential(v))
D.kl_divergence(D.Uniform(.1, p), D.Gamma(p, v))
D.kl_divergence(D.Uniform(.1, p), D.Gumbel(p, v))
D.kl_divergence(D.Uniform(.1, p), D.Pareto(.05, v))
D.kl_divergence(D.Uniform(-.1, p.detach()), D.Gamma(v.detach(), p.detach()))
D.kl_divergence(D.LowRankMultivariateNormal(v, m.mT, p), D.MultivariateNormal(p, torch.diag(v) + .2))
D.kl_divergence(D.MultivariateNormal(v, torch.diag(p) + .1), D.LowRankMultivariateNormal(p, m.mT, v))
D.kl_divergence(D.LowRankMultivariateNormal(v, m.mT, p), D.LowRankMultivariateNormal(p, v[:, None], v))
D.kl_divergence(D.Poisson(v), D.Gamma(v, p))
D.transform_to(D.constraints.interval(-1., 2.))(v)
D.transform_to(D.constraints.less_than(2.)).inv(p)
D.transform_to(D.constraints.simplex)(m)
D.biject_to(D.constraints.simplex)(m)
D.transform_to(D.constraints.corr_cholesky)(m)
D.transform_to(D.constraints.positive_definite).inv(torch.diag(v) + .1)
D.transform_to(D.constraints.lower_cholesky)(torch.diag(v) + .1)
D.biject_to(D.constraints.lower_cholesky)
D.biject_to(D.constraints.independent(D.constraints.positive, 1)).log_abs_det_jacobian(m, m.exp())
D.transform_to(D.constraints.stack([D.constraints.real, D.constraints.positive], 0))(m)
D.transform_to(D.constraints.cat([D.constraints.real, D.constraints.positive], -1, [1, 2]))(m)
D.constraints.positive_semidefinite.check(torch.diag(v.detach() - .3))
D.constraints.symmetric.check(m)
D.constraints.square.check(m)
D.constraints.corr_cholesky.check(torch.eye(3))
D.constraints.cat([D.constraints.simplex, D.constraints.positive], 0).event_dim
D.utils.tril_matrix_to_vec(torch.diag(v) + 1., -1)
D.utils.vec_to_tril_matrix(m, 1)
D.utils.vec_to_tril_matrix(v, -1)
D.utils.vec_to_tril_matrix(m[0, :2])
D.kl_divergence(D.Normal(v, p), D.Cauchy(v, p))
"""

ASKED = {
    "mean": lambda d, s, torch: d.mean,
    "variance": lambda d, s, torch: d.variance,
    "mode": lambda d, s, torch: d.mode,
    "entropy": lambda d, s, torch: d.entropy(),
    "log_prob": lambda d, s, torch: d.log_prob(s),
    "cdf": lambda d, s, torch: d.cdf(s),
    "icdf": lambda d, s, torch: d.icdf(torch.tensor([0.1, 0.5, 0.99])),
    "of NaN": lambda d, s, torch: d.log_prob(torch.tensor(float("nan"))),
    "of -1.5": lambda d, s, torch: d.log_prob(torch.tensor(-1.5)),
    "support": lambda d, s, torch: d.enumerate_support(),
    "larger": lambda d, s, torch: d.expand((2, *d.batch_shape)).sample(),
}


def facts(torch: ModuleType, program: str) -> dict[str, Any]:
    """Draws, densities and moments of the distribution, or the value, that the program makes."""
    torch.manual_seed(1)
    names = {
        "torch": torch,
        "D": torch.distributions,
        "v": torch.tensor([0.3, 1.2, 2.5], requires_grad=True),
        "p": torch.tensor([0.2, 0.5, 0.9], requires_grad=True),
        "m": torch.tensor([[0.5, 1.0, 2.0], [3.0, 0.2, 1.0]], requires_grad=True),
        "n": torch.tensor([0.0, 1.0, 3.0]),
    }
    leaves = [names[name] for name in "vpm"]
    with warnings.catch_warnings(action="ignore"):
        made = told(torch, leaves, lambda: eval(program, names))
        if not isinstance(made, torch.distributions.Distribution):
            return {"value": made}
        sample = made.sample((2,))
        found = {"shown": repr(made), "shapes": [list(made.batch_shape), list(made.event_shape)]}
        found["sample"] = told(torch, leaves, lambda: sample)
        if made.has_rsample:
            found["rsample"] = told(torch, leaves, lambda: made.rsample((2,)))
        for name, ask in ASKED.items():
            found[name] = told(torch, leaves, lambda ask=ask: ask(made, sample, torch))
        found["next"] = plain(torch.rand(1).numpy())
    return found


def told(torch: ModuleType, leaves: list[Any], ask: Any) -> Any:
    """A tensor's numbers, and the gradients of their sum, weighted 1, 2, 3 ...; the class of an exception; else the answer itself."""
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return type(error).__name__
    if not isinstance(answer, torch.Tensor):
        return answer
    told = [str(answer.dtype), plain(answer.detach().numpy())]
    if answer.requires_grad:
        weights = torch.arange(1.0, answer.numel() + 1).reshape(answer.shape)
        try:
            gradients = torch.autograd.grad((answer * weights).sum(), leaves, allow_unused=True, retain_graph=True)
        except NotImplementedError:
            return [*told, "no derivative"]
        told += [None if g is None or not g.any() else plain(g.numpy()) for g in gradients]
    return told


def plain(array: Any) -> Any:
    """Nested lists of numbers of seven digits; those that JSON has no words for as text."""
    if array.ndim:
        return [plain(one) for one in array]
    if array.dtype.kind in "bi":
        return int(array)
    return float(f"{array:.7g}") if np.isfinite(array) else str(float(array))
