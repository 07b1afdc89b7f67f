"""The types of tensors on a GPU, as old code names them: ``torch.cuda.FloatTensor if use_cuda else torch.FloatTensor``.

They can be named. Tensors of them cannot be made, and none is one.
"""

from __future__ import annotations

from typing import Any, NoReturn

from .. import dtypes
from ..functions.legacy import tensortype

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
    "LongTensor", "ShortTensor",
]  # fmt: skip


class _OnGPU(tensortype):
    is_cuda = True

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            f"type torch.cuda.{self.__name__} not available. Torch not compiled with CUDA enabled: use torch.{self.__name__}"
        )


def _define(dtype: dtypes.dtype) -> Any:
    name = f"{dtype._scalar_type}Tensor"
    doc = f"Tensors of {dtype} on a GPU: there are none. :class:`torch.{name}` makes them in main memory."
    return _OnGPU(name, (), {"dtype": dtype, "__module__": "torch.cuda", "__doc__": doc})


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
