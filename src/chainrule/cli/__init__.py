"""The command `chainrule`: run torch programs with chainrule standing for torch, and compare what comes out.

Exit codes, of all subcommands: 0 all is well; 1 the program raised, an output differs, or a name is missing; 2 the
command could not do its work (wrong usage, unreadable file, missing package); 124 a cell ran out of time; 130 it was
interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..version import TORCH, VERSION
from . import check, explain, graph, run, verify
from .errors import CommandError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments after the program's name (default: those of this process).

    Returns:
        The exit code.

    >>> main(["check", "--help"])
    Traceback (most recent call last):
    SystemExit: 0
    """
    parser = argparse.ArgumentParser(
        prog="chainrule", description="Automatic differentiation with PyTorch's semantics: run torch programs on NumPy."
    )
    parser.add_argument(
        "--version", action="version", version=f"chainrule {VERSION} (with the behaviour of PyTorch {TORCH})"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (run, verify, check, graph, explain):
        command.add_parser(commands)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.execute(arguments))
    except CommandError as error:
        print(f"chainrule {arguments.command}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"chainrule {arguments.command}: interrupted", file=sys.stderr)
        return 130
