"""The types of sparse tensors by element, as old code names them: ``torch.sparse.FloatTensor(indices, values, size)``.

They have no instances of their own: ``isinstance(t, torch.sparse.FloatTensor)`` asks for the layout and the dtype.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..core.value import TensorBase
from ..functions.sparse import sparse_coo_tensor


class sparsetype(type):  # noqa: N801 - as PyTorch's tensortype
    """The type of these types."""

    dtype: dtypes.dtype
    is_cuda = False

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase) and instance.dtype is cls.dtype and instance.is_sparse

    def __call__(cls, *args: Any) -> Any:
        if args and isinstance(args[0], int):
            return sparse_coo_tensor(args, dtype=cls.dtype)
        return sparse_coo_tensor(*args, dtype=cls.dtype)


def _define(dtype: dtypes.dtype) -> Any:
    name = f"{dtype._scalar_type}Tensor"
    doc = f"""Sparse tensors of {dtype}, as ``torch.sparse_coo_tensor`` makes them; ``{name}(2, 3)`` has no values.

    >>> import chainrule as torch
    >>> torch.sparse.{name}([[0, 1]], [1, 1]).shape
    torch.Size([2])
    """
    return sparsetype(name, (), {"dtype": dtype, "__module__": "torch.sparse", "__doc__": doc})


BFloat16Tensor = _define(dtypes.bfloat16)
ByteTensor = _define(dtypes.uint8)
CharTensor = _define(dtypes.int8)
DoubleTensor = _define(dtypes.float64)
FloatTensor = _define(dtypes.float32)
HalfTensor = _define(dtypes.float16)
IntTensor = _define(dtypes.int32)
LongTensor = _define(dtypes.int64)
ShortTensor = _define(dtypes.int16)
