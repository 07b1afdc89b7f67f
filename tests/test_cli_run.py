"""`chainrule run`: notebooks in a real kernel, scripts and modules as `__main__`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from chainrule.cli import main
from chainrule.cli.notebook import write_atomically

COMMAND = [sys.executable, "-m", "chainrule", "run"]


def run(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def write_notebook(path: Path, *cells: str, tags: dict[int, str] | None = None) -> Path:
    """A notebook with these code cells; `tags` gives the cell of a number a tag."""
    content = {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {},
        "cells": [
            {"cell_type": "code", "id": f"c{number}", "source": source, "execution_count": None, "outputs": [],
             "metadata": {"tags": [tags[number]]} if tags and number in tags else {}}
            for number, source in enumerate(cells, 1)
        ],
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return path


def outputs(path: Path) -> list[list[Any]]:
    return [cell["outputs"] for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def text(outputs_of_cell: list[Any]) -> str:
    """What one cell printed and displayed."""
    return "".join(
        "".join(output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"])
        for output in outputs_of_cell
    )


class TestNotebook:
    def test_it_is_written_back_executed(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", "import torch\ntorch.tensor([1., 2.])", "", "print('two')")
        path.chmod(0o640)
        done = run(path)
        assert (done.returncode, done.stdout) == (0, f"wrote {path}, executed\n")
        first, second, third = outputs(path)
        assert text(first) == "tensor([1., 2.])"
        assert (second, text(third)) == ([], "two\n")
        assert [cell["execution_count"] for cell in json.loads(path.read_text())["cells"]] == [1, None, 2]
        assert path.stat().st_mode & 0o777 == 0o640
        assert list(tmp_path.iterdir()) == [path], "nothing else is left"
        progress = done.stderr.splitlines()
        assert [re.sub(r"  +.*", "", line) for line in progress] == ["cell 1/3", "cell 3/3"]
        assert all(re.search(r"\d\.\d\d s$", line) for line in progress)

    def test_with_o_the_input_stays(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", "1 + 1")
        before = path.read_bytes()
        done = run(path, "-o", tmp_path / "b.ipynb", "--html", tmp_path / "b.html")
        assert done.returncode == 0, done.stderr
        assert path.read_bytes() == before
        assert text(outputs(tmp_path / "b.ipynb")[0]) == "2"
        assert done.stdout.splitlines() == [f"wrote {tmp_path / 'b.ipynb'}, executed", f"wrote {tmp_path / 'b.html'}"]

    def test_a_cell_that_raises_stops_it_and_spares_the_input(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", "print(1)", "def f():\n    1 / 0\nf()", "print(3)")
        before = path.read_bytes()
        done = run(path)
        assert (done.returncode, done.stdout) == (1, "")
        assert path.read_bytes() == before
        assert f"{path}: stopped at code cell 2: ZeroDivisionError" in done.stderr
        assert "----> 2     1 / 0" in done.stderr
        assert f"{path} is left as it was" in done.stderr
        assert "\x1b" not in done.stderr, "colours are for terminals"

        out = tmp_path / "b.ipynb"
        assert run(path, "-o", out).returncode == 1
        assert path.read_bytes() == before
        first, second, third = outputs(out)
        assert text(first) == "1\n"
        assert second[0]["ename"] == "ZeroDivisionError"
        assert third == []

    def test_a_cell_may_be_allowed_to_raise(self, tmp_path: Path) -> None:
        cells = ("1 / 0", "print(2)")
        tagged = write_notebook(tmp_path / "a.ipynb", *cells, tags={1: "raises-exception"})
        assert run(tagged).returncode == 0
        untagged = write_notebook(tmp_path / "b.ipynb", *cells)
        assert run(untagged, "--allow-errors").returncode == 0
        for path in (tagged, untagged):
            first, second = outputs(path)
            assert (first[0]["ename"], text(second)) == ("ZeroDivisionError", "2\n")

    def test_a_cell_that_takes_too_long(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", "import time; time.sleep(60)")
        started = time.monotonic()
        done = run(path, "--timeout", "0.5")
        assert (done.returncode, time.monotonic() - started < 30) == (124, True)
        assert "stopped at code cell 1: it took longer than 0.5 s" in done.stderr

    def test_a_kernel_that_dies(self, tmp_path: Path) -> None:
        done = run(write_notebook(tmp_path / "a.ipynb", "import os; os._exit(3)"))
        assert done.returncode == 1
        assert "stopped at code cell 1: the kernel died" in done.stderr

    @pytest.mark.skipif(os.name != "posix", reason="sends a signal")
    def test_an_interrupt_ends_the_kernel_as_well(self, tmp_path: Path) -> None:
        path = write_notebook(
            tmp_path / "a.ipynb", "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))",
            "pathlib.Path('busy').touch(); time.sleep(60)",
        )  # fmt: skip
        before = path.read_bytes()
        before_it = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background ignore it
        process = subprocess.Popen([*COMMAND, str(path)], stderr=subprocess.PIPE, text=True)
        signal.signal(signal.SIGINT, before_it)
        while not (tmp_path / "busy").exists():
            time.sleep(0.05)
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130
        assert stderr.endswith("chainrule run: interrupted\n")
        assert path.read_bytes() == before
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    def test_it_listens_to_this_machine_only_and_runs_in_its_folder(self, tmp_path: Path) -> None:
        path = write_notebook(
            tmp_path / "a.ipynb",
            "import psutil\nfound = psutil.Process().net_connections()\n"
            "{one.laddr.ip for one in found if one.status == 'LISTEN'} - {'127.0.0.1'}",
            "import os, sys; print(os.getcwd()); '' in sys.path",
            "from IPython import get_ipython; get_ipython().history_manager.hist_file",
        )
        assert run(path, folder=tmp_path.parent).returncode == 0
        listening, folder, history = outputs(path)
        assert text(listening) == "set()"
        assert text(folder) == f"{tmp_path}\nTrue"
        assert text(history) == "':memory:'"

    def test_children_of_the_kernel_see_the_same_torch(self, tmp_path: Path) -> None:
        path = write_notebook(
            tmp_path / "a.ipynb", "import sys\n!{sys.executable} -c 'import torch; print(torch.__package__)'"
        )
        assert run(path).returncode == 0
        assert text(outputs(path)[0]).split() == ["chainrule"]

    def test_a_page_runs_and_fetches_nothing(self, tmp_path: Path) -> None:
        path = write_notebook(
            tmp_path / "a.ipynb",
            "print('<script>one()</script>')",
            "from IPython.display import HTML, Javascript\nHTML('<b>bold</b><script>two()</script>')",
            "Javascript('three()')",
            "class Node:\n    def __repr__(self):\n        return '<ReluBackward0 & co>'\nNode()",
        )
        page = tmp_path / "a.html"
        assert run(path, "--html", page).returncode == 0
        content = page.read_text()
        head, body = content.split("<body", 1)
        # The policy comes before anything that could load or run, so that even what a cell displays as HTML is dead.
        assert re.search(r"""content="default-src 'none';[^"]*" http-equiv="Content-Security-Policy\"""", head)
        assert not re.search(r"<(script|link|iframe|img)\b", head)
        assert "&lt;script&gt;one()&lt;/script&gt;" in body
        assert "&lt;ReluBackward0 &amp; co&gt;" in body
        assert "<b>bold</b>" in body
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", content)

    def test_a_page_holds_its_pictures(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", "1")
        (tmp_path / "there.png").write_bytes(b"picture")
        content = json.loads(path.read_text())
        source = "![one](there.png) ![two](lost.png) ![three](attachment:there.png) ![four](attachment:lost.png)"
        attachments = {"there.png": {"image/png": "attached"}}
        content["cells"].append(
            {"cell_type": "markdown", "id": "m", "metadata": {}, "source": source, "attachments": attachments}
        )
        path.write_text(json.dumps(content))
        page = tmp_path / "a.html"
        assert run(path, "--html", page).returncode == 0
        pictures = dict(re.findall(r'<img alt="(\w+)" src="(.*?)"', page.read_text()))
        assert pictures == {
            "one": "data:image/png;base64,cGljdHVyZQ==",
            "two": "lost.png",
            "three": "data:image/png;base64,attached",
            "four": "lost.png",
        }

    def test_what_cannot_be_run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["run", str(tmp_path / "no.ipynb")]) == 2
        assert "no.ipynb: No such file" in capsys.readouterr().err
        for content in ("no json", "{}", '{"nbformat": 4}', "[1]"):
            (tmp_path / "bad.ipynb").write_text(content)
            assert main(["run", str(tmp_path / "bad.ipynb")]) == 2
            assert "bad.ipynb is not a notebook: " in capsys.readouterr().err
        path = write_notebook(tmp_path / "a.ipynb", "1")
        assert main(["run", str(path), "-o", str(tmp_path / "no" / "b.ipynb")]) == 2
        assert "there is no folder" in capsys.readouterr().err

    def test_without_the_extra_the_error_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = write_notebook(tmp_path / "a.ipynb", "1")
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert main(["run", str(path)]) == 2
        assert "needs nbformat, which is not installed: pip install 'chainrule[notebook]'" in capsys.readouterr().err


class TestAtomicWrite:
    def test_a_failure_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a"
        path.write_text("old")

        def fail(*arguments: object) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            write_atomically(path, "new")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.skipif(os.name != "posix", reason="makes a symbolic link")
    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "target").write_text("old")
        (tmp_path / "link").symlink_to("target")
        write_atomically(tmp_path / "link", "new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_text() == "new"


class TestProgram:
    SCRIPT = """
