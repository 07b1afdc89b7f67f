"""The closed world of ops: sample calls of every one of them, which drive the tests in ``tests/ops``.

Each module of this package has a table ``SAMPLES``: op name -> list of samples. An op without a sample fails the suite,
and so does a sample of no op. From the samples alone follow all checks: an op's author writes no other test of its
derivatives, batching, dtypes or memory.

What to give: each family of shapes that the op treats differently (0-d, empty, broadcast), each parameter in each of
its meanings, points away from kinks. The points *at* kinks, ties, zeros, infinities are samples with ``smooth=False``
and the ``expected`` gradients. An op of kind ``general`` that accepts complex operands needs a complex sample, too (for
the other kinds one is made of the real one). Samples are the same in every run: random values come from a fixed seed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One call of an op."""

    arrays: tuple[Any, ...]
    """The array operands: float64 (or complex128, int64, bool) NumPy arrays, or Python numbers."""
    params: dict[str, Any]
    smooth: bool = True
    """Whether finite differences apply: False at kinks, ties, infinities; then only value, dtype and expected hold."""
    expected: tuple[Any, ...] | None = None
    """For special points: the gradients of the sum of the first output by each operand (None for no gradient), as
    recorded from PyTorch."""
    order: int = 2
    """The highest derivative that is checked against finite differences."""
    directions: Callable[[Any], Any] | None = None
    """What makes of a direction one in which the operands may move, for ops that are functions of symmetric matrices only."""
    cotangents: Callable[[list[Any], list[Any]], list[Any]] | None = None
    """(outputs, cotangents) -> cotangents that may be asked for, where not all may: of vectors known up to their phase."""


def sample(
    *arrays: Any,
    smooth: bool = True,
    expected: tuple[Any, ...] | None = None,
    order: int = 2,
    directions: Any = None,
    cotangents: Any = None,
    **params: Any,
) -> Sample:
    return Sample(arrays, params, smooth, expected, order, directions, cotangents)


def collected() -> dict[str, list[Sample]]:
    """The tables of all modules of the package as one."""
    tables: dict[str, list[Sample]] = {}
    for module in pkgutil.iter_modules(__path__):
        for name, samples in importlib.import_module(f"{__name__}.{module.name}").SAMPLES.items():
            assert name not in tables, f"op_samples/{module.name}.py: op {name} has samples in another module, too"
            tables[name] = list(samples)
    return tables


SAMPLES = collected()
