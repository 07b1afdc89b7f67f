"""Memory: what a node keeps, who shares memory with whom, and that nobody changes what is not his."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

import chainrule as torch
from chainrule.core.op import parameter_names

from .harness import BY_LAYOUT, CASES, DIFFERENTIABLE, Case, cases, every_other


def subsets(case: Case) -> list[tuple[int, ...]]:
    """Every combination of operands that may require grad (of many operands: each alone, each absent, all)."""
    n = len(case.wanted)
    sizes = range(1, n + 1) if n <= 4 else (1, n - 1, n)
    return [chosen for size in sizes for chosen in combinations(case.wanted, size)]


@cases(DIFFERENTIABLE)
def test_every_combination_of_requires_grad(case: Case) -> None:
    everything = dict(zip(case.wanted, case.gradients(), strict=True))
    for need in subsets(case):
        for at, got in zip(need, case.gradients(need=need), strict=True):
            np.testing.assert_array_equal(got, everything[at], f"operand {case.names[at]} when {need} require grad")


@cases(DIFFERENTIABLE)
def test_a_node_keeps_what_the_rules_of_the_operands_that_need_a_gradient_name(case: Case) -> None:
    op = case.op
    for need in subsets(case):
        tensors = case.tensors(need)
        outs = case.apply(tensors)
        node = next(out for out in outs if out.requires_grad)._node
        node = node if op.outputs is None else node.parents[0]
        rules = [op.all_rule, *(op.rules.get(case.names[at]) for at in need)]
        asked = {name for rule in rules if rule is not None for name in parameter_names(rule)}
        allowed = [tensors[at] for at, name in enumerate(case.names) if name in asked]
        allowed += [out for name, out in zip(op.outputs or ("out",), outs, strict=False) if name in asked]
        kept = [*arrays_in(node.saved), *arrays_in(node.params)]
        assert len(kept) <= len(allowed), f"keeps {len(kept)} arrays, while its rules name {asked}"
        for array in kept:
            assert any(holds(one, array) for one in allowed), f"keeps {array}, while its rules name {asked}"


def arrays_in(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in arrays_in(item)]
    if isinstance(value, dict):
        return arrays_in(list(value.values()))
    return [value] if isinstance(value, (np.ndarray, np.generic)) else []


def holds(operand: Any, array: Any) -> bool:
    """Whether ``array`` is the operand's own, or the operand as promotion made it: in another dtype, or from a number."""
    if not hasattr(operand, "_array"):
        return bool(array.ndim == 0)
    own = operand._array
    return array is own or (array.shape == own.shape and array.dtype != own.dtype)


@cases(CASES)
def test_only_a_view_shares_memory_with_its_operand(case: Case) -> None:
    for results in (case.outputs(), [out._array for out in case.apply(case.tensors(need=[]))]):
        for out in results:
            if case.op.kind == "view":
                assert out.size == 0 or np.shares_memory(out, case.arrays[0])
            else:
                assert not any(np.shares_memory(out, a) for a in case.arrays if isinstance(a, np.ndarray))


@cases([case for case in CASES if case.op.kind == "view" and case.op.name not in BY_LAYOUT])
def test_a_view_of_memory_with_gaps_is_a_view(case: Case) -> None:
    strided = every_other(case.arrays[0])
    for out in case.outputs([strided]):
        assert out.size == 0 or np.shares_memory(out, strided)


@cases(DIFFERENTIABLE)
def test_operands_cotangents_and_outputs_are_left_as_they_are(case: Case) -> None:
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
