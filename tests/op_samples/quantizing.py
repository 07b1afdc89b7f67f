"""Samples of fake quantisation, whose gradients are those of the numbers, not of their levels."""

from __future__ import annotations

import numpy as np

from . import sample

X = np.array([[0.26, -0.3, 9.0], [0.125, -5.0, 1.7]])
STEP, ZERO = np.array(0.25), np.array(1, np.int32)
STEPS, ZEROS = np.array([[0.25], [0.5]]), np.array([[1], [-2]], np.int32)
INSIDE = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
BY_ROW = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])


def fake(x, scale, zero, expected, whole=True):
    return sample(x, scale, zero, smooth=False, expected=(expected, None, None), low=-8, high=7, whole=whole)


SAMPLES = {
    "fake_quantize": [fake(X, STEP, ZERO, INSIDE), fake(np.array(np.nan), STEP, ZERO, 0.0), fake(X[:0], STEP, ZERO, X[:0])],
    "fake_quantize_by": [fake(X, STEP, ZERO, INSIDE)],
    "fake_quantize_channels": [fake(X, STEPS, ZEROS, BY_ROW), fake(X, STEPS, np.array([[0.5], [-2.0]]), BY_ROW, False)],
}
