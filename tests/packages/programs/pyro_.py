"""pyro: probabilistic programs."""

from __future__ import annotations

import pyro
import pyro.distributions as dist
import torch
from pyro import poutine
from pyro.infer import (
    HMC,
    MCMC,
    NUTS,
    SVI,
    Importance,
    Predictive,
    RenyiELBO,
    Trace_ELBO,
    TraceEnum_ELBO,
    TraceGraph_ELBO,
    TraceMeanField_ELBO,
    config_enumerate,
    infer_discrete,
)
from pyro.infer.autoguide import (
    AutoDelta,
    AutoDiagonalNormal,
    AutoIAFNormal,
    AutoLaplaceApproximation,
    AutoLowRankMultivariateNormal,
    AutoMultivariateNormal,
    AutoNormal,
)
from pyro.nn import PyroModule, PyroSample
from torch import nn


def _data():
    torch.manual_seed(0)
    x = torch.randn(20, 2)
    return x, x @ torch.tensor([1.5, -0.7]) + 0.3 + 0.1 * torch.randn(20)


def regression(x, y=None):
    weight = pyro.sample("weight", dist.Normal(torch.zeros(2), 1).to_event(1))
    bias = pyro.sample("bias", dist.Normal(0.0, 1.0))
    noise = pyro.sample("noise", dist.LogNormal(-1.0, 1.0))
    with pyro.plate("data", len(x)):
        return pyro.sample("y", dist.Normal(x @ weight + bias, noise), obs=y)


def variational():
    """Each automatic guide, trained by each bound."""
    x, y = _data()
    for guide_kind in (
        AutoNormal,
        AutoDiagonalNormal,
        AutoDelta,
        AutoMultivariateNormal,
        AutoLowRankMultivariateNormal,
        AutoIAFNormal,
        AutoLaplaceApproximation,
    ):
        pyro.clear_param_store()
        pyro.set_rng_seed(1)
        guide = guide_kind(regression)
        svi = SVI(regression, guide, pyro.optim.Adam({"lr": 0.02}), Trace_ELBO())
        for step in range(6):
            yield f"{guide_kind.__name__}, {step}", svi.step(x, y)
        for name, value in pyro.get_param_store().items():
            yield f"{guide_kind.__name__}, {name}", value
        if guide_kind is AutoNormal:
            for name, value in guide.quantiles([0.25, 0.75]).items():
                yield f"quantiles of {name}", value
    for bound in (
        TraceMeanField_ELBO(),
        TraceGraph_ELBO(),
        RenyiELBO(alpha=0.5, num_particles=3),
        Trace_ELBO(num_particles=4, vectorize_particles=True),
    ):
        pyro.clear_param_store()
        pyro.set_rng_seed(2)
        svi = SVI(regression, AutoNormal(regression), pyro.optim.ClippedAdam({"lr": 0.02}), bound)
        if not isinstance(bound, Trace_ELBO) or bound.num_particles == 1:
            for step in range(4):
                yield f"{type(bound).__name__}, {step}", svi.step(x, y)


def chains():
    """Hamiltonian Monte Carlo."""
    x, y = _data()
    pyro.set_rng_seed(3)
    kernel = HMC(regression, step_size=0.02, num_steps=4, adapt_step_size=False, adapt_mass_matrix=False)
    chain = MCMC(kernel, num_samples=5, warmup_steps=3, disable_progbar=True)
    chain.run(x, y)
    for name, value in chain.get_samples().items():
        yield f"hmc, {name}", value
    pyro.set_rng_seed(4)
    chain = MCMC(NUTS(regression, max_tree_depth=3), num_samples=4, warmup_steps=4, disable_progbar=True)
    chain.run(x, y)
    for name, value in chain.get_samples().items():
        yield f"nuts, {name}", value.mean()
    predicted = Predictive(regression, chain.get_samples())(x)
    yield "predicted", str(predicted["y"].shape)


@config_enumerate
def mixture(data):
    weights = pyro.sample("weights", dist.Dirichlet(torch.full((2,), 0.5)))
    scale = pyro.sample("scale", dist.LogNormal(0.0, 2.0))
    with pyro.plate("components", 2):
        places = pyro.sample("places", dist.Normal(0.0, 10.0))
    with pyro.plate("data", len(data)):
        which = pyro.sample("which", dist.Categorical(weights))
        pyro.sample("obs", dist.Normal(places[which], scale), obs=data)


