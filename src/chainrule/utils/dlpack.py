"""PyTorch's ``torch.utils.dlpack``: tensors shared with other libraries."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ..functions import interop
from ..functions._arguments import tensor_argument
from ..functions.interop import from_dlpack

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


DLDeviceType = IntEnum(
    "DLDeviceType",
    {
        "kDLCPU": 1, "kDLCUDA": 2, "kDLCUDAHost": 3, "kDLOpenCL": 4, "kDLVulkan": 7, "kDLMetal": 8, "kDLVPI": 9, "kDLROCM": 10,
        "kDLROCMHost": 11, "kDLExtDev": 12, "kDLCUDAManaged": 13, "kDLOneAPI": 14, "kDLWebGPU": 15, "kDLHexagon": 16, "kDLMAIA": 17,
    },
)  # fmt: skip
"""DLPack's numbers of the kinds of devices."""


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule with the tensor's memory, which one other library can take up.

    Raises:
        BufferError: the tensor requires grad.

    >>> import chainrule as torch
    >>> from chainrule.utils.dlpack import from_dlpack, to_dlpack
    >>> from_dlpack(to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    return interop.to_dlpack(tensor_argument(tensor, "to_dlpack", "tensor"))
