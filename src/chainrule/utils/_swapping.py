"""``torch.utils.swap_tensors``: two tensors change places, and keep who they are."""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any

from ..core.node import AccumulateGrad
from ..core.value import TensorBase

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["swap_tensors"]

SLOTS = ("_array", "_cell", "_meta_slot", "_node", "_view")


def swap_tensors(t1: Tensor, t2: Tensor) -> None:
    """Exchange all that two tensors are and hold: class, attributes, memory, ``.grad`` and hooks.

    Whoever holds ``t1`` holds what ``t2`` was from then on.

    Args:
        t1: a tensor without weak references to it, other tensors that share its memory, or a graph that needs it.
        t2: likewise.

    Raises:
        RuntimeError: there are such. Nothing has changed then. TypeError: no tensors.

    >>> import chainrule as torch
    >>> a, b = torch.zeros(2), torch.ones(3, requires_grad=True)
    >>> torch.utils.swap_tensors(a, b)
    >>> a, b
    (tensor([1., 1., 1.], requires_grad=True), tensor([0., 0.]))
    """
    both: Any = (t1, t2)
    for name, tensor in zip(("t1", "t2"), both, strict=True):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"swap_tensors(): argument '{name}' must be Tensor, not {type(tensor).__name__}")
        _refuse_if_shared(name, tensor)
    held = [{slot: getattr(tensor, slot) for slot in SLOTS} | {"__dict__": tensor.__dict__} for tensor in both]
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__
    for tensor, content in zip(both, reversed(held), strict=True):
        for slot, value in content.items():
            setattr(tensor, slot, value)
        for node in _own_nodes(tensor):
            node.ref = weakref.ref(tensor)


def _own_nodes(tensor: Any) -> list[AccumulateGrad]:
    """The nodes by which the tensor is a leaf: they know it by a weak reference."""
    kept = tensor._meta_slot and tensor._meta_slot.accumulator
    return [node for node in {tensor._node, kept} if isinstance(node, AccumulateGrad)]


def _refuse_if_shared(name: str, tensor: Any) -> None:
    own = {node.ref for node in _own_nodes(tensor)}
    if any(ref not in own for ref in weakref.getweakrefs(tensor)):
        raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    if tensor._view is not None or (tensor._cell is not None and sys.getrefcount(tensor._cell) > 2):
        raise RuntimeError(
            f"Cannot swap {name}: it is a view, has views, or a graph needs its value. Let go of them first, or swap a clone()"
        )
