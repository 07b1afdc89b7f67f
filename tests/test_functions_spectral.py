"""Transforms, windows and special functions, as PyTorch has them (golden/spectral.json), and where it has less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
from expressions import outcome

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "spectral.json").read_text())

TOLERANCE = 2e-5
"""Relative to what is largest: PyTorch's sums and functions are single precision."""

OTHER_NODE = ("torch.fft.ifft(v)", "torch.fft.hfft", "torch.fft.ihfft", "torch.special.ndtr(")
"""Programs whose last node PyTorch calls otherwise: it conjugates a transform where ours turns the other way."""

OTHER_WORDS = (
    "torch.special.xlog1py(2, 3)", "torch.igamma(i, i)", "torch.special.entr(m + 1j)",
    "torch.special.legendre_polynomial_p(1, 2)", "torch.stft", "torch.istft", "torch.fft.fft(v, out=",
)  # fmt: skip
"""Refused by PyTorch in words of its kernels."""


def numbers(data: Any) -> Any:
    if isinstance(data, list):
        return np.array([numbers(one) for one in data])
    return np.array(complex(data))


def close(got: Any, want: Any) -> bool:
    got, want = numbers(got), numbers(want)
    size = np.max(np.abs(want), where=np.isfinite(want), initial=1e-3)
    return got.shape == want.shape and np.allclose(got, want, TOLERANCE, TOLERANCE * size, equal_nan=True)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    last = program.rsplit(";", maxsplit=1)[-1].strip()
    if "raises" in want:
        assert got["raises"] == want["raises"]
        assert last.startswith(OTHER_WORDS) or got["says"][:15].lower() == want["says"][:15].lower()
        return
    assert "raises" not in got, got
    for one, other in zip(got["values"], want["values"], strict=True):
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        assert close(one["data"], other["data"])
        if "nodes" in other:
            assert last.startswith(OTHER_NODE) or one["nodes"][0] == other["nodes"][0]
        for leaf, gradient in (other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient), leaf


# -- transforms ---------------------------------------------------------------------------------------------------------


def test_halves_of_spectra_of_real_signals_are_enough() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 8):
        x = torch.tensor(rng.standard_normal((3, n)))
        np.testing.assert_allclose(torch.fft.irfft(torch.fft.rfft(x), n).numpy(), x.numpy(), atol=1e-15)
        np.testing.assert_allclose(torch.fft.hfft(torch.fft.ihfft(x), n).numpy(), x.numpy(), atol=1e-15)
        whole = torch.fft.fft(x)
        np.testing.assert_allclose(whole.numpy(), np.fft.fft(x.numpy()), atol=1e-14)
        assert not np.signbit(torch.fft.fft(torch.ones(n)).imag.numpy()[0])


def test_a_signal_is_what_its_short_time_transform_says() -> None:
    rng = np.random.default_rng(1)
    x = torch.tensor(rng.standard_normal((2, 50)), requires_grad=True)
    for options in ({"hop_length": 3}, {"normalized": True}, {"win_length": 6}, {"onesided": False}):
        window = torch.hann_window(options.get("win_length", 8), dtype=torch.float64)
        spectrum = torch.stft(x, 8, window=window, return_complex=True, **options)
        back = torch.istft(spectrum, 8, window=window, length=50, **options)
        np.testing.assert_allclose(back.detach().numpy(), x.detach().numpy(), atol=1e-14)
        (g,) = torch.autograd.grad(back.sum(), x)
        np.testing.assert_allclose(g.numpy(), 1, atol=1e-14)


def test_where_no_window_reaches_nothing_is_known() -> None:
    w = torch.hann_window(4)
    spectrum = torch.stft(torch.ones(8), 4, window=w, center=False, return_complex=True)
    with pytest.raises(RuntimeError, match="window overlap add min: 1"):
        torch.istft(spectrum, 4, window=w, center=False)


# -- tails --------------------------------------------------------------------------------------------------------------


def derivatives(f: Any, at: float, count: int) -> list[float]:
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    found, y = [], f(x)
    for _ in range(count):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(y.item())
    return found


