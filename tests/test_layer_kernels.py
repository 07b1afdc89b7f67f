"""Layers that NumPy computes by blocks, in kernels of their own: what the formulas give that the other backends use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.backend import attention_common, normalization_common, numpy as xp, recurrent_common
from chainrule.core.op import numpy_namespace

RNG = np.random.default_rng(11)
TOLERANCES = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCES)


def real(dtype: Any, *shape: int) -> Any:
    return RNG.normal(size=shape).astype(dtype)


def assert_alike(found: Any, wanted: Any, dtype: Any) -> None:
    for got, want in zip(found, wanted, strict=True):
        # As the engine adds up what operands were broadcast to.
        summed = want if want.shape == got.shape else want.reshape(-1, *got.shape).sum(axis=0)
        assert got.dtype == dtype
        np.testing.assert_allclose(
            got, summed, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype] * np.abs(summed).max(initial=1)
        )


def compare(name: str, common: Any, operands: Any, dtype: Any, params: Any, adjoint: Callable[..., Any]) -> None:
    """The forward and the rule; ``adjoint(function, cotangents, outputs)`` calls the rule."""
    out = getattr(xp, name)(*operands, **params)
    assert_alike(out, getattr(common, name)(xp, *operands, **params), dtype)
    g = [real(dtype, *one.shape) for one in out]
    for cotangents in (g, [g[0], *[None] * (len(g) - 1)], [None, *g[1:]]):
        found = adjoint(getattr(xp, name.removesuffix("_steps") + "_adjoint"), cotangents, out)
        rule = getattr(common, name.removesuffix("_steps") + "_adjoint")
        assert_alike(found, adjoint(lambda *args, rule=rule, **kw: rule(xp, *args, **kw), cotangents, out), dtype)


SIZES = [(9, 3, 5), (1, 1, 4), (3, 40, 60), (40, 4, 70)]  # times, batch, states: several steps a block, or one


@DTYPES
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("reverse", [False, True])
def test_lstm(size: tuple[int, int, int], reverse: bool, dtype: Any) -> None:
    times, batch, states = size
    w = real(dtype, 4 * states, states) / states**0.5
    h, c = real(dtype, batch, states), real(dtype, batch, states)
    x = real(dtype, batch, times, 4 * states).swapaxes(0, 1)

    def adjoint(rule: Any, g: Any, out: Any) -> Any:
        return rule([*g[:2], None], h, c, w, *out, need=(True,) * 4, reverse=reverse)

    compare("lstm_steps", recurrent_common, (x, h, c, w), dtype, {"reverse": reverse}, adjoint)


@DTYPES
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("biased", [False, True])
def test_gru(size: tuple[int, int, int], biased: bool, dtype: Any) -> None:
    times, batch, states = size
    w = real(dtype, 3 * states, states) / states**0.5
    x, h, bias = real(dtype, times, batch, 3 * states), real(dtype, batch, states), (real(dtype, 3 * states),)
    bias = bias if biased else ()

    def adjoint(rule: Any, g: Any, out: Any) -> Any:
        return rule([g[0], None] if g[0] is not None else g, h, w, bias, *out, need=(True,) * 4, reverse=biased)

    compare("gru_steps", recurrent_common, (x, h, w, *bias), dtype, {"reverse": biased}, adjoint)


@DTYPES
@pytest.mark.parametrize("shape", [(700, 50), (3, 5, 4, 8), (2, 6000), (1, 1)])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_layer_norm(shape: tuple[int, ...], count: int, dtype: Any) -> None:
    rank = 2 if len(shape) == 4 else 1
    x = real(dtype, *shape).swapaxes(0, 1)
    affine = tuple(real(dtype, *x.shape[len(shape) - rank :]) for _ in range(count))

    def adjoint(rule: Any, g: Any, out: Any) -> Any:
        if g[0] is None and count:
            return []
        return rule(g, x, affine, *out[1:], need=(True,) * (1 + count), rank=rank)

    compare("layer_norm", normalization_common, (x, *affine), dtype, {"rank": rank, "eps": 1e-3}, adjoint)


@DTYPES
@pytest.mark.parametrize("shape", [(40, 6, 5, 9), (300, 3, 20), (3, 2, 90, 100), (600, 10), (4, 5, 3, 3)])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_batch_norm(shape: tuple[int, ...], count: int, dtype: Any) -> None:
    x = 3 + real(dtype, *shape)
    affine = tuple(real(dtype, shape[1]) for _ in range(count))
    params = {"axis": 1 - len(shape), "rank": len(shape), "eps": 1e-3}

    def adjoint(rule: Any, g: Any, out: Any) -> Any:
        found = rule(g, x, affine, *out[1:], need=(True,) * (1 + count), **params)
        without = rule(g, x, affine, *out[1:], need=(False,) * (1 + count), **params)
        assert without == [None] * (1 + count)
        return [one for one in found if one is not None]

    compare("batch_norm", normalization_common, (x, *affine), dtype, params, adjoint)


@DTYPES
@pytest.mark.parametrize("shape", [(40, 6, 5, 9), (300, 6, 20), (3, 4, 90, 100), (600, 10), (4, 6, 3, 3)])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_group_norm(shape: tuple[int, ...], count: int, dtype: Any) -> None:
    x = 3 + real(dtype, *shape)
    affine = tuple(real(dtype, shape[1]) for _ in range(count))
    params = {"groups": 2, "rank": len(shape)}

    def adjoint(rule: Any, g: Any, out: Any) -> Any:
        found = rule(g, x, affine, *out[1:], need=(True,) * (1 + count), **params)
        without = rule(g, x, affine, *out[1:], need=(False,) * (1 + count), **params)
        assert without == [None] * (1 + count)
        return [one for one in found if one is not None]

    compare("group_norm", normalization_common, (x, *affine), dtype, {**params, "eps": 1e-3}, adjoint)


HEADS = [((2, 3, 5, 4), 7, 6), ((1, 2, 300, 8), 200, 8), ((3, 4, 32, 8), 32, 8), ((1, 1, 70, 2), 900, 3)]


@DTYPES
@pytest.mark.parametrize(("queries", "sources", "width"), HEADS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "mask", [None, (True, True, True), (False, True, True), (True, False, True), (True, True, False)]
)
def test_attention(queries: Any, sources: int, width: int, causal: bool, mask: Any, dtype: Any) -> None:
    n, heads, length, size = queries
    q = real(dtype, n, length, heads, size).swapaxes(1, 2)
    k, v = real(dtype, n, heads, sources, size), real(dtype, n, heads, sources, width)
    masks: tuple[Any, ...] = ()
    if mask is not None:
        whole = ((n, heads) if mask[0] else (1, 1), length if mask[1] else 1, sources if mask[2] else 1)
        masks = (real(dtype, *whole[0], *whole[1:]),)
        masks[0][RNG.random(masks[0].shape) < 0.3] = -np.inf

    def adjoint(rule: Any, g: Any, out: Any) -> Any:
        return rule(g, q, k, v, masks, *out, need=(True,) * (3 + len(masks)), scale=0.4, causal=causal, low=None)

    params = {"scale": 0.4, "causal": causal}
    compare("dot_product_attention", attention_common, (q, k, v, *masks), dtype, params, adjoint)


def test_rows_that_get_many() -> None:
    x, indices, v = real(np.float64, 3, 400), RNG.integers(0, 2, (5, 7)), real(np.float64, 5, 7, 400)
    got = numpy_namespace.index_add(x, indices.reshape(-1), v.reshape(35, 400), axis=0)
    np.testing.assert_allclose(got, [x[row] + v[indices == row].sum(axis=0) for row in range(3)], rtol=1e-12)
    w = torch.zeros(2, 4000, requires_grad=True)
    (g,) = torch.autograd.grad(torch.nn.functional.embedding(torch.tensor([1, 1, 1]), w).sum(), w)
    assert g.sum(1).tolist() == [0, 12000]


@pytest.mark.parametrize("eps", [0.0, -1e-3])
def test_batch_norm_takes_no_eps_that_could_divide_by_zero(eps: float) -> None:
    x, statistic = torch.arange(6.0).reshape(3, 2), torch.ones(2)
    with pytest.raises(ValueError, match="eps must be positive during training"):
        torch.nn.functional.batch_norm(x, None, None, training=True, eps=eps)
    if eps:
        with pytest.raises(ValueError, match="eps must be non-negative"):
            torch.nn.functional.batch_norm(x, statistic, statistic, eps=eps)
    else:
        assert torch.equal(torch.nn.functional.batch_norm(x, statistic, statistic, eps=eps), x - 1)
