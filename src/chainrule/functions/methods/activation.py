"""Activation methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import ops
from ...core.value import TensorBase
from .. import activation

if TYPE_CHECKING:
    from ..._tensor import Tensor


class ActivationMethods(TensorBase):
    """Activation methods."""

    __slots__ = ()

    log_softmax = activation.log_softmax
    prelu = activation.prelu
    relu = activation.relu
    relu_ = activation.relu_
    softmax = activation.softmax

    def hardshrink(self: Any, lambd: float = 0.5) -> Tensor:
        """The elements whose absolute value is above ``lambd``; 0 for the others."""
        return ops.hardshrink(self, lambd=lambd)
