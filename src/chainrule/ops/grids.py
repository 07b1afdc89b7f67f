"""Images read at the places that a grid names.

Along each axis a place c lies among a few taps, with weights that are functions of c; an element of the result is the sum,
over all choices of one tap an axis, of the product of their weights with the image there. By the grid, its derivative is
that sum with one of the weights differentiated, times dc/dgrid, the *slope*.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ..backend import numpy as numpy_namespace
from ..core.batching import same_call
from ..core.op import by_items, general, linear
from ..promotion import is_half

__all__ = ["affine_grid_generator", "grid_sampler_2d", "grid_sampler_3d"]

MODES = ("bilinear", "nearest", "bicubic")  # in the order of PyTorch's codes 0, 1, 2
PADDINGS = ("zeros", "border", "reflection")
NOWHERE = -100
"""Where places that are no numbers are: outside of every image, but near enough to be an integer."""


class Tap(NamedTuple):
    """A neighbour of the places along an axis."""

    index: Any
    """Its number, within the image."""
    inside: Any
    """Whether it is in the image."""
    weight: Any
    derivative: Any
    """Of the weight, by the place."""


def reflected(xp, c, size, align):
    """Places reflected at both ends until they are within the image; and whether they run backwards then."""
    low, span = (0.0, size - 1.0) if align else (-0.5, float(size))
    if span == 0:
        return xp.zeros_like(c), None
    far = xp.abs(c - low)
    rest = xp.fmod(far, xp.full_like(far, span))
    half_turns = xp.floor(far / span) / 2
    odd = half_turns != xp.floor(half_turns)
    backwards = xp.not_equal(odd, c < low)
    return xp.where(odd, span - rest, rest) + low, backwards


def padded(xp, c, slope, size, padding, align):
    """Places, and their slopes, as the padding has them: none for what was put at the end."""
    if padding == "zeros":
        return c, slope
    if padding == "reflection":
        c, backwards = reflected(xp, c, size, align)
        slope = slope * 0 if backwards is None else xp.where(backwards, -slope, slope)
    at_end = xp.logical_or(c <= 0, c >= size - 1)
    return xp.clip(c, 0, size - 1), xp.where(at_end, 0, slope)


def tap(xp, at, weight, derivative, size):
    """``at`` is a whole number, but of the type of the places."""
    inside = xp.logical_and(at >= 0, at <= size - 1)
    return Tap(xp.astype(xp.where(inside, at, 0), xp.arange(0).dtype), inside, weight, derivative)


def cubic_weights(t):
    """Keys' kernel with the slope -0.75 at 1, at the distances t + 1, t, 1 - t, 2 - t, and its derivatives."""
    a = -0.75

    def near(x):
        return ((a + 2) * x - (a + 3)) * x * x + 1, (3 * (a + 2) * x - 2 * (a + 3)) * x

    def far(x):
        return (((x - 5) * x + 8) * x - 4) * a, ((3 * x - 10) * x + 8) * a

    for kernel, x, sign in ((far, t + 1, 1), (near, t, 1), (near, 1 - t, -1), (far, 2 - t, -1)):
        value, derivative = kernel(x)
        yield value, derivative * sign


def along_axis(xp, grid, size, mode, padding, align):
    """The taps of one axis, and the slope."""
    c = (grid + 1) * ((size - 1) / 2) if align else ((grid + 1) * size - 1) / 2
    c = xp.where(xp.isfinite(c), c, NOWHERE)
    slope = xp.full_like(grid, (size - 1) / 2 if align else size / 2)
    if mode == "bicubic":
        low = xp.floor(c)
        taps = []
        for offset, (weight, derivative) in enumerate(cubic_weights(c - low), -1):
            at = low + offset
            if padding != "zeros":
                at = xp.round(padded(xp, at, slope, size, padding, align)[0])
            taps.append(tap(xp, at, weight, derivative, size))
        return taps, slope
    c, slope = padded(xp, c, slope, size, padding, align)
    if mode == "nearest":
        return [tap(xp, xp.round(c), 1, None, size)], slope
    low = xp.floor(c)
    part = c - low
    return [tap(xp, low, 1 - part, -1, size), tap(xp, low + 1, part, 1, size)], slope


def corners(xp, grid, sizes, mode, padding, align, with_derivatives):
    """For each choice of a tap an axis: the place in C order, or the one after the last if it is not in the image; the weight
    and, if wanted, its derivatives by the axes, x (the last) first. And the slopes.
    """
    axes = [
        along_axis(xp, xp.select(grid, axis=-1, index=at), size, MODES[mode], PADDINGS[padding], align)
        for at, size in enumerate(reversed(sizes))
    ]
    found = []
    for chosen in product(*[taps for taps, _ in axes]):
        place, block, inside, weight = 0, 1, None, 1
        for one, size in zip(chosen, reversed(sizes), strict=True):
            place, block = one.index * block + place, block * size
            inside = one.inside if inside is None else xp.logical_and(inside, one.inside)
            weight = one.weight * weight
        derivatives = None
        if with_derivatives and MODES[mode] != "nearest":
            derivatives = [
                math.prod([other.weight for other in chosen if other is not one], start=one.derivative) for one in chosen
            ]
        found.append((xp.where(inside, place, block), weight, derivatives))
    return found, [slope for _, slope in axes]


def flat_grid(xp, grid, n):
    return xp.reshape(grid, (*grid.shape[: -n - 1], math.prod(grid.shape[-n - 1 : -1]), n))


