"""Pooling, as ``nn.functional`` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..functions import pooling
from ..functions._arguments import deliver, tensor_argument
from ..functions.pooling import adaptive_avg_pool1d as adaptive_avg_pool1d, avg_pool1d as avg_pool1d

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "fractional_max_pool2d", "fractional_max_pool2d_with_indices", "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip

Number = Any
"""An int, or a tuple with one for each dimension."""

# -- the largest --------------------------------------------------------------------------------------------------------


def max_pool1d(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of sequences (N, C, L) or (C, L); see :func:`max_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.max_pool1d(torch.tensor([[1., 3., 2., 0., 5.]]), 2, ceil_mode=True)
    tensor([[3., 2., 5.]])
    """
    return pooling.max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of images; of several the first gets the gradient.

    Args:
        input: images (N, C, H, W), or one (C, H, W).
        kernel_size: of the window; like the next three an int, or a tuple (height, width).
        stride: how far the window moves; by default its own size.
        padding: how far windows reach over the edge, where nothing counts; at most half of the window.
        dilation: the distance of the elements of a window.
        ceil_mode: whether there is one more window at the end if elements are left.
        return_indices: whether to return where each of these elements stands, too: row * width + column.

    Raises:
        RuntimeError: settings that do not fit. NotImplementedError: a bool or complex input.

    >>> import chainrule.nn.functional as F
    >>> F.max_pool2d(torch.arange(16.).reshape(1, 4, 4), 2, return_indices=True)
    (tensor([[[ 5.,  7.],
             [13., 15.]]]), tensor([[[ 5,  7],
             [13, 15]]]))
    """
    return pooling.max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of volumes (N, C, D, H, W) or (C, D, H, W); see :func:`max_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.max_pool3d(torch.arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return pooling.max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d_with_indices(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """:func:`max_pool1d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.max_pool1d_with_indices(torch.tensor([[1., 3., 2., 0.]]), 2)
    (tensor([[3., 2.]]), tensor([[1, 2]]))
    """
    return pooling.max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """:func:`max_pool2d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.max_pool2d_with_indices(torch.arange(4.).reshape(1, 2, 2), 2)
    (tensor([[[3.]]]), tensor([[[3]]]))
    """
    return pooling.max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """:func:`max_pool3d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.max_pool3d_with_indices(torch.arange(8.).reshape(1, 2, 2, 2), 2)
    (tensor([[[[7.]]]]), tensor([[[[7]]]]))
    """
    return pooling.max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool1d(input: Tensor, output_size: Number, return_indices: bool = False) -> Any:
    """The largest elements of ``output_size`` windows of about equal lengths; see :func:`adaptive_max_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_max_pool1d(torch.tensor([[1., 3., 2., 0., 5.]]), 2)
    tensor([[3., 5.]])
    """
    both = pooling.adaptive_max_pool(1, input, output_size)
    return both if return_indices else both[0]


def adaptive_max_pool2d(input: Tensor, output_size: Number, return_indices: bool = False) -> Any:
    """The largest element of each of ``output_size`` windows of images (N, C, H, W) or (C, H, W).

    Args:
        input: the images.
        output_size: how many windows in each dimension; None for the size of the input.
        return_indices: whether to return where each of these elements stands, too.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_max_pool2d(torch.arange(15.).reshape(1, 3, 5), (1, 2))
    tensor([[[12., 14.]]])
    """
    both = pooling.adaptive_max_pool(2, input, output_size)
    return both if return_indices else both[0]


def adaptive_max_pool3d(input: Tensor, output_size: Number, return_indices: bool = False) -> Any:
    """The largest element of each of ``output_size`` windows of volumes; see :func:`adaptive_max_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_max_pool3d(torch.arange(8.).reshape(1, 2, 2, 2), 1)
    tensor([[[[7.]]]])
    """
    both = pooling.adaptive_max_pool(3, input, output_size)
    return both if return_indices else both[0]


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Number, return_indices: bool = False) -> Any:
    """:func:`adaptive_max_pool1d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_max_pool1d_with_indices(torch.tensor([[1., 3., 2.]]), 1)
    (tensor([[3.]]), tensor([[1]]))
    """
    return pooling.adaptive_max_pool(1, input, output_size)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Number, return_indices: bool = False) -> Any:
    """:func:`adaptive_max_pool2d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_max_pool2d_with_indices(torch.arange(4.).reshape(1, 2, 2), 1)
    (tensor([[[3.]]]), tensor([[[3]]]))
    """
    return pooling.adaptive_max_pool(2, input, output_size)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Number, return_indices: bool = False) -> Any:
    """:func:`adaptive_max_pool3d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_max_pool3d_with_indices(torch.arange(8.).reshape(1, 2, 2, 2), 1)
    (tensor([[[[7.]]]]), tensor([[[[7]]]]))
    """
    return pooling.adaptive_max_pool(3, input, output_size)


# -- the mean -----------------------------------------------------------------------------------------------------------


def avg_pool2d(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None, *, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window of images (N, C, H, W) or (C, H, W).

    Args:
        input: the images.
        kernel_size: of the window; like the next two an int, or a tuple (height, width).
        stride: how far the window moves; by default its own size.
        padding: zeros around the input; at most half of the window.
        ceil_mode: whether there is one more window at the end if elements are left.
        count_include_pad: whether the zeros around count as elements.
        divisor_override: what to divide the sums by instead of the number of elements.
        out: the tensor that takes the result.

    Raises:
        RuntimeError: settings that do not fit. NotImplementedError: another dtype than a floating point one or int64.

    >>> import chainrule.nn.functional as F
    >>> F.avg_pool2d(torch.arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    result = pooling.avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return deliver(result, out, "avg_pool2d", exact=True)


def avg_pool3d(
    input: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None, *, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window of volumes (N, C, D, H, W) or (C, D, H, W); see :func:`avg_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.avg_pool3d(torch.arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    result = pooling.avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return deliver(result, out, "avg_pool3d", exact=True)


def adaptive_avg_pool2d(input: Tensor, output_size: Number) -> Tensor:
    """The means of ``output_size`` windows of images (N, C, H, W) or (C, H, W), of about equal sizes.

    Args:
        input: the images.
        output_size: how many windows in each dimension; None for the size of the input.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_avg_pool2d(torch.arange(15.).reshape(1, 3, 5), (1, 2))
    tensor([[[6., 8.]]])
    """
    return pooling.adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Number) -> Tensor:
    """The means of ``output_size`` windows of volumes; see :func:`adaptive_avg_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.adaptive_avg_pool3d(torch.arange(8.).reshape(1, 2, 2, 2), 1)
    tensor([[[[3.5000]]]])
    """
    return pooling.adaptive_avg_pool(3, input, output_size)


# -- norms --------------------------------------------------------------------------------------------------------------


def _lp_pool(dims: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Tensor:
    """From the mean of the powers, as PyTorch: where that is negative, minus the absolute value counts."""
    tensor_argument(input, f"lp_pool{dims}d", "input", 1)
    means = pooling.avg_pool(dims, input.pow(norm_type), kernel_size, stride, 0, ceil_mode, True, None)
    count = 1
    for size in pooling.setting(kernel_size, dims, f"lp_pool{dims}d", "kernel_size"):
        count *= size
    return (means.sign() * means.abs().relu()).mul(count).pow(1.0 / norm_type)


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Number, stride: Number | None = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of each window of sequences (N, C, L) or (C, L); see :func:`lp_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.lp_pool1d(torch.tensor([[3., 4., 0., 2.]]), 2, 2)
    tensor([[5., 2.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Number, stride: Number | None = None, ceil_mode: bool = False
) -> Tensor:
    """The root of the sum of the powers ``x ** norm_type`` of each window of images (N, C, H, W) or (C, H, W).

    >>> import chainrule.nn.functional as F
    >>> F.lp_pool2d(torch.tensor([[[3., 4.], [0., 0.]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Number, stride: Number | None = None, ceil_mode: bool = False
) -> Tensor:
    """The norm of each window of volumes; see :func:`lp_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.lp_pool3d(torch.ones(1, 1, 2, 2), 2, (1, 2, 2))
    tensor([[[[2.]]]])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


# -- the way back -------------------------------------------------------------------------------------------------------


def _max_unpool(
    dims: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    function = f"max_unpool{dims}d"
    tensor_argument(input, function, "input", 1)
    kernel = pooling.setting(kernel_size, dims, function, "kernel_size")
    stride = kernel if stride is None else pooling.setting(stride, dims, function, "stride")
    padding = pooling.setting(padding, dims, function, "padding")
    default = [(n - 1) * s + k - 2 * p for n, k, s, p in zip(input.shape[-dims:], kernel, stride, padding, strict=True)]
    sizes = default
    if output_size is not None:
        sizes = list(output_size)
        if len(sizes) == dims + 2:
            sizes = sizes[2:]
        if len(sizes) != dims:
            raise ValueError(
                f"output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a length of "
                f"'{len(sizes)}'"
            )
        for dim, (size, usual, s) in enumerate(zip(sizes, default, stride, strict=True)):
            if not usual - s < size < usual + s:
                raise ValueError(
                    f'invalid output_size "{tuple(sizes)}" (dim {dim} must be between {usual - s} and {usual + s})'
                )
    return pooling.max_unpool(dims, input, indices, tuple(sizes))


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """What :func:`max_pool1d` left, put back in its places among zeros; see :func:`max_unpool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.max_unpool1d(*F.max_pool1d(torch.tensor([[1., 3., 2., 0.]]), 2, return_indices=True), 2)
    tensor([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """What :func:`max_pool2d` left, put back in its places among zeros.

    Args:
        input: the pooled images.
        indices: where their elements stood, as ``max_pool2d`` returns it.
        kernel_size: the settings of the pooling, like the next two.
        stride: how far the window moved; by default its own size.
        padding: how far windows reached over the edge.
        output_size: height and width of the result, where they are not the least that are possible.

    Raises:
        RuntimeError: indices beyond the result. ValueError: an impossible ``output_size``.

    >>> import chainrule.nn.functional as F
    >>> F.max_unpool2d(torch.tensor([[[7.]]]), torch.tensor([[[2]]]), 2)
    tensor([[[0., 0.],
             [7., 0.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Number, stride: Number | None = None, padding: Number = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """What :func:`max_pool3d` left, put back in its places among zeros; see :func:`max_unpool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.max_unpool3d(torch.full((1, 1, 1, 1), 7.), torch.full((1, 1, 1, 1), 2), (1, 2, 2)).flatten()
    tensor([0., 0., 7., 0.])
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


# -- windows at random places -------------------------------------------------------------------------------------------


def fractional_max_pool2d(
    input: Tensor, kernel_size: Number, output_size: Number | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """The largest element of each of ``output_size`` windows of images (N, C, H, W) or (C, H, W), at random distances.

    Args:
        input: the images.
        kernel_size: of the windows; like the next an int, or a tuple (height, width).
        output_size: how many windows in each dimension.
        output_ratio: as parts of the sizes of the input, instead: a tuple of numbers between 0 and 1.
        return_indices: whether to return where each of the elements stands, too.

    Raises:
        ValueError: neither size nor ratio is given. RuntimeError: windows that do not fit.

    >>> import chainrule.nn.functional as F
    >>> F.fractional_max_pool2d(torch.ones(1, 1, 5, 5), 2, output_size=3).shape
    torch.Size([1, 1, 3, 3])
    """
    both = pooling.fractional_max_pool(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return both if return_indices else both[0]


def fractional_max_pool2d_with_indices(
    input: Tensor, kernel_size: Number, output_size: Number | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """:func:`fractional_max_pool2d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.fractional_max_pool2d_with_indices(torch.ones(1, 1, 5, 5), 2, output_size=3)[1].shape
    torch.Size([1, 1, 3, 3])
    """
    return pooling.fractional_max_pool(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(
    input: Tensor, kernel_size: Number, output_size: Number | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """The largest element of each of ``output_size`` windows of volumes, at random distances: see
    :func:`fractional_max_pool2d`.

    >>> import chainrule.nn.functional as F
    >>> F.fractional_max_pool3d(torch.ones(1, 5, 5, 5), 2, output_size=3).shape
    torch.Size([1, 3, 3, 3])
    """
    both = pooling.fractional_max_pool(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return both if return_indices else both[0]


def fractional_max_pool3d_with_indices(
    input: Tensor, kernel_size: Number, output_size: Number | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """:func:`fractional_max_pool3d`, and where each element stands.

    >>> import chainrule.nn.functional as F
    >>> F.fractional_max_pool3d_with_indices(torch.ones(1, 5, 5, 5), 2, output_size=3)[1].shape
    torch.Size([1, 3, 3, 3])
    """
    return pooling.fractional_max_pool(3, input, kernel_size, output_size, output_ratio, _random_samples)
