"""torch.fx: graphs, their code and what runs them, as PyTorch has them; errors; what the golden programs do not see."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from fx_programs import outcome, programs

import chainrule as torch

GOLDEN = json.loads((Path(__file__).parent / "golden" / "fx.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("at", range(len(GOLDEN)))
@pytest.mark.filterwarnings("ignore:get_attr")
def test_as_pytorch(at: int) -> None:
    program = programs()[at]
    extra = {"optimization": torch.fx.experimental.optimization, "ShapeProp": torch.fx.passes.shape_prop.ShapeProp}
    assert outcome(program, torch, extra) == GOLDEN[program]


def test_all_programs_are_recorded() -> None:
    assert list(GOLDEN) == programs()