def pixels(xp, x, n):
    """The channels of each place as a row, so that they are read at once."""
    return xp.matrix_transpose(xp.reshape(x, (*x.shape[:-n], math.prod(x.shape[-n:]))))


def and_zeros(xp, rows):
    """After the last row one of zeros, which is what lies outside of the image."""
    return xp.concat([rows, xp.zeros((*rows.shape[:-2], 1, rows.shape[-1]), dtype=rows.dtype)], axis=-2)


def of_all_channels(xp, place, rows):
    return xp.broadcast_to(xp.expand_dims(place, axis=-1), (*place.shape, rows.shape[-1]))


def sampler_forward(xp, x, grid, mode, padding, align, n):
    if is_half(x.dtype) and x.dtype == grid.dtype and x.ndim == n + 2 and xp is numpy_namespace:
        from ..backend.grids_halves_numpy import sample

        return sample(x, grid, mode=MODES[mode], padding=PADDINGS[padding], align=align)

    def sampled(xp, x, grid):
        sizes, rows, places = x.shape[-n:], and_zeros(xp, pixels(xp, xp.widen(x), n)), flat_grid(xp, xp.widen(grid), n)
        out = None
        for place, weight, _ in corners(xp, places, sizes, mode, padding, align, False)[0]:
            part = xp.gather(rows, of_all_channels(xp, place, rows), axis=-2)
            if MODES[mode] != "nearest":
                part = part * xp.expand_dims(weight, axis=-1)
            out = part if out is None else out + part
        return (xp.narrow(xp.reshape(xp.contiguous(xp.matrix_transpose(out)), (*x.shape[:-n], *grid.shape[-n - 1 : -1])), x),)

    return by_items(xp, sampled, x, grid)[0]


def sampler_rule(xp, g, need, x, grid, x_dtype, grid_dtype, mode, padding, align, n):
    if is_half(x_dtype) and x_dtype == grid_dtype and x.ndim == n + 2 and xp is numpy_namespace:
        from ..backend.grids_halves_numpy import sample_adjoint

        halves = [one.astype(x_dtype) for one in (g, x, grid)]
        return sample_adjoint(*halves, need=need, mode=MODES[mode], padding=PADDINGS[padding], align=align)

    def pulled(xp, g, x, grid):
        sizes, rows, places = x.shape[-n:], and_zeros(xp, pixels(xp, x, n)), flat_grid(xp, grid, n)
        g = pixels(xp, g, n)
        found, slopes = corners(xp, places, sizes, mode, padding, align, need[1])
        gx = xp.zeros_like(rows)
        by_axis: list[Any] = [None] * n
        for place, weight, derivatives in found:
            at = of_all_channels(xp, place, rows)
            if need[0]:
                part = g if MODES[mode] == "nearest" else g * xp.expand_dims(weight, axis=-1)
                gx = xp.scatter_add(gx, at, part, axis=-2)
            if derivatives is not None:
                total = xp.sum(g * xp.gather(rows, at, axis=-2), axis=-1)
                by_axis = [
                    total * one if old is None else old + total * one
                    for one, old in zip(derivatives, by_axis, strict=True)
                ]
        gx = xp.slice_axis(gx, axis=-2, start=0, stop=rows.shape[-2] - 1, step=1)
        gx = xp.reshape(xp.matrix_transpose(gx), x.shape) if need[0] else None
        if not need[1]:
            return gx, None
        if by_axis[0] is None:
            return gx, xp.zeros_like(grid)
        by_axis = [one * slope for one, slope in zip(by_axis, slopes, strict=True)]
        return gx, xp.reshape(xp.stack(by_axis, axis=-1), grid.shape)

    return by_items(xp, pulled, g, x, grid)


def sampler(name, node):
    return general(f"{name}(x, grid, *, mode, padding, align, n)", node=node, domain="fV", fused=True, batch=same_call,
        saved_names={"x": "input", "grid": "grid"}, forward=sampler_forward, all=sampler_rule,
    )


grid_sampler_2d = sampler("grid_sampler_2d", "GridSampler2DBackward0")
grid_sampler_3d = sampler("grid_sampler_3d", "GridSampler3DBackward0")


def base_grid(sizes, align):
    """The places of a picture's own elements, in coordinates from -1 to 1, and a last one that is 1: (elements, n + 1)."""
    n = len(sizes)
    axes = []
    for size in sizes:
        steps = np.linspace(-1, 1, size) if size > 1 else np.zeros(size)
        axes.append(steps if align or size <= 1 else steps * ((size - 1) / size))
    grid = np.ones((*sizes, n + 1))
    for at, steps in enumerate(reversed(axes)):  # x is the last axis
        grid[..., at] = steps.reshape(-1, *[1] * at)
    return grid.reshape(-1, n + 1)


def affine_forward(xp, x, sizes, align):
    base = xp.asarray(base_grid(sizes, align), dtype=x.dtype)
    return xp.reshape(xp.matmul(base, xp.matrix_transpose(x)), (*x.shape[:-2], *sizes, len(sizes)))


def affine_x(xp, g, x_shape, sizes, align):
    n = len(sizes)
    rows = xp.reshape(g, (*x_shape[:-2], math.prod(sizes), n))
    return xp.matmul(xp.matrix_transpose(rows), xp.asarray(base_grid(sizes, align), dtype=g.dtype))


affine_grid_generator = linear("affine_grid_generator(x, *, sizes, align)", domain="f", saved_names={"x": "theta"},
    forward=affine_forward, x=affine_x,
)
