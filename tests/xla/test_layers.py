"""Recurrent layers, attention, transformers and parametrized modules in compiled train steps."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
from chainrule import nn, optim

from nn.test_layers_transforms import LAYERS
from .test_compile import same, traces

jax = pytest.importorskip("jax")

X = torch.linspace(-1, 1, 24).reshape(3, 2, 4)
CHOSEN = "rnn gru packed lstm_cell attention encoder"
WHOLE = {name: LAYERS[name] for name in CHOSEN.split()} | {"lazy": lambda: nn.Sequential(nn.RReLU(), nn.LazyLinear(2))}


@pytest.mark.parametrize("name", WHOLE)
def test_a_compiled_step_is_the_eager_one(name: str) -> None:
    def trained(compiled: bool) -> list[Any]:
        torch.manual_seed(0)
        net = WHOLE[name]().eval()
        net(X)
        optimizer = optim.SGD(net.parameters(), 0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (net(x) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        run = torch.compile(step) if compiled else step
        losses = [run(X + n) for n in range(2)]
        assert not compiled or len(traces(run)) == 1
        return [*losses, *[p.detach() for p in net.parameters()]]

    same(trained(True), trained(False))
