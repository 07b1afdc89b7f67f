"""Samples of cumulative operations."""

from __future__ import annotations

import numpy as np

from . import sample

INF, NAN = np.inf, np.nan

S = np.array(1.5)
V = np.array([0.7, -1.3, 2.1, 0.4])
M = np.array([[0.3, -1.2, 2.5], [1.7, 0.6, -0.9]])
T = np.array([[[0.31, -1.27, 2.53], [1.71, 0.65, -0.97]], [[2.03, 1.11, -2.2], [-0.43, 1.93, 0.89]]])
Z = V + 1j * np.array([0.2, 0.9, -0.5, 1.1])
EMPTY = np.zeros((2, 0))


def running(**params: object) -> list[object]:
    """Along each axis of several arrays."""
    return [
        sample(V, axis=-1, **params),
        sample(M, axis=-1, **params),
        sample(M, axis=-2, **params),
        sample(T, axis=-2, **params),
        sample(S, axis=(), **params),
        sample(EMPTY, axis=-1, **params),
    ]


def special(x: list[float], expected: list[float], **params: object) -> object:
    return sample(np.array(x), smooth=False, expected=(np.array(expected),), axis=-1, **params)


SAMPLES = {
    "cumsum": [*running(dtype=None), sample(V, axis=-1, dtype=np.dtype(np.float32), smooth=False)],
    "cumprod": [
        *running(dtype=None),
        sample(Z, axis=-1, dtype=None),
        # Exact at zeros: one, several, all.
        sample(np.array([0.0, 2.0, 3.0]), axis=-1, dtype=None),
        sample(np.array([[2.0, 0.0, 3.0, 0.0], [0.0, 0.0, 1.5, 2.0]]), axis=-1, dtype=None),
        sample(np.zeros(3), axis=-1, dtype=None),
        special([0.0, 2.0, 3.0], [9.0, 0.0, 0.0], dtype=None),
        special([-1.0, -0.0, 2.0], [1.0, -3.0, 0.0], dtype=None),
    ],
    "linear_recurrence": [
        sample(b, x, axis=axis, reverse=reverse)
        for reverse in (False, True)
        for b, x, axis in [
            (V, V[::-1], -1),
            (M, M + 0.5, -2),
            (T, np.flip(T, -1), -2),
            (Z, Z[::-1], -1),
            (EMPTY, EMPTY, -1),
            (V, np.array([0.0, 1.0, 0.0, 2.0]), -1),
        ]
    ],
    "cummax": [
        *running(),
        special([1.0, 3.0, 3.0, 2.0, 5.0], [1.0, 1.0, 2.0, 0.0, 1.0]),
        special([1.0, NAN, 3.0, NAN, 5.0], [1.0, 2.0, 0.0, 2.0, 0.0]),
    ],
    "cummin": [
        *running(),
        special([1.0, 3.0, 3.0, 2.0, 5.0], [5.0, 0.0, 0.0, 0.0, 0.0]),
        special([1.0, NAN, 3.0, NAN, 5.0], [1.0, 2.0, 0.0, 2.0, 0.0]),
    ],
    "logcumsumexp": [
        *running(),
        sample(np.array([1000.0, 999.0, 1000.5]), axis=-1),
        sample(np.array([[1 + 2j, 2 - 3j, 1.5 + 9j], [-1j, 0.5, 2 + 2j]]), axis=-2),
        sample(np.array([[1 + 2j, 2 - 3j, 1.5 + 9j], [-1j, 0.5, 2 + 2j]]), axis=-1),
        special([-INF, -INF, 1.0], [NAN, NAN, 1.0]),
        special([1.0, INF, 2.0], [1.0, NAN, 0.0]),
        special([NAN, 1.0], [NAN, NAN]),
        special([1000.0, 1.0, -1000.0], [3.0, 0.0, 0.0]),
    ],
}
