"""Samples of random writes: to the ops, the numbers are values like others."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
EMPTY = np.empty((0, 3))

WRITES = [sample(X, X[::-1]), sample(S, np.array(-2.0)), sample(EMPTY, EMPTY)]

SAMPLES = {
    "bernoulli": WRITES,
    "bernoulli_by": WRITES,
    "bernoulli_with": WRITES,
    "binomial": [sample(X, X, X[::-1], smooth=False), sample(S, S, S, smooth=False)],
    "cauchy": WRITES,
    "exponential": WRITES,
    "geometric": WRITES,
    "log_normal": WRITES,
    "normal": WRITES,
    "normal_both": [sample(X, 2 * X, X[::-1]), sample(S, S, S), sample(EMPTY, EMPTY, EMPTY)],
    "normal_mean": WRITES,
    "normal_std": WRITES,
    "poisson": WRITES,
    "random_any": WRITES,
    "random_below": WRITES,
    "random_between": WRITES,
    "uniform": WRITES,
}
