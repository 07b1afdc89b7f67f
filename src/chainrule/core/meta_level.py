"""The level of the device "meta": values that have a shape, a dtype and strides, and no numbers.

It lies below all transforms, as XLA's does: ops, rules and nodes are the ordinary ones, and only what an op does with raw
values is different. No number is computed, and no memory of a result's size is touched:

- a view is made as any other, of an array whose strides are right and whose elements all stand for none (``memory``);
- any other op runs on a *batch of none*, by its batching rule: operands of shape (0, m, n) give a result of shape (0, k).

So every op that can be batched has its shape and its dtype here, from the code that computes its numbers; and one whose shape
depends on numbers is refused there as here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend import numpy as numpy_namespace
from ..backend.numpy import walk
from ..backend.order_numpy import ELEMENTWISE, order_of
from ..backend.shape_numpy import is_channels_last
from ..device import META_DEVICE, device
from .batching import batch
from .lifted import Level
from .value import Flags, Lifted

if TYPE_CHECKING:
    from .op import Op

NO_DATA = "Cannot copy out of meta tensor; no data!"
OF_IMAGES = frozenset({"batch_norm", "batch_norm_fixed", "group_norm", "resample"})
"""Others that leave channels last where they are."""
HAS_NONE = "a tensor on the device 'meta' has a shape and no numbers"
ASKS_FOR_ONE_NUMBER = frozenset(
    {"calling .item() on a Tensor", "attempting to use a Tensor in some data-dependent control flow"}
)
COPIES = frozenset({"astype", "clone", "zero"})
"""Ops whose result lies in memory as their operand does, beside the element-wise ones."""


class MetaArray(Lifted):
    """A raw value without numbers."""

    __slots__ = ("memory",)

    is_constant = True
    memory: np.ndarray[Any, Any]
    """An array of that shape, dtype and strides. Nobody may read or write it: behind it is one element, whatever its size."""

    def __init__(self, memory: np.ndarray[Any, Any]) -> None:
        super().__init__(META, frozenset(), memory.shape, memory.dtype)
        self.memory = memory

    @property
    def device(self) -> device:
        return META_DEVICE

    @property
    def flags(self) -> Any:
        """No more of NumPy's than a lifted value has: a kernel must not take it for an array."""
        made: Any = Flags()
        made.c_contiguous, made.f_contiguous = self.memory.flags.c_contiguous, self.memory.flags.f_contiguous
        return made

    @property
    def strides(self) -> tuple[int, ...]:
        return self.memory.strides

    def outline(self) -> Any:
        return self.memory

    def copy(self, order: str) -> Any:
        """The same, laid out alike whatever ``order`` says, in memory of its own: no two elements in one place."""
        return entered(self.memory)

    def plain(self, doing: str) -> Any:
        if doing in ASKS_FOR_ONE_NUMBER:
            if self.size != 1:
                raise RuntimeError(
                    f"a Tensor with {self.size} elements cannot be converted to Scalar: its shape is {list(self.shape)}"
                )
            raise RuntimeError(f"Tensor.item() cannot be called on meta tensors: {HAS_NONE}")
        raise NotImplementedError(
            f"{NO_DATA} It looks like you're {doing}: {HAS_NONE}. torch.empty_like(t, device='cpu') and module.to_empty(device='cpu') make "
            "what has numbers, to be filled"
        )

    def like(self, array: Any) -> Any:
        return entered(array)

    def without_tangents(self) -> Any:
        return self


