"""Samples of attention."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(18)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-1, 1, shape), 2)


SAMPLES = {
    "dot_product_attention": [
        sample(real(1, 1, 2, 1), real(1, 1, 3, 1), real(1, 1, 3, 1), scale=0.7, causal=False),
        sample(real(1, 1, 2, 2), real(1, 1, 2, 2), real(1, 1, 2, 1), scale=1.0, causal=True),
        sample(real(1, 2, 2, 1), real(1, 2, 2, 1), real(1, 2, 2, 1), real(1, 1, 1, 2), scale=-1.5, causal=True),
    ],
}
