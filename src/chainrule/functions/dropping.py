"""Random zeros: dropout in its forms. Gradients flow through what was kept.

The forms whose names end in ``_`` work in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.mutation import refuse_write
from ..core.value import new_tensor, writable
from ..core.views import current_node
from ..promotion import scalar_type_name
from ._arguments import tensor_argument
from .sampling import coins

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "alpha_dropout", "alpha_dropout_", "dropout", "dropout_", "feature_alpha_dropout", "feature_alpha_dropout_",
    "feature_dropout", "feature_dropout_",
]  # fmt: skip

SELU_LIMIT = 1.7580993408473766  # minus this is what SELU tends to at minus infinity


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Each element zero with probability ``p``, the others divided by ``1 - p``.

    Args:
        input: any shape.
        p: from 0 to 1.
        train: whether to do that at all; else the result is ``input``.

    Raises:
        RuntimeError: ``p`` is no probability.

    >>> import chainrule as torch
    >>> torch.manual_seed(0).initial_seed(), torch.dropout(torch.ones(4), 0.5, True)
    (0, tensor([0., 0., 2., 0.]))
    """
    return _dropped("dropout", input, p, train, False)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`dropout` in place.

    >>> import chainrule as torch
    >>> torch.dropout_(torch.ones(4), 0.5, False)
    tensor([1., 1., 1., 1.])
    """
    return _dropped("dropout_", input, p, train, True)


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`dropout` of whole channels: what is at one place in the first two dimensions lives or dies together.

    >>> import chainrule as torch
    >>> torch.manual_seed(0).initial_seed(), torch.feature_dropout(torch.ones(1, 3, 2), 0.5, True)
    (0, tensor([[[0., 0.],
             [0., 0.],
             [2., 2.]]]))
    """
    return _dropped("feature_dropout", input, p, train, False, features=True)


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`feature_dropout` in place.

    >>> import chainrule as torch
    >>> torch.feature_dropout_(torch.ones(1, 2), 0.5, False)
    tensor([[1., 1.]])
    """
    return _dropped("feature_dropout_", input, p, train, True, features=True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout for networks of SELUs: what is dropped becomes their limit at minus infinity, and then all is scaled and
    shifted, so that mean 0 and variance 1 are kept.

    >>> import chainrule as torch
    >>> torch.manual_seed(0).initial_seed(), torch.alpha_dropout(torch.ones(3), 0.5, True)
    (0, tensor([-0.7792, -0.7792,  1.6656]))
    """
    return _dropped("alpha_dropout", input, p, train, False, alpha=True)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`alpha_dropout` in place.

    >>> import chainrule as torch
    >>> torch.alpha_dropout_(torch.ones(3), 0.5, False)
    tensor([1., 1., 1.])
    """
    return _dropped("alpha_dropout_", input, p, train, True, alpha=True)


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`alpha_dropout` of whole channels.

    >>> import chainrule as torch
    >>> torch.feature_alpha_dropout(torch.ones(1, 2), 0.5, False)
    tensor([[1., 1.]])
    """
    return _dropped("feature_alpha_dropout", input, p, train, False, features=True, alpha=True)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """:func:`feature_alpha_dropout` in place.

    >>> import chainrule as torch
    >>> torch.feature_alpha_dropout_(torch.ones(1, 2), 0.5, False)
    tensor([[1., 1.]])
    """
    return _dropped("feature_alpha_dropout_", input, p, train, True, features=True, alpha=True)


def _dropped(
    function: str, input: Any, p: float, train: bool, inplace: bool, features: bool = False, alpha: bool = False
) -> Any:
    tensor_argument(input, function, "input")
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p == 0 or not train or not input.numel():
        return input
    dtype = input._array.dtype
    if dtype.kind in "biu":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {scalar_type_name(dtype)}: give floating point numbers"
        )
    if inplace:
        refuse_write(input, writable(input), current_node(input) is not None)  # before a number is drawn
    times: Callable[[Any], Any] = input.mul_ if inplace else input.mul
    if p == 1:
        return times(new_tensor(np.zeros((), dtype)))
    if features:
        if input.ndim < 2:
            raise RuntimeError(
                f"Feature dropout requires at least 2 dimensions in the input, got {input.ndim}: give (N, C, ...)"
            )
        shape = (*input.shape[:2], *[1] * (input.ndim - 2))
    else:
        shape = tuple(input.shape)
    noise = coins(input._array, shape, 1 - p)
    if not alpha:
        return times(noise.div_(1 - p))
    scale = 1 / math.sqrt((SELU_LIMIT * SELU_LIMIT * p + 1) * (1 - p))
    shift = noise.add(-1).mul_(SELU_LIMIT * scale).add_(SELU_LIMIT * scale * p)
    kept = times(noise.mul_(scale))
    return kept.add_(shift) if inplace else kept.add(shift)
