"""Pooling: the largest element of each window, or the mean.

Pooling of sequences is that of images one element high, as in PyTorch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import ops
from ..backend.windows import bounds, regular
from ..core.value import numbers_of
from ..promotion import is_half
from ._arguments import naming, tensor_argument
from ._reduction_arguments import refuse_kinds
from ._windows import COUNTS, Ints, each, times
from .filling import full_like
from .joining import cat
from .random import rand
from .ranges import arange

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "avg_pool1d", "max_pool1d", "max_pool1d_with_indices", "max_pool2d",
    "max_pool3d",
]  # fmt: skip

Number = Any
"""An int, or a tuple with one for each dimension."""
Axes = tuple[tuple[int, ...], ...]

FLAT: Axes = ((1, 1, 1, 1, 0, 1),)
"""The window axis that stands above a sequence, seen as an image."""

# -- windows ------------------------------------------------------------------------------------------------------------


def setting(value: Any, dims: int, function: str, name: str) -> Ints:
    numbers = each(value, dims, function, name)
    if numbers is None:
        raise RuntimeError(
            f"{function}: {name} must either be a single int, or a tuple of {COUNTS[dims]}, but got {value}"
        )
    return numbers


def window_axes(
    function: str, input: Any, dims: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Axes:
    """The window axes of the last dimensions; as PyTorch, none begins behind the elements and the padding before them."""
    kernel = setting(kernel_size, dims, function, "kernel_size")
    is_default = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    stride = kernel if is_default else setting(stride, dims, function, "stride")
    padding, dilation = setting(padding, dims, function, "padding"), setting(dilation, dims, function, "dilation")
    for name, numbers in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if min(numbers) <= 0:
            what = (
                "stride should not be zero"
                if name == "stride" and 0 in numbers
                else f"{name} should be greater than zero"
            )
            raise RuntimeError(f"{function}: {what}, but got {numbers}")
    axes = []
    for n, k, s, p, d in zip(input.shape[-dims:], kernel, stride, padding, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"{function}: pad must be non-negative, but got pad: {p}")
        if 2 * p > (k - 1) * d + 1:
            raise RuntimeError(
                f"{function}: pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}"
            )
        rest = n + 2 * p - d * (k - 1) - 1
        size = -(-rest // s) + 1 if ceil_mode else rest // s + 1
        if ceil_mode and (size - 1) * s >= n + p:
            size -= 1
        axes.append((n, size, k, s, p, d))
    if any(axis[1] < 1 for axis in axes):
        sizes = times(input.shape[-dims:]), times([max(axis[1], 0) for axis in axes])
        said = f"{function}: Given input size: ({sizes[0]}). Calculated output size: ({sizes[1]}). Output size is too small"
        raise naming(RuntimeError(said), input)
    return tuple(axes)


def check_rank(function: str, input: Any, dims: int, is_empty_refused: bool = True) -> None:
    """Raise unless there are channels, perhaps images, and elements in each dimension but the first of a batch."""
    tensor_argument(input, function, "input", 1)
    if input.ndim not in (dims + 1, dims + 2) or (is_empty_refused and 0 in input.shape[-dims - 1 :]):
        raise RuntimeError(
            f"{function}: Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got: {list(input.shape)}"
        )


# -- the largest --------------------------------------------------------------------------------------------------------


def max_pool(
    dims: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, indices: bool
) -> Any:
    function = f"max_pool{dims}d"
    check_rank(function, input, dims)
    refuse_kinds(input._array, "bc" if dims > 1 else "biuc", function)
    axes = window_axes(function, input, dims, kernel_size, stride, padding, dilation, ceil_mode)
    if dims == 1:
        return as_image(ops.max_pool2d_indices if indices else ops.max_pool2d, input, axes)
    if dims == 2:
        return (ops.max_pool2d_indices if indices else ops.max_pool2d)(input, axes=axes)
    return (ops.max_pool3d_indices if indices else ops.max_pool3d)(input, axes=axes)


def as_image(op: Any, input: Any, axes: Axes, **params: Any) -> Any:
    """An op of images on sequences."""
    out = op(input.unsqueeze(-2), axes=FLAT + axes, **params)
    return tuple([one.squeeze(-2) for one in out]) if isinstance(out, tuple) else out.squeeze(-2)


def max_pool1d(
    input: Tensor, kernel_size: Number, stride: Number = (), padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """The largest element of each window of sequences (N, C, L) or (C, L); see :func:`max_pool2d`.

    >>> import chainrule as torch
    >>> torch.max_pool1d(torch.tensor([[1., 3., 2., 0., 5.]]), 2)
    tensor([[3., 2.]])
    """
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, False)


def max_pool1d_with_indices(
    input: Tensor, kernel_size: Number, stride: Number = (), padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """:func:`max_pool1d`, and where each of these elements stands.

    >>> import chainrule as torch
    >>> torch.max_pool1d_with_indices(torch.tensor([[1., 3., 2., 0., 5.]]), 2)
    (tensor([[3., 2.]]), tensor([[1, 2]]))
    """
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d(
    input: Tensor, kernel_size: Number, stride: Number = (), padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """The largest element of each window of images; of several the first gets the gradient.

    Args:
        input: images (N, C, H, W), or one (C, H, W).
        kernel_size: of the window; like the next three an int, or a tuple (height, width).
        stride: how far the window moves; by default its own size.
        padding: how far windows reach over the edge, where nothing counts; at most half of the window.
        dilation: the distance of the elements of a window.
        ceil_mode: whether there is one more window at the end if elements are left.

    Raises:
        RuntimeError: settings that do not fit. NotImplementedError: a bool or complex input.

    >>> import chainrule as torch
    >>> torch.max_pool2d(torch.arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, False)


