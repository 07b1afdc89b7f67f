"""Rectified units whose slope below 0 is drawn anew for each element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.mutation import inplace
from ..core.value import Lifted
from ..dtypes import float64
from ._arguments import check_floating, tensor_argument
from .filling import empty

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["rrelu", "rrelu_"]


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Any = None
) -> Tensor:
    """``input`` where positive, elsewhere multiplied by a slope (Xu et al. 2015).

    Args:
        input: of floating point, any shape.
        lower: the smallest slope.
        upper: the largest slope.
        training: whether slopes are drawn, evenly between the two, one for each element that is not positive; if not, all are
            their mean.
        generator: of the random numbers.

    Raises:
        RuntimeError: ``lower`` is larger than ``upper``; numbers that are no floating point ones.

    >>> import chainrule as torch
    >>> torch.rrelu(torch.tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    return ops.rrelu_with_noise(input, _slopes(input, lower, upper, training, generator))  # type: ignore[no-any-return]


def rrelu_(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Any = None
) -> Tensor:
    """:func:`rrelu` in place.

    >>> import chainrule as torch
    >>> torch.rrelu_(torch.tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    slopes = _slopes(input, lower, upper, training, generator)
    return inplace(ops.rrelu_with_noise, input, slopes)  # type: ignore[no-any-return]


def _slopes(input: Any, lower: float, upper: float, training: bool, generator: Any) -> Any:
    """What each element is multiplied by. PyTorch draws a double for each that is not positive, in the order of memory."""
    tensor_argument(input, "rrelu", "input")
    check_floating("rrelu", input)
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound: got {lower} and {upper}")
    x = input.detach()
    below = x <= 0
    ones = x.new_ones(x.shape)
    if not training:
        return ones.masked_fill(below, (lower + upper) / 2)
    if isinstance(x._array, Lifted):  # how many are not positive is not known: one for each
        drawn = ones.uniform_(lower, upper, generator=generator)
        return drawn.where(below, x.new_ones(x.shape))
    drawn = empty(int(below.sum()), dtype=float64).uniform_(lower, upper, generator=generator)
    return ones.masked_scatter_(below, drawn.to(x.dtype))
