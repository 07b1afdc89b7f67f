"""Sums, products, extremes, truth: of all elements, or along dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.value import TensorBase
from ..dtypes import FROM_NUMPY, get_default_dtype, uint8
from ..promotion import check_cast, scalar_type_name
from ._arguments import deliver, tensor_argument
from ._reduction_arguments import (
    ALL,
    array_of,
    converted,
    index_axis,
    named,
    numpy_names,
    reduced_axes,
    refuse_empty,
    refuse_keepdim,
    refuse_kinds,
    result_dtype,
)

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ..dtypes import dtype as Dtype
    from ._reduction_arguments import NumpyNames

__all__ = [
    "all",
    "amax",
    "amin",
    "aminmax",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "min",
    "nanmean",
    "nansum",
    "prod",
    "sum",
]

Dims = int | Sequence[int] | None


class _Every:
    """Nothing given: the default ``dim`` of ``sum`` and ``mean``, whose node has another name where None is given."""

    def __repr__(self) -> str:
        return "None"


EVERY: Any = _Every()

# -- sums and products -------------------------------------------------------------------------------------------------


def sum(
    input: Tensor,
    dim: Dims = EVERY,
    keepdim: bool = False,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The sum of all elements, or along dimensions.

    Args:
        input: of any dtype. Integers and bools are added as int64.
        dim: along which dimensions; None or an empty one for all.
        keepdim: whether these stay, with size 1.
        dtype: what to convert the elements to first.
        out: where to write the result.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Raises:
        IndexError: there is no such dimension.

    >>> import chainrule as torch
    >>> torch.sum(torch.tensor([[1, 2], [3, 4]]), 0)
    tensor([4, 6])
    """
    if names:
        dim, keepdim = numpy_names("sum", names, None if dim is EVERY else dim, keepdim)
    if dtype is None and out is None and isinstance(input, TensorBase):
        return _sum(input, dim, keepdim)
    return _in_dtype(_sum, "sum", input, dim, keepdim, dtype, out)


def _sum(input: Any, dim: Any, keepdim: bool) -> Any:
    ndim = input._array.ndim
    if dim is EVERY:
        if not keepdim:
            return ops.sum_all(input, axis=ALL[ndim])
        dim = None
    return ops.sum_axes(input, axis=reduced_axes(dim, keepdim, ndim, "sum"), keepdims=keepdim)


def _in_dtype(function: Any, name: str, input: Any, dim: Any, keepdim: bool, dtype: Any, out: Any) -> Tensor:
    """A reduction in the dtype asked for. What integers give is int64, and then brought to it."""
    tensor_argument(input, name, "input")
    dtype = result_dtype(dtype, out, name)
    if dtype is None:
        return function(input, dim, keepdim)
    result = converted(function(converted(input, dtype, name), dim, keepdim), dtype, name)
    return deliver(result, out, name)


