"""Covariances, correlations, histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import Lifted, TensorBase, like, new_tensor, numbers_of
from ..promotion import scalar_type_name
from ._arguments import tensor_argument
from ._reduction_arguments import refuse_kinds
from .linalg import matmul
from .ranges import linspace

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["corrcoef", "cov", "histogram", "histogramdd"]

# -- covariance ---------------------------------------------------------------------------------------------------------


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances of variables.

    Args:
        input: a row of observations for each variable; a vector is one variable.
        correction: what is taken from the number of observations: 1 for the unbiased estimate, 0 for the average.
        fweights: how often each observation was made: integers that are not negative.
        aweights: the importance of each observation: floating point numbers that are not negative.

    Returns:
        The matrix of covariances of the rows; of a vector, its variance (0-d).

    Raises:
        RuntimeError: more than two dimensions, bools, or weights that do not fit.

    >>> import chainrule as torch
    >>> torch.cov(torch.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    array = tensor_argument(input, "cov", "input")._array
    if array.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {array.ndim} dimensions"
        )
    if array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input. Convert it with .float().")
    rows: Any = input if array.ndim == 2 else ops.reshape(input, (1, array.size))
    count = rows._array.shape[1]
    fweights = weights(fweights, "fweights", count, "iu", "integral")
    aweights = weights(aweights, "aweights", count, "fV", "floating point")
    w = aweights if fweights is None else fweights if aweights is None else ops.multiply(fweights, aweights)
    if w is None:
        total: Any = count
        mean = ops.divide(ops.sum(rows, axis=-1, keepdims=True), count)
    else:
        total = ops.sum(w)
        if np.any(numbers_of(total._array) == 0):
            raise RuntimeError("cov(): weights sum to zero, can't be normalized")
        mean = ops.divide(ops.sum(ops.multiply(rows, w), axis=-1, keepdims=True), total)
    if w is None or not correction:
        left = total - correction
    elif aweights is None:
        left = ops.subtract(total, correction)
    else:
        left = ops.subtract(total, ops.divide(ops.multiply(ops.sum(ops.multiply(w, aweights)), correction), total))
    if np.any(numbers_of(left._array if isinstance(left, TensorBase) else np.asarray(left)) <= 0):
        import warnings

        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            stacklevel=2,
        )
    left = ops.clamp(left, min=0, max=None) if isinstance(left, TensorBase) else max(left, 0)
    off = ops.subtract(rows, mean)
    weighted = off if w is None else ops.multiply(off, w)
    if weighted.is_complex():
        weighted = ops.conj(weighted)
    product = ops.divide(matmul(off, ops.matrix_transpose(weighted)), left)
    one = product._array.shape == (1, 1)
    return ops.squeeze_all(product, axis=(-2, -1) if one else ())


def weights(given: Any, name: str, count: int, kinds: str, wanted: str) -> Any:
    """One kind of weights, checked: a vector, or None."""
    if given is None:
        return None
    array = tensor_argument(given, "cov", name)._array
    if array.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {array.ndim} dimensions"
        )
    if array.dtype.kind not in kinds:
        raise RuntimeError(
            f"cov(): expected {name} to have {wanted} dtype but got {name} with {scalar_type_name(array.dtype)} dtype"
        )
    if array.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got {array.size} != {count}"
        )
    if np.any(numbers_of(array) < 0):
        raise RuntimeError(f"cov(): {name} cannot be negative, got {numbers_of(array).min()}")
    return given


def corrcoef(input: Tensor) -> Tensor:
    """The correlations of variables: their covariances divided by their standard deviations.

    Args:
        input: a row of observations for each variable; a vector is one variable.

    Returns:
        A matrix of numbers from -1 to 1 (so are the real and imaginary parts of complex ones); of a vector, 0-d.

    >>> import chainrule as torch
    >>> torch.corrcoef(torch.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if tensor_argument(input, "corrcoef", "input")._array.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input._array.ndim} dimensions"
        )
    c: Any = cov(input)
    if not c._array.ndim:
        return ops.divide(c, c)
    variances = ops.diagonal(c, offset=0, axis1=-2, axis2=-1)
    deviations = ops.sqrt(ops.real(variances) if c.is_complex() else variances)
    c = ops.divide(c, ops.expand_dims(deviations, axis=-1))
    c = ops.divide(c, ops.expand_dims(deviations, axis=-2))
    if c.is_complex():
        parts: Any = (ops.real(c), ops.imag(c))
        return ops.complex(*[ops.clamp(part, min=-1, max=1) for part in parts])
    return ops.clamp(c, min=-1, max=1)


