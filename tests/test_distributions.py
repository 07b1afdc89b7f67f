"""Distributions: PyTorch's draws, densities and divergences (golden/distributions.json), and what must hold of any."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
from distribution_programs import facts

import chainrule as torch
from chainrule.functions.gamma_draws import sample_dirichlet, standard_gamma

D = torch.distributions

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "distributions.json").read_text())

TOLERANCE = 1e-4
OF_DRAWS = 2e-3
"""How close PyTorch's derivatives of gamma and beta draws come: it takes them from fitted functions."""


def close(got: Any, want: Any, tolerance: float) -> bool:
    if not isinstance(want, list):
        return got == want
    if want[:1] and isinstance(want[0], str) and want[0].startswith("torch."):  # dtype, values, gradients
        pairs = list(zip(got, want, strict=True))
        exact, (values, *gradients) = pairs[0], pairs[1:]
        near = near_enough(*values, TOLERANCE)
        return exact[0] == exact[1] and near and all(near_enough(a, b, tolerance) for a, b in gradients)
    return got == want


def near_enough(got: Any, want: Any, tolerance: float) -> bool:
    if want is None or got is None or isinstance(want, str):
        return want == got
    got, want = np.array(got, float), np.array(want, float)
    return got.shape == want.shape and np.allclose(got, want, tolerance, 2e-5, equal_nan=True)


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = facts(torch, program), GOLDEN[program]
    assert got.keys() == want.keys()
    for name, one in want.items():
        tolerance = OF_DRAWS if name == "rsample" else TOLERANCE
        assert close(got[name], one, tolerance), (name, got[name], one)


NAMES = json.loads((Path(__file__).parent / "golden" / "distribution_names.json").read_text())


@pytest.mark.parametrize("module", NAMES["modules"])
def test_modules(module: str) -> None:
    ours = importlib.import_module(f"chainrule.distributions.{module}")
    assert not set(NAMES["modules"][module]) - set(dir(ours))
    assert getattr(D, module) is ours


def test_divergences() -> None:
    ours = [(p, q) for p, q in D.kl.RULES if hasattr(D, p.__name__)]  # examples in docstrings register more
    assert sorted(f"{p.__name__} {q.__name__}" for p, q in ours) == NAMES["divergences"]


# -- draws that move with their parameters ------------------------------------------------------------------------------


def slope_of_quantile(quantile: Any, a: Any, u: Any, step: float = 1e-3) -> Any:
    """The derivative by ``a`` of the number with the probability ``u`` below it."""
    far = [quantile(a + k * step, u) for k in (-2, -1, 1, 2)]
    return (8 * (far[2] - far[1]) - (far[3] - far[0])) / (12 * step)


def test_a_gamma_draw_moves_as_its_quantile() -> None:
    a = np.array([0.3, 1.0, 2.5, 40.0] * 3)
    t = torch.tensor(a, requires_grad=True)
    torch.manual_seed(0)
    x = standard_gamma(t)
    (g,) = torch.autograd.grad(x.sum(), t)
    u = scipy.special.gammainc(a, x.detach().numpy())
    np.testing.assert_allclose(g.numpy(), slope_of_quantile(scipy.special.gammaincinv, a, u), rtol=1e-6)


