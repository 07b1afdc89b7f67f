"""`chainrule verify`: what counts as the same output, and what the command reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule.cli import main
from chainrule.cli.compare import compare


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(text: str | None = None, **data: str) -> dict[str, Any]:
    """A displayed value; `image_png="..."` gives it a form besides text."""
    mimes = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "execute_result", "metadata": {}, "data": mimes | ({"text/plain": text} if text else {})}


def raised(ename: str, evalue: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": ["a place", "that differs"]}


def status(recorded: str, came_out: str, source: str = "", **options: float) -> str:
    return compare(source, [printed(recorded)], [printed(came_out)], **options).status


class TestExact:
    @pytest.mark.parametrize(
        "text",
        ["1\n", "tensor([7.], grad_fn=<ReluBackward0>)", "(tensor([-0.]),)", "a  b\n\n c", "3 % of 4.", "[0, 1, 2]"],
    )
    def test_the_same_text_is_the_same(self, text: str) -> None:
        assert compare("", [printed(text)], [printed(text)]) == ("same", text.rstrip("\n"), text.rstrip("\n"), ())

    @pytest.mark.parametrize(
        ("recorded", "came_out"),
        [
            ("tensor([7.])", "tensor([7.], grad_fn=<ReluBackward0>)"),
            ("MulBackward0", "MulBackward1"),
            ("one", "two"),
            ("[1, 2]", "[1, 3]"),  # integers count something
            ("10000 parameters", "10001 parameters"),
            ("1.0", "2.0"),
            ("0.35", "0.36"),
            ("1.000 2.000", "1.000"),
            ("True", "False"),
            ("tensor([nan])", "tensor([inf])"),
        ],
    )
    def test_another_text_differs(self, recorded: str, came_out: str) -> None:
        assert status(recorded, came_out) == "differ"

    def test_missing_and_extra(self) -> None:
        something, nothing = [shown("1")], [printed("\n")]
        assert compare("", something, []).status == compare("", something, nothing).status == "missing"
        assert compare("", [], something).status == compare("", nothing, something).status == "extra"
        assert compare("", [], []).status == "same"

    def test_where_a_stream_is_split_is_chance(self) -> None:
        assert compare("", [printed("a"), printed("b\n")], [printed("ab\n")]).status == "same"
        lines = {**printed(""), "text": ["a\n", "b\n"]}
        assert compare("", [lines], [printed("a\nb\n")]).status == "same"

    def test_printed_and_displayed_are_not_the_same(self) -> None:
        assert compare("", [printed("1")], [shown("1")]).status == "differ"

    def test_an_error_is_its_class_and_text(self) -> None:
        error = raised("RuntimeError", "Trying to backward twice")
        assert compare("", [error], [{**error, "traceback": []}]).status == "same"
        assert compare("", [error], [raised("ValueError", "Trying to backward twice")]).status == "differ"
        assert compare("", [error], [raised("RuntimeError", "Something else")]).status == "differ"
        assert compare("", [error], [raised("RuntimeError", "Trying to backward twice. Do this")]).status == "close"

    def test_an_image_is_there_or_not(self) -> None:
        image, other = shown("<Figure 1>", image_png="AAAA"), shown("<Figure 2>", image_svg="<svg/>")
        assert compare("", [image], [other]).status == "same"
        assert compare("", [image], [shown("<Figure 1>")]).status == "differ"
        assert compare("", [image], []).status == "missing"

    def test_of_several_forms_the_text_counts(self) -> None:
        assert compare("", [shown("a", text_html="<i>a</i>")], [shown("a", text_html="<b>a</b>")]).status == "same"
        assert compare("", [shown(text_html="<i>a</i>")], [shown(text_html="<b>a</b>")]).status == "differ"


class TestClose:
    @pytest.mark.parametrize(
        ("recorded", "came_out"),
        [
            ("loss 0.6931471", "loss 0.6931482"),
            ("tensor([ 0.0012, -1.2345])", "tensor([0.0013, -1.2345])"),  # the last of four decimals
            ("tensor([0.])", "tensor([-0.])"),
            ("tensor([1.2345e-05])", "tensor([1.2346e-05])"),
            ("tensor([nan, 1.0000])", "tensor([nan, 1.0001])"),
            ("  10.001", "9.9999"),  # columns are as wide as their numbers
            ("Accuracy: 99.95", "Accuracy: 99.96"),
        ],
    )
    def test_numbers_within_the_tolerance(self, recorded: str, came_out: str) -> None:
        assert status(recorded, came_out) == "close"
        assert status(recorded, came_out, rtol=0) == "differ"

    def test_the_tolerance_is_the_users(self) -> None:
        assert status("1.00", "1.05") == "differ"
        assert status("1.00", "1.05", rtol=0.1) == "close"


class TestMasks:
    @pytest.mark.parametrize(
        ("mask", "recorded", "came_out"),
        [
            ("address", "<Generator object at 0x7f741dc1b0a0>", "<Generator object at 0x10ed63c50>"),
            ("version", "'1.13.1+cu117'", "'2.13.0+chainrule.0.1.0'"),
            ("version", "PyTorch version: 1.8.1", "PyTorch version: 2.13.0"),
            (
                "version",
                "3.8.5 (default, Sep  4 2020, 07:30:14) \n[GCC 7.3.0]",
                "3.11.7 (main, Oct  1 2026) [Clang 17.0.6 ]",
            ),
            (
                "timing",
                "CPU times: user 3 ms, sys: 0 ns, total: 3 ms\nWall time: 3.2 ms\n1",
                "CPU times: total: 15 ms\n1",
            ),
            ("timing", "1.23 \u00b5s \u00b1 4 ns per loop (mean \u00b1 std. dev. of 7 runs, 100 loops each)", ""),
            ("timing", "Total Training Time: 0.35 min", "Total Training Time: 12.01 min"),
            ("timing", "took 1.5 seconds", "took 20 seconds"),
            ("timing", "elapsed: 0.123", "elapsed: 4.5"),
            ("timing", "done in 0:01:02", "done in 0:00:59.5"),
            (
                "progress",
                " 10%|#         | 1/10 [00:00<00:03,  2.9it/s]\r100%|####| 10/10 [00:03<00:00, 3.0it/s]\n",
                "",
            ),
            ("progress", "a\n12it [00:01, 10.00it/s]\nb", "a\nb"),
        ],
    )
    def test_what_no_run_repeats(self, mask: str, recorded: str, came_out: str) -> None:
        comparison = compare("", [printed(recorded)], [printed(came_out)])
        assert (comparison.status, comparison.masked) == ("same", (mask,))

    @pytest.mark.parametrize(
        ("recorded", "came_out"),
        [
            ("0.12 at 0x7f741dc1b0a0", "0.21 at 0x7f741dc1b0a0"),
            ("2 items in 3 s", "4 items in 3 s"),
            ("Epoch 1 took 2 s: loss 0.50", "Epoch 1 took 2 s: loss 0.90"),
            ("x 1.13.1", "y 1.13.1"),
        ],
    )
    def test_the_rest_of_the_line_counts(self, recorded: str, came_out: str) -> None:
        assert status(recorded, came_out) == "differ"

    @pytest.mark.parametrize(
        "text", ["100% right", "3 samples", "loss 0.25", "tensor([1.2, 3.4])", "0xff", "1.5 and 2.5"]
    )
    def test_ordinary_output_is_not_masked(self, text: str) -> None:
        assert compare("", [printed(text)], [printed(text)]).masked == ()

    def test_watermarks_output_is_versions(self) -> None:
        source = "%load_ext watermark\n%watermark -a 'me' -v -p torch"
        old, new = "me \n\nCPython 3.6\ntorch 0.4", "Author: me\n\nPython version: 3.11.7\n"
        assert status(old, new, source) == "same"
        assert status(old, new, "print(...)") == "differ"
        assert compare(source, [printed(old)], []).status == "missing"

    def test_the_bars_of_notebooks_are_progress(self) -> None:
        bar = shown("  0%|          | 0/10 [00:00<?, ?it/s]", **{"application_vnd.jupyter.widget-view+json": "{}"})
        assert compare("", [bar, printed("1")], [printed("1")]) == (
            "same",
            bar["data"]["text/plain"] + "\n1",
            "1",
            ("progress",),
        )

    def test_a_line_that_was_overwritten_shows_its_last_state(self) -> None:
        assert status("step 1\rstep 2\rstep 3\r\n", "step 3\n") == "same"

    def test_warnings_are_masked_on_stderr_only(self) -> None:
        warning = "/old/lib/torch/nn.py:12: UserWarning: size\nof target\n  return F.mse_loss(a, b)\n"
        assert compare("", [printed(warning, "stderr")], []) == ("same", warning.rstrip("\n"), "", ("warning",))
        assert compare("", [printed(warning + "log 1\n", "stderr")], [printed("log 2\n", "stderr")]).status == "differ"
        assert compare("", [printed(warning)], []).status == "missing"


CELLS: list[tuple[str, list[dict[str, Any]]]] = [
    ("import torch\nx = torch.tensor([1., 2.])", []),
    ("x", [shown("tensor([1., 2.])")]),
    ("print(0.5001)", [printed("0.5000\n")]),
    ("print('new')\nprint('b')", [printed("old\nb\n")]),
    ("pass", [printed("gone\n")]),
    ("1 + 1", []),
    ("1 / 0", [raised("ZeroDivisionError", "division by zero")]),
    ("object()", [shown("<object at 0x7f0000000000>")]),
]
STATUSES = {2: "same", 3: "close", 4: "differ", 5: "missing", 6: "extra", 7: "same", 8: "same"}


def write_notebook(path: Path, cells: list[tuple[str, list[dict[str, Any]]]]) -> Path:
    content = {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {},
        "cells": [
            {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": source, "execution_count": 1,
             "outputs": [one | ({"execution_count": 1} if "data" in one else {}) for one in outputs]}
            for number, (source, outputs) in enumerate(cells, 1)
        ],
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return path


def verify(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chainrule", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


class TestCommand:
    def test_it_reports_each_cell_and_changes_nothing(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", CELLS)
        before = path.read_bytes()
        done = verify(path)
        assert done.returncode == 1
        assert path.read_bytes() == before
        rows = [line.split() for line in done.stdout.splitlines()]
        assert {int(row[0]): row[1] for row in rows if len(row) > 1 and row[0].isdigit()} == STATUSES
        assert "-old" in done.stdout.splitlines()
        assert "+new" in done.stdout.splitlines()
        assert f"{path}: 3 same, 1 close, 1 differ, 1 missing, 1 extra" in done.stdout

    def test_several_as_json(self, tmp_path: Path) -> None:
        bad = write_notebook(tmp_path / "bad.ipynb", CELLS)
        good = write_notebook(tmp_path / "good.ipynb", CELLS[:3])
        done = verify("--json", good, bad)
        assert done.returncode == 1
        report = json.loads(done.stdout)
        assert [report["ok"], *(notebook["ok"] for notebook in report["notebooks"])] == [False, True, False]
        cells = report["notebooks"][1]["cells"]
        assert {cell["cell"]: cell["status"] for cell in cells} == STATUSES
        assert cells[0] == cells[0] | {"recorded": "tensor([1., 2.])", "came_out": "tensor([1., 2.])", "masked": []}
        assert report["notebooks"][0]["counts"] == {"same": 1, "close": 1}

    def test_closeness_is_enough_unless_refused(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", CELLS[2:3])
        assert verify(path).returncode == 0
        assert verify("--rtol", "0", path).returncode == 1

    def test_show_puts_both_side_by_side(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", CELLS[3:4])
        lines = [line.rstrip() for line in verify("--show", path).stdout.splitlines()]
        (first,) = [at for at, line in enumerate(lines) if line.split()[:2] == ["1", "differ"]]
        assert [cell.split()[-1] for cell in lines[first].split("|")] == ["old", "new"]
        assert [cell.strip() for cell in lines[first + 1].split("|")] == ["b", "b"]

    def test_a_kernel_that_dies_leaves_the_rest_missing(self, tmp_path: Path) -> None:
        cells = [("print(1)", [printed("1\n")]), ("import os; os._exit(1)", []), ("2", [shown("2")])]
        done = verify("--json", write_notebook(tmp_path / "a.ipynb", cells))
        assert done.returncode == 1
        (report,) = json.loads(done.stdout)["notebooks"]
        assert {cell["cell"]: cell["status"] for cell in report["cells"]} == {1: "same", 3: "missing"}
        assert report["failure"] == "stopped at code cell 2: the kernel died"

    def test_a_file_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", "no.ipynb"]) == 2
        assert capsys.readouterr().err == "chainrule verify: cannot read no.ipynb: No such file or directory\n"
