"""Whether an array is nobody else's, by its reference count: then it can be handed out without a copy."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from .value import is_constant


def own(array: Any) -> Any:
    """``array`` if nothing else refers to its memory, else a copy: a rule may return its operand, or a broadcast view."""
    if type(array) is not np.ndarray or (array.base is None and getrefcount(array) <= SOLE_REFERENCES):
        return array
    return copied(array)


def copied(array: Any) -> Any:
    """A copy that lies in memory as the array does; row by row, if elements of it share memory.

    Of other levels, only values without numbers have memory to copy.
    """
    if type(array) is not np.ndarray and not is_constant(array):
        return array
    return array.copy("C" if 0 in array.strides else "K")


def laid_out_as(tensor: Any, leaf: Any) -> Any:
    """A first ``.grad`` in the order of its leaf, as PyTorch has it: row by row, if the leaf's elements share memory or lie apart."""
    array, model = tensor._array, leaf._array
    if array.strides == model.strides or type(array) is not np.ndarray or type(model) is not np.ndarray:
        return tensor
    out = np.empty_like(model, dtype=array.dtype)
    if any(n > 1 and a != b for n, a, b in zip(model.shape, out.strides, model.strides, strict=True)):
        out = np.empty(model.shape, array.dtype)
    if array.strides != out.strides:
        out[...] = array
        tensor._array = out
    return tensor


def _sole_references() -> int:
    """What getrefcount says in ``own``, called as it is below, of an array that nobody else has."""
    count = 0

    def counting(array: Any) -> Any:
        nonlocal count
        count = getrefcount(array)

    def handed_out(g: Any) -> None:
        counting(g)

    pair = [np.empty(1)]
    g = pair.pop()
    handed_out(g)
    return count


SOLE_REFERENCES = _sole_references()
