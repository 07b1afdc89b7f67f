"""A relu that lets a random part of negative numbers through."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import ops
from ..backend import random_numpy as kernels
from ..core.generator import Generator, draw
from ..core.modes import met
from ..core.mutation import inplace, refuse_write
from ..core.value import new_tensor, writable
from ..core.views import current_node
from ..promotion import scalar_type_name
from ._arguments import tensor_argument
from .filling import full_like

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["rrelu", "rrelu_"]


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """``input`` where positive; elsewhere times a random number between ``lower`` and ``upper``, or their mean.

    Args:
        input: any shape.
        lower: the least factor.
        upper: the greatest.
        training: whether to draw them, each element its own; else the factor is ``(lower + upper) / 2``.
        generator: where they come from, by default the default generator.

    Raises:
        RuntimeError: ``lower`` is above ``upper``, or one of them not finite; NotImplementedError: a dtype that is not floating.

    >>> import chainrule as torch
    >>> torch.rrelu(torch.tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    return ops.rrelu(input, _factors("rrelu", input, lower, upper, training, generator))


def rrelu_(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """:func:`rrelu` in place.

    >>> import chainrule as torch
    >>> torch.rrelu_(torch.tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    tensor_argument(input, "rrelu_", "input")
    refuse_write(input, writable(input), current_node(input) is not None)  # before a number is drawn
    return inplace(ops.rrelu_, input, _factors("rrelu_", input, lower, upper, training, generator))


def _factors(function: str, input: Any, lower: float, upper: float, training: bool, generator: Any) -> Tensor:
    """What each element is multiplied with: 1 if it is positive."""
    met(tensor_argument(input, function, "input"))
    x = input._array
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound}")
    if lower > upper:
        raise RuntimeError(
            f"Lower bound should be less than or equal to the upper bound: rrelu got lower={lower}, upper={upper}"
        )
    if x.dtype.kind not in "fV":
        raise NotImplementedError(
            f"\"leaky_relu_cpu\" not implemented for '{scalar_type_name(x.dtype)}': give floating point numbers"
        )
    if training:
        return new_tensor(
            draw(kernels.leaks, x.shape, x.dtype, generator, given=(x,), x=x, lower=float(lower), upper=float(upper))
        )
    plain = input.detach()
    return ops.where(ops.less_equal(plain, 0), full_like(plain, (lower + upper) / 2), full_like(plain, 1))
