"""``torch.xpu``, as PyTorch has it where Intel's GPUs are not: it says so, and what needs one is refused."""

from __future__ import annotations

from typing import Any

from .cuda import (
    device_count as device_count,
    empty_cache as empty_cache,
    get_arch_list as get_arch_list,
    get_rng_state_all as get_rng_state_all,
    is_bf16_supported as is_bf16_supported,
    is_initialized as is_initialized,
    manual_seed as manual_seed,
    manual_seed_all as manual_seed_all,
    max_memory_allocated as max_memory_allocated,
    max_memory_reserved as max_memory_reserved,
    memory_allocated as memory_allocated,
    memory_reserved as memory_reserved,
    memory_stats as memory_stats,
    memory_stats_as_nested_dict as memory_stats_as_nested_dict,
    seed as seed,
    seed_all as seed_all,
)

__all__ = [
    "can_device_access_peer",
    "current_device",
    "current_stream",
    "device_count",
    "empty_cache",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "initial_seed",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "memory_stats_as_nested_dict",
    "seed",
    "seed_all",
    "set_device",
    "synchronize",
]


def is_available() -> bool:
    """Whether there is such a GPU: False.

    >>> import chainrule as torch
    >>> torch.device("xpu" if torch.xpu.is_available() else "cpu")
    device(type='cpu')
    """
    return False


def refuse(*_: Any, **__: Any) -> Any:
    """Refused: there is no such GPU."""
    raise AssertionError(
        "Torch not compiled with XPU enabled: chainrule computes on the CPU, or on what XLA has, by device='xla'. Ask "
        "torch.xpu.is_available() before you use torch.xpu."
    )


init = initial_seed = get_rng_state = synchronize = mem_get_info = current_device = set_device = refuse
get_device_name = get_device_properties = get_device_capability = current_stream = can_device_access_peer = refuse


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
