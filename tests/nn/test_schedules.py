"""Learning rates are PyTorch's (golden/schedules.json, by tools/record_schedules.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import torch_alias

from .programs import agree, outcome
from .schedules import at_epochs, rates

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "schedules.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", GOLDEN["sequences"], ids=lambda entry: entry["schedule"])
def test_sequence(entry: dict[str, Any]) -> None:
    found = rates(chainrule, entry["schedule"], entry["optimizer"], len(entry["rates"]))
    for got, want in zip(found, entry["rates"], strict=True):
        assert got == pytest.approx(want, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("entry", GOLDEN["closed"], ids=lambda entry: entry["schedule"])
def test_closed_form(entry: dict[str, Any]) -> None:
    assert at_epochs(chainrule, entry["schedule"]) == pytest.approx(entry["rates"], rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("entry", GOLDEN["programs"], ids=lambda entry: entry["program"].split("0.5); ", 1)[1][:100])
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"
