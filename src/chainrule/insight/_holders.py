"""What the caller calls its tensors, and who holds those that have no name."""

from __future__ import annotations

import gc
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..core.origin import outer
from ..core.places import printable
from ..core.views import current_node
from ._names import Names

if TYPE_CHECKING:
    from ..core.value import TensorBase


def names_around(model: Any = None) -> Names:
    """The names that whoever called into chainrule, and its callers, have for tensors; those of the innermost frame go first."""
    names = Names(model, None, None)
    frame: FrameType | None = outer(sys._getframe(1))
    while frame is not None:
        names.look_into(frame)
        frame = frame.f_back
    return names


def name_of(tensor: TensorBase, names: Names, ours: Any = None) -> str:
    """A tensor's name; of one that has none, what refers to it (other than ``ours``); else its shape."""
    node = current_node(tensor)
    known = names.by_array.get(id(tensor._array)) if node is None else names.by_node.get(id(node))
    if known is not None:
        return known[0]
    return printable(referrer(tensor, ours)) or f"a tensor of shape {list(tensor._array.shape)}"


def referrer(tensor: TensorBase, ours: Any) -> str:
    """The object, list or dict that has a tensor, in words."""
    for holder in gc.get_referrers(tensor):
        if holder is ours:
            continue
        attributes = getattr(holder, "__dict__", None)
        if isinstance(holder, dict):
            key = next((key for key, value in holder.items() if value is tensor), None)
            owner = next((one for one in gc.get_referrers(holder) if getattr(one, "__dict__", None) is holder), None)
            if owner is not None:
                return f"{type(owner).__name__}.{key}"
            return f"a dict, under {key!r}"
        if isinstance(holder, (list, tuple)):
            return f"a {type(holder).__name__} of {len(holder)}, at {next(at for at, one in enumerate(holder) if one is tensor)}"
        if isinstance(attributes, dict):
            key = next((key for key, value in attributes.items() if value is tensor), None)
            if key is not None:
                return f"{type(holder).__name__}.{key}"
    return ""
