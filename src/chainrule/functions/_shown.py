"""What a view would show: its checks, shape and parameters, for functions that copy that part or replace it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.modes import set_modes
from ..core.value import new_tensor
from ._arguments import tensor_argument


class Shown(NamedTuple):
    """A part of a tensor."""

    shape: tuple[int, ...]
    """Of the part; of the first one, if there are several."""
    steps: tuple[tuple[Any, dict[str, Any]], ...]
    """(view op, its parameters): mostly one."""


def shown(view: Callable[..., Any], function: str, input: Any, *args: Any) -> Shown | None:
    """The part that ``view(input, *args)`` shows; None if that is a tuple of no views.

    The view is taken of a stand-in that has the shape but no memory, and the way to it read off.
    """
    array = tensor_argument(input, function, "input")._array
    stand_in = new_tensor(np.broadcast_to(np.empty((), array.dtype), array.shape))
    old = set_modes(None)  # nobody is to note it
    try:
        result = view(stand_in, *args)
    finally:
        set_modes(old)
    if isinstance(result, tuple):
        if not result:
            return None
        result = result[0]
    return Shown(result._array.shape, tuple((op, dict(params)) for op, params, _ in result._view.path))
