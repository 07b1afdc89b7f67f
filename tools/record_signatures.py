"""Record the signatures of PyTorch's functions and classes that are written in Python: tests/golden/signatures.json.

Needs torch. Those of its C++ half are what tests/golden/names.json calls.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from signatures import MODULES, parameters, public  # noqa: E402


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    lines = []
    for module in MODULES:
        for name, value in public(torch, module).items():
            told = parameters(value)
            own = (getattr(value, "__module__", None) or "").startswith("torch")
            if told and own and told != ["*args", "**kwargs"]:
                lines.append(f"{json.dumps(f'{module}.{name}')}: {json.dumps(told)}")
    (TESTS / "golden" / "signatures.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    importlib.import_module("torch.nn.utils.stateless")
    main()
