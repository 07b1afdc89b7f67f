"""Batching: one call on operands with a batch axis gives what a loop over the batch gives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import ops
from chainrule.backend import numpy as xp
from chainrule.core.batching import KINDS, batch, one_by_one, refused
from chainrule.core.op import OPS, declare
from chainrule.core.value import new_tensor

from .harness import CASES, Case, cases, normal

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


DYNAMIC = {"nonzero", "unique", "unique_along", "unique_consecutive"}
"""Ops whose result has a shape that depends on values."""

MASKED = {"index", "index_adjoint", "index_put", "last_puts", "masked_select"}
"""Those for which only that of the mask among their operands does."""


def is_dynamic(case: Case, in_axes: tuple[int | None, ...]) -> bool:
    """Whether the shape of the result may differ from one element of the batch to another."""
    masks = [axis for a, axis in zip(case.arrays, in_axes, strict=True) if getattr(a, "dtype", None) == np.bool_]
    return case.op.name in DYNAMIC or (case.op.name in MASKED and any(axis is not None for axis in masks))


class Batch:
    """A case on a batch: its operands with the batch axes put in, and those of each element."""

    def __init__(self, case: Case, in_axes: tuple[int | None, ...]) -> None:
        pairs = list(zip(case.arrays, in_axes, strict=True))
        columns = [[a] * SIZE if axis is None else elements(a) for a, axis in pairs]
        self.case = case
        self.in_axes = in_axes
        self.elements = [[column[at] for column in columns] for at in range(SIZE)]
        self.arrays = [
            column[0] if axis is None else np.stack(column, axis) for column, axis in zip(columns, in_axes, strict=True)
        ]

    def outputs(self, arrays: list[Any], xp: Any) -> list[Any]:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "There is a performance drop")
            out = batch(self.case.op, tuple(arrays), self.in_axes, self.case.params, xp)
        return list(out) if self.case.op.outputs is not None else [out]


@cases(BATCHED)
def test_a_batch_gives_what_a_loop_gives(case: Case) -> None:
    for in_axes in patterns(case):
        made = Batch(case, in_axes)
        if is_dynamic(case, in_axes):
            with pytest.raises(RuntimeError, match="We do not support batching operators that can"):
                made.outputs(made.arrays, xp)
            continue
        together = made.outputs(made.arrays, xp)
        recorded = made.outputs(case.tensors(arrays=made.arrays), ops)
        for row, arrays in enumerate(made.elements):
            for got, tensor, want in zip(together, recorded, case.outputs(arrays), strict=True):
                assert got.shape == tensor._array.shape == (SIZE, *np.shape(want)), f"batch axes {in_axes}"
                assert got.dtype == tensor._array.dtype == want.dtype
                for one in (got[row], tensor._array[row]):
                    np.testing.assert_allclose(one, want, rtol=1e-12, atol=1e-14, err_msg=f"batch axes {in_axes}")


@pytest.mark.filterwarnings("ignore:invalid value encountered")  # in the sum over the elements
@cases([case for case in BATCHED if case.is_differentiable])
def test_the_gradient_of_a_batch_is_that_of_a_loop(case: Case) -> None:
    for in_axes in patterns(case):
        if is_dynamic(case, in_axes):
            continue  # refused, as the test above says
        made = Batch(case, in_axes)
        tensors = case.tensors(arrays=made.arrays)
        outs = [out for out in made.outputs(tensors, ops) if out.requires_grad]
        seeds = case.allowed([out._array for out in outs], [normal(case.rng, out._array) for out in outs])
        leaves = [tensors[at] for at in case.wanted]
        grads = torch.autograd.grad(outs, leaves, list(map(new_tensor, seeds)), allow_unused=True)
        rows = [case.gradients(arrays, cotangents=[u[row] for u in seeds]) for row, arrays in enumerate(made.elements)]
        for at, got, *column in zip(case.wanted, grads, *rows, strict=True):
            axis = in_axes[at]
            want = np.stack(column, axis) if axis is not None else np.sum(column, axis=0)
            size = np.max(np.abs(want[np.isfinite(want)]), initial=0)
            np.testing.assert_allclose(
                np.zeros_like(want) if got is None else got._array,
                want,
                rtol=1e-11,
                atol=1e-13 * size,
                err_msg=f"batch axes {in_axes}",
            )


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


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_results_of_different_shapes_are_refused() -> None:
    growing = declare("general", "growing(x)", forward=lambda xp, x: np.arange(float(x)))
    try:
        with pytest.raises(RuntimeError, match="Attempted to vmap over growing, whose result has a shape that depends"):
            batch(growing, (np.array([2.0, 3.0]),), (0,), {}, xp)
    finally:
        del OPS["growing"]


def test_batch_axes_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have one length, but have \[2, 3\]"):
        batch(ops.add, (np.ones(2), np.ones(3)), (0, 0), {}, xp)
    with pytest.raises(ValueError, match="must have one length, but have none"):
        batch(ops.add, (np.ones(2), np.ones(2)), (None, None), {}, xp)


def test_the_batch_axis_is_no_dimension_in_type_promotion() -> None:
    zero_dim, vector = np.ones(3, np.float64), np.ones(2, np.float32)
    out = batch(ops.multiply, (zero_dim, vector), (0, None), {}, xp)
    assert out.dtype == np.float32
    assert out.shape == (3, 2)
    assert batch(ops.divide, (np.ones((3, 2), np.int64), 2), (0, None), {}, xp).dtype == np.float32
    condition = np.array([[True, False], [False, True]])
    np.testing.assert_array_equal(
        batch(ops.where, (condition, vector, 5), (0, None, None), {}, xp), np.where(condition, vector, 5)
    )


def test_every_op_runs_once_for_the_whole_batch() -> None:
    rules = {op.name: op.batch or KINDS.get(op.kind, one_by_one) for op in OPS.values()}
    assert [name for name, rule in rules.items() if rule is one_by_one] == []
    assert {name for name, rule in rules.items() if rule is refused} == DYNAMIC
