"""Tensors from what a file says of them: storages, and the places of tensors in them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from .._tensor import Tensor
from ..core.value import TensorBase, new_tensor
from ..core.version import cell_of
from ..device import CPU, META_DEVICE, device, place_of
from ..errors import CorruptFileError
from ..functions.filling import empty_strided
from ..functions.storage import TypedStorage, UntypedStorage
from ..nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter
from ._composites import Mark, jagged_from, masked_from, sparse_from, strided_from
from ._names import StorageKind

__all__ = ["Storage", "Tensors", "swapped"]

ADVICE = "torch.load(..., map_location='cpu') puts it on the CPU"


class Storage(TypedStorage):
    """A storage of a file: its memory, and where its tensors are to live."""

    __slots__ = ("base", "given", "place")

    base: Any
    """On another device: the tensor that all others are views of. On the CPU: the first one."""

    def __init__(self, memory: np.ndarray[Any, Any], given: dtypes.dtype | None, place: device) -> None:
        super().__init__(memory)
        self.given = given
        """The dtype that the file gives it, or None for bytes."""
        self.place = place
        self.base = None

    def as_dtype(self, dtype: dtypes.dtype) -> np.ndarray[Any, Any]:
        """Its elements; bytes become elements once it is known of which dtype."""
        memory = self._elements
        if memory.dtype != dtype.numpy:
            if memory.size * memory.itemsize % dtype.itemsize:
                raise CorruptFileError(f"the file is damaged: {memory.nbytes} bytes are no {dtype} elements")
            memory = memory.view(dtype.numpy)
            if self.base is None and self.given is None:
                self._elements = memory
        return memory


def swapped(memory: np.ndarray[Any, Any], dtype: dtypes.dtype) -> None:
    """Bring the bytes of elements that were written in the other order into this machine's."""
    width = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
    if width > 1:
        memory.view(np.uint8).view(f"u{width}").byteswap(inplace=True)


def location_of(location: str, map_location: Any, storage: Callable[[], Any]) -> device:
    """Where the tensors of a storage are to live that a file keeps for ``location``."""
    if callable(map_location) and not isinstance(map_location, (str, device)):
        given = map_location(storage(), location)
        if given is not None:
            return place_of(given.device)
    elif isinstance(map_location, dict):
        location = str(map_location.get(location, location))
    elif map_location is not None:
        if not isinstance(map_location, (str, device)):
            raise TypeError(f"map_location must be a str, a device, a dict or a function, not {map_location!r}")
        location = str(map_location)
    kind = location.partition(":")[0]
    if kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False: the tensors are kept for "
            f"'{location}'. " + ADVICE
        )
    if kind not in ("cpu", "meta", "xla"):
        raise RuntimeError(f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location}): {ADVICE}")  # fmt: skip
    return place_of(location)


