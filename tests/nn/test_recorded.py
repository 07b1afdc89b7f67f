"""Modules print, warn, raise and compute as PyTorch's (golden/nn.json, by tools/record_nn.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import torch_alias

from .programs import agree, outcome

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "nn.json").read_text(encoding="utf-8"))
ENTRIES = [
    pytest.param(entry, id=f"{group}: {entry['program'].replace(chr(10), ' ')[:90]}")
    for group, entries in GOLDEN.items()
    for entry in entries
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_recorded(entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert agree(got, want), f"{got}\nPyTorch: {want}"
