"""Whether an array is nobody else's, by its reference count: then it can be handed out without a copy."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np


def own(array: Any) -> Any:
    """``array`` if nothing else refers to its memory, else a copy: a rule may return its operand, or a broadcast view."""
    if type(array) is not np.ndarray or (array.base is None and getrefcount(array) <= SOLE_REFERENCES):
        return array
    return array.copy()


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
