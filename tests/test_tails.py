"""Derivatives where PyTorch's lose their digits: far out, and at removable singularities; and what that costs in saved values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as torch
import chainrule.nn.functional as F

# Function, point, first three derivatives there (mpmath, 80 digits).
TAILS: list[tuple[Any, float, tuple[float, float, float]]] = [
    (torch.tanh, 20, (1.6993417021166355e-17, -3.398683404233271e-17, 6.797366808466542e-17)),
    (torch.tanh, 0.5, (0.7864477329659274, -0.7268619813835873, -0.5652092882597703)),
    (torch.sigmoid, 40, (4.248354255291589e-18, -4.248354255291589e-18, 4.248354255291589e-18)),
    (torch.sigmoid, -40, (4.248354255291589e-18, 4.248354255291589e-18, 4.248354255291589e-18)),
    (torch.sigmoid, 0.5, (0.2350037122015945, -0.05755679485232074, -0.09635675628958461)),
    (torch.expm1, -40, (4.248354255291589e-18, 4.248354255291589e-18, 4.248354255291589e-18)),
    (torch.expm1, 0.5, (1.6487212707001282, 1.6487212707001282, 1.6487212707001282)),
    (F.softplus, 25, (0.9999999999861121, 1.388794386457827e-11, -1.388794386419252e-11)),
    (F.softplus, -40, (4.248354255291589e-18, 4.248354255291589e-18, 4.248354255291589e-18)),
    (F.silu, 40, (1.0000000000000002, -1.6143746170108038e-16, 1.571891074457888e-16)),
    (F.silu, -40, (-1.6568581595637197e-16, -1.6143746170108038e-16, -1.571891074457888e-16)),
    (F.logsigmoid, 40, (4.248354255291589e-18, -4.248354255291589e-18, 4.248354255291589e-18)),
    (F.mish, -40, (-1.6568581595637197e-16, -1.6143746170108038e-16, -1.571891074457888e-16)),
    (torch.sinc, 0, (0.0, -3.289868133696453, 0.0)),
    (torch.sinc, 1e-9, (-3.289868133696453e-09, -3.289868133696453, 1.9481818206800487e-08)),
    (torch.sinc, 0.25, (-0.7728381398822342, -2.703060757258859, 4.52127228855079)),
    (torch.erf, 5, (1.5670866531017336e-11, -1.5670866531017336e-10, 1.5357449200396988e-09)),
    (F.gelu, -5, (-7.146946001792295e-06, -3.4194548838888845e-05, -0.00015610554904710126)),
]


@pytest.mark.parametrize(("function", "point", "expected"), TAILS)
def test_derivatives_keep_their_digits(function: Any, point: float, expected: tuple[float, ...]) -> None:
    x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    y = function(x)
    for order, want in enumerate(expected, 1):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(want, rel=2e-15 * 4**order, abs=0)


@pytest.mark.parametrize("function", [torch.tanh, torch.sigmoid, torch.expm1])
def test_first_order_gradients_are_those_of_higher_order(function: Any) -> None:
    x = torch.tensor([-40.0, -1.0, 0.0, 1.0, 40.0], dtype=torch.float64, requires_grad=True)
    (raw,) = torch.autograd.grad(function(x).sum(), x)
    (recorded,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    assert raw.tolist() == recorded.tolist()


def test_softplus_follows_a_threshold_that_was_chosen() -> None:
    x = torch.tensor([1.0, 3.0], dtype=torch.float64, requires_grad=True)
    y = F.softplus(x, threshold=2)
    assert y.tolist() == [pytest.approx(1.3132616875182228), 3.0]
    (g,) = torch.autograd.grad(y.sum(), x)
    assert g.tolist() == [pytest.approx(0.7310585786300049), 1.0]


@pytest.mark.parametrize("function", [torch.tanh, torch.sigmoid, torch.expm1])
def test_the_operand_may_be_overwritten_as_in_pytorch(function: Any) -> None:
    leaf = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    (want,) = torch.autograd.grad(function(leaf * 1).sum(), leaf)
    x = leaf * 1
    y = function(x)
    x.add_(1)
    (got,) = torch.autograd.grad(y.sum(), leaf)
    np.testing.assert_allclose(got.tolist(), want.tolist(), rtol=1e-14)


@pytest.mark.parametrize("function", [torch.tanh, torch.sigmoid, torch.expm1])
def test_the_output_may_not(function: Any) -> None:
    y = function(torch.tensor([0.3, -0.7], requires_grad=True))
    total = y.sum()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()


def test_float32_prints_the_digits_of_pytorch() -> None:
    powers = torch.tensor([1.0, 100.0, 1000.0, 1e6])
    assert torch.log10(powers).tolist() == [0.0, 2.0, 3.0, 6.0]
    assert torch.exp(torch.tensor(1.0)).item() == 2.7182817459106445
    many = torch.log10(torch.full((5000,), 1000.0))
    assert (many - 3).abs().max().item() <= 1e-6


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_relu_stops_infinite_and_nan_cotangents(size: int, dtype: Any) -> None:
    x = torch.tensor([-1.0, 0.0, 2.0] * size, dtype=dtype, requires_grad=True)
    inf = torch.full((3 * size,), float("inf"), dtype=dtype)
    nan = torch.full((3 * size,), float("nan"), dtype=dtype)
    (g,) = torch.autograd.grad(torch.relu(x), x, inf, retain_graph=True)
    assert g[:3].tolist() == [0.0, 0.0, float("inf")]
    (g,) = torch.autograd.grad(torch.relu(x), x, nan)
    assert torch.isnan(g).tolist() == [False, False, True] * size


def test_relu_keeps_minus_zero() -> None:
    assert str(torch.relu(torch.tensor([-0.0, -1.0, 1.0]))) == "tensor([-0., 0., 1.])"


def test_complex_sign_and_modulus_have_no_gradient_at_zero() -> None:
    for function in (torch.abs, torch.sgn, torch.angle):
        z = torch.zeros(1, dtype=torch.complex128, requires_grad=True)
        (g,) = torch.autograd.grad(function(z).real.sum(), z)
        assert g.tolist() == [0j]
