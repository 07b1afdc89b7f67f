"""Functions that have kernels of their own for large arrays: as good as those of small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special

import chainrule as torch
from chainrule.backend import numpy as xp

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


def mish(x: Any) -> Any:
    return x * np.tanh(np.logaddexp(x, 0))


def mish_slope(x: Any) -> Any:
    p = np.logaddexp(x, 0)
    return np.tanh(p) + silu(x) * (4 * np.exp(-2 * p) / (1 + np.exp(-2 * p)) ** 2)


FUNCTIONS: dict[str, tuple[Any, Any, Any]] = {
    "erf": (torch.erf, scipy.special.erf, lambda x: 2 / np.sqrt(np.pi) * gaussian(x)),
    "erfc": (torch.erfc, scipy.special.erfc, lambda x: -2 / np.sqrt(np.pi) * gaussian(x)),
    "sigmoid": (torch.sigmoid, scipy.special.expit, sigmoid_slope),
    "silu": (torch.nn.functional.silu, silu, silu_slope),
    "mish": (torch.nn.functional.mish, mish, mish_slope),
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
        # Where these two change their sign their two terms cancel.
        cancels = name in ("silu", "mish")
        np.testing.assert_allclose(g.numpy(), slope(wide), rtol=tolerance, atol=max(least, cancels and tolerance / 10))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivatives_of_log_gamma(dtype: Any) -> None:
    """SciPy's digamma cancels near negative integers; its trigamma is a sum of positive numbers everywhere."""
    single = dtype is np.float32
    poles = np.resize([0, -0.0, -1, -2, -1e20], 40)
    for array, tolerance in (
        (np.concatenate([POWERS, np.linspace(0.01, 15, 20_001)]), 3e-15),
        (RAMP, 1e-12),
        (poles, 0),
    ):
        x = torch.tensor(np.asarray(array).astype(dtype), requires_grad=True)
        y = torch.digamma(x)
        (g,) = torch.autograd.grad(y.sum(), x)
        wide = x.detach().numpy().astype(np.float64)
        want, slope = scipy.special.psi(wide).astype(dtype), scipy.special.polygamma(1, wide).astype(dtype)
        np.testing.assert_allclose(y.detach().numpy(), want, rtol=1e-7 if single else tolerance, atol=1e-14)
        np.testing.assert_allclose(g.numpy(), slope, rtol=1e-7 if single else 3e-15)
    ends = torch.tensor(np.resize(np.array([np.inf, -np.inf, np.nan], dtype), 40))
    np.testing.assert_array_equal(torch.digamma(ends)[:3].numpy(), [np.inf, np.nan, np.nan])
    np.testing.assert_array_equal(torch.polygamma(1, ends)[:3].numpy(), [0, np.nan, np.nan])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_digamma_near_its_roots() -> None:
    """The slope there times the distance to the root, which has more digits than a number of double precision."""
    for root, rest in ((1.4616321449683622, 9.549995429965697e-17), (-0.5040830082644554, -8.15428206243813e-18)):
        x = root + np.linspace(-1e-9, 1e-9, 101)
        d = (x - root) - rest
        want = d * (scipy.special.polygamma(1, root) + d / 2 * scipy.special.polygamma(2, root))
        np.testing.assert_allclose(torch.digamma(torch.from_numpy(x)).numpy(), want, rtol=1e-14)


def density(x: Any) -> Any:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def hazard(x: Any) -> Any:
    return np.sqrt(2 / np.pi) / scipy.special.erfcx(-x / np.sqrt(2))


