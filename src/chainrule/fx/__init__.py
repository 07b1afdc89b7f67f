"""``torch.fx``: a program as a graph of calls, which can be read, changed, and run again.

:func:`symbolic_trace` makes a :class:`GraphModule` of a module or a function; its ``graph`` is a list of :class:`Node`, and
its ``code`` the program that it runs. :class:`Interpreter` runs a graph node by node.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._symbolic_trace import PH, ProxyableClassMeta, Tracer, symbolic_trace, wrap
from .graph import CodeGen, Graph
from .graph_module import GraphModule
from .interpreter import Interpreter, Transformer
from .node import Node, has_side_effect, map_arg
from .proxy import Proxy
from .subgraph_rewriter import replace_pattern

__all__ = [
    "PH",
    "CodeGen",
    "Graph",
    "GraphModule",
    "Interpreter",
    "Node",
    "Proxy",
    "ProxyableClassMeta",
    "Tracer",
    "Transformer",
    "has_side_effect",
    "map_arg",
    "replace_pattern",
    "symbolic_trace",
    "wrap",
]

MODULES = ("experimental", "passes")
"""Loaded with the first use."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    from .._missing import missing_name

    raise missing_name(__name__, name)


def __dir__() -> list[str]:
    from .._missing import listed

    return listed(__name__, [*globals(), *MODULES])
