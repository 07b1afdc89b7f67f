"""How other libraries see tensors: NumPy's protocols, DLPack, copy, pickle, storages."""

from __future__ import annotations

from typing import Any

from ...core.value import TensorBase
from .. import interop, numpy_protocol, storage as storages


class InteropMethods(TensorBase):
    """How other libraries see tensors: NumPy's protocols, DLPack, copy, pickle, storages."""

    __slots__ = ()

    numpy = interop.numpy
    __array__ = interop.array
    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_function__ = numpy_protocol.array_function

    __dlpack__ = interop.to_dlpack
    __dlpack_device__ = interop.export_device

    __copy__ = interop.shallow_copy
    __deepcopy__ = interop.deep_copy

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        return interop.reduce(self)

    storage = storages.typed_storage
    untyped_storage = storages.untyped_storage
