"""At each kink of docs/kinks.md the derivative that is taken is PyTorch's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch

PATH = Path(__file__).parents[2] / "tools" / "kinks_table.py"
ELSEWHERE = {"xlogy(x, y)": "0 / 0 there, where the function is 0 for all y"}
"""Functions with another derivative than PyTorch's, and why."""


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("kinks_table", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OURS, THEIRS = loaded(), loaded()
THEIRS.torch, THEIRS.F = torch, torch.nn.functional


@pytest.mark.parametrize("at", range(len(OURS.KINKS)), ids=[kink.text for kink in OURS.KINKS])
def test_the_derivative_is_the_same(at: int) -> None:
    ours, theirs = OURS.taken(OURS.KINKS[at]), THEIRS.taken(THEIRS.KINKS[at])
    if OURS.KINKS[at].text in ELSEWHERE:
        assert ours != theirs, "no exception any more"
    else:
        assert ours == pytest.approx(theirs, nan_ok=True)
