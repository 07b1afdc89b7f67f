"""``torch.mps``, as PyTorch has it where Apple's GPUs are not: it says so, and what needs one is refused."""

from __future__ import annotations

from typing import Any

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "seed", "synchronize"]


def is_available() -> bool:
    """Whether there is such a GPU: False.

    >>> import chainrule as torch
    >>> torch.mps.is_available()
    False
    """
    return False


def device_count() -> int:
    """How many there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the generator of a GPU that is not there: does nothing."""
    int(seed)


def seed() -> None:
    """Seed it from a random number: does nothing."""


def refuse(*_: Any, **__: Any) -> Any:
    """Refused: there is no such GPU."""
    raise RuntimeError("There is no MPS backend: ask torch.backends.mps.is_available() before you use torch.mps")


empty_cache = synchronize = refuse


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
