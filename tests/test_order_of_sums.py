"""Sums are added in PyTorch's order, so that their last digits are its, too.

What PyTorch does is in golden/order_of_sums.json, by tools/record_order_of_sums.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sums import HUGE, SHAPES, left_over, rounded_once, softmax_in_turn, sums_of_rows

import chainrule as torch
from chainrule.backend import linalg_numpy
from chainrule.backend.linalg_numpy import MOST, block

GOLDEN = json.loads((Path(__file__).parent / "golden" / "order_of_sums.json").read_text(encoding="utf-8"))
in_turn = pytest.mark.skipif(
    block() != MOST, reason="another BLAS, or no AVX-512: nothing is done about the order there"
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_sums_of_rows(shape: tuple[int, ...], dtype: str) -> None:
    for column in (0, shape[-1] - 1):
        assert sums_of_rows(torch, shape, dtype, column) == GOLDEN["rows"][f"{shape} {dtype} {column}"]


@pytest.mark.parametrize("shape", [(70, 12), (300, 33)])
def test_means_of_rows_and_gradients_are_added_alike(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal(shape).astype(np.float32))
    total = x.sum(0)
    assert torch.equal(x.mean(0), total / shape[0])
    assert torch.equal(x.sum(0, keepdim=True)[0], total)
    shift = torch.zeros(shape[1], requires_grad=True)
    (torch.zeros(shape) + shift).backward(x)
    assert torch.equal(shift.grad, total)


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_a_number_times_a_tensor_is_added_with_one_rounding(size: int) -> None:
    assert rounded_once(torch, size) == GOLDEN["rounded once"][str(size)]


@pytest.mark.parametrize("classes", [3, 10, 15])
def test_the_sum_of_a_softmax_of_few_classes(classes: int) -> None:
    assert softmax_in_turn(torch, classes) == GOLDEN["softmax"][str(classes)]


def product(x: Any, y: Any, values: list[float]) -> float:
    x[3] = torch.tensor(values)
    total: float = (x @ y)[3, 2].item()
    return total


@in_turn
@pytest.mark.parametrize("columns", [10, 16, 32])
@pytest.mark.parametrize("terms", [16, 64])
def test_small_products_by_transposed_matrices_are_added_in_turn(terms: int, columns: int) -> None:
    x, y = torch.ones(16, terms), torch.ones(columns, terms).T
    assert left_over(torch, lambda values: product(x, y, values), terms, 0) == list(range(terms - 2, -1, -1))


@in_turn
def test_long_products_are_the_sum_of_two_halves() -> None:
    half = block() // 2 + 8
    x, y = torch.ones(32, 2 * half), torch.ones(2 * half, 64)
    for first, last, left in [(0, 1, 2 * half - 2), (0, half - 1, half), (half, half + 1, 2 * half - 2), (0, half, 0)]:
        values = [1.0] * 2 * half
        values[first], values[last] = HUGE, -HUGE
        assert product(x, y, values) == left


@in_turn
def test_the_first_half_is_added_to_the_shift() -> None:
    half = block() // 2 + 8
    x = torch.ones(2, 3, 2 * half)
    x[..., 0] = -HUGE
    layer = torch.nn.Linear(2 * half, 5)
    with torch.no_grad():
        layer.weight.fill_(1)
        layer.bias.fill_(HUGE)
    assert (layer(x) == half).all()
    assert (layer(x[0]) == half).all()


@pytest.mark.parametrize("size", [1, 3, 40])
def test_zero_times_what_is_not_finite_is_nan(size: int) -> None:
    """Which BLAS takes for nothing."""
    x, y = torch.ones(size), torch.full((size,), float("inf"))
    assert torch.add(x, y, alpha=0).isnan().all()
    assert x.sub_(y, alpha=0).isnan().all()
    leaf = torch.ones(size, requires_grad=True)
    leaf.grad = y
    torch.optim.SGD([leaf], lr=0.0).step()
    assert leaf.isnan().all()


def test_products_where_numpy_has_found_no_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves out what is empty: an old processor, or a browser."""
    monkeypatch.setattr(np, "show_config", lambda mode: {"SIMD Extensions": {"baseline": ["SSE"]}})
    monkeypatch.setattr(linalg_numpy, "block", linalg_numpy.block.__wrapped__)
    assert torch.equal(torch.ones(4, 64) @ torch.ones(64, 3), torch.full((4, 3), 64.0))
