"""Packages that were written for PyTorch give its numbers when chainrule stands for it, unmodified."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
TOLERANCE = {"torch.float32": 2e-5, "torch.float64": 1e-10}


def programs() -> list[tuple[str, str]]:
    """The generator functions of each file of programs; to import one would import PyTorch."""
    return [
        (path.stem, node.name)
        for path in sorted((HERE / "programs").glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
        if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
    ]


@cache
def results(name: str, side: str) -> dict[str, Any]:
    """What the programs of a file yield, on one side."""
    command = {"torch": [sys.executable], "chainrule": [sys.executable, "-m", "chainrule", "run"]}[side]
    with TemporaryDirectory() as folder:
        out = Path(folder) / "results.json"
        done = subprocess.run(
            [*command, HERE / "run_program.py", name, out],
            # messages of packages hold sets, whose order would change from run to run
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.fail(f"{name} with {side} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        written = json.loads(out.read_text(encoding="utf-8"))
    assert ("chainrule" in written["torch"]) == (side == "chainrule"), f"{side} was {written['torch']}"
    return written["results"]


@pytest.mark.parametrize(
    ("name", "program"),
    [pytest.param(*one, marks=pytest.mark.xdist_group(one[0])) for one in programs()],  # one file, one process
)
def test_the_numbers_are_torchs(name: str, program: str) -> None:
    expected, got = (results(name, side)[program] for side in ("torch", "chainrule"))
    assert [key for key, _ in got] == [key for key, _ in expected]
    for (key, value), (_, ours) in zip(expected, got, strict=True):
        if isinstance(value, dict):
            assert (ours["dtype"], ours["shape"]) == (value["dtype"], value["shape"]), key
            tolerance = TOLERANCE.get(value["dtype"], 0)
            np.testing.assert_allclose(ours["values"], value["values"], rtol=tolerance, atol=tolerance, err_msg=key)
        elif isinstance(value, float):
            assert ours == pytest.approx(value, rel=2e-5, abs=2e-5), key
        else:
            assert ours == value, key
