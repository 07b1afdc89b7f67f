"""Sorting, order statistics, distinct elements, bins. NaN counts as the largest value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import Lifted, TensorBase, is_constant, new_tensor, numbers_of
from ..dtypes import float64, int32
from ..promotion import scalar_type_name
from ._arguments import axis_of, deliver, tensor_argument
from ._reduction_arguments import ALL, array_of, index_axis, named, numpy_names, one_axis, refuse_keepdim, refuse_kinds
from ._writing import put_resized

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ._reduction_arguments import NumpyName, NumpyNames

__all__ = [
    "argsort",
    "bincount",
    "bucketize",
    "histc",
    "isin",
    "kthvalue",
    "median",
    "mode",
    "msort",
    "nanmedian",
    "searchsorted",
    "sort",
    "topk",
    "unique",
    "unique_consecutive",
]

# -- sorting -----------------------------------------------------------------------------------------------------------


def sort(
    input: Tensor,
    dim: int | None = None,
    descending: bool = False,
    *,
    stable: bool | None = None,
    out: Any = None,
    **names: Unpack[NumpyName],
) -> Any:
    """The elements in order along a dimension, and where each was.

    Args:
        input: of any real dtype.
        dim: along which dimension; the last by default.
        descending: whether the largest comes first.
        stable: whether equal elements keep their order. Here they always do.
        out: where to write the two results.
        names: ``axis``, NumPy's name of ``dim``.

    Returns:
        ``torch.return_types.sort(values, indices)``.

    >>> import chainrule as torch
    >>> torch.sort(torch.tensor([3., 1., 2.])).indices
    tensor([1, 2, 0])
    """
    axis = _sort_axis("sort", input, dim, descending, names)
    op = ops.sort_with_indices if stable is None else ops.sort_stable
    return named("sort", op(input, axis=axis, descending=descending), out)


def _sort_axis(function: str, input: Any, dim: Any, descending: Any, names: Any) -> Any:
    if names:
        dim, _ = numpy_names(function, names, dim)
    array = array_of(input, function)
    if descending is not True and descending is not False:
        raise TypeError(f"{function}(): argument 'descending' must be bool, not {type(descending).__name__}")
    if array.dtype.kind == "c":
        raise RuntimeError(f"{function.capitalize()} does not support complex dtypes on CPU: they have no order.")
    return one_axis(-1 if dim is None else dim, array.ndim, function)


def argsort(
    input: Tensor,
    dim: int | None = None,
    descending: bool = False,
    stable: bool = False,
    *,
    out: Tensor | None = None,
    **names: Unpack[NumpyName],
) -> Tensor:
    """The indices that sort along a dimension; as :func:`sort`.

    >>> import chainrule as torch
    >>> torch.argsort(torch.tensor([3., 1., 2.]), descending=True)
    tensor([0, 2, 1])
    """
    axis = _sort_axis("argsort", input, dim, descending, names)
    return deliver(ops.sorted_places(input, axis=axis, descending=descending), out, "argsort")


def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements in ascending order along the first dimension.

    >>> import chainrule as torch
    >>> torch.msort(torch.tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    axis = _sort_axis("msort", input, 0, False, {})
    return put_resized(ops.sort_with_indices(input, axis=axis, descending=False)[0], out, "msort", input)


def topk(
    input: Tensor,
    k: int,
    dim: int | None = None,
    largest: bool = True,
    sorted: bool = True,
    *,
    out: Any = None,
    **names: Unpack[NumpyName],
) -> Any:
    """The ``k`` largest elements along a dimension, and where they are.

    Args:
        input: of any real dtype but bool.
        k: how many, at most the size of the dimension.
        dim: along which dimension; the last by default.
        largest: whether the largest or the smallest.
        sorted: whether they come in order. Here they always do.
        out: where to write the two results.
        names: ``axis``, NumPy's name of ``dim``.

    Returns:
        ``torch.return_types.topk(values, indices)``.

    Raises:
        RuntimeError: there are fewer than ``k``.

    >>> import chainrule as torch
    >>> torch.topk(torch.tensor([3., 1., 2.]), 2).values
    tensor([3., 2.])
    """
    dim, _ = numpy_names("topk", names, dim)
    array = array_of(input, "topk")
    if isinstance(k, bool) or not hasattr(k, "__index__"):
        raise TypeError(f"topk(): argument 'k' (position 1) must be int, not {type(k).__name__}")
    if array.dtype.kind in "bc":
        kind = "bool" if array.dtype.kind == "b" else "complex"
        raise RuntimeError(
            f"topk does not support {kind} dtypes on CPU. Convert the input first, with .int() or .abs()."
        )
    axis = one_axis(-1 if dim is None else dim, array.ndim, "topk")
    size = array.shape[axis] if array.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"selected index k out of range: got {k} for a dimension of size {size}")
    return named("topk", ops.topk(input, k=k.__index__(), axis=axis, largest=largest), out)


# -- order statistics --------------------------------------------------------------------------------------------------


def kthvalue(
    input: Tensor,
    k: int,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Any = None,
    **names: Unpack[NumpyNames],
) -> Any:
    """The ``k``-th smallest element along a dimension, and where it is; ``k`` counts from 1.

    Returns:
        ``torch.return_types.kthvalue(values, indices)``.

    >>> import chainrule as torch
    >>> torch.kthvalue(torch.tensor([3., 1., 2.]), 2).values
    tensor(2.)
    """
    dim, keepdim = numpy_names("kthvalue", names, dim, keepdim)
    array = array_of(input, "kthvalue")
    refuse_kinds(array, "bc", "kthvalue_cpu")
    axis = index_axis(-1 if dim is None else dim, keepdim, array.shape, "kthvalue")
    size = array.shape[axis] if array.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {axis + array.ndim if array.ndim else 0}: got {k}, wanted 1 to {size}"
        )
    return named("kthvalue", ops.kthvalue(input, k=k, axis=axis, keepdims=keepdim), out)


def median(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None, **names: Unpack[NumpyNames]
) -> Any:
    """The median of all elements, or those along a dimension with their indices: of two in the middle, the lower.

    Args:
        input: of any real dtype but bool.
        dim: along which dimension; None for all.
        keepdim: whether it stays, with size 1.
        out: where to write the two results along a dimension.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Returns:
        A tensor; along a dimension, ``torch.return_types.median(values, indices)``. NaN where there is one.

    >>> import chainrule as torch
    >>> torch.median(torch.tensor([4., 1., 3., 2.]))
    tensor(2.)
    """
    return _median("median", ops.median_all, ops.median, input, dim, keepdim, out, names)


def nanmedian(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None, **names: Unpack[NumpyNames]
) -> Any:
    """The median of the elements that are not NaN; as :func:`median`.

    >>> import chainrule as torch
    >>> torch.nanmedian(torch.tensor([4., float("nan"), 3.]))
    tensor(3.)
    """
    return _median("nanmedian", ops.nanmedian_all, ops.nanmedian, input, dim, keepdim, out, names)


def _median(function: str, of_all: Any, along: Any, input: Any, dim: Any, keepdim: Any, out: Any, names: Any) -> Any:
    dim, keepdim = numpy_names(function, names, dim, keepdim)
    array = array_of(input, function)
    refuse_kinds(array, "bc", "median_cpu")
    if dim is None:
        refuse_keepdim(keepdim, function)
        return of_all(input, axis=ALL[array.ndim])
    return named(function, along(input, axis=index_axis(dim, keepdim, array.shape, function), keepdims=keepdim), out)


def mode(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None, **names: Unpack[NumpyNames]
) -> Any:
    """The commonest element along a dimension (of several, the smallest), and where it is.

    Returns:
        ``torch.return_types.mode(values, indices)``.

    >>> import chainrule as torch
    >>> torch.mode(torch.tensor([2, 1, 2])).values
    tensor(2)
    """
    dim, keepdim = numpy_names("mode", names, dim, keepdim)
    array = array_of(input, "mode")
    refuse_kinds(array, "c", "mode_cpu")
    axis = index_axis(-1 if dim is None else dim, keepdim, array.shape, "mode")
    return named("mode", ops.mode(input, axis=axis, keepdims=keepdim), out)


# -- distinct elements -------------------------------------------------------------------------------------------------


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements, in ascending order; with ``dim``, the distinct slices along it.

    Args:
        input: of any real dtype. NaNs are distinct from one another.
        sorted: whether they come in order. Here they always do.
        return_inverse: whether to tell, too, where each element of the input is among them.
        return_counts: whether to tell, too, how often each of them occurs.
        dim: along which dimension.

    Returns:
        A tensor, or a tuple with what was asked for.

    >>> import chainrule as torch
    >>> torch.unique(torch.tensor([3, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 3]), tensor([2, 1, 1]))
    """
    array = array_of(input, "_unique2")
    refuse_kinds(array, "c", "unique")
    if dim is None:
        return _asked_for(ops.unique(input, axis=None), return_inverse, return_counts)
    axis = axis_of(dim, array.ndim, "unique_dim")
    if not array.size and array.shape[axis]:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied. The input's shape is "
            f"{list(array.shape)}."
        )
    return _asked_for(ops.unique_along(input, axis=axis), return_inverse, return_counts)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements (or slices along ``dim``) without those that equal the one before; as :func:`unique`.

    >>> import chainrule as torch
    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1]))
    tensor([1, 2, 1])
    """
    array = array_of(input, "unique_consecutive")
    refuse_kinds(array, "c", "unique")
    axis = None if dim is None else axis_of(dim, array.ndim, "unique_consecutive")
    return _asked_for(ops.unique_consecutive(input, axis=axis), return_inverse, return_counts)


def _asked_for(results: tuple[Any, Any, Any], inverse: bool, counts: bool) -> Any:
    values, places, numbers = results
    if not inverse and not counts:
        return values
    return (values, *([places] if inverse else []), *([numbers] if counts else []))


def isin(
    elements: Tensor | float,
    test_elements: Tensor | float,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Which elements are among the test elements.

    Args:
        elements: of any real dtype but bool, or a number.
        test_elements: likewise; one of the two is a tensor.
        assume_unique: whether neither holds an element twice; it changes nothing.
        invert: whether to tell which are not among them.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([3, 1]))
    tensor([ True, False,  True])
    """
    pair = [new_tensor(np.asarray(a)) if isinstance(a, (int, float)) else a for a in (elements, test_elements)]
    for position, (name, tensor) in enumerate(zip(("elements", "test_elements"), pair, strict=True), 1):
        dtype = tensor_argument(tensor, "isin", name, position)._array.dtype
        if dtype.kind in "bc":
            raise RuntimeError(
                f"Unsupported input type encountered for isin(): {scalar_type_name(dtype)}. Convert {name} first, with .int()."
            )
    found = ops.isin(*pair)
    return deliver(ops.logical_not(found) if invert else found, out, "isin")


