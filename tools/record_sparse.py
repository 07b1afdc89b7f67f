"""Record what PyTorch's sparse tensors print: tests/golden/sparse.json (needs torch).

tests/test_sparse.py asks chainrule.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from sparse_programs import outcome, programs  # noqa: E402

if __name__ == "__main__":
    found = {program: outcome(program, torch) for program in programs()}
    (TESTS / "golden" / "sparse.json").write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
