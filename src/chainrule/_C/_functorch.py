"""``torch._C._functorch``: whether a tensor is one of a batch, under the names by which packages ask."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._missing import missing_name
from ..core.batch_level import Batched, BatchLevel

__all__: list[str] = []


def is_batchedtensor(tensor: Any) -> bool:
    """Whether a tensor stands for the elements of a batch, inside of ``vmap``."""
    return isinstance(tensor._array, Batched)


def get_unwrapped(tensor: Any) -> Any:
    """The whole batch of which a tensor stands for the elements, its dimension in front."""
    level = tensor._array.level
    return ops.batch_out(tensor, level=level, axis=-1 - tensor._array.ndim)


def _add_batch_dim(tensor: Any, batch_dim: int, level: BatchLevel) -> Any:
    """A tensor as one that stands for its parts along a dimension."""
    axis = batch_dim - tensor._array.ndim if batch_dim >= 0 else batch_dim
    return ops.batch_in(tensor, level=level, axis=axis)


def _remove_batch_dim(tensor: Any, level: BatchLevel, batch_size: int, out_dim: int) -> Any:
    """What a tensor stands for, along a dimension; one that is the same for all, once for each."""
    array = tensor._array
    if not (isinstance(array, Batched) and level in array.levels):
        return tensor.unsqueeze(out_dim).expand(*tensor.shape[:out_dim], batch_size, *tensor.shape[out_dim:])
    axis = out_dim - array.ndim - 1 if out_dim >= 0 else out_dim
    return ops.batch_out(tensor, level=level, axis=axis)


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
