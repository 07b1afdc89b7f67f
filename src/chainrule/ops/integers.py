"""What integers have in common, and the integers in floating point numbers: their exponents."""

from __future__ import annotations

import math

from ..core.batching import same_call
from ..core.op import general, step

__all__ = ["frexp", "gcd", "hash_bits", "lcm", "nonzero_static"]

gcd = step("gcd(x, y)", promotion="common", domain="iu")
lcm = step("lcm(x, y)", promotion="common", domain="iu")

# The exclusive or of the bits of numbers as 64-bit floats or integers.
hash_bits = step("hash_bits(x, *, axis, keepdims)", domain="biufV", batch=same_call)

# x = mantissa 2^exponent, and the exponent is constant almost everywhere.
frexp = general("frexp(x)", domain="fV", outputs="mantissa exponent", batch=same_call,
    differentiable=(True, False),
    x=lambda xp, g, exponent: g[0] / xp.exp2(xp.astype(exponent, g[0].dtype)),
)


def _first_nonzero(xp, x, shape, size, fill):
    """Of each row of x, which is an array of ``shape``, the coordinates of the first ``size`` elements that are not 0."""
    rows, n = x.shape[0], math.prod(shape)
    numbers = xp.broadcast_to(xp.arange(n), (rows, n))
    there = xp.reshape(xp.not_equal(x, xp.zeros_like(x)), (rows, n))
    ranks = xp.cumulative_sum(xp.where(there, xp.ones_like(numbers), 0), axis=-1) - 1
    taken = xp.logical_and(there, ranks < size)
    places = xp.full((rows, size + 1), -1)  # the last one for what is not taken
    places = xp.scatter(places, xp.where(taken, ranks, size), numbers, axis=-1)
    places = xp.slice_axis(places, axis=-1, start=0, stop=size, step=1)
    coordinates, step = [], n
    for length in shape:
        step //= max(length, 1)
        coordinates.append(xp.where(places < 0, fill, places // max(step, 1) % max(length, 1)))
    return xp.stack(coordinates, axis=-1) if shape else xp.zeros((rows, size, 0), dtype=numbers.dtype)


nonzero_static = step("nonzero_static(x, *, size, fill)",
    forward=lambda xp, x, size, fill: _first_nonzero(xp, xp.expand_dims(x, axis=0), x.shape, size, fill)[0, ...],
    batch=lambda xp, x, call, fill: _first_nonzero(xp, x, x.shape[1:], call.params["size"], fill),
)
