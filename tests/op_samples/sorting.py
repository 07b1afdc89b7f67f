"""Samples of sorting, order statistics, distinct elements and bins."""

from __future__ import annotations

import numpy as np

from . import sample

INF, NAN = np.inf, np.nan

S = np.array(1.5)
V = np.array([0.7, -1.3, 2.1, 0.4])
M = np.array([[0.3, -1.2, 2.5], [1.7, 0.6, -0.9]])
T = np.array([[[0.31, -1.27, 2.53], [1.71, 0.65, -0.97]], [[2.03, 1.11, -2.2], [-0.43, 1.93, 0.89]]])
LONG = np.arange(40) * 7 % 40 / 10.0
EMPTY = np.zeros((2, 0))
TIES = np.array([3.0, 1.0, 3.0, 2.0])


def along(*wheres: tuple[np.ndarray, object], **params: object) -> list[object]:
    return [sample(x, axis=axis, **params) for x, axis in wheres]


def special(x: object, expected: object, **params: object) -> object:
    return sample(np.array(x), smooth=False, expected=(np.array(expected),), axis=-1, **params)


EACH = [(V, -1), (M, -1), (M, -2), (T, -2), (S, ())]


def picked(**params: object) -> list[object]:
    return [*along(*EACH, keepdims=False, **params), *along((M, -2), (V, -1), keepdims=True, **params)]


def ordered(**params: object) -> list[object]:
    return [
        *along(*EACH, (EMPTY, -1), descending=False, **params),
        *along((M, -1), (T, -3), descending=True, **params),
        special([3.0, 1.0, 3.0, NAN, 2.0], [1.0] * 5, descending=True, **params),
    ]


SAMPLES = {
    "sort_with_indices": ordered(),
    "sort_stable": ordered(),
    "argsort": [
        *along(*EACH, descending=False),
        *along((TIES, -1), descending=True),
        sample(np.array([3, 1, 3, 2]), axis=-1, descending=False),
    ],
    "topk": [
        *along((V, -1), (M, -1), (T, -1), k=2, largest=True),
        *along((M, -2), (S, ()), k=1, largest=False),
        *along((LONG, -1), k=3, largest=True),
        *along((LONG, -1), k=3, largest=False),
        special(TIES, [1.0, 0.0, 1.0, 0.0], k=2, largest=True),
        special([3.0, NAN, 1.0, NAN, 2.0], [1.0, 1.0, 0.0, 1.0, 0.0], k=3, largest=True),
    ],
    "kthvalue": [
        *along(*EACH, k=1, keepdims=False),
        *along((V, -1), (M, -1), k=3, keepdims=True),
        special(TIES, [0.0, 0.0, 0.0, 1.0], k=2, keepdims=False),
    ],
    "median": [
        *picked(),
        special([1.0, NAN, 3.0, NAN], [0.0, 1.0, 0.0, 0.0], keepdims=False),
        special([2.0, 2.0, 2.0, 2.0], [0.0, 1.0, 0.0, 0.0], keepdims=False),
    ],
    "nanmedian": [
        *picked(),
        special([1.0, NAN, 3.0, 2.0], [0.0, 0.0, 0.0, 1.0], keepdims=False),
        special([NAN, NAN], [1.0, 0.0], keepdims=False),
    ],
    "mode": [*picked(), special(TIES, [0.0, 0.0, 1.0, 0.0], keepdims=False)],
    "median_all": [
        *[sample(x, axis=tuple(range(-x.ndim, 0))) for x in (S, V, M, T)],
        sample(np.array([3.0, 1.0, 3.0, 1.0]), axis=(-1,), smooth=False, expected=(np.array([0.0, 0.5, 0.0, 0.5]),)),
        sample(np.array([NAN, 1.0, NAN]), axis=(-1,), smooth=False, expected=(np.array([0.5, 0.0, 0.5]),)),
    ],
    "nanmedian_all": [
        *[sample(x, axis=tuple(range(-x.ndim, 0))) for x in (S, V, M)],
        sample(np.array([NAN, 1.0, NAN]), axis=(-1,), smooth=False, expected=(np.array([0.0, 1.0, 0.0]),)),
    ],
    "unique": [sample(TIES, axis=None), sample(np.array([[3, 1], [2, 1]]), axis=None), sample(S, axis=None)],
    "unique_along": [sample(np.array([[3.0, 1.0], [2.0, 1.0], [3.0, 1.0]]), axis=axis) for axis in (-1, -2)],
    "unique_consecutive": [
        sample(np.array([1.0, 1.0, 2.0, 2.0, 1.0]), axis=None),
        sample(np.array([[3.0, 1.0], [3.0, 1.0], [2.0, 1.0]]), axis=-2),
        sample(EMPTY, axis=None),
    ],
    "search_rows": [
        sample(np.array([1.0, 3.0, 5.0]), np.array([0.0, 1.0, 6.0]), side="left"),
        sample(np.array([1, 3, 5]), np.array([[0, 3], [5, 7]]), side="right"),
        sample(np.array([1.0, 3.0, 5.0]), np.array(3.0), side="left"),
        sample(np.sort(M, -1), M, side="left"),
    ],
    "isin": [sample(TIES, np.array([1.0, 2.0])), sample(np.array([[1, 2], [3, 4]]), np.array([[3], [5]]))],
    "bincount": [sample(np.array([0, 1, 1, 3]), minlength=n) for n in (4, 6)],
    "histc": [sample(V, bins=4, low=-2.0, high=2.0), sample(M, bins=3, low=0.0, high=2.0)],
}
