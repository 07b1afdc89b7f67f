"""Samples of derivatives that are functions of their own."""

from __future__ import annotations

import numpy as np

from . import sample

U = np.array([[0.5, -1.25, 2.0], [1.0, 0.25, -0.75]])
Y = np.array([[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]])
BOTH = [sample(U, Y, axis=-1), sample(U, Y, axis=-2), sample(U[0, :1], Y[0, :1], axis=-1)]

DEAD = np.array([[-np.inf, -np.inf], [0.0, -np.inf]])

SAMPLES = {
    "softmax_adjoint": BOTH,
    "log_softmax_adjoint": BOTH,
    "safe_softmax": [sample(U, axis=-1), sample(U, axis=-2), sample(DEAD, axis=-1, smooth=False, expected=([[0.0, 0.0]] * 2,))],
}