@pytest.mark.parametrize("x", [-1e6, -100.0, -6.0, -0.5, 3.0])
def test_derivatives_of_log_ndtr(x: float) -> None:
    """With h = phi / Phi: h, -h (x + h). Far left the second tends to -1 + 1 / x^2, where x + h has lost its digits."""
    first, second = derivatives(torch.special.log_ndtr, x, 2)
    h = np.sqrt(2 / np.pi) / scipy.special.erfcx(-x / np.sqrt(2))
    np.testing.assert_allclose(first, h, rtol=1e-14)
    np.testing.assert_allclose(second, -1 + 1 / x**2 if x < -1e3 else -h * (x + h), rtol=1e-10)


def test_ndtr_keeps_its_left_tail() -> None:
    np.testing.assert_allclose(torch.special.ndtr(torch.tensor(-10.0)).item(), scipy.special.ndtr(-10), rtol=1e-6)


@pytest.mark.parametrize("x", [-3.0, 0.0, 5.9, 6.1, 1e5])
def test_derivatives_of_erfcx(x: float) -> None:
    """Far right E ~ (1/x - 1/(2 x^3)) / sqrt(pi); nearer, the recurrence in numbers of 60 digits."""
    import decimal

    first, second = derivatives(torch.special.erfcx, x, 2)
    if x > 1e3:
        np.testing.assert_allclose([first, second], [-1 / x**2 / np.sqrt(np.pi), 2 / x**3 / np.sqrt(np.pi)], rtol=1e-9)
        return
    with decimal.localcontext() as context:
        context.prec = 60
        z, root = decimal.Decimal(x), decimal.Decimal("1.77245385090551602729816748334114518279754945612238712821381")
        # erf(x) = 2 / sqrt(pi) exp(-x^2) sum_k (2 x)^k x^(k+1) / (1 3 ... (2k+1))
        term = total = z
        for k in range(1, 400):
            term *= 2 * z * z / (2 * k + 1)
            total += term
        value = (z * z).exp() - 2 / root * total
        slope = 2 * z * value - 2 / root
        want = [float(slope), float(2 * z * slope + 2 * value)]
    np.testing.assert_allclose([first, second], want, rtol=1e-11)


# -- derivatives that PyTorch lacks -------------------------------------------------------------------------------------

BESSEL = [
    "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0",
    "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "spherical_bessel_j0", "airy_ai",
]  # fmt: skip
POLYNOMIALS = {
    "chebyshev_polynomial_t": scipy.special.eval_chebyt,
    "chebyshev_polynomial_u": scipy.special.eval_chebyu,
    "shifted_chebyshev_polynomial_t": scipy.special.eval_sh_chebyt,
    "shifted_chebyshev_polynomial_u": scipy.special.eval_sh_chebyu,
    "hermite_polynomial_h": scipy.special.eval_hermite,
    "hermite_polynomial_he": scipy.special.eval_hermitenorm,
    "laguerre_polynomial_l": scipy.special.eval_laguerre,
    "legendre_polynomial_p": scipy.special.eval_legendre,
}


@pytest.mark.parametrize("name", BESSEL)
def test_bessel_functions_have_derivatives(name: str) -> None:
    f = getattr(torch.special, name)
    step = 1e-3
    at = torch.tensor([1.5 - 2 * step, 1.5 - step, 1.5 + step, 1.5 + 2 * step], dtype=torch.float64)
    a, b, c, d = f(at).tolist()
    np.testing.assert_allclose(derivatives(f, 1.5, 1), (8 * (c - b) - (d - a)) / (12 * step), rtol=1e-9)


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials_and_their_derivatives(name: str) -> None:
    f, want = getattr(torch.special, name), POLYNOMIALS[name]
    x = np.array([[0.1], [0.5], [0.8], [1.3]])
    got = f(torch.tensor(x), torch.arange(9))
    np.testing.assert_allclose(got.numpy(), want(np.arange(9), x), rtol=1e-11, atol=1e-12)
    # The derivative of a polynomial of degree 5 is known from its values at five points.
    nodes = np.linspace(-1, 1, 6)
    fitted = np.polynomial.Polynomial.fit(nodes, want(5, nodes), 5)
    found = derivatives(lambda x: f(x, 5), 0.3, 2)
    np.testing.assert_allclose(found, [fitted.deriv()(0.3), fitted.deriv(2)(0.3)], rtol=1e-9)


def test_degrees_that_there_are_not() -> None:
    x = torch.tensor([0.5, 2.0])
    assert torch.special.legendre_polynomial_p(x, -1).tolist() == [0, 0]
    assert torch.special.legendre_polynomial_p(x, 1e9).isnan().all()
