"""Recurrent layers by the namespace's functions: the forwards of XLA, and the rules where they are recorded.

See ``ops/recurrent.py`` for what the operands are. NumPy's own kernels are in ``recurrent_numpy.py``.
"""

from __future__ import annotations

from typing import Any

Array = Any


def at(xp: Any, x: Array, time: int) -> Array:
    return xp.select(x, axis=-3, index=time)


def part(xp: Any, x: Array, number: int, size: int) -> Array:
    """What is for one of the gates."""
    return xp.slice_axis(x, axis=-1, start=number * size, stop=(number + 1) * size, step=1)


def gates_at(xp: Any, gates: Array, time: int) -> list[Array]:
    """Each of the gates."""
    here = xp.select(gates, axis=-4, index=time)
    return [xp.select(here, axis=-3, index=number) for number in range(here.shape[-3])]


def times(x: Array, reverse: bool) -> range:
    """In the order of the forward pass."""
    return range(x.shape[-3])[:: -1 if reverse else 1]


def in_time(xp: Any, steps: list[Array], reverse: bool, axis: int = -3) -> Array:
    """The steps, in the order in which they were made, as one array."""
    return xp.stack(steps[:: -1 if reverse else 1], axis=axis)


def before(xp: Any, first: Array, states: Array, reverse: bool) -> Array:
    """The state that each step began with."""
    length = states.shape[-3]
    first = xp.expand_dims(first, axis=-3)
    if reverse:
        return xp.concat([xp.slice_axis(states, axis=-3, start=1, stop=length, step=1), first], axis=-3)
    return xp.concat([first, xp.slice_axis(states, axis=-3, start=0, stop=length - 1, step=1)], axis=-3)


def flat(xp: Any, x: Array) -> Array:
    """Times and batch as one axis."""
    return xp.reshape(x, (*x.shape[:-3], x.shape[-3] * x.shape[-2], x.shape[-1]))


def of_weights(xp: Any, g: Array, states: Array) -> Array:
    return xp.matmul(xp.matrix_transpose(flat(xp, g)), flat(xp, states))


def plus(x: Array, y: Array) -> Array:
    return x if y is None else y if x is None else x + y


def at_or_none(xp: Any, x: Array, time: int) -> Array:
    return None if x is None else at(xp, x, time)


# -- four gates: i, f, o = sigmoid, g = tanh; c' = f c + i g, h = o tanh(c') -------------------------------------------


def lstm_steps(xp: Any, x: Array, h: Array, c: Array, w: Array, *, reverse: bool) -> tuple[Array, ...]:
    like, size = x, h.shape[-1]
    x, h, c, w = xp.widen(x), xp.widen(h), xp.widen(c), xp.contiguous(xp.matrix_transpose(xp.widen(w)))
    states, cells, gates = [], [], []
    for time in times(x, reverse):
        p = at(xp, x, time) + xp.matmul(h, w)
        s = xp.sigmoid(p)
        i, f, o = (part(xp, s, number, size) for number in (0, 1, 3))
        g = xp.tanh(part(xp, p, 2, size))
        c = f * c + i * g
        h = o * xp.tanh(c)
        states.append(h)
        cells.append(c)
        gates.append(xp.stack([i, f, g, o], axis=-3))
    found = [in_time(xp, states, reverse), in_time(xp, cells, reverse), in_time(xp, gates, reverse, -4)]
    return tuple(xp.narrow(one, like) for one in found)


