"""Samples of recurrent layers."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(16)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-1, 1, shape), 2)


# x of 2 times, a batch of 1, and states of 2 numbers: the derivatives are those of each of them.
H, C = real(1, 2), real(1, 2)

SAMPLES = {
    "rnn_steps": [
        sample(real(2, 1, 2), H, real(2, 2), nonlinearity="tanh", reverse=False),
        sample(real(3, 1, 2), H, real(2, 2), nonlinearity="relu", reverse=True),
    ],
    "lstm_steps": [
        sample(real(2, 1, 8), H, C, real(8, 2), reverse=True),
    ],
    "gru_steps": [
        sample(real(2, 1, 6), H, real(6, 2), real(6), reverse=False),
        sample(real(2, 1, 3), real(1, 1), real(3, 1), reverse=True),
    ],
    "pack_padded": [
        sample(real(4, 2, 2), runs=((1, 2), (2, 1)), rank=3),
        sample(real(2, 3), runs=((2, 3),), rank=2),
    ],
}