# -- histograms ---------------------------------------------------------------------------------------------------------


def histogram(
    input: Tensor,
    bins: int | Tensor,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: tuple[Tensor, Tensor] | None = None,
) -> Any:
    """How many elements fall into each of several bins, or the sum of their weights.

    Args:
        input: floating point. What lies outside of the bins, and NaN, is left out.
        bins: how many bins of equal width, or their edges in ascending order.
        range: the lower and the upper end of equal bins; by default, the smallest and the largest element.
        weight: one for each element, of the same shape and dtype.
        density: whether to divide by the sum and the widths, so that the integral is 1.
        out: a pair of tensors to write to.

    Returns:
        ``torch.return_types.histogram(hist, bin_edges)``. Each bin includes its lower edge, the last one its upper, too.

    >>> import chainrule as torch
    >>> torch.histogram(torch.tensor([1., 2., 1.]), 4, range=(0., 3.)).hist
    tensor([0., 2., 1., 0.])
    """
    from ._reduction_arguments import named

    array = tensor_argument(input, "histogram", "input")._array
    if isinstance(bins, bool) or not isinstance(bins, (int, TensorBase)):
        raise TypeError(f"histogram(): argument 'bins' (position 2) must be int or Tensor, not {type(bins).__name__}")
    if isinstance(bins, TensorBase) and range is not None:
        raise TypeError("histogram(): 'range' is of equal bins only: give an int for 'bins', or edges without a range")
    points = ops.reshape(input, (array.size, 1))
    if weight is not None:
        if tensor_argument(weight, "histogram", "weight")._array.shape != array.shape:
            refuse_weight((array.size, 1), weight)
        weight = ops.reshape(weight, (array.size,))
    hist, edges = counted("histogram", points, (bins,), range, weight, density)
    return named("histogram", (hist, edges[0]), out)


def histogramdd(
    input: Tensor,
    bins: int | Sequence[int] | Sequence[Tensor],
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """How many points fall into each cell of a grid, or the sum of their weights.

    Args:
        input: points (..., N), floating point. Those outside of the grid, and with a NaN, are left out.
        bins: how many bins of equal width in each dimension (one int for all), or the edges of each dimension.
        range: the lower and the upper end of each dimension, one after the other; by default, those of the points.
        weight: one for each point, of the same dtype.
        density: whether to divide by the sum and the sizes of the cells, so that the integral is 1.

    Returns:
        ``torch.return_types.histogramdd(hist, bin_edges)``, the second a tuple of N vectors.

    >>> import chainrule as torch
    >>> torch.histogramdd(torch.tensor([[0., 0.], [1., 1.], [2., 2.]]), bins=2).hist
    tensor([[1., 0.],
            [0., 2.]])
    """
    from .. import return_types

    shape = tensor_argument(input, "histogramdd", "input")._array.shape
    if len(shape) < 2:
        raise RuntimeError(f"torch.histogramdd: input tensor should have at least 2 dimensions, got {len(shape)}")
    n = shape[-1]
    each = (bins,) * n if isinstance(bins, int) else tuple(bins)
    if len(each) != n:
        raise RuntimeError(
            f"histogramdd: The size of bins must be equal to the innermost dimension of the input. Got {len(each)} bins and {n}."
        )
    count = input._array.size // n if n else 0
    if weight is not None:
        if tensor_argument(weight, "histogramdd", "weight")._array.shape != shape[:-1]:
            refuse_weight(shape, weight)
        weight = ops.reshape(weight, (count,))
    hist, edges = counted("histogramdd", ops.reshape(input, (count, n)), each, range, weight, density)
    return return_types.histogramdd((hist, tuple(edges)))


def refuse_weight(shape: Any, weight: Any) -> None:
    raise RuntimeError(
        "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding its innermost "
        f"dimension, but got input with shape {list(shape)} and weight with shape {list(weight._array.shape)}"
    )


def counted(
    function: str, points: Any, bins: tuple[Any, ...], range: Any, weight: Any, density: bool
) -> tuple[Any, list[Any]]:
    """The counts of the points (points, dimensions), and the edges of the bins of each dimension."""
    array = points._array
    refuse_kinds(array, "biucV", "histogramdd")
    if array.dtype.itemsize < 4:
        raise NotImplementedError("\"histogramdd\" not implemented for 'Half'. Convert the input with .float().")
    if weight is None:
        weight = new_tensor(like(array, np.ones(array.shape[:1], array.dtype)))
    elif weight._array.dtype != array.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same dtype, but got "
            f"input({points.dtype}), and weight({weight.dtype})"
        )
    if isinstance(bins[0], TensorBase):
        edges = [given_edges(array, one, at) for at, one in enumerate(bins)]
    else:
        for at, one in enumerate(bins):
            if one < 1:
                raise RuntimeError(f"torch.{function}(): bins must be > 0, but got {one} for dimension {at}")
        limits = ends(points, range)
        if limits is None:
            edges = [own_edges(points, at, one) for at, one in enumerate(bins)]
        else:
            edges = [
                new_tensor(like(array, linspace(*pair, one + 1, dtype=points.dtype)._array))
                for pair, one in zip(limits, bins, strict=True)
            ]
    return ops.histogramdd(points, weight, *edges, density=bool(density)), edges


