"""Values that stand for more than one array: a batch, a number with a tangent, a value of a compiled program.

A tensor's ``_array`` may be *lifted*: it has the shape and dtype of the value that the user sees, and belongs to a
*level*, one transform that is (or was) running. Lifted values nest: a batch of duals, a batch of batches. An op that
meets one hands itself to the highest level among its operands; that level computes by the op's record on what is
inside, where the next level below may be met (:func:`interpret`).

A lifted value never changes. NumPy cannot compute on it: whatever is tried raises, which is how an op's hot path,
written for NumPy, notices that it is not one.
"""

from __future__ import annotations

from itertools import count
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend import numpy as numpy_namespace
from . import op as op_module
from .modes import ORDINARY, set_modes
from .value import Lifted, TensorBase, new_tensor

if TYPE_CHECKING:
    from .op import Op

_next_depth = count(1).__next__
BELOW = ORDINARY.replace(grad=False)
"""The modes in which levels compute: the tape is above all of them, and the user's hooks are not asked."""
BELOW_RECORDED = BELOW.replace(grad=True)
"""The same where a level has a tape of its own, for the time of one op."""


class Level:
    """One transform. Of two, the one made later lies inside the other, and is interpreted first."""

    __slots__ = ("depth",)

    depth: int
    is_dual = False
    is_place = False
    """Whether it is no transform, but a device, which cotangents leave wherever they began."""
    makes_batch = False
    """Whether its values are more than one of their shape, so that no memory of that shape can hold them."""

    def __init__(self) -> None:
        self.depth = _next_depth()

    def is_mine(self, array: Any) -> bool:
        """Whether a raw value is of this level, and of none above it."""
        return isinstance(array, Lifted) and array.level is self

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The op on operands of which at least one is of this level, and none of a higher one."""
        raise NotImplementedError

    def led_out(self, g: Any) -> Any:
        """A cotangent, as a tensor, on an edge that leads out of the level: to an operand that was not of it. None: zero."""
        raise NotImplementedError


def top_level(arrays: Any) -> Level | None:
    """The highest level among raw values, or None."""
    found = None
    for array in arrays:
        if isinstance(array, Lifted) and (found is None or array.level.depth > found.depth):
            found = array.level
    return found


def levels_of(array: Any) -> frozenset[Level]:
    """All levels that a raw value belongs to."""
    return array.levels if isinstance(array, Lifted) else frozenset()


def interpret(op: Op, *arrays: Any, **params: Any) -> Any:
    """The op on raw values of which some are lifted."""
    level = top_level(arrays)
    assert level is not None
    own = params.get("level")
    old = set_modes(BELOW)
    try:
        if own is not None and own.depth >= level.depth:  # it is what enters or leaves the level
            return op.raw(*arrays, **params)
        return level.run(op, arrays, params)
    finally:
        set_modes(old)


def lowered(arrays: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The namespace in which to compute on raw values, and the values as it takes them.

    Where one is lifted: the recorded namespace, which interprets, and tensors without history.
    """
    for array in arrays:
        if isinstance(array, Lifted):
            return op_module.recorded_namespace, tuple([new_tensor(a) if hasattr(a, "dtype") else a for a in arrays])
    return numpy_namespace, arrays


def bare(result: Any) -> Any:
    """The raw value of what a namespace of :func:`lowered` gave."""
    return result._array if isinstance(result, TensorBase) else result


def own(array: Any, copy: bool) -> Any:
    """What leaves a level; with ``copy``, in memory of its own: nothing watches what is lifted, and it may be written to."""
    return array.copy() if copy and isinstance(array, np.ndarray) else array


def holders(tensor: TensorBase, part: str) -> tuple[int, int]:
    """How many references there are to a tensor's lifted value, and to a part of what is inside."""
    return getrefcount(tensor._array), getrefcount(getattr(tensor._array, part))


def is_only_holder(tensor: TensorBase, part: str) -> bool:
    """Whether nothing else refers to the memory of that part: no saved value, no view, no other tensor.

    Such memory may leave the level as it is; any other is copied, because nothing watches what is lifted.
    """
    return getattr(getattr(tensor._array, part), "base", tensor) is None and holders(tensor, part) == ONE_HOLDER


class _Example(Lifted):
    __slots__ = ("part",)
    part: Any


def _one_holder() -> tuple[int, int]:
    """What :func:`holders` counts of memory that one tensor holds, which differs between versions of Python."""
    example = _Example(None, frozenset(), (1,), np.dtype(float))
    example.part = np.zeros(1)
    tensor = new_tensor(example)
    del example
    return holders(tensor, "part")


ONE_HOLDER = _one_holder()


def converted(array: Any, dtype: Any) -> Any:
    """A raw value in another dtype."""
    if array.dtype == dtype:
        return array
    if not isinstance(array, Lifted):
        return array.astype(dtype)
    return interpret(op_module.OPS["astype"], array, dtype=dtype)


def put_into(base: Any, value: Any, path: Any) -> Any:
    """The raw ``base`` with ``value`` in the part that a path of views leads to."""
    if not path:
        return value
    return computed(op_module.OPS["put_path"], base, value, path=path, shape=base.shape)


def part_of(base: Any, path: Any) -> Any:
    """The part of the raw ``base`` that a path of views leads to."""
    if not path:
        return base
    return computed(op_module.OPS["get_path"], base, path=path, shape=base.shape)


def computed(op: Op, *arrays: Any, **params: Any) -> Any:
    """The op on raw values, lifted or not."""
    for array in arrays:
        if isinstance(array, Lifted):
            return interpret(op, *arrays, **params)
    return op.raw(*arrays, **params)
