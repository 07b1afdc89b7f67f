"""The JAX backend: every name of the contract, and the forward of every op as NumPy computes it, eager and traced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from ops.harness import CASES, COMPLEX, Case, cases

import chainrule as torch
from chainrule.backend import forward_for, numpy as numpy_namespace
from chainrule.backend.namespace import EXTRAS, STANDARD
from chainrule.core.dispatch import promote

jax = pytest.importorskip("jax")

from chainrule.backend import jax as xp  # noqa: E402 - it needs JAX

pytestmark = pytest.mark.filterwarnings(
    "ignore::RuntimeWarning"
)  # of NumPy, about infinities and NaNs, in code that is not ours

ROUNDINGS = {
    "float64": 1e-11,
    "complex128": 1e-11,
    "float32": 1e-5,
    "complex64": 1e-5,
    "float16": 4e-3,
    "bfloat16": 3e-2,
}
"""How close results come, as part of their size."""


@pytest.fixture(autouse=True)
def wide_types() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", sorted(STANDARD | EXTRAS.keys()))
def test_the_backend_has_every_name(name: str) -> None:
    assert callable(getattr(xp, name))


# -- every op on every sample -------------------------------------------------------------------------------------------


def operands(case: Case, to: Any) -> tuple[Any, ...]:
    """The operands as the op computes them, after a change of dtype."""
    arrays = [to(a) if isinstance(a, np.ndarray) else a for a in case.arrays]
    return tuple(arrays if case.op.promotion is None else promote(case.op, arrays))


def outputs(case: Case, namespace: Any, arrays: Any) -> list[Any]:
    out = forward_for(case.op, namespace)(*arrays, **case.params)
    return list(out) if case.op.outputs is not None else [out]


def traced(case: Case, arrays: Any) -> list[Any]:
    """The outputs under ``jit``; numbers among the operands are constants."""
    known = [at for at, a in enumerate(arrays) if hasattr(a, "dtype")]

    def function(*given: Any) -> list[Any]:
        all_operands = list(arrays)
        for at, a in zip(known, given, strict=True):
            all_operands[at] = a
        return outputs(case, xp, all_operands)

    return jax.jit(function)(*[arrays[at] for at in known])


def assert_same(got: Any, want: Any, label: str) -> None:
    want = np.asarray(want)
    assert got.dtype == want.dtype, label
    assert got.shape == want.shape, label
    got = np.asarray(got)
    if want.dtype.kind in "biu":
        np.testing.assert_array_equal(got, want, label)
        return
    roundings = ROUNDINGS[want.dtype.name]
    if want.dtype.kind == "V":
        got, want = got.astype(np.float32), want.astype(np.float32)
    finite = np.abs(want[np.isfinite(want)])
    np.testing.assert_allclose(got, want, rtol=roundings, atol=roundings * np.max(finite, initial=0), err_msg=label)


def check(case: Case, to: Any) -> None:
    arrays = operands(case, to)
    want = outputs(case, numpy_namespace, arrays)
    on_device = [jax.numpy.asarray(a) if hasattr(a, "dtype") else a for a in arrays]
    ways = {"eager": lambda: outputs(case, xp, on_device), "NumPy operands": lambda: outputs(case, xp, arrays)}
    if is_data_dependent(case):
        with pytest.raises(xp.DataDependentError, match="shape of the result depends on values"):
            traced(case, arrays)
    else:
        ways["traced"] = lambda: traced(case, arrays)
    for label, way in ways.items():
        found = way()
        assert len(found) == len(want)
        for got, one in zip(found, want, strict=True):
            assert_same(got, one, label)


def is_data_dependent(case: Case) -> bool:
    return False


@cases([*CASES, *COMPLEX])
def test_values(case: Case) -> None:
    check(case, lambda a: a)


NARROW = {"float64": "float32", "complex128": "complex64"}


def in_single(a: Any) -> Any:
    return a.astype(NARROW.get(a.dtype.name, a.dtype))


@cases([*CASES, *COMPLEX])
def test_values_in_single_precision(case: Case) -> None:
    check(case, in_single)


def halves(case):
    dtypes = {a.dtype.name for a in case.arrays if isinstance(a, np.ndarray)}
    return (
        "V" in case.op.domain and "float64" in dtypes and "complex128" not in dtypes and case.op.promotion is not None
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@cases([case for case in CASES if halves(case)])
def test_values_in_half_precision(case: Case, dtype: str) -> None:
    half = getattr(torch, dtype).numpy
    check(case, lambda a: a.astype(half) if a.dtype.kind == "f" else a)


def whole(a: Any) -> Any:
    """Integers near three times the numbers, none of them 0."""
    near = np.rint(a * 3).astype(np.int64) if a.dtype.kind == "f" else a
    return np.where(near == 0, 1, near) if a.dtype.kind == "f" else a


@cases(
    [
        c
        for c in CASES
        if "i" in c.op.domain
        and c.op.promotion is not None
        and not any(np.asarray(a).dtype.kind == "c" for a in c.arrays)
        and c.sample.smooth
    ]
)
def test_values_of_integers(case: Case) -> None:
    check(case, whole)
