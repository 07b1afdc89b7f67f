"""higher: training inside of training."""

from __future__ import annotations

import higher
import torch
import torch.nn.functional as F
from torch import nn


def _net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def meta_learning():
    """MAML: gradients through the steps of each optimizer."""
    for make, more in (
        (torch.optim.SGD, {"lr": 0.1}),
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
        (torch.optim.Adam, {"lr": 0.01}),
        (torch.optim.RMSprop, {"lr": 0.01}),
        (torch.optim.Adagrad, {"lr": 0.1}),
        (torch.optim.Adadelta, {}),
        (torch.optim.Adamax, {}),
        (torch.optim.ASGD, {}),
    ):
        net = _net()
        outer = torch.optim.Adam(net.parameters(), lr=1e-2)
        inner = make(net.parameters(), **more)
        for step in range(2):
            outer.zero_grad()
            for task in range(2):
                x = torch.randn(10, 3)
                y = (x * (task + 1)).sin().sum(1, keepdim=True)
                with higher.innerloop_ctx(net, inner, copy_initial_weights=False) as (fnet, diffopt):
                    for _ in range(3):
                        diffopt.step(F.mse_loss(fnet(x[:5]), y[:5]))
                    loss = F.mse_loss(fnet(x[5:]), y[5:])
                    loss.backward()
                    yield f"{make.__name__} {sorted(more)}, {step}, {task}", loss
            yield f"{make.__name__} {sorted(more)}, {step}, gradient", net[0].weight.grad
            outer.step()


def rates():
    """Learning rates that are learned, by overriding the options of an optimizer."""
    net = _net()
    rate, momentum = torch.tensor(0.1, requires_grad=True), torch.tensor(0.5, requires_grad=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
    x = torch.randn(8, 3)
    with higher.innerloop_ctx(net, optimizer, override={"lr": [rate], "momentum": [momentum]}) as (fnet, diffopt):
        for step in range(4):
            loss = fnet(x).square().mean()
            diffopt.step(loss)
            yield f"loss {step}", loss
        fnet(x).square().mean().backward()
    yield "rate", rate.grad
    yield "momentum", momentum.grad
    yield "parameters", len(list(fnet.parameters(time=2)))
    yield "at a time", fnet(x, params=fnet.parameters(time=1))


def patched():
    """Networks as functions of their parameters, batch norms and recurrent ones too."""
    torch.manual_seed(1)
    for name, net, x in (
        (
            "norm",
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2)),
            torch.randn(3, 1, 4, 4),
        ),
        ("lstm", nn.LSTM(3, 4), torch.randn(5, 2, 3)),
    ):
        made = higher.monkeypatch(net, copy_initial_weights=True)
        fast = [p * 1.1 for p in made.parameters()]
        out = made(x, params=fast)
        out = out[0] if isinstance(out, tuple) else out
        yield name, out
        grads = torch.autograd.grad(out.square().sum(), made.parameters(time=0), allow_unused=True)
        for at, g in enumerate(grads):
            if g is not None:
                yield f"{name}, gradient {at}", g
