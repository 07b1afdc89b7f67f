"""Slopes from values alone: five-point differences along a line, and whether there is a slope at all.

A function is a :class:`Program`: some arrays to one real vector of all its outputs. Complex numbers count as two real
ones, so that all inner products are real, and PyTorch's gradient is the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .. import func
from ..core.value import new_tensor, writable

Arrays = Sequence[Any]
Directions = Sequence[Any]
"""For each array the direction in which it moves, or None."""
Vector = Any

STEPS = [2.0**-7, 2.0**-4, 2.0**-12, 2.0**-17, 2.0**-22, 2.0**-27]
"""Distances of the five points: the usual one; one at which rounding counts less; those that get close to a kink nearby."""
FLOOR = 1e-4
"""How much the size of the values counts, beside that of the slope, in what an error is compared with: where terms of the
size of the values cancel, differences know the slope no better."""
APART = 4
"""How many times its doubt the slope at another step may be away."""
SMALL = 0.1
SEARCHED = 24
"""How many lines the search for elements without kinks may take."""


class Program:
    """A function of arrays, given as a function of tensors: ``call`` takes a list of tensors to a list of tensors."""

    def __init__(self, call: Callable[[list[Any]], list[Any]], arrays: Arrays) -> None:
        self.call = call
        self.arrays = list(arrays)
        outputs = self.outputs(self.arrays)
        self.likes = [(y.shape, y.dtype) for y in outputs]
        self.value = flat(outputs)

    def outputs(self, arrays: Arrays) -> list[Any]:
        return [np.array(writable(y)) for y in self.call(tensors(arrays))]

    def at(self, arrays: Arrays) -> Vector | None:
        """The outputs at other arrays; None if they are of other shapes there."""
        outputs = self.outputs(arrays)
        return flat(outputs) if [(y.shape, y.dtype) for y in outputs] == self.likes else None

    def along(self, directions: Directions) -> Callable[[float], Vector | None]:
        """The outputs at a distance along a line."""
        return lambda step: self.at(moved(self.arrays, directions, step))

    def pushed(self, directions: Directions) -> Vector:
        """The tangent of the outputs, by forward mode. Arrays whose direction is None have no tangent."""
        moving = [at for at, d in enumerate(directions) if d is not None]

        def call(*moved: Any) -> list[Any]:
            given = tensors(self.arrays)
            for at, x in zip(moving, moved, strict=True):
                given[at] = x
            return self.call(given)

        _, tangents = func.jvp(
            call,
            tuple(tensors([self.arrays[at] for at in moving])),
            tuple(tensors([directions[at] for at in moving])),
        )
        return flat([writable(t) for t in tangents])

    def puller(self) -> Callable[[Vector], list[Any]]:
        """A function that gives the cotangents of the arrays, by reverse mode, from that of the outputs."""
        _, pull = func.vjp(self.call, tensors(self.arrays))
        return lambda u: [np.array(writable(g)) for g in pull(self.cotangents(u))[0]]

    def cotangents(self, u: Vector) -> list[Any]:
        """The vector as tensors like the outputs."""
        made = []
        for (shape, dtype), part in zip(self.likes, self.parts(u), strict=True):
            numbers = part.view(np.complex128) if dtype.kind == "c" else part
            made.append(new_tensor(numbers.reshape(shape).astype(dtype)))
        return made

    def parts(self, vector: Vector) -> list[Vector]:
        """What of the vector belongs to each output."""
        widths = [prod(shape) * (2 if dtype.kind == "c" else 1) for shape, dtype in self.likes]
        return np.split(vector, np.cumsum(widths))[:-1]

    def random_cotangent(self, rng: np.random.Generator) -> Vector:
        """Of elements that no output dominates and that do not cancel; zero where the value is not finite."""
        finite = [(value, np.isfinite(value)) for value in self.parts(self.value)]
        parts = [np.where(is_, random_signs(rng, value.shape) / size_of(value[is_]), 0.0) for value, is_ in finite]
        return np.concatenate([np.zeros(0), *parts])


class Slope(NamedTuple):
    """The derivative along a line."""

    vector: Vector
    error: float
    """How far it may be off, in the norm of :func:`weighed`."""
    limit: float
    """Up to where a difference from it says nothing."""
    step: float
    """At which distance it was found."""


def slope_along(
    line: Callable[[float], Vector | None], value: Vector, u: Vector, rtol: float, steps: Sequence[float] = STEPS
) -> Slope | None:
    """The slope at 0 of ``line``, whose value there is ``value``, or None where it has none.

    It has one when at some step the five-point differences over the whole and over half of it agree, and so do the slopes
    to the left and to the right. A kink at a distance is left behind by smaller steps; one on the spot is not. Values
    that are rounded coarsely, as those of float32, are smooth again where the steps are lost in the rounding: then the
    larger steps have given better slopes, or another one.
    """
    before: list[tuple[float, Vector, float]] = []
    used = u != 0
    base = value[used]
    weights = np.abs(u[used])
    for step in steps:
        points = {k: line(k * step) for k in (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)}
        if any(y is None or not np.isfinite(y[used]).all() for y in points.values()):
            continue
        far_left, left, near_left, near_right, right, far_right = (y[used] for y in points.values())  # type: ignore[index]
        wide = (8 * (right - left) - (far_right - far_left)) / (12 * step)
        narrow = (8 * (near_right - near_left) - (right - left)) / (6 * step)
        ahead = one_sided(base, near_right, right, far_right) / step
        behind = -one_sided(base, near_left, left, far_left) / step
        values = np.maximum(np.abs(far_left), np.abs(far_right))
        limit = rtol * (weighed(weights, narrow) + FLOOR * weighed(weights, np.maximum(values, np.abs(base))))
        error = weighed(weights, wide - narrow)
        doubt = error + weighed(weights, ahead - behind)
        for other, slope, past in before:
            shrank = step < other
            closer, farther = (doubt, past) if shrank else (past, doubt)
            # Rounding makes doubt grow as the step shrinks, and by as much; a kink, and the curve, do not.
            if closer > farther * max(step / other, other / step) / 4:
                return None
            if shrank and weighed(weights, narrow - slope) > APART * past:
                return None
        if doubt <= limit:
            vector = np.zeros(len(u))
            vector[used] = narrow
            return Slope(vector, error, limit, step)
        before.append((step, narrow, doubt))
    return None


def one_sided(at_0: Vector, at_half: Vector, at_1: Vector, at_2: Vector) -> Vector:
    """The derivative at 0 of the cubic through four points."""
    return (16 / 3) * (at_half - at_0) - 2 * (at_1 - at_0) + (at_2 - at_0) / 6


def weighed(weights: Vector, vector: Vector) -> float:
    """The size of a vector of outputs in terms of a cotangent: what no cancellation can make small."""
    used = weights != 0  # what is left out may be NaN
    return float(np.sum(weights[used] * np.abs(vector[used])))


def inner(a: Any, b: Any) -> float:
    """The real inner product, complex or not, over what b is not zero at."""
    used = b != 0
    return float(np.sum(np.real(np.conj(a[used]) * b[used])))


class Movable:
    """One array of a program, moved alone along random lines on which there are no kinks."""

    def __init__(self, program: Program, at: int, rng: np.random.Generator, rtol: float) -> None:
        self.program = program
        self.at = at
        self.rng = rng
        self.rtol = rtol
        self.moving = np.isfinite(program.arrays[at])
        """Which elements move."""
        self.is_searched = False
        self.known: list[tuple[float, list[float]]] = []
        """Where the last slope was found, which is where the next is looked for first: (least, steps)."""

    def line(self, u: Vector) -> tuple[list[Any], Slope | None]:
        """A random direction, and the slope along it."""
        for least, steps in (*self.known, (SMALL, STEPS), (0.0, STEPS)):
            directions, slope = self.along(self.moving, least, u, steps)
            if slope is not None:
                self.known = [(least, [slope.step])]
                break
        return directions, slope

    def along(
        self, moving: Any, least: float, u: Vector, steps: Sequence[float] = STEPS
    ) -> tuple[list[Any], Slope | None]:
        direction = np.where(moving, random_direction(self.rng, self.program.arrays[self.at], least), 0)
        directions = [direction if number == self.at else None for number in range(len(self.program.arrays))]
        return directions, slope_along(self.program.along(directions), self.program.value, u, self.rtol, steps)

    def search(self, u: Vector) -> None:
        """After a line with a kink: move only what moves without. Groups that meet one are halved, while lines are left."""
        if self.is_searched:
            return
        self.is_searched = True
        found = np.zeros(self.moving.size, bool)
        groups = [np.flatnonzero(self.moving)]
        for _ in range(SEARCHED):
            if not groups:
                break
            group = groups.pop(0)
            some = np.zeros_like(found)
            some[group] = True
            if self.along(some.reshape(self.moving.shape), 0.0, u)[1] is not None:
                found |= some
            elif len(group) > 1:
                groups += np.array_split(group, 2)
        self.moving = found.reshape(self.moving.shape)


def random_signs(rng: np.random.Generator, shape: Any) -> Any:
    return rng.uniform(0.5, 1, shape) * rng.choice([-1.0, 1.0], shape)


def random_direction(rng: np.random.Generator, array: Any, least: float = SMALL) -> Any:
    """A direction in which each element moves by about itself, if that is not ``least`` of the usual, else by that.

    With ``least=0`` no element but zero can leave its sign, so that what is only defined on one side stays defined.
    """
    array = np.asarray(array)
    size, usual = np.abs(array), size_of(array)
    size = np.where(size == 0, SMALL * usual, np.maximum(size, least * usual))
    direction = size * random_signs(rng, array.shape)
    if array.dtype.kind == "c":
        direction = direction * np.exp(2j * np.pi * rng.random(array.shape))
    return direction.astype(array.dtype)


def size_of(array: Any) -> float:
    """The root mean square; 1 where that is zero or not finite."""
    size = float(np.sqrt(np.mean(np.abs(array) ** 2))) if array.size else 0.0
    return size if 0 < size < np.inf else 1.0


def moved(arrays: Arrays, directions: Directions, step: float) -> list[Any]:
    """The arrays a step further along their directions; None stands for no direction."""
    return [a if d is None else a + step * d for a, d in zip(arrays, directions, strict=True)]


def tensors(arrays: Arrays) -> list[Any]:
    """New tensors with memory of their own."""
    return [new_tensor(np.array(a)) for a in arrays]


def flat(outputs: Arrays) -> Vector:
    """All outputs as one real vector."""
    parts = [np.ascontiguousarray(y, np.complex128).reshape(-1).view(np.float64) if y.dtype.kind == "c"
             else np.asarray(y, np.float64).reshape(-1) for y in outputs]  # fmt: skip
    return np.concatenate([np.zeros(0), *parts])
