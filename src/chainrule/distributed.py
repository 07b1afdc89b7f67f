"""PyTorch's ``torch.distributed``, as it is where PyTorch was built without: it says that it is not there.

>>> import chainrule as torch
>>> torch.distributed.get_rank() if torch.distributed.is_available() else 0
0
"""

from __future__ import annotations

from typing import Any

from ._missing import missing_name

__all__ = ["is_available", "is_initialized"]


def is_available() -> bool:
    """Whether processes can work together: False."""
    return False


def is_initialized() -> bool:
    """Whether there is a group of processes: False."""
    return False


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
