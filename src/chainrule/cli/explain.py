"""`chainrule explain`: run a program and account for the derivatives of one of its tensors."""

from __future__ import annotations

import argparse
from typing import Any

from .errors import CommandError
from .program import Program, add_target, saved_graph, started

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the subcommand to the command line."""
    parser = commands.add_parser(
        "explain",
        help="account for a derivative, step by step",
        description="Run a program with chainrule standing for torch, then account for the derivatives of one of its tensors: "
        "the chain rule with its numbers and source lines. What the program prints goes to stderr.",
    )
    add_target(parser)
    parser.add_argument(
        "--wrt", action="append", metavar="NAME", help="derivative by what; may be repeated (default: all leaves)"
    )
    parser.add_argument(
        "--format",
        choices=["text", "markdown", "latex", "html"],
        default="text",
        help="how to write it (default: text)",
    )
    parser.set_defaults(execute=_execute)


def _execute(arguments: argparse.Namespace) -> int:
    from ..insight import explain

    wrt = arguments.wrt
    program = started(arguments.target, arguments.arguments)
    if program is None:
        return 1
    if isinstance(program, Program):
        variables = program.variables
        # One frame up are the program's own variables, so that these are what names in its source mean.
        explanation = program.looked_at(lambda tensor: explain(tensor, _wanted(wrt, variables), depth=1))
    else:
        graph = saved_graph(*program)
        try:
            explanation = explain(graph, wrt)
        except (KeyError, ValueError) as error:
            raise CommandError(str(error.args[0])) from error
    print(getattr(explanation, arguments.format)())
    return 0


def _wanted(wrt: list[str] | None, variables: dict[str, Any]) -> list[Any] | None:
    """The tensors that expressions of the program stand for; of any other, the text: it may name a value of the graph."""
    if wrt is None:
        return None
    found: list[Any] = []
    for name in wrt:
        try:
            found.append(eval(name, variables))  # noqa: S307 - it is the user's own
        except Exception:  # noqa: BLE001 - whatever it raises
            found.append(name)
    return found
