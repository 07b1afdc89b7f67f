"""Samples of comparisons, logic and bits."""

from __future__ import annotations

from math import inf, nan

import numpy as np

from . import sample

V = np.array([0.5, -1.25, 2.0])
X = np.array([[0.5, -0.8, 2.0], [-1.1, -1.25, 0.6]])
ODD = np.array([-inf, -1.0, -0.0, 0.0, inf, nan])
A = np.array([True, True, False, False])
B = np.array([True, False, True, False])
I = np.array([6, -5, 0, 12])
J = np.array([3, 2, 1, 0])

NUMBERS = [sample(X, V), sample(V, 0.5), sample(ODD, ODD[::-1]), sample(I, J), sample(np.empty((0, 3)), V)]
TRUTHS = [sample(A, B), sample(A, np.array(True))]
ODDITIES = [sample(ODD), sample(np.array(nan)), sample(np.array(2.0))]
BITS = [sample(A, B), sample(I, J), sample(I, 3)]
SHIFTS = [sample(I, J), sample(I, 1)]

SAMPLES = {
    "equal": NUMBERS,
    "not_equal": NUMBERS,
    "less": NUMBERS,
    "less_equal": NUMBERS,
    "greater": NUMBERS,
    "greater_equal": NUMBERS,
    "isclose": [
        sample(V, V + 1e-9, rtol=1e-5, atol=1e-8, equal_nan=False),
        sample(ODD, ODD, rtol=0.0, atol=0.0, equal_nan=True),
    ],
    "logical_and": TRUTHS,
    "logical_or": TRUTHS,
    "logical_xor": TRUTHS,
    "logical_not": [sample(A), sample(A > B)],
    "isnan": ODDITIES,
    "isinf": ODDITIES,
    "isfinite": ODDITIES,
    "isposinf": ODDITIES,
    "isneginf": ODDITIES,
    "signbit": ODDITIES,
    "isreal": [sample(np.array([1 + 0j, 2j]))],
    "bitwise_and": BITS,
    "bitwise_or": BITS,
    "bitwise_xor": BITS,
    "bitwise_invert": [sample(A), sample(I)],
    "bitwise_left_shift": SHIFTS,
    "bitwise_right_shift": SHIFTS,
}
