"""Quantiles: values at given places of the sorted elements, between them by interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import TensorBase, new_tensor, numbers_of
from ..core.xla_level import placed
from ..dtypes import int64
from ._arguments import axis_of, deliver
from ._autocast import widened
from ._reduction_arguments import array_of, check_keepdim, numpy_names

if TYPE_CHECKING:
    from typing import Unpack

    from .._tensor import Tensor
    from ._reduction_arguments import NumpyNames

__all__ = ["nanquantile", "quantile"]

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The ``q``-th quantiles of all elements, or along a dimension; NaN where there is one.

    Args:
        input: float32 or float64, not empty.
        q: from 0 to 1: a number, or a tensor of at most one dimension, which comes first in the result.
        dim: along which dimension; None for all elements.
        keepdim: whether it stays, with size 1.
        interpolation: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
        out: where to write the result.
        names: ``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``.

    >>> import chainrule as torch
    >>> torch.quantile(torch.tensor([1., 2., 3., 4.]), torch.tensor([0.25, 0.5]))
    tensor([1.7500, 2.5000])
    """
    if names:
        dim, keepdim = numpy_names("quantile", names, dim, keepdim)
    (input,) = widened(input)
    return deliver(_quantile("quantile", False, input, q, dim, keepdim, interpolation), out, "quantile")


def nanquantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
    **names: Unpack[NumpyNames],
) -> Tensor:
    """The quantiles of the elements that are not NaN; as :func:`quantile`.

    >>> import chainrule as torch
    >>> torch.nanquantile(torch.tensor([1., float("nan"), 2.]), 0.5)
    tensor(1.5000)
    """
    if names:
        dim, keepdim = numpy_names("nanquantile", names, dim, keepdim)
    (input,) = widened(input)
    return deliver(_quantile("nanquantile", True, input, q, dim, keepdim, interpolation), out, "nanquantile")


def _quantile(function: str, ignore_nan: bool, input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str) -> Any:
    array = array_of(input, function)
    check_keepdim(keepdim, function)
    _check(function, array, q, interpolation)
    shape = array.shape
    if dim is None or not shape:
        axis_of(0 if dim is None else dim, array.ndim, function)
        x, kept = ops.reshape(input, (array.size,)), (1,) * array.ndim
    else:
        axis = axis_of(dim, array.ndim, function)
        x, kept = ops.moveaxis(input, axis, -1), (*shape[:axis], 1, *shape[array.ndim + axis + 1 :])
    lanes = x._array.shape[:-1]
    values = _at_ranks(x, _ranks(x, q, ignore_nan), interpolation)
    several = isinstance(q, TensorBase) and q._array.ndim == 1
    result = ops.moveaxis(values, -1, 0) if several else ops.reshape(values, lanes)
    lead = result._array.shape[:1] if several else ()
    return ops.reshape(result, (*lead, *kept)) if keepdim else result


def _check(function: str, array: Any, q: Any, interpolation: str) -> None:
    if not array.size:
        raise RuntimeError(f"{function}() input tensor must be non-empty: its shape is {list(array.shape)}")
    if array.dtype.name not in ("float32", "float64"):
        raise RuntimeError(f"{function}() input tensor must be either float or double dtype, not {array.dtype.name}")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{function}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    if isinstance(q, TensorBase):
        given = q._array
        if given.ndim > 1:
            raise RuntimeError(f"{function}() q must be a scalar or 1D tensor, but its shape is {list(given.shape)}")
        if given.dtype != array.dtype:
            raise RuntimeError(
                f"{function}() q tensor must be same dtype as the input tensor: got {given.dtype.name} for "
                f"{array.dtype.name}"
            )
        numbers = numbers_of(given)
        if not ((numbers >= 0) & (numbers <= 1)).all():
            raise RuntimeError(f"{function}() q values must be in the range [0, 1]")
    elif isinstance(q, bool) or not isinstance(q, (int, float)):
        raise TypeError(f"{function}(): argument 'q' (position 2) must be float or Tensor, not {type(q).__name__}")
    elif not 0 <= q <= 1:
        raise RuntimeError(f"{function}() q must be in the range [0, 1] but got {q}")


def _ranks(x: Any, q: Any, ignore_nan: bool) -> Any:
    """The places, whole or between two, in each sorted row of ``x``: one for each element of ``q``."""
    row = q if isinstance(q, TensorBase) else new_tensor(placed(np.full(1, q, x._array.dtype), x.device))
    row = ops.reshape(row, (row._array.size,))
    n = x._array.shape[-1]
    numbers = ops.sum(ops.astype(ops.logical_not(ops.isnan(x.detach())), dtype=x.dtype), axis=-1, keepdims=True)
    if ignore_nan:
        return ops.multiply(row, ops.maximum(ops.subtract(numbers, 1), 0))
    # The last place of a row with a NaN is NaN.
    return ops.where(ops.less(numbers, n), float(n - 1), ops.multiply(row, n - 1))


def _at_ranks(x: Any, ranks: Any, interpolation: str) -> Any:
    """The elements of each row of ``x`` at places counted in sorted order."""
    ordered = ops.sort_with_indices(x, axis=-1, descending=False)[0]
    below, above = ops.floor(ranks.detach()), ops.ceil(ranks.detach())
    if interpolation == "nearest":
        below = above = ops.round(ranks.detach())
    elif interpolation in ("lower", "higher"):
        below = above = below if interpolation == "lower" else above
    lower = ops.take_along_axis(ordered, ops.astype(below, dtype=int64), axis=-1)
    if below is above:
        return lower
    upper = ops.take_along_axis(ordered, ops.astype(above, dtype=int64), axis=-1)
    if interpolation == "midpoint":
        return ops.lerp_number(lower, upper, weight=0.5)
    return ops.lerp(lower, upper, ops.subtract(ranks, below))
