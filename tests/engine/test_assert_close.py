"""``testing.assert_close``: what is close, and what the error says."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.testing import assert_close

nan, inf = float("nan"), float("inf")
T = torch.tensor


def refusal(actual: Any, expected: Any, kind: type[Exception] = AssertionError, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        assert_close(actual, expected, **options)
    assert type(caught.value) is kind
    return str(caught.value)


@pytest.mark.parametrize(
    ("actual", "expected", "options"),
    [
        (T([1.0, 2.0]), T([1.0, 2.0 + 2e-6]), {}),
        (T([1.0], dtype=torch.float64), T([1.0 + 1e-7], dtype=torch.float64), {}),
        (T([1.0], dtype=torch.float16), T([1.001], dtype=torch.float16), {}),
        (T([1.0], dtype=torch.bfloat16), T([1.0078125], dtype=torch.bfloat16), {}),
        (T([1 + 1j]), T([1 + 1.000001j]), {}),
        (T([]), T([]), {}),
        (T([inf, -inf]), T([inf, -inf]), {}),
        (T([nan]), T([nan]), {"equal_nan": True}),
        (T([1, 2]), T([1.0, 2.0]), {"check_dtype": False}),
        (T([2**63], dtype=torch.uint64), T([-(2**63)]), {"check_dtype": False}),
        (T([[1.0, 2.0], [3.0, 4.0]]).t(), T([[1.0, 3.0], [2.0, 4.0]]), {}),
        (T([1.0], requires_grad=True) * 2, T([2.0]), {}),
        (T([100]), T([101]), {"rtol": 0, "atol": 1}),
        (1.0, 1.0 + 1e-7, {}),
        (1, 1.0, {"check_dtype": False}),
        (nan, nan, {"equal_nan": True}),
        (inf, inf, {}),
        (1 + 1e-8j, 1 + 0j, {}),
        (True, np.bool_(True), {}),
        (None, None, {}),
        (np.float32(1.5), 1.5, {}),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0]), {}),
        ([T([1.0]), 2.0, np.array(3.0)], (T([1.0]), 2.0, np.array(3.0)), {}),
        ({"a": 1.0, "b": [T([1])]}, collections.OrderedDict(b=(T([1]),), a=1.0), {}),
        ({1: 1.0, "b": 2.0}, {1: 1.0, "b": 2.0}, {}),
        ([], (), {}),
    ],
)
def test_close(actual: Any, expected: Any, options: dict[str, Any]) -> None:
    assert_close(actual, expected, **options)


TENSORS = """Tensor-likes are not close!

