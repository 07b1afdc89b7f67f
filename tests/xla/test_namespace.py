"""The JAX backend: every name of the contract, and the forward of every op as NumPy computes it, eager and traced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from ops.harness import CASES, COMPLEX, Case

import chainrule as torch
from chainrule.backend import forward_for, numpy as numpy_namespace
from chainrule.backend.namespace import EXTRAS, STANDARD
from chainrule.core.dispatch import promote
from chainrule.core.op import OPS

jax = pytest.importorskip("jax")

from chainrule.backend import jax as xp  # noqa: E402 - it needs JAX

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about infinities and NaNs


@pytest.fixture(autouse=True)
def wide_types() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", sorted(STANDARD | EXTRAS.keys()))
def test_the_backend_has_every_name(name: str) -> None:
    assert callable(getattr(xp, name))


# -- every op on every sample -------------------------------------------------------------------------------------------

ROUNDINGS = {
    "float64": 1e-11,
    "complex128": 1e-11,
    "float32": 1e-5,
    "complex64": 1e-5,
    "float16": 4e-3,
    "bfloat16": 3e-2,
}
"""How close results come, as part of the largest of them."""

NOISE = {
    "det-6": "of a singular matrix, up to rounding: 0 but for the rounding error",
    "cofactors-7": "of a matrix of rank n - 2, up to rounding: 0 but for the rounding error",
}
"""Cases whose result is of the size of the roundings of their operands, and what they are."""

DATA_DEPENDENT = {"bincount", "masked_select", "nonzero", "unique", "unique_along", "unique_consecutive"}


def has_mask(case: Case) -> bool:
    return any(getattr(a, "dtype", None) == np.dtype(bool) for a in case.arrays)


def is_data_dependent(case: Case) -> bool:
    return case.op.name in DATA_DEPENDENT or (case.op.name in ("index", "last_puts") and has_mask(case))


def operands(case: Case, to: Any) -> tuple[Any, ...]:
    """The operands as the op computes them, after a change of dtype."""
    arrays = [to(a) if isinstance(a, np.ndarray) else a for a in case.arrays]
    return tuple(arrays if case.op.promotion is None else promote(case.op, arrays))


def outputs(case: Case, namespace: Any, arrays: Any) -> list[Any]:
    out = forward_for(case.op, namespace)(*arrays, **case.params)
    return list(out) if case.op.outputs is not None else [out]


def compiled(case: Case) -> Any:
    """The outputs as a compiled function of the operands, where Python's numbers among these are constants."""
    numbers = [at for at, a in enumerate(operands(case, lambda a: a)) if not hasattr(a, "dtype")]
    return jax.jit(lambda *arrays: outputs(case, xp, arrays), static_argnums=numbers)


def traced(case: Case, arrays: Any) -> list[Any]:
    return compiled(case)(*arrays)


def eager(case: Case, arrays: Any) -> list[Any]:
    return outputs(case, xp, [jax.numpy.asarray(a) if hasattr(a, "dtype") else a for a in arrays])


def of_numpy_arrays(case: Case, arrays: Any) -> list[Any]:
    return outputs(case, xp, arrays)


def roundings(arrays: Any) -> float:
    return max(ROUNDINGS.get(getattr(a, "dtype", np.dtype(bool)).name, 0) for a in arrays)


def assert_same(got: Any, want: Any, tolerance: float, size: float = 0) -> None:
    want = np.asarray(want)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    got = np.asarray(got)
    if want.dtype.kind == "V":  # bfloat16, which NumPy's testing does not know
        got, want = got.astype(np.float32), want.astype(np.float32)
    if want.dtype.kind in "biu":
        np.testing.assert_array_equal(got, want)
    else:
        size = max(size, np.max(np.abs(want), where=np.isfinite(want), initial=0))
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * size)


