"""Gradients of convolutions as functions."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule.nn import functional as F, grad as nn_grad

SETTINGS = [
    {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    {"stride": 2, "padding": 1, "dilation": 2, "groups": 2},
]


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("settings", SETTINGS, ids=("plain", "all"))
def test_they_are_what_autograd_gives(dims: int, settings: dict[str, int]) -> None:
    torch.manual_seed(dims)
    x = torch.randn(2, 4, *[7] * dims, dtype=torch.float64, requires_grad=True)
    w = torch.randn(6, 4 // settings["groups"], *[2] * dims, dtype=torch.float64, requires_grad=True)
    y = getattr(F, f"conv{dims}d")(x, w, **settings)
    g = torch.randn(y.shape, dtype=torch.float64, requires_grad=True)
    by_x, by_w = torch.autograd.grad(y, (x, w), g)
    by_input, by_weight = getattr(nn_grad, f"conv{dims}d_input"), getattr(nn_grad, f"conv{dims}d_weight")
    torch.testing.assert_close(by_input(x.shape, w, g, **settings), by_x)
    torch.testing.assert_close(by_weight(x, w.shape, g, **settings), by_w)
    if dims == 1:
        assert torch.autograd.gradcheck(lambda w, g: by_input(x.shape, w, g, **settings), (w, g))
        assert torch.autograd.gradcheck(lambda x, g: by_weight(x, w.shape, g, **settings), (x, g))


def test_shapes_that_belong_to_no_convolution_are_refused() -> None:
    with pytest.raises(RuntimeError, match="no convolution of an input"):
        nn_grad.conv1d_input((1, 1, 5), torch.ones(1, 1, 2), torch.ones(1, 1, 3))
