"""Warnings that come once in a process, as PyTorch's own do, and each time after ``set_warn_always(True)``."""

from __future__ import annotations

import warnings

_said: set[str] = set()


class Setting:
    """What ``set_warn_always`` was told."""

    always = False


def warn_once(message: str, stacklevel: int = 2, about: str | None = None) -> None:
    """Warn, unless something has been said of this before.

    Args:
        message: the text of a UserWarning.
        stacklevel: whose line it names: 1 is the caller of this function.
        about: what it is about, for texts that differ; by default the message.
    """
    about = message if about is None else about
    if Setting.always or about not in _said:
        _said.add(about)
        warnings.warn(message, stacklevel=stacklevel + 1)


def forget() -> None:
    """Be as if nothing had been said."""
    _said.clear()
