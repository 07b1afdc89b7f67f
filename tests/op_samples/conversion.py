"""Samples of changes of dtype."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
EMPTY = np.empty((0, 3))

SAMPLES = {
    "astype": [
        sample(X, dtype=np.dtype(np.float64)),
        sample(S, dtype=np.dtype(np.float64)),
        sample(EMPTY, dtype=np.dtype(np.float64)),
        sample(X, dtype=np.dtype(np.complex128)),
        sample(X + 1j, dtype=np.dtype(np.complex128)),
        sample(X, smooth=False, expected=(1.0,), dtype=np.dtype(np.float32)),
    ],
    "view_dtype": [
        sample(X, dtype=np.dtype(np.int32)),
        sample(X[:, :2], dtype=np.dtype(np.complex64)),
        sample(X + 1j, dtype=np.dtype(np.float32)),
        sample(EMPTY, dtype=np.dtype(np.int16)),
    ],
    "complex": [sample(X, X[::-1]), sample(V, X), sample(S, S), sample(EMPTY, V)],
}
