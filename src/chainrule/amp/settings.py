"""What libraries set of autocast by hand, where programs write ``with torch.autocast(...)``; as these, by thread and task."""

from __future__ import annotations

import warnings
from typing import Any

from ..core.modes import change_modes
from ..dtypes import dtype as Dtype
from ..functions.autocasting import Chosen, check_device, chosen, get_autocast_dtype, keep
from .autocast_mode import Caster, in_force

__all__ = [
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
]


def set_autocast_enabled(device_type: str | bool, enabled: bool | None = None) -> None:
    """Switch autocast on or off for a type of device; without one, for a GPU, where it does nothing.

    Args:
        device_type: "cpu", "cuda" or another; may be left out.
        enabled: whether it is on.

    Raises:
        RuntimeError: no such type of device. TypeError: no bool.

    >>> import chainrule as torch
    >>> torch.set_autocast_enabled("cpu", True)
    >>> (torch.ones(1, 1) @ torch.ones(1, 1)).dtype
    torch.bfloat16
    >>> torch.set_autocast_enabled("cpu", False)
    """
    where: Any
    where, on = ("cuda", device_type) if enabled is None else (device_type, enabled)
    if not isinstance(on, bool):
        raise TypeError(f"set_autocast_enabled(): argument 'enabled' must be bool, not {type(on).__name__}")
    check_device(where)
    if where == "cpu":
        _renew(on)
    else:
        now = chosen()
        keep(now._replace(elsewhere=now.elsewhere | {where} if on else now.elsewhere - {where}))


def set_autocast_dtype(device_type: str, dtype: Any) -> None:
    """Choose what autocast computes in on a type of device.

    Args:
        device_type: "cpu", "cuda" or another.
        dtype: a lower precision.

    Raises:
        RuntimeError: no such type of device. TypeError: no dtype.

    >>> import chainrule as torch
    >>> torch.set_autocast_dtype("cpu", torch.float16)
    >>> torch.get_autocast_dtype("cpu")
    torch.float16
    >>> torch.set_autocast_dtype("cpu", torch.bfloat16)
    """
    check_device(device_type)
    if not isinstance(dtype, Dtype):
        raise TypeError(
            f"set_autocast_dtype(): argument 'dtype' (position 2) must be torch.dtype, not {type(dtype).__name__}"
        )
    now = chosen()
    keep(now._replace(dtypes={**now.dtypes, device_type: dtype}))
    if device_type == "cpu" and in_force() is not None:
        _renew(True, dtype)


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Choose whether autocast keeps what it converts of parameters."""
    keep(chosen()._replace(cache=bool(enabled)))
    now = in_force()
    if now is not None:
        _renew(True, now.dtype)


def autocast_increment_nesting() -> int:
    """Count one more level of autocast, and give their number."""
    return _count(1)


def autocast_decrement_nesting() -> int:
    """Count one level less, and give their number."""
    return _count(-1)


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """``set_autocast_enabled("cpu", enabled)``, deprecated."""
    _deprecated("cpu_enabled(enabled)", "enabled('cpu', enabled)")
    set_autocast_enabled("cpu", enabled)


def set_autocast_cpu_dtype(dtype: Any) -> None:
    """``set_autocast_dtype("cpu", dtype)``, deprecated."""
    _deprecated("cpu_dtype(dtype)", "dtype('cpu', dtype)")
    set_autocast_dtype("cpu", dtype)


def set_autocast_gpu_dtype(dtype: Any) -> None:
    """``set_autocast_dtype("cuda", dtype)``, deprecated."""
    _deprecated("gpu_dtype(dtype)", "dtype('cuda', dtype)")
    set_autocast_dtype("cuda", dtype)


def _renew(on: bool, dtype: Any = None) -> None:
    change_modes(autocast=Caster(dtype or get_autocast_dtype("cpu"), chosen().cache) if on else None)


def _count(more: int) -> int:
    now: Chosen = chosen()
    keep(now._replace(depth=now.depth + more))
    return now.depth + more


def _deprecated(old: str, new: str) -> None:
    warnings.warn(
        f"torch.set_autocast_{old} is deprecated. Please use torch.set_autocast_{new} instead.",
        DeprecationWarning,
        stacklevel=3,
    )
