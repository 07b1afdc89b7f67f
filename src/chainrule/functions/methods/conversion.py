"""Methods that change the dtype or the device, and tell them."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...core.value import TensorBase
from ...device import CPU, device as Device, place_of
from .. import conversion
from .._arguments import tensor_argument

if TYPE_CHECKING:
    from ..._tensor import Tensor


def _converter(dtype: dtypes.dtype, name: str) -> Callable[..., Tensor]:
    def method(self: Any, memory_format: Any = None) -> Tensor:
        return conversion.convert(self, dtype, memory_format=memory_format)

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    method.__doc__ = f"The tensor as {dtype}; itself if it is that already."
    return method


class ConversionMethods(TensorBase):
    """Methods that change the dtype or the device, and tell them."""

    __slots__ = ()

    to = conversion.to
    type = conversion.as_type

    def type_as(self: Any, other: Any) -> Tensor:
        """The tensor in the dtype of ``other``, and on its device."""
        return conversion.to(self, tensor_argument(other, "type_as", "other"))

    float = _converter(dtypes.float32, "float")
    double = _converter(dtypes.float64, "double")
    half = _converter(dtypes.float16, "half")
    bfloat16 = _converter(dtypes.bfloat16, "bfloat16")
    int = _converter(dtypes.int32, "int")
    long = _converter(dtypes.int64, "long")
    short = _converter(dtypes.int16, "short")
    char = _converter(dtypes.int8, "char")
    byte = _converter(dtypes.uint8, "byte")
    bool = _converter(dtypes.bool, "bool")
    cfloat = _converter(dtypes.complex64, "cfloat")
    cdouble = _converter(dtypes.complex128, "cdouble")

    is_floating_point = conversion.is_floating_point
    is_complex = conversion.is_complex
    is_nonzero = conversion.is_nonzero

    def is_signed(self: Any) -> builtins.bool:
        """Whether the dtype has negative numbers."""
        return self.dtype.is_signed

    def cpu(self: Any, memory_format: Any = None) -> Tensor:
        """The tensor in main memory; itself if it is there."""
        return conversion.convert(conversion.to_device(self, CPU), self.dtype, memory_format=memory_format)

    def cuda(self: Any, device: Any = None, non_blocking: builtins.bool = False, memory_format: Any = None) -> Tensor:
        """Not here: chainrule knows the CPU, and XLA."""
        where = Device("cuda" if device is None else device)
        if where.type != "cuda":
            raise RuntimeError(f"Invalid device, must be cuda device: got {where}")
        return conversion.to_device(self, place_of(where))

    def get_device(self: Any) -> builtins.int:
        """The number of the device; -1 for the CPU."""
        return -1 if self.device.index is None else self.device.index

    def pin_memory(self: Any, device: Any = None) -> Tensor:
        """The tensor itself: its memory is the CPU's already."""
        if self.is_meta:
            raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
        return self

    def is_pinned(self: Any, device: Any = None) -> builtins.bool:
        """False: there is no other device to copy to."""
        return False

    def share_memory_(self: Any) -> Tensor:
        """The tensor itself; processes do not share its memory."""
        return self

    def is_shared(self: Any) -> builtins.bool:
        """Whether other processes share the memory."""
        return False
