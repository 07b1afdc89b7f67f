"""The samples of a batch, fetched from a dataset."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

__all__ = ["fetcher"]


def fetcher(dataset: Any, is_iterable: bool, in_batches: bool, collate: Callable[[Any], Any], drop_last: bool) -> Any:
    """The function from what a sampler gives to what a loader gives."""
    if is_iterable:
        return from_iterable(iter(dataset), in_batches, collate, drop_last)
    many = getattr(dataset, "__getitems__", None)
    if not in_batches:
        return lambda index: collate(dataset[index])
    if callable(many):
        return lambda indices: collate(many(indices))
    return lambda indices: collate([dataset[index] for index in indices])


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
