"""Samples of decompositions of matrices."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(13)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def complex_(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def adjoint(x: np.ndarray) -> np.ndarray:
    return np.conj(np.swapaxes(x, -1, -2))


def positive(x: np.ndarray) -> np.ndarray:
    return x @ adjoint(x) + np.eye(x.shape[-1])


def spread(x: np.ndarray) -> np.ndarray:
    """A Hermitian matrix whose eigenvalues are apart."""
    return x + adjoint(x) + np.diag(5.0 * np.arange(x.shape[-1]))


HERMITIAN = {"directions": lambda direction: (direction + adjoint(direction)) / 2}
"""Ops that read one triangle: their derivatives are those among the Hermitian matrices."""

NONE = np.empty((0, 0))
SQUARE, STACK, TALL, WIDE = real(3, 3), real(2, 3, 3), real(4, 2), real(2, 4)
TURN, TALLS = complex_(3, 3), complex_(2, 3, 2)
SEMIDEFINITE = np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def without_phases(columns: int, *rows: int) -> dict:
    """For complex vectors: cotangents of what does not depend on their phases, which second derivatives cannot hold fixed."""

    def projected(outputs: list, cotangents: list) -> list:
        found, v = list(cotangents), outputs[columns]
        turning = np.sum(np.conj(v) * found[columns], axis=-2).imag
        for at in rows:
            turning = turning + np.sum(outputs[at] * np.conj(found[at]), axis=-1).imag
        found[columns] = found[columns] - 1j * v * turning[..., None, :]
        return found

    return {"cotangents": projected, "order": 1}


def of_values_alone(outputs: list, cotangents: list) -> list:
    return [cotangents[0], np.zeros_like(cotangents[1])]


SAMPLES = {
    "cholesky": [
        sample(positive(SQUARE), upper=False, **HERMITIAN),
        sample(positive(STACK), upper=True, **HERMITIAN),
        sample(positive(TURN), upper=False, **HERMITIAN),
        sample(positive(complex_(2, 2, 2)), upper=True, **HERMITIAN),
        sample(NONE, upper=False),
    ],
    "cholesky_legacy": [
        sample(positive(SQUARE), upper=False, **HERMITIAN),
        sample(positive(complex_(2, 2)), upper=True, **HERMITIAN),
    ],
    "eigh": [
        sample(spread(SQUARE), upper=False, **HERMITIAN),
        sample(spread(STACK), upper=True, **HERMITIAN),
        sample(spread(TURN), upper=False, **HERMITIAN, **without_phases(1)),
        sample(NONE, upper=False),
    ],
    "eigvalsh": [
        sample(spread(SQUARE), upper=False, **HERMITIAN),
        sample(spread(complex_(2, 3, 3)), upper=True, **HERMITIAN),
        sample(NONE, upper=False),
    ],
    "eig": [
        sample(SQUARE + np.diag([1.0, 4.0, -6.0]), **without_phases(1)),
        sample(real(2, 2, 2), **without_phases(1)),
        sample(TURN, **without_phases(1)),
        sample(TURN, cotangents=of_values_alone),
        sample(NONE, order=1),
    ],
    "svd": [
        sample(SQUARE, full=False),
        sample(TALL, full=False),
        sample(np.array([[3.0], [0.5]]) * real(2, 2, 3), full=False),
        sample(WIDE[:, :2], full=True),
        sample(TURN, full=False, **without_phases(0, 2)),
        sample(TALLS, full=False, **without_phases(0, 2)),
        sample(adjoint(TALLS)[0], full=False, **without_phases(0, 2)),
        sample(np.empty((0, 3)), full=True),
    ],
    "svdvals": [sample(TALL), sample(STACK), sample(TALLS), sample(np.empty((2, 0)))],
    "qr": [
        sample(SQUARE, complete=False),
        sample(TALL, complete=False),
        sample(WIDE, complete=True),
        sample(TALLS, complete=False),
        sample(complex_(2, 3), complete=True),
        sample(np.empty((3, 0)), complete=False),
    ],
    "triangle_of_qr": [sample(TALL), sample(real(2, 2, 3)), sample(TURN)],
    "ldl_factor": [
        sample(SQUARE + SQUARE.T, hermitian=False),
        sample(np.array([[[0.0, 1.0], [1.0, 0.0]], [[2.0, 1.0], [1.0, 3.0]]]), hermitian=False),
        sample(TURN + adjoint(TURN), hermitian=True),
        sample(NONE, hermitian=False),
    ],
    "ldl_solve": [
        sample(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([-2, -2], np.int32), real(2, 1), hermitian=False),
        sample(real(2, 2, 2), np.array([[1, 2], [2, 2]], np.int32), real(2, 2), hermitian=False),
        sample(complex_(2, 2), np.array([1, 2], np.int32), complex_(2, 1), hermitian=True),
    ],
    "lu": [sample(real(2, 3, 2)), sample(WIDE), sample(TURN), sample(np.empty((0, 2)))],
    "lu_factor": [sample(real(2, 2, 2)), sample(TALL), sample(complex_(2, 3))],
    "lu_unpack": [
        sample(SQUARE, np.array([2, 3, 3], np.int32)),
        sample(real(2, 3, 2), np.array([[3, 2], [1, 2]], np.int32)),
        sample(complex_(2, 3), np.array([1, 2], np.int32)),
    ],
    "permutation": [
        sample(np.array([2, 3, 3], np.int32), SQUARE),
        sample(np.array([[3, 2], [1, 2]], np.int32), real(2, 4, 2)),
    ],
}
