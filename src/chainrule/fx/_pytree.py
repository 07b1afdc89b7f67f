"""Arguments taken apart by the shape that they were traced with."""

from __future__ import annotations

from typing import Any

from ..utils._pytree import tree_flatten

__all__ = ["tree_flatten_spec"]


def tree_flatten_spec(pytree: Any, spec: Any) -> list[Any]:
    """The leaves of a tree that must have a given shape.

    Raises:
        ValueError: it has another.
    """
    leaves, found = tree_flatten(pytree)
    if found != spec:
        raise ValueError(
            f"the traced program takes containers of the shape {spec}, not {found}: trace it again for those"
        )
    return leaves
