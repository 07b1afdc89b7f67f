"""Where a node was made: a code object and an instruction in it, which ``places`` turns into file, line and expression.

Taking an origin costs two attribute reads of the caller's frame. Frames of chainrule itself are skipped, so that the
origin is always the line of the person who called.
"""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

from .. import _late

if TYPE_CHECKING:
    from .places import Place, resolve

__all__ = ["INSIDE", "OUTSIDE", "PACKAGE", "WATCHING", "Place", "caller", "getframe", "outer", "own_code", "resolve"]

__getattr__ = _late.late(globals(), {"places": "Place resolve"})

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

getframe = sys._getframe

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


def own_code(function: Any, name: str) -> Any:
    """The function with a code object of its own, of another name."""
    code = function.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, function.__globals__, name, function.__defaults__, function.__closure__)