class Tensors:
    """Makes the tensors of one file.

    Args:
        read: gives the memory of a storage from its key, the name of its dtype (None: bytes) and the number of elements.
        map_location: where storages go, as for ``load``.
        on_cpu: keep them on the CPU for now, and note whether they belong there.
    """

    def __init__(
        self, read: Callable[[str, dtypes.dtype | None, int], Any], map_location: Any, on_cpu: bool = False
    ) -> None:
        self.read = read
        self.map_location = map_location
        self.on_cpu = on_cpu
        self.is_elsewhere = False
        self.storages: dict[str, Storage] = {}

    def named(self) -> dict[str, Any]:
        """The names of functions in files -> what they do here."""
        names = {
            "_rebuild_tensor": self.tensor,
            "_rebuild_tensor_v2": self.tensor,
            "_rebuild_tensor_v3": self.tensor_of_dtype,
            "_rebuild_meta_tensor_no_storage": self.without_storage,
            "_rebuild_sparse_tensor": self.sparse,
            "_rebuild_parameter": self.parameter,
            "_rebuild_parameter_with_state": self.parameter,
            "_rebuild_device_tensor_from_cpu_tensor": self.moved,
            "_rebuild_nested_tensor": self.nested,
            "_rebuild_wrapper_subclass": self.masked,
        }
        return {f"torch._utils.{name}": make for name, make in names.items()} | {
            "torch._tensor._rebuild_from_type_v2": self.with_state,
            "torch.nested._internal.nested_tensor._rebuild_njt": self.jagged,
            "torch.nn.parameter.UninitializedParameter": self.parameter_unmade,
            "torch.nn.parameter.UninitializedBuffer": self.buffer_unmade,
        }

    def storage(self, identity: Any) -> Storage:
        """The storage that a persistent id names."""
        if type(identity) is not tuple or len(identity) not in (5, 6) or identity[0] != "storage":
            raise CorruptFileError(f"the file is damaged: {identity!r} is no storage")
        _, kind, key, location, count, *view = identity
        if type(kind) is not StorageKind or type(key) is not str or type(location) is not str or type(count) is not int:
            raise CorruptFileError("the file is damaged: it describes a storage wrongly")
        if view and view[0] is not None:
            raise CorruptFileError("the file has a storage that views another, as PyTorch before 0.4 made them: save it anew with a later PyTorch")  # fmt: skip
        found = self.storages.get(key)
        if found is None:
            if count < 0:
                raise CorruptFileError(f"the file is damaged: a storage of {count} elements")
            if str(self.map_location) == "meta":  # nothing is read
                from ..core.meta_level import stretch

                memory = stretch(count, (kind.dtype or dtypes.uint8).numpy)
            else:
                memory = self.read(key, kind.dtype, count)
            place = location_of(location, self.map_location, lambda: UntypedStorage(memory))
            if self.on_cpu and place is not CPU:
                self.is_elsewhere, place = True, CPU
            found = self.storages[key] = Storage(memory, kind.dtype, place)
        elif found.given is not kind.dtype or found._elements.nbytes != count * (
            kind.dtype.itemsize if kind.dtype else 1
        ):
            raise CorruptFileError(f"the file is damaged: it describes the storage {key!r} in two ways")
        return found

    # -- tensors -------------------------------------------------------------------------------------------------------

    def tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, hooks: Any = None,
        metadata: Any = None,
    ) -> Tensor:  # fmt: skip
        """What ``_rebuild_tensor_v2`` makes."""
        if type(storage) is not Storage or storage.given is None:
            raise CorruptFileError("the file is damaged: a tensor without a storage of elements")
        return self.made(storage, storage.given, offset, size, stride, requires_grad, metadata)

    def without_storage(self, dtype: Any, size: Any, stride: Any, requires_grad: Any) -> Tensor:
        """What ``_rebuild_meta_tensor_no_storage`` makes: a tensor on the device "meta"."""
        check_geometry(0, size, stride, 1 << 56)
        if type(dtype) is not dtypes.dtype:
            raise CorruptFileError("the file is damaged: a tensor without dtype")
        made: Any = empty_strided(size, stride, dtype=dtype, device=META_DEVICE)
        return made.requires_grad_() if requires_grad is True else made

    def tensor_of_dtype(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any,
        metadata: Any = None,
    ) -> Tensor:  # fmt: skip
        """What ``_rebuild_tensor_v3`` makes."""
        if type(storage) is not Storage or type(dtype) is not dtypes.dtype:
            raise CorruptFileError("the file is damaged: a tensor without storage or dtype")
        return self.made(storage, dtype, offset, size, stride, requires_grad, metadata)

    def made(
        self, storage: Storage, dtype: dtypes.dtype, offset: Any, size: Any, stride: Any, requires_grad: Any, metadata: Any
    ) -> Tensor:  # fmt: skip
        memory = storage.as_dtype(dtype)
        check_geometry(offset, size, stride, memory.size)
        array = placed_in(memory, offset, tuple(size), tuple(stride))
        made = new_tensor(array)
        if storage.place is not CPU:
            made = self.on_device(storage, memory, made, offset)
        elif storage.base is None:
            storage.base = made
        elif array.size:
            made._cell = cell_of(storage.base)  # a write to one is a write to all that share memory
        for flag, change in (("conj", "conj_physical"), ("neg", "neg")):
            if type(metadata) is dict and metadata.get(flag) is True:
                made = getattr(made, change)()
        return made.requires_grad_() if requires_grad is True else made

    def on_device(self, storage: Storage, memory: Any, made: Tensor, offset: int) -> Tensor:
        """A tensor on the storage's device: the first one that shows all of it as it is, or a view that shares the values."""
        array = made._array
        if not array.size:
            return made.to(storage.place)
        if storage.base is None:
            whole = array.size == memory.size and array.flags.c_contiguous
            storage.base = (made if whole else new_tensor(memory)).to(storage.place)
            if whole:
                return storage.base
        strides = tuple(step // array.itemsize for step in array.strides)
        return storage.base.as_strided(array.shape, strides, offset).detach()

    def sparse(self, kind: Any, data: Any) -> Any:
        """What ``_rebuild_sparse_tensor`` makes."""
        return self.composite(sparse_from, kind, data)

    def parameter(self, data: Any, requires_grad: Any, hooks: Any = None, state: Any = None) -> Tensor:
        """What ``_rebuild_parameter`` and ``_rebuild_parameter_with_state`` make."""
        if not isinstance(data, TensorBase):
            raise CorruptFileError("the file is damaged: a parameter that is no tensor")
        made = Parameter(data, requires_grad is True)
        return with_attributes(made, state) if state else made

    def parameter_unmade(self, requires_grad: Any = True) -> Any:
        """A parameter whose shape is not known yet."""
        return UninitializedParameter(requires_grad is True)

    def buffer_unmade(self, requires_grad: Any = False) -> Any:
        """A buffer whose shape is not known yet."""
        return UninitializedBuffer(requires_grad is True)

    def with_state(self, make: Any, kind: Any, arguments: Any, state: Any) -> Tensor:
        """What ``_rebuild_from_type_v2`` makes: a tensor with attributes."""
        if make not in tuple(self.named().values()) or type(arguments) is not tuple:
            raise CorruptFileError("the file is damaged: a tensor that is made by something else")
        if type(kind) is Mark:  # the state of a jagged tensor says once more what its arguments do
            return self.masked(*arguments, state=state) if make == self.masked else make(*arguments)
        made = make(*arguments)
        if kind is not Tensor and kind is not type(made):
            made = made.as_subclass(kind) if isinstance(kind, type) and issubclass(kind, Tensor) else None
        if made is None:
            raise CorruptFileError("the file is damaged: a tensor of a class that is none of tensors")
        return with_attributes(made, state) if state else made

    def composite(self, make: Callable[..., Any], first: Any, *more: Any) -> Any:
        """A tensor made of several, whose numbers say how; a stand-in while they are still to be read, for the second time."""
        if self.on_cpu:
            self.is_elsewhere = True
            return new_tensor(np.zeros(0, np.float32))
        return make(first, *more)

    def nested(self, values: Any, sizes: Any, strides: Any, starts: Any) -> Any:
        """What ``_rebuild_nested_tensor`` makes."""
        return self.composite(strided_from, values, sizes, strides, starts)

    def jagged(self, data: Any) -> Any:
        """What ``_rebuild_njt`` makes."""
        return self.composite(jagged_from, data)

    def masked(self, *arguments: Any, state: Any = None) -> Any:
        """What ``_rebuild_wrapper_subclass`` makes of its arguments and its state, the only such class that there is."""
        return self.composite(masked_from, arguments, state)

    def moved(self, data: Any, dtype: Any, where: Any, requires_grad: Any) -> Tensor:
        """What ``_rebuild_device_tensor_from_cpu_tensor`` makes: how PyTorch keeps tensors of its device "xla"."""
        if not isinstance(data, TensorBase) or type(where) is not str:
            raise CorruptFileError("the file is damaged: a tensor of a device that is no tensor")
        place = location_of(where, self.map_location, lambda: UntypedStorage(data._array))
        made = data.to(place)
        return made.requires_grad_() if requires_grad is True else made


def with_attributes(made: Tensor, state: Any) -> Tensor:
    if type(state) is tuple and len(state) == 2 and not state[1]:
        state = state[0]  # an empty dict of slots
    if type(state) is not dict or not all(type(name) is str for name in state):
        raise CorruptFileError("the file is damaged: attributes of a tensor that have no names")
    made.__dict__.update(state)
    return made


def check_geometry(offset: Any, size: Any, stride: Any, count: int) -> None:
    """Raise unless a tensor of this size and stride, from the offset on, lies in a storage of ``count`` elements."""
    sizes = tuple(size) if isinstance(size, (tuple, list)) else None
    strides = tuple(stride) if isinstance(stride, (tuple, list)) else None
    if sizes is None or strides is None or len(sizes) != len(strides) or len(sizes) > 64:
        raise CorruptFileError("the file is damaged: a tensor whose sizes and strides do not match")
    if any(type(n) is not int or n < 0 for n in (offset, *sizes, *strides)):
        raise CorruptFileError(f"the file is damaged: a tensor of size {sizes}, stride {strides} and offset {offset}")
    if 0 in sizes:
        return
    end = offset + 1 + sum([(n - 1) * step for n, step in zip(sizes, strides, strict=True)])
    if end > count or math.prod(sizes) >= 1 << 56:
        raise CorruptFileError(
            f"the file is damaged: a tensor of size {list(sizes)}, stride {list(strides)} and storage offset {offset} is out of "
            f"bounds for its storage of {count} elements"
        )


def placed_in(memory: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Any:
    """The array of that geometry in one-dimensional memory."""
    if 0 in size:
        return np.empty(size, memory.dtype)
    count = math.prod(size)
    whole = memory[offset : offset + count]
    strides = tuple([step * memory.itemsize for step in stride])
    if whole.size == count and whole.reshape(size).strides == strides:
        return whole.reshape(size)
    return np.ndarray(size, memory.dtype, memory, offset * memory.itemsize, strides)
