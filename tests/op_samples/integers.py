"""Samples of divisors, multiples, exponents and places."""

from __future__ import annotations

import numpy as np

from . import sample

X = np.linspace(-0.9, 1.7, 6).reshape(2, 3)
SPECIAL = np.array([0.0, np.inf, -np.inf, np.nan, 1.0, -0.5])
PAIR = np.array([[12], [-4]]), np.array([18, 0, 6])
ZEROS = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])

SAMPLES = {
    "gcd": [sample(*PAIR), sample(np.array(8), np.array(12))],
    "hash_bits": [
        sample(X, axis=(-1,), keepdims=False, smooth=False),
        sample(PAIR[0], axis=(-2, -1), keepdims=True, smooth=False),
        sample(np.empty((0, 2)), axis=(-2,), keepdims=False, smooth=False),
    ],
    "lcm": [sample(*PAIR)],
    "frexp": [
        sample(X),
        sample(np.array(5.0)),
        sample(SPECIAL, smooth=False, expected=([1.0, 1.0, 1.0, 1.0, 0.5, 1.0],)),
    ],
    "nonzero_static": [
        sample(ZEROS, size=2, fill=-1),
        sample(ZEROS, size=4, fill=7),
        sample(np.array(1.0), size=2, fill=-1),
        sample(ZEROS[0] > 0, size=0, fill=-1),
    ],
}
