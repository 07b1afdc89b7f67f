"""Values: the same from every form of a call, whatever the operands' memory looks like."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from finite import assert_near

import chainrule as torch
from chainrule.core.op import parameter_names

from .harness import CASES, Case, cases

BY_LAYOUT = {
    "as_strided": "its parameters are strides of the operand",
    "view": "only where the strides allow it",
    "reshape_alias": "only where the strides allow it",
    "unsafe_view": "only where the strides allow it",
}
"""Ops whose result, or whose being a view, depends on how the operand lies in memory."""


def same(got: Any, want: Any) -> None:
    np.testing.assert_array_equal(got, want)
    assert np.asarray(got).dtype == np.asarray(want).dtype


@cases(CASES)
def test_tensors_give_what_raw_arrays_give(case: Case) -> None:
    for out, raw in zip(case.apply(case.tensors()), case.outputs(), strict=True):
        same(out._array, raw)
    for out, raw in zip(case.apply(case.tensors(need=[])), case.outputs(), strict=True):
        same(out._array, raw)
        assert not out.requires_grad
    with torch.no_grad():
        for out, raw in zip(case.apply(case.tensors()), case.outputs(), strict=True):
            same(out._array, raw)
            assert out.grad_fn is None


@cases([case for case in CASES if case.wanted])
def test_an_op_is_recorded_if_an_operand_requires_grad_and_it_is_no_step(case: Case) -> None:
    for number, out in enumerate(case.apply(case.tensors())):
        differentiable = case.op.differentiable is None or case.op.differentiable[number]
        assert out.requires_grad == (case.op.kind != "step" and differentiable and out._array.dtype.kind not in "biu")
        if case.op.outputs is None and out.requires_grad:
            assert out.grad_fn.name() == case.op.node_name


@cases([case for case in CASES if case.op.kind == "step"])
def test_a_step_has_no_rule(case: Case) -> None:
    assert not case.op.rules
    assert case.op.all_rule is None


def every_other(array: Any) -> Any:
    """The same values, each a step away from the next in memory."""
    wide = np.full([2 * n for n in array.shape], 77, array.dtype)
    wide[tuple([slice(None, None, 2)] * array.ndim)] = array
    return wide[(..., *[slice(None, None, 2)] * array.ndim)]


def column_major(array: Any) -> Any:
    return np.array(array, order="F")


def stretched(array: Any) -> Any:
    """Read-only memory in which an axis of length 1 has no stride."""
    return np.broadcast_to(array, array.shape)


def as_scalar(array: Any) -> Any:
    """A 0-d array as the NumPy scalar that tensors keep 0-d results as."""
    return array[()] if array.ndim == 0 else array


@pytest.mark.parametrize("layout", [every_other, column_major, stretched, as_scalar])
@cases([case for case in CASES if case.op.name not in BY_LAYOUT])
def test_the_layout_of_operands_does_not_matter(case: Case, layout: Any) -> None:
    arrays = [layout(a) if isinstance(a, np.ndarray) else a for a in case.arrays]
    if layout is as_scalar and not any(isinstance(a, np.generic) for a in arrays):
        return
    for got, want in zip(case.outputs(arrays), case.outputs(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
    if case.wanted and case.op.kind != "step":
        for got, want in zip(case.gradients(arrays), case.gradients(), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


# -- what a node keeps --------------------------------------------------------------------------------------------------


def subsets(case: Case) -> list[tuple[int, ...]]:
    """Every combination of operands that may require grad (of many operands: each alone, each absent, all)."""
    n = len(case.wanted)
    sizes = range(1, n + 1) if n <= 4 else (1, n - 1, n)
    return [chosen for size in sizes for chosen in combinations(case.wanted, size)]


@cases([case for case in CASES if case.wanted and case.op.kind != "step"])
def test_every_combination_of_requires_grad(case: Case) -> None:
    everything = dict(zip(case.wanted, case.gradients(), strict=True))
    for need in subsets(case):
        for at, got in zip(need, case.gradients(need=need), strict=True):
            np.testing.assert_array_equal(got, everything[at], f"operand {case.names[at]} when {need} require grad")
        check_saved(case, need)


def check_saved(case: Case, need: tuple[int, ...]) -> None:
    """The node holds the arrays that the rules of the operands that need a gradient name, and no other."""
    op = case.op
    tensors = case.tensors(need)
    outs = case.apply(tensors)
    node = next(out for out in outs if out.requires_grad)._node
    node = node if op.outputs is None else node.parents[0]
    asked = names_of(op.all_rule) if op.all_rule is not None else set()
    for at in need:
        asked |= names_of(op.rules.get(case.names[at]))
    outputs = dict(zip(op.outputs or ("out",), outs, strict=False))
    allowed = [tensors[at] for at, name in enumerate(case.names) if name in asked] + [
        out for name, out in outputs.items() if name in asked
    ]
    kept = [*arrays_in(node.saved), *arrays_in(node.params)]
    assert len(kept) <= len(allowed), f"keeps {len(kept)} arrays, its rules name {asked}"
    for array in kept:
        assert any(is_that(array, one) for one in allowed), (
            f"keeps an array of shape {array.shape}, its rules name {asked}"
        )


def names_of(rule: Any) -> set[str]:
    return set(parameter_names(rule)) if rule is not None else set()


def arrays_in(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in arrays_in(item)]
    if isinstance(value, dict):
        return arrays_in(list(value.values()))
    return [value] if isinstance(value, (np.ndarray, np.generic)) else []


def is_that(array: Any, allowed: Any) -> bool:
    """Whether the array is the operand's own, or the operand brought to another dtype."""
    own = allowed._array if hasattr(allowed, "_array") else np.asarray(allowed)
    return (
        array is own
        or (array.shape == own.shape and array.dtype != own.dtype)
        or not hasattr(allowed, "_array")
        or array.ndim == 0
    )


