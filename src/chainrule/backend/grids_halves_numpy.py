"""Images of half precision read at the places of a grid: PyTorch computes all of it in half precision, rounding after each step.

So every line here is one of its steps, in its order. Images (n = 2) it reads ``LANES`` places at a time, volumes one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

Array = Any

LANES = 16
"""So many numbers of half precision are in a register of 256 bits."""


class Axis(NamedTuple):
    """One axis of the image, and how places beyond it are padded."""

    size: int
    padding: str
    align: bool
    number: Any
    """The dtype of everything, as a function of numbers."""

    def placed(self, c: Array, n: int) -> Array:
        """The coordinates -1 to 1 as places."""
        number = self.number
        if n == 2:
            scaled = (c + number(1)) * self.scale()
            return scaled if self.align else scaled - number(0.5)
        if self.align:
            return (c + number(1)) / number(2) * number(self.size - 1)
        return ((c + number(1)) * number(self.size) - number(1)) / number(2)

    def scale(self) -> Any:
        return self.number((self.size - 1) / 2 if self.align else self.size / 2)

    def clipped(self, c: Array) -> Array:
        """NaN becomes 0."""
        return np.minimum(np.fmax(c, self.number(0)), self.number(self.size - 1))

    def padded(self, c: Array) -> tuple[Array, Array]:
        """Places as the padding has them, and their derivatives by those that they were."""
        number = self.number
        if self.padding == "zeros":
            return c, number(1)
        sign: Array = number(1)
        if self.padding == "reflection":
            low, span = number(0 if self.align else -0.5), number(self.size - self.align)
            if span == 0:
                return np.zeros_like(c), number(0)
            far, twice = np.abs(c - low), span + span
            rest = far - np.trunc(far / twice) * twice
            is_near = rest < twice - rest
            sign = np.where(is_near != (c < low), number(1), number(-1))
            c = np.where(is_near, rest, twice - rest) + low
        inside = (c > number(0)) & (c < number(self.size - 1))
        return self.clipped(c), np.where(inside, sign, number(0))


class Corner(NamedTuple):
    """A choice of one neighbour an axis, of every place."""

    place: Array
    """In C order; behind the last one if it is not in the image."""
    weights: tuple[Array, ...]
    """One an axis, x first."""
    slopes: tuple[Array, ...]
    """Their derivatives."""


def cubic(t: Array, number: Any) -> list[tuple[Array, Array]]:
    """Keys' kernel at the four neighbours, and its derivatives."""
    a = number(-0.75)
    a2, a3, a4, a5, a8, a10 = number(2) + a, number(3) + a, number(4) * a, number(5) * a, number(8) * a, number(10) * a

    def near(x: Array) -> Array:
        return (a2 * x - a3) * x * x + number(1)

    def far(x: Array) -> Array:
        return ((a * x - a5) * x + a8) * x - a4

    def near_slope(x: Array, three: Any) -> Array:
        return (number(three) * a2 * x - number(2) * a3) * x

    def far_slope(x: Array, three: Any) -> Array:
        return (number(three) * a * x - a10) * x

    one = number(1)
    return [
        (far(t + one), far_slope(number(-1) - t, -3) - a8),
        (near(t), near_slope(number(0) - t, -3)),
        (near(one - t), near_slope(one - t, 3)),
        (far((one - t) + one), far_slope(number(2) - t, 3) + a8),
    ]


def neighbours(axis: Axis, c: Array, mode: str, n: int) -> tuple[list[tuple[Array, Array, Array]], Array]:
    """Of places along an axis: the neighbours with their weights and the derivatives of these; and those of the places."""
    number = axis.number
    c = axis.placed(c, n)
    if mode == "bicubic":
        low = np.floor(c)
        found = [
            (axis.padded(low + number(at))[0], *pair)
            for at, pair in zip((-1, 0, 1, 2), cubic(c - low, number), strict=True)
        ]
        return found, axis.scale()
    c, slope = axis.padded(c)
    if mode == "nearest":
        return [(np.rint(c), number(1), number(0))], slope
    low = np.floor(c)
    high = low + number(1)
    if n == 2:
        part = c - low
        return [(low, number(1) - part, number(-1)), (high, part, number(1))], slope * axis.scale()
    return [(low, high - c, number(-1)), (high, c - low, number(1))], slope * axis.scale()


def corners(grid: Array, sizes: Any, mode: str, padding: str, align: bool) -> tuple[list[Corner], list[Array]]:
    """In PyTorch's order; and the derivatives of the places by the grid, x first."""
    n = len(sizes)
    axes = [Axis(size, padding, align, grid.dtype.type) for size in reversed(sizes)]
    lines = [neighbours(axis, grid[..., at], mode, n) for at, axis in enumerate(axes)]
    found = []
    around = [one for one, _ in lines]
    for chosen in product(*around) if mode == "bicubic" else (one[::-1] for one in product(*around[::-1])):
        place, block, inside = 0, 1, True
        for axis, (at, _, _) in zip(axes, chosen, strict=True):
            within = (at >= axis.number(0)) & (at <= axis.number(axis.size - 1))
            inside = inside & within
            place = place + np.where(within, at, axis.number(0)).astype(np.int64) * block
            block *= axis.size
        weights, slopes = ([one[number] for one in chosen] for number in (1, 2))
        found.append(Corner(np.where(inside, place, block), tuple(weights), tuple(slopes)))
    return found, [slope for _, slope in lines]


