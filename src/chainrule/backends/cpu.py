"""``torch.backends.cpu``: what the CPU can do."""

from __future__ import annotations

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """PyTorch's name for the instructions that its kernels take: "DEFAULT", as NumPy chooses its own.

    >>> import chainrule as torch
    >>> torch.backends.cpu.get_cpu_capability()
    'DEFAULT'
    """
    return "DEFAULT"
