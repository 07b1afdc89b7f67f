"""Assertions that a traced program keeps."""

from __future__ import annotations

from typing import Any

from ..core.overriding import overrides

__all__ = ["_assert"]


def _assert(condition: Any, message: str) -> None:
    """Raise unless a condition is true; unlike Python's statement it is kept when a program is traced.

    Args:
        condition: a bool, or a tensor with one element.
        message: what is raised.

    Raises:
        AssertionError: it is false.

    >>> import chainrule as torch
    >>> torch._assert(torch.ones(1).sum() > 2, "too small")
    Traceback (most recent call last):
    AssertionError: too small
    """
    if overrides(type(condition)):
        condition.__torch_function__(_assert, (type(condition),), (condition, message), {})
    elif not condition:
        raise AssertionError(message)
