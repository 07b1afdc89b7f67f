"""Saving: the pickle of an object, in PyTorch's names, and the memory of its tensors beside it."""

from __future__ import annotations

import functools
import io
import os
import pickle
import struct
import sys
from bisect import bisect_right
from collections import OrderedDict
from types import FunctionType
from typing import IO, Any, ClassVar, NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .. import dtypes
from .._tensor import Tensor
from ..backend.numpy import walk
from ..core.generator import Generator
from ..core.sparse_level import is_sparse
from ..core.value import Lifted, TensorBase, new_tensor, writable
from ..core.views import base_of, current_node
from ..device import CPU
from ..dtypes import FROM_NUMPY
from ..functions.creation import LAYOUTS, layout
from ..functions.memory import memory_format, strides_of
from ..functions.storage import TypedStorage, UntypedStorage
from ..nn.parameter import Parameter, UninitializedTensorMixin
from ..size import Size
from ._archive import ArchiveWriter
from ._composites import JAGGED, MASKED, is_composite, parts_of
from ._names import STORAGES, torch_name

__all__ = ["write_archive", "write_legacy"]

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class Named:
    """A global that is written under a name of PyTorch's, and is nothing here."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> None:
        """Pickle asks whether what it writes as a function is one."""


named = functools.cache(Named)


class Place(NamedTuple):
    """Stands for a storage in what is pickled: pickle asks for its persistent id."""

    key: str
    storage: str
    location: str
    size: int


class Memory:
    """Memory that tensors share: one storage of the file."""

    def __init__(self, start: int, end: int, dtype: np.dtype[Any], location: str) -> None:
        self.start, self.end, self.dtype, self.location = start, end, dtype, location
        self.key = ""

    def bytes(self) -> Any:
        if self.end == self.start:
            return np.empty(0, np.uint8)
        described = {"data": (self.start, True), "shape": (self.end - self.start,), "typestr": "|u1", "version": 3}
        return np.asarray(type("Described", (), {"__array_interface__": described})())


class Memories:
    """The storages of what is saved.

    A tensor's is the memory of its base; where such parts of memory overlap, they are one. So tensors that share elements
    do so when they are loaded, and what else there is in a NumPy array behind a tensor stays out of the file.
    """

    def __init__(self) -> None:
        self.all: list[Memory] = []
        self.written: list[Memory] = []
        self.is_outdated = False
        """Whether a storage has grown since it was written down."""
        self.kept: list[Any] = []
        """Whatever has an address in here."""
        self.far: dict[int, Any] = {}
        """The values of tensors on other devices, by the id of their base."""

    def array_of(self, tensor: TensorBase) -> tuple[Any, Any]:
        """The tensor's array, and that of its base, which may be the same."""
        array, view = writable(tensor), tensor._view
        if not isinstance(array, Lifted):
            base = None if view is None else base_of(view)
            whole = array if base is None else writable(base)
            if not isinstance(whole, np.ndarray) or any(step < 0 for step in array.strides):
                whole = array = np.array(array, order="C")
            if whole is array:
                return array, array
            low, high = bounds(whole)
            start, end = bounds(array)
            return array, whole if low <= start and end <= high and whole.dtype == array.dtype else array
        base = tensor if view is None else base_of(view)
        if id(base) not in self.far:
            self.far[id(base)] = np.array(writable(base).plain("saving a Tensor"))
            self.kept.append(base)
        whole = self.far[id(base)]
        return whole if view is None else walk(whole, view.path), whole

    def add(self, tensor: TensorBase) -> tuple[Any, Memory]:
        """The tensor's array, and the memory that it lies in."""
        array, whole = self.array_of(tensor)
        location = "cpu" if tensor.device is CPU else str(tensor.device)
        self.kept.append(whole)
        self.kept.append(array)
        if not array.size:
            memory = Memory(0, 0, array.dtype, location)
            return array, memory
        start, end = bounds(whole)
        at = bisect_right(self.all, start, key=lambda memory: memory.end)
        joined: list[Memory] = []
        while at + len(joined) < len(self.all) and self.all[at + len(joined)].start < end:
            joined.append(self.all[at + len(joined)])
        if len(joined) == 1 and joined[0].start <= start and end <= joined[0].end:
            memory = joined[0]
        else:
            start, end = min([start, *[m.start for m in joined]]), max([end, *[m.end for m in joined]])
            memory = Memory(start, end, array.dtype, location)
            self.is_outdated |= bool(joined)
            self.all[at : at + len(joined)] = [memory]
        if any(other.dtype != array.dtype for other in (*joined, memory)):
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types: save a .clone() of one"
            )
        return array, memory

    def place(self, memory: Memory) -> Place:
        """What stands for this storage in the pickle."""
        if not memory.key:
            memory.key = str(len(self.written))
            self.written.append(memory)
        size = memory.end - memory.start
        dtype = FROM_NUMPY[memory.dtype]
        if dtype in STORAGES:
            return Place(memory.key, f"torch.{STORAGES[dtype]}", memory.location, size // dtype.itemsize)
        return Place(memory.key, "torch.storage.UntypedStorage", memory.location, size)


PythonPickler: Any = getattr(pickle, "_Pickler")  # that in C cannot be told other names  # noqa: B009


class Pickler(PythonPickler):  # type: ignore[misc]
    """Pickles an object as PyTorch does."""

    dispatch: ClassVar[dict[Any, Any]] = dict(PythonPickler.dispatch)

    def __init__(self, file: Any, protocol: int, memories: Memories, is_legacy: bool) -> None:
        super().__init__(file, protocol)
        self.memories = memories
        self.is_legacy = is_legacy

    def persistent_id(self, obj: Any) -> Any:
        if type(obj) is not Place:
            return None
        identity = ("storage", named(obj.storage), obj.key, obj.location, obj.size)
        return (*identity, None) if self.is_legacy else identity

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, TensorBase):
            return self.tensor(obj)
        if isinstance(obj, Generator):
            return named("torch._C.Generator"), (obj.device,), (obj.initial_seed(), None, obj.get_state())
        if isinstance(obj, layout):
            return named("torch.serialization._get_layout"), (str(obj),)
        if isinstance(obj, (TypedStorage, UntypedStorage)):
            raise NotImplementedError(
                "chainrule saves tensors, no storages: save the tensor that the storage belongs to"
            )
        return NotImplemented

    def tensor(self, tensor: TensorBase) -> Any:
        """How a tensor is made again."""
        requires_grad, attributes = current_node(tensor) is not None, tensor.__dict__
        if isinstance(tensor, UninitializedTensorMixin):
            return named(torch_name(type(tensor))), (requires_grad,)
        if issubclass(type(tensor), Parameter):
            data: tuple[Any, ...] = (tensor.detach(), requires_grad, OrderedDict())
            if attributes:
                return named("torch._utils._rebuild_parameter_with_state"), (*data, dict(attributes))
            return named("torch._utils._rebuild_parameter"), data
        if is_composite(tensor):
            how, given, state = parts_of(tensor, named)
            if state is None:
                return named(how), given
            kind = JAGGED if tensor.is_nested else MASKED
            return named("torch._tensor._rebuild_from_type_v2"), (named(how), named(kind), given, state)
        if is_sparse(tensor._array):
            sparse: Any = tensor._array
            parts = [new_tensor(part) for part in sparse.parts() if part is not None]
            more = (
                (Size(sparse.shape), sparse.pattern.is_coalesced) if sparse.layout == "coo" else (Size(sparse.shape),)
            )
            arguments: tuple[Any, ...] = (LAYOUTS[sparse.layout], (*parts, *more))
            return self.with_attributes(tensor, named("torch._utils._rebuild_sparse_tensor"), arguments)
        if tensor.is_meta:
            make = named("torch._utils._rebuild_meta_tensor_no_storage")
            return self.with_attributes(tensor, make, (*no_storage(tensor), requires_grad))
        array, memory = self.memories.add(tensor)
        place = self.memories.place(memory)
        offset, rest = divmod(array.__array_interface__["data"][0] - memory.start if array.size else 0, array.itemsize)
        if rest:
            raise RuntimeError("tensors overlap by parts of elements: save a .clone() of one")
        arguments = (place, offset, array.shape, strides_of(array), requires_grad, OrderedDict())
        dtype = FROM_NUMPY[array.dtype]
        make = named("torch._utils._rebuild_tensor_v2")
        if dtype not in STORAGES:
            make, arguments = named("torch._utils._rebuild_tensor_v3"), (*arguments, dtype)
        return self.with_attributes(tensor, make, arguments)

    def with_attributes(self, tensor: TensorBase, make: Any, arguments: tuple[Any, ...]) -> Any:
        """The call of ``make``, and the tensor's class and attributes where it has any of its own."""
        if type(tensor) is Tensor and not tensor.__dict__:
            return make, arguments
        return named("torch._tensor._rebuild_from_type_v2"), (make, type(tensor), arguments, dict(tensor.__dict__))

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write a name: ours under PyTorch's."""
        if isinstance(obj, (dtypes.dtype, memory_format)):
            full = str(obj)
        elif type(obj) is Named:
            full = obj.name
        elif (
            getattr(obj, "__module__", "").split(".")[0] == "chainrule" and name is None and "<" not in obj.__qualname__
        ):
            full = torch_name(obj)
        else:
            super().save_global(obj, name)
            return
        module, _, short = full.rpartition(".")
        self.write(pickle.GLOBAL + f"{module}\n{short}\n".encode())
        self.memoize(obj)

    dispatch[Named] = dispatch[dtypes.dtype] = dispatch[memory_format] = save_global
    dispatch[type] = dispatch[FunctionType] = save_global


