"""``torch.utils._contextlib``: context managers that are decorators, too, which packages derive from."""

from __future__ import annotations

from typing import Any

from .._missing import missing_name
from ..autograd.grad_mode import (
    _DecoratorContextManager as _DecoratorContextManager,
    _NoParamDecoratorContextManager as _NoParamDecoratorContextManager,
)

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
