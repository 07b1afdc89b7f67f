"""`chainrule explain`: run a program and account for the derivatives of one of its tensors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import CommandError
from .graph import TARGET, _run

if TYPE_CHECKING:
    from ..insight._explain import Explanation

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the subcommand to the command line."""
    parser = commands.add_parser(
        "explain",
        help="account for a derivative, step by step",
        description="Run a program with chainrule standing for torch, then account for the derivatives of one of its tensors: "
        "the chain rule with its numbers and source lines. What the program prints goes to stderr.",
    )
    parser.add_argument(
        "target",
        metavar="FILE[:EXPR]",
        help="a script, a notebook or a saved graph (.json), and which tensor of it (default: the one that was made last)",
    )
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
    match = TARGET.fullmatch(arguments.target)
    if match is None:
        raise CommandError(f"{arguments.target} names no .py, .ipynb or .json file")
    path = Path(match["file"])
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix == ".json":
        explanation = _of_saved(path, text, arguments.wrt)
    else:
        variables = _run(path, text)
        if variables is None:
            return 1
        explanation = _of_program(variables, match["expression"], arguments.wrt, path)
    print(getattr(explanation, arguments.format)())
    return 0


def _of_saved(path: Path, text: str, wrt: list[str] | None) -> Explanation:
    from ..insight import Graph, explain

    try:
        graph = Graph.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path} is no graph that to_json wrote: {error}") from error
    try:
        return explain(graph, wrt)
    except (KeyError, ValueError) as error:
        raise CommandError(str(error.args[0])) from error


def _of_program(variables: dict[str, Any], expression: str | None, wrt: list[str] | None, path: Path) -> Explanation:
    from .._tensor import Tensor
    from ..insight import explain

    made = {
        name: node
        for name, value in variables.items()
        if isinstance(value, Tensor) and (node := value.grad_fn) is not None
    }
    if expression is None:
        if not made:
            raise CommandError(f"{path} leaves no tensor with a graph; name one: {path}:EXPR")
        expression = max(made, key=lambda name: made[name].seq)
    # Called from the program's own variables, so that these are what names in its source mean.
    variables["__chainrule_explain__"] = lambda tensor: explain(tensor, _wanted(wrt, variables), depth=1)
    try:
        return eval(f"__chainrule_explain__(({expression}))", variables)  # noqa: S307 - it is the user's own
    except Exception as error:
        names = f"; tensors with a graph: {', '.join(made)}" if made else ""
        said = error.args[0] if isinstance(error, KeyError) and error.args else error
        raise CommandError(f"{expression}: {said}{names}") from error


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
