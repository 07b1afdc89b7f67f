"""The whole graph of one tensor with all its numbers, and which value of it stands for which node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.engine import seq_of
from ..core.node import ancestors
from ..core.views import current_node
from ._build import Builder, key_of

if TYPE_CHECKING:
    from ..core.value import TensorBase
    from ._names import Names
    from .model import Graph


class Whole:
    """A graph, and its values by the nodes of tensors. Holds the nodes."""

    def __init__(self, out: TensorBase, names: Names, seed: Any = None) -> None:
        """``seed``: by default 1 for each element."""
        node: Any = current_node(out)
        if seed is None and out._array.size != 1:
            seed = np.ones(out._array.shape, out._array.dtype)
        builder = Builder([out], [node], sorted(ancestors([node]), key=seq_of), names, seed, True)
        self.graph: Graph = builder.graph()
        self.ids = {key: value.id for key, value in zip(builder.keys, self.graph.values, strict=True)}

    def id_of(self, tensor: TensorBase) -> str:
        """The id of a tensor's value; empty where it is none of the graph."""
        node = current_node(tensor)
        return "" if node is None else self.ids.get(key_of(node), "")
