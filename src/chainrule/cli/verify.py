"""`chainrule verify`: execute notebooks and compare what comes out with what they recorded."""

from __future__ import annotations

import argparse
import difflib
import json
import shutil
import sys
from collections import Counter
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from .compare import Comparison, compare
from .errors import CommandError

__all__ = ["add_parser"]

_STATUSES = ("same", "close", "differ", "missing", "extra")


class _Cell(NamedTuple):
    number: int
    seconds: float
    comparison: Comparison


class _Report(NamedTuple):
    path: Path
    cells: list[_Cell]
    failure: str | None

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(cell.comparison.status for cell in self.cells)
        return {status: counted[status] for status in _STATUSES if counted[status]}

    @property
    def is_ok(self) -> bool:
        return self.failure is None and not set(self.counts) - {"same", "close"}


def add_parser(commands: Any) -> None:
    """Add the subcommand to the command line."""
    parser = commands.add_parser(
        "verify",
        help="execute notebooks and compare with their recorded outputs",
        description="Execute notebooks with chainrule standing for torch, and compare each cell's output with the one "
        "that is recorded in the notebook. Object addresses, timings, versions, progress bars and warnings are masked, "
        "images are compared for presence. The notebooks are not changed.",
        epilog="A cell is: same (to the character), close (numbers within --rtol, or an error message that says more), "
        "differ, missing (nothing came out) or extra (nothing was recorded). The exit code is 1 if any is neither same "
        "nor close.",
    )
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--rtol", type=float, default=1e-3, help="how near numbers are close (default 1e-3; 0: never)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="longest time for one cell (default: none)")
    parser.add_argument("--show", action="store_true", help="show the outputs whole, recorded beside come out")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    parser.set_defaults(execute=_execute)


def _execute(arguments: argparse.Namespace) -> int:
    reports = []
    exit_code = 0
    for path in arguments.notebooks:
        try:
            report = _verify(path, arguments.rtol, arguments.timeout)
        except CommandError as error:
            print(f"chainrule verify: {error}", file=sys.stderr)
            exit_code = error.exit_code
            continue
        reports.append(report)
        if not arguments.json:
            _print_table(report, is_whole=arguments.show)
    is_ok = exit_code == 0 and all(report.is_ok for report in reports)
    if arguments.json:
        print(json.dumps({"ok": is_ok, "notebooks": [_as_json(report) for report in reports]}, indent=1))
    return exit_code or (0 if is_ok else 1)


def _verify(path: Path, rtol: float, timeout: float | None) -> _Report:
    from . import notebook as notebooks

    notebook = notebooks.read(path)
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    recorded = {number: cell.outputs for number, cell in enumerate(code_cells, 1)}
    cells, failure = [], None
    print(f"{path}: executing {len(code_cells)} cells", file=sys.stderr)
    run = notebooks.execute(notebook, path.absolute().parent, timeout=timeout, keep_going=True)
    try:
        for number, cell, seconds in run:
            comparison = compare(cell.source, recorded.pop(number), cell.outputs, rtol=rtol)
            cells.append(_Cell(number, seconds, comparison))
    except notebooks.CellError as error:
        failure = str(error)
        for number, outputs in recorded.items():
            if number >= error.cell:  # nothing came out of the cells after the one that stopped
                cell = code_cells[number - 1]
                came_out = cell.outputs if number == error.cell else []
                cells.append(_Cell(number, 0.0, compare(cell.source, outputs, came_out, rtol=rtol)))
    return _Report(path, [cell for cell in cells if cell.comparison.recorded or cell.comparison.came_out], failure)


def _print_table(report: _Report, *, is_whole: bool) -> None:
    width = max(24, (shutil.get_terminal_size((132, 24)).columns - 30) // 2)
    print(f"{report.path}")
    print(f"{'cell':>5}  {'status':<8}{'recorded':<{width}} | {'came out':<{width}} | masked")
    for number, _, comparison in report.cells:
        left, right = (_lines(text, width, is_whole) for text in (comparison.recorded, comparison.came_out))
        heads = (str(number), comparison.status, " ".join(comparison.masked))
        for old, new in zip_longest(left, right, fillvalue=""):
            row = f"{heads[0]:>5}  {heads[1]:<8}{old:<{width}} | {new:<{width}}"
            print(f"{row} | {heads[2]}" if heads[2] else row.rstrip())
            heads = ("", "", "")
    if not is_whole:
        for number, _, comparison in report.cells:
            if comparison.status == "differ":
                print(f"\ncell {number}, recorded (-) and came out (+):")
                print("\n".join(_difference(comparison)))
    counts = ", ".join(f"{count} {status}" for status, count in report.counts.items()) or "no output"
    print(f"{report.path}: {counts}" + (f"; {report.failure}" if report.failure else "") + "\n")


def _lines(text: str, width: int, is_whole: bool) -> list[str]:
    lines = text.splitlines() or [""]
    if is_whole:
        return [line[start : start + width] for line in lines for start in range(0, max(len(line), 1), width)]
    first = lines[0] + (" ..." if len(lines) > 1 else "")
    return [first if len(first) <= width else first[: width - 4] + " ..."]


def _difference(comparison: Comparison) -> list[str]:
    old, new = comparison.recorded.splitlines(), comparison.came_out.splitlines()
    return [line for line in difflib.unified_diff(old, new, lineterm="", n=1) if not line.startswith(("---", "+++"))]


def _as_json(report: _Report) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "ok": report.is_ok,
        "counts": report.counts,
        "failure": report.failure,
        "cells": [
            {"cell": number, "seconds": round(seconds, 3), **comparison._asdict()}
            for number, seconds, comparison in report.cells
        ],
    }
