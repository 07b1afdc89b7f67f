"""Samples of reductions."""

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
ZEROS = np.array([0.0, 2.0, 3.0])
TIES = np.array([3.0, 1.0, 3.0, 1.0])

ALONG = [
    {"axis": (-1,), "keepdims": False},
    {"axis": (-2,), "keepdims": True},
    {"axis": (-2, -1), "keepdims": False},
    {"axis": (-1, -2), "keepdims": True},
]
"""The ways to reduce a matrix."""

BY_INDEX = [{"axis": -1, "keepdims": False}, {"axis": -2, "keepdims": True}]


def everything(*arrays: np.ndarray, **params: object) -> list[object]:
    """Each array reduced as a whole."""
    return [sample(a, axis=tuple(range(-a.ndim, 0)), **params) for a in arrays]


def along(**params: object) -> list[object]:
    """A matrix reduced in all ways, a 0-d array, an array of three axes."""
    return [
        *[sample(M, **how, **params) for how in ALONG],
        sample(S, axis=(), keepdims=False, **params),
        sample(T, axis=(-3, -1), keepdims=False, **params),
    ]


def by_index() -> list[object]:
    return [
        *[sample(M, **how) for how in BY_INDEX],
        sample(V, axis=-1, keepdims=False),
        sample(S, axis=(), keepdims=False),
        sample(T, axis=-2, keepdims=False),
    ]


def special(x: object, expected: object, **params: object) -> object:
    return sample(np.array(x), smooth=False, expected=(np.array(expected),), **params)


def norms() -> list[object]:
    samples = [sample(M, ord=p, **how) for p in (2.0, 3.0) for how in ALONG]
    samples += [sample(V, ord=p, axis=(-1,), keepdims=False) for p in (INF, -INF, 0.0, 1.0, 0.5, 1.5, 2.5, -1.0, -2.0)]
    samples += [sample(S, ord=2.0, axis=(), keepdims=False), sample(EMPTY, ord=2.0, axis=(-1,), keepdims=False)]
    at = {"axis": (-1,), "keepdims": False}
    return [
        *samples,
        special([0.0, 0.0], [0.0, 0.0], ord=2.0, **at),
        special([0.0, 0.0], [0.0, 0.0], ord=0.5, **at),
        special([0.0, 0.0], [0.0, 0.0], ord=3.0, **at),
        special([0.0, 2.0, -3.0], [0.0, 1.0, -1.0], ord=1.0, **at),
        special([0.0, 2.0, -3.0], [0.0, 0.7063840791276675, -0.8651402781442813], ord=1.5, **at),
        special([0.0, 2.0, -3.0], [0.0, 2.224744871391589, -1.8164965809277265], ord=0.5, **at),
        special([3.0, -3.0, 1.0, 1.0], [0.5, -0.5, 0.0, 0.0], ord=INF, **at),
        special([3.0, -3.0, 1.0, 1.0], [0.0, -0.0, 0.5, 0.5], ord=-INF, **at),
        special([NAN, 1.0], [NAN, NAN], ord=2.0, **at),
        special([INF, 1.0], [NAN, 0.0], ord=2.0, **at),
    ]


SAMPLES = {
    "sum_all": everything(S, V, M, T, EMPTY),
    "sum": [*along(), sample(EMPTY, axis=(-1,), keepdims=False)],
    "nansum": [*along(), special([1.0, NAN, 2.0], [1.0, 0.0, 1.0], axis=(-1,), keepdims=False)],
    "mean_all": everything(S, V, M, T),
    "mean": [*along(), sample(EMPTY, axis=(-2,), keepdims=True)],
    "prod_all": [
        *everything(S, V, M, T, Z, EMPTY),
        *everything(ZEROS, np.array([0.0, 0.0, 3.0]), np.zeros(3)),
        special([0.0, 2.0, 3.0], [6.0, 0.0, 0.0], axis=(-1,)),
        special([-1.0, -0.0, 2.0], [-0.0, -2.0, 0.0], axis=(-1,)),
    ],
    "prod": [
        *by_index(),
        sample(Z, axis=-1, keepdims=False),
        sample(EMPTY, axis=-1, keepdims=False),
        sample(np.array([[0.0, 0.0, 3.0], [0.0, 1.5, 2.0]]), axis=-1, keepdims=True),
        special([0.0, 0.0, 3.0], [0.0, 0.0, 0.0], axis=-1, keepdims=False),
    ],
    "logsumexp": [
        *along(),
        sample(Z, axis=(-1,), keepdims=False),
        sample(np.array([1000.0, 999.5, 998.0]), axis=(-1,), keepdims=False),
        special([-INF, 1.0], [0.0, 1.0], axis=(-1,), keepdims=False),
        special([INF, 1.0], [NAN, 0.0], axis=(-1,), keepdims=False),
        special([-INF, -INF], [NAN, NAN], axis=(-1,), keepdims=False),
        special([NAN, 1.0], [NAN, NAN], axis=(-1,), keepdims=False),
    ],
    "max_all": [
        *everything(S, V, M, T),
        special(TIES, [0.5, 0.0, 0.5, 0.0], axis=(-1,)),
        special([NAN, 1.0, NAN], [0.5, 0.0, 0.5], axis=(-1,)),
        special([INF, 1.0, INF, -INF], [0.5, 0.0, 0.5, 0.0], axis=(-1,)),
    ],
    "min_all": [
        *everything(S, V, M, T),
        special(TIES, [0.0, 0.5, 0.0, 0.5], axis=(-1,)),
        special([NAN, 1.0, NAN], [0.5, 0.0, 0.5], axis=(-1,)),
    ],
    "max": [
        *along(),
        special(TIES, [0.5, 0.0, 0.5, 0.0], axis=(-1,), keepdims=False),
        special([NAN, 1.0, NAN], [NAN, NAN, NAN], axis=(-1,), keepdims=False),
    ],
    "min": [*along(), special(TIES, [0.0, 0.5, 0.0, 0.5], axis=(-1,), keepdims=True)],
    "aminmax": [*along(), special(TIES, [0.0, 0.5, 0.0, 0.5], axis=(-1,), keepdims=False)],
    "max_index": [
        *by_index(),
        special(TIES, [1.0, 0.0, 0.0, 0.0], axis=-1, keepdims=False),
        special([1.0, NAN, 3.0, NAN], [0.0, 1.0, 0.0, 0.0], axis=-1, keepdims=False),
    ],
    "min_index": [*by_index(), special(TIES, [0.0, 1.0, 0.0, 0.0], axis=-1, keepdims=False)],
    "argmax": [*by_index(), *everything(S, M, T, keepdims=False), *everything(M, keepdims=True)],
    "argmin": [*by_index(), *everything(M, keepdims=False), sample(np.array([3, 1, 1]), axis=-1, keepdims=False)],
    "var": [
        *along(correction=0)[:4],
        *along(correction=0)[5:],
        sample(M, axis=(-1,), correction=1, keepdims=False),
        sample(V, axis=(-1,), correction=0.5, keepdims=False),
        special([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], axis=(-1,), correction=1, keepdims=False),
        special([1.0], [NAN], axis=(-1,), correction=1, keepdims=False),
        special([1.0, 2.0], [INF, INF], axis=(-1,), correction=2, keepdims=False),
    ],
    "std": [
        *along(correction=0)[:4],
        *along(correction=0)[5:],
        sample(M, axis=(-1,), correction=1, keepdims=False),
        special([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], axis=(-1,), correction=1, keepdims=False),
        special([1.0], [NAN], axis=(-1,), correction=1, keepdims=False),
        special(2.0, 0.0, axis=(), correction=0, keepdims=False),
    ],
    "var_mean": [
        *along(correction=1)[:4],
        special([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], axis=(-1,), correction=1, keepdims=False),
    ],
    "std_mean": [
        *along(correction=1)[:4],
        special([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], axis=(-1,), correction=1, keepdims=False),
    ],
    "vector_norm": norms(),
    "dist": [
        sample(M, ord=2.0, axis=(-2, -1), keepdims=False),
        special([0.0, 0.0], [0.0, 0.0], ord=2.0, axis=(-1,), keepdims=False),
    ],
    "all": [sample(M > 0, **how) for how in ALONG],
    "any": [sample(M, **how) for how in ALONG],
    "count_nonzero": [sample(np.array([[0, 1, 2], [3, 0, 0]]), **how) for how in ALONG],
}
