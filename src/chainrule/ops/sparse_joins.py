"""Sparse tensors joined along a dimension. Imported by ``sparse_kernels``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.sparse_level import is_sparse
from ..core.sparse_values import Pattern, SparseArray


def joined(name: str, xs: Any) -> list[SparseArray]:
    if not all(is_sparse(x) and x.layout == "coo" for x in xs):
        raise RuntimeError(f"{name}: all tensors must be sparse, in coordinates, or none: convert with .to_sparse_coo()")
    if len({x.pattern.sparse_dim for x in xs}) > 1:
        raise RuntimeError(f"{name}: all tensors must have the same number of sparse and dense dimensions")
    return list(xs)


def concat(*xs: Any, axis: int) -> SparseArray:
    xs = tuple(joined("cat", xs))
    first = xs[0]
    at, count = first.ndim + axis, first.pattern.sparse_dim
    for x in xs:
        if x.ndim != first.ndim or x.shape[:at] + x.shape[at + 1 :] != first.shape[:at] + first.shape[at + 1 :]:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {at}: got {list(first.shape)} and {list(x.shape)}"
            )
    if at >= count:
        return side_by_side(xs, at)
    places, start = [], 0
    for x in xs:
        indices = x.pattern.indices.copy()
        indices[at] += start
        start += x.shape[at]
        places.append(indices)
    shape = (*first.shape[:at], start, *first.shape[at + 1 :])
    return SparseArray(
        Pattern("coo", shape, np.concatenate(places, axis=1)), np.concatenate([x.values for x in xs])
    )


def side_by_side(xs: Any, at: int) -> SparseArray:
    """Joined along a dense dimension: each entry for itself, with zeros where the others' values would stand."""
    first, shape = xs[0], list(xs[0].shape)
    shape[at] = sum([x.shape[at] for x in xs])
    dense, begin = shape[first.pattern.sparse_dim :], 0
    values = []
    for x in xs:
        wide = np.zeros((x.pattern.nnz, *dense), x.dtype)
        keys = (slice(None),) * (at - first.pattern.sparse_dim + 1)
        wide[(*keys, slice(begin, begin + x.shape[at]))] = x.values
        begin += x.shape[at]
        values.append(wide)
    indices = np.concatenate([x.pattern.indices for x in xs], axis=1)
    return SparseArray(Pattern("coo", tuple(shape), indices), np.concatenate(values))