def check(case: Case, to: Any, *ways: Any) -> None:
    arrays = operands(case, to)
    wanted = outputs(case, numpy_namespace, arrays)
    tolerance = roundings([*arrays, *wanted])
    for way in ways:
        if way is traced and is_data_dependent(case):
            with pytest.raises(xp.DataDependentError, match="shape of the result depends on values"):
                traced(case, arrays)
            continue
        for got, want in zip(way(case, arrays), wanted, strict=True):
            assert_same(got, want, tolerance, 1 if case.id in NOISE else 0)


def cases(chosen: Sequence[Case]) -> Any:
    """Run a test for each of the cases that ``conftest`` leaves of those of an op."""
    return pytest.mark.parametrize("case", chosen, ids=repr)


@cases([*CASES, *COMPLEX])
def test_values(case: Case) -> None:
    """Traced values are those of compiled functions: ``test_ops.py``."""
    check(case, lambda a: a, eager, of_numpy_arrays)


@cases([case for case in (*CASES, *COMPLEX) if is_data_dependent(case) or has_mask(case)])
def test_traced_values_and_shapes_that_masks_decide(case: Case) -> None:
    check(case, lambda a: a, traced)


def in_single(a: Any) -> Any:
    return a.astype({"float64": "float32", "complex128": "complex64"}.get(a.dtype.name, a.dtype))


@cases([*CASES, *COMPLEX])
def test_values_in_single_precision(case: Case) -> None:
    check(case, in_single, traced)


def kinds(case: Case) -> set[str]:
    return {a.dtype.kind for a in case.arrays if isinstance(a, np.ndarray)}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@cases(
    [c for c in CASES if "V" in c.op.domain and c.op.promotion is not None and "f" in kinds(c) and "c" not in kinds(c)]
)
def test_values_in_half_precision(case: Case, dtype: str) -> None:
    half = getattr(torch, dtype).numpy
    check(case, lambda a: a.astype(half) if a.dtype.kind == "f" else a, traced)


def whole(a: Any) -> Any:
    """Integers near three times the numbers, none of them 0."""
    near = np.rint(a * 3).astype(np.int64) if a.dtype.kind == "f" else a
    return np.where(near == 0, 1, near) if a.dtype.kind == "f" else a


def takes_integers(case: Case) -> bool:
    numbers = (*case.params.values(), *[a for a in case.arrays if not isinstance(a, np.ndarray)])
    known = "i" in case.op.domain and case.op.promotion is not None and case.sample.smooth
    return known and "c" not in kinds(case) and not any(type(n) in (float, complex) for n in numbers)


@cases([case for case in CASES if takes_integers(case)])
def test_values_of_integers(case: Case) -> None:
    check(case, whole, traced)


# -- zeros, infinities, NaNs --------------------------------------------------------------------------------------------

SPECIAL = np.array([0.0, -0.0, 1.0, 1.0, -1.0, 0.5, 2.0, -3.0, 20.0, -20.0, 1e30, -1e30, np.inf, -np.inf, np.nan])

UNSETTLED = {
    "det": "infinity less infinity, depending on the order of the operations",
    "inv": "the same",
    "solve_system": "of singular matrices, which NumPy refuses and XLA cannot",
    "cofactors": "the same",
    "solve_triangular": "with zeros on the diagonal, infinity less infinity, depending on the order of the operations",
    "fft_c2c": "infinity less infinity, depending on the order of the sums",
    "fft_c2r": "the same",
    "fft_r2c": "the same",
    "window_route": "of random numbers in place of the largest elements of its images",
    **dict.fromkeys(
        ("conv", "conv_input", "conv_weight", "convolution", "convolution_transpose"),
        "an infinite weight times the zeros around the input, which XLA leaves out",
    ),
    "topk": "which of equal elements are taken",
    **dict.fromkeys(
        "cholesky cholesky_legacy eig eigh eigvalsh lstsq lu_solve pinv svd svdvals".split(),
        "LAPACK refuses infinities and NaNs, and of equal eigenvalues any vectors are right",
    ),
}
"""Ops whose results at infinities, NaNs and ties are not determined, and why."""


