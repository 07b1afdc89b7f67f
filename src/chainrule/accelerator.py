"""``torch.accelerator``, as PyTorch has it where there is none: it says so, and what needs one is refused.

XLA's devices are not PyTorch's accelerators: a tensor is put there by ``device="xla"``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .device import device as _device

__all__ = [
    "current_accelerator",
    "current_device_idx",
    "current_device_index",
    "current_stream",
    "device_count",
    "device_index",
    "is_available",
    "set_device_idx",
    "set_device_index",
    "set_stream",
    "synchronize",
]


def is_available() -> bool:
    """Whether there is an accelerator: False.

    >>> import chainrule as torch
    >>> torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
    'cpu'
    """
    return False


def device_count() -> int:
    """How many accelerators there are: 0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator's device: None."""


def refuse(*_: Any, **__: Any) -> Any:
    """Refused: there is no accelerator."""
    raise RuntimeError(
        "Cannot access accelerator device when none is available. Ask torch.accelerator.is_available() before."
    )


current_device_index = current_device_idx = set_device_index = set_device_idx = refuse
synchronize = current_stream = set_stream = refuse


class device_index:  # noqa: N801 - PyTorch's name
    """Context manager: an accelerator is the current one inside. Refused on entry, but for None, which changes nothing."""

    def __init__(self, device: int | None) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None:
            refuse()

    def __exit__(self, *exception: object) -> None:
        pass


class AcceleratorError(RuntimeError):
    """What PyTorch raises where an accelerator fails. Nothing here does."""

    __module__ = "torch"


class OutOfMemoryError(RuntimeError):
    """What PyTorch raises where an accelerator has no memory left. Nothing here does."""

    __module__ = "torch"


class Stream:
    """A queue of work for a device: refused, the CPU's is ``torch.cpu.Stream``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse()


class Event:
    """A mark in a queue of work for a device: refused. Use ``time.perf_counter()``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse()


def get_device_module(device: Any = None) -> Any:
    """The module with the functions for a type of device, such as ``torch.cpu`` and ``torch.cuda``.

    Args:
        device: a device or its name; None is the CPU, as there is no accelerator.

    Raises:
        RuntimeError: no device has that name, or there is no module for it.

    >>> import chainrule as torch
    >>> torch.get_device_module("cpu") is torch.cpu
    True
    """
    kind = "cpu" if device is None else _device(device).type
    try:
        return import_module(f"{__package__}.{kind}")
    except ModuleNotFoundError:
        raise RuntimeError(
            f"Device '{kind}' does not have a corresponding module registered as 'torch.{kind}'."
        ) from None


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
