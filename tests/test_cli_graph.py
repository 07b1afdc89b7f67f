"""`chainrule graph` and `chainrule view`."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.cli.serve import PageServer, serve

pytestmark = pytest.mark.usefixtures("alias_put_back")

PROGRAM = """\
import torch
w = torch.tensor(2.0, requires_grad=True)
u = w * 3
a = torch.relu(u)
print("hello")
"""


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chainrule", *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8",
        env={"PYTHONUTF8": "1", **__import__("os").environ}, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    cell = {"cell_type": "code", "source": PROGRAM.splitlines(keepends=True), "metadata": {}, "outputs": []}
    (tmp_path / "program.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}}))
    return tmp_path


@pytest.mark.parametrize("name", ["program.py", "program.ipynb"])
def test_the_last_tensor_as_text(folder: Path, name: str) -> None:
    done = run("graph", name, folder=folder)
    assert (done.returncode, done.stderr) == (0, "hello\n")
    assert done.stdout.splitlines()[0] == "a = torch.relu(u)  6"
    assert "∂u/∂w = 3" in done.stdout


def test_an_expression_into_a_file_and_from_it(folder: Path) -> None:
    done = run("graph", "program.py:u", "-o", "u.json", folder=folder)
    assert (done.returncode, done.stdout) == (0, "wrote u.json\n")
    again = run("graph", "u.json", "--ascii", folder=folder)
    assert again.stdout.splitlines()[0] == "u = w * 3  6"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nothing.py", "cannot read"),
        ("program.txt", "no .py, .ipynb or .json"),
        ("broken.json", "no graph that to_json wrote"),
    ],
)
def test_what_cannot_be_read(
    folder: Path, target: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.json").write_text("{}")
    monkeypatch.chdir(folder)
    assert main(["graph", target]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "said"), [("program.py:nope", "tensors with a graph: u, a"), ("empty.py", "no tensor with a graph")]
)
def test_what_cannot_be_drawn(folder: Path, target: str, said: str) -> None:
    (folder / "empty.py").write_text("x = 1\n")
    done = run("graph", target, folder=folder)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_program_that_raises(folder: Path) -> None:
    (folder / "raises.py").write_text("1 / 0\n")
    done = run("graph", "raises.py", folder=folder)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_a_program_that_raises_is_shown_without_our_frames(folder: Path) -> None:
    (folder / "raises.py").write_text("import torch\nraise ValueError('boom')\n")
    done = run("explain", "raises.py", folder=folder)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1].startswith('  File "raises.py", line 2')


def test_arguments_of_the_program(folder: Path) -> None:
    (folder / "scaled.py").write_text(
        "import sys, torch\nif len(sys.argv) < 2: sys.exit('scaled.py FACTOR')\n"
        "w = torch.tensor(2.0, requires_grad=True)\na = w * float(sys.argv[1])\n"
    )
    done = run("graph", "scaled.py", "--", "3", folder=folder)
    assert done.stdout.splitlines()[0] == "a = w * float(sys.argv[1])  6"
    done = run("explain", "scaled.py:a * w", "--", "3", folder=folder)
    assert done.stdout.splitlines()[0] == "du/dw = 12"
    assert "  u = a * w" in done.stdout
    done = run("graph", "scaled.py", folder=folder)
    assert done.returncode == 2
    assert "scaled.py FACTOR\n" in done.stderr
    assert "goes after --" in done.stderr


@pytest.mark.parametrize("command", ["graph", "explain"])
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("program.py:3", "got a int"),
        ("program.py:(", "was never closed"),
        ("binary.py", "is not text"),
        ("local.py", "gone when it returns"),
        ("nothing.ipynb", "it has no 'cells'"),
    ],
)
def test_odd_targets(
    command: str,
    target: str,
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "binary.py").write_bytes(b"\xff\xfe")
    (folder / "nothing.ipynb").write_text("{}")
    (folder / "local.py").write_text("import torch\ndef f():\n    torch.ones(1, requires_grad=True).sum()\nf()\n")
    monkeypatch.chdir(folder)
    assert main([command, target]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["graph", "explain"])
def test_loss_of_a_function_that_has_returned(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "local.py").write_text(
        "import torch\nw = torch.ones(2, requires_grad=True)\ndef step():\n    loss = (w * 3).sum()\n    loss.backward()\nstep()\n"
    )
    monkeypatch.chdir(folder)
    assert main([command, "local.py"]) == 0
    shown = capsys.readouterr()
    assert "the last backward, `loss.backward()`" in shown.err
    assert "loss = (w * 3).sum()  6" in shown.out


def ask(server: PageServer, path: str, host: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    answers = threading.Thread(target=server.handle_request)
    answers.start()
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    answers.join()
    connection.close()
    return found


def test_the_page_is_given_to_whoever_knows_its_address() -> None:
    with PageServer("<p>page</p>") as server:
        assert server.server_address[0] == "127.0.0.1"
        assert len(server.path) > 30
        assert ask(server, "/")[0] == 404
        assert ask(server, server.path, host="elsewhere.example")[0] == 404
        assert server.served_at is None
        assert ask(server, server.path) == (200, b"<p>page</p>")
        assert server.served_at is not None


def test_serving_ends_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    start = time.monotonic()
    serve("page", opens=False, wait=0.2, linger=0.1)
    assert time.monotonic() - start < 5
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")
