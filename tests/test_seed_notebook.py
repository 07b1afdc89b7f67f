"""The lecture's notebook runs unmodified, and every recorded output comes out to the character."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule.version import torch_version

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "autograd.ipynb"

RECORDED = {
    4: "tensor([7.], grad_fn=<ReluBackward0>)",
    5: "(tensor([3.]),)",
    6: "(tensor([1.]),)",
    7: "(tensor([3.]),)",
    8: "(tensor([-0.]),)",
}
"""The outputs by code cell, without the first cell's versions. Written out here so that nobody records them anew."""


def chainrule(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chainrule", *map(str, arguments)],
        env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def real_torch(tmp_path: Path) -> str:
    """A PYTHONPATH with a torch that must not be used: it ends the program that imports it."""
    folder = tmp_path / "site"
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text("raise SystemExit('the real torch was imported')\n")
    (folder / "torch-1.0.dist-info").mkdir()
    (folder / "torch-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 1.0\n")
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


def code_cells(path: Path) -> dict[int, Any]:
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    return dict(enumerate(cells, 1))


def test_the_notebook_says_what_the_lecture_said() -> None:
    cells = code_cells(NOTEBOOK)
    assert {
        number: cell["outputs"][0]["data"]["text/plain"] for number, cell in cells.items() if number in RECORDED
    } == RECORDED
    assert "torch: 1.13.1" in cells[1]["outputs"][0]["text"]
    assert "import torch\n" in cells[2]["source"]


@pytest.mark.parametrize("is_real_one_there", [False, True])
def test_verify_finds_every_output_to_the_character(is_real_one_there: bool, real_torch: str) -> None:
    done = chainrule(
        "verify", "--json", "--rtol", "0", NOTEBOOK, **({"PYTHONPATH": real_torch} if is_real_one_there else {})
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = json.loads(done.stdout)["notebooks"]
    cells = {cell["cell"]: cell for cell in report["cells"]}
    assert {number: cell["status"] for number, cell in cells.items()} == dict.fromkeys([1, *RECORDED], "same")
    assert {number: cells[number]["came_out"] for number in RECORDED} == RECORDED
    assert {number for number, cell in cells.items() if cell["masked"]} == {1}
    assert cells[1]["came_out"].splitlines()[-1] == f"torch: {torch_version}"


@pytest.mark.parametrize("is_real_one_there", [False, True])
def test_run_writes_it_executed(is_real_one_there: bool, real_torch: str, tmp_path: Path) -> None:
    out = tmp_path / "executed.ipynb"
    page = tmp_path / "page.html"
    done = chainrule(
        "run", NOTEBOOK, "-o", out, "--html", page, **({"PYTHONPATH": real_torch} if is_real_one_there else {})
    )
    assert done.returncode == 0, done.stderr
    cells = code_cells(out)
    assert {number: "".join(cells[number]["outputs"][0]["data"]["text/plain"]) for number in RECORDED} == RECORDED
    assert "tensor([7.], grad_fn=&lt;ReluBackward0&gt;)" in page.read_text()
    assert f"torch: {torch_version}" in "".join(cells[1]["outputs"][0]["text"]).splitlines()


def test_check_finds_nothing_missing() -> None:
    done = chainrule("check", NOTEBOOK)
    assert (done.returncode, done.stdout) == (0, f"{NOTEBOOK}: 5 torch names, 0 missing\n")


def test_in_an_ordinary_kernel_one_line_is_enough(tmp_path: Path) -> None:
    """`%load_ext chainrule` in one's own notebook, with the installed kernelspec beside: the same outputs."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    def outputs(kernel_argv: list[str], first: str) -> dict[int, str]:
        manager = KernelManager(kernel_name="x", connection_file=str(tmp_path / "kernel.json"))
        manager._kernel_spec = KernelSpec(argv=kernel_argv, display_name="x", language="python")
        manager.start_kernel(extra_arguments=["--HistoryManager.hist_file=:memory:"])
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            client.execute_interactive(first, output_hook=lambda message: None, timeout=60)
            found = {}
            for number, cell in code_cells(NOTEBOOK).items():
                client.execute_interactive(
                    cell["source"],
                    output_hook=lambda message, number=number: found.update(
                        {number: message["content"]["data"]["text/plain"]}
                        if message["msg_type"] == "execute_result" else {}
                    ),
                    timeout=60,
                )  # fmt: skip
            return found
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    assert nbformat.validate(nbformat.read(NOTEBOOK, as_version=4)) is None
    ordinary = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    assert outputs(ordinary, "%load_ext chainrule") == RECORDED
    spec = json.loads((ROOT / "src" / "chainrule" / "kernelspec" / "kernel.json").read_text())
    assert spec["display_name"] == "Python (torch is chainrule)"
    assert outputs(spec["argv"], "pass") == RECORDED