def elementwise_on(values: Any) -> list[Case]:
    """The element-wise ops, once for each of their parameters, on all pairs of special values."""
    found: dict[tuple[str, str], Case] = {}
    for case in CASES:
        arrays = case.arrays
        if (
            case.op.kind == "elementwise"
            and len(arrays) <= 2
            and all(getattr(a, "dtype", 0) == np.float64 for a in arrays)
        ):
            at = [values] if len(arrays) == 1 else [a.reshape(-1) for a in np.meshgrid(values, values)]
            special = case.sample._replace(arrays=tuple(at))
            found.setdefault((case.op.name, repr(case.params)), Case(case.op, len(found), special))
    return list(found.values())


CANCELS = {"lgamma": 4}
"""Of which size the numbers are that XLA adds up to a zero at 1 and 2: where products are not fused, their roundings are left."""


def assert_special(got: Any, want: Any, tolerance: float, size: float = 0) -> None:
    """Equal each to its own size, and zeros of the same sign."""
    want = np.asarray(want)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=2 * size * np.finfo(np.float64).eps)
    if want.dtype.kind == "f":
        zero = want == 0
        np.testing.assert_array_equal(np.signbit(got)[zero], np.signbit(want)[zero])


@cases(elementwise_on(SPECIAL))
def test_element_wise_ops_at_special_values(case: Case) -> None:
    arrays = operands(case, lambda a: a)
    for got, want in zip(traced(case, arrays), outputs(case, numpy_namespace, arrays), strict=True):
        assert_special(got, want, 1e-12, CANCELS.get(case.op.name, 0))


@cases(
    [
        c
        for c in CASES
        if c.op.kind not in ("elementwise", "view")
        and c.op.name not in UNSETTLED
        and c.wanted
        and all(c.arrays[at].dtype.kind == "f" for at in c.wanted)
    ]
)
def test_other_ops_at_special_values(case: Case) -> None:
    """NaNs, infinities, ties, in random places."""
    function = compiled(case)
    moderate = SPECIAL[np.abs(SPECIAL) != 1e30]  # whose products and differences keep no digits
    for values in (SPECIAL[:7], SPECIAL[[0, 1, 2, 3, -3]], moderate):
        special = [case.rng.choice(values, a.shape) if at in case.wanted else a for at, a in enumerate(case.arrays)]
        arrays = tuple(special if case.op.promotion is None else promote(case.op, special))
        found = eager(case, arrays) if is_data_dependent(case) else function(*arrays)
        for got, want in zip(found, outputs(case, numpy_namespace, arrays), strict=True):
            assert_same(got, want, 1e-11)


