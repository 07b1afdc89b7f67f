"""``torch.backends.opt_einsum``: a package that chooses the order of products in ``einsum``; it is not used."""

from __future__ import annotations

from typing import Any

__all__ = ["enabled", "get_opt_einsum", "is_available", "strategy"]

enabled = False
strategy: str | None = None


def is_available() -> bool:
    """Whether it is used: False.

    >>> import chainrule as torch
    >>> torch.backends.opt_einsum.is_available()
    False
    """
    return False


def get_opt_einsum() -> Any:
    """The package: None."""
