"""Samples of histograms."""

from __future__ import annotations

import numpy as np

from . import sample

EDGES = np.array([0.0, 1.0, 1.5, 3.0])
POINTS = np.array([[0.5, 0.2], [3.0, 1.5], [1.0, -1.0], [np.nan, 0.3], [1.2, 2.9]])

SAMPLES = {
    "histogramdd": [
        sample(POINTS[:, :1], np.array([1.0, 2.0, 0.5, 4.0, -1.0]), EDGES, density=False),
        sample(POINTS, np.ones(5), EDGES, EDGES[:3], density=True),
        sample(POINTS[:0], np.ones(0), EDGES, EDGES, density=False),
    ],
}
