"""Indexing, gather, scatter and masks, as PyTorch does them (golden/indexing.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expressions import differences, outcome
from hypothesis import assume, given, strategies as st

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "indexing.json").read_text())


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    assert differences(outcome(torch, program), GOLDEN[program]) == []


# -- against NumPy ------------------------------------------------------------------------------------------------------


@st.composite
def keys(draw: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """A shape, and an index of it. PyTorch takes ints before arrays, so only one of the two kinds."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    kinds = ["slice", "none", *draw(st.sampled_from([("array", "mask"), ("int",)]))]
    width = draw(st.integers(0, 3))
    items: list[Any] = []
    for size in shape:
        kind = draw(st.sampled_from(kinds))
        if kind == "none":
            items.append(None)
        if kind == "int":
            items.append(draw(st.integers(-size, size - 1)))
        elif kind == "array":
            items.append(np.array(draw(st.lists(st.integers(-size, size - 1), min_size=width, max_size=width)), int))
        elif kind == "mask" and not any(isinstance(item, np.ndarray) for item in items):
            items.append(np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))))
            kinds = ["slice", "none"]
        else:
            bound = st.none() | st.integers(-size - 1, size + 1)
            items.append(slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3))))
    cut = draw(st.integers(0, len(items)))
    return shape, (*items[:cut], *draw(st.sampled_from([(), (...,)])), *items[cut:])


def usable(shape: tuple[int, ...], key: Any) -> bool:
    """Whether NumPy takes it."""
    try:
        np.zeros(shape)[key]
    except IndexError:
        return False
    return True


@given(keys())
def test_reading_and_its_gradient(drawn: Any) -> None:
    shape, key = drawn
    assume(usable(shape, key))
    array = np.arange(np.prod(shape, dtype=float)).reshape(shape)
    x = torch.tensor(array, requires_grad=True)
    part = x[tuple(torch.tensor(k) if isinstance(k, np.ndarray) else k for k in key)]
    np.testing.assert_array_equal(part.detach().numpy(), array[key])
    g = np.arange(1.0, part.numel() + 1).reshape(part.shape)
    want = np.zeros(shape)
    np.add.at(want, key, g)
    (got,) = torch.autograd.grad(part, x, torch.tensor(g))
    np.testing.assert_array_equal(got.numpy(), want)


@given(keys(), st.booleans())
def test_writing_and_its_gradient(drawn: Any, recorded: bool) -> None:
    shape, key = drawn
    assume(usable(shape, key))
    array = np.arange(np.prod(shape, dtype=float)).reshape(shape)
    values = -np.arange(1.0, array[key].size + 1).reshape(array[key].shape)
    v = torch.tensor(values, requires_grad=recorded)
    x = torch.tensor(array)
    x[key] = v
    array[key] = values
    np.testing.assert_array_equal(x.detach().numpy(), array)
    if recorded:
        # Each place holds what was written to it last, so only that has a gradient.
        places = np.full(shape, -1)
        places[key] = np.arange(values.size).reshape(values.shape)
        weights = np.arange(1.0, array.size + 1).reshape(shape)
        want = np.zeros(values.size)
        want[places[places >= 0]] = weights[places >= 0]
        (got,) = torch.autograd.grad(x, v, torch.tensor(weights))
        np.testing.assert_array_equal(got.numpy().reshape(-1), want)


# -- what a recorded outcome cannot tell --------------------------------------------------------------------------------


def test_only_the_write_that_is_left_gets_a_gradient() -> None:
    """PyTorch hands the cotangent to both."""
    v = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.zeros(3)
    y[[0, 0]] = v
    assert y.tolist() == [2.0, 0.0, 0.0]
    y.sum().backward()
    assert v.grad.tolist() == [0.0, 1.0]
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    torch.zeros(3).scatter(0, torch.tensor([1, 1]), w).sum().backward()
    assert w.grad.tolist() == [0.0, 1.0]


