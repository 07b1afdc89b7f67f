"""Automatic differentiation: PyTorch's ``torch.autograd``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import anomaly_mode, grad_mode, variable
from ._backward import backward, grad
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .grad_mode import (
    _unsafe_preserve_version_counter,
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .variable import Variable

if TYPE_CHECKING:
    from . import forward_ad, function, functional, graph, profiler
    from .function import Function

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]

_LAZY = frozenset({"forward_ad", "function", "functional", "graph", "profiler"})
"""Modules that load when they are first used; ``Function`` is one's."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "Function":
        from .function import Function

        return Function
    from .._missing import missing_name

    raise missing_name(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, "Function"})
