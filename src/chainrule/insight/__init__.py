"""The graph made visible: a read-only model of it, and what reads that model.

Loaded on first use; nothing below knows of it.
"""

from __future__ import annotations

from .drawing import Drawing, draw
from .model import Edge, Graph, Numbers, Operation, Value

__all__ = ["Drawing", "Edge", "Graph", "Numbers", "Operation", "Value", "draw"]
