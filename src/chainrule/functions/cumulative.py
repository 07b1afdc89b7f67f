"""Running sums, products and extremes, and the differences and integrals that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ._arguments import axis_of, deliver, tensor_argument
from ._reduction_arguments import array_of, converted, named, numpy_names, one_axis, refuse_kinds, result_dtype
from ._writing import put_resized

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ..dtypes import dtype as Dtype
    from ._reduction_arguments import NumpyName

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "diff",
    "logcumsumexp",
    "trapezoid",
    "trapz",
]


def running_axis(function: str, input: Any, dim: Any, names: Any) -> Any:
    """The axis to run along, of a tensor."""
    if names:
        dim, _ = numpy_names(function, names, dim)
    return one_axis(dim, array_of(input, function).ndim, function)


def cumsum(
    input: Tensor,
    dim: int | None = None,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyName],
) -> Tensor:
    """The running sum along a dimension.

    Args:
        input: of any dtype. Integers and bools are added as int64.
        dim: along which dimension; to be given.
        dtype: what to convert the elements to first.
        out: where to write the result.
        names: ``axis``, NumPy's name of ``dim``.

    Raises:
        IndexError: there is no such dimension.

    >>> import chainrule as torch
    >>> torch.cumsum(torch.tensor([1., 2., 3.]), dim=0)
    tensor([1., 3., 6.])
    """
    return _running("cumsum", ops.cumsum, input, dim, dtype, out, names)


def cumprod(
    input: Tensor,
    dim: int | None = None,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyName],
) -> Tensor:
    """The running product along a dimension; as :func:`cumsum`.

    Its derivatives are exact where elements are zero, too.

    >>> import chainrule as torch
    >>> torch.cumprod(torch.tensor([1., 2., 3.]), dim=0)
    tensor([1., 2., 6.])
    """
    return _running("cumprod", ops.cumprod, input, dim, dtype, out, names)


def _running(function: str, op: Any, input: Any, dim: Any, dtype: Any, out: Any, names: Any) -> Tensor:
    axis = running_axis(function, input, dim, names)
    dtype = result_dtype(dtype, out, function)
    if dtype is None:
        return op(input, axis=axis, dtype=None)
    if out is not None:
        refuse_kinds(out._array, "b", f"{function}_out_cpu")
    return put_resized(op(converted(input, dtype, function), axis=axis, dtype=dtype.numpy), out, function, input)


def cummax(input: Tensor, dim: int | None = None, *, out: Any = None, **names: Unpack[NumpyName]) -> Any:
    """The largest element so far along a dimension, and where it is (of several, the last).

    Returns:
        ``torch.return_types.cummax(values, indices)``.

    >>> import chainrule as torch
    >>> torch.cummax(torch.tensor([1., 3., 2.]), 0).values
    tensor([1., 3., 3.])
    """
    return _running_extreme("cummax", ops.cummax, input, dim, out, names)


def cummin(input: Tensor, dim: int | None = None, *, out: Any = None, **names: Unpack[NumpyName]) -> Any:
    """The smallest element so far along a dimension, and where it is (of several, the last).

    >>> import chainrule as torch
    >>> torch.cummin(torch.tensor([2., 3., 1.]), 0).indices
    tensor([0, 0, 2])
    """
    return _running_extreme("cummin", ops.cummin, input, dim, out, names)


def _running_extreme(function: str, op: Any, input: Any, dim: Any, out: Any, names: Any) -> Any:
    axis = running_axis(function, input, dim, names)
    refuse_kinds(input._array, "c", function + "_cpu")
    return named(function, op(input, axis=axis), out)


def logcumsumexp(
    input: Tensor, dim: int | None = None, *, out: Tensor | None = None, **names: Unpack[NumpyName]
) -> Tensor:
    """The logarithm of the running sum of exponentials along a dimension, without overflow.

    >>> import chainrule as torch
    >>> torch.logcumsumexp(torch.tensor([1000., 1000.]), 0)
    tensor([1000.0000, 1000.6932])
    """
    axis = running_axis("logcumsumexp", input, dim, names)
    refuse_kinds(input._array, "biu", "logcumsumexp_out_cpu")
    return put_resized(ops.logcumsumexp(input, axis=axis), out, "logcumsumexp", input)


# -- differences and integrals -----------------------------------------------------------------------------------------


def diff(
    input: Tensor,
    n: int = 1,
    dim: int | None = None,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
    **names: Unpack[NumpyName],
) -> Tensor:
    """The differences of neighbours along a dimension; of bools, whether they differ.

    Args:
        input: with at least one dimension.
        n: how many times over; 0 gives the input as it is, whatever is put before and behind it.
        dim: along which dimension; the last by default.
        prepend: what to put before the input.
        append: what to put behind it.
        out: where to write the result.
        names: ``axis``, NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.diff(torch.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    dim, _ = numpy_names("diff", names, dim)
    ndim = array_of(input, "diff").ndim
    if not ndim:
        runs = "; two runs are compared by chainrule.insight.diff" if hasattr(n, "grad_fn") else ""
        raise RuntimeError(f"diff expects input to be at least one-dimensional, but got a 0-d tensor{runs}")
    axis = axis_of(-1 if dim is None else dim, ndim, "diff")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [tensor_argument(part, "diff", "prepend") for part in (prepend, input, append) if part is not None]
    if any(part._array.ndim != ndim for part in parts):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    if not n:
        return deliver(ops.clone(input), out, "diff", exact=True)
    result = ops.concat(parts, axis=axis) if len(parts) > 1 else input
    subtract = ops.logical_xor if input._array.dtype.kind == "b" else ops.subtract
    for _ in range(min(n, result._array.shape[axis])):
        result = subtract(*_neighbours(result, axis))
    return deliver(result, out, "diff")


def _neighbours(x: Any, axis: int) -> tuple[Any, Any]:
    """(all but the first, all but the last) along the axis."""
    size = x._array.shape[axis]
    return (
        ops.slice_axis(x, axis=axis, start=min(1, size), stop=size, step=1),
        ops.slice_axis(x, axis=axis, start=0, stop=max(0, size - 1), step=1),
    )


def trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1, axis: int | None = None
) -> Tensor:
    """The integral of ``y`` along a dimension by the trapezoidal rule.

    Args:
        y: values, of any dtype but bool.
        x: where they are, as a vector or in the shape of ``y``; else they are ``dx`` apart.
        dx: 1 by default.
        dim: along which dimension.
        axis: NumPy's name of ``dim``.

    >>> import chainrule as torch
    >>> torch.trapezoid(torch.tensor([1., 2., 3.]), torch.tensor([0., 1., 3.]))
    tensor(6.5000)
    """
    terms, along, width = _trapezoids("trapezoid", y, x, dx, dim if axis is None else axis)
    return ops.multiply(ops.sum_axes(terms, axis=(along,), keepdims=False), width)


