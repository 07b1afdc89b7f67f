"""``torch.backends.mps``: Apple's GPUs, which are not here."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Whether there is such a GPU: False.

    >>> import chainrule as torch
    >>> torch.backends.mps.is_available()
    False
    """
    return False


def is_built() -> bool:
    """Whether this build knows them: False."""
    return False