Mismatched elements: 2 / 4 (50.0%)
Greatest absolute difference: 4.0 at index (1, 1) (up to 1e-05 allowed)
Greatest relative difference: 1.0 at index (0, 1) (up to 1.3e-06 allowed)"""


def test_the_error_counts_the_mismatches_and_shows_the_greatest() -> None:
    text = refusal(T([[1.0, 4.0], [3.0, 4.0]]), T([[1.0, 2.0], [3.0, 8.0]]))
    assert text == TENSORS


@pytest.mark.parametrize(
    ("actual", "expected", "options", "lines"),
    [
        (T([1.0]), T([nan]), {}, ["(100.0%)", "absolute difference: nan at index (0,)", "relative difference: nan at"]),
        (T([inf, 1.0]), T([1.0, 1.0]), {}, ["1 / 2", "difference: inf at index (0,)"]),
        (T([1.0, 5.0]), T([0.0, 0.0]), {}, ["difference: 5.0 at index (1,)", "relative difference: inf at index (0,)"]),
        (T([1.0, 2.0]), T([1.5, 2.0]), {"rtol": 0, "atol": 0}, ["not equal!", "difference: 0.5 at index (0,)\n"]),
        (T([1, 2, 200], dtype=torch.uint8), T([1, 2, 255], dtype=torch.uint8), {}, ["not equal!", "difference: 55 at"]),
        (T([True, False]), T([True, True]), {}, ["1 / 2 (50.0%)", "absolute difference: 1 at index (1,)"]),
        (T([1 + 1j]), T([1 + 2j]), {}, ["absolute difference: 1.0 at", "difference: 0.4472135901451111 at"]),
        (
            T(1.0),
            T(2.0),
            {},
            ["Scalars are not close!", "Expected 2.0 but got 1.0.", "ute difference: 1.0 (up to 1e-05"],
        ),
        (T(1), T(2), {}, ["Scalars are not equal!", "Expected 2 but got 1.", "Relative difference: 0.5"]),
        (T(1.0), T(0.0), {}, ["Relative difference: inf"]),
        (T(1.0), T(1.0, dtype=torch.float64), {}, ["'dtype' do not match: torch.float32 != torch.float64."]),
        (T([1.0]), T(1.0), {}, ["'shape' do not match: torch.Size([1]) != torch.Size([])."]),
        (
            T([[1.0]]),
            T([1.0]),
            {"check_dtype": False},
            ["'shape' do not match: torch.Size([1, 1]) != torch.Size([1])."],
        ),
        (1.0, 2.0, {}, ["Scalars are not close!", "Expected 2.0 but got 1.0.", "(up to 1e-07 allowed)"]),
        (nan, nan, {}, ["Expected nan but got nan.", "Absolute difference: nan"]),
        (inf, 1.0, {}, ["Absolute difference: inf"]),
        (1.0, inf, {}, ["Absolute difference: inf"]),
        (1, 1.0, {}, ["The (d)types do not match: <class 'int'> != <class 'float'>."]),
        (True, False, {}, ["Booleans mismatch: True is not False"]),
        (None, 1, {}, ["None mismatch: None is not 1"]),
        (1, None, {}, ["None mismatch: 1 is not None"]),
        (np.array([1.0]), np.array([2.0]), {}, ["Tensor-likes are not close!"]),
    ],
)
def test_not_close(actual: Any, expected: Any, options: dict[str, Any], lines: list[str]) -> None:
    text = refusal(actual, expected, **options)
    assert [line for line in lines if line not in text] == []


def test_strides_are_compared_when_asked() -> None:
    a = T([[1.0, 2.0], [2.0, 1.0]])
    assert_close(a, a.t())
    text = refusal(a, a.t(), check_stride=True)
    assert text == "The values for attribute 'stride()' do not match: (2, 1) != (1, 2)."


def test_a_failure_in_a_structure_is_named_by_its_path() -> None:
    text = refusal({"a": [0, {"b": 1.0}]}, {"a": [0, {"b": 2.0}]})
    assert text.endswith("\n\nThe failure occurred for item ['a'][1]['b']")


def test_structures_are_compared_before_values() -> None:
    assert refusal([1.0, [1]], [2.0, [1, 2]]) == (
        "The length of the sequences mismatch: 1 != 2\n\nThe failure occurred for item [1]"
    )


def test_keys_that_are_missing_or_too_many() -> None:
    assert refusal({"a": 1, "c": 2}, {"b": 1, "a": 1}) == (
        "The keys of the mappings do not match:\nMissing keys in the actual mapping: ['b']\n"
        "Additional keys in the actual mapping: ['c']"
    )


@pytest.mark.parametrize(
    ("actual", "expected"), [(T([1.0]), [1.0]), (np.array([1.0]), T([1.0])), ("a", "a"), (T(1.0), 1.0), (object(),) * 2]
)
def test_what_cannot_be_compared(actual: Any, expected: Any) -> None:
    text = refusal(actual, expected, TypeError)
    assert text == f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."


class Marked(torch.Tensor):
    """A subclass."""


def test_subclasses() -> None:
    marked = T([1.0]).as_subclass(Marked)
    assert_close(marked, T([1.0]))
    assert_close(marked, marked, allow_subclasses=False)
    assert "Marked" in refusal(marked, T([1.0]), TypeError, allow_subclasses=False)


@pytest.mark.parametrize(("given", "missing"), [("rtol", "atol"), ("atol", "rtol")])
@pytest.mark.parametrize("pair", [(1.0, 1.0), (T([1.0]), T([1.0]))])
def test_one_tolerance_alone_is_refused(given: str, missing: str, pair: Any) -> None:
    text = refusal(*pair, ValueError, **{given: 0.1})
    assert text == f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}."


def test_msg_replaces_or_wraps_the_text() -> None:
    assert refusal(1.0, 2.0, msg="mine") == "mine"
    assert refusal(T([1.0]), T([2.0]), msg=lambda text: "Header\n" + text).startswith(
        "Header\nTensor-likes are not close!"
    )
    assert refusal([1], [1, 2], msg="mine").startswith("The length of the sequences")


def test_mixed_dtypes_get_the_looser_tolerance() -> None:
    wide, narrow = T([1.0], dtype=torch.float64), T([1.0 + 1e-3], dtype=torch.float16)
    assert_close(wide, narrow, check_dtype=False)
    refusal(wide, wide + 1e-3)
