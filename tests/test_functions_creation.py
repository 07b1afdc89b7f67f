"""Creation and conversion of tensors, as PyTorch does it (golden/creation.json)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expressions import outcome
from hypothesis import given, strategies as st

import chainrule as torch
from chainrule import ops

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "creation.json").read_text())

OTHER_ERROR = {
    "torch.zeros(2, 1.5)", "torch.FloatTensor(n)", "torch.complex(v, v.double())",
}  # fmt: skip
"""Refused in clearer words than PyTorch's."""

LAST_DIGIT = {
    "torch.logspace(-2, 2, 5, dtype=torch.float64)",
    "torch.polar(torch.tensor([1., 2.]), torch.tensor([0., .5]))",
}
"""Powers and angles, which another library rounds otherwise. Everything else agrees to the last bit."""


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    if "raises" in want:
        assert got["raises"] in (want["raises"], "UnavailableDeviceError")
        assert program in OTHER_ERROR or got["says"].startswith(want["says"][:20])
        return
    assert "raises" not in got, got
    for one, other in zip(got["values"], want["values"], strict=True):
        if isinstance(other, str):
            assert one == other
            continue
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        if program in LAST_DIGIT:
            got_data, want_data = (np.array([complex(x) for x in d["data"]]) for d in (one, other))
            np.testing.assert_allclose(got_data, want_data, rtol=1e-7)
        else:
            assert one["data"] == other["data"]
        assert one.get("nodes") == other.get("nodes")
        assert one.get("gradients") == other.get("gradients")


# -- memory -------------------------------------------------------------------------------------------------------------


def test_what_is_made_has_memory_of_its_own() -> None:
    array = np.ones(3)
    assert not np.shares_memory(torch.tensor(array).numpy(), array)
    assert np.shares_memory(torch.as_tensor(array).numpy(), array)
    assert np.shares_memory(torch.asarray(array).numpy(), array)
    assert not np.shares_memory(torch.asarray(array, copy=True).numpy(), array)
    t = torch.ones(3)
    assert not np.shares_memory(torch.ones_like(t).numpy(), t.numpy())
    assert not np.shares_memory(t.to(torch.float32, copy=True).numpy(), t.numpy())
    with pytest.warns(UserWarning, match="rather than tensor.new_tensor"):
        assert not np.shares_memory(t.new_tensor(t).numpy(), t.numpy())


def test_likes_keep_the_order_in_memory() -> None:
    base = torch.empty(2, 3, 4)
    for axes in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        x = base.permute(axes)
        for like in (torch.zeros_like, torch.ones_like, torch.empty_like):
            assert like(x).stride() == x.stride()
        assert torch.full_like(x, 2).stride() == x.stride()
    assert torch.zeros_like(base[:, ::2]).stride() == (8, 4, 1)


def test_a_size_beyond_memory_is_refused() -> None:
    for make in (torch.zeros, torch.ones, torch.empty):
        with pytest.raises(RuntimeError, match="Storage size calculation overflowed"):
            make(2**62, 8)
    for make in (lambda: torch.arange(2**62), lambda: torch.linspace(0, 1, 2**60), lambda: torch.eye(2**40)):
        with pytest.raises(RuntimeError, match=r"memory|overflow"):
            make()


# -- dtypes -------------------------------------------------------------------------------------------------------------


