"""Samples of shapes, views and reorderings."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
Y = np.linspace(-2.0, 2.5, 24).reshape(2, 3, 4)
EMPTY = np.empty((0, 3))

RESHAPES = [sample(X, shape=(3, 2)), sample(S, shape=(1, 1)), sample(Y, shape=(6, 4)), sample(EMPTY, shape=(3, 0))]
SQUEEZES = [
    sample(X.reshape(2, 1, 3), axis=(-2,)),
    sample(X.reshape(1, 2, 3, 1), axis=(-4, -1)),
    sample(X, axis=()),
    sample(S, axis=()),
]
UNSQUEEZES = [sample(X, axis=-3), sample(X, axis=-1), sample(S, axis=-1), sample(EMPTY, axis=-2)]
SWAPS = [sample(X, axis1=-1, axis2=-2), sample(Y, axis1=-3, axis2=-1), sample(Y, axis1=-1, axis2=-1)]
TRANSPOSES = [sample(X), sample(V), sample(S)]
DIAGONALS = [
    sample(X, offset=0, axis1=-2, axis2=-1),
    sample(X, offset=1, axis1=-1, axis2=-2),
    sample(Y, offset=-1, axis1=-3, axis2=-1),
    sample(X, offset=4, axis1=-2, axis2=-1),
]
DIAGONAL_ADJOINTS = [
    sample(V, offset=0, axis1=-2, axis2=-1, sizes=(3, 3)),
    sample(V, offset=-1, axis1=-1, axis2=-2, sizes=(4, 4)),
    sample(X, offset=1, axis1=-3, axis2=-1, sizes=(4, 4)),
]

SAMPLES = {
    "view": RESHAPES,
    "reshape_alias": RESHAPES,
    "unsafe_view": RESHAPES,
    "squeeze_all": SQUEEZES,
    "squeeze_one": SQUEEZES[:1],
    "squeeze": SQUEEZES[1:],
    "squeeze_all_": SQUEEZES,
    "squeeze_one_": SQUEEZES[:1],
    "squeeze_": SQUEEZES[1:],
    "expand_dims": UNSQUEEZES,
    "expand_dims_": UNSQUEEZES,
    "broadcast_to": [
        sample(V, shape=(2, 3)),
        sample(X.reshape(2, 1, 3), shape=(4, 2, 5, 3)),
        sample(S, shape=(2,)),
        sample(X, shape=(2, 3)),
        sample(V.reshape(3, 1), shape=(3, 0)),
    ],
    "alias": [sample(X), sample(S), sample(EMPTY)],
    "permute_dims": [sample(X, axes=(-1, -2)), sample(Y, axes=(-1, -3, -2)), sample(S, axes=())],
    "swapaxes": SWAPS,
    "swapaxes_": SWAPS,
    "matrix_transpose": [sample(X), sample(Y), sample(EMPTY)],
    "t": TRANSPOSES,
    "t_": TRANSPOSES,
    "select": [sample(X, axis=-1, index=2), sample(Y, axis=-2, index=-1), sample(V, axis=-1, index=0)],
    "select_adjoint": [
        sample(X, axis=-1, index=2, size=4),
        sample(X, axis=-3, index=-1, size=2),
        sample(S, axis=-1, index=1, size=2),
    ],
    "slice_axis": [
        sample(X, axis=-1, start=1, stop=3, step=1),
        sample(Y, axis=-3, start=0, stop=2, step=2),
        sample(V, axis=-1, start=2, stop=2, step=1),
    ],
    "slice_adjoint": [
        sample(X, axis=-1, start=1, stop=6, step=2, size=7),
        sample(X, axis=-2, start=0, stop=2, step=1, size=2),
    ],
    "diagonal": DIAGONALS,
    "diagonal_copy": DIAGONALS,
    "diagonal_adjoint": DIAGONAL_ADJOINTS,
    "diag_embed": DIAGONAL_ADJOINTS,
    "unfold": [
        sample(V, axis=-1, size=2, step=1),
        sample(Y, axis=-2, size=2, step=1),
        sample(Y, axis=-1, size=1, step=3),
    ],
    "unfold_adjoint": [
        sample(X, axis=-1, step=1, length=4),
        sample(Y, axis=-2, step=2, length=7),
        sample(Y, axis=-1, step=3, length=11),
    ],
    "as_strided": [
        sample(X, size=(2, 2), stride=(1, 2), offset=1, origin=((2, 3), (3, 1), 0)),
        sample(X, size=(3, 2), stride=(1, 1), offset=0, origin=((2, 3), (3, 1), 0)),
        sample(X, size=(), stride=(), offset=5, origin=((2, 3), (3, 1), 0)),
    ],
    "restride": [
        sample(X, source=((2, 3), (3, 1), 0), target=((2, 2), (1, 2), 1)),
        sample(X, source=((2, 3), (1, 1), 2), target=((3,), (2,), 0)),
    ],
    "clone": [sample(X), sample(S), sample(EMPTY)],
    "clone_laid": [sample(X, axis=-2), sample(EMPTY, axis=-2)],
    "contiguous": [sample(X), sample(S), sample(EMPTY)],
    "to_laid": [sample(X, axis=-2), sample(EMPTY, axis=-2)],
    "flip": [sample(X, axis=(-1,)), sample(Y, axis=(-3, -1)), sample(S, axis=())],
    "rot90": [sample(X, k=1, axes=(-2, -1)), sample(Y, k=-1, axes=(-1, -3)), sample(X, k=2, axes=(-2, -1))],
    "roll": [
        sample(V, shift=(1,), axis=(-1,)),
        sample(X, shift=(-1, 4), axis=(-2, -1)),
        sample(EMPTY, shift=(1,), axis=(-2,)),
        sample(X, shift=-2, axis=None),
    ],
    "tile": [sample(X, repetitions=(2, 3)), sample(V, repetitions=(2, 1, 2)), sample(S, repetitions=(2,))],
    "tril": [
        sample(X, k=0),
        sample(Y, k=1),
        sample(X, k=-1),
        sample(np.full((2, 2), np.inf), k=0, smooth=False, expected=([[1.0, 0.0], [1.0, 1.0]],)),
    ],
    "triu": [sample(X, k=0), sample(Y, k=1), sample(X, k=-1)],
    "pad": [
        sample(X, widths=((1, 2),), value=0.5),
        sample(X, widths=((0, 1), (-1, 2)), value=0),
        sample(Y, widths=((-1, -1),), value=2.0),
        sample(X + 1j, widths=((1, 2),), value=0.5),
    ],
}
