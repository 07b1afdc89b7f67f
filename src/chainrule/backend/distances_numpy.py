"""Distances between rows of NumPy arrays, some rows at a time: the differences of all would be large."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .reduction_numpy import vector_norm

Array = Any

AT_ONCE = 1 << 18
"""So many differences."""


def cdist(x: Array, y: Array) -> Array:
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    (n, width), m = x.shape[-2:], y.shape[-2]
    x = np.broadcast_to(x, (*lead, n, width)).reshape(math.prod(lead), n, width)
    y = np.broadcast_to(y, (*lead, m, width)).reshape(math.prod(lead), m, width)
    out = np.empty((math.prod(lead), n, m), x.dtype)
    rows = max(AT_ONCE // max(m * width, 1), 1)
    matrices = max(AT_ONCE // max(n * m * width, 1), 1)
    for first in range(0, len(out), matrices):
        some = slice(first, first + matrices)
        for top in range(0, n, rows):
            part = slice(top, top + rows)
            differences = x[some, part, None, :] - y[some, None, :, :]
            out[some, part] = vector_norm(differences, ord=2.0, axis=(-1,), keepdims=False)
    return out.reshape(*lead, n, m)
