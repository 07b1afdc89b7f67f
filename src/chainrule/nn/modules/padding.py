"""Padding as modules, and modules that exchange channels with space; see :mod:`chainrule.nn.functional`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions._windows import each
from .. import functional as F
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "ChannelShuffle",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "Fold",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "Unfold",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Number = Any
"""An int, or a tuple with one for each dimension."""

# -- padding ------------------------------------------------------------------------------------------------------------


class _Pad(Module):
    """What the kinds of padding have in common.

    Args:
        padding: for all sides, or (before, after) of the last dimension, then of the one before it, ...; negative numbers
            cut off.
    """

    dims: int
    mode: str

    def __init__(self, padding: Number) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self.dims, type(self).__name__, "padding") or tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_Pad):
    """Padding with a constant.

    Args:
        padding: for all sides, or (before, after) of the last dimension, then of the one before it, ...
        value: the constant.
    """

    def __init__(self, padding: Number, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadNd(_ConstantPadNd):
    """Padding with zeros.

    Args:
        padding: for all sides, or (before, after) of the last dimension, then of the one before it, ...
    """

    def __init__(self, padding: Number) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPadNd):
    """A constant around the last dimension.

    >>> import chainrule as torch
    >>> torch.nn.ConstantPad1d(1, 3.5)(torch.tensor([[1., 2., 3.]]))
    tensor([[3.5000, 1.0000, 2.0000, 3.0000, 3.5000]])
    """

    dims = 1


class ZeroPad1d(_ZeroPadNd, ConstantPad1d):
    """Zeros around the last dimension.

    >>> import chainrule as torch
    >>> torch.nn.ZeroPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[0., 1., 2., 3., 0.]])
    """


class ConstantPad2d(_ConstantPadNd):
    """A constant around the last two dimensions.

    >>> import chainrule as torch
    >>> torch.nn.ConstantPad2d(1, 3.5)(torch.ones(2, 2, 2)).shape
    torch.Size([2, 4, 4])
    """

    dims = 2


class ZeroPad2d(_ZeroPadNd, ConstantPad2d):
    """Zeros around the last two dimensions.

    >>> import chainrule as torch
    >>> torch.nn.ZeroPad2d(1)(torch.ones(2, 2, 2)).shape
    torch.Size([2, 4, 4])
    """


class ConstantPad3d(_ConstantPadNd):
    """A constant around the last three dimensions.

    >>> import chainrule as torch
    >>> torch.nn.ConstantPad3d(1, 3.5)(torch.ones(2, 2, 2, 2)).shape
    torch.Size([2, 4, 4, 4])
    """

    dims = 3


class ZeroPad3d(_ZeroPadNd, ConstantPad3d):
    """Zeros around the last three dimensions.

    >>> import chainrule as torch
    >>> torch.nn.ZeroPad3d(1)(torch.ones(2, 2, 2, 2)).shape
    torch.Size([2, 4, 4, 4])
    """


class ReflectionPad1d(_Pad):
    """Around the last dimension, the elements next to the edge, turned around.

    >>> import chainrule as torch
    >>> torch.nn.ReflectionPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[2., 1., 2., 3., 2.]])
    """

    dims = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Around the last two dimensions, the elements next to the edge, turned around.

    >>> import chainrule as torch
    >>> torch.nn.ReflectionPad2d(1)(torch.ones(2, 2, 2)).shape
    torch.Size([2, 4, 4])
    """

    dims = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Around the last three dimensions, the elements next to the edge, turned around.

    >>> import chainrule as torch
    >>> torch.nn.ReflectionPad3d(1)(torch.ones(2, 2, 2, 2)).shape
    torch.Size([2, 4, 4, 4])
    """

    dims = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Around the last dimension, the edge, repeated.

    >>> import chainrule as torch
    >>> torch.nn.ReplicationPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[1., 1., 2., 3., 3.]])
    """

    dims = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Around the last two dimensions, the edge, repeated.

    >>> import chainrule as torch
    >>> torch.nn.ReplicationPad2d(1)(torch.ones(2, 2, 2)).shape
    torch.Size([2, 4, 4])
    """

    dims = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Around the last three dimensions, the edge, repeated.

    >>> import chainrule as torch
    >>> torch.nn.ReplicationPad3d(1)(torch.ones(2, 2, 2, 2)).shape
    torch.Size([2, 4, 4, 4])
    """

    dims = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """Around the last dimension, the other end.

    >>> import chainrule as torch
    >>> torch.nn.CircularPad1d(1)(torch.tensor([[1., 2., 3.]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    dims = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """Around the last two dimensions, the other end.

    >>> import chainrule as torch
    >>> torch.nn.CircularPad2d(1)(torch.ones(2, 2, 2)).shape
    torch.Size([2, 4, 4])
    """

    dims = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """Around the last three dimensions, the other end.

    >>> import chainrule as torch
    >>> torch.nn.CircularPad3d(1)(torch.ones(2, 2, 2, 2)).shape
    torch.Size([2, 4, 4, 4])
    """

    dims = 3
    mode = "circular"


# -- channels and space -------------------------------------------------------------------------------------------------


class PixelShuffle(Module):
    """Channels as pixels: (..., C r^2, H, W) -> (..., C, H r, W r) with r the ``upscale_factor``.

    >>> import chainrule as torch
    >>> torch.nn.PixelShuffle(2)(torch.ones(4, 3, 3)).shape
    torch.Size([1, 6, 6])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels as channels: (..., C, H r, W r) -> (..., C r^2, H, W) with r the ``downscale_factor``.

    >>> import chainrule as torch
    >>> torch.nn.PixelUnshuffle(2)(torch.ones(1, 6, 6)).shape
    torch.Size([4, 3, 3])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of (N, C, ...), in ``groups`` groups, dealt anew: the first of each group, the second of each, ...

    >>> import chainrule as torch
    >>> torch.nn.ChannelShuffle(2)(torch.arange(4.).reshape(1, 4, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class Unfold(Module):
    """The windows of images as columns; see :func:`chainrule.nn.functional.unfold`.

    >>> import chainrule as torch
    >>> torch.nn.Unfold(2)(torch.ones(3, 4, 4)).shape
    torch.Size([12, 9])
    """

    def __init__(self, kernel_size: Number, dilation: Number = 1, padding: Number = 0, stride: Number = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Unfold):
    """Columns added up to images; see :func:`chainrule.nn.functional.fold`.

    >>> import chainrule as torch
    >>> torch.nn.Fold((4, 4), 2)(torch.ones(12, 9)).shape
    torch.Size([3, 4, 4])
    """

    def __init__(
        self,
        output_size: Number,
        kernel_size: Number,
        dilation: Number = 1,
        padding: Number = 0,
        stride: Number = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
