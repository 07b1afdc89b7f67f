"""Recurrent layers: all steps of one layer in one direction.

x holds what the inputs give to the gates at each time, (..., T, N, G H): one product for all steps, made before. A step
adds what the state (..., N, H) gives, by the weights w (G H, H). The outputs are the states after each step, and the
values that rules need; ``reverse`` begins at the last time.

A rule goes against time, with one product a step, and what a step needs stays in the cache. The cotangents of the weights
are, again, one product of all steps.
"""

from __future__ import annotations

from ..core.batching import same_call
from ..core.op import general, linear

__all__ = ["gru_steps", "lstm_steps", "pack_padded", "rnn_steps"]


def at(xp, x, time):
    return xp.select(x, axis=-3, index=time)


def part(xp, x, number, size):
    """One of the gates."""
    return xp.slice_axis(x, axis=-1, start=number * size, stop=(number + 1) * size, step=1)


def times(x, reverse):
    """In the order of the forward pass."""
    return range(x.shape[-3])[:: -1 if reverse else 1]


def in_time(xp, steps, reverse):
    """The steps, in the order in which they were made, as one array."""
    return xp.stack(steps[:: -1 if reverse else 1], axis=-3)


def before(xp, first, states, reverse):
    """The state that each step began with."""
    length = states.shape[-3]
    first = xp.expand_dims(first, axis=-3)
    if reverse:
        return xp.concat([xp.slice_axis(states, axis=-3, start=1, stop=length, step=1), first], axis=-3)
    return xp.concat([first, xp.slice_axis(states, axis=-3, start=0, stop=length - 1, step=1)], axis=-3)


def flat(xp, x):
    """Times and batch as one axis."""
    return xp.reshape(x, (*x.shape[:-3], x.shape[-3] * x.shape[-2], x.shape[-1]))


def of_weights(xp, g, states):
    return xp.matmul(xp.matrix_transpose(flat(xp, g)), flat(xp, states))


def plus(x, y):
    return x if y is None else y if x is None else x + y


def at_or_none(xp, x, time):
    return None if x is None else at(xp, x, time)


# -- one gate: h = f(x + w h) -------------------------------------------------------------------------------------------


def rnn_forward(xp, x, h, w, *, nonlinearity, reverse):
    x, h, w = xp.widen(x), xp.widen(h), xp.contiguous(xp.matrix_transpose(xp.widen(w)))
    f, made = xp.tanh if nonlinearity == "tanh" else xp.relu, []
    for time in times(x, reverse):
        h = f(at(xp, x, time) + xp.matmul(h, w))
        made.append(h)
    return in_time(xp, made, reverse)


def rnn_rule(xp, g, need, x_shape, h, w, out, nonlinearity, reverse):
    """With p the argument of f: dp = dh f'(p), where dh is g and, of the step after, dp w; f' is known from the state."""
    tanh, made, carried = nonlinearity == "tanh", [], None
    slope = 1 - out * out if tanh else out <= 0
    for time in times(out, not reverse):
        dh = plus(at(xp, g, time), carried)
        dp = dh * at(xp, slope, time) if tanh else xp.zero_where(dh, at(xp, slope, time))
        carried = xp.matmul(dp, w)
        made.append(dp)
    gx = in_time(xp, made, not reverse)
    return gx, carried, of_weights(xp, gx, before(xp, h, out, reverse)) if need[2] else None


rnn_steps = general("rnn_steps(x, h, w, *, nonlinearity, reverse)", node="StackBackward0", domain="fV", batch=same_call,
    forward=lambda xp, x, h, w, **params: xp.narrow(rnn_forward(xp, x, h, w, **params), x), all=rnn_rule,
)

# -- four gates: i, f, o = sigmoid, g = tanh; c' = f c + i g, h = o tanh(c') -------------------------------------------


def lstm_forward(xp, x, h, c, w, *, reverse):
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
        gates.append(xp.concat([i, f, g, o], axis=-1))
    return tuple(xp.narrow(in_time(xp, steps, reverse), like) for steps in (states, cells, gates))


