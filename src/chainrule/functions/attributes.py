"""What a tensor says of itself, asked of ``torch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._arguments import tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["get_device", "is_distributed", "is_signed", "to_dlpack"]


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    >>> import chainrule as torch
    >>> torch.is_signed(torch.ones(1)), torch.is_signed(torch.ones(1, dtype=torch.uint8))
    (True, False)
    """
    return tensor_argument(input, "is_signed", "input").is_signed()


def is_distributed(input: Tensor) -> bool:
    """False: a tensor is in one place.

    >>> import chainrule as torch
    >>> torch.is_distributed(torch.ones(1))
    False
    """
    tensor_argument(input, "is_distributed", "input")
    return False


def get_device(input: Tensor) -> int:
    """The number of the device that holds the tensor; -1 for the CPU.

    >>> import chainrule as torch
    >>> torch.get_device(torch.ones(1))
    -1
    """
    return tensor_argument(input, "get_device", "input").get_device()


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule with the tensor's memory, for one other library; see ``torch.utils.dlpack``.

    >>> import chainrule as torch
    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    from .interop import to_dlpack as capsule

    return capsule(tensor_argument(tensor, "to_dlpack", "tensor"))