# -- whose memory it is -------------------------------------------------------------------------------------------------


@cases(CASES)
def test_only_a_view_shares_memory_with_its_operand(case: Case) -> None:
    first = case.arrays[0]
    for results in (case.outputs(), [out._array for out in case.apply(case.tensors(need=[]))]):
        for out in results:
            if case.op.kind == "view":
                assert out.size == 0 or np.shares_memory(out, first)
            else:
                assert not any(np.shares_memory(out, a) for a in case.arrays if isinstance(a, np.ndarray))


@cases([case for case in CASES if case.op.kind == "view" and case.op.name not in BY_LAYOUT])
def test_a_view_of_memory_without_order_is_a_view(case: Case) -> None:
    strided = every_other(case.arrays[0])
    for out in case.outputs([strided]):
        assert out.size == 0 or np.shares_memory(out, strided)


@cases([case for case in CASES if case.wanted and case.op.kind != "step"])
def test_operands_and_cotangents_are_left_as_they_are(case: Case) -> None:
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in case.arrays]
    cotangents = case.cotangents()
    seeds = [np.copy(u) for u in cotangents]
    case.gradients(cotangents=cotangents)
    tensors = case.tensors()
    outs = [out for out in case.apply(tensors) if out.requires_grad]
    values = [np.copy(out._array) for out in outs]
    leaves = [tensors[at] for at in case.wanted]
    torch.autograd.grad(outs, leaves, [torch.as_tensor(u) for u in seeds], create_graph=True, allow_unused=True)
    case.jvp(case.tangents())
    for a, old in zip([*case.arrays, *cotangents], [*before, *seeds], strict=True):
        np.testing.assert_array_equal(a, old)
    for out, old in zip(outs, values, strict=True):
        np.testing.assert_array_equal(out._array, old)


# -- special points -----------------------------------------------------------------------------------------------------


@cases([case for case in CASES if case.sample.expected is not None])
def test_gradients_at_special_points(case: Case) -> None:
    expected = case.sample.expected
    assert len(expected) == len(case.arrays), "one expected gradient for each operand, None for no gradient"
    need = [at for at, e in enumerate(expected) if e is not None]
    assert need == case.wanted, "expected gradients for the operands that can have one, and only for them"
    first = case.smooth_outputs()[0]
    others = [np.zeros_like(out) for out in case.smooth_outputs()[1:]]
    for create_graph in (False, True):
        tensors = case.tensors()
        outs = [out for out in case.apply(tensors) if out.requires_grad]
        seeds = [torch.as_tensor(u) for u in (np.ones_like(first), *others)]
        grads = torch.autograd.grad(
            outs, [tensors[at] for at in need], seeds, create_graph=create_graph, allow_unused=True
        )
        for at, g in zip(need, grads, strict=True):
            got = np.zeros_like(case.arrays[at]) if g is None else g._array
            want = np.broadcast_to(np.asarray(expected[at], dtype=got.dtype), got.shape)
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=0, err_msg=f"operand {case.names[at]}")
            np.testing.assert_array_equal(signs(got), signs(want), f"signs of the gradient of {case.names[at]}")


def signs(array: Any) -> Any:
    """The sign bits of the numbers: a minus zero counts, the sign of a NaN does not."""
    parts = np.stack([np.real(array), np.imag(array)])
    return np.where(np.isnan(parts), False, np.signbit(parts))


# -- dtypes -------------------------------------------------------------------------------------------------------------

REAL = {"float32": 2e-4, "float16": 0.05, "bfloat16": 0.3}
"""dtype -> how close its values come to those in float64, as part of the largest."""
COMPLEX = {np.dtype("complex128"): np.dtype("complex64")}


def narrowed(case: Case, name: str) -> list[Any] | None:
    """The operands in a narrower dtype; None if the op does not know it."""
    kind = {"float32": "f", "float16": "V", "bfloat16": "V"}[name]  # who knows one half knows the other
    complexes = any(getattr(a, "dtype", None) == np.complex128 for a in case.arrays)
    if kind not in case.op.domain or "dtype" in case.params or (complexes and name != "float32"):
        return None
    dtype = torch.bfloat16.numpy if name == "bfloat16" else np.dtype(name)
    to = {np.dtype("float64"): dtype, **COMPLEX}
    return [a.astype(to[a.dtype]) if getattr(a, "dtype", None) in to else a for a in case.arrays]


@pytest.mark.parametrize("name", REAL)
@cases([case for case in CASES if case.wanted])
def test_dtypes_are_kept(case: Case, name: str) -> None:
    arrays = narrowed(case, name)
    if arrays is None:
        return
    to = {np.dtype("float64"): arrays[case.wanted[0]].dtype, **COMPLEX}
    if case.arrays[case.wanted[0]].dtype.kind == "c":
        to[np.dtype("float64")] = np.dtype("float32")
    for got, want in zip(case.outputs(arrays), case.outputs(), strict=True):
        assert got.dtype == to.get(want.dtype, want.dtype)
        if case.sample.smooth and got.dtype.kind in "fc" and name == "float32":
            assert_near(got, want, max(np.max(np.abs(want), initial=0), 1), "value", REAL[name])
    if case.op.kind != "step":
        narrow = [u.astype(to[u.dtype]) for u in case.cotangents()]
        for at, got, want in zip(case.wanted, case.gradients(arrays, cotangents=narrow), case.gradients(), strict=True):
            assert got.dtype == arrays[at].dtype
            if case.sample.smooth and name == "float32":
                assert_near(
                    got, want, max(np.max(np.abs(want), initial=0), 1), f"gradient of {case.names[at]}", 10 * REAL[name]
                )
