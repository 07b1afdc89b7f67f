"""Record what PyTorch's torch.fx prints: tests/golden/fx.json (needs torch, and tabulate for its tables).

tests/test_fx.py asks chainrule.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import torch
import torch.fx
from torch.fx.experimental import optimization
from torch.fx.passes.shape_prop import ShapeProp

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from fx_programs import outcome, programs  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    extra = {"optimization": optimization, "ShapeProp": ShapeProp}
    found = {program: outcome(program, torch, extra) for program in programs()}
    (TESTS / "golden" / "fx.json").write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
