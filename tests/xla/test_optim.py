"""Whole train steps, compiled: the parameters go the way that they go without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule import nn

pytest.importorskip("jax")

OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "SGD": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, dampening=0.1, weight_decay=0.1),
    "nesterov": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, maximize=True),
    "Adam": lambda p: torch.optim.Adam(p, 0.01),
    "amsgrad": lambda p: torch.optim.Adam(p, 0.01, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda p: torch.optim.AdamW(p, torch.tensor(0.01, dtype=torch.float64)),
    "Adamax": lambda p: torch.optim.Adamax(p, 0.01),
    "NAdam": lambda p: torch.optim.NAdam(p, 0.01, weight_decay=0.1, decoupled_weight_decay=True),
    "RAdam": lambda p: torch.optim.RAdam(p, 0.01, betas=(0.5, 0.7)),
    "RMSprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.5, centered=True, eps=0.1),
    "Adadelta": lambda p: torch.optim.Adadelta(p, 0.5),
    "Adagrad": lambda p: torch.optim.Adagrad(p, 0.1, lr_decay=0.1),
    "Rprop": lambda p: torch.optim.Rprop(p, 0.01),
    "ASGD": lambda p: torch.optim.ASGD(p, 0.1, t0=2),
    "Adafactor": lambda p: torch.optim.Adafactor(p, 0.01, weight_decay=0.1),
}


def stepper(name: str) -> tuple[nn.Module, Callable[[torch.Tensor], torch.Tensor]]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    optimizer = OPTIMIZERS[name](net.parameters())

    def step(x: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), x[:, :2])
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
        return loss.detach()

    return net, step


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_compiled_steps_are_eager_steps(name: str) -> None:
    eager, eager_step = stepper(name)
    compiled, step = stepper(name)
    compiled_step = torch.compile(step)
    for n in range(6):
        x = torch.linspace(-1, n, 12, dtype=torch.float64).reshape(4, 3)
        assert compiled_step(x).item() == pytest.approx(eager_step(x).item(), rel=1e-12)
    for (path, p), q in zip(eager.named_parameters(), compiled.parameters(), strict=True):
        assert torch.allclose(p, q, rtol=1e-12, atol=1e-14), path
        assert torch.allclose(p.grad, q.grad, rtol=1e-12, atol=1e-14), path
    assert torch.compile.explain(compiled_step).count("\n") == 0, "traced once"


def test_a_step_under_autocast_with_a_schedule() -> None:
    def made() -> tuple[Callable[[torch.Tensor], torch.Tensor], Any]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
        optimizer = torch.optim.RAdam(net.parameters(), 0.1)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

        def step(x: torch.Tensor) -> torch.Tensor:
            optimizer.zero_grad()
            with torch.autocast("cpu"):
                y = net(x)
                loss = nn.functional.mse_loss(y, x[:, :2])
            assert (y.dtype, loss.dtype) == (torch.bfloat16, torch.float32)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step, schedule

    (eager, eager_schedule), (step, schedule) = made(), made()
    compiled = torch.compile(step)
    for n in range(4):
        x = torch.linspace(-1, n + 1, 12).reshape(4, 3)
        assert compiled(x).item() == pytest.approx(eager(x).item(), rel=2**-7)  # a bit of bfloat16
        schedule.step()
        eager_schedule.step()
    assert torch.compile.explain(compiled).count("\n") == 0, "traced once"
