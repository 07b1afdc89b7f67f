"""Run a short program that leaves its answer in ``result``: in PyTorch when recording, in chainrule when testing."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np

PRELUDE = """
x = torch.tensor([1., 2., 3.], requires_grad=True)
y = torch.tensor([.5, -1., 4.], requires_grad=True)
m = torch.tensor([[1., 2., 3.], [4., 5., 6.]], requires_grad=True)
n = torch.tensor([[1., 0.], [2., -1.], [.5, 3.]], requires_grad=True)
s = torch.tensor(2., requires_grad=True)
c = torch.tensor([2., 3., 4.])
"""


def run(torch: ModuleType, program: str) -> Any:
    """What ``program`` leaves in ``result``, as JSON can hold it, or the RuntimeError that it raises."""

    def gradients(output: Any, *inputs: Any) -> list[Any]:
        """Gradients of ``output``, its elements weighted 1, 2, 3 ... so that no two are alike."""
        weights = torch.arange(1.0, output.numel() + 1).reshape(output.shape)
        return plain(torch.autograd.grad((output * weights).sum(), inputs, allow_unused=True))

    namespace = {"torch": torch, "np": np, "graph": graph, "saved": saved, "gradients": gradients}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(PRELUDE + program, namespace)
        except RuntimeError as error:
            return {"raises": str(error)[:60]}
    return plain(namespace["result"])


def graph(tensor: Any) -> list[Any]:
    """The graph above ``tensor``: a node a line with its edges as [line, output], breadth first."""
    lines = {tensor.grad_fn: 0}
    nodes = [tensor.grad_fn]
    text = []
    for node in nodes:  # grows as it goes
        edges: list[Any] = []
        for parent, output in node.next_functions:
            if parent is not None and parent not in lines:
                lines[parent] = len(nodes)
                nodes.append(parent)
            edges.append(None if parent is None else [lines[parent], output])
        text.append([node.name(), edges])
    return text


def saved(tensor: Any, *names: str) -> dict[str, Any]:
    """What the node of ``tensor`` saved under these names."""
    return {name: getattr(tensor.grad_fn, f"_saved_{name}") for name in names}


def plain(value: Any) -> Any:
    """``value`` in lists, dicts, strings, numbers and None."""
    if hasattr(value, "detach"):
        return plain(value.detach().tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
