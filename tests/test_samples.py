"""One sample of each of PyTorch's operator tests: value, gradient, second gradient. `make conformance` has all of them."""

from __future__ import annotations

import json
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import decoded, summed

import chainrule

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")  # of some functions themselves
pytestmark = pytest.mark.filterwarnings("ignore")
TOLERANCES = {"float32": (1e-5, 1e-5), "complex64": (1e-5, 1e-5), "float16": (1e-3, 1e-3)}
"""Relative and absolute, by dtype."""
ENTRIES = json.loads((Path(__file__).parent / "golden" / "samples.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["op"] for entry in ENTRIES])
def test_it_is_what_pytorch_says(entry: Any) -> None:
    function = attrgetter(entry["path"].removeprefix("torch."))(chainrule)
    found = summed(chainrule, function, decoded(chainrule, entry["arguments"]), entry["wanted"])
    for what in ("values", "first", "second"):
        assert len(found[what]) == len(entry[what])
        for got, want in zip(found[what], entry[what], strict=True):
            assert got[:2] == want[:2]
            rtol, atol = TOLERANCES.get(want[0], (1e-7, 1e-9))
            np.testing.assert_allclose(numbers(got), numbers(want), rtol=rtol, atol=atol)


def numbers(shortened: Any) -> Any:
    return np.array([float(number) for number in shortened[2].replace("True", "1").replace("False", "0").split()])
