"""The graph made visible: a read-only model of it, and what reads that model.

Loaded on first use; nothing below knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late
from .drawing import Drawing, draw
from .model import Edge, Graph, Numbers, Operation, Value

if TYPE_CHECKING:
    from ._broadcasts import warn_broadcasts
    from ._causes import Cause, Reason
    from ._diff import Difference, diff
    from ._explain import Explanation, explain
    from ._guard import guard
    from ._kinks import Kink, kinks
    from ._memory import Memory, memory
    from ._torch import from_torch
    from ._why import why
    from ._why_module import ModuleReport

LATE = {
    "_broadcasts": "warn_broadcasts",
    "_causes": "Cause Reason",
    "_diff": "Difference diff",
    "_explain": "Explanation explain",
    "_guard": "guard",
    "_kinks": "Kink kinks",
    "_memory": "Memory memory",
    "_torch": "from_torch",
    "_why": "why",
    "_why_module": "ModuleReport",
}

__all__ = [
    "Cause",
    "Difference",
    "Drawing",
    "Edge",
    "Explanation",
    "Graph",
    "Kink",
    "Memory",
    "ModuleReport",
    "Numbers",
    "Operation",
    "Reason",
    "Value",
    "diff",
    "draw",
    "explain",
    "from_torch",
    "guard",
    "kinks",
    "memory",
    "warn_broadcasts",
    "why",
]

__getattr__ = late(globals(), LATE)
