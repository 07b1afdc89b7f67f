"""Record what PyTorch's distributions are and draw: tests/golden/distributions.json (needs torch)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from distribution_programs import PROGRAMS, facts  # noqa: E402


def main() -> None:
    recorded = {line: facts(torch, line) for line in PROGRAMS.strip().splitlines()}
    text = ",\n".join(
        f"{json.dumps(line)}: {json.dumps(result, separators=(',', ':'))}" for line, result in recorded.items()
    )
    (TESTS / "golden" / "distributions.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} programs")


if __name__ == "__main__":
    main()
