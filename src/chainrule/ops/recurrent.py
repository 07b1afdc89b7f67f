"""Recurrent layers: all steps of one layer in one direction.

x holds what the inputs give to the gates at each time, (..., T, N, G H): one product for all steps, made before. A step
adds what the state (..., N, H) gives, by the weights w (G H, H). The outputs are the states after each step, and the
values that rules need; ``reverse`` begins at the last time.

A rule goes against time, with one product a step. The cotangents of the weights are, again, one product of all steps. The
adjoints of layers with several gates are functions of the namespace: NumPy has kernels for them, and on tensors they are
made of recorded ops.
"""

from __future__ import annotations

import sys
from functools import partial

from ..backend import recurrent_common
from ..backend.recurrent_common import at, before, in_time, of_weights, plus, times
from ..core.batching import same_call
from ..core.op import general, linear

__all__ = ["gru_adjoint", "gru_steps", "lstm_adjoint", "lstm_steps", "pack_padded", "rnn_steps"]

namespace = sys.modules[__package__]


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

lstm_adjoint = partial(recurrent_common.lstm_adjoint, namespace)

lstm_steps = general("lstm_steps(x, h, c, w, *, reverse)", node="MkldnnRnnLayerBackward0", domain="fV",
    outputs="out cells gates", batch=same_call,
    all=lambda xp, g, need, h, c, w, out, cells, gates, reverse:
        xp.lstm_adjoint(g, h, c, w, out, cells, gates, need=need, reverse=reverse),
)

# -- r, z = sigmoid(x + q), n = tanh(x + r q) with q = w h + b; h' = n + z (h - n) ----------------------------------------

gru_adjoint = partial(recurrent_common.gru_adjoint, namespace)

gru_steps = general("gru_steps(x, h, w, *bias, reverse)", node="StackBackward0", domain="fV", outputs="out gates",
    batch=same_call,
    all=lambda xp, g, need, h, w, bias, out, gates, reverse:
        xp.gru_adjoint(g, h, w, bias, out, gates, need=need, reverse=reverse),
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
