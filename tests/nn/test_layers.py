"""Larger layers print, warn, raise and compute as PyTorch's (golden/layers.json, by tools/record_layers.py)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule import torch_alias

from .layer_head import HEAD
from .programs import outcome

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "layers.json").read_text(encoding="utf-8"))
ENTRIES = [
    pytest.param(group, entry, id=f"{group}: {entry['program'].replace(chr(10), ' ')[:90]}")
    for group, entries in GOLDEN.items()
    for entry in entries
]
NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]\d+)?")


@pytest.mark.parametrize(("group", "entry"), ENTRIES)
def test_recorded(group: str, entry: dict[str, Any]) -> None:
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(chainrule, HEAD * (group == "utils") + entry["program"])
    assert alike(got, want), f"{got}\nPyTorch: {want}"


def alike(got: dict[str, Any], want: dict[str, Any]) -> bool:
    """The same text, in which the last printed digit of a number may differ by one; an error may say more."""
    if "raises" in want and got.get("raises") == want["raises"]:
        return bool(got["says"].startswith(want["says"].partition(" <method")[0]))
    if "prints" not in got or "prints" not in want:
        return got == want
    ours, theirs = got.pop("prints"), want.pop("prints")
    if got != want or NUMBER.sub("#", plain(ours)) != NUMBER.sub("#", plain(theirs)):
        return False
    pairs = zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True)
    return all(float(a) == pytest.approx(float(b), abs=1.01e-4, rel=1e-5) for a, b in pairs)


def plain(text: str) -> str:
    """Without the spaces, which depend on the sign of what is almost zero."""
    return re.sub(r"\s+", "", text)
