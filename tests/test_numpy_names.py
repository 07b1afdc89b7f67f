"""Every NumPy name that takes arrays: recorded with NumPy's value and its derivative, without one, or refused by name."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import numpy_samples
import pytest
from finite import assert_near, derivative, direction, inner
from numpy_calls import NEWEST, OPERANDS, REFUSED, SAMPLES, STEPS, available, called, tensors

import chainrule as torch
from chainrule.functions.numpy_protocol import METHODS, refusals, ufuncs
from chainrule.functions.numpy_protocol.calls import COVERED, OF_SHAPES, WITHOUT_GRADIENT, parameters
from chainrule.functions.numpy_protocol.registry import STEPS as FLAT


@pytest.mark.parametrize(("name", "call"), SAMPLES)
def test_a_covered_name_is_recorded(name: str, call: str) -> None:
    """The same value as NumPy's, and the derivative that finite differences of NumPy's own function have."""
    if not available(name):
        pytest.skip("this NumPy lacks it")
    want = np.asarray(called(call, OPERANDS))
    leaves = tensors()
    got = called(call, leaves)
    assert isinstance(got, torch.Tensor)
    assert got.requires_grad
    assert got.shape == want.shape
    assert str(got.dtype) == f"torch.{want.dtype}"
    np.testing.assert_allclose(got.detach().numpy(), want, rtol=1e-12, atol=1e-14)
    rng = np.random.default_rng(0)
    seed = direction(rng, np.ones_like(np.nan_to_num(want)))
    along = [0.02 * direction(rng, np.nan_to_num(a)) for a in OPERANDS.values()]

    def value(moved: list[Any]) -> list[Any]:
        return [inner(seed, called(call, dict(zip(OPERANDS, moved, strict=True))))]

    (slope,) = derivative(value, list(OPERANDS.values()), along)
    grads = torch.autograd.grad(got, list(leaves.values()), torch.tensor(seed), allow_unused=True)
    total = sum(float(inner(g.numpy(), d)) for g, d in zip(grads, along, strict=True) if g is not None)
    assert_near(total, slope, abs(slope) + float(np.abs(want).sum()), call, 1e-8)


SINGLE = {key: a.astype(np.float32) for key, a in OPERANDS.items() if a.dtype == np.float64}


@pytest.mark.parametrize(
    "call",
    [c for name, c in SAMPLES if available(name) and c[:3] == "np." and not re.search(r"\b[ac]\b|float64", c)],
)
def test_the_dtype_stays(call: str) -> None:
    """Of float32 operands alone the result is float32, as NumPy's is."""
    want = called(call, SINGLE)
    got = called(call, {key: torch.tensor(a, requires_grad=True) for key, a in SINGLE.items()})
    if want.dtype == np.float32:
        assert got.dtype == torch.float32
        np.testing.assert_allclose(got.detach().numpy(), want, rtol=1e-4, atol=1e-5)


EDGES = {
    "s": np.array(1.5),
    "e": np.zeros(0),
    "z": np.zeros((0, 3)),
    "p": np.array([1, np.nan, 3, 2]),
    "i": np.array([np.inf, 1, -np.inf, 2]),
    "g": np.array([[1, np.nan, 3], [np.nan] * 3, [4, 5, 6]]),
    "f": np.array([np.nan, np.nan]),
    "x": np.arange(1.0, 10.0).reshape(3, 3) / 3,
    "h": np.arange(6.0).reshape(2, 3),
}
EDGE_CALLS = numpy_samples.EDGES.strip().replace("\n", " | ").split(" | ")


@pytest.mark.parametrize("call", [c for c in EDGE_CALLS if available(*re.findall(r"np\.(\w+)", c))])
@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore::DeprecationWarning", "ignore:.*degrees of freedom is <= 0"
)
def test_the_values_of_edge_cases_are_numpys(call: str) -> None:
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in EDGES.items()}
    try:
        want = np.asarray(called(call, EDGES))
    except (ValueError, IndexError, TypeError):
        with pytest.raises((ValueError, IndexError, TypeError, RuntimeError)):
            called(call, leaves)
        return
    got = called(call, leaves)
    assert got.shape == want.shape
    got = got.detach().numpy() if isinstance(got, torch.Tensor) else got
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-5 if want.dtype == np.float32 else 1e-12)


