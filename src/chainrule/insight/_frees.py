"""What would be freed with some objects: their deletion played through on the reference counts, without deleting anything.

Exact where reference counting frees (a graph needs no more): whoever else holds an object, a variable, a list, a NumPy array
that shares its memory, another graph, has a reference that the play never takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gc import get_referents
from sys import getrefcount, getsizeof
from types import CodeType, ModuleType, NoneType
from typing import Any

import numpy as np

PLAIN = {int, float, complex, str, bytes, bool, NoneType, type, CodeType, ModuleType}
"""What refers to nothing that matters here, and is not worth a look."""


def freed_with(roots: list[Any]) -> list[Any]:
    """All objects that are freed when the ``roots`` are, which are among them."""
    freed = list(roots)
    left = {id(root): 0 for root in freed}
    get = left.get
    for thing in freed:  # which grows
        children = referents(thing)
        ids = list(map(id, children))
        for one, child in zip(ids, children, strict=True):
            if type(child) in PLAIN:
                continue
            known = get(one)
            if known is None:
                known = getrefcount(child) - ids.count(one) - OWN_REFERENCES
            left[one] = known - 1
            if known == 1:
                freed.append(child)
    return freed


def referents(thing: Any) -> list[Any]:
    """What an object refers to. An ndarray hides from the collector that it refers to its base."""
    if isinstance(thing, np.ndarray):
        return [] if thing.base is None else [thing.base]
    return get_referents(thing)


def _own_references() -> int:
    """What getrefcount counts too much in the loop of :func:`freed_with`."""
    things = [object()]
    for _, thing in zip([0], things, strict=True):
        return getrefcount(thing) - len(things)
    raise AssertionError


OWN_REFERENCES = _own_references()


def memory_in(things: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """(id, bytes) of each piece of memory that one of the objects owns."""
    for thing in things:
        size = owned_bytes(thing)
        if size:
            yield id(thing), size


def owned_bytes(thing: Any) -> int:
    """The bytes of values that an object has of its own: of a view none, of what is no array none."""
    if isinstance(thing, np.ndarray):
        return 0 if isinstance(thing.base, np.ndarray) else thing.nbytes
    if isinstance(thing, np.generic):
        return thing.nbytes
    if type(thing).__module__.partition(".")[0] in ("jax", "jaxlib"):
        return getattr(thing, "nbytes", 0)
    return 0


def bookkeeping(things: Iterable[Any]) -> int:
    """The bytes of the objects themselves, beside the values of arrays."""
    return sum(getsizeof(thing, 0) - owned_bytes(thing) * isinstance(thing, np.ndarray) for thing in things)


def owner_of(array: Any) -> Any:
    """The array whose memory an array shows: itself, if it is no view."""
    while isinstance(array, np.ndarray) and isinstance(array.base, np.ndarray):
        array = array.base
    return array
