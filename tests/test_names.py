"""Keywords, the order of saved tensors, and names that few programs use, as PyTorch has them (golden/names.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from expressions import close, outcome

import chainrule as torch

TOLERANCE = 2e-6
GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "names.json").read_text())


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    if "raises" in want:
        assert got.get("raises") == want["raises"], got
        return
    assert "raises" not in got, got
    assert len(got["values"]) == len(want["values"])
    for one, other in zip(got["values"], want["values"], strict=True):
        if isinstance(other, str):
            assert one == other
            continue
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        assert close(one["data"], other["data"], TOLERANCE), (one, other)
        for leaf, gradient in (other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient, TOLERANCE), leaf
