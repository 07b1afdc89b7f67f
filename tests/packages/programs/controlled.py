"""torchcde: differential equations that data control."""

from __future__ import annotations

import torch
import torchcde
from torch import nn


def paths():
    """Interpolations, also of data with gaps, with values and slopes between the times."""
    torch.manual_seed(0)
    x = torch.cumsum(torch.randn(2, 6, 3), 1)
    gaps = x.clone()
    gaps[0, 2, 1] = gaps[1, 0, 0] = gaps[1, 4:, 2] = float("nan")
    times = torch.tensor([0.0, 0.5, 1.0, 2.0, 3.5, 4.0])
    at = torch.tensor([0.0, 0.3, 1.0, 2.7, 4.0])
    for name, data in (("whole", x), ("gaps", gaps)):
        for kind, coefficients, path in (
            ("linear", torchcde.linear_interpolation_coeffs, torchcde.LinearInterpolation),
            (
                "rectilinear",
                lambda d, t: torchcde.linear_interpolation_coeffs(
                    torch.cat([t.expand(2, 6)[..., None], d], -1), rectilinear=0
                ),
                torchcde.LinearInterpolation,
            ),
            ("cubic", torchcde.natural_cubic_coeffs, torchcde.CubicSpline),
            ("hermite", torchcde.hermite_cubic_coefficients_with_backward_differences, torchcde.CubicSpline),
        ):
            found = coefficients(data, times)
            yield f"{name}, {kind}", found
            if kind == "rectilinear":
                p = path(found)
                yield f"{name}, {kind}, at", p.evaluate(torch.tensor([0.5, 3.2]))
                continue
            p = path(found, times)
            yield f"{name}, {kind}, at", p.evaluate(at)
            yield f"{name}, {kind}, slope", p.derivative(at)
            yield f"{name}, {kind}, interval", p.interval
            yield f"{name}, {kind}, knots", p.grid_points


class _Field(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.channels, self.hidden = channels, hidden
        self.first, self.second = nn.Linear(hidden, 16), nn.Linear(16, channels * hidden)

    def forward(self, t, z):
        return self.second(self.first(z).relu()).tanh().view(*z.shape[:-1], self.hidden, self.channels)


class _Net(nn.Module):
    def __init__(self, channels, hidden, options):
        super().__init__()
        self.field, self.options = _Field(channels, hidden), options
        self.initial, self.readout = nn.Linear(channels, hidden), nn.Linear(hidden, 1)

    def forward(self, coefficients):
        path = torchcde.CubicSpline(coefficients)
        z = torchcde.cdeint(
            path, self.field, self.initial(path.evaluate(path.interval[0])), path.interval, **self.options
        )
        return self.readout(z[:, -1]).squeeze(-1)


def networks():
    """The example of the documentation: spirals, told apart by a network that learns."""
    torch.manual_seed(1)
    t = torch.linspace(0.0, 3.0, 12)
    start = torch.rand(8) * 6.28
    angle = start[:, None] + torch.where(torch.arange(8) < 4, 1.0, -1.0)[:, None] * t * 2
    x = torch.stack([t.expand(8, 12), angle.cos() / (1 + t / 2), angle.sin() / (1 + t / 2)], -1)
    y = (torch.arange(8) < 4).float()
    coefficients = torchcde.hermite_cubic_coefficients_with_backward_differences(x)
    for name, options in (
        ("rk4", {"method": "rk4", "adjoint": False, "options": {"step_size": 1.0}}),
        ("adjoint", {"method": "midpoint", "adjoint": True, "options": {"step_size": 1.0}}),
        ("adaptive", {"adjoint": False, "atol": 1e-3, "rtol": 1e-3}),
    ):
        torch.manual_seed(2)
        dtype = torch.float64 if name == "adaptive" else torch.float32  # steps depend on rounding
        net, coefficients, y = _Net(3, 8, options).to(dtype), coefficients.to(dtype), y.to(dtype)
        optimizer = torch.optim.Adam(net.parameters())
        for step in range(3):
            loss = nn.functional.binary_cross_entropy_with_logits(net(coefficients), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield f"{name}, loss {step}", loss.float()
        yield f"{name}, gradient", net.field.first.weight.grad.float()
