"""Save objects with PyTorch, for tests/test_serialization.py to load: tests/golden/saved/*.pt (needs torch)."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS)]

from saved_objects import YOUNG, checkpoint, composites, drawn_from, network, objects, values  # noqa: E402


def main() -> None:
    folder = TESTS / "golden" / "saved"
    folder.mkdir(exist_ok=True)
    old = {name: value for name, value in values(torch).items() if name not in YOUNG}
    torch.save(values(torch), folder / "values.pt")
    torch.save(old, folder / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(composites(torch), folder / "composites.pt")
    torch.save(checkpoint(torch), folder / "checkpoint.pt")
    torch.save(objects(torch), folder / "objects.pt")
    torch.save(network(torch), folder / "module.pt")
    torch.save(drawn_from(torch), folder / "generator.pt")
    torch.save([torch.tensor([1 + 2j]).conj(), torch.tensor([1 + 2j]).conj().imag], folder / "conjugate.pt")


if __name__ == "__main__":
    main()
