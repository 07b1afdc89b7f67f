"""A small regression, trained: in PyTorch when recording, in chainrule when testing."""

from __future__ import annotations

from types import ModuleType
from typing import Any

STEPS = 200
RECORDED = (1, 2, 10, 50, 100, 200)


def train(torch: ModuleType, name: str, settings: str, dtype: str) -> list[list[float]]:
    """The parameters after some of the steps. ``settings`` is the text of the optimizer's arguments, a tensor ``lr`` as t."""
    kind = getattr(torch, dtype)
    x = torch.linspace(-2, 2, 24, dtype=kind).reshape(8, 3)
    target = torch.stack([x.sum(1).sin(), x.prod(1)], 1)
    weight = torch.linspace(-0.5, 0.7, 6, dtype=kind).reshape(3, 2).requires_grad_()
    bias = torch.tensor([0.1, -0.2], dtype=kind, requires_grad=True)
    unused = torch.ones(2, dtype=kind, requires_grad=True)
    groups = [{"params": [weight, unused]}, {"params": [bias], "weight_decay": 0.0}]
    arguments = eval(f"dict({settings})", {"t": lambda value: torch.tensor(value, dtype=kind)})
    optimizer = getattr(torch.optim, name)(groups, **arguments)

    def closure() -> Any:
        optimizer.zero_grad()
        # Bounded from both sides, so that going up comes to an end as well.
        loss = ((x @ weight + bias).tanh() - target).square().mean() + 0.01 * weight.cos().sum()
        loss.backward()
        return loss

    found = []
    for step in range(1, STEPS + 1):
        optimizer.step(closure)
        if step in RECORDED:
            found.append([*weight.detach().flatten().tolist(), *bias.tolist()])
    assert unused.tolist() == [1, 1]
    return found


def train_complex(torch: ModuleType, name: str, settings: str) -> list[str]:
    """The same for a complex parameter."""
    z = torch.tensor([1 + 2j, -0.5j], dtype=torch.complex128, requires_grad=True)
    optimizer = getattr(torch.optim, name)([z], **eval(f"dict({settings})"))
    for _ in range(20):
        optimizer.zero_grad()
        (z - (0.3 - 0.1j)).abs().square().sum().backward()
        optimizer.step()
    return [part for value in z.tolist() for part in (value.real, value.imag)]


def train_lbfgs(torch: ModuleType, settings: str) -> list[list[float]]:
    """Rosenbrock's function and something more, minimized by L-BFGS: the loss, the parameters and the state after each step."""
    x = torch.tensor([-1.5, 2.0], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([[0.3]], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([x, y], **eval(f"dict({settings})"))

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2 + (y.cos() * x[0]).sum() ** 2
        loss.backward()
        return loss

    found = []
    for _ in range(4):
        loss = optimizer.step(closure).item()
        state = optimizer.state[x]
        found.append([loss, *x.tolist(), y.item(), state["func_evals"], state["n_iter"], float(state["t"])])
    return found


def train_muon(torch: ModuleType, settings: str) -> list[list[float]]:
    """Two matrices after some steps; not after many, since Muon computes in bfloat16, where rounding soon decides."""
    wide = torch.linspace(-1, 0.7, 15).reshape(3, 5).requires_grad_()
    tall = torch.linspace(-0.5, 0.7, 12).reshape(4, 3).requires_grad_()
    x = torch.linspace(-2, 2, 24).reshape(6, 4)
    target = torch.linspace(1, -1, 30).reshape(6, 5).sin()
    optimizer = torch.optim.Muon([tall, wide], **eval(f"dict({settings})"))
    for _ in range(8):
        optimizer.zero_grad()
        ((x @ tall).tanh() @ wide - target).square().mean().backward()
        optimizer.step()
    return [tall.flatten().tolist(), wide.flatten().tolist()]


def train_extremes(torch: ModuleType, name: str, settings: str) -> list[list[float]]:
    """Parameters and state after gradients that no longer are numbers, or hardly."""
    inf, nan = float("inf"), float("nan")
    p = torch.tensor([1, -1, 0, 0, -0.0, -0.0, 0, 1, 1, 0, 1, inf]).reshape(3, 4).requires_grad_()
    optimizer = getattr(torch.optim, name)([p], **eval(f"dict({settings})"))
    found = []
    for gradient in (
        [inf, -inf, nan, 0, -0.0, 1e-42, -1e-42, 1e30, -1e30, 1e-30, 1, -1],
        [1, 1, 1, -0.0, -0.0, 1e-42, -0.0, 1e30, 1e30, -1e-30, inf, -inf],
        [0, inf, 0, 0, 0, -0.0, -0.0, -1e38, 1e38, 0, 1, nan],
    ):
        p.grad = torch.tensor(gradient).reshape(3, 4)
        optimizer.step()
        kept = [one for key, one in sorted(optimizer.state[p].items()) if key != "step" and one is not None]
        found.append([value for one in (p, *kept) for value in one.detach().flatten().tolist()])
    return found
