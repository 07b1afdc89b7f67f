"""Samples of Fourier transforms."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(12)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def complex_(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


FORTH, BACK = {"norm": 0, "forward": True}, {"norm": 2, "forward": False}

SAMPLES = {
    "fft_c2c": [
        sample(complex_(5), axes=(-1,), **FORTH),
        sample(complex_(3, 4, 2), axes=(-1, -3), **BACK),
        sample(complex_(2, 3, 1, 2), axes=(-4, -3, -2, -1), norm=1, forward=True),
        sample(complex_(2), axes=(), **FORTH),
        sample(np.empty((0, 3), complex), axes=(-1,), **FORTH),
    ],
    "fft_r2c": [
        sample(real(4), axes=(-1,), onesided=True, **FORTH),
        sample(real(2, 5), axes=(-2, -1), onesided=True, **BACK),
        sample(real(4, 3), axes=(-2,), onesided=True, norm=1, forward=True),
        sample(real(2, 3), axes=(-1,), onesided=False, **BACK),
        sample(np.empty((0, 3)), axes=(-1,), onesided=True, **FORTH),
    ],
    "fft_c2r": [
        sample(complex_(3), axes=(-1,), size=4, **BACK),
        sample(complex_(3), axes=(-1,), size=5, **FORTH),
        sample(complex_(2, 3, 2), axes=(-1, -2), size=4, norm=1, forward=True),
        sample(complex_(1, 2), axes=(-2,), size=1, **BACK),
        sample(np.empty((0, 2), complex), axes=(-1,), size=3, **FORTH),
    ],
}
