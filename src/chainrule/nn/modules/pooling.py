"""Pooling as modules; what each computes is said in :mod:`chainrule.nn.functional`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions._windows import each
from .. import functional as F
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]

Number = Any
"""An int, or a tuple with one for each dimension."""

# -- the largest --------------------------------------------------------------------------------------------------------


class _MaxPoolNd(Module):
    """What the kinds of max pooling have in common.

    Args:
        kernel_size: of the window; like the next three an int, or a tuple.
        stride: how far the window moves; by default its own size.
        padding: how far windows reach over the edge, where nothing counts; at most half of the window.
        dilation: the distance of the elements of a window.
        return_indices: whether to return where each of these elements stands, too.
        ceil_mode: whether there is one more window at the end if elements are left.
    """

    def __init__(
        self,
        kernel_size: Number,
        stride: Number | None = None,
        padding: Number = 0,
        dilation: Number = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _settings(self) -> dict[str, Any]:
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
        return {name: getattr(self, name) for name in names}

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The largest element of each window of sequences (N, C, L) or (C, L).

    >>> import chainrule as torch
    >>> torch.nn.MaxPool1d(2)(torch.ones(3, 6)).shape
    torch.Size([3, 3])
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool1d(input, **self._settings())


class MaxPool2d(_MaxPoolNd):
    """The largest element of each window of images (N, C, H, W) or (C, H, W).

    >>> import chainrule as torch
    >>> torch.nn.MaxPool2d(2)(torch.ones(3, 6, 6)).shape
    torch.Size([3, 3, 3])
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool2d(input, **self._settings())


