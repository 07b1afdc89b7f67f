"""Samples of what reduces slices."""

from __future__ import annotations

import numpy as np

from . import sample

V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
Y = np.linspace(-2.0, 2.5, 24).reshape(2, 3, 4)
PLACES = np.array([1, 0, 1])
SOURCE = np.array([[0.3, -0.7, 0.9], [1.1, 0.2, -0.4]])
TIES = np.array([2.0, 0.5, 2.0])


def reduced(reduce, include_self):
    return sample(X, PLACES, SOURCE, axis=-1, reduce=reduce, include_self=include_self)


SAMPLES = {
    "index_reduce": [
        *[reduced(reduce, include_self) for reduce in ("amax", "mean", "prod") for include_self in (True, False)],
        sample(X, np.array([1, 1]), SOURCE, axis=-2, reduce="amin", include_self=True),
        sample(V, np.array([2, 2, 0]), TIES, axis=-1, reduce="amax", include_self=True, smooth=False,
            expected=([0.0, 1.0, 0.5], None, [0.5, 0.0, 1.0])),
        sample(V, PLACES[:0], V[:0], axis=-1, reduce="prod", include_self=True),
    ],
    "renorm": [
        sample(X, ord=2.0, axis=-1, maxnorm=1.0, others=(-2,)),
        sample(X + 0.1, ord=1.5, axis=-2, maxnorm=1.0, others=(-1,)),
        sample(Y, ord=float("inf"), axis=-2, maxnorm=2.2, others=(-3, -1)),
        sample(np.array([[np.nan, 1.0], [3.0, 4.0]]), ord=2.0, axis=-2, maxnorm=5.0, others=(-1,), smooth=False,
            expected=([[1.0, 1.0], [1.0, 1.0]],)),
        sample(X + 0.3j, ord=2.0, axis=-2, maxnorm=1.2, others=(-1,)),
    ],
    "segment_reduce": [
        sample(X, np.array([[0, 1, 3], [0, 2, 2]]), axis=-1, reduce="sum", initial=None),
        sample(V, np.array([0, 0, 2, 3]), axis=-1, reduce="mean", initial=1.5),
        sample(X, np.array([0, 2]), axis=-2, reduce="prod", initial=None),
        sample(V, np.array([1, 3]), axis=-1, reduce="amax", initial=None),
        sample(V, np.array([0, 1, 3]), axis=-1, reduce="amin", initial=-1.0),
    ],
}