class MetaLevel(Level):
    """The one level of all values without numbers."""

    __slots__ = ()

    is_place = True

    def __init__(self) -> None:
        self.depth = -3

    def run(self, op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if any(isinstance(a, Lifted) and not isinstance(a, MetaArray) for a in arrays):
            raise NotImplementedError(
                f"{op.name}: one operand is on the device 'meta', and another is sparse or on 'xla'"
            )
        if op.name == "put_path":
            return entered(arrays[0])
        if op.kind == "view" or op.name == "get_path":
            memory = arrays[0].memory
            found = walk(memory, params["path"]) if op.name == "get_path" else op.raw(memory, **params)
            return MetaArray(found) if op.outputs is None else tuple([MetaArray(one) for one in found])
        found = shape_of(op, arrays, params)
        outs = (found,) if op.outputs is None else found
        made = tuple([MetaArray(laid(op, arrays, params, one.shape[1:], one.dtype)) for one in outs])
        return made[0] if op.outputs is None else made

    def led_out(self, g: Any) -> Any:
        """There are no numbers that an operand on another device could get."""
        return g._array.plain("leading a gradient to a tensor on another device")


META = MetaLevel()


def shape_of(op: Op, arrays: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The outputs of an op for a batch of none."""
    values = [np.empty((0, *a.shape), a.dtype) if isinstance(a, MetaArray) else a for a in arrays]
    axes = tuple([0 if isinstance(a, MetaArray) else None for a in arrays])
    try:
        return batch(op, tuple(values), axes, params, numpy_namespace)
    except RuntimeError as error:
        if "dynamic shape" not in str(error):
            raise
        if op.name == "index_put":  # at a mask: whatever that chooses, the result has the shape of its target
            return values[0]
        raise NotImplementedError(
            f"aten::{op.name}: attempted to run this operator with Meta tensors, but there was no fake impl or Meta kernel registered: "
            "the shape of its result depends on numbers, which tensors on the device 'meta' do not have"
        ) from None


# -- memory that is not there --------------------------------------------------------------------------------------------


NOWHERE = np.zeros(32, np.uint8)
"""The one element that stands for all, of any dtype."""


class Stretch:
    """Says to NumPy that there were so many elements, one behind the other."""

    def __init__(self, count: int, dtype: Any) -> None:
        self.__array_interface__ = {
            "shape": (count,),
            "typestr": dtype.str,
            "data": (NOWHERE.__array_interface__["data"][0], False),
            "version": 3,
        }


def stretch(count: int, dtype: Any) -> Any:
    """An array of ``count`` elements, of which nobody may read one."""
    array: Any = np.asarray(Stretch(count, dtype))
    if array.dtype != dtype:  # which has no text of its own: bfloat16
        array.dtype = dtype
    return array


def memory(shape: tuple[int, ...], dtype: Any, order: Any = None) -> Any:
    """An array that has that shape and no memory. ``order``: the axes as they lie in memory, outermost first."""
    count = 1
    for n in shape:
        count *= n
    flat = stretch(count, dtype)
    if order is None:
        return flat.reshape(shape)
    return flat.reshape([shape[axis] for axis in order]).transpose(np.argsort(order))


def with_strides(shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> Any:
    """The same with strides, in elements."""
    extent = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    return np.ndarray(shape, dtype, stretch(extent, dtype), 0, tuple([s * dtype.itemsize for s in strides]))


def entered(array: Any) -> Any:
    """A raw value of another device on this one, in the same order in memory."""
    if isinstance(array, MetaArray):
        return array
    order = None
    if isinstance(array, np.ndarray) and array.ndim > 1 and not array.flags.c_contiguous:
        order = order_of([array], array.shape)
    return MetaArray(memory(array.shape, array.dtype, order))


def laid(op: Op, arrays: tuple[Any, ...], params: dict[str, Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """Memory for a result: in the order of the operands where the op's own result would have it, else in C order."""
    mine = [a.memory for a in arrays if isinstance(a, MetaArray)]
    if op.name in ("clone_laid", "to_laid"):
        last = params["axis"] % len(shape)
        return memory(shape, dtype, [*[axis for axis in range(len(shape)) if axis != last], last])
    if len(shape) < 2 or all(one.flags.c_contiguous for one in mine):
        return memory(shape, dtype)
    if (op.kind in ELEMENTWISE or op.name in COPIES) and np.broadcast_shapes(*[one.shape for one in mine]) == shape:
        return memory(shape, dtype, order_of(mine, shape))
    kept_of = next if op.name in OF_IMAGES else getattr(op.raw, "kept_of", None)  # next: of the first operand
    if kept_of is not None and len(shape) in (4, 5) and kept_of(is_channels_last(one) for one in mine if one.ndim > 1):
        return memory(shape, dtype, (0, *range(2, len(shape)), 1))
    return memory(shape, dtype)
