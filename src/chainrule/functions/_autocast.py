"""What functions ask while autocast is in force: for those that look at dtypes before an op does."""

from __future__ import annotations

from typing import Any

from ..core.modes import get_modes


def lowered(*tensors: Any) -> list[Any] | None:
    """The tensors in autocast's dtype, if it is in force and brings them to it; otherwise None."""
    mode = get_modes()
    return None if mode is None or mode.autocast is None else mode.autocast.lowered(tensors)


def widened(*tensors: Any) -> Any:
    """The tensors as float32, if autocast is in force and they are of a lower precision; otherwise as they are."""
    mode = get_modes()
    return tensors if mode is None or mode.autocast is None else mode.autocast.widened(tensors)
