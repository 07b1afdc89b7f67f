"""The samples of a batch, fetched from a dataset."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from ...._tensor import Tensor
from ....core.modes import get_modes
from ..dataset import rows_at
from .collate import collate_tensor_fn, default_collate, default_collate_fn_map

__all__ = ["fetcher"]


def fetcher(dataset: Any, is_iterable: bool, in_batches: bool, collate: Callable[[Any], Any], drop_last: bool) -> Any:
    """The function from what a sampler gives to what a loader gives."""
    if is_iterable:
        return from_iterable(iter(dataset), in_batches, collate, drop_last)
    many = getattr(dataset, "__getitems__", None)
    if not in_batches:
        return lambda index: collate(dataset[index])

    def fetch(indices: Any) -> Any:
        rows = rows_at(dataset, indices) if stacks_tensors(collate) and get_modes() is None else None
        if rows is not None:
            return rows
        return collate(many(indices) if callable(many) else [dataset[index] for index in indices])

    return fetch


def stacks_tensors(collate: Callable[[Any], Any]) -> bool:
    """Whether tuples of tensors become a list of stacks of them: unless somebody has said otherwise."""
    return collate is default_collate and default_collate_fn_map.get(Tensor) is collate_tensor_fn


def from_iterable(samples: Any, in_batches: bool, collate: Callable[[Any], Any], drop_last: bool) -> Any:
    def fetch(indices: Any) -> Any:
        if not in_batches:
            return collate(next(samples))
        wanted = list(indices)
        batch = list(islice(samples, len(wanted)))
        if not batch or (drop_last and len(batch) < len(wanted)):
            raise StopIteration
        return collate(batch)

    return fetch
