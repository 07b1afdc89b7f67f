"""Samples of what is solved with decompositions."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(17)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def complex_(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def steep(x: np.ndarray) -> np.ndarray:
    """With a diagonal far from 0."""
    return x + 3 * np.eye(x.shape[-1])


WAYS = [(False, True, False), (True, True, True), (True, False, False), (False, False, True)]
NO_TOLERANCE, TOLERANCE = np.zeros(()), np.array(1e-10)
PIVOTS, TWO_PIVOTS = np.array([2, 3, 3], np.int32), np.array([[3, 2, 3], [1, 2, 3]], np.int32)
RANK_2 = real(4, 2) @ real(2, 3)
TALL, COMPLEX_TALL = real(4, 2), complex_(3, 2)
SYMMETRIC = real(3, 3)
SYMMETRIC = SYMMETRIC + SYMMETRIC.T

SAMPLES = {
    "solve_triangular": [
        *[
            sample(steep(real(2, 2)), real(2, 3) if left else real(3, 2), upper=upper, left=left, unit=unit)
            for upper, left, unit in WAYS
        ],
        sample(steep(real(2, 3, 3)), real(3, 1), upper=True, left=True, unit=False),
        sample(steep(complex_(3, 3)), complex_(2, 1, 3), upper=False, left=False, unit=False),
        sample(np.empty((0, 0)), np.empty((0, 2)), upper=True, left=True, unit=False),
    ],
    "triangular_solve": [
        sample(real(2, 3), steep(real(2, 2)), upper=True, transpose=False, unit=False),
        sample(real(2, 2, 1), steep(real(2, 2)), upper=False, transpose=True, unit=True),
        sample(complex_(3, 1), steep(complex_(3, 3)), upper=True, transpose=True, unit=False),
    ],
    "cholesky_solve": [
        sample(real(3, 2), steep(real(3, 3)), upper=False),
        sample(real(2, 1), steep(real(2, 2, 2)), upper=True),
        sample(complex_(3, 2), steep(complex_(3, 3)), upper=True),
    ],
    "cholesky_inverse": [
        sample(steep(real(3, 3)), upper=False),
        sample(steep(real(2, 2, 2)), upper=True),
        sample(steep(complex_(3, 3)), upper=False),
    ],
    "lu_solve": [
        *[
            sample(steep(real(3, 3)), PIVOTS, real(3, 2) if left else real(2, 3), left=left, adjoint_of=adjoint_of)
            for left in (False, True)
            for adjoint_of in (False, True)
        ],
        sample(steep(real(2, 3, 3)), TWO_PIVOTS, real(3, 1), left=True, adjoint_of=False),
        sample(steep(complex_(3, 3)), PIVOTS, complex_(2, 3), left=False, adjoint_of=True),
    ],
    "pinv": [
        sample(TALL, NO_TOLERANCE, TOLERANCE, hermitian=False),
        sample(real(2, 2, 3), NO_TOLERANCE, TOLERANCE, hermitian=False),
        sample(COMPLEX_TALL, NO_TOLERANCE, TOLERANCE, hermitian=False),
        sample(SYMMETRIC, NO_TOLERANCE, TOLERANCE, hermitian=True, directions=lambda d: (d + d.T) / 2),
        sample(np.empty((0, 2)), NO_TOLERANCE, TOLERANCE, hermitian=False),
        sample(RANK_2, NO_TOLERANCE, np.array(1e-3), hermitian=False, smooth=False),
    ],
    "lstsq": [
        sample(TALL, real(4, 2), rcond=1e-10, vector=False),
        sample(real(2, 2, 3), real(2, 1), rcond=1e-10, vector=False),
        sample(COMPLEX_TALL, complex_(3, 1), rcond=1e-10, vector=False),
        sample(real(2, 3, 2), real(2, 3), rcond=1e-10, vector=True),
        sample(np.empty((3, 0)), real(3, 1), rcond=1e-10, vector=False),
    ],
    "matrix_exp": [
        sample(real(3, 3)),
        sample(np.stack([real(2, 2), 20 * real(2, 2)]), order=1),
        sample(complex_(2, 2)),
        sample(np.array([[0.0, 1.0], [0.0, 0.0]])),
        sample(np.empty((2, 0, 0)), order=1),
    ],
    "geqrf": [sample(real(3, 2)), sample(complex_(2, 2, 3)), sample(np.empty((2, 0)))],
    "householder_product": [
        sample(real(3, 2), real(2)),
        sample(real(2, 3, 3), real(2, 2)),
        sample(complex_(3, 2), complex_(2)),
        sample(real(3, 2), np.empty(0)),
    ],
    "ormqr": [
        sample(real(3, 2), real(2), real(3, 2), adjoint_of=False),
        sample(real(2, 3, 2), real(2, 1), real(3, 1), adjoint_of=True),
        sample(complex_(3, 2), complex_(2), complex_(3, 2), adjoint_of=True),
    ],
}
