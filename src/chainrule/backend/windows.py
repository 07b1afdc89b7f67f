"""Windows that slide along an axis: where their elements lie, in plain integers.

A window axis is a tuple of ints, a parameter of ops:

- ``(length, size, kernel, stride, padding, dilation)``: of an axis of ``length`` elements, ``size`` windows of ``kernel``
  elements; element j of window i is the one at ``i * stride - padding + j * dilation``, if there is one.
- ``(length, size)``: ``size`` windows of about equal lengths that cover the axis; they overlap where they must.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

Axis = tuple[int, ...]
Ints = tuple[int, ...]
Places = Any
"""Along one axis, a slice or an array of places."""
Part = tuple[int, Places, Places]
"""An element of the window by its number, which windows have it, and where they have it."""
Element = tuple[int, tuple[Places, ...], tuple[Places, ...]]
"""The same in several axes."""


def regular(axis: Axis) -> Axis:
    """The long form of an axis, where it has one."""
    if len(axis) == 2 and axis[1] and axis[0] % axis[1] == 0:
        length, size = axis
        return (length, size, length // size, length // size, 0, 1)
    return axis


def bounds(axis: Axis) -> tuple[Any, Any]:
    """The first place of each window of the short form, and the first behind it."""
    length, size = axis
    number = np.arange(size)
    return number * length // size, -((number + 1) * -length // size)


def kernel_of(axis: Axis) -> int:
    """How many elements a window has at most."""
    axis = regular(axis)
    if len(axis) > 2:
        return axis[2]
    first, last = bounds(axis)
    return int(np.max(last - first, initial=0))


def parts(axis: Axis) -> Iterator[Part]:
    """The elements of the window, one after the other."""
    axis = regular(axis)
    if len(axis) == 2:
        first, last = bounds(axis)
        for number in range(kernel_of(axis)):
            (have,) = np.nonzero(first + number < last)
            yield number, have, first[have] + number
        return
    length, size, kernel, stride, padding, dilation = axis
    for number in range(kernel):
        at = number * dilation - padding
        start, stop = max(0, -(at // stride)), min(size, (length - 1 - at) // stride + 1)
        if start < stop:
            yield number, slice(start, stop), slice(at + start * stride, at + (stop - 1) * stride + 1, stride)


def all_parts(axes: tuple[Axis, ...]) -> Iterator[Element]:
    """The elements of windows in several axes, in C order."""
    sizes = [kernel_of(axis) for axis in axes]
    for chosen in product(*[list(parts(axis)) for axis in axes]):
        number = 0
        for (one, _, _), size in zip(chosen, sizes, strict=True):
            number = number * size + one
        yield number, tuple([have for _, have, _ in chosen]), tuple([where for _, _, where in chosen])


def overlap(axis: Axis) -> bool:
    """Whether an element may be in several windows."""
    axis = regular(axis)
    return len(axis) == 2 or (axis[2] > 1 and axis[3] < (axis[2] - 1) * axis[5] + 1)


def firsts(axis: Axis) -> tuple[Any, Any]:
    """Of each window the first element that there is: its place (a slice, or an array), and its number."""
    axis = regular(axis)
    if len(axis) == 2:
        return bounds(axis)[0], 0
    _, size, _, stride, padding, dilation = axis
    if not padding:
        return slice(0, max((size - 1) * stride + 1, 0), stride), 0
    begin = np.arange(size) * stride - padding
    number = np.maximum(-(begin // dilation), 0)
    return begin + number * dilation, number


def begins(axis: Axis) -> tuple[Any, int]:
    """Where each window begins, and the dilation."""
    axis = regular(axis)
    return (bounds(axis)[0], 1) if len(axis) == 2 else (np.arange(axis[1]) * axis[3] - axis[4], axis[5])


def along(values: Any, at: int) -> Any:
    """One number for each place of an axis, the ``at``-th from the end, shaped to broadcast."""
    return values if isinstance(values, int) else values.reshape(-1, *[1] * (-at - 1))


def window_index(places: Any, *, axes: tuple[Axis, ...]) -> Any:
    """The flat place, in the axes, of the elements that have these numbers in their windows."""
    numbers, found, step = places.astype(np.int64), 0, 1
    for at in range(-1, -len(axes) - 1, -1):
        axis = axes[at]
        begin, dilation = begins(axis)
        kernel = kernel_of(axis)
        found = found + (along(begin, at) + numbers % kernel * dilation) * step
        numbers, step = numbers // kernel, step * axis[0]
    return found


def number_dtype(axes: tuple[Axis, ...]) -> Any:
    """The dtype that numbers of elements of a window are kept in."""
    return np.uint8 if math.prod(map(kernel_of, axes)) <= 256 else np.int32


def is_tiled(axis: Axis) -> bool:
    """Whether the windows lie side by side, so that an axis of windows can be seen as two."""
    axis = regular(axis)
    return len(axis) > 2 and axis[2] == axis[3] and axis[4:] == (0, 1) and axis[1] * axis[2] <= axis[0]


def reach(sizes: Ints, kernel: Ints, stride: Ints, dilation: Ints) -> Ints:
    """How many places the windows span in each axis."""
    return tuple([(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)])