import sys, helper, torch
print(__name__, sys.argv[1:], sys.path[0], helper.x, torch.__package__, sys.modules["__main__"].__dict__ is globals())
if "fail" in sys.argv:
    def f():
        return torch.tensorr
    f()
if "exit" in sys.argv:
    sys.exit(7)
"""

    @pytest.fixture
    def script(self, tmp_path: Path) -> Path:
        (tmp_path / "helper.py").write_text("x = 5\n")
        (tmp_path / "script.py").write_text(self.SCRIPT)
        return tmp_path / "script.py"

    def test_a_script_is_main_with_its_own_arguments(self, script: Path, tmp_path: Path) -> None:
        done = run(script, "-o", "--html", "-m", "x", folder=tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"__main__ ['-o', '--html', '-m', 'x'] {tmp_path} 5 chainrule True\n"

    def test_a_module_is_main_with_its_own_arguments(self, script: Path, tmp_path: Path) -> None:
        done = run("-m", "script", "--timeout", "x", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"__main__ ['--timeout', 'x'] {tmp_path} 5 chainrule True\n"

    def test_its_exit_code_is_ours(self, script: Path) -> None:
        assert run(script, "exit").returncode == 7

    def test_its_traceback_begins_in_it(self, script: Path) -> None:
        done = run(script, "fail")
        assert done.returncode == 1
        lines = done.stderr.splitlines()
        assert lines[:2] == ["Traceback (most recent call last):", f'  File "{script}", line 7, in <module>']
        assert lines[-1].startswith("AttributeError: module 'torch' has no attribute 'tensorr'")

    def test_a_script_that_does_not_parse(self, tmp_path: Path) -> None:
        (tmp_path / "bad.py").write_text("x = (\n")
        done = run(tmp_path / "bad.py")
        assert done.returncode == 1
        assert done.stderr.startswith(f'  File "{tmp_path / "bad.py"}", line 1\n')

    def test_what_cannot_be_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["run", "no_such_script.py"]) == 2
        assert capsys.readouterr().err == "chainrule run: cannot read no_such_script.py: no such file\n"
        for arguments, message in (([], "which FILE or MODULE"), (["-o", "x", "a.py"], "--output is for notebooks")):
            with pytest.raises(SystemExit, match="2"):
                main(["run", *arguments])
            assert message in capsys.readouterr().err
