"""torchdiffeq: differential equations whose solutions have gradients."""

from __future__ import annotations

import torch
from torch import nn
from torchdiffeq import odeint, odeint_adjoint, odeint_event

FIXED = ("euler", "midpoint", "heun2", "heun3", "rk4", "explicit_adams", "implicit_adams")
ADAPTIVE = ("dopri5", "dopri8", "bosh3", "fehlberg2", "adaptive_heun")


def spiral(t, y):
    return y**3 @ torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=y.dtype)


def solvers():
    """Each method, forward and the gradient of the end with respect to the start."""
    t = torch.linspace(0, 1, 9, dtype=torch.float64)
    for method in FIXED + ADAPTIVE:
        start = torch.tensor([[2.0, 0.5]], dtype=torch.float64, requires_grad=True)
        y = odeint(spiral, start, t, method=method)
        y[-1].sum().backward()
        yield method, y
        yield f"{method}, gradient", start.grad


def directions():
    """Backward in time, single precision, and a state of several tensors."""
    yield "backward", odeint(spiral, torch.tensor([[1.0, 0.5]]), torch.linspace(1, 0, 5))

    def pendulum(t, state):
        angle, speed = state
        return speed, -torch.sin(angle)

    angle, speed = odeint(
        pendulum, (torch.tensor(1.0), torch.tensor(0.0)), torch.linspace(0, 3, 7), rtol=1e-6, atol=1e-8
    )
    yield "angle", angle
    yield "speed", speed


class Field(nn.Module):
    """A neural field."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)).double()
        self.calls = 0

    def forward(self, t, y):
        self.calls += 1
        return self.net(y**3)


def adjoint():
    """The gradient by the adjoint equation and by backpropagation through the solver, and the calls each needs."""
    for solve in (odeint, odeint_adjoint):
        torch.manual_seed(0)
        field = Field()
        start = torch.tensor([[2.0, 0.0], [0.5, 1.0]], dtype=torch.float64, requires_grad=True)
        t = torch.linspace(0, 2, 5, dtype=torch.float64, requires_grad=True)
        y = solve(field, start, t, rtol=1e-7, atol=1e-9)
        (y**2).mean().backward()
        yield f"{solve.__name__}, y", y
        yield f"{solve.__name__}, calls", field.calls
        for name, value in [("start", start), ("t", t), *field.named_parameters()]:
            yield f"{solve.__name__}, {name}", value.grad


def event():
    """When does a ball hit the ground, and how does that depend on its height?"""
    height = torch.tensor(10.0, dtype=torch.float64, requires_grad=True)
    state = (height, torch.tensor(0.0, dtype=torch.float64))
    time, states = odeint_event(
        lambda t, state: (state[1], torch.full_like(state[1], -9.81)),
        state,
        torch.tensor(0.0, dtype=torch.float64),
        event_fn=lambda t, state: state[0],
        atol=1e-10,
        rtol=1e-10,
    )
    time.backward()
    yield "time", time
    yield "height", states[0]
    yield "gradient", height.grad


def training():
    """A neural differential equation learns a spiral."""
    torch.manual_seed(1)
    t = torch.linspace(0, 5, 40, dtype=torch.float64)
    start = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
    with torch.no_grad():
        wanted = odeint(spiral, start, t)
    field = Field()
    optimizer = torch.optim.Adam(field.parameters(), lr=1e-2)
    for step in range(12):
        optimizer.zero_grad()
        loss = (odeint_adjoint(field, start, t) - wanted).abs().mean()
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
