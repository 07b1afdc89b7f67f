"""``torch._C``: of PyTorch's compiled half, what programs take from it to switch ``__torch_function__`` off."""

from __future__ import annotations

from typing import Any

from ._missing import missing_name
from .core.overriding import (
    DisableTorchFunction as DisableTorchFunction,
    DisableTorchFunctionSubclass as DisableTorchFunctionSubclass,
    disabled as _disabled_torch_function_impl,
    undispatched as _disabled_torch_dispatch_impl,
)

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "_disabled_torch_dispatch_impl",
    "_disabled_torch_function_impl",
]


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
