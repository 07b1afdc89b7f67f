"""A few steps with each of several packages."""

from __future__ import annotations

import torch
import torch_optimizer
import torchsde
from backpack import backpack as passes, extend, extensions
from botorch.acquisition import LogExpectedImprovement, qExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf
from e3nn import o3
from gpytorch.mlls import ExactMarginalLogLikelihood
from laplace import Laplace
from nflows.flows.autoregressive import MaskedAutoregressiveFlow
from nflows.flows.realnvp import SimpleRealNVP
from opacus import PrivacyEngine
from pytorch_metric_learning import losses, miners
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def botorch():
    """A Gaussian process, and where to look next."""
    torch.manual_seed(0)
    x = torch.rand(8, 2, dtype=torch.double)
    y = x.sin().sum(-1, keepdim=True)
    y = (y - y.mean()) / y.std()
    model = SingleTaskGP(x, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    yield "mean", model.posterior(x).mean.float()
    torch.manual_seed(1)
    bounds = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.double)
    found, value = optimize_acqf(
        LogExpectedImprovement(model, best_f=y.max()), bounds, q=1, num_restarts=2, raw_samples=8
    )
    yield "next", found.float().round(decimals=3)
    yield "improvement", value.float().round(decimals=3)
    torch.manual_seed(1)
    yield "drawn", qExpectedImprovement(model, best_f=y.max())(x[:2].unsqueeze(0)).float()


class _Equation(nn.Module):
    noise_type = "diagonal"
    sde_type = "ito"

    def __init__(self):
        super().__init__()
        self.drift = nn.Linear(2, 2)

    def f(self, t, y):
        return self.drift(y)

    def g(self, t, y):
        return 0.1 * torch.ones_like(y)


def stochastic_equations():
    """torchsde: solutions, and gradients through them and by the adjoint."""
    for solve in (torchsde.sdeint, torchsde.sdeint_adjoint):
        torch.manual_seed(0)
        equation = _Equation()
        noise = torchsde.BrownianInterval(0, 1, size=(3, 2), entropy=3, levy_area_approximation="space-time")
        path = solve(equation, torch.ones(3, 2), torch.linspace(0, 1, 4), dt=0.1, bm=noise)
        yield f"{solve.__name__}, path", path
        path.sum().backward()
        yield f"{solve.__name__}, gradient", equation.drift.weight.grad


def laplace():
    """Posteriors by curvature of several forms."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    x = torch.randn(20, 2)
    data = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 5)
    for form in ("diag", "kron", "full"):
        posterior = Laplace(net, "regression", subset_of_weights="all", hessian_structure=form)
        posterior.fit(data)
        yield f"{form}, variance", posterior(x[:3])[1]
        yield f"{form}, evidence", posterior.log_marginal_likelihood()


def curvature():
    """backpack: what besides the gradient comes of one backward."""
    torch.manual_seed(0)
    net = extend(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)))
    loss = extend(nn.CrossEntropyLoss())
    x, y = torch.randn(4, 1, 6, 6), torch.tensor([0, 1, 2, 0])
    names = (
        "BatchGrad",
        "Variance",
        "DiagGGNExact",
        "BatchL2Grad",
        "DiagHessian",
        "SumGradSquared",
        "BatchDiagGGNExact",
    )
    with passes(*[getattr(extensions, name)() for name in names]):
        loss(net(x), y).backward()
    for key, p in net.named_parameters():
        for name in ("grad", "grad_batch", "variance", "diag_ggn_exact", "batch_l2", "diag_h", "sum_grad_squared"):
            yield f"{key}, {name}", getattr(p, name)


def equivariance():
    """e3nn: spherical harmonics and products of irreducible representations."""
    torch.manual_seed(0)
    yield "harmonics", o3.spherical_harmonics([0, 1, 2], torch.randn(2, 3), True)
    product = o3.FullyConnectedTensorProduct("1x0e+1x1o", "1x0e+1x1o", "2x0e+1x1o")
    x = torch.randn(2, 4, requires_grad=True)
    out = product(x, torch.randn(2, 4))
    yield "product", out
    out.square().sum().backward()
    yield "gradient", x.grad
    yield "linear", o3.Linear("2x0e+1x1o", "1x0e+1x1o")(torch.randn(2, 5))
    yield "coupling", o3.wigner_3j(1, 1, 2)
    yield "rotation", o3.Irreps("1o+2e").D_from_angles(*torch.tensor([0.1, 0.2, 0.3]))


def privacy():
    """opacus: noise on gradients of single samples."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    data = DataLoader(TensorDataset(torch.randn(16, 4), torch.randint(0, 2, (16,))), 4)
    engine = PrivacyEngine()
    net, optimizer, data = engine.make_private(
        module=net, optimizer=optimizer, data_loader=data, noise_multiplier=1.0, max_grad_norm=1.0
    )
    for at, (x, y) in enumerate(data):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        yield f"loss {at}", loss
    yield "spent", engine.get_epsilon(1e-5)


def flows():
    """nflows: densities, learned and drawn from."""
    torch.manual_seed(0)
    for make in (SimpleRealNVP, MaskedAutoregressiveFlow):
        flow = make(4, 8, 2, 1)
        optimizer = torch.optim.Adam(flow.parameters(), lr=1e-2)
        x = torch.randn(16, 4)
        for step in range(4):
            loss = -flow.log_prob(x).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield f"{make.__name__}, loss {step}", loss
        yield f"{make.__name__}, drawn", flow.sample(3)


def metric_learning():
    """Losses of pairs and triplets."""
    torch.manual_seed(0)
    names = "TripletMarginLoss ContrastiveLoss NTXentLoss MultiSimilarityLoss CircleLoss SupConLoss LiftedStructureLoss FastAPLoss"
    labels = torch.randint(0, 3, (12,))
    for name in names.split():
        x = nn.functional.normalize(torch.randn(12, 4)).requires_grad_()
        loss = getattr(losses, name)()(x, labels)
        loss.backward()
        yield name, loss
        yield f"{name}, gradient", x.grad
    for at, places in enumerate(miners.BatchHardMiner()(x, labels)):
        yield f"hard {at}", places


def optimizers():
    """torch_optimizer: a few steps of each."""
    for name in (
        "A2GradExp A2GradInc A2GradUni AccSGD AdaBelief AdaBound Adafactor AdaMod AdamP AggMo Apollo DiffGrad Lamb MADGRAD NovoGrad PID QHAdam "
        "QHM RAdam SGDP SGDW SWATS Shampoo Yogi"
    ).split():
        torch.manual_seed(0)
        w = torch.randn(3, 2, requires_grad=True)
        optimizer = getattr(torch_optimizer, name)([w], lr=0.01)
        for _ in range(5):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()
        yield name, w
