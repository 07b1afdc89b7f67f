"""Every op in a compiled function: its value and its gradients are the eager ones, on every sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ops.harness import CASES, COMPLEX, Case, cases

import chainrule as torch
from chainrule.core.value import new_tensor

jax = pytest.importorskip("jax")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about infinities and NaNs


def program(case: Case) -> Any:
    """A function of the array operands: all outputs of the op, and the gradients of those that carry one."""
    cotangents = case.cotangents()

    def function(*tensors: Any) -> Any:
        given = iter(tensors)
        operands = [next(given) if hasattr(a, "dtype") else a for a in case.arrays]
        leaves = [operands[at].detach().requires_grad_() if at in case.wanted else None for at in range(len(operands))]
        outputs = case.apply([a if leaf is None else leaf for a, leaf in zip(operands, leaves, strict=True)])
        wanted = [leaf for leaf in leaves if leaf is not None]
        smooth = [out for out in outputs if out.requires_grad]
        grads: Any = []
        if smooth:
            seeds = [new_tensor(u) for u in cotangents]
            grads = torch.autograd.grad(smooth, wanted, seeds, allow_unused=True)
        return [out.detach() for out in outputs], list(grads)

    return function


def assert_close(got: Any, want: Any) -> None:
    assert (got is None) == (want is None)
    if want is None:
        return
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    got, want = got.numpy(), want.numpy()
    if want.dtype.kind in "biu":
        np.testing.assert_array_equal(got, want)
        return
    size = np.max(np.abs(want), where=np.isfinite(want), initial=0)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-11 * max(size, 1))


@cases([*CASES, *COMPLEX])
def test_compiled_is_eager(case: Case) -> None:
    compiled = torch.compile(program(case))
    tensors = [new_tensor(np.array(a)) for a in case.arrays if hasattr(a, "dtype")]
    wanted = compiled(*tensors)  # the first call runs as it stands
    found = compiled(*tensors)
    assert "traced for the first time" in torch.compile.explain(compiled)
    for got, want in zip([*found[0], *found[1]], [*wanted[0], *wanted[1]], strict=True):
        assert_close(got, want)
