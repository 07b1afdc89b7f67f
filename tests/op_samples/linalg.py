"""Samples of products of matrices and vectors, contractions, determinants, inverses."""

from __future__ import annotations

import numpy as np

from . import sample

RNG = np.random.default_rng(11)


def real(*shape: int) -> np.ndarray:
    return np.round(RNG.uniform(-2, 2, shape), 2)


def complex_(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


S, U, V = real(), real(2), real(3)
X, Y = real(2, 3), real(3, 4)
B, C = real(5, 2, 3), real(5, 3, 4)
NOTHING = np.empty((0, 3))

WELL = real(3, 3) + 3 * np.eye(3)
STACK = real(2, 4, 4) + 3 * np.eye(4)
FIVE = real(5, 5) + 2 * np.eye(5)
TURN = complex_(3, 3) + 2 * np.eye(3)
TURNS = complex_(2, 4, 4) + 3 * np.eye(4)
ONE = np.array([[1.5]])
NONE = np.empty((0, 0))
RANK_3 = real(4, 3) @ real(3, 4)
RANK_2 = real(4, 2) @ real(2, 4)
RANK_1_OF_3 = np.outer([1.0, 2.0, -1.0], [0.5, 1.0, 3.0])
SQUARES = [sample(WELL), sample(STACK), sample(FIVE), sample(ONE), sample(TURN), sample(TURNS)]

ADDED = {"beta": 1, "alpha": 1}
SCALED = {"beta": 0.5, "alpha": -2}
FORGOTTEN = {"beta": 0, "alpha": 3}
TWO_BY_FOUR = real(2, 4)

SAMPLES = {
    "dot": [sample(V, real(3)), sample(np.empty(0), np.empty(0)), sample(complex_(3), complex_(3))],
    "vdot": [sample(V, real(3)), sample(np.empty(0), np.empty(0)), sample(complex_(3), complex_(3))],
    "mv": [sample(X, V), sample(NOTHING, V), sample(np.empty((2, 0)), np.empty(0))],
    "vm": [sample(U, X), sample(np.empty(0), NOTHING), sample(V, np.empty((3, 0)))],
    "mm": [sample(X, Y), sample(NOTHING, Y), sample(np.empty((2, 0)), NOTHING)],
    "transposed_matmul": [sample(real(3, 2), Y), sample(np.empty((3, 0)), Y), sample(real(5, 3, 2), C)],
    "bmm": [sample(B, C), sample(np.empty((0, 2, 3)), np.empty((0, 3, 4))), sample(B, np.empty((5, 3, 0)))],
    "matmul": [
        sample(B, V),
        sample(V, C),
        sample(B, Y),
        sample(X, C),
        sample(B[:1], C),
        sample(real(2, 1, 2, 3), C),
        sample(real(2, 3, 2, 3), real(2, 3, 3, 1)),
        sample(np.empty((4, 0, 3)), Y),
        sample(np.empty((4, 2, 0)), np.empty(0)),
        sample(np.empty((0, 2, 3)), V),
    ],
    "addmm": [
        sample(TWO_BY_FOUR, X, Y, **ADDED),
        sample(real(4), X, Y, **SCALED),
        sample(real(2, 1), X, Y, **FORGOTTEN),
        sample(complex_(4), complex_(2, 3), complex_(3, 4), **SCALED),
        sample(real(4), np.empty((0, 3)), Y, **ADDED),
    ],
    "baddbmm": [
        sample(real(5, 2, 4), B, C, **ADDED),
        sample(real(2, 1), B, C, **SCALED),
        sample(complex_(4), complex_(2, 2, 3), complex_(2, 3, 4), **SCALED),
    ],
    "addbmm": [
        sample(TWO_BY_FOUR, B, C, **ADDED),
        sample(real(4), B, C, **SCALED),
        sample(complex_(2, 4), complex_(2, 2, 3), complex_(2, 3, 4), **FORGOTTEN),
    ],
    "addmv": [
        sample(U, X, V, **ADDED),
        sample(real(1), X, V, **SCALED),
        sample(S, X, V, **ADDED),
        sample(complex_(2), complex_(2, 3), complex_(3), **SCALED),
    ],
    "addr": [
        sample(X, U, V, **ADDED),
        sample(V, U, real(3), **SCALED),
        sample(complex_(2, 1), complex_(2), complex_(3), **SCALED),
    ],
    "linear_layer": [
        sample(real(4), X, real(4, 3)),
        sample(real(4), NOTHING, real(4, 3)),
        sample(complex_(2), complex_(2, 3), complex_(2, 3)),
    ],
    "stacked_linear_layer": [
        sample(real(4), B, real(4, 3)),
        sample(real(4), V, real(4, 3)),
        sample(real(4), real(2, 2, 2, 3), real(4, 3)),
        sample(complex_(2), complex_(2, 2, 3), complex_(2, 3)),
    ],
    "contract": [
        sample(X, Y, x_labels=(0, 1), y_labels=(1, 2), out_labels=(0, 2)),
        sample(X, Y, x_labels=(0, 1), y_labels=(1, 2), out_labels=(2, 0)),
        sample(B, real(3, 2), x_labels=(0, 1, 2), y_labels=(2, 1), out_labels=(0,)),
        sample(B, C, x_labels=(7, 8, 9), y_labels=(7, 9, 3), out_labels=(7, 3, 8)),
        sample(real(1, 2, 3), C, x_labels=(0, 1, 2), y_labels=(0, 2, 3), out_labels=(1, 0, 3)),
        sample(V, real(3), x_labels=(0,), y_labels=(0,), out_labels=()),
        sample(U, V, x_labels=(0,), y_labels=(1,), out_labels=(1, 0)),
        sample(S, V, x_labels=(), y_labels=(1,), out_labels=(1,)),
        sample(np.empty((2, 0)), np.empty((0, 3)), x_labels=(0, 1), y_labels=(1, 2), out_labels=(0, 2)),
    ],
    "kron": [sample(X, real(3, 2)), sample(V, U), sample(S, real()), sample(real(1, 2, 3), real(2, 2, 1))],
    "cross": [sample(X, real(2, 3), axis=-1), sample(real(3, 2), real(3, 1), axis=-2), sample(real(1, 3), X, axis=-1)],
    "trace": [sample(WELL), sample(X), sample(real(3, 2)), sample(np.empty((0, 2)))],
    "det": [
        *SQUARES,
        sample(RANK_3),
        sample(np.zeros((2, 2))),
        sample(NONE, order=1),
        sample(np.array([[0.0, 1.0], [0.0, 0.0]]), smooth=False, expected=([[0.0, 0.0], [-1.0, 0.0]],)),
        sample(np.diag([2.0, 0.0, 3.0]), smooth=False, expected=(np.diag([0.0, 6.0, 0.0]),)),
    ],
    "cofactors": [
        *SQUARES,
        sample(RANK_3),
        sample(RANK_2),
        sample(RANK_1_OF_3),
        sample(np.zeros((2, 2))),
        sample(WELL, real(3, 3)),
        sample(RANK_3, real(4, 4)),
        sample(RANK_2, real(4, 4)),
        sample(STACK, real(2, 4, 4)),
        sample(TURN, complex_(3, 3)),
        sample(RANK_3, real(4, 4), real(4, 4)),
    ],
    "slogdet": [sample(WELL), sample(-WELL), sample(STACK), sample(ONE), sample(NONE, order=1)],
    "slogdet_complex": [sample(TURN), sample(TURNS)],
    "inv": [*SQUARES, sample(NONE)],
    "solve_system": [
        sample(WELL, real(3, 2), left=True, vector=False),
        sample(WELL, V, left=True, vector=True),
        sample(STACK, real(4, 1), left=True, vector=False),
        sample(STACK, real(2, 4), left=True, vector=True),
        sample(WELL, X, left=False, vector=False),
        sample(TURN, complex_(3, 2), left=True, vector=False),
        sample(TURN, complex_(2, 3), left=False, vector=False),
    ],
}