# -- bins --------------------------------------------------------------------------------------------------------------


def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | float,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    out: Tensor | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where values belong in sorted sequences, so that these stay sorted.

    Args:
        sorted_sequence: ascending along the last dimension: one sequence, or one for each row of ``input``.
        input: the values, or a number.
        out_int32: whether the result is int32 instead of int64.
        right: whether a value belongs behind its equals.
        side: "left" or "right", which says the same.
        out: where to write the result.
        sorter: indices that sort ``sorted_sequence``, if it is not.

    >>> import chainrule as torch
    >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([0, 3, 6]))
    tensor([0, 1, 3])
    """
    edges = tensor_argument(sorted_sequence, "searchsorted", "sorted_sequence")
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    values = input if isinstance(input, TensorBase) else new_tensor(edges._array.dtype.type(input))
    shape, got = edges._array.shape, values._array.shape
    if len(shape) != 1 and not got:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({len(shape)}) and input value's dim(0) numel(1)"
        )
    if len(shape) != 1 and shape[:-1] != got[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
            f"and input value tensor must match, but we got boundaries tensor {list(shape)} and input value tensor {list(got)}"
        )
    if sorter is not None:
        edges = ops.take_along_axis(edges, sorter, axis=-1)
    side = "right" if right or side == "right" else "left"
    return _places(edges, values, side, out_int32, out, "searchsorted")


def _places(edges: Any, values: Any, side: str, out_int32: bool, out: Any, function: str) -> Tensor:
    places = ops.search_rows(edges, values, side=side)
    return deliver(ops.astype(places, int32) if out_int32 else places, out, function)


def bucketize(
    input: Tensor | float,
    boundaries: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """In which bucket each value is, among those between ascending boundaries.

    Args:
        input: the values, or a number.
        boundaries: a vector in ascending order.
        out_int32: whether the result is int32 instead of int64.
        right: whether a value that is a boundary is in the bucket above it.
        out: where to write the result.

    >>> import chainrule as torch
    >>> torch.bucketize(torch.tensor([0, 3, 6]), torch.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    edges = tensor_argument(boundaries, "bucketize", "boundaries", 2)
    if edges._array.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({edges._array.ndim})")
    values = input if isinstance(input, TensorBase) else new_tensor(edges._array.dtype.type(input))
    return _places(edges, values, "right" if right else "left", out_int32, out, "bucketize")


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0, *, out: Tensor | None = None) -> Tensor:
    """How many elements fall into each of ``bins`` equal bins from ``min`` to ``max``.

    Args:
        input: floating point. What lies outside, and NaN, is left out.
        bins: how many.
        min: the lower end.
        max: the upper end; if it is ``min``, the ends are the smallest and the largest element.
        out: where to write the result, in the input's dtype.

    >>> import chainrule as torch
    >>> torch.histc(torch.tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    array = array_of(input, "histc")
    refuse_kinds(array, "biuc", "histogram_cpu")
    if bins < 1:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    low, high = ends = float(min), float(max)
    numbers = numbers_of(array)
    if low == high and numbers.size:
        ends = float(numbers.min()), float(numbers.max())
    if not abs(ends[0]) + abs(ends[1]) < float("inf"):
        raise RuntimeError(f"torch.histc: range of [{ends[0]}, {ends[1]}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.histc: max must be larger than min, but got min={min} and max={max}")
    return deliver(ops.histc(input, bins=bins, low=low, high=high), out, "histc")


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs, or the sum of the weights where it does.

    Args:
        input: a vector of integers that are not negative.
        weights: one for each; the result has their dtype (float64 for integers), and its gradient reaches them.
        minlength: the least length of the result.

    Raises:
        RuntimeError: ``input`` is no such vector.

    >>> import chainrule as torch
    >>> torch.bincount(torch.tensor([0, 1, 1, 3]))
    tensor([1, 2, 0, 1])
    """
    array = array_of(input, "bincount")
    refuse_kinds(array, "bfcV", "bincount_cpu")
    numbers = numbers_of(array)
    if array.ndim != 1 or (numbers.size and numbers.min() < 0):
        raise RuntimeError(
            f"bincount only supports 1-d non-negative integral inputs. Got shape {list(array.shape)}"
            + (f" and a smallest element of {numbers.min()}." if numbers.size else ".")
        )
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, but got {minlength}")
    if array.size and not numbers.size and (not minlength or is_constant(array)):
        array.plain("calling bincount, whose result is as long as its largest element says")
    length = max(minlength, int(numbers.max()) + 1 if numbers.size else 0)
    if length > minlength and isinstance(array, Lifted):
        array.plain(f"calling bincount with a minlength of {minlength}, which is no more than an element of the input")
    if weights is None:
        return ops.bincount(input, minlength=length)
    given = tensor_argument(weights, "bincount", "weights", 2)._array
    if given.shape != array.shape:
        raise RuntimeError(
            f"weights should be 1-d and have the same length as input: got {list(given.shape)} and {list(array.shape)}"
        )
    if given.dtype.kind in "biu":
        weights = ops.astype(weights, float64)
    zeros = ops.zeros((length,), dtype=weights.dtype)
    return ops.index_add(zeros, input, weights, axis=-1)
