"""Record what PyTorch does in programs as tutorials have them: tests/golden/courses.json (needs torch)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.nn.attention.flex_attention

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from course_programs import PROGRAMS, outcome  # noqa: E402


def main() -> None:
    torch.nn.attention.flex_attention._FLEX_ATTENTION_DISABLE_COMPILE_DEBUG = (
        True  # as it is written, not as it is traced
    )
    recorded = {name: outcome(torch, program) for name, program in PROGRAMS.items()}
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(result)}" for name, result in recorded.items())
    (TESTS / "golden" / "courses.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} programs")


if __name__ == "__main__":
    main()
