"""``torch.optim``: the update of parameters from their gradients."""

from __future__ import annotations

from typing import Any

from .._missing import missing_name
from .adam import Adam as Adam
from .adamw import AdamW as AdamW
from .optimizer import Optimizer as Optimizer
from .sgd import SGD as SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
