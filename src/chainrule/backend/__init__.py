"""Raw arrays and the namespaces that compute on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any


@cache
def forward_for(op: Any, xp: Any) -> Callable[..., Any]:
    """The forward of an op in the namespace of a backend: a function of its arrays and, by keyword, its parameters."""
    return getattr(xp, op.name) if op.forward is None else partial(op.forward, xp)
