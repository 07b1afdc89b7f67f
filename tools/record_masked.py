"""Record what PyTorch's masked tensors print: tests/golden/masked.json (needs torch).

tests/test_masked.py asks chainrule.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from masked_programs import HEAD, programs  # noqa: E402
from sparse_programs import outcome  # noqa: E402

if __name__ == "__main__":
    found = {program: outcome(program, torch, HEAD) for program in programs()}
    (TESTS / "golden" / "masked.json").write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
