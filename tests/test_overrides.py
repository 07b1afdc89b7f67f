"""Subclasses of Tensor, modes, and other classes with ``__torch_function__``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from override_programs import outcome

import chainrule
from chainrule import torch_alias

GOLDEN = json.loads((Path(__file__).parent / "golden" / "overrides.json").read_text(encoding="utf-8"))
ENTRIES = [
    pytest.param(entry, id=f"{group}: {entry['program'].replace(chr(10), ' ')[:90]}")
    for group, entries in GOLDEN.items()
    for entry in entries
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_recorded(entry: dict[str, Any]) -> None:
    """By tools/record_overrides.py."""
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, entry["program"])
    assert got == want
