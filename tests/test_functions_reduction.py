"""Reductions, cumulative functions, sorts and counts: as PyTorch gives them (golden/reduction.json), and more exact."""

from __future__ import annotations

import copy
import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import chainrule as torch
from chainrule import return_types

GOLDEN = json.loads((Path(__file__).parent / "golden" / "reduction.json").read_text())


def namespace() -> dict[str, Any]:
    names: dict[str, Any] = {"torch": torch}
    exec(GOLDEN["common"], names)
    return names


@pytest.mark.parametrize("key", GOLDEN["values"])
@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0")
def test_values_and_text(key: str) -> None:
    result = eval(key.partition(": ")[2], namespace())
    assert [repr(result), str(getattr(result, "dtype", ""))] == GOLDEN["values"][key]


@pytest.mark.parametrize("expression", GOLDEN["refused"])
def test_refusals(expression: str) -> None:
    """PyTorch's exception class, and a message that begins with its first sentence."""
    name, words = GOLDEN["refused"][expression]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the class is compared below
        eval(expression, namespace())
    assert type(caught.value).__name__ == name
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("expression", GOLDEN["type errors"])
def test_calls_that_do_not_fit_the_signature(expression: str) -> None:
    with pytest.raises(TypeError):
        eval(expression, namespace())


# -- accuracy ----------------------------------------------------------------------------------------------------------

LAYOUTS = {
    "a vector": lambda n: (np.full(n, 0.1, np.float32), None),
    "rows": lambda n: (np.full((2, n), 0.1, np.float32), 1),
    "columns": lambda n: (np.full((n, 2), 0.1, np.float32), 0),
    "a transpose": lambda n: (np.full((2, n), 0.1, np.float32).T, 0),
    "a part of each row": lambda n: (np.full((n, 3), 0.1, np.float32)[:, :2], None),
    "first and last of three axes": lambda n: (np.full((n, 2, 2), 0.1, np.float32), (0, 2)),
    "every other element": lambda n: (np.full(2 * n, 0.1, np.float32)[::2], None),
}


@pytest.mark.parametrize("function", ["sum", "mean"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_long_sums_in_single_precision_keep_their_digits(layout: str, function: str) -> None:
    array, dim = LAYOUTS[layout](10**6)
    got = getattr(torch.from_numpy(array), function)(dim).numpy()
    axis = dim if dim is None or isinstance(dim, tuple) else (dim,)
    np.testing.assert_allclose(got, getattr(array, function)(axis=axis, dtype=np.float64), rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(60000,), (60000, 2)])
def test_half_precision_is_added_in_a_wider_type(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    x = torch.full(shape, 0.1, dtype=dtype)
    want = 60000 * float(x.reshape(-1)[0])
    assert float(x.sum(0).reshape(-1)[0]) == pytest.approx(want, rel=0.01)
    assert float(x.cumsum(0).reshape(-1)[-1]) == pytest.approx(want, rel=0.01)


def test_the_mean_of_more_elements_than_half_precision_can_count() -> None:
    x = torch.full((100_000,), 300.0, dtype=torch.float16, requires_grad=True)
    x.mean().backward(torch.tensor(1024.0, dtype=torch.float16))
    assert x.mean() == 300
    assert float(x.grad[0]) == pytest.approx(1024 / 100_000, rel=1e-3)


def test_a_variance_far_from_zero() -> None:
    x = torch.tensor([1e7, 1e7 + 1, 1e7 + 3])
    assert float(x.var()) == pytest.approx(7 / 3, rel=1e-6)
    assert float(torch.full((10,), 1e20).var()) == 0


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, 0.5, -1.0])
@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e150, 1e200])
def test_norms_whose_powers_leave_the_range_of_doubles(p: float, scale: float) -> None:
    near = torch.tensor([3.0, -4.0, 1.0], dtype=torch.float64, requires_grad=True)
    far = (near.detach() * scale).requires_grad_()
    near_norm, far_norm = near.norm(p), far.norm(p)
    assert far_norm.item() == pytest.approx(near_norm.item() * scale, rel=1e-12, abs=0)
    near_norm.backward()
    far_norm.backward()
    np.testing.assert_allclose(far.grad.numpy(), near.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("shape", [(7,), (1, 4), (4, 1), (2, 3), (2, 0), (0,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_norms_of_shapes_and_layouts(shape: tuple[int, ...], dtype: Any) -> None:
    array = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    for x in (array, array.T):
        for dim in (None, *range(-x.ndim, x.ndim)):
            got = torch.from_numpy(x).norm(dim=dim)
            want = np.sqrt((x.astype(float) ** 2).sum(dim))
            assert got.shape == want.shape
            np.testing.assert_allclose(got.numpy(), want, rtol=1e-6)


def test_the_curvature_of_a_norm_is_finite_at_zeros() -> None:
    """Where some elements are zero, and where all are (PyTorch: NaN)."""
    for values in ([0.0, 3.0, 4.0], [0.0, 0.0]):
        x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        (g,) = torch.autograd.grad(x.norm(2), x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x)
        assert np.isfinite(h.numpy()).all()


def hessian(f: Any, values: list[float]) -> Any:
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(f(x), x, create_graph=True)
    return np.stack([torch.autograd.grad(one, x, retain_graph=True)[0].numpy() for one in g.unbind()])


@pytest.mark.parametrize("values", [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [2.0, 0.0, 5.0], [0.0, 0.0, 0.0]])
def test_second_derivatives_of_products_are_exact_at_zeros(values: list[float]) -> None:
    a, b, c = values
    want = np.array([[0, c, b], [c, 0, a], [b, a, 0]])
    np.testing.assert_array_equal(hessian(lambda x: x.prod(), values), want)
    np.testing.assert_array_equal(hessian(lambda x: x.prod(0), values), want)
    np.testing.assert_array_equal(hessian(lambda x: x.cumprod(0)[-1], values), want)


# -- what is more than text ---------------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.data(),
)
def test_any_axes(shape: list[int], data: st.DataObject) -> None:
    ndim = len(shape)
    dims = data.draw(st.lists(st.integers(-ndim, ndim - 1), min_size=1, unique_by=lambda d: d % ndim))
    keepdim = data.draw(st.booleans())
    array = np.random.default_rng(0).standard_normal(shape)
    x = torch.tensor(array, requires_grad=True)
    for dim in (dims, tuple(dims), None):
        axis = None if dim is None else tuple(dim)
        total = x.sum(dim, keepdim)
        np.testing.assert_allclose(total.detach().numpy(), array.sum(axis, keepdims=keepdim), atol=1e-12)
        assert (x != 0).all(dim, keepdim).shape == total.shape
        seed = torch.arange(total.numel(), dtype=torch.float64).reshape(total.shape)
        (g,) = torch.autograd.grad(total, x, seed)
        assert g.shape == x.shape
        np.testing.assert_allclose(g.sum(dim, keepdim).numpy(), seed.numpy() * math.prod(shape) / max(total.numel(), 1))


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable_and_puts_nan_above_all(descending: bool) -> None:
    rng = np.random.default_rng(3)
    array = rng.integers(0, 5, (3, 50)).astype(float)
    array[rng.random(array.shape) < 0.1] = np.nan
    values, indices = torch.tensor(array).sort(1, descending=descending)
    for row, places in zip(array, indices.numpy(), strict=True):
        ranks = np.where(np.isnan(row), np.inf, row)
        want = sorted(range(50), key=lambda at: (-ranks[at] if descending else ranks[at], at))
        assert places.tolist() == want
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(array, indices.numpy(), 1))


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("k", [1, 5, 60])
def test_the_top_of_many_is_the_top_of_all(k: int, largest: bool) -> None:
    x = torch.tensor(np.random.default_rng(5).permutation(200).reshape(2, 100))
    for dim in (0, 1):
        fewer = min(k, x.shape[dim])
        values, indices = x.topk(fewer, dim, largest=largest)
        ordered, places = x.sort(dim, descending=largest)
        assert values.tolist() == ordered.narrow(dim, 0, fewer).tolist()
        assert indices.tolist() == places.narrow(dim, 0, fewer).tolist()


def test_a_result_along_a_dimension_is_a_named_tuple() -> None:
    result = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1)
    assert isinstance(result, tuple)
    assert type(result) is return_types.max
    values, indices = result
    assert values is result.values is result[0]
    assert indices is result.indices is result[1]
    assert result.n_fields == 2
    assert str(type(result)) == "<class 'torch.return_types.max'>"
    for again in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result), copy.copy(result)):
        assert type(again) is return_types.max
        assert again.values.tolist() == [5.0, 7.0]
    with pytest.raises(AttributeError):
        result.values = values
    with pytest.raises(TypeError, match="takes a 2-sequence"):
        return_types.max((values,))


