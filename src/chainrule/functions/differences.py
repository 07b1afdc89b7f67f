"""Derivatives of sampled functions, and the powers of sample points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.dispatch import NUMBERS
from ..core.value import TensorBase
from ._arguments import axis_of, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["gradient", "vander"]


def gradient(
    input: Tensor,
    *,
    spacing: Any = 1,
    dim: int | Sequence[int] | None = None,
    edge_order: int = 1,
    axis: int | Sequence[int] | None = None,
) -> tuple[Tensor, ...]:
    """The derivatives of a function by each of its arguments, estimated from its values at the points of a grid.

    Inside, the derivative is that of the parabola through a point and its two neighbours; at the edges, that of the line
    through two points, or of the parabola through three.

    Args:
        input: the values, at least ``edge_order + 1`` along each dimension.
        spacing: how far apart the points are: one number, one for each dimension, or a vector of coordinates for each.
        dim: along which dimensions; None for all.
        edge_order: 1 or 2, the degree of the polynomial at the edges.
        axis: NumPy's name of ``dim``.

    Returns:
        One tensor for each dimension.

    Raises:
        RuntimeError: too few points, an ``edge_order`` of another value, or a ``spacing`` that does not fit.

    >>> import chainrule as torch
    >>> torch.gradient(torch.tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    >>> torch.gradient(torch.tensor([1., 4., 16.]), spacing=(torch.tensor([1., 2., 4.]),))
    (tensor([3., 4., 6.]),)
    """
    array = tensor_argument(input, "gradient", "input")._array
    dim = axis if dim is None else dim
    if dim is None:
        axes = list(range(-array.ndim, 0))
    else:
        axes = [axis_of(one, array.ndim, "gradient") for one in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    steps = spacings(spacing, len(axes))
    twice = next((a for a in axes if axes.count(a) > 1), None)
    if twice is not None:
        raise RuntimeError(f"dim {twice + array.ndim} appears multiple times in the list of dims")
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and edge_order=2. Got {edge_order}.")
    if array.dtype == "uint8":
        raise RuntimeError("torch.gradient does not support uint8 input. Convert it with .float().")
    for one, step in zip(axes, steps, strict=True):
        size = array.shape[one]
        if size <= edge_order:
            raise RuntimeError(
                f"torch.gradient expected each dimension size to be at least edge_order+1, got {size} in dimension "
                f"{one + array.ndim}"
            )
        if isinstance(step, TensorBase) and step._array.shape != (size,):
            raise RuntimeError(
                f"torch.gradient expected a coordinate for each of the {size} points along dimension {one + array.ndim}, got "
                f"{list(step._array.shape)}"
            )
    return tuple([along(input, one, step, edge_order) for one, step in zip(axes, steps, strict=True)])


def spacings(spacing: Any, count: int) -> list[Any]:
    """The spacing of each dimension: a number, or a vector of coordinates."""
    if spacing is None:
        spacing = 1
    elif isinstance(spacing, TensorBase) and not spacing._array.ndim:
        spacing = spacing.item()
    if isinstance(spacing, NUMBERS):
        return [spacing] * count
    if not isinstance(spacing, (tuple, list)) or not all(isinstance(one, (TensorBase, *NUMBERS)) for one in spacing):
        raise TypeError(
            "gradient() received an invalid combination of arguments: spacing must be a number, or a sequence of numbers or of "
            f"vectors, not {type(spacing).__name__}"
        )
    if len(spacing) != count:
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same length, "
            f"but got a spacing argument of length {len(spacing)} and a dim argument of length {count}."
        )
    return list(spacing)


def along(f: Any, axis: int, step: Any, edge_order: int) -> Any:
    """The derivative along one axis."""
    n = f._array.shape[axis]

    def part(start: int, stop: int, x: Any = f, at: int = axis) -> Any:
        return ops.slice_axis(x, axis=at, start=start, stop=stop, step=1)

    first, last = (part(0, 1), part(1, 2), part(2, 3)), (part(n - 1, n), part(n - 2, n - 1), part(n - 3, n - 2))
    before, middle, behind = part(0, n - 2), part(1, n - 1), part(2, n)
    if isinstance(step, TensorBase):
        h = ops.subtract(part(1, n, step, -1), part(0, n - 1, step, -1))
        h = ops.reshape(h, (n - 1,) + (1,) * (-axis - 1))
        a, b = part(0, n - 2, h), part(1, n - 1, h)
        # Of the parabola through the three, by the weights of its points.
        weights = ops.divide(-b, a * (a + b)), ops.divide(b - a, a * b), ops.divide(a, b * (a + b))
        inside = weights[0] * before + weights[1] * middle + weights[2] * behind
        starts = (part(0, 1, h), part(1, 2, h))
        stops = (part(n - 2, n - 1, h), part(n - 3, n - 2, h))
        edges = slope(first, starts, edge_order), slope(last, [-one for one in stops], edge_order)
    else:
        inside = ops.divide(behind - before, 2 * step)
        edges = even_slope(first, step, edge_order), even_slope(last, -step, edge_order)
    return ops.concat([edges[0], inside, edges[1]], axis=axis)


def even_slope(f: Any, h: Any, order: int) -> Any:
    """The slope at the first of equally spaced points, of the line through two of them or of the parabola through three."""
    if order == 1:
        return ops.divide(f[1] - f[0], h)
    return ops.divide(f[1] * 4 - f[0] * 3 - f[2], 2 * h)


def slope(f: Any, h: Any, order: int) -> Any:
    """The same at points that lie h[0] and h[1] apart.

    With the slopes s and t between them, that of the parabola is s - h[0] (t - s) / (h[0] + h[1]).
    """
    s = ops.divide(f[1] - f[0], h[0])
    if order == 1:
        return s
    t = ops.divide(f[2] - f[1], h[1])
    return s - h[0] * (t - s) / (h[0] + h[1])


def vander(x: Tensor, N: int | None = None, *, increasing: bool = False) -> Tensor:
    """The powers of each element of a vector, as rows: from ``N - 1`` down to 0, or upwards if ``increasing``.

    Args:
        x: a vector; of integers, the result is int64.
        N: the number of columns, by default the number of elements.
        increasing: whether the powers grow from column to column.

    >>> import chainrule as torch
    >>> torch.vander(torch.tensor([2, 3]), 3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    array = tensor_argument(x, "vander", "x")._array
    if array.ndim != 1:
        raise RuntimeError(f"x must be a one-dimensional tensor. Its shape is {list(array.shape)}.")
    count = array.size if N is None else N
    if count < 0:
        raise RuntimeError(f"N must be non-negative. Got {count}.")
    if array.dtype.kind in "biu" and array.dtype != "int64":
        x = x.long()
    column = ops.expand_dims(x, axis=-1)
    powers = ops.broadcast_to(column, shape=(array.size, max(count - 1, 0)))
    powers = ops.pad(powers, widths=((1, 0),), value=1)
    powers = ops.slice_axis(powers, axis=-1, start=0, stop=count, step=1)
    powers = ops.cumprod(powers, axis=-1, dtype=powers._array.dtype)
    return powers if increasing else ops.flip(powers, axis=(-1,))
