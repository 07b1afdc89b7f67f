"""Samples of tables of vectors."""

from __future__ import annotations

import numpy as np

from . import sample

TABLE = np.round(np.random.default_rng(7).uniform(-2, 2, (4, 2)), 2)

SAMPLES = {
    "embedding": [
        sample(TABLE, np.array([1, 3, 1])),
        sample(TABLE, np.array([[1, 3], [1, 0]])),
        sample(TABLE, np.array(2)),
        # The gradient is not that of the function: row 1 gets half of it, row 3 nothing.
        sample(TABLE, np.array([1, 3, 1]), np.array([0.5, 0.0, 0.5]), smooth=False,
               expected=(np.array([[0.0, 0], [1, 1], [0, 0], [0, 0]]), None, None)),
    ],
}  # fmt: skip
