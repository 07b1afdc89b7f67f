"""The largest of each 2 x 2 window, side by side with no rest: with NumPy's loops as long as the images.

A slice of every second element of a row has loops that are as long as half a row, and to begin one costs as much as ten
elements. So the columns are told apart in all rows at once, and rows are copied whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .window_layouts_numpy import item
from .windows import Axis, regular

Array = Any


def are_pairs(axes: tuple[Axis, ...]) -> bool:
    return len(axes) == 2 and all(regular(axis) == (2 * axis[1], axis[1], 2, 2, 0, 1) and axis[1] > 0 for axis in axes)


def items(x: Array, width: int) -> Array:
    """Rows of so many elements as single items, which NumPy copies several times as fast as so many elements."""
    return np.ascontiguousarray(x).reshape(-1).view(item(width * x.itemsize))


def largest_of_pairs(out: Array, x: Array) -> None:
    """The largest of the windows of images (n, H, W); of equal ones the first."""
    rows = items(x, x.shape[-1])
    columns = np.maximum(rows[1::2].copy().view(x.dtype), rows[::2].copy().view(x.dtype))
    np.maximum(columns[1::2].copy(), columns[::2].copy(), out=out.reshape(-1))


def route_to_pairs(out: Array, g: Array, x: Array, largest: Array) -> None:
    """Each element of ``g`` at the place in ``out`` where its window in ``x`` has its largest element first; zeros elsewhere."""
    width, bits = largest.shape[-1], f"u{g.itemsize}"

    def twice(rows: Array) -> Array:
        room = np.empty(2 * rows.size, rows.dtype)
        items(room, width)[::2] = items(room, width)[1::2] = items(rows, width)
        return room

    result, wanted = out.reshape(-1).view(bits), twice(largest)
    columns = [x.reshape(-1)[at::2].copy() for at in (0, 1)]
    left, right = [column == wanted for column in columns]
    above = np.zeros(len(wanted), bool)
    del wanted
    items(above, width)[1::2] = items(left | right, width)[::2]
    np.greater(left, above, out=left)
    above |= left
    np.greater(right, above, out=right)
    given = twice(g).view(bits)
    for at, chosen in enumerate((left, right)):
        room = columns[at].view(bits)
        room[...] = chosen  # three loops without strides or conversions take less than one with both
        room *= given
        result[at::2] = room
