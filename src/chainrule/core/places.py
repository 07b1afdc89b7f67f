"""An origin turned into what people read: file, line, function and expression."""

from __future__ import annotations

import linecache
import sys
from opcode import opmap
from types import CodeType
from typing import NamedTuple

__all__ = ["Place", "printable", "resolve"]

STORES = (opmap["STORE_ATTR"], opmap["STORE_SUBSCR"])


class Place(NamedTuple):
    """A resolved origin."""

    file: str
    line: int
    function: str
    expression: str
    """The exact source of the call or operator, on one line; empty when the source is not at hand."""

    def __str__(self) -> str:
        where = f"{_shown(self.file)}, line {self.line}, in {self.function}"
        return f"`{self.expression}`  ({where})" if self.expression else where


def resolve(code: CodeType, instruction: int) -> Place:
    """File, line and expression of an instruction."""
    start, end, left, right = list(code.co_positions())[instruction // 2]
    line = start or code.co_firstlineno
    if code.co_code[instruction] in STORES:  # of `w.data = x` the instruction has the target only
        right = None if end is None else len(linecache.getline(code.co_filename, end).rstrip().encode())
    return Place(code.co_filename, line, code.co_name, _expression(code.co_filename, line, end, left, right))


def _expression(file: str, first: int, last: int | None, left: int | None, right: int | None) -> str:
    if last is None or left is None or right is None:
        return linecache.getline(file, first).strip()
    lines = [linecache.getline(file, n) for n in range(first, last + 1)]
    if not all(lines):
        return ""
    # Columns count UTF-8 bytes.
    raw = [line.encode() for line in lines]
    raw[-1] = raw[-1][:right]
    raw[0] = raw[0][left:]
    return printable(" ".join(part.decode(errors="replace").strip() for part in raw))


def printable(name: str) -> str:
    """The name on one line, with escapes for what would move a terminal's cursor or turn the text around."""
    return name if name.isprintable() else "".join([c if c.isprintable() else ascii(c)[1:-1] for c in name])


def _shown(file: str) -> str:
    """A notebook cell by its number where IPython knows it, any other file by its name."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and "ipykernel" in file:
        shell = ipython.get_ipython()
        names = getattr(getattr(shell, "compile", None), "_filename_map", {})
        if file in names:
            return f"cell [{names[file]}]"
    return f'file "{printable(file)}"'