def lstm_rule(xp, g, need, h, c, w, out, cells, gates, reverse):
    """With t = tanh(c'): dc' gets dh o (1 - t^2) and, of the step after, dc' f; then (i, f, g, o) get dc' (g, c, i) and dh t."""
    gh, gc, gg = g
    size, earlier = h.shape[-1], before(xp, c, cells, reverse)
    made, dh, dc = [], xp.zeros_like(h), xp.zeros_like(c)
    for time in times(out, not reverse):
        dh, dc = plus(dh, at_or_none(xp, gh, time)), plus(dc, at_or_none(xp, gc, time))
        here, t = at(xp, gates, time), xp.tanh(at(xp, cells, time))
        i, f, k, o = (part(xp, here, number, size) for number in range(4))
        dc = dc + dh * o * (1 - t * t)
        given = [dc * k, dc * at(xp, earlier, time), dc * i, dh * t]
        if gg is not None:
            given = [x + part(xp, at(xp, gg, time), number, size) for number, x in enumerate(given)]
        di, df, dk, do = given
        dp = xp.concat([di * i * (1 - i), df * f * (1 - f), dk * (1 - k * k), do * o * (1 - o)], axis=-1)
        dh, dc = xp.matmul(dp, w), dc * f
        made.append(dp)
    gx = in_time(xp, made, not reverse)
    return gx, dh, dc, of_weights(xp, gx, before(xp, h, out, reverse)) if need[3] else None


lstm_steps = general("lstm_steps(x, h, c, w, *, reverse)", node="MkldnnRnnLayerBackward0", domain="fV",
    outputs="out cells gates", batch=same_call, forward=lstm_forward, all=lstm_rule,
)

# -- r, z = sigmoid(x + q), n = tanh(x + r q) with q = w h + b; h' = n + z (h - n) ----------------------------------------


def gru_forward(xp, x, h, w, *bias, reverse):
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
        gates.append(xp.concat([s, n, m], axis=-1))
    return tuple(xp.narrow(in_time(xp, steps, reverse), like) for steps in (states, gates))


def slice_to(xp, x, stop):
    return xp.slice_axis(x, axis=-1, start=0, stop=stop, step=1)


def gru_rule(xp, g, need, h, w, bias, out, gates, reverse):
    """With m the last third of q: n gets dh (1 - z), z gets dh (h - n), and the argument a of n gets da = dn (1 - n^2).

    Then m gets r da, and r gets m da. What the state gets is z dh, and of what q gets, the product with w.
    """
    gh, gg = g
    size, earlier = h.shape[-1], before(xp, h, out, reverse)
    of_x, of_q, dh = [], [], xp.zeros_like(h)
    for time in times(out, not reverse):
        dh, here = plus(dh, at_or_none(xp, gh, time)), at(xp, gates, time)
        r, z, n, m = (part(xp, here, number, size) for number in range(4))
        dz, dn, through = dh * (at(xp, earlier, time) - n), dh * (1 - z), dh * z
        if gg is not None:
            gr, gz, gn, gm = (part(xp, at(xp, gg, time), number, size) for number in range(4))
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


gru_steps = general("gru_steps(x, h, w, *bias, reverse)", node="StackBackward0", domain="fV", outputs="out gates",
    batch=same_call, forward=gru_forward, all=gru_rule,
)

# -- packed sequences: the first ``size`` rows of each time, for runs of ``count`` times ------------------------------------


def pack_forward(xp, x, *, runs, rank):
    """x: (T, N, ...) of ``rank`` dimensions."""
    lead, behind, start, found = x.shape[: len(x.shape) - rank], x.shape[len(x.shape) - rank + 2 :], 0, []
    for count, size in runs:
        block = xp.slice_axis(x, axis=-rank, start=start, stop=start + count, step=1)
        block = xp.slice_axis(block, axis=1 - rank, start=0, stop=size, step=1)
        found.append(xp.reshape(block, (*lead, count * size, *behind)))
        start += count
    return xp.concat(found, axis=1 - rank)


def pack_rule(xp, g, x_shape, runs, rank):
    """The adjoint: each run back in its place, zeros around."""
    lead, (length, batch, *behind) = x_shape[: len(x_shape) - rank], x_shape[len(x_shape) - rank :]
    at = start = 0
    found = []
    for count, size in runs:
        block = xp.slice_axis(g, axis=1 - rank, start=start, stop=start + count * size, step=1)
        block = xp.reshape(block, (*lead, count, size, *behind))
        found.append(xp.slice_adjoint(block, axis=1 - rank, start=0, stop=size, step=1, size=batch))
        at, start = at + count, start + count * size
    return xp.slice_adjoint(xp.concat(found, axis=-rank), axis=-rank, start=0, stop=at, step=1, size=length)


pack_padded = linear("pack_padded(x, *, runs, rank)", node="PackPaddedSequenceBackward0",
    forward=pack_forward, x=pack_rule,
)
