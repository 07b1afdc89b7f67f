"""Memory: copies, strides, and views of raw storage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..backend.shape_numpy import geometry, positions, storage
from ..core.mutation import refuse_write
from ..core.sparse_level import SPARSE, is_sparse
from ..core.value import Lifted, new_tensor, writable
from ..core.version import cell_of
from ..core.views import base_of, current_node, memory_of
from ..dtypes import as_dtype
from ..promotion import scalar_type_name
from ._arguments import axis_of, sizes_of, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "as_strided",
    "channels_last",
    "channels_last_3d",
    "clone",
    "contiguous_format",
    "is_same_size",
    "legacy_contiguous_format",
    "memory_format",
    "numel",
    "preserve_format",
]


class memory_format:  # noqa: N801 - PyTorch's name
    """An order of the elements in memory.

    >>> import chainrule as torch
    >>> torch.contiguous_format
    torch.contiguous_format
    """

    __slots__ = ("axes", "name")

    def __init__(self, name: str, axes: tuple[int, ...] | None = None) -> None:
        self.name = name
        self.axes = axes
        """The axes in the order in which they lie in memory; None for any."""

    def __repr__(self) -> str:
        return f"torch.{self.name}"


contiguous_format = legacy_contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))


def check_format(memory_format_: Any, ndim: int, function: str) -> None:
    if not isinstance(memory_format_, memory_format):
        raise TypeError(
            f"{function}(): argument 'memory_format' must be torch.memory_format, not {type(memory_format_).__name__}"
        )
    if memory_format_.axes is not None and len(memory_format_.axes) != ndim:
        raise RuntimeError(
            f"required rank {len(memory_format_.axes)} tensor to use {memory_format_.name} format, got {ndim}"
        )


def in_order(array: Any, format_: memory_format) -> bool:
    return bool((array.transpose(format_.axes) if format_.axes is not None else array).flags.c_contiguous)


def copy_in_order(input: Tensor, format_: memory_format) -> Tensor:
    if format_.axes is None:
        return ops.contiguous(input)
    return ops.clone_laid(input, axis=1 - len(format_.axes))


def clone(input: Tensor, *, memory_format: Any = preserve_format) -> Tensor:
    """A copy that gradients flow through.

    >>> import chainrule as torch
    >>> torch.clone(torch.ones(1, requires_grad=True))
    tensor([1.], grad_fn=<CloneBackward0>)
    """
    array = tensor_argument(input, "clone", "input")._array
    if memory_format is preserve_format:
        return ops.clone(input)
    check_format(memory_format, array.ndim, "clone")
    return copy_in_order(input, memory_format)


def contiguous(input: Tensor, *, memory_format: Any = contiguous_format) -> Tensor:
    """The tensor itself if its elements lie in memory in C order, else a copy for which that holds.

    >>> import chainrule as torch
    >>> torch.ones(2, 3).t().contiguous().stride()
    (2, 1)
    """
    if memory_format is not contiguous_format:
        check_format(memory_format, input._array.ndim, "contiguous")
        if memory_format is preserve_format and not in_order(memory_of(input), memory_format):
            raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return input if in_order(memory_of(input), memory_format) else copy_in_order(input, memory_format)


def is_contiguous(input: Tensor, *, memory_format: Any = contiguous_format) -> bool:
    """Whether the elements lie in memory in C order (or in the order ``memory_format``).

    >>> import chainrule as torch
    >>> torch.ones(2, 3).t().is_contiguous()
    False
    """
    if memory_format is not contiguous_format:
        if not hasattr(memory_format, "axes"):
            check_format(memory_format, input._array.ndim, "is_contiguous")
        if memory_format.axes is not None and len(memory_format.axes) != input._array.ndim:
            return False
    if in_coordinates(input):
        return False
    return in_order(memory_of(input), memory_format)


def in_coordinates(input: Any) -> bool:
    """Whether it is sparse, so that it lies nowhere: its strides are 0."""
    return SPARSE.is_used and is_sparse(input._array) and input._array.layout == "coo"


def numel(input: Tensor) -> int:
    """The number of elements.

    >>> import chainrule as torch
    >>> torch.numel(torch.ones(2, 3))
    6
    """
    return tensor_argument(input, "numel", "input")._array.size


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape.

    >>> import chainrule as torch
    >>> torch.is_same_size(torch.ones(2), torch.ones(2, 1))
    False
    """
    tensor_argument(other, "is_same_size", "other", 2)
    return tensor_argument(input, "is_same_size", "input").shape == other.shape


def size(input: Tensor, dim: int | None = None) -> Any:
    """The shape, or one of its sizes.

    >>> import chainrule as torch
    >>> torch.ones(2, 3).size(), torch.ones(2, 3).size(-1)
    (torch.Size([2, 3]), 3)
    """
    if dim is None:
        return input.shape
    return input._array.shape[named_axis(dim, input._array.ndim, "size")]


def stride(input: Tensor, dim: int | None = None) -> Any:
    """How many elements apart neighbours lie in memory, for each dimension or for one.

    >>> import chainrule as torch
    >>> torch.ones(2, 3).stride()
    (3, 1)
    """
    if in_coordinates(input):
        return (0,) * input.ndim if dim is None else 0 * named_axis(dim, input.ndim, "stride")
    array = memory_of(input)
    if dim is not None:
        return strides_of(array)[named_axis(dim, array.ndim, "stride")]
    return strides_of(array)


