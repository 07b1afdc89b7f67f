"""What a tensor is made of: the slots that the engine reads and writes.

``chainrule._tensor.Tensor`` adds the methods. Ops build tensors through :func:`new_tensor`, which ``_tensor.py`` points
at its class once, so that the core never imports it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .node import AccumulateGrad, Node
    from .version import Cell
    from .views import View

Raw = Any
"""A raw value: np.ndarray, or a NumPy scalar for a 0-d result that nobody writes to or views."""


class Meta:
    """What few tensors have: an accumulated gradient, hooks, flags."""

    __slots__ = ("accumulator", "grad", "post_hooks", "retains_grad")

    grad: Any
    retains_grad: bool
    post_hooks: dict[int, Any] | None
    accumulator: AccumulateGrad | None
    """A leaf's node, kept while requires_grad is off, so that switching it on again finds the same one."""

    def __init__(self) -> None:
        self.grad = None
        self.retains_grad = False
        self.post_hooks = None
        self.accumulator = None


class TensorBase:
    """The slots of a tensor; see the module docstring."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Whatever ``Tensor`` adds: the layers below it use a few of its methods."""

    __slots__ = ("__dict__", "__weakref__", "_array", "_cell", "_meta", "_node", "_view")

    _array: Raw
    _node: Node | None
    """The node that made it (or its AccumulateGrad, for a leaf that requires grad); None without gradient.
    Of a view, ask :func:`chainrule.core.views.current_node`: a write to its base makes this one stale."""
    _cell: Cell | None
    """The version counter, shared with views; made when first needed."""
    _view: View | None
    _meta: Meta | None


def meta_of(tensor: TensorBase) -> Meta:
    """The tensor's :class:`Meta`, made when there is none."""
    meta = tensor._meta
    if meta is None:
        meta = tensor._meta = Meta()
    return meta


allocate: Any = partial(object.__new__, TensorBase)


def set_tensor_class(cls: type[TensorBase]) -> None:
    """Called once by ``_tensor.py``: the class that ops return."""
    # Changed in place: the ops, which hold ``allocate`` in their closures, were declared before.
    allocate.__setstate__((object.__new__, (cls,), {}, {}))


def new_tensor(array: Raw, node: Node | None = None) -> Any:
    """A tensor of its own around ``array``; ``node`` is what made it."""
    tensor = allocate()
    tensor._array = array
    tensor._node = node
    tensor._cell = tensor._view = tensor._meta = None
    return tensor


def writable(tensor: TensorBase) -> np.ndarray[Any, Any]:
    """The tensor's memory as an ndarray: a 0-d value kept as a NumPy scalar becomes a 0-d array."""
    array = tensor._array
    if type(array) is not np.ndarray:
        array = tensor._array = np.asarray(array)
    return array