trapz = trapezoid


def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1, axis: int | None = None
) -> Tensor:
    """The running integral of ``y``; as :func:`trapezoid`.

    >>> import chainrule as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1., 2., 3.]))
    tensor([1.5000, 4.0000])
    """
    terms, along, width = _trapezoids("cumulative_trapezoid", y, x, dx, dim if axis is None else axis)
    return ops.multiply(ops.cumsum(terms, axis=along, dtype=None), width)


def _trapezoids(function: str, y: Any, x: Any, dx: Any, dim: Any) -> tuple[Any, int, float]:
    """The sums of neighbours, times the distances if there are several; the axis; and half the common distance."""
    array = tensor_argument(y, function, "y")._array
    if array.dtype.kind == "b":
        raise RuntimeError(f"{function}: received a bool input for `y`, but bool is not supported")
    if not array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = axis_of(dim, array.ndim, function)
    terms = ops.add(*_neighbours(y, axis))
    if x is None:
        return terms, axis, (1 if dx is None else dx) / 2
    if dx is not None:
        raise TypeError(f"{function}() received an invalid combination of arguments: it takes 'x' or 'dx', not both")
    places = tensor_argument(x, function, "x", 2)._array
    if places.dtype.kind == "b":
        raise RuntimeError(f"{function}: received a bool input for `x`, but bool is not supported")
    at = axis if places.ndim == array.ndim else -1
    if not places.ndim or places.shape[at] != array.shape[axis]:
        raise RuntimeError(
            f"{function}: There must be one `x` value for each sample point: got x of shape {list(places.shape)} for y of "
            f"shape {list(array.shape)} along dimension {dim}"
        )
    steps = ops.subtract(*_neighbours(x, at))
    if places.ndim == 1:
        steps = ops.reshape(steps, (-1,) + (1,) * (-axis - 1))
    return ops.multiply(terms, steps), axis, 0.5
