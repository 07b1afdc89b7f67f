"""The shape of the package: short files, and an import that costs NumPy and hardly more."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from chainrule import functions, ops, optim
from chainrule.backend import numpy as numpy_namespace
from chainrule.functions import methods
from chainrule.nn import functional

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 600  # lines
IMPORT_BUDGET = 0.025  # seconds of processor time on top of NumPy's import

HEAVY = ["IPython", "array_api_strict", "jax", "matplotlib", "ml_dtypes", "nbclient", "nbformat", "scipy", "torch"]
"""Packages that are imported where they are used, never by ``import chainrule``."""

LATE = {
    f"{package}.{module}": names
    for package, table in (
        ("chainrule.backend", numpy_namespace.LATE),
        ("chainrule.ops", ops.LATE),
        ("chainrule.functions", functions.LATE),
        ("chainrule.nn", functional.LATE),
        ("chainrule.optim", optim.LATE),
        ("chainrule.functions.methods", {family.partition(".")[0]: names for family, names in methods.LATE.items()}),
    )
    for module, names in table.items()
}
"""Module that loads with the first use of one of its names -> these names."""
SPECIAL = {"__doc__", "__module__", "__slots__"}
APART = {"SDPBackend", "sdpa_kernel"}
"""Names of ``torch.nn.attention``, which ``nn.functional`` does not have."""


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
    early = {*HEAVY, *lazy_modules(), *LATE}.intersection(loaded)
    assert not early


@pytest.mark.parametrize(("module", "names"), LATE.items())
def test_the_tables_of_late_names_say_what_the_modules_have(module: str, names: str) -> None:
    found = import_module(module)
    assert module.rpartition(".")[2] not in names.split(), "where module and name are one, the module hides the name"
    if module.startswith("chainrule.backend."):
        assert not [name for name in names.split() if not hasattr(found, name)]
    elif module.startswith("chainrule.functions.methods."):
        (methods,) = [
            one for one in vars(found).values() if getattr(one, "__module__", "") == module and isinstance(one, type)
        ]
        own = {name for name in vars(methods) if name not in SPECIAL}
        assert sorted(names.split()) == sorted(own)
    else:
        assert sorted(names.split()) == sorted({*found.__all__} - APART)


@pytest.mark.parametrize(
    "use", ["torch.einsum('i->', x)", "x.sort()", "x @ x", "torch.Tensor.cumsum(x, 0)", "ops.relu(x)"]
)
def test_a_late_family_loads_when_it_is_used(use: str) -> None:
    code = f"import chainrule as torch; from chainrule import ops; x = torch.tensor([2.0, 1.0]); {use}; {use}"
    assert fresh_python(code).stderr == ""


def test_import_costs_little_more_than_numpy() -> None:
    # Processor time, and the least of several runs: what is above the least is the machine's business, not ours, and a
    # busy machine is given more of them. Where the machine itself is slow NumPy says so, whose own import takes some 50 ms:
    # ours may take 0.45 of it. The time is the importing thread's: the process's also counts NumPy's BLAS threads, which
    # spin for a while once started.
    code = """if True:
        import time
        start = time.thread_time()
        import numpy
        between = time.thread_time()
        import chainrule
        print(between - start, time.thread_time() - between)
    """
    fresh_python(code)  # compiles what is not compiled yet
    numpy = ours = float("inf")
    for run in range(40):
        numpy, ours = map(min, (numpy, ours), map(float, fresh_python(code).stdout.split()))
        if run >= 4 and ours <= max(IMPORT_BUDGET, 0.45 * numpy):
            break
    assert ours <= max(IMPORT_BUDGET, 0.45 * numpy), (
        f"{ours:.3f} s, numpy {numpy:.3f} s; by module:\n{slowest_imports()}"
    )


def slowest_imports() -> str:
    """The modules that ``import chainrule`` adds to NumPy's, the slowest first (own and cumulative microseconds)."""
    lines = fresh_python("import numpy; print('numpy is in'); import chainrule", "-X", "importtime").stderr.splitlines()
    numpy_at = max(at for at, line in enumerate(lines) if line.split("|")[-1].strip() == "numpy")
    return "\n".join(sorted(lines[numpy_at + 1 :], key=lambda line: -int(line.split("|")[0].split(":")[1]))[:15])
