"""Convolutions, pooling and padding, as PyTorch does them (golden/convolutions.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from expressions import close, outcome
from nn.programs import agree, outcome as printed

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "convolutions.json").read_text())

IMAGES = "F = torch.nn.functional; y = x.reshape(1, 2, 3, 4) / 8; z = y.detach(); w = torch.linspace(-1, 1, 16).reshape(2, 2, 2, 2); "
TOLERANCE = {"torch.bfloat16": 1e-2}
"""Relative, by dtype; of the others 1e-5: the order of a float32 sum is the library's."""

OTHER_NODE = {"F.conv2d(y + 1j, w * 1j)", "F.pad(m, (3, 2), 'circular')", "F.pad(y, (-1, 2, 1, 0), 'circular')"}
"""Programs whose last node PyTorch calls otherwise: it takes other steps there."""


@pytest.mark.parametrize("program", GOLDEN["functions"])
def test_functions(program: str) -> None:
    got, want = outcome(torch, IMAGES + program), GOLDEN["functions"][program]
    if "raises" in want:
        assert got.get("raises") == want["raises"], got
        return
    assert "raises" not in got, got
    for one, other in zip(got["values"], want["values"], strict=True):
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        tolerance = TOLERANCE.get(other["dtype"], 1e-5)
        assert close(one["data"], other["data"], tolerance)
        if "nodes" in other:
            assert program in OTHER_NODE or one["nodes"][0] == other["nodes"][0]
        for leaf, gradient in (other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient, tolerance), leaf


@pytest.mark.parametrize("program", GOLDEN["modules"])
def test_modules(program: str) -> None:
    got, want = printed(torch, program), GOLDEN["modules"][program]
    assert agree(got, want), f"{got}\nPyTorch: {want}"
