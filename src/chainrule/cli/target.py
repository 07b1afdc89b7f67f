"""FILE[:EXPR]: a program, or a saved graph, and which tensor of it is meant."""

from __future__ import annotations

import contextlib
import json
import linecache
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import CommandError
from .source import python_of

if TYPE_CHECKING:
    from ..insight import Graph

__all__ = ["HELP", "Target", "read_target"]

HELP = "a script, a notebook or a saved graph (.json), and which tensor of it (default: the one that was made last)"
FORM = re.compile(r"(?P<file>.+?\.(?:py|ipynb|json))(?::(?P<expression>.+))?", re.DOTALL)


class Target(NamedTuple):
    """A file's text, and an expression of its variables; None stands for the tensor that was made last."""

    path: Path
    text: str
    expression: str | None

    @property
    def is_saved(self) -> bool:
        """Whether it is a graph in a file, and no program."""
        return self.path.suffix == ".json"

    def saved_graph(self) -> Graph:
        """The graph in the file."""
        from ..insight import Graph

        try:
            return Graph.from_json(self.text)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(f"{self.path} is no graph that to_json wrote: {error}") from error

    def variables(self) -> dict[str, Any] | None:
        """The program's variables after it ran; None if it raised, which has been shown then."""
        from .. import torch_alias
        from .run import from_program

        text = self.text
        if self.path.suffix == ".ipynb":
            text = self._code_of_cells()
            # Origins are looked up by file and line: those of the cells, one after another.
            lines = [line + "\n" for line in text.split("\n")]
            linecache.cache[str(self.path)] = (len(text), None, lines, str(self.path))
        try:
            code = compile(text, str(self.path), "exec")
        except (SyntaxError, ValueError) as error:
            raise CommandError(f"{self.path} is not Python: {error}") from error
        main = types.ModuleType("__main__")
        main.__file__ = str(self.path)
        this, sys.modules["__main__"] = sys.modules["__main__"], main
        sys.path.insert(0, str(self.path.resolve().parent))
        sys.argv = [str(self.path)]
        torch_alias.install()
        try:
            with contextlib.redirect_stdout(sys.stderr):  # standard output is for what was asked for
                exec(code, vars(main))  # noqa: S102 - to run the program is what was asked for
        except SystemExit:
            pass
        except Exception as error:  # noqa: BLE001 - whatever a program may raise is shown as Python would show it
            sys.excepthook(type(error), error.with_traceback(from_program(error.__traceback__)), error.__traceback__)
            return None
        finally:
            sys.modules["__main__"] = this
        return vars(main)

    def _code_of_cells(self) -> str:
        try:
            cells = [cell for cell in json.loads(self.text)["cells"] if cell["cell_type"] == "code"]
            return "\n".join(python_of("".join(cell["source"])) for cell in cells)
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{self.path} is not a notebook of version 4: {error}") from error

    def applied(self, function: Callable[[Any], Any], variables: dict[str, Any]) -> Any:
        """``function(tensor)``, called from the program's own variables: so these are what names in its source mean."""
        from .._tensor import Tensor

        made = {
            name: node
            for name, value in variables.items()
            if isinstance(value, Tensor) and (node := value.grad_fn) is not None
        }
        expression = self.expression
        if expression is None:
            if not made:
                raise CommandError(f"{self.path} leaves no tensor with a graph; name one: {self.path}:EXPR")
            expression = max(made, key=lambda name: made[name].seq)
        variables["__chainrule__"] = function
        try:
            return eval(f"__chainrule__(({expression}))", variables)  # noqa: S307 - it is the user's own
        except Exception as error:
            names = f"; tensors with a graph: {', '.join(made)}" if made else ""
            said = error.args[0] if isinstance(error, KeyError) and error.args else error
            raise CommandError(f"{expression}: {said}{names}") from error


def read_target(target: str) -> Target:
    """Read the file that a command was given.

    Raises:
        CommandError: it is of no kind that is known, or cannot be read.
    """
    match = FORM.fullmatch(target)
    if match is None:
        raise CommandError(f"{target} names no .py, .ipynb or .json file")
    path = Path(match["file"])
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not text: {error}") from error
    return Target(path, text, match["expression"])
