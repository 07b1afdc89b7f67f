"""Padding and windows as columns, as ``nn.functional`` has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import ops
from ..functions._arguments import naming, tensor_argument
from ..functions._reduction_arguments import refuse_kinds
from ..functions._windows import each
from ..functions.convolutions import blocks, plane_axes
from ..functions.padding import pad

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["fold", "pad", "unfold"]

Number = Any


def unfold(input: Tensor, kernel_size: Number, dilation: Number = 1, padding: Number = 0, stride: Number = 1) -> Tensor:
    """The windows of images (N, C, H, W) or (C, H, W) as columns (N, C * kernel size, windows).

    Args:
        input: the images.
        kernel_size: of the window; like the next three an int, or a tuple (height, width).
        dilation: the distance of the elements of a window.
        padding: zeros around the images.
        stride: how far the window moves.

    Raises:
        RuntimeError: settings that do not fit.

    >>> import chainrule.nn.functional as F
    >>> F.unfold(torch.arange(9.).reshape(1, 3, 3), 2)
    tensor([[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]])
    """
    tensor_argument(input, "unfold", "input", 1)
    if input.ndim < 3:
        said = f"unfold: Dimension out of range: expected a 3D or 4D tensor, but got {list(input.shape)}"
        raise naming(IndexError(said), input)
    axes = plane_axes("unfold", input.shape[-2:], kernel_size, dilation, padding, stride)
    if input.ndim > 4 or 0 in input.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but "
            f"got: {list(input.shape)}"
        )
    refuse_kinds(input._array, "iu", "unfold")
    if any(axis[1] < 1 for axis in axes):
        raise RuntimeError(
            f"Given input with spatial size {tuple(input.shape[-2:])}, kernel_size={kernel_size}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as ({axes[0][1]}, {axes[1][1]}), but its "
            "components must be at least one."
        )
    return ops.im2col(input, axes=axes)


def fold(
    input: Tensor,
    output_size: Number,
    kernel_size: Number,
    dilation: Number = 1,
    padding: Number = 0,
    stride: Number = 1,
) -> Tensor:
    """Columns (N, C * kernel size, windows), or without N, added up to images (N, C, *output_size): see :func:`unfold`.

    Where windows overlap, their elements are added.

    Raises:
        RuntimeError: columns, or a number of them, that are not those of such images.

    >>> import chainrule.nn.functional as F
    >>> F.fold(torch.ones(4, 4), (3, 3), 2)
    tensor([[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]])
    """
    tensor_argument(input, "fold", "input", 1)
    sizes = each(output_size, 2, "fold", "output_size")
    if sizes is None:
        raise RuntimeError(f"It is expected output_size equals to 2, but got size {len(output_size)}")
    axes = plane_axes("fold", sizes, kernel_size, dilation, padding, stride)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but "
            f"got: {list(input.shape)}"
        )
    kernel = math.prod([axis[2] for axis in axes])
    rows, columns = input.shape[-2:]
    if rows % kernel:
        raise RuntimeError(
            f"Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)={rows} "
            f"and kernel_size={kernel_size}."
        )
    if min(axes[0][1], axes[1][1]) < 1 or columns != blocks(axes):
        raise RuntimeError(
            f"Given output_size={sizes}, kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks {axes[0][1]} * {axes[1][1]} "
            f"= {max(0, axes[0][1]) * max(0, axes[1][1])}, but got input.size(2)={columns}."
        )
    refuse_kinds(input._array, "iu", "fold")
    return ops.col2im(input, axes=axes)
