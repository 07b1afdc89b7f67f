"""The tables of ops and of samples say the same names, and a sample says enough."""

from __future__ import annotations

import numpy as np
import pytest
from op_samples import SAMPLES

import chainrule
from chainrule.core.op import OPS

from .harness import STRUCTURED

SPARSE = {name for name in OPS if name.startswith("sparse_")} | {"embedding_rows"}
"""Whose operands, or gradients, are sparse: tests/test_sparse.py."""


def test_every_op_has_samples_and_every_sample_an_op() -> None:
    assert chainrule.__version__  # whose import declares the ops
    crossing = {name for name, op in OPS.items() if "level" in op.params}  # these are of transforms: tests/func
    without = set(OPS) - {name for name, samples in SAMPLES.items() if samples} - crossing - SPARSE
    assert sorted(without) == [], "ops without a sample"
    assert sorted(set(SAMPLES) - set(OPS)) == [], "samples of no op"


@pytest.mark.parametrize(
    "name", [name for name, op in OPS.items() if op.kind == "general" and "c" in op.domain and name not in SPARSE]
)
def test_a_general_op_that_accepts_complex_operands_has_a_complex_sample(name: str) -> None:
    dtypes = [getattr(a, "dtype", np.dtype(object)).kind for s in SAMPLES.get(name, ()) for a in s.arrays]
    assert "c" in dtypes, f"give {name} a complex sample, or a domain without c"


GIVEN = {"dirichlet_draw", "window_route"}
"""Whose operands finite differences may not move alone: a draw (tests/test_distributions.py differentiates quantiles instead),
the largest elements of given images."""


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, op in OPS.items()
        if (op.kind not in STRUCTURED or op.kind == "multilinear") and name not in SPARSE
    ],
)
def test_a_nonlinear_op_has_a_sample_for_finite_differences(name: str) -> None:
    if OPS[name].kind != "step" and name not in GIVEN:
        assert any(s.smooth and s.order >= 2 for s in SAMPLES.get(name, ())), "no smooth sample of order 2"
