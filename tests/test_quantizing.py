"""Fake quantisation: PyTorch's values, gradients and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as torch

X = torch.tensor([0.05, 0.15, 0.25, -0.05, 0.35, -3.0, 3.0, float("nan")])
one, by_row = torch.fake_quantize_per_tensor_affine, torch.fake_quantize_per_channel_affine


@pytest.mark.parametrize("zero", [0, 1, 2, 3])
def test_levels(zero: int) -> None:
    """As PyTorch has them: halves are rounded to even, before a whole zero is added, and with any other."""
    level = np.array([0.0, 2, 2, 0, 4, -8 - zero, 7 - zero, -8 - zero])
    want = np.float32(level) * np.float32(0.1)
    x = X.clone().requires_grad_()
    y = one(x, 0.1, zero, -8, 7)
    np.testing.assert_array_equal(y.detach().numpy(), want)
    assert y.grad_fn.name() == "FakeQuantizePerTensorAffineCachemaskBackward0"
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [1, 1, 1, 1, float(4 + zero <= 7), 0, 0, 0]
    by_tensors = one(x, torch.tensor(0.1), torch.tensor([zero], dtype=torch.int32), -8, 7)
    assert by_tensors.grad_fn.name() == "FakeQuantizePerTensorAffineCachemaskTensorQparamsBackward0"
    rows = by_row(x[None], torch.tensor([0.1]), torch.tensor([zero], dtype=torch.int32), 0, -8, 7)
    for found in (by_tensors, rows[0]):
        np.testing.assert_array_equal(found.detach().numpy(), want)
    if zero % 2:
        rows = by_row(x[None, :5], torch.tensor([0.1]), torch.tensor([float(zero)]), 0, -8, 7)
        np.testing.assert_allclose(rows[0].detach().numpy(), np.array([0.1, 0.1, 0.3, -0.1, 0.3]), rtol=1e-6)


def test_a_network_is_trained_through_levels() -> None:
    torch.manual_seed(0)
    x, w = torch.randn(64, 3), torch.zeros(3, requires_grad=True)
    y = x @ torch.tensor([0.5, -1.0, 0.25])
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        loss = ((x @ one(w, 0.25, 0, -8, 7) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    assert one(w, 0.25, 0, -8, 7).tolist() == [0.5, -1.0, 0.25]


def test_in_transforms() -> None:
    scales = torch.tensor([0.1, 0.5])
    zeros = torch.zeros(2, dtype=torch.int32)
    each = torch.vmap(lambda x, s, z: one(x, s, z, -8, 7), (None, 0, 0))(X[:5], scales, zeros)
    rows = by_row(X[:5].expand(2, 5), scales, zeros, 0, -8, 7)
    torch.testing.assert_close(each, rows)
    _, moved = torch.func.jvp(lambda x: one(x, 0.1, 0, -8, 7), (X[:7],), (torch.ones(7),))
    assert moved.tolist() == [1, 1, 1, 1, 1, 0, 0]


INT = torch.int32


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: one(3, 0.1, 2, -8, 7), TypeError),
        (lambda: one(X, "a", 2, -8, 7), TypeError),
        (lambda: one(X, torch.tensor([0.1]), 2, -8, 7), TypeError),
        (lambda: one(X, 0.1, torch.tensor([2]), -8, 7), TypeError),
        (lambda: one(X, 0.1, torch.tensor(2.0), -8, 7), TypeError),
        (lambda: by_row(X, torch.ones(8), torch.zeros(8), 5, 7, -8), IndexError),
        (lambda: by_row(X[0, 0], torch.ones(8), torch.zeros(8), -1, -8, 7), IndexError),
        (lambda: one(X, 0.1, 2.5, -8, 7), TypeError),
        (lambda: one(X, 0.1, 2, -8.5, 7), TypeError),
        (lambda: one(X, torch.tensor([0.1, 0.2]), torch.tensor(2), -8, 7), RuntimeError),
        (lambda: one(X, 0.1, 20, -8, 7), RuntimeError),
        (lambda: one(X, 0.1, 2, 8, 7), RuntimeError),
        (lambda: one(X, torch.tensor(0.1, requires_grad=True), torch.tensor(2), -8, 7), RuntimeError),
        (lambda: one(torch.tensor([1, 2]), 0.1, 2, -8, 7), NotImplementedError),
        (lambda: by_row(X, torch.ones(1, 8), torch.zeros(8, dtype=INT), 0, -8, 7), RuntimeError),
        (lambda: by_row(X, torch.ones(8), torch.zeros(8), 5, -8, 7), IndexError),
        (lambda: by_row(X, torch.ones(8), torch.zeros(8), -1, -8, 7), RuntimeError),
        (lambda: by_row(X, torch.ones(8), torch.zeros(7), 0, -8, 7), RuntimeError),
        (lambda: by_row(X, torch.ones(8), torch.zeros(8, dtype=torch.int64), 0, -8, 7), RuntimeError),
        (lambda: by_row(X, torch.ones(8).double(), torch.zeros(8), 0, -8, 7), RuntimeError),
        (lambda: by_row(X, torch.ones(8), torch.full((8,), 9, dtype=INT), 0, -8, 7), RuntimeError),
    ],
)
def test_refusals(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()
