"""Record what PyTorch does with lines of older programs: tests/golden/older.json (needs torch)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from older_programs import PROGRAMS, told  # noqa: E402


def main() -> None:
    recorded = {expression: told(torch, expression) for expression in PROGRAMS}
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(result)}" for name, result in recorded.items())
    (TESTS / "golden" / "older.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} lines")


if __name__ == "__main__":
    main()
