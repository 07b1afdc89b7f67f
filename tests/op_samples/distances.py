"""Samples of distances between rows."""

from __future__ import annotations

import numpy as np

from . import sample

X = np.linspace(-1.0, 1.5, 6).reshape(3, 2) ** 2
Y = np.array([[0.3, -2.0], [1.8, 2.0]])
UNIT = (Y[1] - Y[0]) / np.linalg.norm(Y[1] - Y[0])

SAMPLES = {
    "cdist": [
        sample(X, Y),
        sample(np.stack([X, X - 3]), Y),
        sample(X, np.stack([Y, -Y])[:, None]),
        sample(np.empty((0, 2)), Y),
        sample(X, np.empty((0, 2))),
        sample(Y, Y[:1], smooth=False, expected=(np.stack([0 * UNIT, UNIT]), -UNIT[None])),
    ],
}
