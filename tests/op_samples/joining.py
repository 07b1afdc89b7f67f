"""Samples of joining and splitting."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
Y = np.linspace(-2.0, 2.5, 24).reshape(2, 3, 4)

SAMPLES = {
    "concat": [
        sample(V, 2 * V[:2], V, axis=-1),
        sample(X, np.empty((0, 3)), axis=-2),
        sample(Y, Y[:, :1], axis=-2),
        sample(X, axis=-1),
    ],
    "stack": [sample(V, -V, axis=-2), sample(X, 2 * X, X, axis=-1), sample(S, 3 * S, axis=-1), sample(X, axis=-3)],
    "unstack": [sample(X, axis=-1), sample(Y, axis=-3), sample(V, axis=-1), sample(X[:, :0], axis=-2)],
    "split": [sample(V, axis=-1, split_size=2), sample(Y, axis=-2, split_size=1), sample(X[:0], axis=-2, split_size=0)],
    "split_with_sizes": [sample(V, axis=-1, sizes=(0, 1, 2)), sample(Y, axis=-1, sizes=(1, 3))],
}
