"""One record for each op: the closed world that ``tests/test_ops.py`` drives.

``SAMPLES[op name]`` is a list of samples; an op without one fails the suite.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One call of an op."""

    arrays: tuple[Any, ...]
    """The array operands: float64 (or complex128, int64, bool) NumPy arrays, or Python numbers."""
    params: dict[str, Any] = {}
    smooth: bool = True
    """Whether finite differences apply here: False at kinks, ties, infinities; then only value, dtype and expected hold."""
    expected: tuple[Any, ...] | None = None
    """The gradients of the sum of the (first) output by each operand (None for no gradient), as PyTorch gives them: recorded from it, for special points."""
    order: int = 2
    """The highest derivative that is checked against finite differences."""


def sample(*arrays: Any, smooth: bool = True, expected: tuple[Any, ...] | None = None, order: int = 2, **params: Any) -> Sample:
    return Sample(arrays, params, smooth, expected, order)
