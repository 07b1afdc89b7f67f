"""``torch.optim.lr_scheduler``: learning rates that change over the epochs of training."""

from __future__ import annotations

from ._base import EPOCH_DEPRECATION_WARNING as EPOCH_DEPRECATION_WARNING, LRScheduler as LRScheduler
from ._composed import ChainedScheduler as ChainedScheduler, SequentialLR as SequentialLR
from ._cyclic import CyclicLR as CyclicLR, OneCycleLR as OneCycleLR
from ._decays import (
    ConstantLR as ConstantLR,
    ExponentialLR as ExponentialLR,
    LambdaLR as LambdaLR,
    LinearLR as LinearLR,
    MultiplicativeLR as MultiplicativeLR,
    MultiStepLR as MultiStepLR,
    PolynomialLR as PolynomialLR,
    StepLR as StepLR,
)
from ._plateau import ReduceLROnPlateau as ReduceLROnPlateau
from ._waves import (
    CosineAnnealingLR as CosineAnnealingLR,
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
)

_LRScheduler = LRScheduler  # the class's name until PyTorch 2.0

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

for _name in __all__:  # a scheduler's repr says where users find it
    globals()[_name].__module__ = __name__
