"""Means over windows in half precision, where PyTorch rounds after each step: a sum is one addition after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .pooling_numpy import add_at, along, grid
from .windows import Axis, all_parts

Array = Any
Axes = tuple[Axis, ...]


def divided(x: Array, axes: Axes, divisor: Any) -> Array:
    """By how many elements count; in windows that share out their axes, by their lengths along one axis after the other."""
    if isinstance(divisor, tuple):
        steps = [along(np.array(one), at) for at, one in enumerate(divisor, -len(divisor))]
        if not all(len(axis) == 2 or axis[1] * axis[2] == axis[0] for axis in axes):
            steps = [math.prod(steps)]
    else:
        steps = [np.array(divisor)]
    for step in steps:
        x = x / step.astype(x.dtype)
    return x


def spread(g: Array, axes: Axes, divisor: Any) -> Array:
    """The adjoint of the mean. Windows come in C order: the last element of a window is in it before it is in later ones."""
    g = divided(g, axes, divisor)
    sizes = [axis[0] for axis in axes]
    out = np.zeros((*g.shape[: -len(axes)], *sizes), g.dtype)
    elements = list(all_parts(axes))
    if all(axis[0] >= axis[1] for axis in axes):
        for _, have, where in reversed(elements):
            add_at(out, grid(axes, where), g[grid(axes, have)])
        return out
    # Several windows that begin at one place: in the order of the windows, one element after the other.
    windows, places = (np.arange(math.prod(shape)).reshape(shape) for shape in (g.shape[-len(axes) :], sizes))
    given = np.concatenate([windows[grid(axes, have)].reshape(-1) for _, have, _ in elements])
    taken = np.concatenate([places[grid(axes, where)].reshape(-1) for _, _, where in elements])
    order = np.argsort(given, kind="stable")
    flat = out.reshape(*g.shape[: -len(axes)], -1)
    key: Any = (..., taken[order])
    np.add.at(flat, key, g.reshape(*g.shape[: -len(axes)], -1)[..., given[order]])
    return out


def mean_in_turn(x: Array, axes: Axes, divisor: Any) -> Array:
    """The mean, of sums that are rounded as they grow."""
    out = np.zeros((*x.shape[: -len(axes)], *[axis[1] for axis in axes]), x.dtype)
    for _, have, where in all_parts(axes):
        out[grid(axes, have)] += x[grid(axes, where)]
    return divided(out, axes, divisor)
