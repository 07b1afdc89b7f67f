"""Read a script or a notebook as one syntax tree, and remember which line came from where."""

from __future__ import annotations

import ast
import bisect
import json
import re
import warnings
from pathlib import Path
from typing import NamedTuple

from .errors import CommandError

__all__ = ["Source", "read_source"]


class Source(NamedTuple):
    """A parsed file. A notebook's code cells are numbered from 1; `starts` holds the first line of each in the tree."""

    path: Path
    tree: ast.Module
    starts: list[int]
    problems: list[str]

    def position(self, line: int) -> tuple[int | None, int]:
        """The code cell (None for a script) and the line in it, for a line of the tree."""
        if not self.starts:
            return None, line
        cell = bisect.bisect(self.starts, line)
        return cell, line - self.starts[cell - 1] + 1

    def place(self, line: int) -> str:
        """Where a line of the tree is, in words."""
        cell, line = self.position(line)
        return f"{self.path}:{line}" if cell is None else f"{self.path}: cell {cell}, line {line}"


def read_source(path: Path) -> Source:
    """Read and parse a .py or .ipynb file.

    Raises:
        CommandError: if the file cannot be read, is no notebook, or (for a script) does not parse.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not text: {error}") from error
    if path.suffix == ".ipynb":
        return _read_notebook(path, text)
    try:
        return Source(path, _parse(text), [], [])
    except (SyntaxError, ValueError) as error:
        raise CommandError(f"{path} is not Python: {error}") from error


def _read_notebook(path: Path, text: str) -> Source:
    try:
        cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is not a notebook of version 4: {error}") from error
    tree = ast.Module(body=[], type_ignores=[])
    starts, problems, line = [], [], 1
    for number, cell in enumerate(cells, 1):
        source = python_of("".join(cell))
        starts.append(line)
        try:
            parsed = ast.increment_lineno(_parse(source), line - 1)
        except (SyntaxError, ValueError) as error:
            problems.append(f"{path}: cell {number} is not Python: {error}")
        else:
            tree.body += parsed.body
        line += source.count("\n") + 1
    return Source(path, tree, starts, problems)


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's escapes and literals
        return ast.parse(text)


# Cell magics whose body is Python of the same session.
_PYTHON_CELLS = {"time", "timeit", "capture", "prun", "python", "python3", "memit", "mprun", "lprun"}
_LINE_MAGIC = re.compile(r"^(\s*)(?:[%!].*|\?.*|[\w.]+\?{1,2}\s*)$")
_TIMED = re.compile(r"^(\s*)%(?:time|timeit|prun|memit)\s+(?:-\w+\s*\d*\s+)*(\S.*)$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*$")


def python_of(cell: str) -> str:
    """A cell's source with IPython's own syntax replaced by Python that does nothing, line for line."""
    lines = cell.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        if not _PYTHON_CELLS.intersection(lines[first][2:].split()[:1]):
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    goes_on = False
    for index, line in enumerate(lines):
        was_magic = goes_on
        goes_on = line.endswith("\\") and (was_magic or _LINE_MAGIC.match(line) is not None)
        if was_magic:
            lines[index] = ""
        elif not _is_operator(lines, index):
            for pattern, python in ((_TIMED, r"\1\2"), (_LINE_MAGIC, r"\1pass"), (_ASSIGNED_MAGIC, r"\1None")):
                lines[index] = pattern.sub(python, lines[index])
    return "\n".join(lines)


def _is_operator(lines: list[str], index: int) -> bool:
    """Whether a `%` at the beginning of a line goes on with the expression of the lines before."""
    before = "\n".join(lines[:index])
    return any(before.count(opening) > before.count(closing) for opening, closing in ("()", "[]", "{}"))
