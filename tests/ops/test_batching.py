"""Batching: one call on operands with a batch axis gives what a loop over the batch gives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from chainrule import ops
from chainrule.backend import numpy as xp
from chainrule.core.batching import batch
from chainrule.core.forward import evaluate
from chainrule.core.op import OPS, declare
from chainrule.core.value import new_tensor

from .harness import CASES, Case, cases

SIZE = 3


def elements(array: Any) -> list[Any]:
    """Operands like ``array``, one for each element of a batch: scaled (indices and masks: turned round)."""
    if array.dtype.kind in "fc":
        return [array, array * 1.01, array * 0.98]
    turned = np.flip(array, -1) if array.ndim else array
    return [array, turned, array]


def patterns(case: Case) -> list[tuple[int | None, ...]]:
    """Which operands have a batch axis, and where: all in front, all at the end, each alone."""
    arrays = [at for at, a in enumerate(case.arrays) if isinstance(a, np.ndarray)]
    chosen = [arrays, *([at] for at in arrays)] if len(arrays) > 1 else [arrays]
    in_front = [tuple(0 if at in some else None for at in range(len(case.arrays))) for some in chosen]
    at_end = tuple(case.arrays[at].ndim if at in arrays else None for at in range(len(case.arrays)))
    return [*in_front, at_end] if any(at_end) else in_front


BATCHED = [case for case in CASES if any(isinstance(a, np.ndarray) for a in case.arrays)]


@cases(BATCHED)
def test_a_batch_gives_what_a_loop_gives(case: Case) -> None:
    op = case.op
    for in_axes in patterns(case):
        pairs = list(zip(case.arrays, in_axes, strict=True))
        columns = [[a] * SIZE if axis is None else elements(a) for a, axis in pairs]
        arrays = tuple(
            column[0] if axis is None else np.stack(column, axis) for column, axis in zip(columns, in_axes, strict=True)
        )
        rows = [evaluate(op, tuple(column[at] for column in columns), case.params, xp) for at in range(SIZE)]
        if len({shapes(row) for row in rows}) > 1:
            with pytest.raises(RuntimeError, match="differ in shape from one element of the batch to another"):
                quietly_batched(case, arrays, in_axes, xp)
            continue
        together = quietly_batched(case, arrays, in_axes, xp)
        recorded = quietly_batched(case, tuple(map(as_tensor, arrays)), in_axes, ops)
        single = op.outputs is None
        for row, alone in enumerate(rows):
            for got, tensor, want in zip(*((x,) if single else x for x in (together, recorded, alone)), strict=True):
                assert got.shape == (SIZE, *np.shape(want)), f"batch axes {in_axes}"
                assert got.dtype == want.dtype
                np.testing.assert_allclose(got[row], want, rtol=1e-12, atol=1e-14, err_msg=f"batch axes {in_axes}")
                np.testing.assert_allclose(
                    tensor._array[row], want, rtol=1e-12, atol=1e-14, err_msg=f"batch axes {in_axes}"
                )


def quietly_batched(case: Case, arrays: Any, in_axes: Any, xp: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There is a performance drop")
        return batch(case.op, arrays, in_axes, case.params, xp)


def shapes(out: Any) -> Any:
    return tuple(np.shape(one) for one in out) if isinstance(out, tuple) else np.shape(out)


def as_tensor(a: Any) -> Any:
    return new_tensor(a) if hasattr(a, "dtype") else a


@pytest.fixture
def unruly() -> Any:
    """An op of kind general that says nothing about batches."""
    yield declare("general", "unruly(x)", forward=lambda xp, x: xp.multiply(x, x), x=lambda g, x: 2 * g * x)
    del OPS["unruly"]


def test_an_op_without_batching_rule_runs_in_a_loop_and_says_so(unruly: Any) -> None:
    with pytest.warns(UserWarning, match="op unruly has no batching rule: it runs once for each of the 4"):
        out = batch(unruly, (np.arange(8.0).reshape(4, 2),), (0,), {}, xp)
    np.testing.assert_array_equal(out, np.arange(8.0).reshape(4, 2) ** 2)
    with pytest.raises(RuntimeError, match="op unruly has no batching rule, and cannot run on a batch of size 0"):
        batch(unruly, (np.ones((0, 2)),), (0,), {}, xp)


def test_batch_axes_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have one length, but have \[2, 3\]"):
        batch(ops.add, (np.ones(2), np.ones(3)), (0, 0), {}, xp)
    with pytest.raises(ValueError, match="must have one length, but have none"):
        batch(ops.add, (np.ones(2), np.ones(2)), (None, None), {}, xp)


def test_the_batch_axis_is_no_dimension_in_type_promotion() -> None:
    zero_dim, vector = np.ones(3, np.float64), np.ones(2, np.float32)
    assert batch(ops.multiply, (zero_dim, vector), (0, None), {}, xp).dtype == np.float32
    assert batch(ops.multiply, (zero_dim, vector), (0, None), {}, xp).shape == (3, 2)


def test_most_ops_run_once_for_the_whole_batch() -> None:
    """Without a rule of their own only ops of kind general run in a loop; these are known."""
    loops = {op.name for op in OPS.values() if op.kind == "general" and op.batch is None}
    assert loops == set()
