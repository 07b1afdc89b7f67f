"""Samples of reading and writing at computed places."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
Y = np.linspace(-2.0, 2.5, 24).reshape(2, 3, 4)
INF, NAN = np.inf, np.nan

ROW = np.array([True, False])
MASK = np.array([[True, False, True], [False, False, True]])
PLACES = np.array([0, 2, 0])
PAIR = np.array([[1], [0]])
ALONG = np.array([[0, 2], [1, 1]])

OVERWRITES = [sample(X, S), sample(S, np.array(-2.0)), sample(np.empty((0, 2)), S)]
FILLS = [sample(X, MASK, S), sample(X, MASK[:, :1], S), sample(V, np.array(False), S), sample(V, MASK, S)]
NUMBER_FILLS = [sample(X, MASK, value=2.5), sample(V, MASK, value=0.0)]
INDICES = [
    sample(X, PLACES, axes=(-1,)),
    sample(V, np.array([[1, -1], [0, 1]]), axes=(-1,)),
    sample(Y, np.array([1, 0, 1]), PLACES, axes=(-3, -2)),
    sample(Y, np.array([1, 0]), np.array([[0], [3], [3]]), axes=(-3, -1)),
    sample(Y, np.array([2, 2]), np.array([3, 3]), axes=(-2, -1)),
    sample(X, MASK, axes=(-2,)),
    sample(Y, ROW, axes=(-3,)),
    sample(Y, ROW, PLACES, axes=(-3, -1)),
    sample(X, np.array([], int), axes=(-2,)),
]

SAMPLES = {
    "where": [
        sample(MASK, X, 2 * X),
        sample(MASK[:, :1], X, V),
        sample(MASK, V, 2.5),
        sample(np.array(True), S, -S),
        # What was not chosen gets 0, whatever arrives.
        sample(ROW, np.array([1.0, INF]), np.array([NAN, 1.0]), smooth=False, expected=(None, [1.0, 0.0], [0.0, 1.0])),
    ],
    "masked_fill": FILLS,
    "masked_fill_number": NUMBER_FILLS,
    "index_fill": FILLS,
    "index_fill_number": NUMBER_FILLS,
    "masked_select": [sample(X, MASK), sample(V, MASK), sample(Y, np.array([[True], [False], [True]]))],
    "masked_scatter": [sample(X, MASK, V), sample(V, MASK, np.arange(6.0).reshape(2, 3)), sample(X, ROW[:, None], V)],
    "masked_scatter_adjoint": [sample(X, MASK, shape=(2, 2)), sample(X, MASK, shape=(5,))],
    "nonzero": [sample(np.array([[0.0, 1.0], [2.0, 0.0]])), sample(MASK)],
    "copy": [sample(X, V), sample(X, 2 * X), sample(Y, S), sample(S, np.array(3.0))],
    "fill": OVERWRITES,
    "fill_number": [sample(X, value=2.5), sample(S, value=0.0), sample(X + 1j, value=2.5)],
    "zero": [sample(X), sample(S)],
    "index": INDICES,
    "index_adjoint": [
        sample(X, PLACES, axes=(-1,), shape=(2, 4)),
        sample(np.arange(12.0).reshape(3, 4), np.array([1, 0, 1]), PLACES, axes=(-3, -2), shape=(2, 3, 4)),
        sample(
            np.arange(18.0).reshape(3, 2, 3),
            np.array([1, 0]),
            np.array([[0], [3], [3]]),
            axes=(-3, -1),
            shape=(2, 3, 4),
        ),
        sample(V, MASK, axes=(-2,), shape=(2, 3)),
        sample(V, np.array([1, 1, -1]), axes=(-1,), shape=(2,)),
    ],
    "index_put": [
        sample(X, V[:2, None], np.array([0, 2]), axes=(-1,), accumulate=False),
        sample(X, S, PLACES, axes=(-1,), accumulate=True),
        sample(V, np.array([3.0, 4.0, 5.0]), np.array([1, 1, 0]), axes=(-1,), accumulate=True),
        sample(X, V, MASK, axes=(-2,), accumulate=False),
        sample(Y, V, np.array([1, 0]), np.array([[0], [3], [3]]), axes=(-3, -1), accumulate=True),
        sample(Y, S, np.array([1, 0]), np.array([[0], [3], [1]]), axes=(-3, -1), accumulate=False),
        # Of two writes to a place the last one is left. (PyTorch gives both a gradient.)
        sample(V, np.array([3.0, 4.0]), np.array([1, 1]), axes=(-1,), accumulate=False),
        sample(
            V,
            np.array([3.0, 4.0]),
            np.array([1, 1]),
            axes=(-1,),
            accumulate=False,
            smooth=False,
            expected=([1.0, 0.0, 1.0], [0.0, 1.0], None),
        ),
    ],
    "last_puts": [
        sample(np.array([1, 0, 1]), axes=(-2,), shape=(2, 2)),
        sample(np.array([0, 0]), np.array([1, 1]), axes=(-2, -1), shape=(1, 2)),
    ],
    "take": [
        sample(X, PLACES, axis=-1),
        sample(Y, np.array([1, 1, 0]), axis=-3),
        sample(V, np.array([], int), axis=-1),
    ],
    "index_add": [
        sample(X, np.array([0, 2, 0, 2]), np.arange(8.0).reshape(2, 4), axis=-1),
        sample(X, np.array([1, 1]), 2 * X, axis=-2),
        sample(V, np.array([2]), S.reshape(1), axis=-1),
    ],
    "index_copy": [
        sample(X, np.array([2, 0]), np.arange(4.0).reshape(2, 2), axis=-1),
        sample(X, np.array([1, 1]), 2 * X, axis=-2),
    ],
    "gather": [
        sample(X, ALONG, axis=-1),
        sample(Y, np.array([[[1, 0]], [[0, 0]], [[1, 1]]]), axis=-3),
        sample(V, np.array([1, 1]), axis=-1),
        sample(X, np.empty((0, 3), int), axis=-2),
    ],
    "scatter_add": [
        sample(X, ALONG, np.array([[1.0, 2.0], [3.0, 4.0]]), axis=-1),
        sample(X, np.array([[1, 1, 0]]), V.reshape(1, 3), axis=-2),
    ],
    "scatter": [
        sample(X, ALONG, np.array([[1.0, 2.0], [3.0, 4.0]]), axis=-1),
        sample(X, np.array([[1, 1, 0]]), V.reshape(1, 3), axis=-2),
        sample(
            V,
            np.array([1, 1]),
            np.array([3.0, 4.0]),
            axis=-1,
            smooth=False,
            expected=([1.0, 0.0, 1.0], None, [0.0, 1.0]),
        ),
    ],
    "scatter_number": [sample(X, ALONG, value=2.5, axis=-1), sample(X + 1j, ALONG, value=2.5, axis=-1)],
    "last_writes": [sample(ALONG, axis=-1, shape=(2, 3)), sample(PAIR, axis=-2, shape=(2, 1))],
    "scatter_reduce": [
        sample(X, ALONG, np.array([[1.0, 2.0], [3.0, 4.5]]), axis=-1, reduce=reduce, include_self=include_self)
        for reduce in ("sum", "mean", "prod", "amax", "amin")
        for include_self in (True, False)
    ]
    + [
        sample(X + 1j, ALONG, np.array([[1.0, 2.0], [3j, 4.5]]), axis=-1, reduce=reduce, include_self=True)
        for reduce in ("sum", "mean", "prod")
    ]
    + [
        # Ties share; with one zero the product of the others is its gradient, with two there is none.
        sample(
            V,
            np.array([0, 0]),
            np.array([0.5, 0.5]),
            axis=-1,
            reduce="amax",
            include_self=True,
            smooth=False,
            expected=([1 / 3, 1.0, 1.0], None, [1 / 3, 1 / 3]),
        ),
        sample(
            V,
            np.array([0, 0]),
            np.array([0.0, 4.0]),
            axis=-1,
            reduce="prod",
            include_self=True,
            smooth=False,
            expected=([0.0, 1.0, 1.0], None, [2.0, 0.0]),
        ),
        sample(
            V,
            np.array([0, 0]),
            np.array([0.0, 0.0]),
            axis=-1,
            reduce="prod",
            include_self=True,
            smooth=False,
            expected=([0.0, 1.0, 1.0], None, [0.0, 0.0]),
        ),
    ],
    "take_flat": [sample(X, np.array([[5, 0], [0, 1]])), sample(S, np.array([0, 0]))],
    "put_flat": [
        sample(X, np.array([5, 0, 5]), V, accumulate=True),
        sample(X, np.array([[4, 1]]), V[:2].reshape(1, 2), accumulate=False),
        sample(X, np.array([4, 4]), V[:2], accumulate=False),
    ],
}
