"""Convolutions as modules; what each computes is said in :mod:`chainrule.nn.functional`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...functions._windows import each
from ...functions.filling import empty
from .. import functional as F, init
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Number = Any
"""An int, or a tuple with one for each dimension."""

MODES = ("zeros", "reflect", "replicate", "circular")


def pairs(value: Any, dims: int, name: str) -> tuple[int, ...]:
    """One int for each dimension; of a tuple, what it holds."""
    return tuple(value) if isinstance(value, (tuple, list)) else each(value, dims, "Conv", name) or ()


class _ConvNd(Module):
    """What convolutions have in common.

    Both parameters begin as random numbers, uniform within ``1 / sqrt(n)`` of 0, with n the number of inputs of an output
    element.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        kernel_size: of the window; like the next three an int, or a tuple.
        stride: how far the window moves.
        padding: how much is put around the input, or "same", or "valid".
        dilation: the distance of the elements of a window.
        groups: into how many groups the channels are split, which do not see each other.
        bias: whether there is one.
        padding_mode: what is put around the input: "zeros", "reflect", "replicate" or "circular".
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Attributes:
        weight: of shape (out_channels, in_channels / groups, *kernel_size).
        bias: of shape (out_channels,), or None.

    Raises:
        ValueError: groups that do not divide the channels, unknown paddings.
    """

    dims: int
    is_transposed = False
    bias: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Number,
        stride: Number = 1,
        padding: Number | str = 0,
        dilation: Number = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self._build(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device, dtype
        )  # fmt: skip

    def _build(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        output_padding: Any, groups: int, bias: bool, padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if groups <= 0:
            raise ValueError(f"groups must be a positive integer, but got {groups}")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(f"{name} must be divisible by groups, but got {channels} and {groups}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pairs(kernel_size, self.dims, "kernel_size")
        self.stride = pairs(stride, self.dims, "stride")
        self.padding = padding if isinstance(padding, str) else pairs(padding, self.dims, "padding")
        self.dilation = pairs(dilation, self.dims, "dilation")
        self.transposed = self.is_transposed
        self.output_padding = pairs(output_padding, self.dims, "output_padding")
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._widths()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(empty((first, second // groups, *self.kernel_size), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _widths(self) -> Sequence[int]:
        """What is put before and after each dimension, from the last one on, as ``nn.functional.pad`` takes it."""
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string {self.padding!r}, should be one of {{'valid', 'same'}}, or numbers"
                )
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in MODES:
            raise ValueError(f"padding_mode must be one of {set(MODES)}, but got padding_mode='{self.padding_mode}'")
        if not isinstance(self.padding, str):
            return tuple([p for p in reversed(self.padding) for _ in range(2)])
        if self.padding == "valid":
            return [0, 0] * self.dims
        spans = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        return [width for span in reversed(spans) for width in (span // 2, span - span // 2)]

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        # The slope sqrt(5) makes the bound of kaiming_uniform_ the 1 / sqrt(fan_in) of the class's description.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        convolved = (F.conv1d, F.conv2d, F.conv3d)[self.dims - 1]
        return convolved(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        ones, zeros = (1,) * self.dims, (0,) * self.dims
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, usual in (("padding", zeros), ("dilation", ones), ("output_padding", zeros), ("groups", 1)):
            value = getattr(self, name)
            if value != usual:
                parts.append(f"{name}={value}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class Conv1d(_ConvNd):
    """Weights that slide over sequences (N, C, L) or (C, L); see :func:`chainrule.nn.functional.conv1d`.

    >>> import chainrule as torch
    >>> torch.nn.Conv1d(3, 4, 2)(torch.ones(5, 3, 6)).shape
    torch.Size([5, 4, 5])
    """

    dims = 1


class Conv2d(_ConvNd):
    """Weights that slide over images (N, C, H, W) or (C, H, W); see :func:`chainrule.nn.functional.conv2d`.

    >>> import chainrule as torch
    >>> torch.nn.Conv2d(3, 4, kernel_size=3, padding=1)(torch.ones(5, 3, 6, 6)).shape
    torch.Size([5, 4, 6, 6])
    """

    dims = 2


class Conv3d(_ConvNd):
    """Weights that slide over volumes (N, C, D, H, W) or (C, D, H, W); see :func:`chainrule.nn.functional.conv3d`.

    >>> import chainrule as torch
    >>> torch.nn.Conv3d(3, 4, (1, 2, 2))(torch.ones(3, 2, 6, 6)).shape
    torch.Size([4, 2, 5, 5])
    """

    dims = 3


class _ConvTransposeNd(_ConvNd):
    """What transposed convolutions have in common; the arguments are those of convolutions and ``output_padding``, how much
    longer the result is at the end.

    Attributes:
        weight: of shape (in_channels, out_channels / groups, *kernel_size).
        bias: of shape (out_channels,), or None.
    """

    is_transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Number,
        stride: Number = 1,
        padding: Number = 0,
        output_padding: Number = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Number = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}, not "{padding_mode}"')
        self._build(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias, padding_mode,
            device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """With ``output_size``, the sizes of the result (with or without those of batch and channels), for ``output_padding``."""
        longer = self.output_padding if output_size is None else self._longer(input, list(output_size))
        spread = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.dims - 1]
        return spread(input, self.weight, self.bias, self.stride, self.padding, longer, self.groups, self.dilation)

    def _longer(self, input: Tensor, sizes: list[int]) -> tuple[int, ...]:
        """The output padding that makes the result as large as wanted."""
        dims = self.dims
        others = input.ndim - dims
        if len(sizes) == others + dims:
            sizes = sizes[others:]
        if len(sizes) != dims:
            raise ValueError(
                f"ConvTranspose{dims}D: for {input.ndim}D input, output_size must have {dims} or {others + dims} elements "
                f"(got {len(sizes)})"
            )
        padding: Any = self.padding
        settings = zip(input.shape[others:], self.stride, padding, self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in settings]
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if any(not low <= size <= high for low, size, high in zip(least, sizes, most, strict=True)):
            raise ValueError(
                f"requested an output size of {tuple(sizes)}, but valid sizes range from {least} to {most} (for an input of "
                f"{input.shape[others:]})"
            )
        return tuple([size - low for size, low in zip(sizes, least, strict=True)])


class ConvTranspose1d(_ConvTransposeNd):
    """Weights that are spread over sequences; see :func:`chainrule.nn.functional.conv_transpose1d`.

    >>> import chainrule as torch
    >>> torch.nn.ConvTranspose1d(3, 4, 2, stride=2)(torch.ones(5, 3, 6)).shape
    torch.Size([5, 4, 12])
    """

    dims = 1


class ConvTranspose2d(_ConvTransposeNd):
    """Weights that are spread over images; see :func:`chainrule.nn.functional.conv_transpose2d`.

    >>> import chainrule as torch
    >>> torch.nn.ConvTranspose2d(3, 4, 2, stride=2)(torch.ones(5, 3, 6, 6), output_size=(13, 12)).shape
    torch.Size([5, 4, 13, 12])
    """

    dims = 2


class ConvTranspose3d(_ConvTransposeNd):
    """Weights that are spread over volumes; see :func:`chainrule.nn.functional.conv_transpose3d`.

    >>> import chainrule as torch
    >>> torch.nn.ConvTranspose3d(3, 4, 2)(torch.ones(3, 2, 6, 6)).shape
    torch.Size([4, 3, 7, 7])
    """

    dims = 3
