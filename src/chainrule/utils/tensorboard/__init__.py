"""PyTorch's ``torch.utils.tensorboard``: logs for TensorBoard, written by the package tensorboardX (extra "tensorboard")."""

from __future__ import annotations

from typing import Any

from ..._missing import missing_name

__all__ = ["FileWriter", "SummaryWriter"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import writer

        return getattr(writer, name)
    raise missing_name(__name__, name)