def nansum(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """As :func:`sum`, with NaN as zero.

    >>> import chainrule as torch
    >>> torch.nansum(torch.tensor([1., float("nan"), 2.]))
    tensor(3.)
    """
    dim, keepdim = numpy_names("nansum", names, dim, keepdim)
    return _in_dtype(_nansum, "nansum", input, dim, keepdim, dtype, out)


def _nansum(input: Any, dim: Any, keepdim: bool) -> Any:
    array = input._array
    if array.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs: take sums of the real and imaginary parts.")
    op = ops.sum_axes if array.dtype.kind in "biu" else ops.nansum
    return op(input, axis=reduced_axes(dim, keepdim, array.ndim, "nansum"), keepdims=keepdim)


def mean(
    input: Tensor,
    dim: Dims = EVERY,
    keepdim: bool = False,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The mean of all elements, or along dimensions.

    Args:
        input: floating point or complex, unless ``dtype`` is given.
        dim: along which dimensions; None or an empty one for all.
        keepdim: whether these stay, with size 1.
        dtype: what to convert the elements to first, floating point or complex.
        out: where to write the result.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: the dtype is neither floating point nor complex.

    >>> import chainrule as torch
    >>> torch.mean(torch.tensor([[1., 2.], [3., 4.]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    if names:
        dim, keepdim = numpy_names("mean", names, None if dim is EVERY else dim, keepdim)
    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        raise _not_inferred("Optional", dtype)
    if dtype is None and isinstance(input, TensorBase):
        if out is None:
            return _mean(input, dim, keepdim)
        if input._array.dtype.kind == "c":
            check_cast(input._array.dtype, tensor_argument(out, "mean", "out")._array.dtype)
    return _in_dtype(_mean, "mean", input, dim, keepdim, dtype, out)


def _mean(input: Any, dim: Any, keepdim: bool) -> Any:
    array = input._array
    if array.dtype.kind in "biu":
        raise _not_inferred("Input", FROM_NUMPY[array.dtype])
    if dim is EVERY:
        if not keepdim:
            return ops.mean_all(input, axis=ALL[array.ndim])
        dim = None
    return ops.mean_axes(input, axis=reduced_axes(dim, keepdim, array.ndim, "mean"), keepdims=keepdim)


def _not_inferred(which: str, dtype: Any) -> RuntimeError:
    return RuntimeError(
        f"mean(): could not infer output dtype. {which} dtype must be either a floating point or complex dtype. Got: "
        f"{scalar_type_name(dtype)}. Convert the input with .float(), or pass dtype=torch.float32."
    )


def nanmean(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The mean of the elements that are not NaN; NaN where there are none.

    >>> import chainrule as torch
    >>> torch.nanmean(torch.tensor([1., float("nan"), 2.]))
    tensor(1.5000)
    """
    dim, keepdim = numpy_names("nanmean", names, dim, keepdim)
    array = array_of(input, "nanmean")
    if array.dtype.kind in "biu":
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{scalar_type_name(array.dtype)}. Convert it with .float()."
        )
    numbers = ops.sum_axes(
        ops.logical_not(ops.isnan(input.detach())),
        axis=reduced_axes(dim, keepdim, array.ndim, "nanmean"),
        keepdims=keepdim,
    )
    return deliver(nansum(input, dim, keepdim, dtype=dtype) / numbers, out, "nanmean")


def prod(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    dtype: Dtype | None = None,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The product of all elements, or along one dimension.

    Its derivatives are exact where elements are zero, too. For the other arguments see :func:`sum`.

    >>> import chainrule as torch
    >>> x = torch.tensor([0., 2., 3.], requires_grad=True)
    >>> torch.prod(x).backward()
    >>> x.grad
    tensor([6., 0., 0.])
    """
    dim, keepdim = numpy_names("prod", names, dim, keepdim)
    return _in_dtype(_prod, "prod", input, dim, keepdim, dtype, out)


def _prod(input: Any, dim: Any, keepdim: bool) -> Any:
    ndim = input._array.ndim
    if dim is None:
        return ops.prod_all(input, axis=ALL[ndim])
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"prod(): argument 'dim' must be int, not {type(dim).__name__}")
    axes = reduced_axes(dim, keepdim, ndim, "prod")
    return ops.prod_axis(input, axis=axes[0] if axes else (), keepdims=keepdim)


def logsumexp(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The logarithm of the sum of the exponentials along dimensions, without overflow.

    Args:
        input: of any dtype; integers count as the default floating-point type.
        dim: along which dimensions; to be given.
        keepdim: whether these stay, with size 1.
        out: where to write the result.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Raises:
        TypeError: no ``dim``.

    >>> import chainrule as torch
    >>> torch.logsumexp(torch.tensor([1000., 1000.]), 0)
    tensor(1000.6932)
    """
    dim, keepdim = numpy_names("logsumexp", names, dim, keepdim)
    array = array_of(input, "logsumexp")
    if dim is None:
        raise TypeError('logsumexp() missing 1 required positional arguments: "dim"')
    if array.dtype.kind in "biu":
        input = converted(input, get_default_dtype(), "logsumexp")
    axis = reduced_axes(dim, keepdim, array.ndim, "logsumexp")
    return deliver(ops.logsumexp(input, axis=axis, keepdims=keepdim), out, "logsumexp")


# -- the largest and the smallest --------------------------------------------------------------------------------------


def max(
    input: Tensor,
    dim: int | Tensor | None = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
    out: Any = None,
    **names: Unpack[NumpyNames],
) -> Any:
    """The largest element, or those along a dimension with their indices, or the larger of two tensors.

    NaN is the largest of all. Elements that tie for the largest of all share the gradient; along a dimension the first
    one gets it.

    Args:
        input: of any real dtype.
        dim: along which dimension, or a second tensor to take the larger elements with.
        keepdim: whether that dimension stays, with size 1.
        other: the second tensor.
        out: where to write the result, or the two of them.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Returns:
        A tensor; along a dimension, ``torch.return_types.max(values, indices)``.

    Raises:
        IndexError: there is no such dimension, or it is empty.
        RuntimeError: the tensor is empty and no ``dim`` given.

    >>> import chainrule as torch
    >>> torch.max(torch.tensor([[1., 5.], [7., 2.]]), 1).indices
    tensor([1, 0])
    """
    if dim is None and other is None and out is None and not names and not keepdim:
        return ops.max_all(input, axis=_checked_all(input, "max"))
    return _extreme("max", (ops.max_all, ops.max_index, ops.maximum), input, dim, keepdim, other, out, names)


def min(
    input: Tensor,
    dim: int | Tensor | None = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
    out: Any = None,
    **names: Unpack[NumpyNames],
) -> Any:
    """The smallest element, or those along a dimension with their indices, or the smaller of two tensors.

    As :func:`max`; a NaN is the smallest, too.

    >>> import chainrule as torch
    >>> torch.min(torch.tensor([3., 1., 2.]))
    tensor(1.)
    """
    if dim is None and other is None and out is None and not names and not keepdim:
        return ops.min_all(input, axis=_checked_all(input, "min"))
    return _extreme("min", (ops.min_all, ops.min_index, ops.minimum), input, dim, keepdim, other, out, names)


def _checked_all(input: Any, function: str) -> Any:
    array = array_of(input, function)
    refuse_kinds(array, "c", function + "_all")
    refuse_empty(array, (), None, function)
    return ALL[array.ndim]


def _extreme(
    name: str, ops_of: tuple[Any, Any, Any], input: Any, dim: Any, keepdim: Any, other: Any, out: Any, names: Any
) -> Any:
    of_all, along, of_two = ops_of
    dim, keepdim = numpy_names(name, names, dim, keepdim)
    array = array_of(input, name)
    if isinstance(dim, TensorBase) and other is None:
        dim, other = None, dim
    if other is not None:
        return deliver(of_two(input, tensor_argument(other, name, "other", 2)), out, name)
    if dim is None:
        refuse_keepdim(keepdim, name)
        return deliver(of_all(input, axis=_checked_all(input, name)), out, name)
    if array.dtype.kind == "c":
        raise RuntimeError(f"{name}(): does not support complex input, which has no order. Take .abs() or .real first.")
    return named(name, along(input, axis=index_axis(dim, keepdim, array.shape, name), keepdims=keepdim), out)


def amax(
    input: Tensor, dim: Dims = (), keepdim: bool = False, *, out: Tensor | None = None, **names: Unpack[NumpyNames]
) -> Tensor:
    """The largest elements along dimensions; elements that tie share the gradient.

    For the arguments see :func:`sum`.

    >>> import chainrule as torch
    >>> torch.amax(torch.tensor([[1., 5.], [7., 2.]]), dim=(0, 1))
    tensor(7.)
    """
    return _along_axes(ops.amax, "amax", "max_values_cpu", input, dim, keepdim, out, names)


def amin(
    input: Tensor, dim: Dims = (), keepdim: bool = False, *, out: Tensor | None = None, **names: Unpack[NumpyNames]
) -> Tensor:
    """The smallest elements along dimensions; elements that tie share the gradient.

    >>> import chainrule as torch
    >>> torch.amin(torch.tensor([[1., 5.], [7., 2.]]), 0)
    tensor([1., 2.])
    """
    return _along_axes(ops.amin, "amin", "min_values_cpu", input, dim, keepdim, out, names)


def _along_axes(
    op: Any, function: str, kernel: str, input: Any, dim: Any, keepdim: Any, out: Any, names: Any
) -> Tensor:
    dim, keepdim = numpy_names(function, names, None if dim == () else dim, keepdim)
    array = array_of(input, function)
    refuse_kinds(array, "c", kernel)
    axes = reduced_axes(dim, keepdim, array.ndim, function)
    refuse_empty(array, axes, dim, function)
    return deliver(op(input, axis=axes, keepdims=keepdim), out, function)


def aminmax(
    input: Tensor, *, dim: int | None = None, keepdim: bool = False, out: Any = None, **names: Unpack[NumpyNames]
) -> Any:
    """The smallest and the largest element, of all or along a dimension.

    Returns:
        ``torch.return_types.aminmax(min, max)``.

    >>> import chainrule as torch
    >>> torch.aminmax(torch.tensor([3., 1., 2.])).max
    tensor(3.)
    """
    dim, keepdim = numpy_names("aminmax", names, dim, keepdim)
    array = array_of(input, "aminmax")
    refuse_kinds(array, "c", "aminmax_cpu")
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"aminmax(): argument 'dim' must be int, not {type(dim).__name__}")
    axes = reduced_axes(dim, keepdim, array.ndim, "aminmax")
    if not array.size and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity. The input's "
            f"shape is {list(array.shape)}."
        )
    refuse_empty(array, axes, dim, "aminmax")
    return named("aminmax", ops.aminmax(input, axis=axes, keepdims=keepdim), out)


def argmax(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The index of the first largest element, of all (in C order) or along a dimension. NaN is the largest.

    Args:
        input: of any real dtype but bool.
        dim: along which dimension; None for all.
        keepdim: whether it stays, with size 1.
        out: where to write the result, int64.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    Raises:
        IndexError: there is no such dimension, or nothing in it.

    >>> import chainrule as torch
    >>> torch.argmax(torch.tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([1, 0])
    """
    return _index_of("argmax", ops.argmax, input, dim, keepdim, out, names)


def argmin(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The index of the first smallest element; as :func:`argmax`.

    >>> import chainrule as torch
    >>> torch.argmin(torch.tensor([[1., 5.], [7., 2.]]))
    tensor(0)
    """
    return _index_of("argmin", ops.argmin, input, dim, keepdim, out, names)


def _index_of(function: str, op: Any, input: Any, dim: Any, keepdim: Any, out: Any, names: Any) -> Tensor:
    if names:
        dim, keepdim = numpy_names(function, names, dim, keepdim)
    array = array_of(input, function)
    if array.dtype.kind in "bc":
        kind = "bool" if array.dtype.kind == "b" else "complex"
        raise RuntimeError(f"{function}(): does not support {kind} input. Convert it first, with .int() or .abs().")
    if dim is None:
        axis: Any = reduced_axes(None, keepdim, array.ndim, function)
        refuse_empty(array, (), None, function, IndexError)
    else:
        axis = index_axis(dim, keepdim, array.shape, function)
    return deliver(op(input, axis=axis, keepdims=keepdim), out, function)


# -- truth -------------------------------------------------------------------------------------------------------------


def all(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, out: Tensor | None = None, **names: Unpack[NumpyNames]
) -> Tensor:
    """Whether all elements are true (not zero; NaN is true), of all or along dimensions.

    For the arguments see :func:`sum`; an empty ``dim`` is no dimension here. The result is bool, of uint8 it is uint8.

    >>> import chainrule as torch
    >>> torch.all(torch.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return _truth("all", ops.all, input, dim, keepdim, out, names)


def any(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, out: Tensor | None = None, **names: Unpack[NumpyNames]
) -> Tensor:
    """Whether any element is true; as :func:`all`.

    >>> import chainrule as torch
    >>> torch.any(torch.tensor([0., 0., 1.]))
    tensor(True)
    """
    return _truth("any", ops.any, input, dim, keepdim, out, names)


def _truth(function: str, op: Any, input: Any, dim: Any, keepdim: Any, out: Any, names: Any) -> Tensor:
    if names:
        dim, keepdim = numpy_names(function, names, dim, keepdim)
    array = array_of(input, function)
    axis = () if isinstance(dim, (tuple, list)) and not dim else reduced_axes(dim, keepdim, array.ndim, function)
    result = op(input, axis=axis, keepdims=keepdim)
    if FROM_NUMPY[array.dtype] is uint8:
        result = converted(result, uint8, function)
    if out is not None and tensor_argument(out, function, "out")._array.dtype.name not in ("bool", "uint8"):
        raise RuntimeError(
            f"{function} only supports bool tensor for result, got: {scalar_type_name(out._array.dtype)}. Write to a "
            "tensor of torch.bool or torch.uint8."
        )
    return deliver(result, out, function)


def count_nonzero(input: Tensor, dim: Dims = None, *, axis: Dims = None) -> Tensor:
    """How many elements are not zero, of all or along dimensions, as int64 (``axis`` is NumPy's name of ``dim``).

    >>> import chainrule as torch
    >>> torch.count_nonzero(torch.tensor([[0, 1], [2, 3]]), 0)
    tensor([1, 2])
    """
    array = array_of(input, "count_nonzero")
    axes = reduced_axes(dim if axis is None else axis, False, array.ndim, "count_nonzero")
    return ops.count_nonzero(input, axis=axes, keepdims=False)
