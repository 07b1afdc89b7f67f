"""Samples of the pair of ops behind in-place writes to views."""

from __future__ import annotations

import numpy as np

from chainrule.core.op import OPS

from . import sample

X = np.linspace(-1.0, 1.5, 12).reshape(3, 4)

COLUMN = ((OPS["select"], (("axis", -1), ("index", 1)), None),)
CORNER = (
    (OPS["slice_axis"], (("axis", -2), ("start", 1), ("stop", 3), ("step", 1)), None),
    (OPS["matrix_transpose"], (), None),
    (OPS["slice_axis"], (("axis", -2), ("start", 0), ("stop", 4), ("step", 3)), None),
)
LAST_ROW = ((OPS["unstack"], (("axis", -2),), 2),)
RESHAPED = ((OPS["view"], (("shape", (2, 6)),), None), *COLUMN)

SAMPLES = {
    "get_path": [
        sample(X, path=COLUMN, shape=(3, 4)),
        sample(X, path=CORNER, shape=(3, 4)),
        sample(X, path=LAST_ROW, shape=(3, 4)),
        sample(X, path=RESHAPED, shape=(3, 4)),
    ],
    "put_path": [
        sample(X, np.array([0.5, -2.0, 3.0]), path=COLUMN, shape=(3, 4)),
        sample(X, np.array([[1.0, -1.5], [2.5, 0.25]]), path=CORNER, shape=(3, 4)),
        sample(X, np.array([1.0, 2.0, 3.0, 4.0]), path=LAST_ROW, shape=(3, 4)),
        sample(X, np.array([1.0, 2.0]), path=RESHAPED, shape=(3, 4)),
    ],
}
