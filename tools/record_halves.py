"""Record what PyTorch computes in half precision: tests/golden/halves.json (needs torch, of registers of 256 bits).

tests/test_half_precision.py runs the calls again, and wants every bit.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from half_programs import CALLS, outcome  # noqa: E402

entries = [
    {"call": call, "dtype": dtype, "found": outcome(torch, call, dtype)}
    for call in CALLS
    for dtype in ("float16", "bfloat16")
]
body = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
(TESTS / "golden" / "halves.json").write_text(f"[\n{body}\n]\n", encoding="utf-8")
print(f"{len(entries)} calls")
