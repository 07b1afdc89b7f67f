"""Elements in other places: reversed, rolled, repeated, padded, along diagonals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import TensorBase, is_constant, like, new_tensor
from ..core.views import values_of
from ._arguments import axes_of, axis_of, deliver, naming, one_of, sizes_of, tensor_argument
from ._reduction_arguments import numpy_names
from .shape import flatten

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ._reduction_arguments import NumpyName

__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "flip",
    "fliplr",
    "flipud",
    "narrow",
    "repeat_interleave",
    "roll",
    "rot90",
    "select",
    "tile",
    "tril",
    "triu",
]

MAX_BYTES = 1 << 47
"""What a process can address."""

# -- the same elements --------------------------------------------------------------------------------------------------


def flip(input: Tensor, dims: int | Sequence[int]) -> Tensor:
    """A copy with the order reversed along ``dims``.

    >>> import chainrule as torch
    >>> torch.flip(torch.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    tensor_argument(input, "flip", "input")
    if dims is None:
        raise TypeError("flip(): argument 'dims' (position 2) must be tuple of ints, not NoneType")
    axes = axes_of(dims, input._array.ndim, "flip")
    return ops.flip(input, axis=axes if input._array.ndim else ())


def fliplr(input: Tensor) -> Tensor:
    """A copy with the columns in reverse order.

    >>> import chainrule as torch
    >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if tensor_argument(input, "fliplr", "input")._array.ndim < 2:
        raise RuntimeError(f"Input must be >= 2-d. Got {input._array.ndim}-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """A copy with the rows in reverse order.

    >>> import chainrule as torch
    >>> torch.flipud(torch.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if tensor_argument(input, "flipud", "input")._array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d. Got 0-d.")
    return flip(input, 0)


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A copy rotated ``k`` times by 90 degrees, from the first of ``dims`` towards the second.

    >>> import chainrule as torch
    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    ndim = tensor_argument(input, "rot90", "input")._array.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = axis_of(dims[0], ndim, "rot90"), axis_of(dims[1], ndim, "rot90")
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return ops.rot90(input, k=k, axes=(first, second))


def roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """A copy shifted along ``dims``, what falls off coming in again at the other end; without ``dims``, in C order.

    >>> import chainrule as torch
    >>> torch.roll(torch.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    array = tensor_argument(input, "roll", "input")._array
    by = sizes_of((shifts,), "roll", "shifts")
    axes = () if dims is None else sizes_of((dims,), "roll", "dims")
    if not by:
        raise RuntimeError("`shifts` required: by how many places to shift, as an int or a sequence of ints")
    if not axes and len(by) == 1:
        return ops.roll(input, shift=by[0], axis=None)
    if len(by) != len(axes):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(axes)}")
    if not array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return ops.roll(input, shift=by, axis=tuple([axis_of(d, array.ndim, "roll") for d in axes]))


def narrow(
    input: Tensor, dim: int | None = None, start: Any = None, length: Any = None, *, axis: int | None = None
) -> Tensor:
    """A view of ``length`` indices of a dimension, from ``start`` (``axis`` is NumPy's name of ``dim``).

    >>> import chainrule as torch
    >>> torch.narrow(torch.arange(5), 0, 1, 2)
    tensor([1, 2])
    """
    array = tensor_argument(input, "narrow", "input")._array
    if not array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, TensorBase) and (start._array.ndim or start._array.dtype.kind not in "iu"):
        raise RuntimeError(
            f"start must be an 0-dim integral Tensor, but has shape {list(start.shape)} and is {start.dtype}"
        )
    if start is None or length is None:
        raise TypeError('narrow() missing required positional arguments: "start", "length"')
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative, got {length}.")
    axis = axis_of(one_of(dim, axis, "narrow"), array.ndim, "narrow")
    size, first = array.shape[axis], int(start)
    if not -size <= first <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {first})")
    first = first + size if first < 0 else first
    if first + length > size:
        raise naming(RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size})."), input)
    return ops.slice_axis(input, axis=axis, start=first, stop=first + length, step=1)


def select(input: Tensor, dim: int | None = None, index: Any = None, *, axis: int | None = None) -> Tensor:
    """A view at one index of a dimension, which is gone from the result (``axis`` is NumPy's name of ``dim``).

    >>> import chainrule as torch
    >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    array = tensor_argument(input, "select", "input")._array
    if not array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    axis = axis_of(one_of(dim, axis, "select"), array.ndim, "select")
    if index is None:
        raise TypeError('select() missing 1 required positional arguments: "index"')
    size, at = array.shape[axis], int(index)
    if not -size <= at < size:
        said = (
            f"select(): index {at} out of range for tensor of size {list(array.shape)} at dimension {axis + array.ndim}"
        )
        raise naming(IndexError(said), input)
    return ops.select(input, axis=axis, index=at % size)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A view of all windows of ``size`` elements along a dimension, every ``step``: a window is the new last dimension.

    >>> import chainrule as torch
    >>> torch.arange(4).unfold(0, 2, 1)
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    array = input._array
    axis = axis_of(dimension, array.ndim, "unfold")
    have = array.shape[axis] if array.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > have:
        raise RuntimeError(f"maximum size for tensor at dimension {axis + array.ndim} is {have} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not array.ndim:
        return ops.slice_axis(ops.view(input, shape=(1,)), axis=-1, start=0, stop=size, step=1)
    return ops.unfold(input, axis=axis, size=size, step=step)


# -- repeated elements --------------------------------------------------------------------------------------------------


def repeat(input: Tensor, repeats: tuple[int, ...]) -> Tensor:
    """Copies side by side along each dimension; there may be more ``repeats`` than dimensions."""
    shape = input._array.shape
    if len(repeats) < len(shape):
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: got "
            f"{len(repeats)} repeats for {len(shape)} dimensions"
        )
    wanted = [n * r for n, r in zip((1,) * (len(repeats) - len(shape)) + shape, repeats, strict=True)]
    if any(n < 0 for n in wanted):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(wanted)}: {wanted}, from repeats {list(repeats)}"
        )
    if math.prod(wanted) * input._array.itemsize >= MAX_BYTES:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={wanted}")
    return ops.tile(input, repetitions=tuple(repeats))


def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """Copies side by side along the last dimensions.

    >>> import chainrule as torch
    >>> torch.tile(torch.tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    ndim = tensor_argument(input, "tile", "input")._array.ndim
    sizes = sizes_of((dims,), "tile", "dims")
    return repeat(input, (1,) * (ndim - len(sizes)) + sizes)


def repeat_interleave(
    input: Tensor,
    repeats: int | Tensor | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
    **names: Unpack[NumpyName],
) -> Tensor:
    """Each element repeated next to itself along ``dim``; without ``dim``, in C order.

    ``repeats`` is an int, or integers, one for each index of the dimension. Given alone, ``repeat_interleave(repeats)``
    is the indices themselves. ``axis`` is NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> torch.repeat_interleave(torch.tensor([0, 2, 1]))
    tensor([1, 1, 2])
    """
    array = tensor_argument(input, "repeat_interleave", "input")._array
    if names:
        dim, _ = numpy_names("repeat_interleave", names, dim)
    if repeats is None:
        return new_tensor(like(array, np.repeat(np.arange(array.size), counts(input))))
    if dim is None:
        input, dim = flatten(input), 0
        array = input._array
    axis = axis_of(dim, array.ndim, "repeat_interleave")
    if not array.ndim:
        input = ops.view(input, shape=(1,))
        array = input._array
    size = array.shape[axis]
    if not isinstance(repeats, TensorBase):
        if repeats < 0:
            raise RuntimeError(f"Repeats must be non-negative, got {repeats}")
        check_size(repeats * size, output_size)
        return ops.repeat(input, repeats, axis=axis)
    if is_constant(repeats._array) and output_size is not None:
        return ops.take(input, repeats.new_empty((output_size,)), axis=axis)
    each = counts(repeats)
    if len(each) == 1:
        each = np.repeat(each, size)
    if len(each) != size:
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {len(each)} and input.size({axis + array.ndim}) = {size}"
        )
    check_size(int(each.sum()), output_size)
    return ops.take(input, np.repeat(np.arange(size), each), axis=axis)


def counts(repeats: Tensor) -> Any:
    array = values_of(
        repeats, "giving the repeats of repeat_interleave as a Tensor, whose result has a shape that depends on values"
    )
    if array.dtype.kind != "i":
        raise NotImplementedError(
            f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype}'. Give int32 or int64."
        )
    if array.ndim > 1:
        raise RuntimeError(f"repeats must be 0-dim or 1-dim tensor, got {array.ndim} dimensions")
    if (array < 0).any():
        raise RuntimeError(f"repeats can not be negative, got {array.min()}")
    return array.reshape(-1)


def check_size(size: int, output_size: int | None) -> None:
    if output_size is not None and output_size != size:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {size} but got {output_size}")


# -- diagonals and triangles --------------------------------------------------------------------------------------------


def plane(input_ndim: int, dim1: int, dim2: int, function: str) -> tuple[int, int]:
    axis1, axis2 = axis_of(dim1, input_ndim, function), axis_of(dim2, input_ndim, function)
    if axis1 == axis2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return axis1, axis2


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A view of the diagonals in two dimensions, as the last dimension; ``offset`` counts upwards.

    >>> import chainrule as torch
    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    tensor_argument(input, "diagonal", "input")
    axis1, axis2 = plane(input._array.ndim, dim1, dim2, "diagonal")
    return ops.diagonal(input, offset=offset, axis1=axis1, axis2=axis2)


def diag(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The diagonal of a matrix as a vector of its own, or the matrix with a vector as its diagonal.

    >>> import chainrule as torch
    >>> torch.diag(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = tensor_argument(input, "diag", "input")._array.ndim
    if ndim == 1:
        return deliver(diag_embed(input, diagonal), out, "diag")
    if ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    return deliver(ops.diagonal_copy(input, offset=diagonal, axis1=-2, axis2=-1), out, "diag")


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros with the last dimension of ``input`` as their diagonals.

    >>> import chainrule as torch
    >>> torch.diag_embed(torch.ones(3, 2)).shape
    torch.Size([3, 2, 2])
    """
    array = tensor_argument(input, "diag_embed", "input")._array
    axis1, axis2 = plane(array.ndim + 1, dim1, dim2, "diag_embed")
    size = array.shape[-1] + abs(offset)
    return ops.diag_embed(input, offset=offset, axis1=axis1, axis2=axis2, sizes=(size, size))


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all elements of ``input`` as its diagonal.

    >>> import chainrule as torch
    >>> torch.diagflat(torch.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    tensor_argument(input, "diagflat", "input")
    return diag_embed(ops.reshape(input, (input._array.size,)), offset)


def triangle(op: Any, function: str, input: Any, diagonal: Any, out: Any) -> Tensor:
    tensor_argument(input, function, "input")
    if isinstance(diagonal, bool) or not hasattr(diagonal, "__index__"):
        raise TypeError(f"{function}(): argument 'diagonal' (position 2) must be int, not {type(diagonal).__name__}")
    if input._array.ndim < 2:
        raise RuntimeError(f"{function}: input tensor must have at least 2 dimensions, got {input._array.ndim}")
    return deliver(op(input, k=diagonal.__index__()), out, function)


def tril(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The elements on and below a diagonal; zeros above it.

    >>> import chainrule as torch
    >>> torch.tril(torch.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return triangle(ops.tril, "tril", input, diagonal, out)


def triu(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The elements on and above a diagonal; zeros below it.

    >>> import chainrule as torch
    >>> torch.triu(torch.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return triangle(ops.triu, "triu", input, diagonal, out)
