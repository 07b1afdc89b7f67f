"""PyTorch's ``torch.utils``: what does not belong to tensors alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .._missing import missing_name

if TYPE_CHECKING:
    from . import checkpoint, data

_LAZY = frozenset(
    {
        "_pytree",
        "_python_dispatch",
        "benchmark",
        "checkpoint",
        "data",
        "dlpack",
        "flop_counter",
        "hooks",
        "model_zoo",
        "safetensors",
        "tensorboard",
    }
)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "swap_tensors":
        from ._swapping import swap_tensors

        return swap_tensors
    raise missing_name(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, "swap_tensors"})
