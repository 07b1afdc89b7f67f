"""Record what PyTorch's larger layers do: tests/golden/layers.json (needs torch). tests/nn/test_layers.py runs the programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from layer_programs import GROUPS
from record_nn import TESTS, programs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from nn.layer_head import HEAD
from nn.programs import outcome


def main() -> None:
    groups = []
    for group, block in GROUPS.items():
        lines = [
            json.dumps({"program": text, **outcome(torch, HEAD * (group == "utils") + text)})
            for text in programs(block)
        ]
        groups.append(f'"{group}": [\n' + ",\n".join(lines) + "\n]")
        print(len(lines), group)
    (TESTS / "golden" / "layers.json").write_text("{\n" + ",\n".join(groups) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
