"""Tensors joined into one, and split into views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.value import TensorBase
from ..core.views import values_of
from ..promotion import can_cast, result_dtype, scalar_type_name
from ._arguments import axis_of, naming, sizes_of, takes_axis, tensor_argument
from ._writing import put_apart
from .shape import atleast_1d, atleast_2d, atleast_3d

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "block_diag",
    "cartesian_prod",
    "cat",
    "chunk",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "row_stack",
    "split",
    "split_with_sizes",
    "stack",
    "tensor_split",
    "unbind",
    "vsplit",
    "vstack",
]

Tensors = Sequence["Tensor"]

# -- into one -----------------------------------------------------------------------------------------------------------


def operands(tensors: Any, function: str) -> list[Any]:
    """The tensors as a list."""
    if isinstance(tensors, TensorBase) or not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    for at, tensor in enumerate(tensors):
        if not isinstance(tensor, TensorBase):
            kind = type(tensor)
            name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
            raise TypeError(f"expected Tensor as element {at} in argument 0, but got {name}")
    return list(tensors)


def alike(tensors: list[Any]) -> list[Any]:
    """The tensors in the dtype in which they meet."""
    first = tensors[0]._array.dtype
    for tensor in tensors:
        if tensor._array.dtype is not first:
            dtype = result_dtype(*[tensor._array for tensor in tensors])
            return [tensor if tensor._array.dtype == dtype else ops.astype(tensor, dtype) for tensor in tensors]
    return tensors


def joined_into(result: Tensor, out: Any, function: str, tensors: list[Any]) -> Tensor:
    """``result`` of joining tensors, or ``out`` with it."""
    if out is not None and not can_cast(result.dtype, tensor_argument(out, function, "out").dtype):
        raise TypeError(
            f"torch.{function}(): input types can't be cast to the desired output type {scalar_type_name(out._array.dtype)}: the "
            f"result is {result.dtype}"
        )
    return result if out is None else put_apart(result, out, function, *tensors)


def cat(tensors: Tensors, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along an existing dimension.

    Args:
        tensors: alike in all sizes but that of ``dim``; of mixed dtypes, they meet in the promoted one. Empty vectors
            are left out.
        dim: along which.
        axis: NumPy's name of ``dim``.
        out: where to write the result.

    Raises:
        RuntimeError: sizes that do not match. ValueError: no tensors.

    >>> import chainrule as torch
    >>> torch.cat([torch.zeros(2), torch.ones(1)])
    tensor([0., 0., 1.])
    """
    given = operands(tensors, "cat")
    if not given:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    if axis is not None:
        dim = axis
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"cat(): argument 'dim' must be int, not {type(dim).__name__}")
    shape: tuple[int, ...] | None = None
    for at, tensor in enumerate(given):
        one = tensor._array.shape
        if not one:
            raise RuntimeError(f"zero-dimensional tensor (at position {at}) cannot be concatenated. Use torch.stack().")
        if shape is None and one != (0,):
            shape = one
    if shape is None:
        shape = (0,)
    axis = axis_of(dim, len(shape), "cat")
    rest = shape[: len(shape) + axis], shape[len(shape) + axis + 1 :]
    joined: list[Any] = []
    for at, tensor in enumerate(given):
        one = tensor._array.shape
        if one == (0,) != shape:
            if len(shape) > 1:  # PyTorch has always left these out
                continue
        elif len(one) != len(shape):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(shape)} and {len(one)} (tensor number {at} has shape {list(one)})"
            )
        elif (one[: len(shape) + axis], one[len(shape) + axis + 1 :]) != rest:
            wrong = next(d for d in range(len(shape)) if d != len(shape) + axis and one[d] != shape[d])
            said = (
                f"Sizes of tensors must match except in dimension {len(shape) + axis}. Expected size {shape[wrong]} but got size "
                f"{one[wrong]} for tensor number {at} in the list."
            )
            raise naming(RuntimeError(said), *joined, tensor)
        joined.append(tensor)
    return joined_into(ops.concat(alike(joined), axis=axis), out, "cat", joined)


