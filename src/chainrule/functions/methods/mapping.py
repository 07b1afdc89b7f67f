"""Methods that call a Python function of the elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.mutation import refuse_write
from ...core.origin import caller
from ...core.value import Lifted, TensorBase, writable
from ...core.version import bump
from ...core.views import current_node
from .._arguments import tensor_argument

if TYPE_CHECKING:
    from ..._tensor import Tensor


class MappingMethods(TensorBase):
    """Methods that call a Python function of the elements."""

    __slots__ = ()

    def apply_(self: Any, callable: Callable[[Any], Any]) -> Tensor:
        """Put what a Python function makes of each element in its place; slow, and without a gradient.

        >>> import chainrule as torch
        >>> torch.tensor([1., 2.]).apply_(lambda number: number + 1)
        tensor([2., 3.])
        """
        return mapped(self, callable, (), "apply_")

    def map_(self: Any, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
        """As ``apply_``, of a function of this tensor's elements and those of another."""
        return mapped(self, callable, (tensor,), "map_")

    def map2_(self: Any, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
        """As ``map_``, with two other tensors."""
        return mapped(self, callable, (x, y), "map2_")


def mapped(self: Any, function: Any, others: tuple[Any, ...], name: str) -> Tensor:
    """Write a Python function of the elements of tensors into the first of them."""
    for other in others:
        tensor_argument(other, name, "other")
        if other._array.dtype != self._array.dtype:
            raise TypeError(f"{name}: expected a tensor of {self.dtype} for 'other' (got one of {other.dtype})")
    if any(current_node(one) is not None for one in (self, *others)):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    if not callable(function):
        raise TypeError(f"'{type(function).__name__}' object is not callable")
    arrays = [writable(one) for one in (self, *others)]
    if any(isinstance(one, Lifted) for one in arrays):
        raise RuntimeError(
            f"{name}(): a Python function of the elements cannot be called inside of a transform, or on another device"
        )
    array = arrays[0]
    arrays = [np.broadcast_to(one, array.shape) for one in arrays]
    refuse_write(self, array, False)
    results = [function(*numbers) for numbers in zip(*[one.reshape(-1).tolist() for one in arrays], strict=True)]
    array[...] = np.array(results, object).reshape(array.shape)
    bump(self, caller())
    return self