def test_the_default_dtype_decides() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        made = [torch.zeros(1), torch.arange(1.0), torch.linspace(0, 1, 2), torch.eye(1), torch.full((1,), 1.0)]
        made += [torch.scalar_tensor(1), torch.tensor([1.0]), torch.Tensor([1])]
        assert {t.dtype for t in made} == {torch.float64}
        assert torch.full((1,), 1j).dtype == torch.complex128
        assert torch.FloatTensor([1]).dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("source", ["float64", "float32", "float16", "bfloat16", "complex64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("target", ["float64", "float32", "float16", "bfloat16", "complex64", "int64", "uint8", "bool"])
def test_conversion_and_its_gradient(source: str, target: str) -> None:
    x = torch.tensor([0.0, 1.0, 2.0]).to(getattr(torch, source))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # complex to real
        y = x.to(getattr(torch, target))
    values = [0, 1, 1] if "bool" in (source, target) else [0, 1, 2]
    assert y.tolist() == values
    assert (y is x) == (source == target)
    kinds = {t.dtype.is_floating_point or t.dtype.is_complex for t in (x, y)}
    if kinds == {True}:
        x.requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # complex to real
            out = x.to(getattr(torch, target), copy=True)
            out.backward(torch.ones_like(out))
        assert out.grad_fn.name() == "ToCopyBackward0"
        assert x.grad.dtype == x.dtype
        assert x.grad.tolist() == [1, 1, 1]


def test_complex_to_real_warns() -> None:
    with pytest.warns(UserWarning, match="Casting complex values to real discards the imaginary part"):
        assert torch.tensor([1 + 2j]).float().tolist() == [1.0]


def test_devices_that_there_are_not() -> None:
    x = torch.ones(1)
    for call in (
        x.cuda,
        lambda: x.to("cuda"),
        lambda: torch.zeros(1, device="cuda:0"),
        lambda: torch.zeros_like(x, device="cuda"),
        lambda: x.new_zeros(1, device="cuda"),
        lambda: torch.arange(3, device="cuda"),
    ):
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            call()
    with pytest.raises(RuntimeError, match="must be cuda device"):
        x.cuda("cpu")


def test_legacy_types_as_dtypes() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_default_tensor_type(torch.DoubleTensor)
        assert torch.ones(1).dtype == torch.float64
        torch.set_default_tensor_type("torch.FloatTensor")
    assert torch.ones(1).dtype == torch.float32
    assert not issubclass(torch.FloatTensor, torch.Tensor)
    assert not isinstance(np.ones(1, np.float32), torch.FloatTensor)


@given(st.integers(-50, 50), st.integers(1, 60), st.sampled_from([1, 2, 3, -1, -4]))
def test_integer_ranges_are_those_of_python(start: int, length: int, step: int) -> None:
    stop = start + length * (1 if step > 0 else -1)
    assert torch.arange(start, stop, step).tolist() == list(range(start, stop, step))


@given(st.floats(-10, 10), st.floats(-10, 10), st.integers(2, 50))
def test_both_ends_of_linspace_are_exact(start: float, end: float, steps: int) -> None:
    points = torch.linspace(start, end, steps, dtype=torch.float64)
    assert (points[0].item(), points[-1].item()) == (start, end)
    np.testing.assert_allclose(points.numpy(), np.linspace(start, end, steps), rtol=1e-13, atol=1e-13)


# -- the constants of rules ---------------------------------------------------------------------------------------------


def test_constants_in_the_recorded_namespace() -> None:
    x = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    for dtype in (torch.float32, np.dtype(np.float32)):
        made = [
            ops.zeros((2, 3), dtype=dtype),
            ops.ones((2, 3), dtype=dtype),
            ops.full((2, 3), 7, dtype=dtype),
            ops.eye(2, 3, dtype=dtype),
            ops.zeros_like(x, dtype=dtype),
            ops.ones_like(x, dtype=dtype),
            ops.full_like(x, 7, dtype=dtype),
            ops.empty_like(x, dtype=dtype),
            ops.asarray(x, dtype=dtype),
        ]
        assert all(t.shape == (2, 3) and t.dtype is torch.float32 and not t.requires_grad for t in made)
        assert ops.arange(3, dtype=dtype).tolist() == [0, 1, 2]
        assert ops.linspace(0, 1, 3, dtype=dtype).tolist() == [0, 0.5, 1]
    assert ops.asarray(x) is x
    assert ops.astype(x, torch.float32).grad_fn.name() == "ToCopyBackward0"
