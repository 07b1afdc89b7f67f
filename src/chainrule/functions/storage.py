"""Storages: the memory behind tensors, as old code looks at it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend.shape_numpy import storage as memory_of
from ..core.value import Lifted, TensorBase, writable
from ..core.version import expose
from ..core.views import base_of, memory_of as layout_of
from ..device import CPU, META_DEVICE
from ..dtypes import FROM_NUMPY, dtype

__all__ = ["is_storage"]


class StorageBase:
    """What a storage of bytes is, for ``isinstance``."""

    __slots__ = ()


class UntypedStorage(StorageBase):
    """The bytes behind a tensor and its views."""

    __slots__ = ("_bytes", "_owner")

    def __init__(self, memory: np.ndarray[Any, Any] | int = 0, owner: Any = None) -> None:
        """``memory``: of which it is; or a number of bytes, for memory of its own. ``owner``: the tensor, if one has it."""
        self._bytes = np.zeros(memory, np.uint8) if isinstance(memory, int) else memory.view(np.uint8)
        self._owner = owner

    @staticmethod
    def from_file(filename: Any, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first bytes of a file, mapped: written back if ``shared``, and else never."""
        return UntypedStorage(np.memmap(filename, np.uint8, "r+" if shared else "c", shape=(nbytes,)) if nbytes else 0)

    def nbytes(self) -> int:
        return self._bytes.size

    size = __len__ = nbytes

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes()

    def data_ptr(self) -> int:
        return _address(self._bytes, self._owner)

    def tolist(self) -> list[int]:
        _numbers_only(self)
        return self._bytes.tolist()

    def __getitem__(self, key: Any) -> Any:
        _numbers_only(self)
        return UntypedStorage(self._bytes[key], self._owner) if isinstance(key, slice) else self._bytes[key].tolist()

    def __setitem__(self, key: int | slice, value: int) -> None:
        _write(self._owner, self._bytes, key, value)

    def fill_(self, value: int) -> UntypedStorage:
        """Write one value to all bytes."""
        self[:] = value
        return self

    def clone(self) -> UntypedStorage:
        """A storage of its own with a copy of the bytes."""
        _numbers_only(self)
        return UntypedStorage(self._bytes.copy())

    def untyped(self) -> UntypedStorage:
        return self

    def __dlpack__(self, **settings: Any) -> Any:
        _numbers_only(self)
        return self._bytes.__dlpack__(**settings)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._bytes.__dlpack_device__()

    @property
    def device(self) -> Any:
        return CPU if self._owner is None else self._owner.device

    def element_size(self) -> int:
        return 1

    def __repr__(self) -> str:
        numbers = "...\n" if self.device is META_DEVICE else "".join(f" {value}\n" for value in self.tolist())
        return f"{numbers}[torch.storage.UntypedStorage(device={self.device}) of size {len(self)}]"


class TypedStorage:
    """The elements behind a tensor and its views, in the order in which they lie in memory."""

    __slots__ = ("_elements", "_owner")

    def __init__(self, memory: np.ndarray[Any, Any], owner: Any = None) -> None:
        """``memory``: of which it is. ``owner``: the tensor, if one has it."""
        self._elements = memory
        self._owner = owner

    @property
    def dtype(self) -> dtype:
        return FROM_NUMPY[self._elements.dtype]

    @property
    def device(self) -> Any:
        return CPU if self._owner is None else self._owner.device

    def size(self) -> int:
        return self._elements.size

    __len__ = size

    def nbytes(self) -> int:
        return self._elements.nbytes

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes()

    def element_size(self) -> int:
        return self._elements.itemsize

    def data_ptr(self) -> int:
        return _address(self._elements, self._owner)

    def tolist(self) -> list[Any]:
        _numbers_only(self)
        return self._elements.tolist()

    def __iter__(self) -> Any:
        return iter(self.tolist())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__: slice .tolist() instead")
        _check_key(key)
        _numbers_only(self)
        return self._elements[key].tolist()

    def __setitem__(self, key: int | slice, value: Any) -> None:
        """Write to the memory: the tensor and its views have the new values."""
        _check_key(key)
        _write(self._owner, self._elements, key, value)

    def fill_(self, value: Any) -> TypedStorage:
        """Write one value to all elements."""
        self[:] = value
        return self

    def copy_(self, source: TypedStorage) -> TypedStorage:
        """Write the elements of a storage of the same size."""
        _numbers_only(source)
        self[:] = source._elements
        return self

    def clone(self) -> TypedStorage:
        """A storage of its own with a copy of the elements."""
        _numbers_only(self)
        return TypedStorage(self._elements.copy())

    def untyped(self) -> UntypedStorage:
        return UntypedStorage(self._elements, self._owner)

    def __repr__(self) -> str:
        elements = "...\n" if self.device is META_DEVICE else "".join(f" {value}\n" for value in self.tolist())
        return f"{elements}[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {len(self)}]"


def _address(memory: Any, owner: Any) -> int:
    """Where the memory begins; 0 where there is none."""
    is_nowhere = not memory.size or (owner is not None and owner.is_meta)
    return 0 if is_nowhere else memory.__array_interface__["data"][0]


def _numbers_only(storage: Any) -> None:
    """Raise where numbers are asked for that a storage on the device "meta" does not have."""
    if storage.device is META_DEVICE:
        raise NotImplementedError(
            "Not available for 'meta' device type: a tensor on the device 'meta' has a shape and no numbers"
        )


def _check_key(key: Any) -> None:
    if not isinstance(key, (int, slice)):
        raise RuntimeError(f"can't index a {TypedStorage} with {type(key)}: give the number of an element")


def _write(owner: Any, memory: np.ndarray[Any, Any], key: int | slice, value: Any) -> None:
    """Write as NumPy code would: versions stay, and a graph that needs the old values notices."""
    if owner is not None and owner.is_meta:
        return
    if owner is not None:
        view = owner._view
        expose(owner if view is None else base_of(view))
    memory[key] = value


def storage(input: Any) -> TypedStorage:
    """The storage of a tensor. Deprecated: use ``untyped_storage``."""
    from ..once import warn_once

    warn_once(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. This should "
        "only matter to you if you are using storages directly.  To access UntypedStorage directly, use tensor.untyped_storage() "
        "instead of tensor.storage()"
    )
    return typed_storage(input)


def typed_storage(input: Any) -> TypedStorage:
    array = layout_of(input) if input.is_meta else writable(input)
    if isinstance(array, Lifted):
        raise NotImplementedError(
            "Cannot access the storage of a tensor inside of a transform, or on another device: it has no memory here"
        )
    return TypedStorage(memory_of(array), input)


def untyped_storage(input: Any) -> UntypedStorage:
    """The storage of a tensor, as bytes."""
    return typed_storage(input).untyped()


def is_storage(obj: object) -> bool:
    """Whether ``obj`` is a storage.

    >>> import chainrule as torch
    >>> torch.is_storage(torch.ones(1)), torch.is_storage(torch.ones(1).untyped_storage())
    (False, True)
    """
    return isinstance(obj, (TypedStorage, UntypedStorage)) and not isinstance(obj, TensorBase)