def strides_of(array: Any) -> tuple[int, ...]:
    """Strides in elements; of an array without elements, as PyTorch has them."""
    if array.size:
        return tuple([s // array.itemsize for s in array.strides])
    strides, step = [], 1
    for n in reversed(array.shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def named_axis(dim: Any, ndim: int, function: str) -> int:
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{function}(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
    if not ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return axis_of(dim, ndim, function)


def storage_offset(input: Tensor) -> int:
    """Where in its storage the first element lies, in elements.

    >>> import chainrule as torch
    >>> torch.arange(5)[2:].storage_offset()
    2
    """
    return 0 if in_coordinates(input) else geometry(memory_of(input))[2]


def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """A view of the storage of ``input`` with sizes, strides and offset of your own.

    Raises:
        RuntimeError: it would reach outside the storage.

    >>> import chainrule as torch
    >>> torch.as_strided(torch.arange(5), (2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])
    """
    base, params = strided_part(input, size, stride, storage_offset, "as_strided")
    return ops.as_strided(base, **params)


def strided_part(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None, function: str
) -> tuple[Tensor, dict[str, Any]]:
    """What ``as_strided`` reads: the tensor in whose storage strides and offset count, and the parameters of the ops."""
    array = memory_of(tensor_argument(input, function, "input"))
    sizes, strides = sizes_of((size,), function), sizes_of((stride,), function, "stride")
    origin = geometry(array)
    offset = origin[2] if storage_offset is None else storage_offset
    if len(sizes) != len(strides):
        raise RuntimeError(f"mismatch in length of strides and shape: got {list(strides)} and {list(sizes)}")
    if any(s < 0 for s in strides):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(strides)}"
        )
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    have = storage(array).size * array.itemsize
    needs = (
        0
        if 0 in sizes
        else array.itemsize * (offset + 1 + sum([(n - 1) * s for n, s in zip(sizes, strides, strict=True)]))
    )
    if needs > have:
        raise RuntimeError(
            f"setStorage: sizes {list(sizes)}, strides {list(strides)}, storage offset {offset}, and itemsize {array.itemsize} "
            f"requiring a storage size of {needs} are out of bounds for storage of size {have}"
        )
    if isinstance(input._array, Lifted) and input._view is not None:
        if not np.isin(positions((sizes, strides, offset)), positions(origin)).all():
            raise RuntimeError(
                f"result = tensor.as_strided({list(sizes)}, {list(strides)}, {offset}) can access memory outside of `tensor`, which "
                "is not supported inside of a transform: there a tensor has no more than its own elements"
            )
        base: Any = base_of(input._view)  # where strides and offset count from
        input, origin = base, geometry(memory_of(base))
    return input, {"size": sizes, "stride": strides, "offset": offset, "origin": origin}


def view_dtype(input: Tensor, dtype: Any) -> Tensor:
    """The same bytes read as another dtype, sharing memory and versions but no gradient (inside of a transform: a copy)."""
    array, wanted = memory_of(input), as_dtype(dtype).numpy
    old, new = array.dtype.itemsize, wanted.itemsize
    names = f"{scalar_type_name(array.dtype)} as {scalar_type_name(wanted)} (different element sizes), but got"
    if old != new:
        if not array.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 to view {names} 0")
        if array.strides[-1] != old and array.shape[-1] != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 to view {names} {array.strides[-1] // old}")
        if new > old and array.shape[-1] * old % new:
            raise RuntimeError(f"self.size(-1) must be divisible by {new // old} to view {names} {array.shape[-1]}")
    if isinstance(input._array, Lifted):
        return ops.view_dtype(input, dtype=wanted)
    alias = new_tensor(array.view(wanted))
    alias._cell = cell_of(input)
    return alias


def resize_(input: Tensor, *sizes: Any, size: Any = None, memory_format: Any = contiguous_format) -> Tensor:
    """Give the tensor another shape in place: of its memory in C order, with uninitialised elements where it is too small.

    Raises:
        RuntimeError: the tensor requires grad.
    """
    shape = sizes_of(sizes if size is None else (size,), "resize_")
    if any(n < 0 for n in shape):
        raise RuntimeError(f"numel: integer multiplication overflow: sizes must not be negative, got {list(shape)}")
    if current_node(input) is not None:
        raise RuntimeError("cannot resize variables that require grad. Use .reshape(), which gives a new tensor.")
    if isinstance(input._array, Lifted):
        return resized(input, shape)
    array = writable(input)
    refuse_write(input, array, False)
    count, flat = math.prod(shape), storage(array)[geometry(array)[2] :]
    if count > flat.size:
        grown = np.empty(count, array.dtype)
        grown[: flat.size] = flat
        flat = grown
    input._array = flat[:count].reshape(shape)
    return input


def resized(input: Any, shape: tuple[int, ...]) -> Any:
    """``resize_`` of a value that has no memory: it gets another."""
    if input._view is not None:
        raise RuntimeError(
            "cannot resize a view inside of a transform, or on another device. Use .reshape(), which gives a new tensor."
        )
    refuse_write(input, writable(input), False)
    count, have = math.prod(shape), input._array.size
    flat = ops.reshape(input.detach(), (have,))
    if count > have:
        flat = ops.pad(flat, widths=((0, count - have),), value=0)
    elif count < have:
        flat = ops.contiguous(ops.slice_axis(flat, axis=-1, start=0, stop=count, step=1))
    input._array = ops.reshape(flat, shape)._array
    return input