def test_the_gradient_of_a_gamma_draw_of_large_shape() -> None:
    """Then x is nearly normal of mean and variance a: dx/da = 1 + (x - a) / (2 a)."""
    t = torch.full((6,), 1e6, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    x = standard_gamma(t)
    (g,) = torch.autograd.grad(x.sum(), t)
    np.testing.assert_allclose(g.numpy(), 1 + (x.detach().numpy() - 1e6) / 2e6, rtol=1e-5)


def test_a_beta_draw_moves_as_its_quantile() -> None:
    a, b = np.array([0.5, 2.0, 5.0, 1.0]), np.array([1.5, 0.7, 3.0, 1.0])
    t = torch.tensor(np.stack([a, b], -1), requires_grad=True)
    torch.manual_seed(0)
    x = sample_dirichlet(t)
    (g,) = torch.autograd.grad(x[:, 0].sum(), t)
    u = scipy.special.betainc(a, b, x[:, 0].detach().numpy())
    by_a = slope_of_quantile(lambda a, u: scipy.special.betaincinv(a, b, u), a, u)
    by_b = slope_of_quantile(lambda b, u: scipy.special.betaincinv(a, b, u), b, u)
    np.testing.assert_allclose(g.numpy(), np.stack([by_a, by_b], -1), rtol=1e-5)


def test_draws_in_batches_and_forward_mode() -> None:
    t = torch.tensor([[0.5, 2.0], [3.0, 1.0]], dtype=torch.float64)

    def loss(a: Any) -> Any:
        return (standard_gamma(a).sum() + (sample_dirichlet(a) * torch.tensor([1.0, 3.0])).sum()).sin()

    torch.manual_seed(0)
    want = torch.func.grad(loss)(t[0])
    torch.manual_seed(0)
    _, tangent = torch.func.jvp(loss, (t[0],), (torch.tensor([1.0, -2.0], dtype=torch.float64),))
    np.testing.assert_allclose(tangent.item(), (want[0] - 2 * want[1]).item(), rtol=1e-12)
    batch = torch.func.vmap(torch.func.grad(loss), randomness="different")(t)
    assert batch.shape == (2, 2)


# -- what must hold of any ----------------------------------------------------------------------------------------------

CONTINUOUS = [
    D.Normal(0.3, 2.0), D.LogNormal(0.1, 0.5), D.HalfNormal(1.5), D.Uniform(-1.0, 2.0), D.Exponential(0.7),
    D.Laplace(0.2, 1.5), D.Gumbel(0.5, 2.0), D.Weibull(1.5, 2.0), D.Pareto(1.0, 3.0), D.Cauchy(0.0, 1.0), D.Gamma(2.5, 1.5),
    D.StudentT(3.0), D.InverseGamma(3.0, 2.0), D.Beta(2.0, 3.0), D.FisherSnedecor(5.0, 7.0), D.HalfCauchy(1.0), D.Kumaraswamy(2.0, 3.0),
    D.ContinuousBernoulli(0.3), D.GeneralizedPareto(0.0, 1.0, 0.3), D.GeneralizedPareto(0.0, 2.0, 0.0),
]  # fmt: skip


def name_of(d: Any) -> str:
    return type(d).__name__


@pytest.mark.parametrize("d", CONTINUOUS, ids=name_of)
def test_densities_integrate_to_one(d: Any) -> None:
    """In the variable t with x = sinh(pi/2 sinh t), so that no tail is left out."""
    t = np.linspace(-4.0, 4.0, 8001)
    x, weight = np.sinh(np.pi / 2 * np.sinh(t)), np.cosh(np.pi / 2 * np.sinh(t)) * np.pi / 2 * np.cosh(t)
    points = torch.tensor(x, dtype=torch.float64)
    inside = d.support.check(points).numpy() & (x != 0) & (x != 1)
    logs = d.log_prob(points[torch.tensor(inside)]).numpy()
    total = np.sum(np.exp(logs.astype(float)) * weight[inside]) * (t[1] - t[0])
    np.testing.assert_allclose(total, 1, rtol=5e-3)


WITHOUT_ICDF = (D.Gamma, D.StudentT, D.InverseGamma, D.Beta, D.FisherSnedecor)  # as in PyTorch


@pytest.mark.parametrize("d", [d for d in CONTINUOUS if not isinstance(d, WITHOUT_ICDF)], ids=name_of)
def test_icdf_is_the_inverse_of_cdf(d: Any) -> None:
    u = torch.tensor([0.01, 0.3, 0.5, 0.9])
    x = d.icdf(u)
    np.testing.assert_allclose(d.cdf(x).numpy(), u.numpy(), rtol=1e-4)


@pytest.mark.parametrize(
    "t",
    [
        D.ExpTransform(), D.SigmoidTransform(), D.TanhTransform(), D.SoftplusTransform(), D.AffineTransform(1.0, -2.0),
        D.PowerTransform(2.0), D.ComposeTransform([D.AffineTransform(0.5, 0.5), D.ExpTransform()]), D.ExpTransform().inv,
    ],
    ids=repr,
)  # fmt: skip
def test_transforms_and_their_inverses(t: Any) -> None:
    x = torch.tensor([0.2, 0.7, 1.4], dtype=torch.float64, requires_grad=True)
    y = t(x)
    np.testing.assert_allclose(t.inv(y).detach().numpy(), x.detach().numpy(), rtol=1e-12)
    (slope,) = torch.autograd.grad(y.sum(), x)
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, y).detach().numpy(), np.log(np.abs(slope.numpy())), rtol=1e-12)
    np.testing.assert_array_equal(np.sign(slope.numpy()), np.broadcast_to(np.array(t.sign, float), 3))


