"""The shape of the package: short files, and an import that costs NumPy and hardly more."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 600  # lines
IMPORT_BUDGET = 0.025  # seconds of processor time on top of NumPy's import

HEAVY = ["IPython", "array_api_strict", "jax", "matplotlib", "ml_dtypes", "nbclient", "nbformat", "scipy", "torch"]
"""Packages that are imported where they are used, never by ``import chainrule``."""


def lazy_modules() -> list[str]:
    """The modules of the two upper layers, loaded on first use: as the import contract in pyproject.toml has them."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [contract["layers"] for contract in linter["contracts"] if contract["type"] == "layers"]
    return ["chainrule." + name.strip(" ()") for layer in layers[:2] for name in layer.split(":")]


def fresh_python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a new interpreter that may keep the bytecode it compiles, as an installed one does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True)


@pytest.mark.parametrize("directory", ["src", "tests", "tools"])
def test_no_file_is_longer_than_a_reader_can_hold(directory: str) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / directory).rglob("*.py")}
    assert lengths, f"no Python files under {directory}"
    too_long = {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > LONGEST_FILE}
    assert not too_long


def test_import_loads_nothing_heavy() -> None:
    loaded = fresh_python("import sys, chainrule; print(*sys.modules)").stdout.split()
    assert "chainrule.core.engine" in loaded
    early = {*HEAVY, *lazy_modules()}.intersection(loaded)
    assert not early


def test_import_costs_little_more_than_numpy() -> None:
    # Processor time, and the least of several runs: what is above the least is the machine's business, not ours. Where
    # the machine itself is slow NumPy says so, whose own import takes some 50 ms: ours may take half as long. The time
    # is the importing thread's: the process's also counts NumPy's BLAS threads, which spin for a while once started.
    code = """if True:
        import time
        start = time.thread_time()
        import numpy
        between = time.thread_time()
        import chainrule
        print(between - start, time.thread_time() - between)
    """
    fresh_python(code)  # compiles what is not compiled yet
    numpy, ours = (
        min(times) for times in zip(*[map(float, fresh_python(code).stdout.split()) for _ in range(9)], strict=True)
    )
    assert ours <= max(IMPORT_BUDGET, numpy / 2), f"{ours:.3f} s, numpy {numpy:.3f} s; by module:\n{slowest_imports()}"


def slowest_imports() -> str:
    """The modules that ``import chainrule`` adds to NumPy's, the slowest first (own and cumulative microseconds)."""
    lines = fresh_python("import numpy; print('numpy is in'); import chainrule", "-X", "importtime").stderr.splitlines()
    numpy_at = max(at for at, line in enumerate(lines) if line.split("|")[-1].strip() == "numpy")
    return "\n".join(sorted(lines[numpy_at + 1 :], key=lambda line: -int(line.split("|")[0].split(":")[1]))[:15])
