"""What PyTorch calls experimental: ``optimization``, and of ``proxy_tensor`` the question."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..._missing import missing_name


def __getattr__(name: str) -> Any:
    if name in ("optimization", "proxy_tensor"):
        return import_module(f"{__name__}.{name}")
    raise missing_name(__name__, name)
