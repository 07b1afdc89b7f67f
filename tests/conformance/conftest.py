"""The table of what was compared: ops down, checks across."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .checks import CHECKS
from .exceptions import EXCEPTIONS, LEFT_OUT, RECORDED

COLUMNS = ("names", *CHECKS, "errors")
SIGNS = {"failed": "FAIL", "passed": "ok", "unsupported": "-", "excepted": "*", "missing": "?"}
LEGEND = (
    "ok: equal · FAIL: not · -: PyTorch raises · *: PyTorch is no oracle (see below) · ?: needs what chainrule does not have "
    "yet; several: for several samples · blank: nothing to compare"
)


def pytest_addoption(parser: Any) -> None:
    parser.addoption("--results", type=Path, help="where to write the table, for docs/operators.md")


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    rows: dict[str, dict[str, list[str]]] = {}
    missing = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            found = dict(getattr(report, "user_properties", ()))
            if "missing" in found:
                missing = found["missing"].split()
            if "op" in found and getattr(report, "when", "") == "call":
                outcomes = ["failed"] if report.failed else found["outcomes"].split()
                rows.setdefault(found["op"], {})[found["check"]] = outcomes
    if not rows:
        return
    write = terminalreporter.write_line
    width = max(map(len, rows))
    columns = [(check, max(4, len(check))) for check in COLUMNS]

    def line(name: str, cells: dict[str, Any]) -> None:
        write(f"{name:{width}}  " + "  ".join(f"{cells.get(check, ''):>{size}}" for check, size in columns).rstrip())

    cells = {
        name: {check: "".join(SIGNS[one] for one in SIGNS if one in found) for check, found in rows[name].items()}
        for name in sorted(rows)
    }
    terminalreporter.section("chainrule beside PyTorch")
    line("", {check: check for check in COLUMNS})
    for name, row in cells.items():
        line(name, row)
    counts = {
        outcome: Counter(check for row in rows.values() for check, found in row.items() if outcome in found)
        for outcome in SIGNS
    }
    for outcome, sign in SIGNS.items():
        line(f"{outcome} ({sign})", counts[outcome])
    write(LEGEND)
    write("")
    for one in EXCEPTIONS:
        names = [name for name in one.ops.split() if name in rows]
        if names:
            parts = f" ({one.parts})" if one.parts else ""
            write(f"* {', '.join(names)}: {', '.join(one.checks.split())}{parts}: {one.reason}")
    write(f"* out (leaf, recorded): {RECORDED}")
    write("")
    if missing:
        for name, reason in LEFT_OUT.items():
            write(f"{name} is not compared: {reason}")
        write(f"not here yet ({len(missing)}): {' '.join(sorted(missing))}")
        write("")
    from .samples import OPS

    if path := config.getoption("--results"):
        write_results(path, len(OPS), cells, missing)
    total = sum(map(len, rows.values()))
    failed = sum(counts["failed"].values())
    write(
        f"{len(rows)} of the {len(OPS)} entries of PyTorch's op database compared, "
        f"{sum(['failed'] not in row.values() for row in rows.values())} without a failure; "
        f"{total} checks of an op: {failed} failed, {sum(counts['passed'].values())} with equal results, "
        f"{sum(counts['excepted'].values())} with an exception, {sum(counts['missing'].values())} with a part that is missing"
    )


def write_results(path: Path, entries: int, cells: dict[str, dict[str, str]], missing: list[str]) -> None:
    import torch

    found = {name: "|".join(row.get(check, "") for check in COLUMNS) for name, row in cells.items()}
    results = {
        "torch": torch.__version__,
        "entries": entries,
        "checks": COLUMNS,
        "found": found,
        "missing": sorted(missing),
    }
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def modes_put_back() -> None:
    """The suite's own fixture, which looks at chainrule's state only, is not needed here."""
