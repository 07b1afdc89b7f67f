"""Assertions that a traced program keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.overriding import overrides

__all__ = [
    "_assert",
    "_assert_async",
    "_check",
    "_check_index",
    "_check_is_size",
    "_check_not_implemented",
    "_check_tensor_all",
    "_check_type",
    "_check_value",
    "_check_with",
]


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


def _check_with(error_type: type[Exception], cond: bool, message: Callable[[], str] | None = None) -> None:
    """Raise unless a condition is true.

    Args:
        error_type: what is raised.
        cond: a bool.
        message: gives the text; it is called only if the condition is false.
    """
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if cond:
        return
    if message is not None and not callable(message):
        raise TypeError(f"message must be a callable, but got {type(message).__name__}: write lambda: {message!r}")
    raise error_type("Expected cond to be True, but got False." if message is None else str(message()))


def _check(cond: bool, message: Callable[[], str] | None = None) -> None:
    """Raise a RuntimeError unless a condition is true.

    >>> import chainrule as torch
    >>> torch._check(1 > 2, lambda: "too small")
    Traceback (most recent call last):
    RuntimeError: too small
    """
    _check_with(RuntimeError, cond, message)


def _check_index(cond: bool, message: Callable[[], str] | None = None) -> None:
    """Raise an IndexError unless a condition is true."""
    _check_with(IndexError, cond, message)


def _check_value(cond: bool, message: Callable[[], str] | None = None) -> None:
    """Raise a ValueError unless a condition is true."""
    _check_with(ValueError, cond, message)


def _check_type(cond: bool, message: Callable[[], str] | None = None) -> None:
    """Raise a TypeError unless a condition is true."""
    _check_with(TypeError, cond, message)


def _check_not_implemented(cond: bool, message: Callable[[], str] | None = None) -> None:
    """Raise a NotImplementedError unless a condition is true."""
    _check_with(NotImplementedError, cond, message)


def _check_is_size(i: int, message: Callable[[], str] | None = None, *, max: int | None = None) -> None:
    """Raise a RuntimeError unless a number can be a size: not negative, and not above ``max``."""
    _check(i >= 0 and (max is None or i <= max), message)


def _check_tensor_all(cond: Any, message: Callable[[], str] | None = None) -> None:
    """Raise a RuntimeError unless all elements of a tensor of bools are true."""
    _check(bool(cond.all()), message)


def _assert_async(input: Any, assert_msg: str = "Expected Tensor with single nonzero value, but got zero") -> None:
    """Raise a RuntimeError unless a tensor's only element is not zero."""
    if input.numel() != 1:
        raise RuntimeError(
            f"Boolean value of Tensor with {'no values' if not input.numel() else 'more than one value'} is ambiguous"
        )
    _check(bool(input), lambda: assert_msg)
