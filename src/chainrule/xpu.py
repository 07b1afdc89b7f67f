"""``torch.xpu``, as PyTorch has it where Intel's GPUs are not: it says so, and what needs one is refused."""

from __future__ import annotations

from typing import Any

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "get_device_properties", "init", "is_available",
    "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all", "seed", "seed_all", "set_device", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """Whether there is such a GPU: False.

    >>> import chainrule as torch
    >>> torch.xpu.is_available()
    False
    """
    return False


is_initialized = is_bf16_supported = is_available


def device_count() -> int:
    """How many there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the generator of a GPU that is not there: does nothing."""
    int(seed)


manual_seed_all = manual_seed


def seed() -> None:
    """Seed it from a random number: does nothing."""


seed_all = empty_cache = seed


def refuse(*_: Any, **__: Any) -> Any:
    """Refused: there is no such GPU."""
    raise RuntimeError("There is no XPU: ask torch.xpu.is_available() before you use torch.xpu")


current_device = get_device_name = get_device_properties = init = set_device = synchronize = refuse


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
