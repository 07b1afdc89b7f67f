"""Samples of draws that move with their parameters: as functions of values they do not, so that slopes are known otherwise."""

from __future__ import annotations

import numpy as np

from . import sample

A = np.array([0.5, 1.0, 3.0])
V = np.array([0.2, 1.0, 2.5])

SAMPLES = {
    "gamma_draw": [sample(A, V, smooth=False), sample(np.array(2.0), np.array(1.5), smooth=False)],
    "gamma_draw_slope": [sample(A, V, smooth=False)],
    "dirichlet_draw": [sample(np.array([[1.0, 2.0], [0.5, 3.0]]), np.array([[0.25, 0.75], [0.5, 0.5]]), smooth=False)],
    "beta_draw_slope": [sample(A, A + 1.5, np.array([0.2, 0.5, 0.9]), smooth=False)],
}
