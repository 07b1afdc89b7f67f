"""How far vectors are from each other, or how much they point the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core.messages import explained
from ..core.value import new_tensor
from ..promotion import scalar_type_name
from ._arguments import axis_of, takes_axis, tensor_argument
from .spread import vector_norm

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["cosine_similarity", "pairwise_distance", "pdist"]


@takes_axis
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along a dimension.

    Args:
        x1: floating point.
        x2: broadcast with ``x1``.
        dim: along which the vectors lie.
        eps: norms below it count as ``eps``, though with their own derivative.

    Raises:
        RuntimeError: integers, or shapes that do not broadcast.

    >>> import chainrule as torch
    >>> torch.cosine_similarity(torch.tensor([[1., 0.]]), torch.tensor([[1., 1.]]))
    tensor([0.7071])
    """
    for at, (name, x) in enumerate((("x1", x1), ("x2", x2)), 1):
        tensor_argument(x, "cosine_similarity", name, at)
    if x1.dtype != x2.dtype:
        x1, x2 = x1 + x2.new_zeros(()), x2 + x1.new_zeros(())
    if x1._array.dtype.kind in "biu":
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {scalar_type_name(x1._array.dtype)}"
        )
    try:
        shape = np.broadcast_shapes(x1.shape, x2.shape)
    except ValueError as error:
        raise explained(error, x1._array, x2._array) from None
    x1, x2 = x1.expand(shape), x2.expand(shape)
    axis = axis_of(dim, len(shape), "cosine_similarity")
    return (unit(x1, axis, eps) * unit(x2, axis, eps)).sum(axis)


def unit(x: Tensor, axis: int, eps: float) -> Tensor:
    norm = vector_norm(x, 2.0, (axis,), True)
    raised = norm.detach()
    return x / (norm + (raised.clamp_min(eps) - raised))


@takes_axis
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The norm of ``x1 - x2 + eps`` along the last dimension.

    Args:
        x1: of shape (..., D).
        x2: broadcast with ``x1``.
        p: which norm.
        eps: keeps the norm from its kink.
        keepdim: whether the last dimension stays, with size 1.

    >>> import chainrule as torch
    >>> torch.pairwise_distance(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))
    tensor([5.0000])
    """
    tensor_argument(x1, "pairwise_distance", "x1", 1)
    tensor_argument(x2, "pairwise_distance", "x2", 2)
    return (x1 - x2 + eps).norm(p, -1 if max(x1.ndim, x2.ndim) else None, keepdim)


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """The distances between all pairs of rows of a matrix, in the ``p``-norm: (0, 1), (0, 2), ..., (1, 2), ...

    Args:
        input: of shape (N, D), floating point.
        p: which norm, not negative.

    Returns:
        A tensor of N (N - 1) / 2 elements.

    >>> import chainrule as torch
    >>> torch.pdist(torch.tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    tensor_argument(input, "pdist", "input", 1)
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if input._array.dtype.kind not in "fV":
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values: got {p}")
    first, second = (new_tensor(places.astype(np.int64)) for places in np.triu_indices(input.shape[0], 1))
    return vector_norm(input[first] - input[second], float(p), (-1,), False)
