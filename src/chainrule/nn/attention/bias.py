"""Causal masks that know where they are anchored: ``torch.nn.attention.bias``."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.value import new_tensor
from ...core.xla_level import moved
from ...device import place_of
from ...dtypes import dtype, float32
from ...size import Size

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["CausalBias", "CausalVariant", "causal_lower_right", "causal_upper_left"]


class CausalVariant(IntEnum):
    """Which corner the diagonal of a causal mask starts from, where there are not as many queries as keys."""

    UPPER_LEFT = auto()
    LOWER_RIGHT = auto()

    __repr__ = IntEnum.__repr__


class CausalBias:
    """A causal mask for ``scaled_dot_product_attention``, made by :func:`causal_upper_left` or :func:`causal_lower_right`.

    Args:
        variant: where the diagonal starts.
        seq_len_q: the number of queries.
        seq_len_kv: the number of keys.
    """

    def __init__(self, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> None:
        assert isinstance(variant, CausalVariant)
        self.variant, self.seq_len_q, self.seq_len_kv = variant, seq_len_q, seq_len_kv

    @property
    def shape(self) -> Size:
        return Size((1, self.seq_len_q, self.seq_len_kv))

    @property
    def dtype(self) -> dtype:
        return float32

    def _materialize(self, device: Any = None) -> Tensor:
        """The mask as a tensor of bools, True where a query may attend to a key."""
        shift = self.seq_len_kv - self.seq_len_q if self.variant is CausalVariant.LOWER_RIGHT else 0
        return moved(new_tensor(np.tri(self.seq_len_q, self.seq_len_kv, shift, dtype=bool)), place_of(device))

    def __repr__(self) -> str:
        return repr(self._materialize())


def causal_upper_left(*size: int) -> CausalBias:
    """The i-th query attends to the first i + 1 keys.

    Args:
        size: the numbers of queries and of keys.

    >>> from chainrule.nn.attention.bias import causal_upper_left
    >>> causal_upper_left(2, 3)
    tensor([[ True, False, False],
            [ True,  True, False]])
    """
    assert len(size) == 2, "causal_upper_left only supports 2D tensors"
    return CausalBias(CausalVariant.UPPER_LEFT, *size)


def causal_lower_right(*size: int) -> CausalBias:
    """The last query attends to all keys, the one before it to all but the last, and so on.

    Args:
        size: the numbers of queries and of keys.

    >>> from chainrule.nn.attention.bias import causal_lower_right
    >>> causal_lower_right(2, 3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    assert len(size) == 2, "causal_lower_right only supports 2D tensors"
    return CausalBias(CausalVariant.LOWER_RIGHT, *size)
