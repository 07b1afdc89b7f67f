"""Record in which order PyTorch adds: tests/golden/order_of_sums.json (needs torch, and a processor with AVX-512).

tests/test_order_of_sums.py asks the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from sums import SHAPES, rounded_once, softmax_in_turn, sums_of_rows  # noqa: E402


def main() -> None:
    rows = {
        f"{shape} {dtype} {column}": sums_of_rows(torch, shape, dtype, column)
        for shape in SHAPES
        for dtype in ("float32", "float64")
        for column in (0, shape[-1] - 1)
    }
    record = {
        "rows": rows,
        "rounded once": {str(size): rounded_once(torch, size) for size in (1, 10, 1000)},
        "softmax": {str(classes): softmax_in_turn(torch, classes) for classes in (3, 10, 15)},
    }
    body = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in record.items()
    )
    (TESTS / "golden" / "order_of_sums.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
