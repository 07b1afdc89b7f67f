"""Samples of complex numbers and their parts."""

from __future__ import annotations

import numpy as np

from . import sample

V = np.array([0.5, -1.25, 2.0])
W = np.array([-0.75, 1.5, 0.3])
Z = V + 1j * W
MATRIX = np.array([[1 + 2j, -0.5j, 3.0], [0.25, -1 - 1j, 2j]])

SAMPLES = {
    "view_as_real": [sample(Z), sample(MATRIX), sample(np.array(1 - 2j))],
    "view_as_complex": [sample(np.stack([V, W], -1)), sample(np.array([0.5, -1.0]))],
    "real_part": [sample(Z), sample(MATRIX), sample(np.array(1 - 2j))],
    "imag_part": [sample(Z), sample(MATRIX), sample(np.array(1 - 2j))],
    "conjugate": [sample(Z), sample(np.array(1 - 2j))],
    "conj_physical": [sample(Z), sample(np.array(1 - 2j))],
    "angle": [sample(V), sample(np.array([-0.0, 0.0]), smooth=False, expected=(0.0,))],
    "angle_complex": [sample(Z)],
    "polar": [sample(np.abs(V), W), sample(np.array(0.7), V), sample(np.zeros(1), np.ones(1))],
}
