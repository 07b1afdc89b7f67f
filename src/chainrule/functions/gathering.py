"""Reading and writing at places given by index tensors: gather, scatter, take, put and index_*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.mutation import refuse_overlap
from ..core.value import TensorBase, like, new_tensor, numbers_of, writable
from ..promotion import scalar_type_name
from ._arguments import axis_of, fitting, naming, one_of, takes_axis, tensor_argument
from ._reduction_arguments import numpy_names
from ._writing import put_apart, put_resized
from .elementwise import plain, scale_argument
from .indexing import basic_part, check_held, number_for, put_call

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ._reduction_arguments import NumpyName

__all__ = [
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_select",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "take",
    "take_along_dim",
]

# -- checks -------------------------------------------------------------------------------------------------------------


def integers(index: Any, function: str, name: str = "index", position: int = 2, wanted: str = "int32/int64") -> Any:
    """The raw index, if it is a tensor of int32 or int64."""
    array = tensor_argument(index, function, name, position)._array
    if array.dtype.name not in ("int64", "int32"):
        raise RuntimeError(f"{function}(): Expected dtype {wanted} for index, got {index.dtype}")
    return array


def in_range(
    indices: Any,
    size: int,
    dim: int,
    error: type[Exception] = RuntimeError,
    least: int = 0,
    prefix: str = "",
    *named: Any,
) -> None:
    """Raise for an index outside of ``least`` ... ``size`` - 1; the error says what the tensors ``named`` are called."""
    numbers = numbers_of(indices)
    if numbers.size:
        low, high = int(numbers.min()), int(numbers.max())
        if low < least or high >= size:
            wrong = low if low < least else high
            raise naming(error(f"{prefix}index {wrong} is out of bounds for dimension {dim} with size {size}"), *named)


def same_dtype(x: Any, other: Any, text: str) -> None:
    if x._array.dtype != other._array.dtype:
        raise RuntimeError(text.format(scalar_type_name(x._array.dtype), scalar_type_name(other._array.dtype)))


def vector(index: Tensor, function: str) -> Any:
    """An index of at most one dimension, as a vector."""
    if index._array.ndim > 1:
        raise IndexError(f"{function}(): Index is supposed to be a vector, but got {index._array.ndim} dimensions")
    return ops.reshape(index, (1,)) if not index._array.ndim else index


# -- gather and scatter -------------------------------------------------------------------------------------------------


def gather(
    input: Tensor,
    dim: int | None = None,
    index: Tensor | None = None,
    *,
    axis: int | None = None,
    sparse_grad: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The elements at ``index`` along ``dim``, and at the index's own place along the others.

    Args:
        input: any tensor.
        dim: along which the index points.
        index: int64 or int32, as many dimensions as ``input``, no larger than it in the others.
        axis: NumPy's name of ``dim``.
        sparse_grad: accepted; gradients are dense.
        out: where to write the result.

    Raises:
        RuntimeError: an index out of bounds, or of another dtype or size.

    >>> import chainrule as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    x, indices, at = along(input, one_of(dim, axis, "gather"), index, "gather")
    result = ops.gather(x, indices, axis=at)
    if isinstance(out, TensorBase) and out.dtype != input.dtype:
        raise RuntimeError(f"gather(): Expected out tensor to have dtype {input.dtype}, but got {out.dtype} instead")
    shape = index._array.shape  # type: ignore[union-attr]
    return put_apart(
        result if result._array.shape == shape else ops.reshape(result, shape), out, "gather", input, index
    )


def along(input: Any, dim: int, index: Any, function: str, source: Any = None) -> tuple[Any, Any, int]:
    """The operands of a gather or scatter, checked; those of 0-d as vectors."""
    x = tensor_argument(input, function, "input")._array
    raw = tensor_argument(index, function, "index", 3)._array
    axis = axis_of(dim, x.ndim, function)
    if not raw.size:  # of any dtype
        nowhere = ops.astype(index, dtype=np.dtype(np.int64))
        return input, ops.reshape(nowhere, (0,) * max(x.ndim, 1)) if raw.ndim != x.ndim else nowhere, axis
    integers(index, function, position=3)
    if max(x.ndim, 1) != max(raw.ndim, 1):
        first = "input" if function == "gather" else "self"
        said = f"Index tensor must have the same number of dimensions as {first} tensor: got {raw.ndim} and {x.ndim}"
        raise naming(RuntimeError(said), input, index)
    if source is not None and max(source._array.ndim, 1) != max(raw.ndim, 1):
        have = source._array.ndim
        if 0 < have < raw.ndim and source._array.size:
            said = (
                f"Dimension out of range (expected to be in range of [{-have}, {have - 1}], but got {have}): the index has "
                f"{raw.ndim} dimensions, and src {have}"
            )
            raise naming(IndexError(said), index, source)
        said = f"Index tensor must have the same number of dimensions as src tensor: got {raw.ndim} and {source._array.ndim}"
        raise naming(RuntimeError(said), index, source)
    if not x.ndim:
        input = ops.reshape(input, (1,))
    if not raw.ndim:
        index = ops.reshape(index, (1,))
    sizes, wanted = input._array.shape, index._array.shape
    too_large = [at for at in range(-len(sizes), 0) if at != axis and wanted[at] > sizes[at]]
    if source is None and too_large:
        raise RuntimeError(
            f"Size does not match at dimension {too_large[0] + len(sizes)} expected index {list(wanted)} to be no larger than self "
            f"{list(sizes)} apart from dimension {axis + len(sizes)}"
        )
    if source is not None:
        have = source._array.shape or (1,)
        if too_large or any(n > m for n, m in zip(wanted, have, strict=True)):
            raise RuntimeError(
                f"Expected index {list(wanted)} to be no larger than self {list(sizes)} apart from dimension {axis + len(sizes)} "
                f"and to be no larger size than src {list(have)}"
            )
    in_range(raw, sizes[axis], axis + len(sizes), RuntimeError, 0, "", input, index)
    return input, index, axis


def as_large_as(index: Any, source: Any) -> Any:
    """The part of a source that an index of its size or smaller reads."""
    shape = index._array.shape
    if source._array.ndim != len(shape):
        return ops.reshape(source, shape)
    for axis in range(-len(shape), 0):
        if source._array.shape[axis] != shape[axis]:
            source = ops.slice_axis(source, axis=axis, start=0, stop=shape[axis], step=1)
    return source


@takes_axis
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of ``input`` with ``src`` (a tensor or a number) written at ``index`` along ``dim``.

    Args:
        input: any tensor.
        dim: along which the index points.
        index: int64 or int32; of places that are named more than once, the last write counts.
        src: a tensor of the same dtype, at least as large as the index, or a number.
        value: another name for a ``src`` that is a number.
        reduce: "add" or "multiply", to combine with what is there.
        out: where to write the result.

    Raises:
        RuntimeError: an index out of bounds, sizes or dtypes that do not match, an unknown ``reduce``.

    >>> import chainrule as torch
    >>> torch.scatter(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    op, operands, params = scattering(input, dim, index, value if src is None else src, reduce)
    return put_over(back(op(*operands, **params), input), out, "scatter", input, src)


def back(result: Any, like: Any) -> Any:
    """A result computed on a vector that stands for a 0-d tensor, as a 0-d one."""
    return result if result._array.ndim == like._array.ndim else ops.reshape(result, ())


def scattering(input: Any, dim: int, index: Any, src: Any, reduce: str | None) -> tuple[Any, list[Any], dict[str, Any]]:
    """The op of a scatter, its operands and parameters."""
    if src is None:
        raise TypeError('scatter() missing 1 required positional arguments: "src"')
    is_tensor = isinstance(src, TensorBase)
    x, indices, axis = along(input, dim, index, "scatter", src if is_tensor else None)
    if is_tensor:
        same_dtype(input, src, "scatter(): Expected self.dtype to be equal to src.dtype, got {} and {}")
        src = as_large_as(indices, src)
    else:
        src = number_for(x._array.dtype, src, "scatter")
    if reduce == "multiply":
        src = src if is_tensor else new_tensor(like(x._array, np.full(indices._array.shape, src, x._array.dtype)))
        return ops.scatter_reduce, [x, indices, src], {"axis": axis, "reduce": "prod", "include_self": True}
    if reduce == "add":
        return ops.scatter_add, [x, indices, src], {"axis": axis}
    if reduce is not None:
        raise RuntimeError(f"reduce argument must be either add or multiply, got {reduce}.")
    if is_tensor:
        return ops.scatter, [x, indices, src], {"axis": axis}
    return ops.scatter_number, [x, indices], {"value": src, "axis": axis}


@takes_axis
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``input`` with ``src`` added at ``index`` along ``dim``; what goes to one place adds up.

    >>> import chainrule as torch
    >>> torch.scatter_add(torch.zeros(2), 0, torch.tensor([0, 0]), torch.tensor([1., 2.]))
    tensor([3., 0.])
    """
    tensor_argument(src, "scatter_add", "src", 4)
    same_dtype(input, src, "scatter_add(): Expected self.dtype to be equal to src.dtype, got {} and {}")
    op, operands, params = scattering(input, dim, index, src, "add")
    return put_over(back(op(*operands, **params), input), out, "scatter_add", input, src)