def same(got: Any, want: Any) -> None:
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            same(g, w)
    else:
        np.testing.assert_array_equal(got.detach().numpy() if isinstance(got, torch.Tensor) else got, want)


@pytest.mark.parametrize(("name", "call"), STEPS)
def test_a_name_without_gradient_answers(name: str, call: str) -> None:
    got = called(call, leaves := tensors())
    same(got, called(call, OPERANDS))
    assert isinstance(got, torch.Tensor) or name not in METHODS
    if isinstance(got, torch.Tensor) and got.requires_grad:
        grads = torch.autograd.grad(got.sum(), list(leaves.values()), allow_unused=True)
        assert all(not g.ne(0).any() for g in grads if g is not None)


@pytest.mark.parametrize("call", REFUSED)
def test_a_refused_name_is_named(call: str) -> None:
    name = call.partition("(")[0]
    if not available(name):
        pytest.skip("this NumPy lacks it")
    with pytest.raises(TypeError) as caught:
        called(f"np.{call}", tensors())
    assert str(caught.value).startswith(f"numpy.{name} is not covered for {refusals.FOLLOWED}: ")
    assert refusals.REFUSED[name] in str(caught.value)
    assert "tensor.detach()" in str(caught.value)


# -- closed world --------------------------------------------------------------------------------------------------------


def numpys_names() -> set[str]:
    """All ufuncs and all functions that ask tensors: without ``numpy.``, under the name that they go by."""
    dispatcher = type(np.sum)
    names = set()
    for prefix, module in (
        ("", np),
        ("linalg.", np.linalg),
        ("fft.", np.fft),
        ("emath.", np.emath),
        ("lib.stride_tricks.", np.lib.stride_tricks),
    ):
        for attribute in filter(lambda n: n[0] != "_", dir(module)):
            value = getattr(module, attribute)
            if isinstance(value, np.ufunc):
                names.add(value.__name__)
            elif isinstance(value, dispatcher):
                home = f"{value.__module__}.".removeprefix("numpy.")
                names.add((prefix if prefix == "emath." else home) + value.__name__)
    return names


def test_every_name_of_numpys_is_decided() -> None:
    covered = {*COVERED, *ufuncs.NAMES}
    others = {*WITHOUT_GRADIENT, *OF_SHAPES, *refusals.REFUSED}
    assert not covered & others
    assert numpys_names() - covered - others <= {"in1d"}  # deprecated, and gone in 2.4
    assert not NEWEST or (covered | others) - numpys_names() <= ALIASES


ALIASES = {"concat", "max", "min", "permute_dims", "amax", "amin", "lib.stride_tricks.sliding_window_view"}


def test_every_name_has_a_sample() -> None:
    steps = ufuncs.STEPS | FLAT
    sampled = {name for name, _ in SAMPLES}
    assert {*COVERED, *ufuncs.NAMES} - steps - sampled <= {"absolute", "concat", "permute_dims", "max", "min"}
    assert steps | WITHOUT_GRADIENT | OF_SHAPES == {name for name, _ in STEPS}
    assert set(refusals.REFUSED) == {call.partition("(")[0] for call in REFUSED}


def test_the_parameters_are_numpys() -> None:
    for name, entry in COVERED.items():
        owner: Any = np
        for part in name.split("."):
            owner = getattr(owner, part, None)
        if owner is not None and not entry.open and NEWEST:
            theirs = parameters(name, owner)
            assert set(entry.parameters) <= set(theirs), name


def test_the_page_says_what_the_tables_say() -> None:
    path = Path(__file__).parents[1] / "tools" / "numpy_table.py"
    tool = runpy.run_path(str(path))
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["page"](), "run tools/numpy_table.py"
