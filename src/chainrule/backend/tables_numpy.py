"""Special functions of large arrays of float32, from tables: SciPy's compute each number for itself, in double precision.

A table has a parabola for each small part of a unit. Its values in the middle are added last and have two numbers each, so
that results are off by little more than half a unit of the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .blocks_numpy import by_blocks

Array = Any

NODE = math.sqrt(3) / 4
"""Where the parabola of a part that reaches from -1/2 to 1/2 meets the function, beside 0: at Chebyshev's nodes."""


class Table:
    """A function between two numbers, in ``steps`` parts a unit. Beyond them it is flat, or else ``beyond`` computes it.

    Of one that is even or odd, which ``parity`` says, ``low`` is 0.
    """

    def __init__(
        self,
        function: Callable[[Array], Array],
        low: float,
        high: float,
        beyond: Callable[[Array], Array] | None = None,
        steps: int = 1024,
        parity: str = "",
    ) -> None:
        self.steps, self.low, self.high = (np.float32(n) for n in (steps, low * steps, high * steps))
        self.center, self.radius = (
            np.float32(n) for n in ((0, high) if parity else ((low + high) / 2, (high - low) / 2))
        )
        self.beyond, self.parity = beyond, parity
        middle = np.arange(self.low, self.high + 1, dtype=np.float64)
        before, here, behind = (function((middle + node) / steps) for node in (-NODE, 0, NODE))
        slope, bend = (behind - before) / (2 * NODE), (behind + before - 2 * here) / (2 * NODE**2)
        rest = here - here.astype(np.float32)
        self.bend, self.slope, self.rest, self.here = (c.astype(np.float32) for c in (bend, slope, rest, here))

    def __call__(self, x: Array) -> Array:
        return by_blocks(self.read, x)

    def read(self, x: Array, out: Array, scratch: list[Array]) -> None:
        t, part, _ = scratch
        places = np.empty(x.shape, np.intp)
        np.multiply(np.abs(x, out=t) if self.parity else x, self.steps, t)
        np.clip(t, self.low, self.high, out=t)
        np.rint(t, part)
        t -= part
        part -= self.low
        np.copyto(places, part, casting="unsafe")
        self.bend.take(places, out=out, mode="clip")  # (a NaN is still one in t)
        for coefficient in (self.slope, self.rest):
            out *= t
            out += coefficient.take(places, out=part, mode="clip")
        out += self.here.take(places, out=part, mode="clip")
        if self.parity == "odd":
            np.copysign(out, x, out)
        if self.beyond is not None:
            np.subtract(x, self.center, t)
            outside = np.flatnonzero(np.abs(t, out=t) > self.radius)
            if outside.size:
                out[outside] = self.beyond(x[outside])


@cache
def table(name: str) -> Table:
    from scipy.special import erf, erfc, erfcx, i0, i0e, i1, i1e, log_ndtr, ndtr

    def gelu_slope(x: Array) -> Array:
        return ndtr(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    def normal_hazard(x: Array) -> Array:
        return math.sqrt(2 / math.pi) / erfcx(x.astype(np.float64) * -math.sqrt(0.5))

    def smooth(scaled: Any, plain: Any) -> Callable[[Array], Array]:
        """Without the kink that the scale exp(-|x|) has at 0."""
        return lambda x: np.where(x < 1, plain(x) * np.exp(-x), scaled(x))

    given: dict[str, tuple[Any, ...]] = {
        "erf": (erf, 0, 4, None, 4096, "odd"),
        "erfc": (erfc, -4, 10.25),
        "gelu_slope": (gelu_slope, -15, 6.5, None, 2048),
        "i0e": (smooth(i0e, i0), 0, 16, i0e, 1024, "even"),
        "i1e": (smooth(i1e, i1), 0, 8, i1e, 4096, "odd"),
        "log_ndtr": (log_ndtr, -14, 14.5, log_ndtr),
        "ndtr": (ndtr, -14.5, 5.75),
        "normal_hazard": (normal_hazard, -14, 15, normal_hazard),
    }
    return Table(*given[name])


def of_table(name: str) -> Callable[[Array], Array]:
    def read(x: Array) -> Array:
        return table(name)(x)

    return read


erf, erfc, gelu_slope = of_table("erf"), of_table("erfc"), of_table("gelu_slope")
i0e, i1e, log_ndtr = of_table("i0e"), of_table("i1e"), of_table("log_ndtr")
ndtr, normal_hazard = of_table("ndtr"), of_table("normal_hazard")