def put_over(result: Any, out: Any, function: str, input: Any, source: Any, exact: bool | None = None) -> Tensor:
    """Write ``input`` with something of ``source`` over it into ``out``, which may be ``input`` but nothing of ``source``."""
    if isinstance(out, TensorBase) and isinstance(source, TensorBase):
        refuse_overlap(writable(out), source._array, whole=True)
    return put_resized(result, out, function, input, exact=exact)


REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


@takes_axis
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of ``input`` in which what ``src`` sends to one place is reduced: sum, prod, mean, amax or amin.

    ``include_self`` says whether the old element takes part.

    >>> import chainrule as torch
    >>> torch.scatter_reduce(torch.zeros(2), 0, torch.tensor([0, 0]), torch.tensor([1., 2.]), "amax")
    tensor([2., 0.])
    """
    operands, params = reducing(input, dim, index, src, reduce, include_self)
    return put_over(back(ops.scatter_reduce(*operands, **params), input), out, "scatter_reduce", input, src)


def reducing(
    input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool
) -> tuple[list[Any], dict[str, Any]]:
    tensor_argument(src, "scatter_reduce", "src", 4)
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    same_dtype(input, src, "scatter(): Expected self.dtype to be equal to src.dtype, got {} and {}")
    x, indices, axis = along(input, dim, index, "scatter", src)
    return [x, indices, as_large_as(indices, src)], {"axis": axis, "reduce": reduce, "include_self": include_self}


def take_along_dim(
    input: Tensor, indices: Tensor, dim: int | None = None, *, out: Tensor | None = None, **names: Unpack[NumpyName]
) -> Tensor:
    """The elements at ``indices`` along ``dim``, the other dimensions broadcast; without ``dim``, in C order.

    Along a ``dim``, negative indices count from its end. ``axis`` is NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.take_along_dim(torch.tensor([[3, 1], [2, 4]]), torch.tensor([[1], [0]]), dim=1)
    tensor([[1],
            [2]])
    """
    array = tensor_argument(input, "take_along_dim", "input")._array
    if names:
        dim, _ = numpy_names("take_along_dim", names, dim)
    index = tensor_argument(indices, "take_along_dim", "indices", 2)._array
    if index.dtype != np.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {scalar_type_name(index.dtype)}"
        )
    if dim is None:
        return gather(ops.reshape(input, (array.size,)), 0, ops.reshape(indices, (index.size,)), out=out)
    if array.ndim != index.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{array.ndim} dimensions for input, and {index.ndim} dimensions for indices"
        )
    axis = axis_of(dim, array.ndim, "take_along_dim")
    common = list(
        np.broadcast_shapes(
            *[(*s[: array.ndim + axis], 1, *s[array.ndim + axis + 1 :]) for s in (array.shape, index.shape)]
        )
    )
    wide = [(*common[: array.ndim + axis], a.shape[axis], *common[array.ndim + axis + 1 :]) for a in (array, index)]
    counted = ops.where(indices < 0, indices + array.shape[axis], indices)
    return gather(ops.broadcast_to(input, shape=wide[0]), axis, ops.broadcast_to(counted, shape=wide[1]), out=out)


# -- whole slices -------------------------------------------------------------------------------------------------------


def index_select(
    input: Tensor, dim: int | None = None, index: Any = None, *, axis: int | None = None, out: Tensor | None = None
) -> Tensor:
    """The slices at ``index`` (a vector of int64 or int32) along ``dim`` (``axis`` is NumPy's name of it).

    >>> import chainrule as torch
    >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    array = tensor_argument(input, "index_select", "input")._array
    axis = axis_of(one_of(dim, axis, "index_select"), array.ndim, "index_select")
    raw = integers(index, "index_select", position=3, wanted="int32 or int64")
    places = vector(index, "index_select")
    size, numbers = array.shape[axis] if array.ndim else 1, numbers_of(raw)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < size:
        said = f"index out of range in self: indices must be 0 to {size - 1}, got {numbers.min()} to {numbers.max()}"
        raise naming(IndexError(said), input, index)
    if not array.ndim:
        return put_apart(
            ops.reshape(ops.take(ops.reshape(input, (1,)), places, axis=-1), ()), out, "index_select", input
        )
    return put_apart(ops.take(input, places, axis=axis), out, "index_select", input, index)


def slices(
    input: Any, dim: int, index: Any, source: Any, function: str, error: type[Exception]
) -> tuple[Any, Any, int]:
    """The operands of index_add and index_copy, checked."""
    array = tensor_argument(input, function, "input")._array
    raw = integers(index, function, position=3, wanted="int32 or int64")
    given = tensor_argument(source, function, "source", 4)._array
    axis = axis_of(dim, array.ndim, function)
    places = vector(index, function)
    size = raw.size if given.ndim != array.ndim else given.shape[axis] if given.ndim else 1
    if raw.size != size:
        at = f", for dim: {axis + max(array.ndim, 1)}" if function == "index_add" else ""
        raise error(f"{function}_(): Number of indices ({raw.size}) should be equal to source.size(dim): ({size}){at}")
    rest = [tuple([n for at, n in enumerate(a.shape, -a.ndim) if at != axis]) for a in (array, given)]
    if rest[0] != rest[1] or array.ndim != given.ndim:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(array.shape)} source.shape = {list(given.shape)}"
        )
    prefix = "" if function == "index_add" else f"{function}_(): "
    kind = error if array.ndim > 1 else IndexError
    in_range(raw, array.shape[axis] if array.ndim else 1, max(axis + array.ndim, 0), kind, 0, prefix, input, index)
    return places, source if array.ndim else ops.reshape(source, (1,)), axis


