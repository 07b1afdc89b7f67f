"""Whose memory a compiled function uses: what it reads in place, what stays with XLA, and what everybody still sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.core.value import Parked

jax = pytest.importorskip("jax")


def test_an_argument_may_be_written_to_while_xla_still_computes() -> None:
    count = 4_000_000
    room = np.empty(count + 16, np.float32)
    start = -room.__array_interface__["data"][0] % 64 // 4  # memory that JAX would read where it is
    numbers = room[start : start + count]

    def function(x: Any) -> Any:
        y = x
        for _ in range(5):
            y = torch.tanh(y + x)
        return y

    compiled, x = torch.compile(function), torch.from_numpy(numbers)
    for _ in range(3):
        numbers[...] = 0.5
        want = function(torch.tensor(0.5)).item()
        y = compiled(x)
        numbers[...] = 0
        assert np.allclose(y.numpy(), want)


def test_an_argument_that_nobody_else_sees_stays_with_xla_until_it_is_written() -> None:
    compiled, x = torch.compile(lambda x: x * 2), torch.randn(100, 3)
    first, y = x.tolist(), x.detach().clone()
    for _ in range(3):
        result = compiled(x)
    assert type(x._array) is Parked
    x.add_(1)
    assert result.tolist() == (2 * y).tolist()
    assert compiled(x).tolist() == (2 * (y + 1)).tolist()
    assert type(x._array) is np.ndarray
    assert y.tolist() == first


@pytest.mark.parametrize(
    "held",
    [
        lambda x: x.numpy(),
        lambda x: memoryview(x.numpy()),
        lambda x: x[1:],
        lambda x: x.detach(),
        lambda x: x.data_ptr(),
        lambda x: x.untyped_storage(),
        lambda x: torch.ones(3, requires_grad=True) * x,
    ],
)
def test_an_argument_whose_memory_is_known_elsewhere_stays_where_it_is(held: Any) -> None:
    compiled, x = torch.compile(lambda x: x * 2), torch.randn(4, 3)
    other = held(x)
    for _ in range(3):
        compiled(x)
    assert type(x._array) is np.ndarray
    del other


def test_an_argument_keeps_its_strides() -> None:
    compiled, x = torch.compile(lambda x: x * 2), torch.empty_strided((4, 3), (1, 4)).fill_(1.0)
    for _ in range(3):
        compiled(x)
    assert x.stride() == (1, 4)
