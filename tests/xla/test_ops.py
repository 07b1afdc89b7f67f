"""Every op in a compiled function: its values and its gradients are the eager ones, on every sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ops.harness import CASES, COMPLEX, Case

import chainrule as torch
from chainrule.core.value import new_tensor

pytest.importorskip("jax")

from .conftest import some_of
from .test_namespace import NOISE, ROUNDINGS, has_mask, is_data_dependent

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about infinities and NaNs

PICKS_BY_MASK = ("index_put", "index_adjoint")
"""Ops whose gradient picks elements by a mask, if they were given one: how many is not known while a program is traced."""


def is_left_out(case: Case) -> bool:
    return is_data_dependent(case) or (case.op.name in PICKS_BY_MASK and has_mask(case))


BY_OP: dict[str, list[Case]] = {}
for one in (*CASES, *COMPLEX):
    if not is_left_out(one):
        BY_OP.setdefault(one.op.name, []).append(one)


def values_and_gradients(case: Case, tensors: list[Any]) -> list[Any]:
    """All outputs of a sample, and the gradients of those that carry one."""
    given = iter(tensors)
    operands = [next(given) if hasattr(a, "dtype") else a for a in case.arrays]
    for at in case.wanted:
        operands[at] = operands[at].detach().requires_grad_()
    outputs = case.apply(operands)
    smooth = [out for out in outputs if out.requires_grad]
    grads: Any = ()
    if smooth:
        seeds = [new_tensor(u) for u in case.cotangents()]
        grads = torch.autograd.grad(smooth, [operands[at] for at in case.wanted], seeds, allow_unused=True)
    return [*[out.detach() for out in outputs], *grads]


def assert_close(got: Any, want: Any, case: Case) -> None:
    assert (got is None) == (want is None), case
    if want is None:
        return
    assert (got.dtype, got.shape) == (want.dtype, want.shape), case
    got, want = got.numpy(), want.numpy()
    if want.dtype.kind in "biu":
        np.testing.assert_array_equal(got, want, case.id)
        return
    rounding = max(ROUNDINGS[want.dtype.name], 1e-10)
    size = np.max(np.abs(want), where=np.isfinite(want), initial=1 if case.id in NOISE else 0)
    np.testing.assert_allclose(got, want, rtol=rounding, atol=rounding * size, err_msg=case.id)


@pytest.mark.parametrize("name", sorted(BY_OP))
def test_compiled_is_eager(name: str, request: pytest.FixtureRequest) -> None:
    found = some_of(BY_OP[name], request.config)

    def all_samples(operands: list[list[Any]]) -> list[list[Any]]:
        return [values_and_gradients(case, tensors) for case, tensors in zip(found, operands, strict=True)]

    operands = [[new_tensor(np.array(a)) for a in case.arrays if hasattr(a, "dtype")] for case in found]
    compiled = torch.compile(all_samples)
    wanted = compiled(operands)  # the first call runs as it stands
    for case, got, want in zip(found, compiled(operands), wanted, strict=True):
        for a, b in zip(got, want, strict=True):
            assert_close(a, b, case)
    assert torch.compile.explain(compiled).startswith("1. traced for the first time")


@pytest.mark.parametrize("case", [case for case in CASES if is_left_out(case)], ids=repr)
def test_what_depends_on_values_is_refused(case: Case) -> None:
    operands = [new_tensor(np.array(a)) for a in case.arrays if hasattr(a, "dtype")]
    compiled = torch.compile(lambda *tensors: values_and_gradients(case, list(tensors)))
    compiled(*operands)
    with pytest.raises(RuntimeError, match="depends on values"):
        compiled(*operands)
