"""Distributions in compiled programs and in batches: draws and densities are those outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as torch

pytest.importorskip("jax")

D = torch.distributions


def step(loc: Any, scale: Any) -> Any:
    """The gradient of a variational bound, by one draw."""
    q = D.Normal(loc, scale)
    x = q.rsample((2,))
    bound = (D.Normal(0.0, 1.0).log_prob(x) - q.log_prob(x)).sum() - D.kl_divergence(q, D.Normal(0.0, 1.0)).sum()
    return torch.autograd.grad(bound, (loc, scale))


def test_a_step_by_a_draw() -> None:
    loc, scale = torch.tensor([0.3, -1.0], requires_grad=True), torch.tensor([0.5, 2.0], requires_grad=True)
    compiled = torch.compile(step)
    found = []
    for f in (step, compiled, compiled):
        torch.manual_seed(0)
        found.append([g.numpy() for g in f(loc, scale)])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)


def test_draws_by_computed_rejection_are_refused() -> None:
    """How many random numbers a gamma draw takes depends on its parameters: they must be known before the program runs."""
    a = torch.tensor([0.5, 3.0], requires_grad=True)
    compiled = torch.compile(lambda a: D.Gamma(2 * a, 2.0).rsample((3,)))
    compiled(a)
    with pytest.raises(RuntimeError, match="drawing random numbers whose distribution is computed"):
        compiled(a)
