"""Recurrent layers on NumPy arrays: each step in the same few buffers, which stay in the processor's cache.

What rules need of all steps is computed for several of them at once, or for one if it is large; what depends on the step
after is a product with that. Batches of layers, half precision and cotangents of the gates, which only derivatives of
higher order have, are left to ``recurrent_common``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import numpy as namespace, recurrent_common
from .elementwise_numpy import DOUBLE, LOOKED_AT, ONE, SINGLE
from .shape_numpy import transposed

Array = Any

CACHED = 1 << 15
"""So many gates are worked on at once."""


def is_plain(x: Array, *cotangents: Array) -> bool:
    return x.ndim == 3 and x.dtype in (SINGLE, DOUBLE) and all(g is None for g in cotangents)


def working(x: Array) -> Any:
    """The dtype of what is between two products: of a few numbers the digits shall be those of exact functions."""
    return DOUBLE if x.shape[1] * x.shape[2] <= LOOKED_AT else x.dtype


def times(length: int, reverse: bool) -> range:
    return range(length)[:: -1 if reverse else 1]


def right_factor(w: Array, length: int, batch: int) -> Array:
    """The transpose of ``w``, copied where that makes products of this many steps faster."""
    return w.T if batch == 1 or length < 4 else transposed(w)


def by_gate(x: Array, size: int) -> Array:
    """A view of (..., N, G H) as (..., G, N, H)."""
    return x.reshape(*x.shape[:-1], x.shape[-1] // size, size).swapaxes(-2, -3)


def blocks_backward(gates: Array, reverse: bool) -> Iterator[tuple[slice, range, Array]]:
    """Times by blocks, the last step first; those of a block, counted within it; and memory for what is like its gates."""
    length, size = len(gates), max(1, CACHED // max(1, gates[0].size))
    scratch = np.empty_like(gates[:size])
    for first in range(0, length, size):
        count = min(size, length - first)
        start = first if reverse else length - first - count
        yield slice(start, start + count), times(count, not reverse), scratch[:count]


def before(first: Array, states: Array, reverse: bool) -> Array:
    """The state that each step began with."""
    return np.concatenate([states[1:], first[None]] if reverse else [first[None], states[:-1]])


def of_weights(g: Array, states: Array) -> Array:
    """One product for all steps."""
    rows = g.shape[0] * g.shape[1]
    return namespace.transposed_matmul(g.reshape(rows, g.shape[2]), states.reshape(rows, states.shape[2]))


def one_plus_exp_of_minus(x: Array, one: Array) -> None:
    """In place: the reciprocal of the sigmoid."""
    np.negative(x, x)
    np.exp(x, x)
    np.add(x, one, x)


def lstm_steps(x: Array, h: Array, c: Array, w: Array, *, reverse: bool) -> tuple[Array, Array, Array]:
    """The states, cells and gates (i, f, g, o) of all steps."""
    if not is_plain(x):
        return recurrent_common.lstm_steps(namespace, x, h, c, w, reverse=reverse)
    (length, batch, _), size, dtype = x.shape, h.shape[-1], working(x)
    states, cells = (np.empty((length, batch, size), x.dtype) for _ in range(2))
    gates, product = np.empty((length, 4, batch, size), x.dtype), np.empty(x.shape[1:], x.dtype)
    p, s, t = (np.empty((*lead, batch, size), dtype) for lead in ((4,), (4,), ()))
    one, c, w = ONE[p.dtype], c.astype(dtype), right_factor(w, length, batch)
    given, of_state = by_gate(x, size), by_gate(product, size)
    i, f, g, o = s
    for time in times(length, reverse):
        np.dot(h, w, product)
        np.add(of_state, given[time], p)
        np.tanh(p[2], g)
        one_plus_exp_of_minus(p, one)
        np.divide(one, p[:2], s[:2])
        np.divide(one, p[3], o)
        gates[time] = s
        np.multiply(c, f, c)
        np.multiply(i, g, t)
        np.add(c, t, c)
        cells[time] = c
        np.tanh(c, t)
        h = np.multiply(o, t, states[time], casting="same_kind")
    return states, cells, gates


def lstm_adjoint(
    g: Any, h: Array, c: Array, w: Array, out: Array, cells: Array, gates: Array, *, need: Any, reverse: bool
) -> Any:
    """With t = tanh(c'): dc' gets dh o (1 - t^2) and, of the step after, dc' f; then (i, f, g, o) get dc' (g, c, i) and dh t."""
    if not is_plain(out, g[2]):
        return recurrent_common.lstm_adjoint(namespace, g, h, c, w, out, cells, gates, need=need, reverse=reverse)
    (length, batch, size), one = out.shape, ONE[out.dtype]
    earlier, gx = before(c, cells, reverse), np.empty((length, batch, 4 * size), out.dtype)
    of_gates = by_gate(gx, size)
    dh, dc, product = (np.zeros((batch, size), out.dtype) for _ in range(3))
    for block, steps, slopes in blocks_backward(gates, reverse):
        i, f, k, o = gates[block].swapaxes(0, 1)
        np.subtract(one, gates[block], slopes)
        np.multiply(slopes, gates[block], slopes)
        of_i, of_f, of_k, of_o = slopes.swapaxes(0, 1)
        np.multiply(k, k, of_k)
        np.subtract(one, of_k, of_k)
        t = np.tanh(cells[block])
        of_i *= k
        of_f *= earlier[block]
        of_k *= i
        of_o *= t
        t *= t
        np.subtract(one, t, t)
        t *= o
        gh, gc = (None if one is None else one[block] for one in g[:2])
        for step in steps:
            if gh is not None:
                dh += gh[step]
            if gc is not None:
                dc += gc[step]
            np.multiply(dh, t[step], product)
            dc += product
            here = slopes[step]
            here[:3] *= dc
            here[3] *= dh
            of_gates[block][step] = here
            dc *= f[step]
            np.dot(gx[block][step], w, dh)
    return [gx, dh, dc, of_weights(gx, before(h, out, reverse)) if need[3] else None]


def gru_steps(x: Array, h: Array, w: Array, *bias: Array, reverse: bool) -> tuple[Array, Array]:
    """The states of all steps, and (r, z, n, m) with m the last third of what the states give."""
    if not is_plain(x):
        return recurrent_common.gru_steps(namespace, x, h, w, *bias, reverse=reverse)
    (length, batch, _), size, dtype = x.shape, h.shape[-1], working(x)
    states, gates = np.empty((length, batch, size), x.dtype), np.empty((length, 4, batch, size), x.dtype)
    q, w = np.empty(x.shape[1:], x.dtype), right_factor(w, length, batch)
    s, t = np.empty((3, batch, size), dtype), np.empty((batch, size), dtype)
    one, given, of_state = ONE[s.dtype], by_gate(x, size), by_gate(q, size)
    both, (r, z, n), m = s[:2], s, of_state[2]
    for time in times(length, reverse):
        np.dot(h, w, q)
        if bias:
            np.add(q, bias[0], q)
        p, kept = given[time], gates[time]
        np.add(p[:2], of_state[:2], both)
        one_plus_exp_of_minus(both, one)
        np.divide(one, both, both)
        np.multiply(r, m, n)
        np.add(n, p[2], n)
        np.tanh(n, n)
        kept[:3] = s
        kept[3] = m
        np.subtract(h, n, t)
        np.multiply(t, z, t)
        h = np.add(n, t, states[time], casting="same_kind")
    return states, gates


def gru_adjoint(g: Any, h: Array, w: Array, bias: Any, out: Array, gates: Array, *, need: Any, reverse: bool) -> Any:
    """With a the argument of n: a gets da = dh (1 - z) (1 - n^2), r gets da m, z gets dh (h - n), and m gets da r."""
    if not is_plain(out, g[1]):
        return recurrent_common.gru_adjoint(namespace, g, h, w, bias, out, gates, need=need, reverse=reverse)
    (length, batch, size), one = out.shape, ONE[out.dtype]
    earlier = before(h, out, reverse)
    gx, gq = (np.empty((length, batch, 3 * size), out.dtype) for _ in range(2))
    of_gates, of_state = by_gate(gx, size), by_gate(gq, size)
    dh, product = (np.zeros((batch, size), out.dtype) for _ in range(2))
    for block, steps, scratch in blocks_backward(gates, reverse):
        r, z, n, m = gates[block].swapaxes(0, 1)
        slopes = np.subtract(one, gates[block][:, :3], scratch[:, :3])
        of_r, of_z, of_n = slopes.swapaxes(0, 1)
        np.multiply(n, n, of_n)
        np.subtract(one, of_n, of_n)
        of_n *= of_z  # still 1 - z
        slopes[:, :2] *= gates[block][:, :2]
        of_r *= m
        of_z *= earlier[block] - n
        gh = None if g[0] is None else g[0][block]
        for step in steps:
            if gh is not None:
                dh += gh[step]
            here, given = slopes[step], of_state[block][step]
            here[1:] *= dh
            here[0] *= here[2]
            of_gates[block][step] = here
            given[:2] = here[:2]
            np.multiply(here[2], r[step], given[2])
            dh *= z[step]
            np.dot(gq[block][step], w, product)
            dh += product
    found = [gx, dh, of_weights(gq, earlier) if need[2] else None]
    return [*found, gq.sum((0, 1))] if bias else found
