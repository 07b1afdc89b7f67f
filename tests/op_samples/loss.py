"""Samples of losses."""

from __future__ import annotations

import numpy as np

from . import sample
from .elementwise import special

RNG = np.random.default_rng(5)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def part(*shape: int) -> np.ndarray:
    """Probabilities."""
    return np.round(RNG.uniform(0.1, 0.9, shape), 2)


X, Y = real(2, 3), real(3)
P, Q = part(2, 3), part(2, 3)
NONE, MEAN, SUM = 0, 1, 2
SCORES, CLASSES = real(3, 4), np.array([1, 3, 0])
PLANES, PLANE = real(2, 3, 2, 2), np.array([[[0, 1], [2, 2]], [[1, 1], [0, 2]]])
WEIGHT = part(4)
ROWS = {"axis": -1, "rank": 1, "ignore_index": None}
VECTOR = {"axis": -1, "rank": 0, "ignore_index": None}
DEEP = {"axis": -3, "rank": 3, "ignore_index": None}
OF_ROWS = [
    sample(SCORES, CLASSES, **ROWS, reduction=NONE),
    sample(SCORES, CLASSES, WEIGHT, **ROWS, reduction=MEAN),
    sample(SCORES, CLASSES, WEIGHT, **{**ROWS, "ignore_index": 3}, reduction=MEAN),
    sample(SCORES[0], CLASSES[1], **VECTOR, reduction=SUM),
]
OF_PLANES = [
    sample(PLANES, PLANE, **DEEP, reduction=SUM),
    sample(PLANES, PLANE, WEIGHT[:3], **{**DEEP, "ignore_index": 1}, reduction=MEAN),
]
MARGINS = np.array([[0.3, -0.65, 1.1, 0.25], [-1.2, 0.45, 0.6, 0.9], [0.2, 0.8, -0.4, 1.6]])

SAMPLES = {
    "smooth_l1_loss": [
        sample(X, Y, beta=1.0, reduction=NONE),
        sample(X, X[::-1] + 0.3, beta=0.5, reduction=MEAN),
        sample(real(), real(), beta=2.0, reduction=SUM),
        special("-1 -0.5 0 0.5 1", "0 0 0 0 0", expected=("-1 -0.5 0 0.5 1", "1 0.5 -0 -0.5 -1"), beta=1.0, reduction=SUM),
    ],
    "huber_loss": [
        sample(X, Y, delta=1.0, reduction=NONE),
        sample(X, X[::-1] + 0.3, delta=0.5, reduction=MEAN),
        special("-2 -0.5 0 0.5 2", "0 0 0 0 0", expected=("-2 -0.5 0 0.5 2", "2 0.5 -0 -0.5 -2"), delta=2.0, reduction=SUM),
    ],
    "binary_cross_entropy": [
        sample(P, Q, 1, reduction=NONE),
        sample(P, Q, part(3), reduction=MEAN),
        sample(np.round(P / 2 + 0.25, 2), Q, 1, reduction=SUM),
        special("0 1 0 1", "0 1 1 0", 1, expected=("0 0 -1e12 1e12", "100 -100 100 -100", None), reduction=SUM),
    ],
    "binary_cross_entropy_with_logits": [
        sample(X, Q, 1, 1, reduction=NONE),
        sample(X, Q, part(3), part(3) + 1, reduction=MEAN),
        sample(X * 20, Q, 1, 1, reduction=SUM),
    ],
    "soft_margin_loss": [
        sample(X, np.sign(Y), reduction=NONE),
        sample(X, np.sign(X[::-1]), reduction=MEAN),
    ],
    "nll_loss": OF_ROWS,
    "nll_loss_of_planes": OF_PLANES,
    "cross_entropy": [
        *OF_ROWS,
        sample(np.array([[1000.0, 0.0, -1000.0]]), np.array([0]), **ROWS, reduction=MEAN, order=1),
        sample(np.array([[1.0, -np.inf, 2.0]]), np.array([0]), **ROWS, reduction=MEAN, smooth=False,
               expected=(np.array([[-0.7310585786300049, 0.0, 0.7310585786300049]]), None)),
    ],
    "cross_entropy_of_planes": OF_PLANES,
    "multi_margin_loss": [
        sample(MARGINS, CLASSES, p=1, margin=1.0, rank=1, reduction=NONE),
        sample(MARGINS, CLASSES, WEIGHT, p=2, margin=0.5, rank=1, reduction=MEAN),
        sample(MARGINS[0], CLASSES[0], p=2, margin=1.0, rank=0, reduction=SUM),
        sample(np.array([0.0, 1.0, 0.0]), np.array(1), p=1, margin=1.0, rank=0, reduction=SUM, smooth=False,
               expected=(np.array([0.0, 0.0, 0.0]), None)),
    ],
    "multilabel_margin_loss": [
        sample(MARGINS, np.array([[3, 0, -1, 1], [-1, 0, 0, 0], [2, 1, 0, 3]]), rank=1, reduction=NONE),
        sample(MARGINS, np.array([[3, -1, -1, 1], [1, 2, -1, 0], [0, -1, 0, 3]]), rank=1, reduction=MEAN),
        sample(MARGINS[0], np.array([2, -1, 0, 0]), rank=0, reduction=SUM),
    ],
}  # fmt: skip