def test_breaking_a_stick() -> None:
    t = D.StickBreakingTransform()
    x = torch.tensor([0.3, -1.0, 0.8], dtype=torch.float64)
    y = t(x)
    assert abs(y.sum().item() - 1) < 1e-15
    np.testing.assert_allclose(t.inv(y).numpy(), x.numpy(), rtol=1e-12)
    matrix = torch.func.jacrev(lambda x: t(x)[:-1])(x)
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, y).item(), np.log(np.linalg.det(matrix.numpy())), rtol=1e-12)


def test_what_is_checked_and_what_not() -> None:
    with pytest.raises(ValueError, match=r"Expected parameter scale \(Tensor of shape \(\)\) of distribution Normal"):
        D.Normal(0.0, -1.0)
    assert D.Normal(0.0, -1.0, validate_args=False).scale == -1
    with pytest.raises(ValueError, match="to be within the support"):
        D.Exponential(1.0).log_prob(torch.tensor(-1.0))
    with pytest.raises(ValueError, match="not broadcastable with batch_shape"):
        D.Normal(torch.zeros(3), 1.0).log_prob(torch.zeros(2))
    D.Distribution.set_default_validate_args(False)
    try:
        assert D.Exponential(1.0).log_prob(torch.tensor(-1.0)) == 1
    finally:
        D.Distribution.set_default_validate_args(True)


def test_the_nearest_of_registered_divergences_counts() -> None:
    class Mine(D.Normal):
        pass

    @D.register_kl(Mine, D.Normal)
    def mine(p: Any, q: Any) -> Any:
        return torch.tensor(7.0)

    try:
        assert D.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0)) == 7
        assert D.kl_divergence(D.Normal(0.0, 1.0), Mine(0.0, 1.0)) == 0
    finally:
        del D.kl.RULES[Mine, D.Normal]
    with pytest.raises(NotImplementedError, match="No KL"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Poisson(1.0))


def test_what_is_said_of_a_whole_distribution() -> None:
    assert D.Categorical(torch.ones(4)).perplexity() == 4  # four values, all alike
    tail = D.GeneralizedPareto(0.0, 1.0, torch.tensor([0.0, 0.5]))
    torch.testing.assert_close(tail.log_cdf(torch.tensor(2.0)).exp(), tail.cdf(torch.tensor(2.0)))


def test_an_inverse_shows_whose_it_is() -> None:
    assert repr(D.ExpTransform().inv) == "_InverseTransform(ExpTransform())"


def test_bounds_of_a_uniform_distribution_are_constraints() -> None:
    d = torch.distributions.Uniform(0.0, torch.tensor([1.0, 2.0]))
    assert repr(d.arg_constraints["low"]) == "LessThan(upper_bound=tensor([1., 2.]))"
    assert d.arg_constraints["high"].check(torch.tensor([0.0, 3.0])).tolist() == [False, True]
    for high in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="Uniform"):
            torch.distributions.Uniform(0.0, high)
