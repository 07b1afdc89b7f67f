"""Values: the same from every form of a call, whatever the operands' memory looks like; gradients at special points."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as torch

from .harness import BY_LAYOUT, CASES, Case, cases, every_other


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
def test_a_step_has_no_rule_and_is_not_recorded(case: Case) -> None:
    assert not case.op.rules
    assert case.op.all_rule is None
    need = [at for at, a in enumerate(case.arrays) if getattr(a, "dtype", np.dtype(int)).kind in "fc"]
    for out in case.apply(case.tensors(need)):
        assert not out.requires_grad


# -- the operands' memory ---------------------------------------------------------------------------------------------


def column_major(array: Any) -> Any:
    return np.array(array, order="F")


def assert_same_results(case: Case, arrays: list[Any]) -> None:
    for got, want in zip(case.outputs(arrays), case.outputs(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
    if case.is_differentiable:
        for got, want in zip(case.gradients(arrays), case.gradients(), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


@cases([case for case in CASES if case.op.name not in BY_LAYOUT and any(np.ndim(a) for a in case.arrays)])
def test_the_layout_of_operands_does_not_matter(case: Case) -> None:
    for layout in (every_other, column_major):
        assert_same_results(case, [layout(a) if isinstance(a, np.ndarray) else a for a in case.arrays])


@cases([case for case in CASES if any(isinstance(a, np.ndarray) and not a.ndim for a in case.arrays)])
def test_a_0d_operand_may_be_a_numpy_scalar(case: Case) -> None:
    assert_same_results(case, [a[()] if isinstance(a, np.ndarray) and not a.ndim else a for a in case.arrays])


# -- special points ---------------------------------------------------------------------------------------------------


@cases([case for case in CASES if case.sample.expected is not None])
def test_gradients_at_special_points(case: Case) -> None:
    expected = case.sample.expected
    assert expected is not None
    assert len(expected) == len(case.arrays), "one expected gradient for each operand, None for no gradient"
    need = [at for at, e in enumerate(expected) if e is not None]
    assert need == case.wanted, "expected gradients for the operands that can have one, and only for them"
    ones, *others = case.smooth_outputs()
    seeds = [torch.as_tensor(u) for u in (np.ones_like(ones), *map(np.zeros_like, others))]
    for create_graph in (False, True):
        tensors = case.tensors()
        outs = [out for out in case.apply(tensors) if out.requires_grad]
        leaves = [tensors[at] for at in need]
        grads = torch.autograd.grad(outs, leaves, seeds, create_graph=create_graph, allow_unused=True)
        for at, g in zip(need, grads, strict=True):
            got = np.zeros_like(case.arrays[at]) if g is None else g._array
            want = np.broadcast_to(np.asarray(expected[at], dtype=got.dtype), got.shape)
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=0, err_msg=f"operand {case.names[at]}")
            np.testing.assert_array_equal(signs(got), signs(want), f"signs of the gradient of {case.names[at]}")


def signs(array: Any) -> Any:
    """The sign bits of the numbers: a minus zero counts, the sign of a NaN does not."""
    parts = np.stack([np.real(array), np.imag(array)])
    return np.where(np.isnan(parts), False, np.signbit(parts))