TABLES: dict[str, tuple[Any, Any]] = {
    "erf": (lambda xp, x: xp.erf(x), scipy.special.erf),
    "erfc": (lambda xp, x: xp.erfc(x), scipy.special.erfc),
    "ndtr": (lambda xp, x: xp.ndtr(x), scipy.special.ndtr),
    "log_ndtr": (lambda xp, x: xp.log_ndtr(x), scipy.special.log_ndtr),
    "normal_hazard": (lambda xp, x: xp.normal_hazard(x), hazard),
    "gelu_slope": (lambda xp, x: xp.gelu_slope(x), lambda x: scipy.special.ndtr(x) + x * density(x)),
    "i0e": (lambda xp, x: xp.bessel_i(x, n=0, scaled=True), scipy.special.i0e),
    "i1e": (lambda xp, x: xp.bessel_i(x, n=1, scaled=True), scipy.special.i1e),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_to_the_last_digit(name: str) -> None:
    """In units of it: half of one is the rounding. Beyond a table's ends, at kinks and zeros, and of no numbers as well."""
    function, value = TABLES[name]
    x = np.concatenate([SINGLES, np.linspace(-0.01, 0.01, 10_001, dtype=np.float32), -POWERS[:3].astype(np.float32)])
    got, want = function(xp, x), value(x.astype(np.float64))
    assert got.dtype == np.float32
    if name == "gelu_slope":
        want[np.isinf(x)] = [1, 0]
    off = units_off(got, want)
    plain = (np.abs(want) < 1e38) & (np.abs(want) > 1e-28)  # the second numbers of smaller values have lost digits
    plain &= np.abs(x + 0.7518) > 0.001  # where gelu's slope is 0
    assert off[plain].max() < (1.5 if name == "erf" else 1.1)
    assert off[plain].mean() < 0.3
    np.testing.assert_allclose(
        got[~plain], want[~plain].astype(np.float32), rtol=1e-6, atol=1e-7 if name == "gelu_slope" else LEAST
    )


def units_off(got: Any, want: Any) -> Any:
    """How far float32 numbers are from exact ones, in units of the last digit."""
    unit = np.spacing(np.maximum(np.abs(want), LEAST).astype(np.float32)).astype(np.float64)
    return np.abs(got - want) / unit


UNIT = np.concatenate([np.linspace(0, 1, 50_001), 10.0 ** np.arange(-34, 0)]).astype(np.float32)


@pytest.mark.parametrize("function", ["expm1", "log1p"])
@pytest.mark.parametrize("factor", [-1e3, -20, -1, -1e-3, 1e-3, 1, 20])
def test_exponentials_to_the_last_digits(function: str, factor: float) -> None:
    x = UNIT * np.float32(factor)
    if function == "log1p":
        x = np.maximum(x, np.float32(-0.999))
    got, exact = getattr(xp, function)(x), getattr(np, function)(x.astype(np.float64))
    assert got.dtype == np.float32
    assert np.max(units_off(got, exact)) < 4


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("function", ["expm1", "log1p"])
@pytest.mark.parametrize("others", [-1e-3, 0.5, 2])
def test_exponentials_of_what_is_no_number_between(function: str, others: float) -> None:
    """Among numbers that are computed in one way or in the other."""
    ends = ENDS.astype(np.float32)
    for end in ends:
        x = np.full(2000, others, np.float32)
        x[7] = end
        got, want = getattr(xp, function)(x)[7], getattr(np, function)(end)
        np.testing.assert_array_equal(got, want)
        assert np.signbit(got) == np.signbit(want) or np.isnan(want)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.float16])
@pytest.mark.parametrize("shape", [(32_768,), (5, 8191), (3, 100, 200), (32_769,)])
def test_bounds_of_many_numbers(dtype: Any, shape: Any) -> None:
    values = np.random.default_rng(0).normal(size=shape) * 9
    values.flat[::5] = np.resize([0, -0.0] if dtype is np.int32 else ENDS, values.flat[::5].shape)
    x = values.astype(dtype)
    for given in (x, x[::2], np.asfortranarray(x), x[..., :7]):
        tensor = torch.tensor(given)
        for got, low, high in (
            (tensor.relu(), 0, None),
            (tensor.clamp(min=0), 0, None),
            (tensor.clamp(-3, 2), -3, 2),
            (tensor.clamp(3, 2), 3, 2),
            (tensor.clamp(max=0), None, 0),
            (tensor.clamp_(-1), -1, None),
        ):
            want = given if low is None else np.where(given < low, np.array(low, dtype), given)
            want = want if high is None else np.where(want > high, np.array(high, dtype), want)
            np.testing.assert_array_equal(got.numpy(), want)
            np.testing.assert_array_equal(np.signbit(got.numpy()), np.signbit(want))


def test_slices_are_not_written_to() -> None:
    x = torch.zeros(100_000)
    before = x.clone()
    for function, *_ in FUNCTIONS.values():
        function(x)
    assert x.equal(before)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.complex64])
def test_where_picks_the_bits(dtype: Any) -> None:
    x = np.resize(SINGLES, 200_000).astype(dtype)
    y, mask = x[::-1], np.resize([True, False, False], x.size)
    for a, b in ((x, y), (x, dtype(3)), (dtype(3), y), (x.reshape(2, -1).T, y.reshape(2, -1).T)):
        m = mask.reshape(2, -1).T if np.ndim(a) == 2 else mask
        got = torch.where(torch.from_numpy(m), torch.as_tensor(a), torch.as_tensor(b.copy())).numpy()
        assert got.tobytes() == np.where(m, a, b).tobytes()


