"""The convolutions of the NumPy backend, however they lay out windows in memory, against sums written down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule.backend import convolutions_numpy as kernels, window_layouts_numpy
from chainrule.backend.conv_rows_numpy import FORWARD, height, input_saves_by_rows
from chainrule.backend.window_layouts_numpy import Workspace
from chainrule.backend.windows import all_parts

CASES = [
    # images, channels, outputs, places, kernel, stride, padding, dilation, groups
    (5, 4, 2, (6, 5), (3, 2), (1, 1), (1, 0), (1, 1), 1),
    (5, 4, 2, (6, 40), (3, 2), (1, 1), (1, 0), (1, 1), 1),
    (3, 6, 4, (9, 7), (3, 3), (2, 1), (2, 1), (1, 2), 2),
    (3, 6, 4, (9, 50), (3, 3), (2, 1), (2, 1), (1, 2), 2),
    (4, 3, 2, (9,), (4,), (2,), (-1,), (1,), 1),
    (4, 2, 2, (3, 4, 5), (2, 2, 3), (1, 2, 1), (1, 0, 1), (1, 1, 1), 1),
    (300, 16, 4, (12, 12), (3, 3), (1, 1), (0, 0), (1, 1), 1),  # in more than one part
    (9, 16, 40, (40, 40), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    # by rows
    (5, 8, 2, (11, 60), (5, 3), (1, 1), (2, -1), (1, 2), 1),
    (6, 8, 1, (15, 40), (7, 3), (2, 2), (3, 1), (1, 1), 1),
    (5, 8, 4, (7, 5, 30), (5, 2, 2), (1, 1, 1), (1, 0, 1), (1, 1, 1), 2),
    # by several rows at once
    (5, 3, 6, (16, 60), (5, 3), (1, 1), (0, 0), (1, 1), 1),
    (6, 8, 2, (21, 40), (7, 3), (2, 2), (3, 1), (1, 1), 2),
    (2, 4, 2, (8, 5, 30), (5, 2, 2), (1, 1, 1), (2, 0, 0), (1, 1, 1), 1),
    # and the gradient by the input as well
    (15, 3, 16, (12, 14), (5, 5), (1, 1), (0, 0), (1, 1), 1),
    (40, 2, 32, (12, 15), (5, 4), (1, 1), (2, -1), (1, 3), 2),
    (3, 2, 16, (12, 5, 12), (5, 2, 2), (1, 1, 1), (0, 1, 2), (1, 1, 1), 1),
    # products added up in planes
    (3, 2, 32, (9, 12), (3, 2), (1, 1), (1, -1), (2, 1), 1),
    (1, 4, 64, (20,), (5,), (1,), (2,), (1,), 2),
    (2, 1, 16, (4, 5, 12), (2, 3, 2), (1, 1, 1), (2, 1, 0), (1, 1, 3), 1),
]


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_three_of_a_convolution(case: Any, is_shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts, too: of the images, and of what of one is laid out at once."""
    if is_shared:
        monkeypatch.setattr(kernels, "SHARED", 500)
        monkeypatch.setattr(window_layouts_numpy, "CHUNK", 1500)
    n, channels, outputs, places, kernel, stride, padding, dilation, groups = case
    rng = np.random.default_rng(0)
    lengths = tuple(
        (p + 2 * pad - d * (k - 1) - 1) // s + 1
        for p, pad, d, k, s in zip(places, padding, dilation, kernel, stride, strict=True)
    )
    x, y = rng.standard_normal((n, channels, *places)), rng.standard_normal((n, outputs, *lengths))
    w, b = rng.standard_normal((outputs, channels // groups, *kernel)), rng.standard_normal(outputs)
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    laid = np.zeros((n, channels, math.prod(kernel), *lengths))
    for number, have, where in all_parts(tuple(zip(places, lengths, kernel, stride, padding, dilation, strict=True))):
        laid[(slice(None), slice(None), number, *have)] = x[(..., *where)]
    laid = laid.reshape(n, groups, channels // groups, math.prod(kernel), math.prod(lengths))
    flat_w = w.reshape(groups, outputs // groups, channels // groups, math.prod(kernel))
    flat_y = y.reshape(n, groups, outputs // groups, math.prod(lengths))

    expected = np.einsum("gock,ngckp->ngop", flat_w, laid).reshape(y.shape) + b.reshape(-1, *[1] * len(kernel))
    np.testing.assert_allclose(
        kernels.convolution(x, w, b, lengths=lengths, **settings), expected, rtol=1e-10, atol=1e-10
    )
    by_w = np.einsum("ngop,ngckp->gock", flat_y, laid).reshape(w.shape)
    np.testing.assert_allclose(kernels.conv_weight(x, y, lengths=kernel, **settings), by_w, rtol=1e-10, atol=1e-9)
    # <y, w * x> is linear in x: the rest is what x is multiplied with.
    by_x = kernels.conv_input(y, w, lengths=places, **settings)
    other = rng.standard_normal(x.shape)
    bare = kernels.conv(other, w, lengths=lengths, **settings)
    np.testing.assert_allclose(np.vdot(by_x, other), np.vdot(y, bare), rtol=1e-8)


def test_memory_to_compute_in_is_nobody_elses_while_it_is_in_use() -> None:
    with Workspace(np.dtype(np.float32), 10, 20) as (a, b):
        assert not np.shares_memory(a, b)
        assert (a.size, b.size) == (10, 20)
        with Workspace(np.dtype(np.float32), 10) as (inner,):
            assert not np.shares_memory(inner, a)
    with Workspace(np.dtype(np.float64), 5) as (again,):
        assert np.shares_memory(again, a) or np.shares_memory(again, inner)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_infinite_weight_does_not_meet_the_zeros_around(case: Any) -> None:
    """The gradient by the input is a sum over places that are there, so of ones it has no NaN."""
    _, channels, outputs, places, kernel, stride, padding, dilation, groups = case
    lengths = tuple(
        (p + 2 * pad - d * (k - 1) - 1) // s + 1
        for p, pad, d, k, s in zip(places, padding, dilation, kernel, stride, strict=True)
    )
    w = np.ones((outputs, channels // groups, *kernel))
    w[0, 0].flat[0] = np.inf
    y = np.ones((2, outputs, *lengths))
    found = kernels.conv_input(y, w, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=places)
    assert np.isinf(found).any()
    assert not np.isnan(found).any()


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_infinite_gradients_stay_in_their_rows(number: float) -> None:
    w, y = np.ones((16, 3, 5, 5)), np.ones((15, 16, 8, 10))
    assert input_saves_by_rows(w, y, (1, 1), 1)
    y[:, :, 0] = number
    settings = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    found = kernels.conv_input(y, w, lengths=(12, 14), **settings)
    assert not np.isfinite(found[:, :, :5]).any()
    assert np.isfinite(found[:, :, 5:]).all()


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_a_row_is_not_touched_by_what_only_its_neighbours_windows_reach(number: float) -> None:
    x, w = np.ones((5, 3, 16, 60)), np.ones((6, 3, 5, 3))
    assert height(6, (5, 3), (1, 1), 12, FORWARD) > 1
    x[:, :, 4] = number
    settings = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    found = kernels.conv(x, w, lengths=(12, 58), **settings)
    assert not np.isfinite(found[:, :, :5]).any()
    np.testing.assert_array_equal(found[:, :, 5:], 45)
    by_w = kernels.conv_weight(x, np.ones(found.shape), lengths=(5, 3), **settings)
    assert not np.isfinite(by_w).any()
    by_w = kernels.conv_weight(x[:, :, 4:], np.ones((5, 6, 8, 58)), lengths=(5, 3), **settings)
    assert not np.isfinite(by_w[:, :, 0]).any()
    np.testing.assert_array_equal(by_w[:, :, 1:], 5 * 8 * 58)
