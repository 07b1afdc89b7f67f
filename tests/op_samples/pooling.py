"""Samples of pooling."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(17)
NAN, INF = np.nan, np.inf


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def apart(*shape: int) -> np.ndarray:
    """Numbers far from each other, in a random order."""
    return RNG.permutation(np.prod(shape)).reshape(shape) / 4 - 2


TILES = ((4, 2, 2, 2, 0, 1), (5, 2, 2, 2, 0, 1))
OVERLAPPING = ((4, 3, 3, 2, 1, 1), (5, 2, 2, 2, 1, 2))
ADAPTIVE = ((4, 3), (5, 7))
EVEN = ((4, 1), (6, 3))
LONG = ((1, 1, 1, 1, 0, 1), (17, 2, 8, 8, 0, 1))
SPACE = ((2, 1, 2, 2, 0, 1), (3, 3, 3, 1, 1, 1), (2, 2, 1, 1, 0, 1))
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [3.0, 0.0, 2.0, 2.0]])
WITH_NAN = np.array([[NAN, 3.0, -INF, -INF], [NAN, 5.0, -INF, -INF]])
PAIRS = ((2, 1, 2, 2, 0, 1), (4, 2, 2, 2, 0, 1))
FIRST = np.array([[0.0, 1, 1, 0], [0, 0, 0, 0]])
LAST_NAN = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0]])

MAX = [
    sample(apart(2, 4, 5), axes=TILES),
    sample(apart(4, 5), axes=OVERLAPPING),
    sample(TIES, smooth=False, expected=(FIRST,), axes=PAIRS),
    sample(WITH_NAN, smooth=False, expected=(LAST_NAN,), axes=PAIRS),
    sample(np.full((3, 4), -INF), smooth=False, axes=((3, 2, 3, 2, 1, 1), (4, 3, 2, 2, 1, 1))),
]
ADAPTED = [sample(apart(2, 4, 5), axes=ADAPTIVE), sample(apart(4, 6), axes=EVEN)]
PICKED, ONES, FLAT, WIDE = np.array([[5.0, -7.0]]), np.ones((1, 2)), np.ones((4, 5)), np.ones((3, 7))
PLACES = np.array([[[3, 0], [1, 2]], [[0, 2], [2, 3]]])

SAMPLES = {
    "max_places": [
        *[one._replace(expected=None) for one in (*MAX, *ADAPTED)],
        sample(np.array([[1, 2], [4, 4]]), axes=((2, 1, 2, 2, 0, 1), (2, 1, 2, 2, 0, 1))),
    ],
    "window_index": [sample(np.array([[3, 0], [1, 2]]), axes=TILES), sample(np.array([[3, 0, 1]]), axes=((4, 1), (6, 3)))],
    "window_pick": [sample(real(2, 4, 5), PLACES, axes=TILES), sample(real(4, 5), np.full((3, 2), 3), axes=OVERLAPPING)],
    "window_put": [
        sample(real(2, 2, 2), PLACES, axes=TILES),
        sample(real(3, 2), np.full((3, 2), 3), axes=OVERLAPPING),
        sample(real(3, 7), np.zeros((3, 7), int), axes=ADAPTIVE),
    ],
    "window_route": [
        sample(PICKED, TIES, np.array([[3.0, 3.0]]), smooth=False, expected=(ONES, 0 * TIES, 0 * ONES), axes=PAIRS),
        sample(PICKED, WITH_NAN, np.array([[NAN, -INF]]), smooth=False, expected=(ONES, 0 * TIES, 0 * ONES), axes=PAIRS),
        sample(ONES.T, FLAT, ONES.T, smooth=False, expected=(ONES.T, 0 * FLAT, 0 * ONES.T), axes=((4, 2, 3, 2, 1, 1), (5, 1))),
        sample(real(3, 7), FLAT, WIDE, smooth=False, expected=(WIDE, 0 * FLAT, 0 * WIDE), axes=ADAPTIVE),
    ],
    "max_pool2d": [*MAX, sample(apart(1, 17), axes=LONG), sample(np.empty((0, 4, 5)), axes=TILES)],
    "max_pool2d_indices": MAX[:4],
    "max_pool3d": [sample(apart(2, 2, 3, 2), axes=SPACE)],
    "max_pool3d_indices": [sample(apart(2, 2, 3, 2), axes=SPACE)],
    "adaptive_max_pool2d": ADAPTED,
    "adaptive_max_pool3d": [sample(apart(2, 3, 2), axes=((2, 1), (3, 2), (2, 2)))],
    "fractional_max_pool2d": [
        sample(apart(2, 3, 4), np.array([[[[0, 1, 4, 5], [2, 3, 6, 7]]], [[[1, 2, 5, 6], [6, 7, 10, 11]]]])),
        sample(np.array([[1.0, NAN], [NAN, 2.0]]), np.array([[[0, 1, 2, 3]]]), smooth=False, expected=([[0, 0], [1, 0]], None)),
    ],
    "fractional_max_pool3d": [sample(apart(2, 2, 3), np.array([[[[0, 1, 6, 7], [1, 2, 4, 5]]]]))],
    "max_unpool2d": [
        sample(real(2, 2, 2), np.array([[[0, 3], [5, 19]], [[1, 2], [11, 12]]]), sizes=(4, 5)),
        sample(real(1, 2), np.array([[3, 1]]), sizes=(2, 2)),
    ],
    "max_unpool3d": [sample(real(2, 1, 1, 2), np.array([[[[3, 1]]], [[[0, 7]]]]), sizes=(2, 2, 2))],
    "avg_pool2d": [
        sample(real(2, 4, 5), axes=TILES, divisor=4),
        sample(real(4, 5), axes=OVERLAPPING, divisor=((2, 3, 2), (1, 2))),
        sample(real(1, 17), axes=LONG, divisor=-3),
        sample(np.array([[5, 6, 7, -9], [3, 3, 3, 3]]), axes=PAIRS, divisor=4),
    ],
    "avg_pool3d": [sample(real(2, 3, 2), axes=SPACE, divisor=6)],
    "adaptive_avg_pool2d": [
        sample(real(2, 4, 5), axes=ADAPTIVE, divisor=((2, 2, 2), (1, 2, 1, 1, 1, 2, 1))),
        sample(real(4, 6), axes=EVEN, divisor=8),
    ],
    "adaptive_avg_pool3d": [sample(real(2, 3, 2), axes=((2, 1), (3, 2), (2, 2)), divisor=((2,), (2, 2), (1, 1)))],
    "avg_pool_adjoint": [
        sample(real(2, 2, 2), axes=TILES, divisor=4),
        sample(real(3, 2), axes=OVERLAPPING, divisor=((2, 3, 2), (1, 2))),
        sample(real(3, 7), axes=ADAPTIVE, divisor=2),
        sample(real(1, 3), axes=EVEN, divisor=8),
    ],
}
