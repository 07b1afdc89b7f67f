"""Functions that have kernels of their own for large arrays: as good as those of small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special

import chainrule as torch

RAMP = np.linspace(-15, 15, 70_001)
POWERS = 10.0 ** np.arange(-40, 39)
ENDS = np.array([0, -0.0, np.inf, -np.inf, np.nan])
SINGLES = np.concatenate([ENDS, -POWERS, POWERS, RAMP]).astype(np.float32)
LEAST = 1e-38  # the least float32 with all its digits


def gaussian(x: Any) -> Any:
    return np.exp(-(x**2))


def sigmoid_slope(x: Any) -> Any:
    return scipy.special.expit(x) * scipy.special.expit(-x)


def silu(x: Any) -> Any:
    return x * scipy.special.expit(x)


def silu_slope(x: Any) -> Any:
    return scipy.special.expit(x) * (1 + x * scipy.special.expit(-x))


FUNCTIONS: dict[str, tuple[Any, Any, Any]] = {
    "erf": (torch.erf, scipy.special.erf, lambda x: 2 / np.sqrt(np.pi) * gaussian(x)),
    "erfc": (torch.erfc, scipy.special.erfc, lambda x: -2 / np.sqrt(np.pi) * gaussian(x)),
    "sigmoid": (torch.sigmoid, scipy.special.expit, sigmoid_slope),
    "silu": (torch.nn.functional.silu, silu, silu_slope),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_slopes(name: str, dtype: Any) -> None:
    function, value, slope = FUNCTIONS[name]
    single = dtype is np.float32
    tolerance, least = (1e-6, LEAST) if single else (1e-13, 1e-300)
    for array in (SINGLES.astype(dtype), np.asfortranarray(np.tile(SINGLES.astype(dtype), (2, 1)))[:, ::2]):
        x = torch.tensor(array, requires_grad=True)
        y = function(x)
        (g,) = torch.autograd.grad(y.sum(), x)
        wide = array.astype(np.float64)
        want = value(wide)
        np.testing.assert_allclose(y.detach().numpy(), want, rtol=tolerance, atol=least)
        np.testing.assert_array_equal(np.signbit(y.detach().numpy())[wide == 0], np.signbit(want)[wide == 0])
        # Where the slope of silu changes its sign its two terms cancel.
        np.testing.assert_allclose(
            g.numpy(), slope(wide), rtol=tolerance, atol=max(least, name == "silu" and tolerance / 10)
        )


def test_slices_are_not_written_to() -> None:
    x = torch.zeros(100_000)
    before = x.clone()
    for function, *_ in FUNCTIONS.values():
        function(x)
    assert x.equal(before)