def lstm_adjoint(
    xp: Any, g: Any, h: Array, c: Array, w: Array, out: Array, cells: Array, gates: Array, *, need: Any, reverse: bool
) -> tuple[Array, ...]:
    """With t = tanh(c'): dc' gets dh o (1 - t^2) and, of the step after, dc' f; then (i, f, g, o) get dc' (g, c, i) and dh t."""
    gh, gc, gg = g
    earlier = before(xp, c, cells, reverse)
    made, dh, dc = [], xp.zeros_like(h), xp.zeros_like(c)
    for time in times(out, not reverse):
        dh, dc = plus(dh, at_or_none(xp, gh, time)), plus(dc, at_or_none(xp, gc, time))
        (i, f, k, o), t = gates_at(xp, gates, time), xp.tanh(at(xp, cells, time))
        dc = dc + dh * o * (1 - t * t)
        given = [dc * k, dc * at(xp, earlier, time), dc * i, dh * t]
        if gg is not None:
            given = [x + one for x, one in zip(given, gates_at(xp, gg, time), strict=True)]
        di, df, dk, do = given
        dp = xp.concat([di * i * (1 - i), df * f * (1 - f), dk * (1 - k * k), do * o * (1 - o)], axis=-1)
        dh, dc = xp.matmul(dp, w), dc * f
        made.append(dp)
    gx = in_time(xp, made, not reverse)
    return gx, dh, dc, of_weights(xp, gx, before(xp, h, out, reverse)) if need[3] else None


# -- r, z = sigmoid(x + q), n = tanh(x + r q) with q = w h + b; h' = n + z (h - n) ----------------------------------------


def gru_steps(xp: Any, x: Array, h: Array, w: Array, *bias: Array, reverse: bool) -> tuple[Array, ...]:
    like, size = x, h.shape[-1]
    x, h, w = xp.widen(x), xp.widen(h), xp.contiguous(xp.matrix_transpose(xp.widen(w)))
    b = xp.expand_dims(xp.widen(bias[0]), axis=-2) if bias else None
    states, gates = [], []
    for time in times(x, reverse):
        p, q = at(xp, x, time), plus(xp.matmul(h, w), b)
        both = slice_to(xp, p, 2 * size)
        s = xp.sigmoid(both + slice_to(xp, q, 2 * size))
        m = part(xp, q, 2, size)
        n = xp.tanh(part(xp, p, 2, size) + part(xp, s, 0, size) * m)
        h = n + part(xp, s, 1, size) * (h - n)
        states.append(h)
        gates.append(xp.stack([part(xp, s, 0, size), part(xp, s, 1, size), n, m], axis=-3))
    return tuple(xp.narrow(one, like) for one in (in_time(xp, states, reverse), in_time(xp, gates, reverse, -4)))


def slice_to(xp: Any, x: Array, stop: int) -> Array:
    return xp.slice_axis(x, axis=-1, start=0, stop=stop, step=1)


def gru_adjoint(
    xp: Any, g: Any, h: Array, w: Array, bias: Any, out: Array, gates: Array, *, need: Any, reverse: bool
) -> list[Array]:
    """With m the last third of q: n gets dh (1 - z), z gets dh (h - n), and the argument a of n gets da = dn (1 - n^2).

    Then m gets r da, and r gets m da. What the state gets is z dh, and of what q gets, the product with w.
    """
    gh, gg = g
    earlier = before(xp, h, out, reverse)
    of_x, of_q, dh = [], [], xp.zeros_like(h)
    for time in times(out, not reverse):
        dh, (r, z, n, m) = plus(dh, at_or_none(xp, gh, time)), gates_at(xp, gates, time)
        dz, dn, through = dh * (at(xp, earlier, time) - n), dh * (1 - z), dh * z
        if gg is not None:
            gr, gz, gn, gm = gates_at(xp, gg, time)
            dz, dn = dz + gz, dn + gn
        da = dn * (1 - n * n)
        dr, dm = da * m, da * r
        if gg is not None:
            dr, dm = dr + gr, dm + gm
        both = [dr * r * (1 - r), dz * z * (1 - z)]
        dq = xp.concat([*both, dm], axis=-1)
        of_q.append(dq)
        of_x.append(xp.concat([*both, da], axis=-1))
        dh = through + xp.matmul(dq, w)
    gx, dq = in_time(xp, of_x, not reverse), in_time(xp, of_q, not reverse)
    found = [gx, dh, of_weights(xp, dq, earlier) if need[2] else None]
    return [*found, xp.sum(dq, axis=(-3, -2))] if bias else found