def discrete():
    """Discrete variables summed out."""
    data = torch.tensor([0.0, 1.0, 10.0, 11.0, 12.0])
    pyro.clear_param_store()
    pyro.set_rng_seed(5)
    hidden = poutine.block(mixture, expose=["weights", "places", "scale"])
    guide = AutoDelta(hidden)
    svi = SVI(mixture, guide, pyro.optim.Adam({"lr": 0.1, "betas": [0.8, 0.99]}), TraceEnum_ELBO(max_plate_nesting=1))
    for step in range(8):
        yield f"loss {step}", svi.step(data)
    yield from guide(data).items()
    trace = poutine.trace(poutine.replay(mixture, trace=poutine.trace(guide).get_trace(data))).get_trace(data)
    pyro.set_rng_seed(6)
    found = infer_discrete(poutine.condition(mixture, data=guide(data)), temperature=0, first_available_dim=-2)
    yield "assigned", poutine.trace(found).get_trace(data).nodes["which"]["value"]
    yield "log probability", trace.log_prob_sum()


class Net(PyroModule):
    def __init__(self):
        super().__init__()
        self.first = PyroModule[nn.Linear](2, 3)
        self.first.weight = PyroSample(dist.Normal(0.0, 1.0).expand([3, 2]).to_event(2))
        self.last = PyroModule[nn.Linear](3, 1)

    def forward(self, x, y=None):
        mean = self.last(torch.tanh(self.first(x))).squeeze(-1)
        with pyro.plate("data", len(x)):
            pyro.sample("y", dist.Normal(mean, 0.1), obs=y)
        return mean


def networks():
    """A network with random weights, and inference by importance."""
    x, y = _data()
    pyro.clear_param_store()
    pyro.set_rng_seed(7)
    net = Net()
    guide = AutoDiagonalNormal(net)
    svi = SVI(net, guide, pyro.optim.Adam({"lr": 0.01}), Trace_ELBO())
    for step in range(6):
        yield f"loss {step}", svi.step(x, y)
    yield "shapes", poutine.trace(net).get_trace(x).format_shapes()
    yield "repr", repr(net)
    importance = Importance(regression, num_samples=5).run(x, y)
    yield "evidence", importance.get_log_normalizer()


def distributions():
    """Pyro's own distributions."""
    pyro.set_rng_seed(8)
    for one in (
        dist.Delta(torch.tensor(1.0)),
        dist.BetaBinomial(2.0, 3.0, 5),
        dist.GammaPoisson(2.0, 1.0),
        dist.ZeroInflatedPoisson(torch.tensor(2.0), gate=torch.tensor(0.3)),
        dist.DirichletMultinomial(torch.ones(3), 4),
        dist.InverseGamma(2.0, 1.0),
        dist.MaskedMixture(torch.tensor([True, False]), dist.Normal(torch.zeros(2), 1), dist.Normal(torch.ones(2), 1)),
        dist.Stable(1.5, 0.2),
        dist.Logistic(0.0, 1.0),
        dist.SkewLogistic(torch.tensor(0.0), torch.tensor(1.0)),
        dist.OrderedLogistic(torch.tensor(0.3), torch.tensor([-1.0, 1.0])),
        dist.Normal(0.0, 1.0).expand([2]).mask(torch.tensor([True, False])),
        dist.MultivariateStudentT(torch.tensor(3.0), torch.zeros(2), torch.eye(2)),
        dist.AsymmetricLaplace(0.0, 1.0, 2.0),
        dist.TransformedDistribution(dist.Normal(torch.zeros(3), 1), [dist.transforms.affine_coupling(3, [4])]),
        dist.TransformedDistribution(dist.Normal(torch.zeros(3), 1), [dist.transforms.planar(3)]),
        dist.TransformedDistribution(dist.Normal(torch.zeros(3), 1), [dist.transforms.spline(3)]),
    ):
        drawn = one.sample()
        yield type(one).__name__, drawn
        if not isinstance(one, dist.Stable):
            yield f"{type(one).__name__}, log probability", one.log_prob(drawn)
        yield f"{type(one).__name__}, repr", repr(one) if "transforms" not in repr(one) else ""
