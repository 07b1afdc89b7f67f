"""What is done with whole graphs: ``shape_prop``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..._missing import missing_name


def __getattr__(name: str) -> Any:
    if name == "shape_prop":
        return import_module(f"{__name__}.{name}")
    raise missing_name(__name__, name)
