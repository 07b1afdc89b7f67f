"""A program that a command looks at: run with chainrule standing for torch, and one of its tensors picked."""

from __future__ import annotations

import argparse
import contextlib
import json
import linecache
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, TypeVar

from ..core.node import LAST
from .errors import CommandError
from .source import python_of

__all__ = ["Program", "add_target", "saved_graph", "started"]

T = TypeVar("T")
TARGET = re.compile(r"(?P<file>.+?\.(?:py|ipynb|json))(?::(?P<expression>.+))?", re.DOTALL)
EXPRESSION = "<EXPR>"
"""The file that an expression of the command line is from, as origins have it."""


def add_target(parser: argparse.ArgumentParser) -> None:
    """What the commands take that look at a program."""
    parser.add_argument(
        "target",
        metavar="FILE[:EXPR]",
        help="a script, a notebook or a saved graph (.json), and which tensor of it (default: the one that was made last; if no "
        "variable holds one, what the last backward() was called on)",
    )
    parser.add_argument(
        "arguments", nargs="*", default=[], metavar="-- ARGUMENT", help="what the script finds in sys.argv"
    )


class Program:
    """What a program has left behind."""

    def __init__(self, path: Path, expression: str | None, variables: dict[str, Any], ended: str) -> None:
        self.path = path
        self.expression = expression
        self.variables = variables
        self.ended = ended
        """How it ended before its end; empty where it did not."""

    def looked_at(self, look: Callable[[Any], T]) -> T:
        """What ``look`` makes of the tensor that was asked for, called among the program's own variables."""
        from .._tensor import Tensor

        made = {
            name: node
            for name, value in self.variables.items()
            if isinstance(value, Tensor) and (node := value.grad_fn) is not None
        }
        expression = self.expression
        if expression is None:
            if made:
                expression = max(made, key=lambda name: made[name].seq)
            else:
                expression = self.last_loss()
        linecache.cache[EXPRESSION] = (len(expression), None, [expression + "\n"], EXPRESSION)
        try:
            found = eval(compile(expression, EXPRESSION, "eval"), self.variables)  # noqa: S307 - it is the user's own
            self.variables |= {"__chainrule_look__": look, "__chainrule_found__": found}
            return eval("__chainrule_look__(__chainrule_found__)", self.variables)  # noqa: S307
        except Exception as error:
            names = f"; tensors with a graph: {', '.join(made)}" if made else ""
            said = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
            raise CommandError(f"{expression}: {said.removesuffix('.') if names else said}{names}") from error

    def last_loss(self) -> str:
        """A name for what the last backward was called on, where no variable holds it any more."""
        from ..insight._replay import last_output

        out, place = last_output()
        if out is None:
            raise CommandError(self.nothing_left())
        print(f"no variable holds a tensor with a graph: this is that of the last backward, {place}", file=sys.stderr)
        name = "loss" if "loss" not in self.variables else "last_loss"
        self.variables[name] = out
        return name

    def nothing_left(self) -> str:
        said = f"{self.path} leaves no tensor with a graph; name one: {self.path}:EXPR"
        if self.ended:
            return f"{said}. It ended early, by {self.ended}: what it wants in sys.argv goes after --"
        return (
            f"{said}. Those of a function are gone when it returns, unless it returns them to a variable of the program"
        )


def started(target: str, arguments: list[str]) -> Program | tuple[Path, str] | None:
    """The program after it ran; None if it raised, which has been shown then; of a saved graph its path and text."""
    match = TARGET.fullmatch(target.removesuffix(":"))
    if match is None:
        raise CommandError(f"{target} names no .py, .ipynb or .json file")
    path = Path(match["file"])
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not text: {error}") from error
    if path.suffix == ".json":
        return path, text
    return run(path, text, match["expression"], arguments)


def saved_graph(path: Path, text: str) -> Any:
    """The graph that ``to_json`` wrote."""
    from ..insight import Graph

    try:
        return Graph.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path} is no graph that to_json wrote: {error}") from error


def run(path: Path, text: str, expression: str | None, arguments: list[str]) -> Program | None:
    from .. import torch_alias

    if path.suffix == ".ipynb":
        text = cells_of(path, text)
    try:
        code = compile(text, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        raise CommandError(f"{path} is not Python: {error}") from error
    main = ModuleType("__main__")
    main.__file__ = str(path)
    this, sys.modules["__main__"] = sys.modules["__main__"], main
    sys.path.insert(0, str(path.resolve().parent))
    sys.argv = [str(path), *arguments]
    torch_alias.install()
    LAST.clear()  # of what has run before in this process
    ended = ""
    try:
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for what is shown
            exec(code, vars(main))  # noqa: S102 - to run the program is what was asked for
    except SystemExit as stop:
        ended = f"sys.exit({stop.code!r})"
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - whatever a program may raise is shown as Python would show it
        shown = from_program(error.__traceback__, __name__)
        sys.excepthook(type(error), error.with_traceback(shown), shown)
        return None
    finally:
        sys.modules["__main__"] = this
    return Program(path, expression, vars(main), ended)


def cells_of(path: Path, text: str) -> str:
    """The code cells of a notebook, one after another: by these lines origins are looked up."""
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        text = "\n".join(python_of("".join(cell["source"])) for cell in cells)
    except KeyError as error:
        raise CommandError(f"{path} is not a notebook of version 4: it has no {error}") from error
    except (ValueError, TypeError) as error:
        raise CommandError(f"{path} is not a notebook of version 4: {error}") from error
    linecache.cache[str(path)] = (len(text), None, [line + "\n" for line in text.split("\n")], str(path))
    return text


def from_program(traceback: TracebackType | None, *starters: str) -> TracebackType | None:
    """The traceback without the frames of the modules that started the program.

    None of an error in starting it (a syntax error, an unknown module), which has no frame of the program.
    """
    while traceback is not None and traceback.tb_frame.f_globals.get("__name__") in starters:
        traceback = traceback.tb_next
    return traceback
