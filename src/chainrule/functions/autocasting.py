"""What PyTorch's programs ask of autocast."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NamedTuple

from ..core.modes import get_modes
from ..device import TYPES
from ..dtypes import bfloat16, float16

__all__ = [
    "clear_autocast_cache",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
]

DEFAULTS = {
    **dict.fromkeys(("cpu", "hpu", "maia", "privateuseone", "xla", "xpu", "mtia"), bfloat16),
    **dict.fromkeys(("cuda", "ipu", "mps"), float16),
}
"""What autocast computes in if nothing is said, by type of device."""


class Chosen(NamedTuple):
    """What was set by hand (``amp.settings``), in this thread or task."""

    dtypes: Mapping[str, Any]
    elsewhere: frozenset[str]
    """Types of devices that are not here, for which autocast is on."""
    cache: bool
    depth: int


NOTHING = Chosen(MappingProxyType({}), frozenset(), True, 0)
_chosen: ContextVar[Chosen] = ContextVar("chainrule_autocast", default=NOTHING)
chosen, keep = _chosen.get, _chosen.set


def _in_force() -> Any:
    mode = get_modes()
    return None if mode is None else mode.autocast


def check_device(device_type: str) -> None:
    """Raise unless there is such a type of device."""
    if device_type not in TYPES:
        raise RuntimeError(f"Expected one of {', '.join(TYPES)} device type at start of device string: {device_type}")


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"torch.{old}() is deprecated. Please use torch.{new} instead.", DeprecationWarning, stacklevel=3)


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether operations on a type of device take a lower precision by themselves; without one, on a GPU.

    >>> import chainrule as torch
    >>> with torch.autocast("cpu"):
    ...     torch.is_autocast_enabled("cpu"), torch.is_autocast_enabled()
    (True, False)
    """
    if device_type is not None:
        check_device(device_type)
    return _in_force() is not None if device_type == "cpu" else (device_type or "cuda") in chosen().elsewhere


def get_autocast_dtype(device_type: str) -> Any:
    """What autocast computes in on a type of device.

    >>> import chainrule as torch
    >>> torch.get_autocast_dtype("cpu")
    torch.bfloat16
    """
    check_device(device_type)
    if device_type not in DEFAULTS:
        raise RuntimeError(f"unsupported scalarType: autocast computes in none on {device_type!r}")
    now = _in_force()
    if device_type == "cpu" and now is not None:
        return now.dtype
    return chosen().dtypes.get(device_type, DEFAULTS[device_type])


def is_autocast_cpu_enabled() -> bool:
    """``is_autocast_enabled("cpu")``, deprecated.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.is_autocast_cpu_enabled()
    False
    """
    _deprecated("is_autocast_cpu_enabled", "is_autocast_enabled('cpu')")
    return is_autocast_enabled("cpu")


def get_autocast_cpu_dtype() -> Any:
    """``get_autocast_dtype("cpu")``, deprecated.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.get_autocast_cpu_dtype()
    torch.bfloat16
    """
    _deprecated("get_autocast_cpu_dtype", "get_autocast_dtype('cpu')")
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> Any:
    """``get_autocast_dtype("cuda")``, deprecated.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.get_autocast_gpu_dtype()
    torch.float16
    """
    _deprecated("get_autocast_gpu_dtype", "get_autocast_dtype('cuda')")
    return get_autocast_dtype("cuda")


def is_autocast_cache_enabled() -> bool:
    """Whether autocast keeps what it converts of parameters.

    >>> import chainrule as torch
    >>> torch.is_autocast_cache_enabled()
    True
    """
    now = _in_force()
    return chosen().cache if now is None else now.kept is not None


def clear_autocast_cache() -> None:
    """Forget what the autocast in force has converted.

    >>> import chainrule as torch
    >>> torch.clear_autocast_cache()
    """
    now = _in_force()
    if now is not None and now.kept is not None:
        now.kept.clear()