@pytest.mark.parametrize(
    "name", ["sqrt", "asin", "acos", "acosh", "asinh_complex", "atan", "atanh", "log", "angle_complex"]
)
def test_both_sides_of_the_cuts_of_complex_functions(name: str) -> None:
    z = np.array([complex(x, y) for x in (-2.0, -0.5, -0.0, 0.0, 0.5, 2.0) for y in (-2.0, -0.5, -0.0, 0.0, 0.5, 2.0)])
    forward = OPS[name]
    got, want = (forward_for(forward, namespace)(z) for namespace in (xp, numpy_namespace))
    np.testing.assert_allclose(np.asarray(got).real, np.real(want), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(np.asarray(got).imag, np.imag(want), rtol=1e-12, atol=1e-15)


# -- writes -------------------------------------------------------------------------------------------------------------


def paths() -> Iterator[Any]:
    """(label, base, path): each view alone, and some one behind the other."""
    for case in CASES:
        if case.op.kind == "view":
            steps = [(case.op, tuple(case.params.items()), None)]
            if case.op.outputs is not None:
                steps = [(*steps[0][:2], number) for number in range(len(case.outputs()))]
            for number, step in enumerate(steps):
                yield pytest.param(case.arrays[0], (step,), id=f"{case.id}-{number}")
    x = np.arange(24.0).reshape(2, 3, 4)
    t, select, rows = ((OPS[name], params, None) for name, params in (
        ("swapaxes", (("axis1", -1), ("axis2", -3))),
        ("select", (("axis", -2), ("index", -1))),
        ("slice_axis", (("axis", -2), ("start", 1), ("stop", 4), ("step", 2))),
    ))  # fmt: skip
    flat = (OPS["view"], (("shape", (6, 4)),), None)
    yield pytest.param(x, (t, select), id="transposed, one of it")
    yield pytest.param(x, (select, rows), id="every other of one of it")
    yield pytest.param(x, (flat, rows, (OPS["t"], (), None)), id="rows, transposed")


@pytest.mark.parametrize(("base", "path"), list(paths()))
def test_a_write_through_a_path_of_views(base: Any, path: Any) -> None:
    base = np.ascontiguousarray(base).reshape(base.shape)
    place = {"path": path, "shape": base.shape}
    part = numpy_namespace.get_path(base, **place)
    v = np.broadcast_to(np.arange(100.0, 100.0 + part.size).reshape(part.shape).astype(part.dtype), part.shape)
    if any(op.name == "broadcast_to" for op, _, _ in path):
        v = np.full_like(v, 100)  # several of its elements are one of the base
    read = jax.jit(lambda x: xp.get_path(x, **place))(base)
    assert_same(read, part, 0)
    written = jax.jit(lambda x, v: xp.put_path(x, v, **place))(base, v)
    assert_same(written, numpy_namespace.put_path(base, v, **place), 0)


def test_as_strided_beyond_the_operand_is_refused() -> None:
    with pytest.raises(RuntimeError, match="reach parts of the storage that the tensor is not made of"):
        xp.as_strided(np.ones(3), size=(2,), stride=(1,), offset=2, origin=((3,), (1,), 0))


def test_of_repeated_writes_the_last_counts() -> None:
    places = np.random.default_rng(0).integers(-7, 7, 1000)
    values = np.arange(1000.0)
    for name in ("index_copy", "scatter"):
        got = jax.jit(lambda i, v, name=name: getattr(xp, name)(np.zeros(7), i, v, axis=-1))(places, values)
        assert_same(got, getattr(numpy_namespace, name)(np.zeros(7), places, values, axis=-1), 0)
    how = {"axes": (-1,), "accumulate": False}
    got = jax.jit(lambda i, v: xp.index_put(np.zeros(7), v, i, **how))(places, values)
    assert_same(got, numpy_namespace.index_put(np.zeros(7), values, places, **how), 0)


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize(
    ("x", "mask", "axis", "v"),
    [
        (np.zeros((2, 3)), np.array([[True, False, True], [False, True, True]]), -2, np.arange(1.0, 5.0)),
        (np.zeros((2, 3)), np.array([[True, False, True], [False, True, True]]), -2, np.array(7.0)),
        (np.zeros((3, 2)), np.array([True, False, True]), -2, np.arange(1.0, 5.0).reshape(2, 2)),
        (np.zeros((3, 2)), np.array([True, False, True]), -2, np.array([1.0, 2.0])),
        (np.zeros((2, 3)), np.array([True, False, True]), -1, np.arange(1.0, 5.0).reshape(2, 2)),
        (np.zeros((2, 3)), np.array([True, False, True]), -1, np.array([[1.0], [2.0]])),
        (np.zeros((2, 3)), np.zeros((2, 3), bool), -2, np.zeros(0)),
    ],
)
def test_a_mask_known_at_run_time_only_can_be_written_through(
    x: Any, mask: Any, axis: int, v: Any, accumulate: bool
) -> None:
    how = {"axes": (axis,), "accumulate": accumulate}
    got = jax.jit(lambda x, v, mask: xp.index_put(x, v, mask, **how))(x, v, mask)
    assert_same(got, numpy_namespace.index_put(x, v, mask, **how), 0)


def test_a_divisor_known_to_be_zero_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        xp.floor_divide(np.array([1]), np.array([0]))
