"""torchode: many initial value problems at once, each at its own pace."""

from __future__ import annotations

import torch
import torchode
from torch import nn


def _van_der_pol(t, y, mu):
    return torch.stack((y[..., 1], mu * (1 - y[..., 0] ** 2) * y[..., 1] - y[..., 0]), dim=-1)


def solutions():
    """The example of the documentation, by each method and controller."""
    y0 = torch.tensor([[0.5, 0.2], [1.0, -0.5], [2.0, 0.0]], dtype=torch.float64)
    t = torch.linspace(0.0, 4.0, 6, dtype=torch.float64).repeat(3, 1) * torch.tensor(
        [[1.0], [0.7], [1.3]], dtype=torch.float64
    )
    for method in (torchode.Dopri5, torchode.Tsit5, torchode.Heun, torchode.Euler):
        for controller in ("integral", "pid", "fixed"):
            if method is torchode.Euler and controller != "fixed":
                continue
            term = torchode.ODETerm(_van_der_pol, with_args=True)
            step = method(term=term)
            size = {
                "integral": lambda term=term: torchode.IntegralController(atol=1e-6, rtol=1e-3, term=term),
                "pid": lambda term=term: torchode.PIDController(
                    atol=1e-6, rtol=1e-3, pcoeff=0.2, icoeff=0.5, dcoeff=0.0, term=term
                ),
                "fixed": torchode.FixedStepController,
            }[controller]()
            solver = torchode.AutoDiffAdjoint(step, size)
            dt = torch.full((3,), 0.05, dtype=torch.float64) if controller == "fixed" else None
            found = solver.solve(torchode.InitialValueProblem(y0=y0, t_eval=t), dt0=dt, args=2.0)
            name = f"{method.__name__}, {controller}"
            yield name, found.ys.float()  # an error estimate is the rounding of what cancels
            yield f"{name}, steps", found.stats["n_steps"]
            yield f"{name}, status", found.status


class _Term(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))

    def forward(self, t, y):
        return self.net(y)


def gradients():
    """Learning through the solver, and by adjoint equations of the batch, and of each problem."""
    t = torch.linspace(0.0, 1.0, 4).repeat(3, 1)
    for make in (torchode.AutoDiffAdjoint, torchode.BacksolveAdjoint, torchode.JointBacksolveAdjoint):
        torch.manual_seed(0)
        f = _Term()
        term = torchode.ODETerm(f)
        step = torchode.Tsit5(term=term)
        size = torchode.IntegralController(atol=1e-5, rtol=1e-4, term=term)
        solver = make(step, size) if make is torchode.AutoDiffAdjoint else make(term, step, size)
        y0 = torch.randn(3, 2, requires_grad=True)
        ys = solver.solve(torchode.InitialValueProblem(y0=y0, t_eval=t)).ys
        ys.square().sum().backward()
        yield f"{make.__name__}", ys
        yield f"{make.__name__}, y0", y0.grad
        yield f"{make.__name__}, weight", f.net[0].weight.grad
