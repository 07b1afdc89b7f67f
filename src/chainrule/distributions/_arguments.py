"""What the distributions have in common beside ``utils``."""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import numbers_of
from ..size import Size

if TYPE_CHECKING:
    from .._tensor import Tensor


def shape_of(first: Any, *values: Any) -> Size:
    """The batch shape: none, if all parameters were given as numbers."""
    return Size() if all(isinstance(v, Number) for v in values) else first.size()


def either(name: str, probs: Any, logits: Any) -> None:
    """Raise unless one of the two is given, and only one."""
    if (probs is None) == (logits is None):
        raise ValueError(
            f"Either `probs` or `logits` must be specified, but not both: {name}() got {'both' if probs is not None else 'none'}."
        )


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), which does not overflow."""
    return -ops.logsigmoid(-x)


def cross_entropy_with_logits(logits: Tensor, value: Tensor) -> Tensor:
    """-log of the probability of ``value``, 0 or 1 (or between: the mean of the two), by the logarithm of the ratio."""
    return value * softplus(-logits) + (1 - value) * softplus(logits)


def sum_rightmost(value: Tensor, count: int) -> Tensor:
    """The sum over so many of the last dimensions."""
    return value if not count else value.reshape((*value.shape[:-count], -1)).sum(-1)


def holds(condition: Any) -> bool:
    """Whether a condition holds everywhere, as far as it is known: in a program that is being traced it is not."""
    return bool(np.all(numbers_of(condition._array)))