def max_pool3d(
    input: Tensor, kernel_size: Number, stride: Number = (), padding: Number = 0, dilation: Number = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """The largest element of each window of volumes (N, C, D, H, W) or (C, D, H, W); see :func:`max_pool2d`.

    >>> import chainrule as torch
    >>> torch.max_pool3d(torch.arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, False)


# -- the mean -----------------------------------------------------------------------------------------------------------


def avg_pool(
    dims: int, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None,
) -> Any:  # fmt: skip
    function = f"avg_pool{dims}d"
    check_rank(function, input, dims)
    if input.dtype.itemsize < 8 or input.is_complex():
        refuse_kinds(input._array, "biuc", function)
    axes = window_axes(function, input, dims, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    divisor = divisor_override
    if divisor is None:
        divisor = common([counts(axis, count_include_pad) for axis in axes])
    if dims == 1:
        return as_image(
            ops.avg_pool2d, input, axes, divisor=((1,), *divisor) if isinstance(divisor, tuple) else divisor
        )
    return (ops.avg_pool2d if dims == 2 else ops.avg_pool3d)(input, axes=axes, divisor=divisor)


def counts(axis: tuple[int, ...], include_pad: bool) -> Ints:
    """How many elements of each window count: those of the padding, if they do, but none beyond it."""
    n, size, k, s, p, _ = axis
    begins = [at * s - p for at in range(size)]
    low, high = (-p, n + p) if include_pad else (0, n)
    return tuple([min(begin + k, high) - max(begin, low) for begin in begins])


def common(found: list[Ints]) -> Any:
    """The number of elements of the windows: one number, where all have as many."""
    if all(len(set(one)) <= 1 for one in found):
        return math.prod([one[0] if one else 1 for one in found])
    return tuple(found)


def avg_pool1d(
    input: Tensor, kernel_size: Number, stride: Number = (), padding: Number = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of each window of sequences (N, C, L) or (C, L); see ``nn.functional.avg_pool2d``.

    >>> import chainrule as torch
    >>> torch.avg_pool1d(torch.tensor([[1., 3., 2., 0., 5.]]), 2)
    tensor([[2., 1.]])
    """
    return avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


# -- so many windows ----------------------------------------------------------------------------------------------------


def adaptive_axes(function: str, input: Any, dims: int, output_size: Any) -> Axes:
    """As many windows along each dimension as wanted; None is as many as there are elements."""
    if isinstance(output_size, (tuple, list)) and tensor_argument(input, function, "input", 1).ndim <= dims > 1:
        raise ValueError(f"{function}: Input dimension should be at least {dims + 1}, but it is {input.ndim}")
    check_rank(function, input, dims, False)
    sizes = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * dims
    if len(sizes) != dims:
        raise RuntimeError(f"{function}: output_size must be {dims}, but got {len(sizes)} numbers")
    lengths = input.shape[-dims:]
    wanted = each(
        [n if size is None else size for n, size in zip(lengths, sizes, strict=True)], dims, function, "output_size"
    )
    assert wanted is not None
    if min(wanted) < 0:
        raise RuntimeError(
            f"{function}: elements of output_size must be greater than or equal to 0 but received {wanted}"
        )
    if 0 in input.shape[-dims - 1 :]:
        raise RuntimeError(
            f"{function}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
            f"{list(input.shape)}"
        )
    return tuple([regular(axis) for axis in zip(lengths, wanted, strict=True)])


def adaptive_avg_pool(dims: int, input: Any, output_size: Any) -> Any:
    function = f"adaptive_avg_pool{dims}d"
    axes = adaptive_axes(function, input, dims, output_size)
    if dims == 1:
        input, axes = input.unsqueeze(-2), FLAT + axes
    if all(axis[1] == 1 for axis in axes):
        out = input.mean(tuple(range(-len(axes), 0)), keepdim=True)
    else:
        refuse_kinds(input._array, "biuc", function)
        windows = [bounds(axis) if len(axis) == 2 else ([0] * axis[1], [axis[2]] * axis[1]) for axis in axes]
        lengths = [tuple([int(b - a) for a, b in zip(*pair, strict=True)]) for pair in windows]
        divisor = tuple(lengths) if is_half(input._array.dtype) else common(lengths)
        op = ops.adaptive_avg_pool3d if dims == 3 else ops.adaptive_avg_pool2d
        out = op(input, axes=axes, divisor=divisor)
    return out.squeeze(-2) if dims == 1 else out


def adaptive_max_pool(dims: int, input: Any, output_size: Any) -> Any:
    function = f"adaptive_max_pool{dims}d"
    axes = adaptive_axes(function, input, dims, output_size)
    refuse_kinds(input._array, "biuc", function)
    if dims == 1:
        return as_image(ops.adaptive_max_pool2d, input, axes)
    return (ops.adaptive_max_pool2d if dims == 2 else ops.adaptive_max_pool3d)(input, axes=axes)


def adaptive_avg_pool1d(input: Tensor, output_size: Number) -> Tensor:
    """The means of ``output_size`` windows of about equal lengths, of sequences (N, C, L) or (C, L).

    >>> import chainrule as torch
    >>> torch.adaptive_avg_pool1d(torch.tensor([[1., 3., 2., 0., 5.]]), 2)
    tensor([[2.0000, 2.3333]])
    """
    return adaptive_avg_pool(1, input, output_size)


def adaptive_max_pool1d(input: Tensor, output_size: Number) -> tuple[Tensor, Tensor]:
    """The largest elements of ``output_size`` windows of about equal lengths, and where they stand.

    >>> import chainrule as torch
    >>> torch.adaptive_max_pool1d(torch.tensor([[1., 3., 2., 0., 5.]]), 2)
    (tensor([[3., 5.]]), tensor([[1, 4]]))
    """
    return adaptive_max_pool(1, input, output_size)


# -- the way back -------------------------------------------------------------------------------------------------------


def max_unpool(dims: int, input: Any, indices: Any, sizes: Ints) -> Any:
    """Zeros of these sizes with ``input`` at flat ``indices``."""
    function = f"max_unpool{dims}d"
    tensor_argument(input, function, "input", 1)
    array = tensor_argument(indices, function, "indices", 2)._array
    if array.dtype != "int64":
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if input.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got indices tensor "
            f"with shape: {list(indices.shape)}"
        )
    check_rank(function, input, dims)
    refuse_kinds(input._array, "bc", function)
    numbers, volume = numbers_of(array), math.prod(sizes)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= volume):
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise RuntimeError(f"Found an invalid max index: {wrong} (output volumes are of size {times(sizes)})")
    if dims == 1:
        return ops.max_unpool2d(input.unsqueeze(-2), indices.unsqueeze(-2), sizes=(1, *sizes)).squeeze(-2)
    return (ops.max_unpool2d if dims == 2 else ops.max_unpool3d)(input, indices, sizes=sizes)