class MaxPool3d(_MaxPoolNd):
    """The largest element of each window of volumes (N, C, D, H, W) or (C, D, H, W).

    >>> import chainrule as torch
    >>> torch.nn.MaxPool3d(2)(torch.ones(3, 6, 6, 6)).shape
    torch.Size([3, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool3d(input, **self._settings())


class _MaxUnpoolNd(Module):
    """What the kinds of unpooling have in common.

    Args:
        kernel_size: the settings of the pooling; like the next two an int, or a tuple.
        stride: how far the window moved; by default its own size.
        padding: how far windows reached over the edge.
    """

    dims: int

    def __init__(self, kernel_size: Number, stride: Number | None = None, padding: Number = 0) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = each(kernel_size, self.dims, name, "kernel_size") or tuple(kernel_size)
        given = kernel_size if stride is None else stride
        self.stride = each(given, self.dims, name, "stride") or tuple(given)
        self.padding = each(padding, self.dims, name, "padding") or tuple(padding)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """What :class:`MaxPool1d` left, put back in its places among zeros.

    >>> import chainrule as torch
    >>> pooled = torch.nn.MaxPool1d(2, return_indices=True)(torch.ones(3, 6))
    >>> torch.nn.MaxUnpool1d(2)(*pooled).shape
    torch.Size([3, 6])
    """

    dims = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """What :class:`MaxPool2d` left, put back in its places among zeros.

    >>> import chainrule as torch
    >>> pooled = torch.nn.MaxPool2d(2, return_indices=True)(torch.ones(3, 6, 6))
    >>> torch.nn.MaxUnpool2d(2)(*pooled).shape
    torch.Size([3, 6, 6])
    """

    dims = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """What :class:`MaxPool3d` left, put back in its places among zeros.

    >>> import chainrule as torch
    >>> pooled = torch.nn.MaxPool3d(2, return_indices=True)(torch.ones(3, 6, 6, 6))
    >>> torch.nn.MaxUnpool3d(2)(*pooled).shape
    torch.Size([3, 6, 6, 6])
    """

    dims = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _AdaptiveMaxPoolNd(Module):
    """What the kinds of adaptive max pooling have in common.

    Args:
        output_size: how many windows in each dimension; None for the size of the input.
        return_indices: whether to return where each of the elements stands, too.
    """

    def __init__(self, output_size: Number, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest element of each of ``output_size`` windows of sequences (N, C, L) or (C, L).

    >>> import chainrule as torch
    >>> torch.nn.AdaptiveMaxPool1d(4)(torch.ones(3, 6)).shape
    torch.Size([3, 4])
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest element of each of ``output_size`` windows of images (N, C, H, W) or (C, H, W).

    >>> import chainrule as torch
    >>> torch.nn.AdaptiveMaxPool2d(4)(torch.ones(3, 6, 6)).shape
    torch.Size([3, 4, 4])
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest element of each of ``output_size`` windows of volumes (N, C, D, H, W) or (C, D, H, W).

    >>> import chainrule as torch
    >>> torch.nn.AdaptiveMaxPool3d(4)(torch.ones(3, 6, 6, 6)).shape
    torch.Size([3, 4, 4, 4])
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


# -- the mean -----------------------------------------------------------------------------------------------------------


class AvgPool1d(Module):
    """The mean of each window of sequences (N, C, L) or (C, L).

    Args:
        kernel_size: of the window.
        stride: how far the window moves; by default its own size.
        padding: zeros around the input; at most half of the window.
        ceil_mode: whether there is one more window at the end if elements are left.
        count_include_pad: whether the zeros around count as elements.

    >>> import chainrule as torch
    >>> torch.nn.AvgPool1d(2)(torch.ones(3, 6)).shape
    torch.Size([3, 3])
    """

    def __init__(
        self,
        kernel_size: Number,
        stride: Number | None = None,
        padding: Number = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, 1, "AvgPool1d", "kernel_size") or tuple(kernel_size)
        self.stride = self.kernel_size if stride is None else each(stride, 1, "AvgPool1d", "stride") or tuple(stride)
        self.padding = each(padding, 1, "AvgPool1d", "padding") or tuple(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPoolNd(Module):
    """What the other kinds of average pooling have in common.

    Args:
        kernel_size: of the window; like the next two an int, or a tuple.
        stride: how far the window moves; by default its own size.
        padding: zeros around the input; at most half of the window.
        ceil_mode: whether there is one more window at the end if elements are left.
        count_include_pad: whether the zeros around count as elements.
        divisor_override: what to divide the sums by instead of the number of elements.
    """

    def __init__(
        self,
        kernel_size: Number,
        stride: Number | None = None,
        padding: Number = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _settings(self) -> dict[str, Any]:
        names = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
        return {name: getattr(self, name) for name in names}

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of images (N, C, H, W) or (C, H, W).

    >>> import chainrule as torch
    >>> torch.nn.AvgPool2d(2)(torch.ones(3, 6, 6)).shape
    torch.Size([3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(input, **self._settings())


class AvgPool3d(_AvgPoolNd):
    """The mean of each window of volumes (N, C, D, H, W) or (C, D, H, W).

    >>> import chainrule as torch
    >>> torch.nn.AvgPool3d(2)(torch.ones(3, 6, 6, 6)).shape
    torch.Size([3, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool3d(input, **self._settings())


class _AdaptiveAvgPoolNd(Module):
    """What the kinds of adaptive average pooling have in common.

    Args:
        output_size: how many windows in each dimension; None for the size of the input.
    """

    def __init__(self, output_size: Number) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of ``output_size`` windows of sequences (N, C, L) or (C, L).

    >>> import chainrule as torch
    >>> torch.nn.AdaptiveAvgPool1d(1)(torch.ones(3, 6)).shape
    torch.Size([3, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each of ``output_size`` windows of images (N, C, H, W) or (C, H, W).

    >>> import chainrule as torch
    >>> torch.nn.AdaptiveAvgPool2d(1)(torch.ones(3, 6, 6)).shape
    torch.Size([3, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each of ``output_size`` windows of volumes (N, C, D, H, W) or (C, D, H, W).

    >>> import chainrule as torch
    >>> torch.nn.AdaptiveAvgPool3d(1)(torch.ones(3, 6, 6, 6)).shape
    torch.Size([3, 1, 1, 1])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool3d(input, self.output_size)


# -- norms --------------------------------------------------------------------------------------------------------------


class _LPPoolNd(Module):
    """What the kinds of pooling by norms have in common.

    Args:
        norm_type: the power.
        kernel_size: of the window; like the next an int, or a tuple.
        stride: how far the window moves; by default its own size.
        ceil_mode: whether there is one more window at the end if elements are left.
    """

    def __init__(
        self, norm_type: float, kernel_size: Number, stride: Number | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class LPPool1d(_LPPoolNd):
    """The norm of each window of sequences (N, C, L) or (C, L).

    >>> import chainrule as torch
    >>> torch.nn.LPPool1d(2, 2)(torch.ones(3, 6)).shape
    torch.Size([3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """The norm of each window of images (N, C, H, W) or (C, H, W).

    >>> import chainrule as torch
    >>> torch.nn.LPPool2d(2, 2)(torch.ones(3, 6, 6)).shape
    torch.Size([3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """The norm of each window of volumes (N, C, D, H, W) or (C, D, H, W).

    >>> import chainrule as torch
    >>> torch.nn.LPPool3d(2, 2)(torch.ones(3, 6, 6, 6)).shape
    torch.Size([3, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


# -- windows at random places -------------------------------------------------------------------------------------------


class _FractionalMaxPool(Module):
    """What the kinds of fractional max pooling have in common.

    Args:
        kernel_size: of the windows; like the next an int, or a tuple.
        output_size: how many windows in each dimension.
        output_ratio: as parts of the sizes of the input, instead: between 0 and 1.
        return_indices: whether to return where each of the elements stands, too.

    Raises:
        ValueError: not one of size and ratio is given, but none or both; a ratio that is none.
    """

    dims: int

    def __init__(
        self,
        kernel_size: Number,
        output_size: Number | None = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = each(kernel_size, self.dims, name, "kernel_size") or tuple(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else each(output_size, self.dims, name, "output_size")
        if isinstance(output_ratio, (int, float)):
            output_ratio = (output_ratio,) * self.dims
        self.output_ratio = output_ratio
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if output_ratio is not None and not all(0 < ratio < 1 for ratio in output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest element of each window of images (N, C, H, W) or (C, H, W), at random distances.

    >>> import chainrule as torch
    >>> torch.nn.FractionalMaxPool2d(2, output_size=4)(torch.ones(3, 6, 6)).shape
    torch.Size([3, 4, 4])
    """

    dims = 2

    def forward(self, input: Tensor) -> Any:
        return F.fractional_max_pool2d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest element of each window of volumes (N, C, D, H, W) or (C, D, H, W), at random distances.

    >>> import chainrule as torch
    >>> torch.nn.FractionalMaxPool3d(2, output_size=4)(torch.ones(3, 6, 6, 6)).shape
    torch.Size([3, 4, 4, 4])
    """

    dims = 3

    def forward(self, input: Tensor) -> Any:
        return F.fractional_max_pool3d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )
