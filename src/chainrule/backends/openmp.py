"""``torch.backends.openmp``: a library of PyTorch's, which chainrule does not use."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether it is used: False.

    >>> import chainrule as torch
    >>> torch.backends.openmp.is_available()
    False
    """
    return False
