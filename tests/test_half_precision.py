"""Half precision is rounded where PyTorch rounds it: what that is, written out in single precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
import chainrule.nn.functional as F

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
