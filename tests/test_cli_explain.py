"""`chainrule explain`: a derivative of a program's, accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.cli import main

NOTEBOOK = Path(__file__).parents[1] / "examples" / "autograd.ipynb"
PROGRAM = """\
import torch
import torch.nn.functional as F

x = torch.tensor([3.])
w = torch.tensor([2.], requires_grad=True)
b = torch.tensor([1.], requires_grad=True)
a = F.relu(x * w + b)
a.backward()
print("done")
"""


pytestmark = pytest.mark.usefixtures("alias_put_back")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_the_variable_that_was_computed_last(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(program)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("da/dw = 3\nda/db = 1\n")
    assert "da/dw = du/dw * dv/du * da/dv = 3 * 1 * 1 = 3" in out
    assert err == "done\n"


def test_an_expression_and_its_inputs(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f"{program}:(w * w * b).sum()", "--wrt", "w", "--format", "latex"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("\\begin{aligned}")
    assert "\\partial w" in out
    assert main(["explain", f"{program}:a", "--wrt", "v"]) == 0
    assert capsys.readouterr().out.startswith("da/dv = 1\n")


def test_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(NOTEBOOK), "--wrt", "w", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("**`da/dw = -0`**")
    assert "autograd.ipynb:" in out
    assert "`F.relu(x*w + b)`" in out


@pytest.mark.parametrize(
    ("suffix", "options", "said"),
    [
        (":x", [], "the tensor has no graph"),
        (":nothing", [], "name 'nothing' is not defined; tensors with a graph: a"),
        (":'text'", [], "a tensor or a Graph, but got a str"),
        (":a", ["--wrt", "x"], "does not require grad"),
        (":a", ["--wrt", "zz"], "no value is called 'zz'"),
    ],
)
def test_what_is_refused(
    program: Path, capsys: pytest.CaptureFixture[str], suffix: str, options: list[str], said: str
) -> None:
    assert main(["explain", f"{program}{suffix}", *options]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err


def test_programs_that_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "program.py"
    assert main(["explain", str(path)]) == 2
    path.write_text("1 / 0")
    assert main(["explain", str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    path.write_text("x = 1\nraise SystemExit(0)")
    assert main(["explain", str(path)]) == 2
    assert "leaves no tensor with a graph" in capsys.readouterr().err
    assert main(["explain", "notes.txt"]) == 2


def test_a_saved_graph(program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "graph.json"
    assert main(["graph", str(program), "-o", str(saved)]) == 0
    capsys.readouterr()
    assert main(["explain", str(saved), "--wrt", "b"]) == 0
    assert capsys.readouterr().out.startswith("da/db = 1\n")
    assert main(["explain", str(saved), "--wrt", "c"]) == 2
    saved.write_text("{}")
    assert main(["explain", str(saved)]) == 2
