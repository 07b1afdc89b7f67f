"""Record what PyTorch's vmap makes of the programs that other tests run: tests/golden/vmap.json (needs torch).

For each program: "values", or the class of the exception. Of the element-wise programs the first of each function is
taken. Programs that fail without vmap, or give no tensors, are left out. tests/func/test_vmap.py runs them again.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from batched_programs import GOLDEN, SIZE, Batch, recorded  # noqa: E402


def programs() -> dict[str, list[str]]:
    found = {name: list(recorded(name)) for name in ("shape", "indexing", "linalg")}
    firsts: dict[str, str] = {}
    for program in recorded("elementwise")["programs"]:
        firsts.setdefault(re.split(r"\(", program, maxsplit=1)[0], program)
    found["elementwise"] = list(firsts.values())
    found["reduction"] = [key.partition(": ")[2] for key in recorded("reduction")["values"]]
    return found


def outcome(family: str, program: str) -> str | None:
    try:
        batch = Batch(torch, family, program)
        shapes = {tuple(one.shape for one in batch.function(*batch.element(at))) for at in range(SIZE)}
    except Exception:
        return None
    if not batch.names or shapes == {()}:
        return None
    try:
        torch.func.vmap(batch.function, randomness="different")(*batch.stacked())
    except Exception as error:
        return type(error).__name__
    return "values"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    found = {
        family: {program: made for program in texts if (made := outcome(family, program)) is not None}
        for family, texts in programs().items()
    }
    (GOLDEN / "vmap.json").write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
