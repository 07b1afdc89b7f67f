"""``torch.distributed``, as PyTorch has it in a build without it: it says so. Programs ask before they use the rest."""

from __future__ import annotations

from typing import Any

__all__ = [
    "is_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
]


def is_available() -> bool:
    """Whether processes can train together: False.

    >>> import chainrule as torch
    >>> if torch.distributed.is_available() and torch.distributed.is_initialized():
    ...     print(torch.distributed.get_rank())
    """
    return False


def is_initialized() -> bool:
    """Whether a group of processes has been formed: False."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether ``torchrun`` started this process: False."""
    return False


is_gloo_available = is_mpi_available = is_nccl_available = is_ucc_available = is_xccl_available = is_available


def __getattr__(name: str) -> Any:
    from ._missing import missing_name

    raise missing_name(__name__, name)
