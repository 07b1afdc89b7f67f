"""Where a node was made: a code object and an instruction in it, turned into file, line and expression on demand.

Taking an origin costs two attribute reads of the caller's frame. Frames of chainrule itself are skipped, so that the
origin is always the line of the person who called.
"""

from __future__ import annotations

import linecache
import os
import sys
from opcode import opmap
from types import CodeType, FrameType
from typing import NamedTuple

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

getframe = sys._getframe
STORES = (opmap["STORE_ATTR"], opmap["STORE_SUBSCR"])

OUTSIDE: set[str] = set()
"""Names of files known not to be chainrule's. The hot path asks this set only."""

INSIDE: set[str] = set()
"""Names of files known to be chainrule's."""

WATCHING = frozenset(PACKAGE + os.path.join("insight", name) for name in ("_watch.py", "_guard.py"))
"""What hands ops on to be run, and runs none of its own."""


def outer(frame: FrameType, depth: int = 0) -> FrameType:
    """The nearest frame, from ``frame`` outward, that is not chainrule's; if all are, the outermost.

    ``depth``: where a path of dispatch looks for its caller, by how many frames ``frame`` is beyond it.
    """
    while True:
        name = frame.f_code.co_filename
        if name in INSIDE:
            back = frame.f_back
        elif name in OUTSIDE:
            break
        elif name in WATCHING:
            # It has been called by general(), and that by another path: the caller is beyond these.
            back = getframe(depth + 4) if depth else frame.f_back
        else:
            (INSIDE if name.startswith(PACKAGE) else OUTSIDE).add(name)
            continue
        if back is None:
            break
        frame, depth = back, 0
    return frame


def caller(skip: int = 1) -> tuple[CodeType, int]:
    """The origin of whoever called into chainrule; ``skip`` frames are known to be chainrule's own."""
    frame = getframe(skip)
    code = frame.f_code
    if code.co_filename not in OUTSIDE:
        frame = outer(frame)
        code = frame.f_code
    return code, frame.f_lasti


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
    return " ".join(part.decode(errors="replace").strip() for part in raw)


def _shown(file: str) -> str:
    """A notebook cell by its number where IPython knows it, any other file by its name."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and "ipykernel" in file:
        shell = ipython.get_ipython()
        names = getattr(getattr(shell, "compile", None), "_filename_map", {})
        if file in names:
            return f"cell [{names[file]}]"
    return f'file "{file}"'
