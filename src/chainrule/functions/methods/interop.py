"""How other libraries see tensors: NumPy's protocols, DLPack, copy, pickle, storages."""

from __future__ import annotations

from typing import Any

from ...core.value import TensorBase
from .. import interop, numpy_protocol, storage as storages

VOLATILE = "volatile was removed and now has no effect. Use `with torch.no_grad():` instead."


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

    @property
    def volatile(self) -> bool:
        """False: nothing is volatile any more."""
        import warnings

        warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
        return False

    @volatile.setter
    def volatile(self, value: Any) -> None:
        import warnings

        warnings.warn(VOLATILE, stacklevel=2)

    storage = storages.storage
    untyped_storage = storages.untyped_storage
