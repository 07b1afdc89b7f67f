"""The example notebooks run, and give what PyTorch gave when they were recorded.

The long ones run by `make examples`; here they are only read.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule.cli import main

EXAMPLES = Path(__file__).parents[1] / "examples"
OURS = sorted(path for path in EXAMPLES.glob("*.ipynb") if path.stem != "autograd")
SHORT = ("classification", "regression", "vae")


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", SHORT)
def test_what_comes_out_is_what_pytorch_gave(name: str) -> None:
    path = EXAMPLES / f"{name}.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "verify", "--json", path],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = json.loads(done.stdout)["notebooks"]
    cells = {cell["cell"]: cell for cell in report["cells"]}
    assert list(cells) == [number for number, cell in enumerate(code_cells(path), 1) if cell["outputs"]]
    assert {cell["status"] for cell in cells.values()} <= {"same", "close"}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_each_is_recorded_whole_and_without_an_error(path: Path) -> None:
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert len([output for output in outputs if "image/png" in output.get("data", ())]) >= 2
    assert "100%|" in "".join("".join(output.get("text", "")) for output in outputs)


def test_chainrule_has_every_name_they_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *map(str, OURS)]) == 0, capsys.readouterr().out