# -- windows at random places -------------------------------------------------------------------------------------------


def fractional_max_pool(
    dims: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Any
) -> tuple[Tensor, Tensor]:
    """The largest elements of windows whose distances are random, about the length divided by how many there are."""
    function = f"fractional_max_pool{dims}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{function} requires specifying either an output_size or an output_ratio")
    check_rank(function, input, dims)
    kernel, lengths = setting(kernel_size, dims, function, "kernel_size"), input.shape[-dims:]
    if output_size is None:
        ratios = output_ratio if len(output_ratio) > 1 else tuple(output_ratio) * dims
        if len(ratios) != dims:
            raise ValueError(f"{function} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = [int(n * ratio) for n, ratio in zip(lengths, ratios, strict=True)]
    sizes = setting(output_size, dims, function, "output_size")
    for n, size, k in zip(lengths, sizes, kernel, strict=True):
        if size + k - 1 > n or min(size, k) < 1:
            raise RuntimeError(f"{function}(): pool size {k} too large relative to input size {n}, for {size} windows")
    refuse_kinds(input._array, "biuc", function)
    is_batch = input.ndim == dims + 2
    images = (*input.shape[:2], dims) if is_batch else (1, input.shape[0], dims)
    if samples is None:
        samples = rand(*images, dtype=input.dtype, device=input.device)
    if tuple(tensor_argument(samples, function, "_random_samples").shape) != images:
        raise RuntimeError(f"Expect _random_samples of shape {list(images)}, but got {list(samples.shape)}")
    places = random_places(samples, lengths, sizes, kernel)
    op = ops.fractional_max_pool2d if dims == 2 else ops.fractional_max_pool3d
    return op(input, places if is_batch else places.squeeze(0))


def random_places(samples: Any, lengths: Ints, sizes: Ints, kernel: Ints) -> Any:
    """The flat places of the elements of all windows, (N, C, *sizes, elements).

    Along an axis, with u the sample and a = (length - kernel) / (windows - 1), window i begins at [a (i + u)] - [a u], the
    last one as late as it can.
    """
    dims, found = len(lengths), None
    for at, (n, size, k) in enumerate(zip(lengths, sizes, kernel, strict=True)):
        # PyTorch takes the samples of images in the other order than those of volumes.
        u = samples[..., dims - 1 - at if dims == 2 else at : dims - at if dims == 2 else at + 1]
        step = (n - k) / max(size - 1, 1)
        begin = ((arange(size - 1, dtype=samples.dtype, device=u.device) + u) * step).long() - (u * step).long()
        begin = cat([begin, full_like(u, n - k).long()], -1)
        places = begin.unsqueeze(-1) + arange(k, device=u.device)
        places = places.reshape(
            *places.shape[:2],
            *[size if one == at else 1 for one in range(dims)],
            *[k if one == at else 1 for one in range(dims)],
        )
        found = places if found is None else found * n + places
    assert found is not None
    return found.reshape(*found.shape[: 2 + dims], math.prod(kernel))
