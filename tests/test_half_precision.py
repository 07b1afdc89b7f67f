"""Half precision is rounded where PyTorch rounds it: what that is, written out in single precision."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from half_programs import outcome

import chainrule as torch
import chainrule.nn.functional as F

GOLDEN = json.loads((Path(__file__).parent / "golden" / "halves.json").read_text(encoding="utf-8"))
HALVES = [torch.float16, torch.bfloat16]
Array = Any


def numbers(seed: int, shape: tuple[int, ...], dtype: Any) -> Any:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape)).to(dtype)


def wide(x: Any) -> Array:
    return x.detach().float().numpy()


def gradient(function: Callable[..., Any], x: Any, g: Any) -> Array:
    x = x.clone().requires_grad_()
    return wide(torch.autograd.grad(function(x), x, g)[0])


@pytest.fixture(params=HALVES, ids=str)
def dtype(request: Any) -> Any:
    return request.param


@pytest.fixture
def rounded(dtype: Any) -> Any:
    return lambda x: np.asarray(x, np.float32).astype(dtype.numpy).astype(np.float32)


def same(got: Array, want: Array) -> None:
    np.testing.assert_array_equal(got, want)


def test_a_softmax_keeps_rounded_exponentials_across_memory(dtype: Any, rounded: Any) -> None:
    x = numbers(0, (30, 5), dtype)
    for axis, kept in ((0, rounded), (1, lambda e: e)):
        e = np.exp(wide(x) - wide(x).max(axis, keepdims=True))
        same(wide(torch.softmax(x, axis)), rounded(kept(e) / e.sum(axis, keepdims=True)))


def test_a_log_softmax_rounds_sums_along_memory(dtype: Any, rounded: Any) -> None:
    x = numbers(1, (30, 5), dtype)
    shifted = wide(x) - wide(x).max(1, keepdims=True)
    total = rounded(np.log(rounded(np.exp(shifted).sum(1, keepdims=True))))
    same(wide(torch.log_softmax(x, 1)), rounded(shifted - total))


def test_rules_that_are_one_kernel_are_rounded_once(dtype: Any, rounded: Any) -> None:
    x, g = numbers(2, (200,), dtype), numbers(3, (200,), dtype)
    a, h = wide(x), wide(g)
    s = 1 / (1 + np.exp(-a.astype(np.float64)))
    same(gradient(lambda x: F.leaky_relu(x, 0.3), x, g), rounded(np.where(a > 0, h, h * np.float32(0.3))))
    got, want = gradient(F.silu, x, g), rounded(h * (s * (1 + a * (1 - s))))
    assert np.mean(got != want) < 0.02  # the sigmoid itself is single precision
    same(wide(F.leaky_relu(x, 0.3)), rounded(np.where(a > 0, a, a * np.float32(0.3))))


def test_rules_of_several_ops_are_rounded_after_each(dtype: Any, rounded: Any) -> None:
    x, g = numbers(4, (200,), dtype).abs() + 1, numbers(5, (200,), dtype)
    a, h = wide(x), wide(g)
    same(gradient(torch.log10, x, g), rounded(h / rounded(a * np.float32(np.log(10)))))
    same(gradient(torch.deg2rad, x, g), rounded(h * np.float32(np.pi / 180)))


def test_mean_squares(dtype: Any, rounded: Any) -> None:
    x, y, g = numbers(6, (300,), dtype), numbers(7, (300,), dtype), numbers(8, (), dtype)
    d = rounded(wide(x) - wide(y))
    same(wide(F.mse_loss(x, y, reduction="none")), rounded(d * d))
    same(gradient(lambda x: F.mse_loss(x, y), x, g), rounded(rounded(d * rounded(2 / 300)) * wide(g)))


def test_cross_entropy_is_that_of_a_rounded_log_softmax(dtype: Any, rounded: Any) -> None:
    x, classes = numbers(9, (40, 7), dtype), torch.arange(40) % 7
    apart = F.nll_loss(F.log_softmax(x, 1), classes)
    same(wide(F.cross_entropy(x, classes)), wide(apart))
    g = torch.ones((), dtype=dtype)
    found = gradient(lambda x: F.cross_entropy(x, classes), x, g)
    same(found, gradient(lambda x: F.nll_loss(F.log_softmax(x, 1), classes), x, g))


@pytest.mark.parametrize("parameters", [True, False])
def test_batch_norm_uses_its_statistics_as_it_keeps_them(parameters: bool) -> None:
    """Of float16: rounded, unless scale and shift are float32."""
    x = numbers(10, (6, 3, 4), torch.float16)
    kind = torch.float16 if parameters else torch.float32
    weight, bias = numbers(11, (3,), kind), numbers(12, (3,), kind)
    a = wide(x)
    mean = a.mean((0, 2), keepdims=True, dtype=np.float32)
    r = np.float32(1) / np.sqrt(a.var((0, 2), keepdims=True, dtype=np.float32) + np.float32(1e-5))
    if parameters:
        mean, r = (v.astype(np.float16).astype(np.float32) for v in (mean, r))
    want = (a - mean) * (r * wide(weight)[:, None]) + wide(bias)[:, None]
    same(wide(F.batch_norm(x, None, None, weight, bias, True)), want.astype(np.float16).astype(np.float32))


def test_sums_of_products(dtype: Any, rounded: Any) -> None:
    x, y, z = numbers(13, (3, 4), dtype), numbers(14, (5, 3, 6), dtype), numbers(15, (5, 6, 4), dtype)
    total = wide(x)
    for a, b in zip(wide(y), wide(z), strict=True):
        total = rounded(total + a @ b)
    same(wide(torch.addbmm(x, y, z)), total)
    u, v = numbers(16, (3,), dtype), numbers(17, (4,), dtype)
    same(wide(torch.addr(x, u, v)), rounded(wide(x) + rounded(wide(u)[:, None] * wide(v))))


def test_tails_are_pytorch_s_formulas(dtype: Any, rounded: Any) -> None:
    x, g = numbers(20, (300,), dtype), numbers(21, (300,), dtype)
    a, h = wide(x), wide(g)
    y, s = wide(torch.tanh(x)), wide(torch.sigmoid(x))
    same(gradient(torch.tanh, x, g), rounded(h * (1 - y * y)))
    once = rounded(h * (1 - s) * s)
    thrice = rounded(rounded(h * rounded(1 - s)) * s)
    same(gradient(torch.sigmoid, x, g), thrice if dtype is torch.float16 else once)
    same(gradient(torch.expm1, x, g), rounded(h * rounded(wide(torch.expm1(x)) + 1)))
    same(gradient(torch.erf, x, g), rounded(rounded(rounded(np.exp(-rounded(a * a))) * np.float32(2 / np.pi**0.5)) * h))
    u = torch.tanh(x / 4)
    b = wide(u)
    root = rounded(1 / np.sqrt(rounded(1 - rounded(b * b))))
    same(gradient(torch.asin, u, g), rounded(h * root))
    same(gradient(torch.acos, u, g), rounded(h * -root))
    same(gradient(torch.atanh, u, g), rounded(h / rounded(1 - rounded(b * b))))


def test_tails_of_two_operands(dtype: Any, rounded: Any) -> None:
    x, y, g = (numbers(seed, (300,), dtype) for seed in (22, 23, 24))
    a, b, h = wide(x), wide(y), wide(g)
    r = rounded(1 / rounded(rounded(a * a) + rounded(b * b)))
    same(gradient(lambda x: torch.atan2(x, y), x, g), rounded(rounded(h * b) * r))
    same(gradient(lambda y: torch.atan2(x, y), y, g), rounded(rounded(h * -a) * r))
    same(gradient(lambda x: torch.hypot(x, y), x, g), rounded(rounded(h * a) / wide(torch.hypot(x, y))))
    e = rounded(rounded(np.exp(rounded(b - a))) + 1)
    same(gradient(lambda x: torch.logaddexp(x, y), x, g), rounded(h / e))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_are_rounded_as_their_cells(kind: str, dtype: Any) -> None:
    """But for LSTMs in bfloat16, whose steps are in single precision: only what the next one begins with is rounded."""
    torch.manual_seed(0)
    layer, cell = (getattr(torch.nn, name)(3, 4).to(dtype) for name in (kind, f"{kind}Cell"))
    with torch.no_grad():
        for mine, its in zip(cell.parameters(), layer.parameters(), strict=True):
            mine.copy_(its)
    x = numbers(25, (6, 2, 3), dtype)
    weights = [wide(p) for p in layer.parameters()]
    state: Any = None
    h = c = np.zeros((2, 4), np.float32)
    for at, found in enumerate(layer(x)[0]):
        if kind == "LSTM" and dtype is torch.bfloat16:
            sums = wide(x[at]) @ weights[0].T + wide(layer.bias_ih_l0 + layer.bias_hh_l0) + h @ weights[1].T
            i, f, k, o = np.split(sums.astype(np.float64), 4, axis=1)
            i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
            c = f * c + i * np.tanh(k)
            h, c = (wide(torch.from_numpy(z).bfloat16()) for z in (o * np.tanh(c), c))
            same(wide(found), h)
        else:
            state = cell(x[at], state)
            same(wide(found), wide(state[0] if kind == "LSTM" else state))


def test_attention_rounds_what_is_multiplied(dtype: Any, rounded: Any) -> None:
    q, k, v, g = (numbers(seed, (1, 2, 5, 4), dtype) for seed in range(26, 30))
    q, k, v = (x.requires_grad_() for x in (q, k, v))
    out = F.scaled_dot_product_attention(q, k, v)
    a, b, w, h = (wide(x) for x in (q, k, v, g))
    scores = a @ b.swapaxes(-1, -2) / 2
    e = np.exp(scores - scores.max(-1, keepdims=True))
    same(wide(out), rounded(rounded(e) @ w / e.sum(-1, keepdims=True)))
    p = e / e.sum(-1, keepdims=True)
    of_scores = rounded(p * (h @ w.swapaxes(-1, -2) - (h * wide(out)).sum(-1, keepdims=True)))
    got = [wide(x) for x in torch.autograd.grad(out, (q, k, v), g)]
    want = [
        rounded(of_scores @ b / 2),
        rounded(of_scores.swapaxes(-1, -2) @ a / 2),
        rounded(rounded(p).swapaxes(-1, -2) @ h),
    ]
    for mine, its in zip(got, want, strict=True):
        assert np.mean(mine != its) < 0.05  # sums may be in another order
        np.testing.assert_allclose(mine, its, rtol=2**-6, atol=2**-8)
    low = F.scaled_dot_product_attention(q[0, 0], k[0, 0], v[0, 0])
    same(wide(low), rounded(p[0, 0] @ w[0, 0]))


@pytest.mark.parametrize("entry", GOLDEN, ids=lambda entry: f"{entry['dtype']} {entry['call']}")
def test_every_bit_is_pytorch_s(entry: dict[str, Any]) -> None:
    assert outcome(torch, entry["call"], entry["dtype"]) == entry["found"]