def no_storage(tensor: Any) -> tuple[Any, ...]:
    """All that is to be kept of a tensor on the device "meta": dtype, size, strides."""
    return tensor.dtype, tuple(tensor.shape), tensor.stride()


def bounds(array: Any) -> tuple[int, int]:
    """The addresses of an array's first byte, and of that behind its last."""
    if not array.flags.c_contiguous:
        return byte_bounds(array)
    start = array.__array_interface__["data"][0]
    return start, start + array.nbytes


def pickled(obj: Any, protocol: int, is_legacy: bool) -> tuple[bytes, Memories]:
    """The pickle, and the storages that it names. Their memory is there for as long as the second of the two is."""
    memories = Memories()
    while True:
        file = io.BytesIO()
        Pickler(file, protocol, memories, is_legacy).dump(obj)
        if not memories.is_outdated:
            return file.getvalue(), memories
        for memory in memories.written:  # once more, knowing what overlaps
            memory.key = ""
        memories.written, memories.is_outdated = [], False


def write_archive(
    obj: Any, file: IO[bytes], folder: str, protocol: int, tells_order: bool, skips_data: bool = False
) -> None:
    """Write the zip layout; with ``skips_data``, zeros for what tensors hold."""
    data, memories = pickled(obj, protocol, is_legacy=False)
    archive = ArchiveWriter(file, folder)
    archive.add("data.pkl", data)
    archive.add(".format_version", b"1")
    archive.add(".storage_alignment", b"64")
    if tells_order:
        archive.add("byteorder", sys.byteorder.encode())
    for memory in memories.written:
        held = np.zeros(memory.end - memory.start, np.uint8) if skips_data else memory.bytes()
        archive.add(f"data/{memory.key}", held)
    archive.add("version", b"3\n")
    archive.close()


def write_legacy(obj: Any, file: IO[bytes], protocol: int) -> None:
    """Write the layout that PyTorch had before 1.6: one pickle after another, then the storages."""
    data, memories = pickled(obj, protocol, is_legacy=True)
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": PROTOCOL, "little_endian": sys.byteorder == "little", "type_sizes": sizes}
    for head in (MAGIC, PROTOCOL, system):
        pickle.dump(head, file, protocol)
    file.write(data)
    written = sorted(memories.written, key=lambda memory: memory.key)
    pickle.dump([memory.key for memory in written], file, protocol)
    for memory in written:
        dtype = FROM_NUMPY[memory.dtype]
        file.write(struct.pack("<q", (memory.end - memory.start) // (dtype.itemsize if dtype in STORAGES else 1)))
        file.write(memory.bytes())
    file.flush()


def folder_of(path: Any) -> str:
    """The name in front of the records of a file: its own."""
    return os.path.splitext(os.path.basename(os.fspath(path)))[0] or "archive"