def test_a_mask_of_bytes_that_are_neither_0_nor_1() -> None:
    mask = np.resize(np.array([0, 2, 255, 1], np.uint8), 5000).view(bool)
    got = torch.where(torch.from_numpy(mask), torch.ones(5000), torch.zeros(5000))
    assert got[:4].tolist() == [0, 1, 1, 1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logaddexp(dtype: Any) -> None:
    x, y = [one.reshape(-1).astype(dtype) for one in np.meshgrid(np.concatenate([ENDS, SINGLES[::300]]), ENDS)]
    x, y = np.resize(x, 200_000), np.resize(y, 200_000)
    got = torch.logaddexp(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    np.testing.assert_allclose(got, np.logaddexp(x.astype(float), y), rtol=3 * np.finfo(dtype).eps)


BY_BLOCKS = {
    "leaky_relu": torch.nn.functional.leaky_relu,
    "elu": torch.nn.functional.elu,
    "softplus": torch.nn.functional.softplus,
    "mish": torch.nn.functional.mish,
    "gelu": torch.nn.functional.gelu,
    "hardswish": torch.nn.functional.hardswish,
}


@pytest.mark.parametrize("name", BY_BLOCKS)
def test_formulas_taken_block_by_block(name: str) -> None:
    """As of parts that are small enough to be taken whole: with a gradient that is one number, and with one that is not."""
    function, x = BY_BLOCKS[name], torch.linspace(-9, 9, 300_001, dtype=torch.float64, requires_grad=True)
    y = function(x)
    for weight in (None, torch.linspace(1, 2, x.numel(), dtype=torch.float64)):
        (g,) = torch.autograd.grad(
            y, x, torch.ones_like(y).expand_as(y) if weight is None else weight, retain_graph=True
        )
        for part in (slice(0, 1000), slice(65_000, 66_000), slice(299_001, 300_001)):
            z = x.detach()[part].clone().requires_grad_()
            w = function(z)
            (h,) = torch.autograd.grad(w, z, torch.ones_like(w) if weight is None else weight[part])
            np.testing.assert_allclose(y.detach()[part].numpy(), w.detach().numpy(), rtol=1e-14)
            np.testing.assert_allclose(g[part].numpy(), h.numpy(), rtol=1e-13, atol=1e-15)
    (s,) = torch.autograd.grad(function(x).sum(), x)
    np.testing.assert_array_equal(s.numpy(), torch.autograd.grad(y, x, torch.ones_like(y))[0].numpy())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (1, 1e4), (1e30, 0), (1e-35, 0)])
def test_distances_of_many_rows(scale: float, offset: float) -> None:
    """Of equal and of nearly equal rows, too, and of infinities."""
    x, y = (np.random.default_rng(0).standard_normal((2, 70, 20)) * scale + offset).astype(np.float32)
    y[:3], y[3] = x[:3], np.nextafter(x[3], np.float32(np.inf))
    x[5, 2], y[5, 2], y[6, 1], x[7, 0] = np.inf, np.inf, -np.inf, np.nan
    want = np.sqrt(np.square(x[:, None].astype(float) - y.astype(float)).sum(-1)).astype(np.float32)
    np.testing.assert_allclose(torch.cdist(torch.from_numpy(x), torch.from_numpy(y)).numpy(), want, rtol=1.2e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_cofactors_of_matrices_near_and_far_from_singular(dtype: Any) -> None:
    """Of a stack of both; those of an orthogonal matrix times numbers are known."""
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    sizes = np.array([[1, 2, 3, 4, 5], [1, 2, 3, 4, 0], [1, 2, 3, 4, 5e-9], [0, 0, 3, 4, 5]], float)
    others = np.stack([np.prod(np.delete(sizes, at, -1), -1) for at in range(5)], -1)
    x = torch.tensor((q * sizes[:, None]).astype(dtype), requires_grad=True)
    (g,) = torch.autograd.grad(torch.linalg.det(x).real.sum(), x)
    want = np.linalg.det(q) * q * others[:, None]
    error = np.abs(g.numpy() - want).max((-2, -1)) / np.maximum(np.abs(want).max((-2, -1)), 1)
    assert (error < 100 * np.finfo(dtype).eps).all()
