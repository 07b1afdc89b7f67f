"""Samples of normalization."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(6)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def positive(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(0.5, 2, shape), 2)


ROWS, SIGNALS = real(3, 2), real(2, 2, 3)
OF_ROWS = {"axis": -1, "rank": 2, "eps": 1e-3}
OF_SIGNALS = {"axis": -2, "rank": 3, "eps": 0.1}

SAMPLES = {
    "batch_norm": [
        sample(ROWS, **OF_ROWS),
        sample(SIGNALS, real(2), **OF_SIGNALS),
        sample(SIGNALS, real(2), real(2), **OF_SIGNALS),
    ],
    "batch_norm_fixed": [
        sample(ROWS, real(2), positive(2), **OF_ROWS),
        sample(SIGNALS, real(2), positive(2), real(2), **OF_SIGNALS),
        sample(SIGNALS, real(2), positive(2), real(2), real(2), **OF_SIGNALS),
    ],
    "layer_norm": [
        sample(ROWS, rank=1, eps=0.1),
        sample(SIGNALS, real(2, 3), rank=2, eps=0.1),
        sample(real(3), real(3), real(3), rank=1, eps=0.1),
        sample(np.empty((0, 2)), real(2), rank=1, eps=0.1),
    ],
    "group_norm": [
        sample(real(2, 4), groups=2, rank=2, eps=0.1),
        sample(real(2, 4, 2), real(4), groups=2, rank=3, eps=0.1),
        sample(SIGNALS, real(2), real(2), groups=1, rank=3, eps=0.1),
    ],
    "rms_norm": [
        sample(ROWS, rank=1, eps=1e-3),
        sample(SIGNALS, real(2, 3), rank=2, eps=0.1),
        sample(real(2, 2) + 1j * real(2, 2), real(2) + 1j * real(2), rank=1, eps=0.1),
    ],
}
