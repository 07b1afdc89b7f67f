"""What a tensor is made of: the slots that the engine reads and writes.

``chainrule._tensor.Tensor`` adds the methods. Ops build tensors through :func:`new_tensor`, which ``_tensor.py`` points
at its class once, so that the core never imports it.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..device import CPU, device

if TYPE_CHECKING:
    from .node import AccumulateGrad, Node
    from .version import Cell
    from .views import View

Raw = Any
"""A raw value: np.ndarray, a NumPy scalar for a 0-d result that nobody writes to or views, or a :class:`Lifted` value."""


class Lifted:
    """A raw value that is no array: see ``core.lifted``."""

    __slots__ = ("dtype", "level", "levels", "shape")
    __array_ufunc__ = None
    is_constant = False
    """Whether a write leaves it as it is, so that tensors share it as they would share memory."""
    face: Any = None
    """The class of the tensors around such values, if they have one of their own."""
    flags: Any
    level: Any
    levels: frozenset[Any]
    """This level and those of what is inside."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __init__(self, level: Any, inside: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.level = level
        self.levels = inside | {level}
        self.shape = shape
        self.dtype = dtype

    @property
    def device(self) -> device:
        return CPU

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """Those of C order: a lifted value is no memory that could be laid out otherwise."""
        return tuple([self.itemsize * prod(self.shape[at + 1 :]) for at in range(len(self.shape))])

    def outline(self) -> Any:
        """An array that lies in memory as the value would, in C order. Its numbers mean nothing."""
        return np.empty(self.shape, self.dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("a lifted value is no NumPy array")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a lifted value is no NumPy array")

    __ne__ = __eq__
    __hash__ = object.__hash__

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return NotImplemented

    def plain(self, doing: str) -> Any:
        """The one array that it stands for; raises where it stands for several or none, saying what was being done."""
        raise NotImplementedError

    def numbers(self) -> Any:
        """All numbers that it stands for, as an array of any shape, to be checked; empty where there are none yet."""
        return np.empty(0, self.dtype)

    def like(self, array: Any) -> Raw:
        """A plain array as a value that others of the same batch can be written to."""
        return array

    def without_tangents(self) -> Any:
        """The same value at rest: what is left of it when forward mode is left out."""
        raise NotImplementedError

    def shown(self) -> tuple[Any, list[str]]:
        """How it is printed: the array whose numbers are shown, and what to add behind them; or the whole text."""
        raise NotImplementedError

    def nesting(self) -> int:
        """How many levels lie inside, this one included."""
        return 1 + sum(level.depth < self.level.depth for level in self.levels)


NO_LEVELS: frozenset[Any] = frozenset()


class Parked(Lifted):
    """A value that a compiled program left with XLA. Whoever asks for the tensor's memory gets it as an ndarray."""

    __slots__ = ("value",)

    value: Any
    """A JAX array."""

    def __init__(self, value: Any, like: Any = None) -> None:
        """``like`` has its shape and dtype, where the caller knows them: JAX takes its time to answer."""
        known = value if like is None else like
        self.value = value
        self.shape = known.shape
        self.dtype = np.dtype(known.dtype)
        self.levels = NO_LEVELS

    def plain(self, doing: str) -> Any:
        return np.asarray(self.value)

    def without_tangents(self) -> Any:
        return self

    def shown(self) -> tuple[Any, list[str]]:
        return np.asarray(self.value), []


class Flags:
    """The flags of a lifted value."""

    c_contiguous = writeable = True
    f_contiguous = False


Lifted.flags = Flags()


class Meta:
    """What few tensors have: an accumulated gradient, hooks, flags."""

    __slots__ = ("accumulator", "backward", "cleared", "count", "grad", "post_hooks", "retains_grad")

    grad: Any
    retains_grad: bool
    post_hooks: dict[int, Any] | None
    accumulator: AccumulateGrad | None
    """A leaf's node, kept while requires_grad is off, so that switching it on again finds the same one."""
    backward: Any
    """The last backward (:class:`chainrule.core.node.Freed`) that added to ``grad``, or None."""
    count: int
    """How many backwards ``grad`` is the sum of."""
    cleared: Any
    """(code, instruction) of who last took ``grad`` away, or None."""

    def __init__(self) -> None:
        self.grad = self.backward = self.cleared = None
        self.count = 0
        self.retains_grad = False
        self.post_hooks = None
        self.accumulator = None


class TensorBase:
    """The slots of a tensor; see the module docstring."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Whatever ``Tensor`` adds: the layers below it use a few of its methods."""

    __slots__ = ("__dict__", "__weakref__", "_array", "_cell", "_meta_slot", "_node", "_view")

    _array: Raw
    _node: Node | None
    """The node that made it (or its AccumulateGrad, for a leaf that requires grad); None without gradient.
    Of a view, ask :func:`chainrule.core.views.current_node`: a write to its base makes this one stale."""
    _cell: Cell | None
    """The version counter, shared with views; made when first needed."""
    _view: View | None
    _meta_slot: Meta | None
    """Not ``_meta``, as which subclasses of users keep notes of their own."""


def meta_of(tensor: TensorBase) -> Meta:
    """The tensor's :class:`Meta`, made when there is none."""
    meta = tensor._meta_slot
    if meta is None:
        meta = tensor._meta_slot = Meta()
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
    tensor._cell = tensor._view = tensor._meta_slot = None
    return tensor


def faced(tensor: Any) -> Any:
    """A tensor that the engine made, in the class that its value asks for."""
    face = getattr(tensor._array, "face", None)
    if face is not None:
        tensor.__class__ = face
    return tensor


def writable(tensor: TensorBase) -> Any:
    """The tensor's memory as an ndarray: a 0-d value kept as a NumPy scalar becomes a 0-d array. A lifted value is none."""
    array = tensor._array
    if type(array) is Parked:
        array = tensor._array = np.array(array.value)
    elif type(array) is not np.ndarray and not isinstance(array, Lifted):
        array = tensor._array = np.asarray(array)
    return array


def device_of(array: Raw) -> device:
    """Where the tensor of a raw value lives."""
    return array.device if isinstance(array, Lifted) else CPU


def is_constant(array: Raw) -> bool:
    """Whether a raw value stays what it is when a tensor that has it is written to."""
    return isinstance(array, Lifted) and array.is_constant


def numbers_of(array: Raw) -> Any:
    """All the numbers of a raw value, whatever their places: what checks of values look at."""
    return array.numbers() if isinstance(array, Lifted) else array


def like(array: Raw, made: Any) -> Raw:
    """A new plain array as a value like the raw ``array``: on its device, one for each element of its batch."""
    return array.like(made) if isinstance(array, Lifted) and not isinstance(made, Lifted) else made


def at_rest(array: Raw) -> Raw:
    """A raw value without tangents."""
    return array.without_tangents() if isinstance(array, Lifted) else array
