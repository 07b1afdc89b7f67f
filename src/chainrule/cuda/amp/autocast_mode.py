"""Autocast for GPUs, by its old name."""

from __future__ import annotations

from typing import Any

from ... import amp as _amp
from .common import deprecated as _deprecated

__all__ = ["autocast", "custom_bwd", "custom_fwd"]


class autocast(_amp.autocast):  # noqa: N801 - PyTorch's name
    """``torch.autocast("cuda", ...)``, which is off here.

    >>> import chainrule as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"), torch.cuda.amp.autocast():
    ...     torch.ones(1) * 2
    tensor([2.])
    """

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        _deprecated("autocast")
        super().__init__("cuda", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


def custom_fwd(fwd: Any = None, *, cast_inputs: Any = None) -> Any:
    """``torch.amp.custom_fwd(device_type="cuda")``."""
    _deprecated("custom_fwd")
    return _amp.custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd: Any = None) -> Any:
    """``torch.amp.custom_bwd(device_type="cuda")``."""
    _deprecated("custom_bwd")
    return _amp.custom_bwd(bwd, device_type="cuda")
