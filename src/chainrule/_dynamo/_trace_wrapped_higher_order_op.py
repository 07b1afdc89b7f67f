"""A mode that PyTorch needs to index by numbers of a batch."""

from __future__ import annotations

from typing import Any

from ..overrides import TorchFunctionMode

__all__ = ["TransformGetItemToIndex"]


class TransformGetItemToIndex(TorchFunctionMode):
    """In PyTorch, lets ``x[i]`` inside ``vmap`` take a number ``i`` of the batch. Here it always does: calls go on as they are."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))
