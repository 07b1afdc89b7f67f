"""The graph made visible: a read-only model of it, and what reads that model.

Loaded on first use; nothing below knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late
from .drawing import Drawing, draw
from .model import Edge, Graph, Numbers, Operation, Value

if TYPE_CHECKING:
    from ._diff import Difference, diff
    from ._explain import Explanation, explain
    from ._memory import Memory, memory
    from ._torch import from_torch

LATE = {
    "_diff": "Difference diff",
    "_explain": "Explanation explain",
    "_memory": "Memory memory",
    "_torch": "from_torch",
}

__all__ = [
    "Difference",
    "Drawing",
    "Edge",
    "Explanation",
    "Graph",
    "Memory",
    "Numbers",
    "Operation",
    "Value",
    "diff",
    "draw",
    "explain",
    "from_torch",
    "memory",
]

__getattr__ = late(globals(), LATE)
