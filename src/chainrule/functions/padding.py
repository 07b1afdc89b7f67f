"""Elements added around a tensor, and channels exchanged with space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..promotion import held_scalar
from ._arguments import sizes_of, tensor_argument
from ._reduction_arguments import refuse_kinds
from ._windows import number_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import Tensor

__all__ = ["channel_shuffle", "constant_pad_nd", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]

Widths = tuple[tuple[int, int], ...]

# -- constants ----------------------------------------------------------------------------------------------------------


def widths_of(input: Any, pad: Any, function: str) -> Widths:
    """(before, after) of the last dimensions, in their order, from a flat sequence that begins at the last one."""
    tensor_argument(input, function, "input")
    if not isinstance(pad, (tuple, list)):
        raise TypeError(f"{function}(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}")
    flat = sizes_of((pad,), function, "pad")
    if len(flat) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, but got {list(flat)}")
    return tuple(zip(flat[::2], flat[1::2], strict=True))[::-1]


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """``input`` between constants.

    Args:
        input: any tensor.
        pad: how many before and after the last dimension, then before and after the one before it, ...; negative numbers
            cut off.
        value: the constant.

    Raises:
        RuntimeError: the padding does not fit the tensor.

    >>> import chainrule as torch
    >>> torch.constant_pad_nd(torch.tensor([[1., 2.]]), (1, 0, 0, 1), 9)
    tensor([[9., 1., 2.],
            [9., 9., 9.]])
    """
    widths = widths_of(input, pad, "constant_pad_nd")
    if len(widths) > input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{2 * len(widths)} and input of dimension {input.ndim}"
        )
    for dim, (n, (before, after)) in enumerate(
        zip(input.shape[input.ndim - len(widths) :], widths, strict=True), input.ndim - len(widths)
    ):
        if n + before + after < 0 or n + min(before, after) < 0:
            raise RuntimeError(
                f"narrow(): length must be non-negative. Padding ({before}, {after}) cuts off more than the {n} elements of "
                f"dimension {dim}."
            )
    return ops.pad(input, widths=widths, value=held_scalar(input._array.dtype, value))


# -- borders ------------------------------------------------------------------------------------------------------------

MODES = {"reflect": "reflection_pad", "replicate": "replication_pad", "circular": "circular_pad"}


def border_pad(input: Any, pad: Any, mode: str) -> Any:
    """``input`` between parts of itself, in its last dimensions; all but one or two of the dimensions are padded."""
    widths = widths_of(input, pad, "pad")
    dims, name = len(widths), MODES[mode]
    if dims not in (1, 2, 3) or input.ndim not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"Padding size {2 * dims} is not supported for {input.ndim}D input tensor. Mode {mode!r} pads the last dimension of "
            "2D and 3D tensors, the last two of 3D and 4D ones, the last three of 4D and 5D ones."
        )
    if mode != "circular":
        refuse_kinds(input._array, "b", f"{name}{dims}d")
    if 0 in input.shape[-dims - 1 :] and not (mode == "circular" and input.shape[-dims - 1] == 0):
        raise RuntimeError(
            f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            f"for input, but got: {list(input.shape)}"
        )
    for dim, (n, (before, after)) in enumerate(zip(input.shape[-dims:], widths, strict=True), input.ndim - dims):
        if mode == "reflect" and max(before, after) >= n:
            raise RuntimeError(
                "Padding size should be less than the corresponding input dimension, but got: padding "
                f"({before}, {after}) at dimension {dim} of input {list(input.shape)}"
            )
        if mode == "circular" and max(before, after) > n + min(before, after, 0):
            raise RuntimeError(
                "Padding value causes wrapping around more than once: padding "
                f"({before}, {after}) at dimension {dim} of input {list(input.shape)}"
            )
        if n + before + after < 1 - (mode == "circular"):
            raise RuntimeError(
                f"{mode} padding: the input of size {n} in dimension {dim} is too small for padding ({before}, {after}), which "
                f"leaves {n + before + after} elements"
            )
    if mode != "circular":
        return getattr(ops, f"{name}{dims}d")(input, widths=widths)
    if any(min(pair) < 0 for pair in widths):  # what is cut off is not at the other end either
        input = ops.pad(input, widths=tuple([(min(a, 0), min(b, 0)) for a, b in widths]), value=0)
    return ops.circular_pad(input, widths=tuple([(max(a, 0), max(b, 0)) for a, b in widths]))


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """``input`` with more elements around it.

    Args:
        input: any tensor; in the modes but "constant", one with a dimension or two more than are padded.
        pad: how many before and after the last dimension, then before and after the one before it, ...; negative numbers
            cut off.
        mode: "constant", or what the border shows: "reflect" the elements next to the edge, turned around; "replicate"
            the edge; "circular" the other end.
        value: the constant, by default 0.

    Raises:
        RuntimeError: the padding does not fit the tensor. NotImplementedError: no such mode, or not for such a tensor.

    >>> import chainrule.nn.functional as F
    >>> F.pad(torch.tensor([[1., 2., 3.]]), (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if mode not in MODES:
        raise NotImplementedError(
            f"Unrecognised padding mode {mode}: the modes are constant, reflect, replicate and circular"
        )
    if value not in (None, 0):
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    return border_pad(input, pad, mode)


# -- channels and space -------------------------------------------------------------------------------------------------


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels as pixels: (..., C r^2, H, W) -> (..., C, H r, W r).

    Raises:
        RuntimeError: the channels are no multiple of the square of ``upscale_factor``.

    >>> import chainrule as torch
    >>> torch.pixel_shuffle(torch.tensor([1., 2., 3., 4.]).reshape(4, 1, 1), 2)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    r = _factor("pixel_shuffle", input, upscale_factor, "upscale_factor")
    if input.shape[-3] % r**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
            f"input.size(-3)={input.shape[-3]} is not divisible by {r**2}"
        )
    return ops.pixel_shuffle(input, factor=r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels as channels: (..., C, H r, W r) -> (..., C r^2, H, W).

    Raises:
        RuntimeError: height or width is no multiple of ``downscale_factor``.

    >>> import chainrule as torch
    >>> torch.pixel_unshuffle(torch.tensor([[[1., 2.], [3., 4.]]]), 2).flatten()
    tensor([1., 2., 3., 4.])
    """
    r = _factor("pixel_unshuffle", input, downscale_factor, "downscale_factor")
    for at, name in ((-2, "height"), (-1, "width")):
        if input.shape[at] % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({at})={input.shape[at]} is "
                f"not divisible by {r}"
            )
    return ops.pixel_unshuffle(input, factor=r)


def _factor(function: str, input: Any, factor: Any, name: str) -> int:
    tensor_argument(input, function, "input", 1)
    r = number_argument(factor, function, name)
    if input.ndim < 3:
        raise RuntimeError(
            f"{function} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"{function} expects a positive {name}, but got {r}")
    return r


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of (N, C, ...), in ``groups`` groups, dealt anew: the first of each group, the second of each, ...

    Raises:
        RuntimeError: the channels are no multiple of ``groups``.

    >>> import chainrule as torch
    >>> torch.channel_shuffle(torch.arange(6.).reshape(1, 6, 1), 2).flatten()
    tensor([0., 3., 1., 4., 2., 5.])
    """
    tensor_argument(input, "channel_shuffle", "input", 1)
    groups = number_argument(groups, "channel_shuffle", "groups")
    if input.ndim < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if input.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input.shape[1]} channels and {groups} groups."
        )
    return ops.channel_shuffle(input, groups=groups, axis=1 - input.ndim)


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """:func:`channel_shuffle`.

    >>> import chainrule as torch
    >>> torch.native_channel_shuffle(torch.arange(4.).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    return channel_shuffle(input, groups)
