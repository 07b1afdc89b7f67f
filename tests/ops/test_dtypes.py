"""Narrower dtypes: kept by values, gradients and tangents, whose values are those in double precision, but rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from finite import assert_near

import chainrule as torch
from chainrule.backend import numpy as xp
from chainrule.core.forward import jvp

from .harness import CASES, Case, cases

NARROWER = {
    "float32": {np.dtype("float64"): np.dtype("float32"), np.dtype("complex128"): np.dtype("complex64")},
    "float16": {np.dtype("float64"): np.dtype("float16"), np.dtype("complex128"): np.dtype("complex64")},
    "bfloat16": {np.dtype("float64"): torch.bfloat16.numpy, np.dtype("complex128"): np.dtype("complex64")},
}

KEPT_WIDE = frozenset("batch_norm cross_entropy cross_entropy_of_planes dot_product_attention rms_norm".split())
"""Ops whose further outputs, which their rules need, are float32 beside half precision."""

PRECISION = 2e-4
"""How close values in single precision come to those in double: a thousand roundings, as part of the largest."""


def narrowed(value: Any, to: dict[Any, Any]) -> Any:
    return value.astype(to[value.dtype]) if getattr(value, "dtype", None) in to else value


def known(case: Case) -> list[str]:
    """The narrower dtypes that the op accepts; of the halves, who knows bfloat16 ("V") knows float16."""
    dtypes = {a.dtype for a in case.arrays if isinstance(a, np.ndarray)}
    if "dtype" in case.params or not dtypes & NARROWER["float32"].keys():
        return []
    halves = ["float16", "bfloat16"] if "V" in case.op.domain and np.dtype("complex128") not in dtypes else []
    return ["float32", *halves]


@cases([case for case in CASES if known(case)])
def test_dtypes_are_kept(case: Case) -> None:
    wide = case.outputs()
    for name in known(case):
        to = NARROWER[name]
        arrays = [narrowed(a, to) for a in case.arrays]
        outs = case.outputs(arrays)
        for at, (got, want) in enumerate(zip(outs, wide, strict=True)):
            if at and got.dtype == np.float32 and case.op.name in KEPT_WIDE:
                continue
            assert got.dtype == to.get(want.dtype, want.dtype), name
        if not case.is_differentiable:
            continue
        grads = case.gradients(arrays, cotangents=[narrowed(u, to) for u in case.cotangents()])
        for at, g in zip(case.wanted, grads, strict=True):
            assert g.dtype == arrays[at].dtype, f"gradient of {case.names[at]}, {name}"
        tangents = tuple(None if t is None else narrowed(np.asarray(t), to) for t in case.tangents())
        found = jvp(case.op, tuple(arrays), tangents, case.params, xp)
        for t, out in zip(found if case.op.outputs is not None else (found,), outs, strict=True):
            assert t is None or t.dtype == out.dtype, f"tangent, {name}"


@cases([case for case in CASES if "float32" in known(case) and case.sample.smooth])
def test_values_in_single_precision(case: Case) -> None:
    to = NARROWER["float32"]
    arrays = [narrowed(a, to) for a in case.arrays]
    for got, want in zip(case.outputs(arrays), case.outputs(), strict=True):
        if got.dtype.kind in "biu":
            np.testing.assert_array_equal(got, want)
        else:
            assert_near(got, want, max(np.max(np.abs(want), initial=0), 1), "value", PRECISION)
    if case.is_differentiable:
        cotangents = [narrowed(u, to) for u in case.cotangents()]
        for at, got, want in zip(
            case.wanted, case.gradients(arrays, cotangents=cotangents), case.gradients(), strict=True
        ):
            size = max(np.max(np.abs(want), initial=0), 1)
            assert_near(got, want, size, f"gradient of {case.names[at]}", 10 * PRECISION)
