"""Record what PyTorch's distributions are and draw: tests/golden/distributions.json, and distribution_names.json (needs torch)."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from distribution_programs import PROGRAMS, facts  # noqa: E402


def names() -> dict[str, object]:
    """The public names of each module, and the pairs of classes that have a divergence."""
    home = "torch.distributions"
    modules = {
        one.name: importlib.import_module(f"{home}.{one.name}")
        for one in pkgutil.iter_modules(torch.distributions.__path__)
    }
    pairs = torch.distributions.kl._KL_REGISTRY
    return {
        "modules": {name: sorted(module.__all__) for name, module in modules.items()},
        "divergences": sorted(f"{p.__name__} {q.__name__}" for p, q in pairs),
    }


def main() -> None:
    (TESTS / "golden" / "distribution_names.json").write_text(json.dumps(names(), indent=0) + "\n")
    recorded = {line: facts(torch, line) for line in PROGRAMS.strip().splitlines()}
    text = ",\n".join(
        f"{json.dumps(line)}: {json.dumps(result, separators=(',', ':'))}" for line, result in recorded.items()
    )
    (TESTS / "golden" / "distributions.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} programs")


if __name__ == "__main__":
    main()
