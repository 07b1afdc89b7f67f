"""``torch.backends.cudnn``: a library for GPUs, which is not here. Its switches are remembered, and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["flags", "is_acceptable", "is_available", "version"]

enabled = True
benchmark = False
benchmark_limit: int | None = None
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether there is cuDNN: False.

    >>> import chainrule as torch
    >>> torch.backends.cudnn.is_available()
    False
    """
    return False


def version() -> int | None:
    """Its version: None."""
    return None


def is_acceptable(tensor: Any) -> bool:
    """Whether it can take a tensor: False."""
    return False


@contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int | None = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:
    """Context manager: these are the switches inside.

    >>> import chainrule as torch
    >>> with torch.backends.cudnn.flags(deterministic=True):
    ...     print(torch.backends.cudnn.deterministic)
    True
    """
    new = {
        "enabled": enabled,
        "benchmark": benchmark,
        "benchmark_limit": benchmark_limit,
        "deterministic": deterministic,
        "allow_tf32": allow_tf32,
    }
    switches = globals()
    old = {name: switches[name] for name in new}
    switches.update(new)
    try:
        yield
    finally:
        switches.update(old)
