"""`chainrule graph` and `chainrule view`: draw the graph that a program leaves behind."""

from __future__ import annotations

import argparse
import contextlib
import linecache
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import CommandError
from .source import python_of

if TYPE_CHECKING:
    from ..insight import Drawing

__all__ = ["add_parser"]

TARGET = re.compile(r"(?P<file>.+?\.(?:py|ipynb|json))(?::(?P<expression>.+))?", re.DOTALL)
WAIT = 120.0
"""Seconds in which the browser has to ask for the page."""
LINGER = 5.0
"""Seconds for which the page is served again after it was."""


def add_parser(commands: Any) -> None:
    """Add both subcommands to the command line."""
    what = "a script, a notebook or a saved graph (.json), and which tensor of it (default: the one that was made last)"
    parser = commands.add_parser(
        "graph",
        help="draw the graph that a program makes",
        description="Run a program with chainrule standing for torch, and draw the graph of one of its tensors: as text, or "
        "into a file, whose suffix (.svg .html .txt .dot .mmd .md .json .png .pdf) says how.",
    )
    parser.add_argument("target", metavar="FILE[:EXPR]", help=what)
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
    parser.add_argument("target", metavar="FILE[:EXPR]", help=what)
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    parser.set_defaults(execute=_view)


def _draw(arguments: argparse.Namespace) -> int:
    drawing = _drawing(arguments.target)
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
    drawing = _drawing(arguments.target)
    if drawing is None:
        return 1
    from .serve import serve

    serve(drawing.html(), opens=not arguments.no_browser, wait=WAIT, linger=LINGER)
    return 0


def _drawing(target: str) -> Drawing | None:
    """What the target names; None where the program raised, which has been shown then."""
    from ..insight import Graph, draw

    match = TARGET.fullmatch(target)
    if match is None:
        raise CommandError(f"{target} names no .py, .ipynb or .json file")
    path, expression = Path(match["file"]), match["expression"]
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not text: {error}") from error
    if path.suffix == ".json":
        try:
            return draw(Graph.from_json(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(f"{path} is no graph that to_json wrote: {error}") from error
    variables = _run(path, text)
    return None if variables is None else _picked(variables, expression, path)


def _run(path: Path, text: str) -> dict[str, Any] | None:
    """The program's variables after it ran; None if it raised."""
    from .. import torch_alias
    from .run import _from_program

    if path.suffix == ".ipynb":
        import json

        try:
            cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
            text = "\n".join(python_of("".join(cell["source"])) for cell in cells)
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{path} is not a notebook of version 4: {error}") from error
        # Origins are looked up by file and line: those of the cells, one after another.
        linecache.cache[str(path)] = (len(text), None, [line + "\n" for line in text.split("\n")], str(path))
    try:
        code = compile(text, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        raise CommandError(f"{path} is not Python: {error}") from error
    import types

    main = types.ModuleType("__main__")
    main.__file__ = str(path)
    this, sys.modules["__main__"] = sys.modules["__main__"], main
    sys.path.insert(0, str(path.resolve().parent))
    sys.argv = [str(path)]
    torch_alias.install()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for the drawing
            exec(code, vars(main))  # noqa: S102 - to run the program is what was asked for
    except SystemExit:
        pass
    except Exception as error:  # noqa: BLE001 - whatever a program may raise is shown as Python would show it
        sys.excepthook(type(error), error.with_traceback(_from_program(error.__traceback__)), error.__traceback__)
        return None
    finally:
        sys.modules["__main__"] = this
    return vars(main)


def _picked(variables: dict[str, Any], expression: str | None, path: Path) -> Drawing:
    from .._tensor import Tensor
    from ..insight import draw

    made = {
        name: node
        for name, value in variables.items()
        if isinstance(value, Tensor) and (node := value.grad_fn) is not None
    }
    if expression is None:
        if not made:
            raise CommandError(f"{path} leaves no tensor with a graph; name one: {path}:EXPR")
        expression = max(made, key=lambda name: made[name].seq)
    variables["__chainrule_draw__"] = draw
    try:
        found: Drawing = eval(f"__chainrule_draw__(({expression}))", variables)  # noqa: S307 - it is the user's own
    except Exception as error:
        names = f"; tensors with a graph: {', '.join(made)}" if made else ""
        raise CommandError(f"{expression}: {error}{names}") from error
    return found
