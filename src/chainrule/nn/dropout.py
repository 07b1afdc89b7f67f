"""Dropout, as ``nn.functional`` has it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ..functions import dropping
from ..functions._arguments import tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, each element zero with probability ``p``, the others divided by ``1 - p``.

    Raises:
        ValueError: ``p`` is no probability.

    >>> import chainrule.nn.functional as F
    >>> torch.manual_seed(0).initial_seed(), F.dropout(torch.ones(4))
    (0, tensor([0., 0., 2., 0.]))
    """
    return (dropping.dropout_ if inplace else dropping.dropout)(input, _probability(p), training)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps the mean 0 and the variance 1 of what SELUs give.

    >>> import chainrule.nn.functional as F
    >>> torch.manual_seed(0).initial_seed(), F.alpha_dropout(torch.ones(3), training=True)
    (0, tensor([-0.7792, -0.7792,  1.6656]))
    """
    return (dropping.alpha_dropout_ if inplace else dropping.alpha_dropout)(input, _probability(p), training)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """:func:`alpha_dropout` of whole channels (N, C, ...).

    >>> import chainrule.nn.functional as F
    >>> torch.manual_seed(0).initial_seed(), F.feature_alpha_dropout(torch.ones(1, 3), training=True)
    (0, tensor([[-0.7792, -0.7792,  1.6656]]))
    """
    return (dropping.feature_alpha_dropout_ if inplace else dropping.feature_alpha_dropout)(
        input, _probability(p), training
    )


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """:func:`dropout` of whole channels of (N, C, L) or (C, L).

    Raises:
        RuntimeError: another number of dimensions.

    >>> import chainrule.nn.functional as F
    >>> torch.manual_seed(0).initial_seed(), F.dropout1d(torch.ones(3, 2))
    (0, tensor([[0., 0.],
            [0., 0.],
            [2., 2.]]))
    """
    _probability(p)
    ndim = tensor_argument(input, "dropout1d", "input").ndim
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input: give (N, C, L) or (C, L)"
        )
    return _channels(input, p, training, inplace, unbatched=ndim == 2)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """:func:`dropout` of whole channels of (N, C, H, W). Three dimensions are taken as (N, C, L).

    >>> import chainrule.nn.functional as F
    >>> torch.manual_seed(0).initial_seed(), F.dropout2d(torch.ones(1, 3, 1, 2))
    (0, tensor([[[[0., 0.]],
    <BLANKLINE>
             [[0., 0.]],
    <BLANKLINE>
             [[2., 2.]]]]))
    """
    _probability(p)
    ndim = tensor_argument(input, "dropout2d", "input").ndim
    if ndim not in (3, 4):
        _warn_of_dimensions("dropout2d", ndim, 2, "3D or 4D")
    if ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - "
            "input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future "
            "release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            "channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace, unbatched=False)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """:func:`dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W).

    >>> import chainrule.nn.functional as F
    >>> torch.manual_seed(0).initial_seed(), F.dropout3d(torch.ones(3, 1, 1, 1)).flatten()
    (0, tensor([0., 0., 2.]))
    """
    _probability(p)
    ndim = tensor_argument(input, "dropout3d", "input").ndim
    if ndim not in (4, 5):
        _warn_of_dimensions("dropout3d", ndim, 3, "4D or 5D")
    return _channels(input, p, training, inplace, unbatched=ndim != 5)


def _probability(p: float) -> float:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return p


def _warn_of_dimensions(function: str, ndim: int, spatial: int, expected: str) -> None:
    warnings.warn(
        f"{function}: Received a {ndim}-D input to {function}, which is deprecated and will result in an error in a future "
        "release. To retain the behavior and silence this warning, please use dropout instead. Note that "
        f"{function} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel "
        f"dimension, and an optional batch dimension (i.e. {expected} inputs).",
        stacklevel=3,
    )


def _channels(input: Tensor, p: float, training: bool, inplace: bool, unbatched: bool) -> Tensor:
    batch = input.unsqueeze(0) if unbatched else input
    result = (dropping.feature_dropout_ if inplace else dropping.feature_dropout)(batch, p, training)
    return input if inplace else result.squeeze(0) if unbatched else result
