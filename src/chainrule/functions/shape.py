"""Other shapes and orders of the axes: views of the same memory wherever the strides allow it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..backend.shape_numpy import is_viewable
from ..core.views import memory_of
from ..promotion import scalar_type_name
from ..size import Size
from ._arguments import axes_of, axis_of, naming, sizes_of, takes_axis, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "adjoint",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]

# -- the shape ----------------------------------------------------------------------------------------------------------


def inferred(shape: tuple[int, ...], numel: int, *named: Any) -> tuple[int, ...]:
    """``shape`` with its -1 replaced by what makes ``numel`` elements: those of the tensor ``named``, if one is given.

    Raises:
        RuntimeError: there is no such shape, or more than one.
    """
    known, at = 1, None
    for position, size in enumerate(shape):
        if size == -1:
            if at is not None:
                raise RuntimeError(f"only one dimension can be inferred: {list(shape)} has -1 more than once")
            at = position
        elif size < 0:
            raise RuntimeError(f"invalid shape dimension {size} at index {position} of shape {list(shape)}")
        else:
            known *= size
    if at is None:
        if known == numel:
            return shape
    elif known:
        if numel % known == 0:
            return (*shape[:at], numel // known, *shape[at + 1 :])
    elif not numel:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 can be "
            "any value and is ambiguous"
        )
    raise naming(RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}"), *named)


def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    """The same elements, in C order, in another shape: a view where the strides allow it, else a copy.

    Args:
        input: any tensor.
        shape: the new sizes; one may be -1, and is then inferred.

    Raises:
        RuntimeError: the shape holds another number of elements.

    >>> import chainrule as torch
    >>> torch.reshape(torch.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    tensor_argument(input, "reshape", "input")
    return ops.reshape(input, inferred(sizes_of((shape,), "reshape", "shape"), input._array.size, input))


def view(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Like :func:`reshape`, but never a copy.

    Raises:
        RuntimeError: the strides do not allow it.
    """
    shape = inferred(shape, input._array.size, input)
    if not is_viewable(memory_of(input), shape):
        said = (
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            f"contiguous subspaces). Use .reshape(...) instead: the tensor of shape {list(input.shape)} has strides "
            f"{list(input.stride())}, and no strides make it {list(shape)}."
        )
        raise naming(RuntimeError(said), input)
    return ops.view(input, shape=shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one.

    >>> import chainrule as torch
    >>> torch.flatten(torch.ones(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    array = tensor_argument(input, "flatten", "input")._array
    ndim = array.ndim
    start, end = axis_of(start_dim, ndim, "flatten"), axis_of(end_dim, ndim, "flatten")
    if start > end:
        raise RuntimeError(
            f"flatten() has invalid args: start_dim cannot come after end_dim, got {start_dim} and {end_dim}"
        )
    if ndim == 0:
        return ops.reshape(input, (1,))
    if start == end:
        return input
    first, after = ndim + start, ndim + end + 1
    old = array.shape
    return ops.reshape(input, (*old[:first], math.prod(old[first:after]), *old[after:]))


@takes_axis
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several; one of the ``sizes`` may be -1.

    >>> import chainrule as torch
    >>> torch.unflatten(torch.ones(2, 12), 1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    array = tensor_argument(input, "unflatten", "input")._array
    at = array.ndim + axis_of(dim, array.ndim, "unflatten")
    parts = sizes_of((sizes,), "unflatten", "sizes")
    if not parts:
        raise RuntimeError("unflatten: sizes must be non-empty")
    size = array.shape[at]
    try:
        parts = inferred(parts, size)
    except RuntimeError:
        said = f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {at} ({size}) in the input tensor"
        raise naming(RuntimeError(said), input) from None
    return view(input, (*array.shape[:at], *parts, *array.shape[at + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension, in C order.

    >>> import chainrule as torch
    >>> torch.ravel(torch.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    array = tensor_argument(input, "ravel", "input")._array
    source = input if array.flags.c_contiguous else ops.contiguous(input)
    return ops.view(source, shape=(array.size,))


def squeeze(
    input: Tensor, dim: int | Sequence[int] | None = None, *, axis: int | Sequence[int] | None = None
) -> Tensor:
    """A view without the dimensions of size 1 (of those in ``dim``, if given; others in ``dim`` stay).

    ``axis`` is NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.squeeze(torch.ones(1, 3, 1)).shape, torch.squeeze(torch.ones(1, 3, 1), 0).shape
    (torch.Size([3]), torch.Size([3, 1]))
    """
    op, axes = squeeze_axes(input, dim if axis is None else axis)
    return op(input, axis=axes)


def squeeze_axes(input: Tensor, dim: Any) -> tuple[Any, tuple[int, ...]]:
    """The op that PyTorch names the node after, and the axes to drop."""
    shape = tensor_argument(input, "squeeze", "input")._array.shape
    axes = axes_of(dim, len(shape), "squeeze")
    op = ops.squeeze_all if dim is None else ops.squeeze if isinstance(dim, (tuple, list)) else ops.squeeze_one
    return op, tuple([a for a in axes if shape and shape[a] == 1])


def unsqueeze(input: Tensor, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """A view with a new dimension of size 1 at ``dim`` (``axis`` is NumPy's name of it).

    >>> import chainrule as torch
    >>> torch.unsqueeze(torch.ones(3), -1).shape
    torch.Size([3, 1])
    """
    ndim = tensor_argument(input, "unsqueeze", "input")._array.ndim
    return ops.expand_dims(input, axis=axis_of(dim if axis is None else axis, ndim + 1, "unsqueeze"))


# -- broadcasting -------------------------------------------------------------------------------------------------------


def expand(input: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """A view in which dimensions of size 1 are repeated without a copy; -1 keeps a size."""
    old = input._array.shape
    lead = len(sizes) - len(old)
    if lead < 0:
        raise RuntimeError(
            f"expand(torch.{scalar_type_name(input._array.dtype)}Tensor{{{list(old)}}}, size={list(sizes)}): "
            f"the number of sizes provided ({len(sizes)}) must be greater or equal to the number of dimensions in the tensor ({len(old)})"
        )
    shape = []
    for at, size in enumerate(sizes):
        have = old[at - lead] if at >= lead else None
        if size == -1:
            if have is None:
                raise RuntimeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {at}"
                )
            shape.append(have)
            continue
        if size < 0 or (have is not None and have not in (1, size)):
            said = (
                f"The expanded size of the tensor ({size}) must match the existing size ({have}) at non-singleton dimension "
                f"{at}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(old)}"
            )
            raise naming(RuntimeError(said), input)
        shape.append(size)
    if math.prod(shape) * input._array.itemsize >= 1 << 63:
        raise RuntimeError(f"numel: integer multiplication overflow: {shape} is too large")
    return ops.broadcast_to(input, shape=tuple(shape))


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """A view in which dimensions of size 1, and new leading ones, are repeated without a copy.

    >>> import chainrule as torch
    >>> torch.broadcast_to(torch.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    tensor_argument(input, "broadcast_to", "input")
    return expand(input, sizes_of((size,), "broadcast_to"))


def broadcast_shapes(*shapes: Any) -> Any:
    """The shape in which tensors of these shapes meet.

    >>> import chainrule as torch
    >>> torch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    result: list[int] = []
    for number, shape in enumerate(shapes):
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        result = [1] * (len(sizes) - len(result)) + result
        for at in range(-1, -len(sizes) - 1, -1):
            size = sizes[at]
            if size < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({size}): ({size})")
            if size == 1 or result[at] == size:
                continue
            if result[at] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {size} at {at}! Mismatching argument at index {number} had "
                    f"{sizes}; but expected shape should be broadcastable to {result}"
                )
            result[at] = size
    return Size(result)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Views of the tensors in the shape in which they meet.

    >>> import chainrule as torch
    >>> a, b = torch.broadcast_tensors(torch.ones(2, 1), torch.ones(3))
    >>> a.shape == b.shape == (2, 3)
    True
    """
    given = tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape: list[int] = []
    for number, tensor in enumerate(given):
        sizes = tensor_argument(tensor, "broadcast_tensors", "tensors", number + 1)._array.shape
        shape = [1] * (len(sizes) - len(shape)) + shape
        for at in range(-1, -len(sizes) - 1, -1):
            if shape[at] == 1:
                shape[at] = sizes[at]
            elif sizes[at] not in (1, shape[at]):
                raise RuntimeError(
                    f"The size of tensor a ({shape[at]}) must match the size of tensor b ({sizes[at]}) at non-singleton dimension "
                    f"{len(shape) + at}"
                )
    wanted = tuple(shape)
    return tuple([t if t._array.shape == wanted else ops.broadcast_to(t, shape=wanted) for t in given])


def at_least(tensors: tuple[Any, ...], function: str, one: Any) -> Any:
    """``one`` applied to a single tensor, or to each of several."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    elif len(tensors) == 1:
        return one(tensor_argument(tensors[0], function, "input"))
    return tuple([one(tensor_argument(tensor, function, "tensors", at + 1)) for at, tensor in enumerate(tensors)])


def atleast_1d(*tensors: Any) -> Any:
    """Views with at least one dimension, of one tensor or several.

    >>> import chainrule as torch
    >>> torch.atleast_1d(torch.tensor(2.))
    tensor([2.])
    """
    return at_least(tensors, "atleast_1d", lambda x: x if x.ndim else ops.view(x, shape=(1,)))


def atleast_2d(*tensors: Any) -> Any:
    """Views with at least two dimensions, of one tensor or several: new ones come first.

    >>> import chainrule as torch
    >>> torch.atleast_2d(torch.tensor([2., 3.]))
    tensor([[2., 3.]])
    """
    return at_least(tensors, "atleast_2d", two_dimensional)


def two_dimensional(x: Any) -> Any:
    return ops.view(x, shape=(1, 1)) if x.ndim == 0 else ops.expand_dims(x, axis=-2) if x.ndim == 1 else x


def atleast_3d(*tensors: Any) -> Any:
    """Views with at least three dimensions, of one tensor or several: a vector lies along the middle one.

    >>> import chainrule as torch
    >>> torch.atleast_3d(torch.ones(4)).shape, torch.atleast_3d(torch.ones(4, 5)).shape
    (torch.Size([1, 4, 1]), torch.Size([4, 5, 1]))
    """
    return at_least(tensors, "atleast_3d", three_dimensional)


def three_dimensional(x: Any) -> Any:
    if x.ndim == 0:
        return ops.view(x, shape=(1, 1, 1))
    if x.ndim == 1:
        x = ops.expand_dims(x, axis=-2)
    return ops.expand_dims(x, axis=-1) if x.ndim == 2 else x


# -- the order of the dimensions ----------------------------------------------------------------------------------------


def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    """A view with the dimensions in the order ``dims``.

    >>> import chainrule as torch
    >>> torch.permute(torch.ones(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    ndim = tensor_argument(input, "permute", "input")._array.ndim
    order = sizes_of((dims,), "permute", "dims")
    if not isinstance(dims, (tuple, list)):
        raise TypeError(f"permute(): argument 'dims' (position 2) must be tuple of ints, not {type(dims).__name__}")
    if len(order) != ndim:
        said = (
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of "
            f"dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(order)}"
        )
        raise naming(RuntimeError(said), input)
    axes = tuple([axis_of(dim, ndim, "permute") for dim in order])
    if len(set(axes)) != ndim:
        raise RuntimeError(
            f"permute(): duplicate dims are not allowed. Got {list(order)}, wanted each of 0 to {ndim - 1} once."
        )
    return ops.permute_dims(input, axes=axes)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions swapped.

    >>> import chainrule as torch
    >>> torch.transpose(torch.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    ndim = tensor_argument(input, "transpose", "input")._array.ndim
    axis1, axis2 = axis_of(dim0, ndim, "transpose"), axis_of(dim1, ndim, "transpose")
    if not ndim:
        return ops.alias(input)
    return ops.swapaxes(input, axis1=axis1, axis2=axis2)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Another name of :func:`transpose`.

    >>> import chainrule as torch
    >>> torch.swapaxes(torch.ones(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Another name of :func:`transpose`.

    >>> import chainrule as torch
    >>> torch.swapdims(torch.ones(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return transpose(input, dim0, dim1)


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix, as a view; vectors and 0-d tensors stay as they are.

    Raises:
        RuntimeError: the tensor has more than two dimensions.

    >>> import chainrule as torch
    >>> torch.t(torch.ones(2, 3)).shape
    torch.Size([3, 2])
    """
    ndim = tensor_argument(input, "t", "input")._array.ndim
    if ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D. Use .mT for batches of matrices, or .permute()."
        )
    return ops.t(input)


def adjoint(input: Tensor) -> Tensor:
    """The conjugate transpose of a matrix, or of each in a batch.

    >>> import chainrule as torch
    >>> torch.adjoint(torch.tensor([[1., 2.], [3., 4.]]))
    tensor([[1., 3.],
            [2., 4.]])
    """
    return conjugate_transpose(tensor_argument(input, "adjoint", "input"), "tensor.adjoint()")


def conjugate_transpose(input: Tensor, function: str) -> Tensor:
    flipped = matrix_transpose(input, function)
    return ops.conj(flipped) if input._array.dtype.kind == "c" else flipped


def matrix_transpose(input: Tensor, function: str) -> Tensor:
    ndim = input._array.ndim
    if ndim == 1:
        raise RuntimeError(
            f"{function} is only supported on matrices or batches of matrices. Got 1-D tensor. It takes 2 dimensions or more."
        )
    if ndim == 0:
        import warnings

        warnings.warn(
            f"{function.replace('tensor', 'Tensor')} is deprecated on 0-D tensors. This function is the identity in these cases.",
            stacklevel=3,
        )
        return ops.alias(input)
    return ops.matrix_transpose(input)


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """A view with the dimensions ``source`` at the positions ``destination``; the others keep their order.

    >>> import chainrule as torch
    >>> torch.movedim(torch.ones(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    ndim = tensor_argument(input, "movedim", "input")._array.ndim
    given = [[d] if isinstance(d, int) else list(d) for d in (source, destination)]
    if len(given[0]) != len(given[1]):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({given[0]} dims) should contain the same number of dims as "
            f"destination ({given[1]} dims)"
        )
    axes = [tuple([axis_of(d, ndim, "movedim") for d in dims]) for dims in given]
    for name, dims, numbers in zip(("source", "destination"), given, axes, strict=True):
        if len(set(numbers)) != len(numbers):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    if not ndim:
        return ops.alias(input)
    return ops.moveaxis(input, *axes)


def moveaxis(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Another name of :func:`movedim`.

    >>> import chainrule as torch
    >>> torch.moveaxis(torch.ones(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    return movedim(input, source, destination)