def test_return_types_are_listed_and_no_others_exist() -> None:
    assert {"max", "max_out", "linalg_svd", "sort"} <= set(dir(return_types))
    assert return_types.linalg_svd((1, 2, 3)).Vh == 3
    with pytest.raises(AttributeError):
        _ = return_types.nothing


def test_results_written_to_out() -> None:
    x = torch.tensor([3.0, 1.0, 2.0])
    values, indices = torch.empty(3), torch.empty(3, dtype=torch.int64)
    result = torch.sort(x, out=(values, indices))
    assert type(result) is return_types.sort_out
    assert result.values is values
    assert values.tolist() == [1, 2, 3]
    assert indices.tolist() == [1, 2, 0]
    with pytest.raises(RuntimeError, match=r"dtype torch\.int64"):
        torch.sort(-x, out=(values, torch.empty(3)))
    assert values.tolist() == [1, 2, 3]


def test_cumulative_in_place() -> None:
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = w * 2
    same = y
    y.cumprod_(0)
    assert y is same
    assert y.tolist() == [2, 8, 48]
    y.sum().backward()
    assert w.grad.tolist() == [58, 28, 16]


def test_the_weights_of_a_count_have_a_gradient() -> None:
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (torch.bincount(torch.tensor([0, 2, 0]), w) * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert w.grad.tolist() == [1, 100, 1]


def test_distinct_elements_have_no_derivative() -> None:
    x = torch.tensor([2.0, 1.0], requires_grad=True)
    values = x.unique()
    assert values.requires_grad
    with pytest.raises(RuntimeError, match="is not implemented"):
        values.sum().backward()


def test_the_difference_of_order_0_is_the_input() -> None:
    x = torch.tensor([1.0, 4.0])
    assert torch.diff(x, 0, prepend=torch.zeros(1), append=torch.zeros(1)).tolist() == [1, 4]


@pytest.mark.parametrize("of_pair", [torch.logaddexp, lambda x, y: torch.logcumsumexp(torch.stack([x, y]), 0)[1]])
def test_complex_sums_of_exponentials_stay_in_the_branch_of_the_larger(of_pair: Any) -> None:
    x, y = torch.tensor(1000 + 7j, dtype=torch.complex128), torch.tensor(999 - 2j, dtype=torch.complex128)
    want = 1000 + 7j + np.log1p(np.exp(-1 - 9j))
    assert abs(of_pair(x, y).item() - want) < 1e-9
    assert abs(of_pair(y, x).item() - want) < 1e-9
    nothing = torch.tensor(complex(-np.inf, 0))
    assert of_pair(nothing, nothing).real.item() == -np.inf
