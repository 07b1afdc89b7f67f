"""Activation methods."""

from __future__ import annotations

from ...core.value import TensorBase
from .. import activation


class ActivationMethods(TensorBase):
    """Activation methods."""

    __slots__ = ()

    log_softmax = activation.log_softmax
    prelu = activation.prelu
    relu = activation.relu
    relu_ = activation.relu_
    softmax = activation.softmax
