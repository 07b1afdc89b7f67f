"""No op loops over a batch: as much is called for one of seven elements as for one of two."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from typing import Any

import numpy as np

from chainrule.backend import numpy as xp
from chainrule.core.batching import batch

from .harness import CASES, Case, cases
from .test_batching import is_dynamic

LOOPS = {"ldl_solve", "search_rows"}
"""Ops whose kernel loops, because NumPy has none for more than one row (or matrix)."""


def calls(case: Case, size: int) -> Counter[Any]:
    """What is called, and how often, when the op runs on ``size`` times the same."""
    found: Counter[Any] = Counter()

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call":
            found[getattr(argument, "__qualname__", argument)] += 1

    arrays = tuple(np.stack([a] * size) if isinstance(a, np.ndarray) else a for a in case.arrays)
    axes = tuple(0 if isinstance(a, np.ndarray) else None for a in case.arrays)
    before = sys.getprofile()
    gc.disable()  # what is called for garbage of other tests is not the op's
    sys.setprofile(note)
    try:
        batch(case.op, arrays, axes, case.params, xp)
    finally:
        sys.setprofile(before)
        gc.enable()
    return found


def has_batch(case: Case) -> bool:
    axes = tuple(0 if isinstance(a, np.ndarray) else None for a in case.arrays)
    return any(axis == 0 for axis in axes) and not is_dynamic(case, axes)


@cases([case for case in CASES if has_batch(case)])
def test_an_op_calls_as_much_for_a_large_batch_as_for_a_small_one(case: Case) -> None:
    for size in (2, 7):  # what is worked out once, or once for a shape, is worked out now
        calls(case, size)
    few, many = calls(case, 2), calls(case, 7)
    if case.op.name not in LOOPS:
        assert few == many
