"""The table of what was compared: ops down, checks across."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .checks import CHECKS

SIGNS = {"failed": "FAIL", "passed": "ok", "unsupported": "-", "excepted": "*", "missing": "?"}
LEGEND = (
    "ok: equal · FAIL: not · -: PyTorch raises · *: PyTorch is wrong (exceptions.py) · ?: needs what chainrule does not have yet; "
    "several: for several samples · blank: nothing to compare"
)


def pytest_terminal_summary(terminalreporter: Any) -> None:
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
    columns = [(check, max(4, len(check))) for check in (*CHECKS, "errors")]

    def line(name: str, cells: dict[str, Any]) -> None:
        write(f"{name:{width}}  " + "  ".join(f"{cells.get(check, ''):>{size}}" for check, size in columns).rstrip())

    terminalreporter.section("chainrule beside PyTorch")
    line("", {check: check for check, _ in columns})
    for name in sorted(rows):
        line(name, {check: "".join(SIGNS[one] for one in SIGNS if one in found) for check, found in rows[name].items()})
    for outcome in SIGNS:
        line(outcome, Counter(check for row in rows.values() for check, found in row.items() if outcome in found))
    write(LEGEND)
    if missing:
        write(
            f"{len(rows)} entries of PyTorch's op database compared; not here yet ({len(missing)}): {' '.join(missing)}"
        )


@pytest.fixture(autouse=True)
def modes_put_back() -> None:
    """The suite's own fixture, which looks at chainrule's state only, is not needed here."""
