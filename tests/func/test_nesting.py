"""Derivatives of derivatives, where an intermediate result has a history of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule.func import grad, jvp


def forward(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: jvp(f, (x,), (torch.ones_like(x),))[1]


@pytest.mark.parametrize("nesting", list(itertools.product([grad, forward], repeat=3)))
def test_third_derivatives_through_an_intermediate(nesting: tuple[Any, ...]) -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        y = torch.sin(x)
        return y * y * y

    x = torch.tensor(0.7, dtype=torch.float64)
    derivative: Any = f
    for transform in nesting:
        derivative = transform(derivative)
    s, c = torch.sin(x), torch.cos(x)
    assert torch.allclose(derivative(x), 6 * c**3 - 21 * s * s * c, rtol=1e-13)
