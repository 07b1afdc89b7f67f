"""Sparse values on NumPy arrays: places as indices (sparse dimensions, entries) or as one number each, their keys."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

COMPILED = "fdFDlq"
"""The dtypes of SciPy's loops."""
AT_ONCE = 1 << 20
"""Elements of a temporary array of products."""

Array = Any


def keys(indices: Array, shape: tuple[int, ...]) -> Array:
    """The number of each place in C order."""
    total = np.zeros(indices.shape[1], np.int64)
    for row, size in zip(indices, shape, strict=False):
        total = total * size + row
    return total


def unkeyed(numbers: Array, sizes: tuple[int, ...]) -> Array:
    """The indices of places that are given by their numbers."""
    rows = []
    for size in reversed(sizes):
        rows.append(numbers % size)
        numbers = numbers // size
    return np.array(rows[::-1], np.int64).reshape(len(sizes), len(numbers))


def is_increasing(numbers: Array) -> bool:
    return bool((numbers[1:] > numbers[:-1]).all())


def segments(numbers: Array) -> tuple[Array, Array]:
    """How to sort the numbers, and where in that order each group of equal ones begins."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    return order, np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))


def summed(numbers: Array, values: Array) -> tuple[Array, Array]:
    """Where each distinct number stands first, in their order, and the sums of the values of equal ones."""
    order, starts = segments(numbers)
    if not len(starts):
        return order, values
    return order[starts], np.add.reduceat(values[order], starts, axis=0, dtype=values.dtype)


def dense(indices: Array, values: Array, shape: tuple[int, ...]) -> Array:
    """An array of zeros with the values added at the places."""
    if not len(indices):
        return values.sum(axis=0, dtype=values.dtype).reshape(shape)
    out = np.zeros(shape, values.dtype)
    first, values = summed(keys(indices, shape), values)
    out[tuple(indices[:, first])] = values
    return out


def found(have: Array, values: Array, wanted: Array) -> Array:
    """For each wanted number the value of the equal one among increasing numbers; zero if there is none."""
    out = np.zeros((len(wanted), *values.shape[1:]), values.dtype)
    if len(have):
        places = np.minimum(np.searchsorted(have, wanted), len(have) - 1)
        there = have[places] == wanted
        out[there] = values[places[there]]
    return out


def compressed(rows: Array, count: int) -> Array:
    """Where the entries of each row begin and end, of ordered row numbers."""
    return np.searchsorted(rows, np.arange(count + 1)).astype(np.int64)


def expanded(compressed: Array) -> Array:
    """The row of each entry."""
    return np.repeat(np.arange(len(compressed) - 1), np.diff(compressed))


def compiled_product(indices: Array, values: Array, dense: Array, rows: int) -> Array:
    """By SciPy's loop, which adds up each row in the order of its entries."""
    from scipy.sparse import csr_array

    row, column = indices
    if (row[1:] < row[:-1]).any():
        order = np.argsort(row, kind="stable")
        row, column, values = row[order], column[order], values[order]
    whole = csr_array((values, column, compressed(row, rows)), shape=(rows, len(dense)))
    return (whole @ dense.reshape(len(dense), prod(dense.shape[1:]))).reshape(rows, *dense.shape[1:])


def product(indices: Array, values: Array, dense: Array, rows: int) -> Array:
    """A matrix of entries times a dense one (or a vector): each row is a sum of rows of ``dense``."""
    if values.dtype == dense.dtype and values.dtype.char in COMPILED:
        return compiled_product(indices, values, dense, rows)
    out = np.zeros((rows, *dense.shape[1:]), np.result_type(values, dense))
    order, starts = segments(indices[0])
    row, column, values = indices[0][order], indices[1][order], values[order]
    values = values.reshape(-1, *[1] * (dense.ndim - 1))
    step = max(1, AT_ONCE // max(1, prod(dense.shape[1:])))
    at = 0
    while at < len(starts):  # as many whole rows as fit, but one at least
        end = max(at + 1, int(np.searchsorted(starts, starts[at] + step)))
        here = slice(starts[at], starts[end] if end < len(starts) else len(row))
        terms = values[here] * dense[column[here]]
        out[row[starts[at:end]]] = np.add.reduceat(terms, starts[at:end] - starts[at], axis=0)
        at = end
    return out


def sampled(x: Array, y: Array, rows: Array, columns: Array) -> Array:
    """The elements at some places of the product of two dense matrices."""
    out = np.empty(len(rows), np.result_type(x, y))
    turned = y.T
    step = max(1, AT_ONCE // max(1, x.shape[1]))
    for at in range(0, len(rows), step):
        here = slice(at, at + step)
        out[here] = np.einsum("ij,ij->i", x[rows[here]], turned[columns[here]])
    return out


def pairs(x: Array, y: Array) -> tuple[Array, Array]:
    """All pairs of an entry of x and one of y where the number of the first equals that of the second (increasing order)."""
    first: Array = np.searchsorted(y, x, "left")
    last: Array = np.searchsorted(y, x, "right")
    counts = last - first
    left = np.repeat(np.arange(len(x)), counts)
    within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, first[left] + within


def by_groups(numbers: Array, values: Array, log: bool) -> Array:
    """The softmax of the values of each group of equal numbers, or its logarithm."""
    if not len(numbers):
        return values
    order, starts = segments(numbers)
    sizes = np.diff(starts, append=len(order))
    ordered = values[order]
    shifted = ordered - np.repeat(np.maximum.reduceat(ordered, starts, axis=0), sizes, axis=0)
    powers = np.exp(shifted)
    total = np.repeat(np.add.reduceat(powers, starts, axis=0), sizes, axis=0)
    out = np.empty_like(values)
    out[order] = shifted - np.log(total) if log else powers / total
    return out


def group_sums(numbers: Array, values: Array) -> Array:
    """For each entry the sum of the values of all entries with its number."""
    if not len(numbers):
        return values
    order, starts = segments(numbers)
    out = np.empty_like(values)
    out[order] = np.repeat(np.add.reduceat(values[order], starts, axis=0), np.diff(starts, append=len(order)), axis=0)
    return out
