"""The types of tensors by element, as old code names them: ``torch.FloatTensor`` makes float32 tensors.

They have no instances of their own: ``isinstance(t, torch.FloatTensor)`` asks for the dtype.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..core.value import TensorBase
from .creation import legacy_tensor

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
    "LongTensor", "ShortTensor",
]  # fmt: skip


class tensortype(type):  # noqa: N801 - PyTorch's name
    """The type of these types."""

    dtype: dtypes.dtype
    is_cuda = False

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase) and instance.dtype is cls.dtype

    def __call__(cls, *args: Any, device: Any = None, **named: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], TensorBase) and args[0].dtype is not cls.dtype:
            raise TypeError(
                f"expected a tensor of {cls.dtype}, got one of {args[0].dtype}: convert it with .to({cls.dtype})"
            )
        return legacy_tensor(args, cls.dtype, device, **named)


def _define(dtype: dtypes.dtype) -> Any:
    name = f"{dtype._scalar_type}Tensor"
    doc = f"""Tensors of {dtype}. ``{name}(2, 3)`` is uninitialised memory, ``{name}([1, 2])`` holds the values.

    >>> import chainrule as torch
    >>> isinstance(torch.ones(2, dtype={dtype}), torch.{name})
    True
    """
    return tensortype(name, (), {"dtype": dtype, "__module__": "torch", "__doc__": doc})


BFloat16Tensor = _define(dtypes.bfloat16)
BoolTensor = _define(dtypes.bool)
ByteTensor = _define(dtypes.uint8)
CharTensor = _define(dtypes.int8)
DoubleTensor = _define(dtypes.float64)
FloatTensor = _define(dtypes.float32)
HalfTensor = _define(dtypes.float16)
IntTensor = _define(dtypes.int32)
LongTensor = _define(dtypes.int64)
ShortTensor = _define(dtypes.int16)