def given_edges(array: Any, edges: Any, dimension: int) -> Any:
    """The edges of one dimension, checked, in memory of their own."""
    have = tensor_argument(edges, "histogramdd", "bins", 2)._array
    where = f"the bins tensor for dimension {dimension}"
    if have.dtype != array.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
            f"{array.dtype} and {where} with dtype {have.dtype}"
        )
    if have.ndim != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {have.ndim} dimensions in {where}"
        )
    if not have.size:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in {where}"
        )
    if have.size == 1:
        raise RuntimeError(f"torch.histogramdd(): bins must be > 0, but got 0 for dimension {dimension}: one edge only")
    return ops.clone(edges)


def own_edges(points: Any, dimension: int, bins: int) -> Any:
    """The edges of equal bins from the least point to the greatest in one dimension, where a tensor has no one value."""
    x = ops.select(points.detach(), axis=-1, index=dimension)
    low, high = (ops.expand_dims(end(x, axis=(-1,), keepdims=False), axis=-1) for end in (ops.amin, ops.amax))
    alone = ops.equal(low, high)
    low, high = ops.where(alone, low - 0.5, low), ops.where(alone, high + 0.5, high)
    step, numbers = ops.divide(high - low, bins), np.arange(bins + 1, dtype=x._array.dtype)
    # From both ends, as linspace: the first and the last edge are the points themselves.
    return ops.where(numbers < (bins + 1) // 2, low + step * numbers, high - step * (bins - numbers))


def ends(points: Any, range: Any) -> list[tuple[float, float]] | None:
    """The lower and the upper end of equal bins in each dimension: as given, or those of the points.

    None for those of points that stand for several values, or for values to come.
    """
    n = points._array.shape[1]
    if range is not None:
        numbers = [float(one) for one in range]
        if len(numbers) != 2 * n:
            raise RuntimeError(
                f"torch.histogramdd: for a {n}-dimensional histogram range should have {2 * n} elements, but got {len(numbers)}"
            )
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    elif not points._array.shape[0]:
        pairs = [(0.0, 1.0)] * n
    elif isinstance(points._array, Lifted):
        return None
    else:
        pairs = [(float(one.min()), float(one.max())) for one in points._array.T]
    for at, (low, high) in enumerate(pairs):
        if not abs(low) + abs(high) < float("inf"):
            raise RuntimeError(f"torch.histogramdd: dimension {at}'s range [{low:g}, {high:g}] is not finite")
        if low > high:
            raise RuntimeError(
                f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {at}"
            )
    return [(low - 0.5, high + 0.5) if low == high else (low, high) for low, high in pairs]
