"""Record what PyTorch's nested tensors print: tests/golden/nested.json (needs torch).

tests/test_nested.py asks chainrule.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from nested_programs import outcome, programs  # noqa: E402

if __name__ == "__main__":
    found = {program: outcome(program, torch) for program in programs()}
    (TESTS / "golden" / "nested.json").write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
