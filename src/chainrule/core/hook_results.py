"""What hooks may return: gradients in the place of those that they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .value import TensorBase

if TYPE_CHECKING:
    from .node import Node

__all__ = ["check_many", "check_one"]


def check_one(result: Any, given: Any, node: Node) -> None:
    """Raise where ``result`` cannot stand for the gradient ``given``, a tensor or None."""
    if not isinstance(result, TensorBase):
        raise TypeError(
            f"expected Variable, but hook returned '{type(result).__name__}': a hook on {node.name()} returns a tensor, or None"
        )
    if given is None:
        raise RuntimeError(f"can't replace a None gradient with a non-None value, as a hook on {node.name()} did")
    if result._array.shape != given._array.shape:
        raise RuntimeError(
            f"hook on {node.name()} has changed the size of value: expected {list(given._array.shape)}, "
            f"got {list(result._array.shape)}"
        )
    if result._array.dtype != given._array.dtype:
        raise RuntimeError(
            f"hook on {node.name()} has changed the type of value: expected {given.dtype}, got {result.dtype}. "
            f"Convert what the hook returns with .to({given.dtype})."
        )


def check_many(results: Any, given: tuple[Any, ...], node: Node) -> None:
    """The same for all the gradients that a node's hook was given."""
    if not isinstance(results, tuple):
        raise TypeError(
            f"expected tuple, but hook returned '{type(results).__name__}': a hook on {node.name()} returns a tuple of "
            f"{len(given)}, or None"
        )
    if len(results) != len(given):
        raise RuntimeError(
            f"a hook on {node.name()} has returned an incorrect number of values (got {len(results)}, but expected {len(given)})"
        )
    for result, one in zip(results, given, strict=True):
        if result is not None:
            check_one(result, one, node)
