"""Means over windows in half precision, where PyTorch rounds after each step: a sum is one addition after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .pooling_numpy import add_at, along, grid
from .windows import Axis, all_parts, bounds

Array = Any
Axes = tuple[Axis, ...]


def divided(x: Array, axes: Axes, divisor: Any) -> Array:
    """By how many elements count; in windows of about equal lengths, by their lengths along one axis after the other."""
    if any(len(axis) == 2 for axis in axes):
        ends = [bounds(axis) if len(axis) == 2 else None for axis in axes]
        steps = [along(end[1] - end[0], at) for at, end in enumerate(ends, -len(axes)) if end is not None]
    elif isinstance(divisor, tuple):
        steps = [math.prod([along(np.array(one), at) for at, one in enumerate(divisor, -len(divisor))])]
    else:
        steps = [np.array(divisor)]
    for step in steps:
        x = x / step.astype(x.dtype)
    return x


def spread(g: Array, axes: Axes, divisor: Any) -> Array:
    """The adjoint of the mean. Windows come in C order: the last element of a window is in it before it is in later ones."""
    g = divided(g, axes, divisor)
    out = np.zeros((*g.shape[: -len(axes)], *[axis[0] for axis in axes]), g.dtype)
    for _, have, where in reversed(list(all_parts(axes))):
        add_at(out, grid(axes, where), g[grid(axes, have)])
    return out


def mean_in_turn(x: Array, axes: Axes, divisor: Any) -> Array:
    """The mean, of sums that are rounded as they grow."""
    out = np.zeros((*x.shape[: -len(axes)], *[axis[1] for axis in axes]), x.dtype)
    for _, have, where in all_parts(axes):
        out[grid(axes, have)] += x[grid(axes, where)]
    return divided(out, axes, divisor)
