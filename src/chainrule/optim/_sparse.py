"""Steps along sparse gradients: only the elements for which a gradient has values are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.origin import caller
from ..core.sparse_level import is_sparse
from ..core.value import writable
from ..core.version import bump

if TYPE_CHECKING:
    from .optimizer import Optimizer


def has_sparse_gradient(param: Any) -> bool:
    """Whether the gradient of a parameter is sparse."""
    meta = param._meta_slot
    return meta is not None and meta.grad is not None and is_sparse(meta.grad._array)


def refuse_sparse(optimizer: Optimizer) -> None:
    """Raise where a gradient is sparse, before anything has changed."""
    for group in optimizer.param_groups:
        for param in group["params"]:
            if has_sparse_gradient(param):
                raise RuntimeError(
                    f"{type(optimizer).__name__} does not support sparse gradients, please consider SparseAdam instead (or SGD, Adagrad), "
                    f"or make the gradient dense, as nn.Embedding(sparse=False) does: it is of shape {list(param.shape)}"
                )


class Entries:
    """The elements for which a sparse gradient has values."""

    def __init__(self, grad: Any) -> None:
        coalesced = grad._array.coalesced()
        self.places = tuple(coalesced.pattern.indices)
        self.values = coalesced.values

    def of(self, tensor: Any) -> Any:
        """A dense tensor's elements there."""
        return memory(tensor)[self.places]

    def put(self, tensor: Any, values: Any) -> None:
        """Write a dense tensor's elements there."""
        array = memory(tensor)
        array[self.places] = values
        bump(tensor, caller())


def memory(tensor: Any) -> Any:
    array = writable(tensor)
    if not isinstance(array, np.ndarray):
        raise RuntimeError(
            "a sparse gradient updates dense parameters only, on the CPU and outside of compiled functions. Of a sparse parameter, optimize "
            "the values, and make the tensor of them in each step."
        )
    return array
