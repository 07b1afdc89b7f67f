"""`chainrule graph` and `chainrule view`: draw the graph that a program leaves behind."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import CommandError
from .program import Program, add_target, saved_graph, started

if TYPE_CHECKING:
    from ..insight import Drawing

__all__ = ["add_parser"]

WAIT = 120.0
"""Seconds in which the browser has to ask for the page."""
LINGER = 5.0
"""Seconds for which the page is served again after it was."""


def add_parser(commands: Any) -> None:
    """Add both subcommands to the command line."""
    parser = commands.add_parser(
        "graph",
        help="draw the graph that a program makes",
        description="Run a program with chainrule standing for torch, and draw the graph of one of its tensors: as text, or "
        "into a file, whose suffix (.svg .html .txt .dot .mmd .md .json .png .pdf) says how.",
    )
    add_target(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="write it here")
    parser.add_argument("--width", type=int, metavar="N", help="characters of a line of text (default: the terminal's)")
    parser.add_argument("--ascii", action="store_true", help="text without Unicode")
    parser.set_defaults(execute=_draw)
    parser = commands.add_parser(
        "view",
        help="show that graph in the browser, with its backward step by step",
        description="Run a program with chainrule standing for torch, and show the graph of one of its tensors in the "
        "browser. The page is served to this machine only, under an address that cannot be guessed, until it is loaded.",
    )
    add_target(parser)
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    parser.set_defaults(execute=_view)


def _draw(arguments: argparse.Namespace) -> int:
    drawing = _drawing(arguments)
    if drawing is None:
        return 1
    if arguments.output is None:
        encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
        print(drawing.text(arguments.width, arguments.ascii or not encoding.startswith("utf")), end="")
        return 0
    try:
        drawing.save(arguments.output)
    except (ValueError, ImportError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"cannot write {arguments.output}: {error.strerror}") from error
    print(f"wrote {arguments.output}")
    return 0


def _view(arguments: argparse.Namespace) -> int:
    drawing = _drawing(arguments)
    if drawing is None:
        return 1
    from .serve import serve

    serve(drawing.html(), opens=not arguments.no_browser, wait=WAIT, linger=LINGER)
    return 0


def _drawing(arguments: argparse.Namespace) -> Drawing | None:
    """What the target names; None where the program raised, which has been shown then."""
    from ..insight import draw

    program = started(arguments.target, arguments.arguments)
    if program is None:
        return None
    return program.looked_at(draw) if isinstance(program, Program) else draw(saved_graph(*program))
