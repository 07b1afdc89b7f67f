"""gpytorch: Gaussian processes."""

from __future__ import annotations

import warnings

import gpytorch
import torch
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import (
    CosineKernel,
    LinearKernel,
    MaternKernel,
    PeriodicKernel,
    PiecewisePolynomialKernel,
    PolynomialKernel,
    RBFKernel,
    RQKernel,
    ScaleKernel,
    SpectralMixtureKernel,
)
from linear_operator import to_linear_operator
from linear_operator.operators import (
    AddedDiagLinearOperator,
    DiagLinearOperator,
    KroneckerProductLinearOperator,
    LowRankRootLinearOperator,
    ToeplitzLinearOperator,
)

warnings.filterwarnings("ignore")


class Exact(gpytorch.models.ExactGP):
    def __init__(self, x, y, likelihood, kernel):
        super().__init__(x, y, likelihood)
        self.mean_module = gpytorch.means.ConstantMean()
        self.covar_module = kernel

    def forward(self, x):
        return MultivariateNormal(self.mean_module(x), self.covar_module(x))


def _data(dtype=torch.float64):
    torch.manual_seed(0)
    x = torch.linspace(0, 1, 20, dtype=dtype)
    return x, torch.sin(6 * x) + 0.1 * torch.randn(20, dtype=dtype)


def exact():
    """Trained by the marginal likelihood, and what it predicts."""
    for name, kernel in (
        ("rbf", ScaleKernel(RBFKernel())),
        ("matern", ScaleKernel(MaternKernel(nu=1.5))),
        ("sum", ScaleKernel(RBFKernel()) + PeriodicKernel() * LinearKernel()),
        ("rq", ScaleKernel(RQKernel())),
    ):
        x, y = _data()
        likelihood = gpytorch.likelihoods.GaussianLikelihood().double()
        model = Exact(x, y, likelihood, kernel).double()
        model.train()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        score = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, model)
        for step in range(15):
            optimizer.zero_grad()
            loss = -score(model(x), y)
            loss.backward()
            optimizer.step()
            yield f"{name}, loss {step}", loss
        model.eval()
        with torch.no_grad(), gpytorch.settings.fast_pred_var():
            new = torch.linspace(-0.2, 1.2, 7, dtype=torch.float64)
            predicted = likelihood(model(new))
            yield f"{name}, mean", predicted.mean
            yield f"{name}, variance", predicted.variance
            low, high = predicted.confidence_region()
            yield f"{name}, low", low
            yield f"{name}, high", high
            torch.manual_seed(1)
            yield f"{name}, drawn", predicted.rsample(torch.Size([2]))
        yield f"{name}, repr", repr(model)
        for key, value in model.state_dict().items():
            yield f"{name}, {key}", value


def kernels():
    """The matrix of each kernel, and its gradients."""
    torch.manual_seed(0)
    a, b = torch.randn(4, 2, dtype=torch.float64), torch.randn(3, 2, dtype=torch.float64)
    for kernel in (
        RBFKernel(ard_num_dims=2), MaternKernel(0.5), MaternKernel(2.5), PeriodicKernel(), LinearKernel(), RQKernel(),
        CosineKernel(), PolynomialKernel(2), PiecewisePolynomialKernel(q=2), SpectralMixtureKernel(2, ard_num_dims=2),
    ):  # fmt: skip
        kernel.double()
        name = repr(kernel).split("(")[0]
        x = a.clone().requires_grad_()
        out = kernel(x, b).to_dense()
        yield name, out
        out.sin().sum().backward()
        yield f"{name}, gradient", x.grad
        for key, value in kernel.named_parameters():
            yield f"{name}, {key}", value.grad
        yield f"{name}, diagonal", kernel(a, diag=True)


