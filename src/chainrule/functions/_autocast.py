"""What functions ask while autocast is in force: for those that look at dtypes before an op does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core.modes import change_modes, get_modes


def lowered(*tensors: Any) -> list[Any] | None:
    """The tensors in autocast's dtype, if it is in force and brings them to it; otherwise None."""
    mode = get_modes()
    return None if mode is None or mode.autocast is None else mode.autocast.lowered(tensors)


@contextmanager
def switched_off() -> Iterator[None]:
    """No autocast inside: operands are already what they shall be."""
    mode = get_modes()
    outside = None if mode is None else mode.autocast
    change_modes(autocast=None)
    try:
        yield
    finally:
        change_modes(autocast=outside)


def widened(*tensors: Any) -> Any:
    """The tensors as float32, if autocast is in force and they are of a lower precision; otherwise as they are."""
    mode = get_modes()
    return tensors if mode is None or mode.autocast is None else mode.autocast.widened(tensors)
