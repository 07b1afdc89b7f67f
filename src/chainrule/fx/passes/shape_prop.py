"""Shapes and dtypes of the values in a graph, from an example: :class:`ShapeProp`."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..._tensor import Tensor
from ...functions.memory import channels_last, channels_last_3d, contiguous_format
from ..interpreter import Interpreter
from ..node import Node, map_aggregate

__all__ = ["ShapeProp", "TensorMetadata"]


class TensorMetadata(NamedTuple):
    """What is known of a tensor without its numbers; ``is_quantized`` and ``qparams`` are PyTorch's."""

    shape: Any
    dtype: Any
    requires_grad: bool
    stride: tuple[int, ...]
    memory_format: Any
    is_quantized: bool
    qparams: dict[str, Any]


def _extract_tensor_metadata(result: Tensor, include_contiguity: bool = True) -> TensorMetadata:
    """The metadata of a tensor."""
    formats = [contiguous_format, *({4: [channels_last], 5: [channels_last_3d]}.get(result.ndim, []))]
    laid_out = (
        next((one for one in formats if result.is_contiguous(memory_format=one)), None) if include_contiguity else None
    )
    return TensorMetadata(result.shape, result.dtype, result.requires_grad, result.stride(), laid_out, False, {})


class ShapeProp(Interpreter):
    """Runs a graph on an example, and notes in each node what its value is.

    ``node.meta["tensor_meta"]`` becomes the :class:`TensorMetadata` of a tensor, or containers of them, and
    ``node.meta["type"]`` the type of the value.

    Args:
        gm: the module.

    >>> import chainrule as torch
    >>> from chainrule.fx.passes.shape_prop import ShapeProp
    >>> traced = torch.fx.symbolic_trace(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()))
    >>> _ = ShapeProp(traced).propagate(torch.ones(5, 2))
    >>> [(node.name, node.meta["tensor_meta"].shape) for node in traced.graph.nodes if node.op == "call_module"]
    [('_0', torch.Size([5, 3])), ('_1', torch.Size([5, 3]))]
    """

    def __init__(self, gm: Any, fake_mode: None = None) -> None:
        if fake_mode is not None:
            raise NotImplementedError(
                "ShapeProp: chainrule has no fake tensors; the example runs as it is (fake_mode=None)"
            )
        super().__init__(gm)

    def run_node(self, n: Node) -> Any:
        """As :meth:`Interpreter.run_node`; the node notes its value.

        Raises:
            RuntimeError: the node raises; from what it raised.
        """
        try:
            result = super().run_node(n)
        except Exception as error:
            raise RuntimeError(f"ShapeProp: {n.format_node()} does not take these values: {error}") from error
        found = False

        def look(value: Any) -> Any:
            nonlocal found
            if isinstance(value, Tensor):
                found = True
                return _extract_tensor_metadata(value)
            return value

        meta = map_aggregate(result, look)
        if found:
            n.meta["tensor_meta"] = meta
        n.meta["type"] = type(result)
        return result

    def propagate(self, *args: Any) -> Any:
        """Run the graph on an example; what it returns."""
        return super().run(*args)
