"""Optimizers go PyTorch's way: over 200 steps, and in what else they do (golden/optim.json, by tools/record_optim.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import torch_alias

from .programs import agree, outcome
from .training import train, train_complex

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "optim.json").read_text(encoding="utf-8"))
TOLERANCE = {"float32": 2e-5, "float64": 1e-10}


def label(entry: dict[str, Any]) -> str:
    return " ".join(str(entry[key]) for key in ("optimizer", "settings", "dtype") if key in entry)


@pytest.mark.parametrize("entry", GOLDEN["runs"], ids=label)
def test_trajectory(entry: dict[str, Any]) -> None:
    found = train(chainrule, entry["optimizer"], entry["settings"], entry["dtype"])
    tolerance = TOLERANCE[entry["dtype"]]
    for got, want in zip(found, entry["after"], strict=True):
        assert got == pytest.approx(want, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("entry", GOLDEN["complex"], ids=label)
def test_complex_parameters(entry: dict[str, Any]) -> None:
    found = train_complex(chainrule, entry["optimizer"], entry["settings"])
    assert found == pytest.approx(entry["after"], rel=1e-10)


@pytest.mark.parametrize("entry", GOLDEN["programs"], ids=lambda entry: entry["program"].replace("\n", " ")[:100])
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"