def on_vector(op: Any, input: Any, operands: list[Any], params: dict[str, Any]) -> Any:
    """``op``, on a vector of one element where ``input`` is 0-d."""
    if input._array.ndim:
        return op(input, *operands, **params)
    return ops.reshape(op(ops.reshape(input, (1,)), *operands, **params), ())


@takes_axis
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1, out: Tensor | None = None
) -> Tensor:
    """A copy of ``input`` with ``alpha`` times the slices of ``source`` added to those at ``index``.

    >>> import chainrule as torch
    >>> torch.index_add(torch.zeros(2), 0, torch.tensor([1, 1]), torch.ones(2))
    tensor([0., 2.])
    """
    result = on_vector(ops.index_add, input, *adding(input, dim, index, source, alpha))
    return put_over(result, out, "index_add", input, source)


def adding(input: Any, dim: int, index: Any, source: Any, alpha: Any) -> tuple[list[Any], dict[str, Any]]:
    places, source, axis = slices(input, dim, index, source, "index_add", RuntimeError)
    same_dtype(input, source, "index_add_(): self ({}) and source ({}) must have the same scalar type")
    if alpha == 1:
        return [places, source], {"axis": axis}
    alpha = (
        scale_argument("index_add", alpha, input)
        if input.ndim > 1
        else fitting(plain(alpha), input._array.dtype, False)
    )
    return [places, ops.multiply(source, alpha)], {"axis": axis}


