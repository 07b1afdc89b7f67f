"""PyTorch's ``torch.utils``: what does not belong to tensors alone."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "_pytree":
        return importlib.import_module(f"{__name__}.{name}")
    from .._missing import missing_name

    raise missing_name(__name__, name)
