"""The graph made visible: a read-only model of it, and what reads that model.

Loaded on first use; nothing below knows of it.
"""

from __future__ import annotations

from .model import Edge, Graph, Numbers, Operation, Value

__all__ = ["Edge", "Graph", "Numbers", "Operation", "Value"]