def operators():
    """Matrices that are never made."""
    torch.manual_seed(2)
    square = torch.randn(5, 5, dtype=torch.float64)
    matrix = (square @ square.mT + 5 * torch.eye(5, dtype=torch.float64)).requires_grad_()
    vector = torch.randn(5, dtype=torch.float64)
    operator = to_linear_operator(matrix)
    found = (
        ("solve", operator.solve(vector.unsqueeze(1))),
        ("logdet", operator.logdet()),
        ("quadratic", operator.inv_quad_logdet(vector.unsqueeze(1), logdet=True)[0]),
        ("matmul", operator @ vector),
        ("cholesky", operator.cholesky().to_dense()),
        ("added", AddedDiagLinearOperator(operator, DiagLinearOperator(vector.exp())).solve(vector)),
        ("sum", operator.sum(-1)),
        ("root", operator.root_decomposition().to_dense()),
    )
    for name, value in found:
        yield name, value
        yield f"{name}, gradient", torch.autograd.grad(value.sum(), matrix, retain_graph=True)[0]
    yield "toeplitz", ToeplitzLinearOperator(vector).to_dense() @ vector
    yield "toeplitz product", ToeplitzLinearOperator(vector) @ vector
    yield "kronecker", KroneckerProductLinearOperator(operator, operator).logdet()
    low = LowRankRootLinearOperator(square[:, :2]).add_diagonal(torch.tensor(1.0, dtype=torch.float64))
    yield "low rank", low.solve(vector)
    yield "torch's names", torch.linalg.solve(operator, vector.unsqueeze(1))
    with gpytorch.settings.max_cholesky_size(1), gpytorch.settings.cg_tolerance(1e-10):
        torch.manual_seed(3)
        yield "conjugate gradients", to_linear_operator(matrix).solve(vector)


class Variational(gpytorch.models.ApproximateGP):
    def __init__(self, points):
        distribution = gpytorch.variational.CholeskyVariationalDistribution(points.size(0))
        super().__init__(gpytorch.variational.VariationalStrategy(self, points, distribution))
        self.mean_module = gpytorch.means.ConstantMean()
        self.covar_module = ScaleKernel(RBFKernel())

    def forward(self, x):
        return MultivariateNormal(self.mean_module(x), self.covar_module(x))


def variational():
    """Approximate ones: of numbers, and of classes. In single precision results move by 4e-5 if the last digits of x do."""
    for name, likelihood, target in (
        ("numbers", gpytorch.likelihoods.GaussianLikelihood().double(), lambda y: y),
        ("classes", gpytorch.likelihoods.BernoulliLikelihood(), lambda y: (y > 0).double()),
    ):
        x, y = _data(torch.float64)
        y = target(y)
        torch.manual_seed(4)
        model = Variational(torch.linspace(0, 1, 6)).double()
        score = gpytorch.mlls.VariationalELBO(likelihood, model, num_data=20)
        optimizer = torch.optim.Adam([*model.parameters(), *likelihood.parameters()], lr=0.05)
        for step in range(10):
            optimizer.zero_grad()
            loss = -score(model(x), y)
            loss.backward()
            optimizer.step()
            yield f"{name}, loss {step}", loss
        model.eval()
        yield f"{name}, mean", likelihood(model(x)).mean


class Tasks(gpytorch.models.ExactGP):
    def __init__(self, x, y, likelihood):
        super().__init__(x, y, likelihood)
        self.mean_module = gpytorch.means.MultitaskMean(gpytorch.means.ConstantMean(), num_tasks=2)
        self.covar_module = gpytorch.kernels.MultitaskKernel(RBFKernel(), num_tasks=2, rank=1)

    def forward(self, x):
        return gpytorch.distributions.MultitaskMultivariateNormal(self.mean_module(x), self.covar_module(x))


def several():
    """Two outputs at once."""
    torch.manual_seed(5)
    x, y = _data()
    y = torch.stack([y, y.cos()], -1)
    likelihood = gpytorch.likelihoods.MultitaskGaussianLikelihood(num_tasks=2)
    model = Tasks(x, y, likelihood).double()
    likelihood.double()
    score = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for step in range(8):
        optimizer.zero_grad()
        loss = -score(model(x), y)
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
    model.eval()
    likelihood.eval()
    yield "mean", likelihood(model(x[:5])).mean