def concat(tensors: Tensors, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """Another name of :func:`cat`.

    >>> import chainrule as torch
    >>> torch.concat([torch.zeros(2), torch.ones(1)])
    tensor([0., 0., 1.])
    """
    return cat(tensors, dim if axis is None else axis, out=out)


def concatenate(tensors: Tensors, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """Another name of :func:`cat`.

    >>> import chainrule as torch
    >>> torch.concatenate([torch.zeros(2), torch.ones(1)])
    tensor([0., 0., 1.])
    """
    return cat(tensors, dim if axis is None else axis, out=out)


def stack(tensors: Tensors, dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """Tensors of one shape side by side along a new dimension (``axis`` is NumPy's name of ``dim``).

    Raises:
        RuntimeError: the shapes differ, or there are no tensors.

    >>> import chainrule as torch
    >>> torch.stack([torch.zeros(2), torch.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    given = operands(tensors, "stack")
    if not given:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = given[0]._array.shape
    axis = axis_of(dim if axis is None else axis, len(shape) + 1, "stack")
    for at, tensor in enumerate(given):
        if tensor._array.shape != shape:
            said = f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and {list(tensor._array.shape)} at entry {at}"
            raise naming(RuntimeError(said), given[0], tensor)
    return joined_into(ops.stack(alike(given), axis=axis), out, "stack", given)


def nonempty(tensors: Any, function: str) -> list[Any]:
    given = operands(tensors, function)
    if not given:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    return given


def hstack(tensors: Tensors, *, out: Tensor | None = None) -> Tensor:
    """Tensors side by side: along the first dimension for vectors, the second for all others.

    >>> import chainrule as torch
    >>> torch.hstack([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    given = [atleast_1d(tensor) for tensor in nonempty(tensors, "hstack")]
    return cat(given, 0 if given[0]._array.ndim == 1 else 1, out=out)


def vstack(tensors: Tensors, *, out: Tensor | None = None) -> Tensor:
    """Tensors one below the other; vectors are rows.

    >>> import chainrule as torch
    >>> torch.vstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(tensor) for tensor in nonempty(tensors, "vstack")], 0, out=out)


def row_stack(tensors: Tensors, *, out: Tensor | None = None) -> Tensor:
    """Another name of :func:`vstack`.

    >>> import chainrule as torch
    >>> torch.row_stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return vstack(tensors, out=out)


def dstack(tensors: Tensors, *, out: Tensor | None = None) -> Tensor:
    """Tensors behind each other, along the third dimension.

    >>> import chainrule as torch
    >>> torch.dstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(tensor) for tensor in nonempty(tensors, "dstack")], 2, out=out)


def column_stack(tensors: Tensors, *, out: Tensor | None = None) -> Tensor:
    """Tensors side by side; vectors are columns.

    >>> import chainrule as torch
    >>> torch.column_stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    given = nonempty(tensors, "column_stack")
    columns = [tensor if tensor._array.ndim > 1 else ops.reshape(tensor, (tensor._array.size, 1)) for tensor in given]
    return cat(columns, 1, out=out)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of one that is zero elsewhere; vectors are rows.

    >>> import chainrule as torch
    >>> torch.block_diag(torch.tensor([1, 2]), torch.tensor([[3]]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    given = [atleast_2d(tensor_argument(tensor, "block_diag", "tensors", at + 1)) for at, tensor in enumerate(tensors)]
    for at, tensor in enumerate(given):
        if tensor._array.ndim != 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {at} has {tensor._array.ndim} dimensions"
            )
    given = alike(given)
    width, before, rows = sum([tensor._array.shape[1] for tensor in given]), 0, []
    for tensor in given:
        own = tensor._array.shape[1]
        rows.append(ops.pad(tensor, widths=((before, width - before - own),), value=0))
        before += own
    return ops.concat(rows, axis=-2)


# -- into several -------------------------------------------------------------------------------------------------------


def unbind(input: Tensor, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """Views at each index of a dimension, which is gone from them (``axis`` is NumPy's name of ``dim``).

    >>> import chainrule as torch
    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    ndim = tensor_argument(input, "unbind", "input")._array.ndim
    dim = dim if axis is None else axis
    if not ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return ops.unstack(input, axis=axis_of(dim, ndim, "unbind"))


def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of ``split_size`` indices each (the last may have fewer), or of as many as each section says.

    >>> import chainrule as torch
    >>> torch.split(torch.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    array = tensor_argument(tensor, "split", "tensor")._array
    size: Any = split_size_or_sections
    if not array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor, got a 0-dim one")
    if isinstance(size, (tuple, list)):
        return split_with_sizes(tensor, size, dim)
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise TypeError(
            f"split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not {type(size).__name__}"
        )
    size = size.__index__()
    axis = axis_of(dim, array.ndim, "split")
    have = array.shape[axis]
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if not size and have:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {have}")
    return ops.split(tensor, axis=axis, split_size=size)


@takes_axis
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of as many indices of a dimension as each of the sizes says.

    >>> import chainrule as torch
    >>> torch.split_with_sizes(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    array = tensor_argument(input, "split_with_sizes", "input")._array
    if not array.ndim:
        raise RuntimeError("split_with_sizes expects at least a 1-dimensional tensor, got a 0-dim one")
    sizes = sizes_of((split_sizes,), "split_with_sizes", "split_sizes")
    axis = axis_of(dim, array.ndim, "split_with_sizes")
    if any(n < 0 for n in sizes):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}"
        )
    if sum(sizes) != array.shape[axis]:
        said = (
            f"split_with_sizes expects split_sizes to sum exactly to {array.shape[axis]} (input tensor's size at dimension "
            f"{axis + array.ndim}), but got split_sizes={list(sizes)}"
        )
        raise naming(RuntimeError(said), input)
    return ops.split_with_sizes(input, axis=axis, sizes=sizes)


def chunk(input: Tensor, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """At most ``chunks`` views of equal size (the last may be smaller); ``axis`` is NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.chunk(torch.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    array = tensor_argument(input, "chunk", "input")._array
    if not array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor, got a 0-dim one")
    dim = dim if axis is None else axis
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    have = array.shape[axis_of(dim, array.ndim, "chunk")]
    if not have:
        return split_with_sizes(input, [0] * chunks, dim)
    return split(input, -(-have // chunks), dim)


def tensor_split(
    input: Tensor,
    indices_or_sections: int | Sequence[int] | Tensor | None = None,
    dim: int = 0,
    *,
    axis: int | None = None,
    **named: Any,
) -> tuple[Tensor, ...]:
    """Views split at the given indices, or into so many sections whose sizes differ by at most one.

    ``axis`` is NumPy's name of ``dim``. By name they are ``indices``, ``sections`` or, as a tensor, ``tensor_indices_or_sections``.

    >>> import chainrule as torch
    >>> torch.tensor_split(torch.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    array = tensor_argument(input, "tensor_split", "input")._array
    if not array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    axis = axis_of(dim if axis is None else axis, array.ndim, "tensor_split")
    have = array.shape[axis]
    where = cuts_of("tensor_split", indices_or_sections, named)
    if isinstance(where, TensorBase):
        if where._array.dtype.kind not in "iu" or where._array.ndim > 1:
            raise RuntimeError(
                f"tensor_split expected tensor_indices_or_sections to be zero-dimensional or one-dimensional of dtype long, got {list(where._array.shape)}"
            )
        where = values_of(where, "giving the sections of tensor_split as a Tensor").tolist()
    if isinstance(where, int):
        if where <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {where}")
        size, larger = divmod(have, where)
        stops = [size * at + min(at, larger) for at in range(1, where + 1)]
        starts = [0, *stops[:-1]]
    else:
        cuts = [slice(None, int(at)).indices(have)[1] for at in where]
        starts, stops = [0, *cuts], [*cuts, have]
    return tuple(
        [ops.slice_axis(input, axis=axis, start=a, stop=max(a, b), step=1) for a, b in zip(starts, stops, strict=True)]
    )


CUTS = ("indices", "sections", "tensor_indices_or_sections")
"""PyTorch's names of what says where to split: by the kind of it."""


def cuts_of(function: str, given: Any, named: dict[str, Any]) -> Any:
    """The argument that is ``indices`` or ``sections`` by name, and has neither name by position."""
    wrong = next((name for name in named if name not in CUTS), None)
    if wrong is not None or len(named) + (given is not None) > 1:
        raise TypeError(f"{function}() got an unexpected keyword argument '{wrong or next(iter(named))}'")
    if given is None and not named:
        raise TypeError(f"{function}() missing 1 required positional argument: 'indices_or_sections'")
    return next(iter(named.values()), given)


def split_evenly(input: Any, sections: Any, dim: int, least: int, function: str) -> tuple[Tensor, ...]:
    array = tensor_argument(input, function, "input")._array
    if array.ndim < least:
        raise RuntimeError(
            f"torch.{function} requires a tensor with at least {least} dimension, but got a tensor with {array.ndim} dimensions!"
        )
    if isinstance(sections, (str, float)):
        raise TypeError(
            f"{function}() received an invalid combination of arguments: indices_or_sections must be int or tuple of ints, not "
            f"{type(sections).__name__}"
        )
    if isinstance(sections, int) and (sections <= 0 or array.shape[dim] % sections):
        raise RuntimeError(
            f"torch.{function} attempted to split along dimension {dim}, but the size of the dimension {array.shape[dim]} is not "
            f"divisible by the split_size {sections}!"
        )
    return tensor_split(input, sections, dim)


def hsplit(input: Tensor, indices_or_sections: int | Sequence[int] | None = None, **named: Any) -> tuple[Tensor, ...]:
    """Views split by columns (a vector: by elements), into equal ``sections`` or at ``indices``.

    >>> import chainrule as torch
    >>> torch.hsplit(torch.tensor([[1, 2]]), 2)
    (tensor([[1]]), tensor([[2]]))
    """
    ndim = tensor_argument(input, "hsplit", "input")._array.ndim
    cuts = cuts_of("hsplit", indices_or_sections, named)
    return split_evenly(input, cuts, 0 if ndim < 2 else 1, 1, "hsplit")


def vsplit(input: Tensor, indices_or_sections: int | Sequence[int] | None = None, **named: Any) -> tuple[Tensor, ...]:
    """Views split by rows, into equal ``sections`` or at ``indices``.

    >>> import chainrule as torch
    >>> torch.vsplit(torch.tensor([[1], [2]]), 2)
    (tensor([[1]]), tensor([[2]]))
    """
    return split_evenly(input, cuts_of("vsplit", indices_or_sections, named), 0, 2, "vsplit")


def dsplit(input: Tensor, indices_or_sections: int | Sequence[int] | None = None, **named: Any) -> tuple[Tensor, ...]:
    """Views split along the third dimension, into equal ``sections`` or at ``indices``.

    >>> import chainrule as torch
    >>> [part.shape for part in torch.dsplit(torch.ones(1, 2, 4), 2)]
    [torch.Size([1, 2, 2]), torch.Size([1, 2, 2])]
    """
    return split_evenly(input, cuts_of("dsplit", indices_or_sections, named), 2, 3, "dsplit")


# -- products -----------------------------------------------------------------------------------------------------------


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: views of the vectors, each stretched along the dimensions of the others.

    Args:
        tensors: vectors, or one sequence of them.
        indexing: "ij": the first vector runs along the first dimension; "xy": along the second.

    >>> import chainrule as torch
    >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]), indexing="ij")
    (tensor([[1, 1],
            [2, 2]]), tensor([[3, 4],
            [3, 4]]))
    """
    given = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    if indexing is None:
        import warnings

        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=2
        )
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for at, tensor in enumerate(given):
        if tensor_argument(tensor, "meshgrid", "tensors", at + 1)._array.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(tensor.shape)} at position {at}"
            )
    if len({tensor._array.dtype for tensor in given}) > 1:
        raise RuntimeError(
            "meshgrid expects all tensors to have the same dtype, got " + ", ".join(str(x.dtype) for x in given)
        )
    axes = list(range(len(given)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]
    shape = tuple([given[axis]._array.size for axis in axes])
    grids = []
    for tensor, axis in zip(given, axes, strict=True):
        line = ops.view(tensor, shape=(1,) * axis + (tensor._array.size,) + (1,) * (len(axes) - axis - 1))
        grids.append(ops.broadcast_to(line, shape=shape))
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All ways to choose one element of each vector, as rows.

    >>> import chainrule as torch
    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for at, tensor in enumerate(tensors):
        if tensor_argument(tensor, "cartesian_prod", "tensors", at + 1)._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(tensor.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return ops.stack([ops.reshape(grid, (grid._array.size,)) for grid in grids], axis=-1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to choose ``r`` elements of a vector, as rows.

    >>> import chainrule as torch
    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    from itertools import combinations as choose, combinations_with_replacement as choose_again

    import numpy as np

    array = tensor_argument(input, "combinations", "input")._array
    if array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    places = list((choose_again if with_replacement else choose)(range(array.size), r)) if r else []
    chosen = ops.take(input, np.array(places, np.intp).reshape(-1), axis=-1)
    return ops.view(chosen, shape=(len(places), r)) if r else chosen
