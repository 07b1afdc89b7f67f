"""Larger layers as functions of their parameters: batches of them, second derivatives, forward mode."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule import nn
from chainrule.func import functional_call, jvp, stack_module_state, vmap
from chainrule.nn.utils import parametrizations
from chainrule.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

X = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(3, 2, 4)


class Packed(nn.Module):
    """A recurrent layer over sequences of which one ends early."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LSTM(4, 2, bidirectional=True)

    def forward(self, x: Any) -> Any:
        return pad_packed_sequence(self.layer(pack_padded_sequence(x, [3, 2]))[0])[0]


class Last(nn.Module):
    """The first of the results of another module."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Any) -> Any:
        made = self.module(x)
        return made[0] if isinstance(made, tuple) else made


class OfItself(nn.Module):
    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(4, 2, **settings)

    def forward(self, x: Any) -> Any:
        return self.layer(x, x, x)[0]


LAYERS: dict[str, Callable[[], Any]] = {
    "rnn": lambda: Last(nn.RNN(4, 2, nonlinearity="tanh")),
    "lstm": lambda: Last(nn.LSTM(4, 2, 2, batch_first=True)),
    "lstm_projected": lambda: Last(nn.LSTM(4, 3, proj_size=2)),
    "gru": lambda: Last(nn.GRU(4, 2, bidirectional=True)),
    "packed": Packed,
    "lstm_cell": lambda: Last(nn.Sequential(nn.Flatten(0, 1), nn.LSTMCell(4, 2))),
    "gru_cell": lambda: nn.Sequential(nn.Flatten(0, 1), nn.GRUCell(4, 2)),
    "attention": OfItself,
    "encoder": lambda: nn.TransformerEncoderLayer(4, 2, 3, 0.0, "gelu"),
    "orthogonal": lambda: nn.Sequential(parametrizations.orthogonal(nn.Linear(4, 4))),
    "weight_norm": lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 2))),
}

layers = pytest.mark.parametrize("name", LAYERS)


def made(name: str, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return LAYERS[name]().double()


@layers
def test_a_batch_of_modules_is_a_loop_over_them(name: str) -> None:
    nets = [made(name, seed) for seed in range(2)]
    params, buffers = stack_module_state(nets)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as that an op runs in a loop
        got = vmap(lambda p, b: functional_call(nets[0], (p, b), (X,)))(params, buffers)
        each = vmap(nets[0], in_dims=0)(torch.stack([X, 2 * X]))
    assert torch.allclose(got, torch.stack([net(X) for net in nets]))
    assert torch.allclose(each, torch.stack([nets[0](X), nets[0](2 * X)]))


@layers
def test_second_derivatives_are_the_slopes_of_the_first(name: str) -> None:
    net, x = made(name), X[:, :, :].clone().requires_grad_()
    if name == "encoder":
        net.eval()
    weights = dict(net.named_parameters())
    directions = [torch.cos(torch.arange(p.numel(), dtype=p.dtype)).reshape(p.shape) for p in weights.values()]

    def slope(step: float) -> Any:
        moved = {key: p + step * d for (key, p), d in zip(weights.items(), directions, strict=True)}
        (found,) = torch.autograd.grad((functional_call(net, moved, (x,)) ** 2).sum(), x, create_graph=True)
        return found

    seed = torch.sin(torch.arange(x.numel(), dtype=x.dtype)).reshape(x.shape)
    mixed = torch.autograd.grad((slope(0.0) * seed).sum(), list(weights.values()), allow_unused=True)
    got = sum((m * d).sum() for m, d in zip(mixed, directions, strict=True) if m is not None)
    h = 1e-5
    want = ((slope(h) - slope(-h)).detach() * seed).sum() / (2 * h)
    assert float(got.detach()) == pytest.approx(float(want), rel=1e-5, abs=1e-7)


@layers
def test_forward_mode_is_the_slope(name: str) -> None:
    net = made(name)
    tangent = torch.cos(X)
    _, got = jvp(net, (X,), (tangent,))
    h = 1e-6
    want = (net(X + h * tangent) - net(X - h * tangent)) / (2 * h)
    assert torch.allclose(got, want, rtol=1e-5, atol=1e-7)


def test_a_copy_of_a_parametrized_module_keeps_its_parametrization() -> None:
    import copy

    layer = parametrizations.weight_norm(nn.Linear(2, 2))
    other = copy.deepcopy(layer)
    nn.utils.parametrize.remove_parametrizations(other, "weight")
    assert nn.utils.parametrize.is_parametrized(layer, "weight")
    assert torch.equal(layer.weight, other.weight)


def test_a_refused_pruning_changes_nothing() -> None:
    layer = nn.Linear(2, 2)
    before = layer.weight
    with pytest.raises(ValueError, match="number of parameters to prune"):
        nn.utils.prune.l1_unstructured(layer, "weight", amount=5)
    assert layer.weight is before
    assert list(layer.state_dict()) == ["weight", "bias"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_recurrent_layers_in_half_precision(dtype: Any) -> None:
    for layer in (nn.RNN(4, 2), nn.LSTM(4, 2), nn.GRU(4, 2)):
        x = X.float()
        want = layer(x)[0]
        half = layer.to(dtype)
        got = half(x.to(dtype))[0]
        got.sum().backward()
        assert got.dtype == half.weight_hh_l0.grad.dtype == dtype
        assert torch.allclose(got.float(), want, atol=0.05)
