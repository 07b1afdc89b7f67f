"""`chainrule check`: list the torch names that a program uses and chainrule lacks, without running it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .._missing import standing
from .errors import CommandError
from .names import Use, torch_uses
from .source import Source, read_source

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the subcommand to the command line."""
    parser = commands.add_parser(
        "check",
        help="list the torch names that a program uses and chainrule lacks",
        description="List the torch names that scripts and notebooks use and chainrule lacks, without running them. "
        "Names behind `try: ... except ImportError` or `hasattr` are the program's own affair and left out. The exit "
        "code is 1 if any is missing.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .py or .ipynb file")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    parser.set_defaults(execute=_execute)


def _execute(arguments: argparse.Namespace) -> int:
    reports = []
    exit_code = 0
    for path in arguments.files:
        try:
            source = read_source(path)
        except CommandError as error:
            print(f"chainrule check: {error}", file=sys.stderr)
            exit_code = error.exit_code
            continue
        for problem in source.problems:
            print(f"{problem}; left out", file=sys.stderr)
        uses = torch_uses(source.tree)
        reports.append((path, source, uses, [use for use in uses if use.missing]))
    is_ok = exit_code == 0 and not any(missing for *_, missing in reports)
    if arguments.json:
        print(json.dumps({"ok": is_ok, "files": [_as_json(*report) for report in reports]}, indent=1))
    else:
        for path, source, uses, missing in reports:
            _print_report(path, source, uses, missing)
    return exit_code or (0 if is_ok else 1)


def _print_report(path: Path, source: Source, uses: list[Use], missing: list[Use]) -> None:
    for use in missing:
        print(f"{source.place(use.line)}: {'.'.join(use.missing)}: {standing(*use.missing)}")
    names, lacking = ({use.name for use in some} for some in (uses, missing))
    print(f"{path}: {len(names)} torch names, {len(lacking)} missing")


def _as_json(path: Path, source: Source, uses: list[Use], missing: list[Use]) -> dict[str, Any]:
    return {
        "path": str(path),
        "names": sorted({use.name for use in uses}),
        "missing": [
            {
                "name": ".".join(use.missing),
                **dict(zip(("cell", "line"), source.position(use.line), strict=True)),
                "message": standing(*use.missing),
            }
            for use in missing
        ],
    }