@takes_axis
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``input`` with the slices at ``index`` replaced by those of ``source``.

    >>> import chainrule as torch
    >>> torch.index_copy(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    result = on_vector(ops.index_copy, input, *copying(input, dim, index, source))
    return put_over(result, out, "index_copy", input, source)


def copying(input: Any, dim: int, index: Any, source: Any) -> tuple[list[Any], dict[str, Any]]:
    places, source, axis = slices(input, dim, index, source, "index_copy", IndexError)
    same_dtype(
        input,
        source,
        "index_copy_(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
    )
    return [places, source], {"axis": axis}


@takes_axis
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of ``input`` with the slices at ``index`` filled with a number or a 0-d tensor.

    >>> import chainrule as torch
    >>> torch.index_fill(torch.zeros(3), 0, torch.tensor([0, 2]), 1.)
    tensor([1., 0., 1.])
    """
    op, operands, params = filling_slices(input, dim, index, value)
    return op(input, *operands, **params)


def filling_slices(
    input: Any, dim: int, index: Any, value: Any, function: str = "index_fill"
) -> tuple[Any, list[Any], dict[str, Any]]:
    array = tensor_argument(input, "index_fill", "input")._array
    raw = integers(index, "index_fill", position=3, wanted="int64")
    places = vector(index, "index_fill")
    axis = axis_of(dim, array.ndim, "index_fill")
    size = array.shape[axis] if array.ndim else 1
    in_range(raw, size, axis + array.ndim, IndexError, -size, "", input, index)
    mask = ops.scatter_number(new_tensor(like(places._array, np.zeros(size, bool))), places, value=True, axis=-1)
    mask = ops.reshape(mask, (size,) + (1,) * (-axis - 1) if array.ndim else ())
    if isinstance(value, TensorBase):
        zero_dim(value, "index_fill_")
        check_held(input, value, function)
        return ops.index_fill, [mask, value], {}
    return ops.index_fill_number, [mask], {"value": number_for(array.dtype, value, function)}


def zero_dim(value: Any, function: str) -> None:
    if value._array.ndim:
        raise RuntimeError(
            f"{function} only supports a 0-dimensional value tensor, but got tensor with {value._array.ndim} dimension(s)."
        )


# -- index_put and flat places ------------------------------------------------------------------------------------------


def index_put(input: Tensor, indices: Sequence[Any], values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of ``input`` with ``values`` written at the index tensors, as ``input[indices] = values`` does in place.

    With ``accumulate``, they are added instead, and what goes to one place adds up.

    >>> import chainrule as torch
    >>> torch.index_put(torch.zeros(3), (torch.tensor([0, 0]),), torch.tensor(1.), accumulate=True)
    tensor([2., 0., 0.])
    """
    op, operands, params = putting(input, indices, values, accumulate)
    return op(input, *operands, **params)


def putting(input: Any, indices: Any, values: Any, accumulate: bool) -> tuple[Any, list[Any], dict[str, Any]]:
    tensor_argument(input, "index_put", "input")
    tensor_argument(values, "index_put", "values", 3)
    if len(indices) > input._array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input._array.ndim} (got {len(indices)})")
    for at, index in enumerate(indices):
        if not isinstance(index, TensorBase):
            raise TypeError(f"expected Tensor as element {at} in argument 0, but got {type(index).__name__}")
    vectors = [ops.reshape(index, (1,)) if not index._array.ndim else index for index in indices]
    _, arrays, axes = basic_part(input, tuple(vectors))
    return put_call(input, arrays, axes, values, accumulate)


