"""Samples of copies with a part replaced."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
Y = np.linspace(-2.0, 2.5, 24).reshape(2, 3, 4)
TRANSPOSED = ((2, 3), (1, 2), 0)

SAMPLES = {
    "select_scatter": [sample(X, V, axis=-2, index=1), sample(V, S, axis=-1, index=0)],
    "slice_scatter": [
        sample(X, X[:, ::2] * 2, axis=-1, start=0, stop=3, step=2),
        sample(V, V[:0], axis=-1, start=1, stop=1, step=1),
    ],
    "diagonal_scatter": [
        sample(X, V[:2], offset=1, axis1=-2, axis2=-1),
        sample(Y, np.ones((3, 2)), offset=0, axis1=-3, axis2=-1),
    ],
    "as_strided_scatter": [
        sample(X, np.array([[1.0, 2.0], [3.0, 4.0]]), size=(2, 2), stride=(2, 1), offset=1, origin=((2, 3), (3, 1), 0)),
        # Of two writes to a place the last one is left.
        sample(X, np.array([[1.0, 2.0], [3.0, 4.0]]), size=(2, 2), stride=(1, 1), offset=0, origin=TRANSPOSED),
        # What lies between the elements is written nowhere.
        sample(V, V, size=(3,), stride=(1,), offset=0, origin=((3,), (2,), 0)),
        sample(S, S * 2, size=(), stride=(), offset=0, origin=((), (), 0)),
    ],
    "filled": [sample(X, S), sample(S, -S)],
    "filled_number": [sample(X, value=2.5), sample(S, value=0.0), sample(X + 1j, value=2.5)],
}