def test_an_index_tensor_that_is_overwritten_is_found_out() -> None:
    x, i = torch.ones(3, requires_grad=True), torch.tensor([0, 1])
    y = x[i].sum()
    i[0] = 2
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_many_repeated_rows() -> None:
    rng = np.random.default_rng(0)
    i, g = rng.integers(-50, 50, (40, 7)), rng.standard_normal((40, 7, 5))
    x = torch.zeros(50, 5, dtype=torch.float64, requires_grad=True)
    want = np.zeros((50, 5))
    np.add.at(want, i, g)
    (got,) = torch.autograd.grad(x[torch.tensor(i)], x, torch.tensor(g))
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-12)
    y = torch.zeros(3, 50, 5, dtype=torch.float64, requires_grad=True)
    (got,) = torch.autograd.grad(y[:, torch.tensor(i)], y, torch.tensor(np.stack([g, 2 * g, -g])))
    np.testing.assert_allclose(got.numpy(), np.stack([want, 2 * want, -want]), rtol=1e-12, atol=1e-12)
    z = torch.zeros(50, 50, 5, dtype=torch.float64, requires_grad=True)
    pair = np.zeros((50, 50, 5))
    np.add.at(pair, (i, i[:, :1]), g)
    (got,) = torch.autograd.grad(z[torch.tensor(i), torch.tensor(i[:, :1])], z, torch.tensor(g))
    np.testing.assert_allclose(got.numpy(), pair, rtol=1e-12, atol=1e-12)


def test_a_number_that_the_dtype_cannot_hold_is_not_written() -> None:
    for dtype, value in ((torch.float32, 1e300), (torch.uint8, 300), (torch.int8, -1000)):
        x = torch.zeros(2, dtype=dtype)
        with pytest.raises(RuntimeError, match="value cannot be converted to type"):
            x[0] = value
        assert x.tolist() == [0, 0]
        assert x._version == 0


def test_indexing_with_uint8_warns() -> None:
    with pytest.warns(UserWarning, match="indexing with dtype torch.uint8 is now deprecated"):
        assert torch.arange(2)[torch.tensor([0, 1], dtype=torch.uint8)].tolist() == [1]


def test_writing_to_a_view_made_under_no_grad() -> None:
    h = torch.ones(2, requires_grad=True) * 2
    with torch.no_grad():
        part = h[1:]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        part[0] = 1.0
    assert h.tolist() == [2.0, 2.0]


def test_take_along_dim_counts_from_the_end_of_a_dimension() -> None:
    x = torch.tensor([[1, 2, 3], [4, 5, 6]])
    assert torch.take_along_dim(x, torch.tensor([[-1, 0]]), 1).tolist() == [[3, 1], [6, 4]]
    for index, dim in (([[-4]], 1), ([[3]], 1), ([[-1]], None)):
        with pytest.raises(RuntimeError, match="out of bounds"):
            torch.take_along_dim(x, torch.tensor(index), dim)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bool])
def test_an_empty_index_may_be_of_any_dtype(dtype: torch.dtype) -> None:
    x, nowhere = torch.ones(3, requires_grad=True), torch.tensor([], dtype=dtype)
    assert x.gather(0, nowhere).shape == (0,)
    assert x.scatter(0, nowhere, torch.ones(0)).tolist() == [1, 1, 1]
    assert torch.autograd.grad(x.gather(0, nowhere).sum(), x)[0].tolist() == [0, 0, 0]
    with pytest.raises(RuntimeError, match="Expected dtype int32/int64"):
        x.gather(0, torch.zeros(1, dtype=dtype))


@pytest.mark.parametrize(("shape", "error"), [((), IndexError), ((3,), IndexError), ((3, 2), RuntimeError)])
def test_an_index_that_index_add_does_not_have(shape: tuple[int, ...], error: type[Exception]) -> None:
    x = torch.ones(shape)
    index = torch.tensor([0, 3]) if shape else torch.tensor(3)
    for call in (x.index_add, x.index_add_):
        with pytest.raises(error) as caught:
            call(0, index, torch.ones((2, *shape[1:])) if shape else x)
        assert type(caught.value) is error
    assert (x == 1).all()


class OfAnotherLibrary:
    """An array with what those of NumPy, PyTorch and JAX have for others to read them by."""

    def __init__(self, values: Any) -> None:
        self.values = np.array(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values

    def __index__(self) -> int:
        return int(self.values.item())


@pytest.mark.parametrize("values", [[1], [0, 2], [[1]], [True, False, True], 1])
def test_an_array_of_another_library_is_the_array_that_it_holds(values: Any) -> None:
    """One of a single element has ``__index__``, too, but selects an axis of length 1."""
    x, index = torch.arange(12).reshape(3, 4), OfAnotherLibrary(values)
    assert torch.equal(x[index], x[index.values])
    x[index] = -1
    assert (x == -1).sum() == x[index.values].numel()
