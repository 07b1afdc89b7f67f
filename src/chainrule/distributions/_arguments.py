"""What the distributions have in common: parameters brought to one shape, probabilities and their logarithms."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import functions as f, ops
from ..autograd.grad_mode import enable_grad
from ..core.value import TensorBase, numbers_of
from ..dtypes import finfo, get_default_dtype
from ..size import Size

if TYPE_CHECKING:
    from .._tensor import Tensor


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor, or the default."""
    if not all(isinstance(v, (TensorBase, Number)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    first = next((v for v in values if isinstance(v, TensorBase)), None)
    dtype = get_default_dtype() if first is None else first.dtype
    device = None if first is None else first.device
    tensors = [v if isinstance(v, TensorBase) else f.tensor(v, dtype=dtype, device=device) for v in values]
    return tuple(f.broadcast_tensors(*tensors))


def shape_of(first: Any, *values: Any) -> Size:
    """The batch shape: none, if all parameters were given as numbers."""
    return Size() if all(isinstance(v, Number) for v in values) else first.size()


def either(name: str, probs: Any, logits: Any) -> None:
    """Raise unless one of the two is given, and only one."""
    if (probs is None) == (logits is None):
        raise ValueError(
            f"Either `probs` or `logits` must be specified, but not both: {name}() got {'both' if probs is not None else 'none'}."
        )


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities that are neither 0 nor 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logarithms of probabilities; of two outcomes, that of their ratio."""
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The inverse of :func:`probs_to_logits`."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


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


class lazy_property:  # noqa: N801 - PyTorch's name
    """A property that is computed once, when it is first asked for."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with enable_grad():  # a draw may be the first to ask, without a graph
            value = instance.__dict__[self.name] = self.wrapped(instance)
        return value