def flat_places(input: Any, index: Any, function: str) -> Any:
    raw = tensor_argument(index, function, "index", 2)._array
    if raw.dtype != np.int64:
        raise RuntimeError(f"{function}(): Expected a long tensor for index, but got {scalar_type_name(raw.dtype)}")
    size, numbers = input._array.size, numbers_of(raw)
    if numbers.size:
        low, high = int(numbers.min()), int(numbers.max())
        if low < -size or high >= size:
            raise IndexError(
                f"out of range: tried to access index {low if low < -size else high} on a tensor of {size} elements."
            )
    return index


def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements at places counted in C order; the result has the shape of ``index``.

    >>> import chainrule as torch
    >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([3, 0]))
    tensor([4, 1])
    """
    tensor_argument(input, "take", "input")
    return put_apart(ops.take_flat(input, flat_places(input, index, "take")), out, "take", input, index)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of ``input`` with ``source`` written at, or added to, places counted in C order.

    >>> import chainrule as torch
    >>> torch.put(torch.zeros(2, 2), torch.tensor([3]), torch.tensor([5.]))
    tensor([[0., 0.],
            [0., 5.]])
    """
    operands, params = putting_flat(input, index, source, accumulate)
    return ops.put_flat(input, *operands, **params)


def putting_flat(input: Any, index: Any, source: Any, accumulate: bool) -> tuple[list[Any], dict[str, Any]]:
    tensor_argument(input, "put", "input")
    tensor_argument(source, "put_", "source", 3)
    if input._array.dtype != source._array.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {scalar_type_name(input._array.dtype)} "
            f"and source.dtype = {scalar_type_name(source._array.dtype)}"
        )
    places = flat_places(input, index, "put_")
    if places._array.size != source._array.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source._array.size}, index.numel() = {places._array.size}"
        )
    return [places, source], {"accumulate": accumulate}
