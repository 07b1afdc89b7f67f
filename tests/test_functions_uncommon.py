"""Functions that few programs call, as PyTorch does them (golden/uncommon.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from expressions import outcome

import chainrule as torch

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "uncommon.json").read_text())

TOLERANCE = 2e-6

OTHER_NODE = {
    "torch.index_reduce(s, 0, torch.tensor(0), s * 3, 'prod')", "torch.vander(v, 2, increasing=True)", "m.resize(3, 2)",
    "m.resize_as(n.T)", "torch.norm_except_dim(m)", "torch.norm_except_dim(x, 2, 1)",
}  # fmt: skip
"""Programs whose last node PyTorch calls otherwise: it takes other steps there."""


def close(got: Any, want: Any) -> bool:
    if isinstance(want, list):
        return len(got) == len(want) and all(close(a, b) for a, b in zip(got, want, strict=True))
    if isinstance(want, str):
        return got == want or abs(complex(got) - complex(want)) <= TOLERANCE * max(1, abs(complex(want)))
    return abs(got - want) <= TOLERANCE * max(1, abs(want))


@pytest.mark.parametrize("program", GOLDEN)
def test_as_recorded(program: str) -> None:
    got, want = outcome(torch, program), GOLDEN[program]
    if "raises" in want:
        assert got["raises"] == want["raises"], got
        return
    assert "raises" not in got, got
    assert len(got["values"]) == len(want["values"])
    for one, other in zip(got["values"], want["values"], strict=True):
        if isinstance(other, str):
            assert one == other
            continue
        assert (one["dtype"], one["shape"]) == (other["dtype"], other["shape"])
        assert close(one["data"], other["data"])
        assert program in OTHER_NODE or one.get("nodes", [""])[0] == other.get("nodes", [""])[0]
        for leaf, gradient in (other.get("gradients") or {}).items():
            assert close(one["gradients"][leaf], gradient), leaf