def read(rows: Array, place: Array) -> Array:
    """The elements of images with a zero at the end, (N, C, elements + 1), at places (N, P)."""
    return np.take_along_axis(rows, place[:, None], 2)


def flat(x: Array, grid: Array) -> tuple[Array, Array]:
    n = grid.shape[-1]
    rows = x.reshape(*x.shape[:2], -1)
    return np.concatenate([rows, np.zeros_like(rows[..., :1])], 2), grid.reshape(len(grid), -1, n)


def sample(x: Array, grid: Array, *, mode: str, padding: str, align: bool) -> Array:
    rows, places = flat(x, grid)
    found, _ = corners(places, x.shape[2:], mode, padding, align)
    shape = (*x.shape[:2], *grid.shape[1:-1])
    if mode == "nearest":
        return read(rows, found[0].place).reshape(shape)
    if mode == "bicubic":
        lines = []
        for at in range(4):  # in each row of four, the sum along x
            terms = [read(rows, one.place) * one.weights[0][:, None] for one in found[at::4]]
            lines.append(total(terms) * found[at].weights[1][:, None])
        return total(lines).reshape(shape)
    return total([read(rows, one.place) * weight_of(one)[:, None] for one in found]).reshape(shape)


def total(terms: list[Array]) -> Array:
    """The sum, from the first on."""
    out = terms[0]
    for one in terms[1:]:
        out = out + one
    return out


def weight_of(corner: Corner) -> Array:
    weight = corner.weights[0]
    for other in corner.weights[1:]:
        weight = weight * other
    return weight


def sample_adjoint(
    g: Array, x: Array, grid: Array, *, need: Any, mode: str, padding: str, align: bool
) -> tuple[Array | None, Array | None]:
    rows, places = flat(x, grid)
    n = grid.shape[-1]
    found, slopes = corners(places, x.shape[2:], mode, padding, align)
    g = g.reshape(*g.shape[:2], -1)
    gx = by_image(g, rows, found, mode, n).reshape(x.shape) if need[0] else None
    if not need[1] or mode == "nearest":
        return gx, np.zeros_like(grid) if need[1] else None
    sums = list(by_places(g, rows, found, mode, n))
    by_axis = [one * slope for one, slope in zip(sums, slopes, strict=True)]
    return gx, np.stack(by_axis, -1).reshape(grid.shape)


def by_image(g: Array, rows: Array, found: list[Corner], mode: str, n: int) -> Array:
    """Each element of ``g`` added to its neighbours: some places at a time, corner by corner."""
    count, points = len(found), g.shape[2]
    parts = []
    for one in found:
        if mode == "nearest":
            parts.append(g)
        elif mode == "bicubic":
            parts.append(g * one.weights[0][:, None] * one.weights[1][:, None])
        else:
            parts.append(weight_of(one)[:, None] * g)
    lanes = LANES if n == 2 else 1
    point, corner = np.arange(points), np.arange(count)[:, None]
    order = np.argsort(((point // lanes * count + corner) * lanes + point % lanes).reshape(-1), kind="stable")
    out = np.zeros_like(rows)
    given = np.stack(parts, 2).reshape(*g.shape[:2], -1)[..., order]
    where = np.stack([one.place for one in found], 1).reshape(len(g), -1)[:, order]
    images = np.arange(len(g))[:, None, None]
    np.add.at(out, (images, np.arange(g.shape[1])[:, None], where[:, None]), given)
    return out[..., :-1]


def by_places(g: Array, rows: Array, found: list[Corner], mode: str, n: int) -> Iterator[Array]:
    """The derivative by the places along each axis, x first: summed over the channels, one after the other."""
    values = [read(rows, one.place) for one in found]
    for axis in range(n):
        out = np.zeros_like(g[:, 0])
        for channel in range(g.shape[1]):
            h, at = g[:, channel], [one[:, channel] for one in values]
            if mode == "bilinear" and n == 2:
                nw, ne, sw, se = at
                if axis == 0:
                    step = (ne - nw) * found[0].weights[1] + (se - sw) * found[2].weights[1]
                else:
                    step = (sw - nw) * found[0].weights[0] + (se - ne) * found[1].weights[0]
                out = out + step * h
                continue
            for value, one in zip(at, found, strict=True):
                others = [one.weights[other] for other in range(n) if other != axis]
                if mode == "bicubic":
                    out = out - value * h * one.slopes[axis] * others[0]
                else:
                    step = value * others[0] * others[1] * h
                    out = np.where(one.place < rows.shape[2] - 1, out + step * one.slopes[axis], out)
        yield out
