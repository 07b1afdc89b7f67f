"""Recurrent layers and cells: PyTorch's functions behind ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU``.

What the inputs give to the gates is one product for all steps of a layer, and the steps of a layer in one direction are one
op; of packed sequences, one op for each run of steps with the same batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..dtypes import bfloat16
from ..promotion import is_half, scalar_type_name
from ._arguments import tensor_argument
from ._autocast import lowered, switched_off
from .affine import linear
from .dropping import dropout as dropped
from .joining import cat, stack

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
]  # fmt: skip

State = Any  # a tuple of tensors of shape (N, H)
Steps = Callable[[Any, State, Any, bool], tuple[Any, State]]
"""(what the inputs give, the state, the other weights, in reverse) -> the states after each step, and the last one."""


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory (Hochreiter & Schmidhuber 1997) over sequences: what :class:`chainrule.nn.LSTM` computes.

    Called as ``lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)``, or, of packed
    sequences, ``lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)``.

    Args:
        args: ``input`` of shape (T, N, D), or (N, T, D) with ``batch_first``; ``hx``, two tensors (layers * directions, N,
            H); ``params``, for each layer and direction the weights of input (4 H, D) and state (4 H, H), both biases
            (4 H) if ``has_biases``, and (P, H) if states are projected.
        kwargs: the same by name.

    Returns:
        The output (T, N, directions * H), and the last states of all layers, two tensors like ``hx``.

    Raises:
        RuntimeError: shapes, dtypes or a number of parameters that do not fit.

    >>> import chainrule as torch
    >>> x, h, one = torch.ones(3, 1, 1), torch.zeros(1, 1, 1), torch.ones(4, 1)
    >>> torch.lstm(x, (h, h), (one, one), False, 1, 0.0, False, False, False)[1]
    tensor([[[0.7888]]])
    """
    given = _arguments("lstm", args, kwargs)
    tensors = [given["input"], *given["hx"], *given["params"]]
    low = lowered(*tensors)
    if low is None or given["batch_sizes"] is not None:
        output, states = _layers("lstm", _lstm, 2, given)
        return output, *states
    given["input"], given["hx"], given["params"] = low[0], low[1:3], low[3:]
    with switched_off():
        output, states = _layers("lstm", _lstm, 2, given)
    return output, *states


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Gated recurrent units (Cho et al. 2014) over sequences: what :class:`chainrule.nn.GRU` computes.

    Called as :func:`lstm` is, with one tensor for ``hx`` and weights of 3 H rows.

    >>> import chainrule as torch
    >>> x, h, one = torch.ones(3, 1, 1), torch.zeros(1, 1, 1), torch.ones(3, 1)
    >>> torch.gru(x, h, (one, one), False, 1, 0.0, False, False, False)[1]
    tensor([[[0.4517]]])
    """
    output, states = _layers("gru", _gru, 1, _arguments("gru", args, kwargs))
    return output, states[0]


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """``h = tanh(w_ih x + b_ih + w_hh h + b_hh)`` over sequences: what :class:`chainrule.nn.RNN` computes.

    Called as :func:`lstm` is, with one tensor for ``hx`` and weights of H rows.

    >>> import chainrule as torch
    >>> x, h, one = torch.ones(3, 1, 1), torch.zeros(1, 1, 1), torch.ones(1, 1)
    >>> torch.rnn_tanh(x, h, (one, one), False, 1, 0.0, False, False, False)[1]
    tensor([[[0.9597]]])
    """
    output, states = _layers("rnn_tanh", _plain("tanh"), 1, _arguments("rnn_tanh", args, kwargs))
    return output, states[0]


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """:func:`rnn_tanh` with ``relu`` in the place of ``tanh``.

    >>> import chainrule as torch
    >>> x, h, one = torch.ones(3, 1, 1), torch.zeros(1, 1, 1), torch.ones(1, 1)
    >>> torch.rnn_relu(x, h, (one, one), False, 1, 0.0, False, False, False)[1]
    tensor([[[3.]]])
    """
    output, states = _layers("rnn_relu", _plain("relu"), 1, _arguments("rnn_relu", args, kwargs))
    return output, states[0]


# -- the steps of a layer in one direction --------------------------------------------------------------------------------


def _plain(nonlinearity: str) -> Steps:
    def steps(x: Any, state: State, weights: Any, reverse: bool) -> tuple[Any, State]:
        out = ops.rnn_steps(x, state[0], weights[0], nonlinearity=nonlinearity, reverse=reverse)
        return out, (_last(out, reverse),)

    return steps


def _lstm(x: Any, state: State, weights: Any, reverse: bool) -> tuple[Any, State]:
    if len(weights) == 2:
        return _projected(x, state, weights, reverse)
    out, cells, _ = ops.lstm_steps(x, *state, weights[0], reverse=reverse)
    return out, (_last(out, reverse), _last(cells, reverse))


def _rounded(cell: Callable[[Any, Any, State], State]) -> Steps:
    """In half precision PyTorch takes a cell for each step, and rounds what each of its ops gives."""

    def steps(x: Any, state: State, weights: Any, reverse: bool) -> tuple[Any, State]:
        (w, b, *w_hr), made = weights, []
        for given in x.unbind(0)[:: -1 if reverse else 1]:
            state = cell(given, linear(state[0], w, b), state)
            if w_hr:
                state = (linear(state[0], w_hr[0]), *state[1:])
            made.append(state[0])
        return stack(made[:: -1 if reverse else 1]), state

    return steps


def _lstm_in_bfloat16(x: Any, state: State, w: Any, reverse: bool) -> tuple[Any, State]:
    """PyTorch leaves this one to oneDNN, which computes a step in float32, and rounds what the next begins with."""
    (h, c), made = state, []
    for given in x.split(1)[:: -1 if reverse else 1]:
        out, cells, _ = ops.lstm_steps(given, h.float(), c.float(), w, reverse=False)
        h, c = out[0].bfloat16(), cells[0].bfloat16()
        made.append(h)
    return stack(made[:: -1 if reverse else 1]), (h, c)


def _projected(x: Any, state: State, weights: Any, reverse: bool) -> tuple[Any, State]:
    """The state is a product of what the output gate lets through: step by step."""
    (h, c), (w, w_hr), made = state, weights, []
    for at in range(len(x))[:: -1 if reverse else 1]:
        h, c = _lstm_step(x[at] + linear(h, w), c)
        h = linear(h, w_hr)
        made.append(h)
    return stack(made[:: -1 if reverse else 1]), (h, c)


def _lstm_step(gates: Any, c: Any) -> tuple[Any, Any]:
    i, f, g, o = gates.chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def _gru(x: Any, state: State, weights: Any, reverse: bool) -> tuple[Any, State]:
    out, _ = ops.gru_steps(x, state[0], *weights, reverse=reverse)
    return out, (_last(out, reverse),)


def _gru_step(of_input: Any, of_state: Any, h: Any) -> Any:
    (xr, xz, xn), (hr, hz, hn) = of_input.chunk(3, -1), of_state.chunk(3, -1)
    n = (xn + (xr + hr).sigmoid() * hn).tanh()
    return (h - n) * (xz + hz).sigmoid() + n


_CELLS: dict[str, Callable[[Any, Any, State], State]] = {
    "lstm": lambda x, q, state: _lstm_step(x + q, state[1]),
    "gru": lambda x, q, state: (_gru_step(x, q, state[0]),),
    "rnn_tanh": lambda x, q, state: ((x + q).tanh(),),
    "rnn_relu": lambda x, q, state: ((x + q).relu(),),
}
"""What the inputs give, what the state gives, and the state -> the next state."""


def _last(states: Any, reverse: bool) -> Any:
    return states[0 if reverse else -1]


# -- layers ----------------------------------------------------------------------------------------------------------------


def _layers(name: str, steps: Steps, count: int, given: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The output of the last layer; the last states of all layers, stacked, ``count`` of them."""
    x, hx, params = given["input"], given["hx"], list(given["params"])
    states = [hx] if count == 1 else list(hx)
    if len(states) != count:
        raise RuntimeError(f"{name} expects {count} hidden states, but got {len(states)}")
    directions, layers = 1 + bool(given["bidirectional"]), given["num_layers"]
    biased = bool(given["has_biases"])
    each = 4 if biased else 2
    if len(params) == layers * directions * (each + 1) and count == 2:
        each += 1
    if len(params) != layers * directions * each:
        raise RuntimeError(f"got an incorrect number of RNN parameters: {len(params)} for {layers} layers")
    _check_alike(x, states, params)
    runs = None
    if given["batch_sizes"] is not None:
        runs = _runs(given["batch_sizes"].tolist())
    else:
        if x.ndim != 3:
            raise RuntimeError(f"{name}: the input must be of 3 dimensions, but has shape {list(x.shape)}")
        x = x.transpose(0, 1) if given["batch_first"] else x
        if not len(x):
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    last: list[list[Any]] = [[] for _ in states]
    for layer in range(layers):
        found = []
        for direction in range(directions):
            number = layer * directions + direction
            own = params[number * each : (number + 1) * each]
            state = tuple(s[number] for s in states)
            out, state = _one_direction(steps, name, x, runs, state, own, biased, bool(direction))
            found.append(out)
            for kept, one in zip(last, state, strict=True):
                kept.append(one)
        x = found[0] if directions == 1 else cat(found, -1)
        if given["dropout"] and given["train"] and layer < layers - 1:
            x = dropped(x, given["dropout"], True)
    if given["batch_first"]:
        # PyTorch's plain layers turn their result in place, and its name says so.
        x = x.transpose(0, 1) if count == 2 and each == 2 + 2 * biased else ops.swapaxes_(x, axis1=-3, axis2=-2)
    return x, [stack(kept) for kept in last]


NAMES = "hx params has_biases num_layers dropout train bidirectional"


def _arguments(name: str, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments by name, in either of both forms."""
    packed = "batch_sizes" in kwargs or "data" in kwargs or (len(args) > 3 and not isinstance(args[3], (bool, int)))
    names = ["data", "batch_sizes", *NAMES.split()] if packed else ["input", *NAMES.split(), "batch_first"]
    given = dict(zip(names, args, strict=False)) | kwargs
    if len(args) > len(names) or set(given) != set(names):
        raise TypeError(f"{name}() takes ({', '.join(names)}), but got {sorted(given)}")
    found = {"batch_sizes": None, "batch_first": False, **given}
    found["input"] = tensor_argument(found.pop("data", found.get("input")), name, "input")
    return found


def _check_alike(x: Any, states: Sequence[Any], params: Sequence[Any]) -> None:
    for what, others in (("hidden", states), ("parameter", params)):
        for other in others:
            if other.dtype != x.dtype:
                found, theirs = (scalar_type_name(one._array.dtype) for one in (x, other))
                raise RuntimeError(
                    f"Input and {what} tensors are not the same dtype, found input tensor with {found} and {what} tensor with "
                    f"{theirs}"
                )


def _runs(sizes: list[int]) -> list[tuple[int, int]]:
    """Runs of steps with the same batch: (how many, of which size)."""
    runs: list[tuple[int, int]] = []
    for size in sizes:
        if runs and runs[-1][1] == size:
            runs[-1] = (runs[-1][0] + 1, size)
        else:
            runs.append((1, size))
    return runs


def _one_direction(
    steps: Steps, name: str, x: Any, runs: Any, state: State, own: list[Any], biased: bool, reverse: bool
) -> tuple[Any, State]:
    w_ih, w_hh, *rest = own
    b_ih: Any = rest.pop(0) if biased else None
    b_hh: Any = rest.pop(0) if biased else None
    in_halves = is_half(x._array.dtype) or lowered() is not None
    if in_halves and name == "lstm" and x.dtype is bfloat16 and not rest and runs is None:
        bias = None if b_ih is None else (b_ih + b_hh).float()
        return _lstm_in_bfloat16(linear(x.float(), w_ih.float(), bias), state, w_hh.float(), reverse)
    if in_halves:
        steps = _rounded(_CELLS[name])
        gates, weights = linear(x, w_ih, b_ih), (w_hh, b_hh, *rest)
    else:
        if name == "gru":
            rest = [] if b_hh is None else [b_hh]
        elif biased:
            b_ih = b_ih + b_hh  # added to the same sums
        gates, weights = linear(x, w_ih, b_ih), (w_hh, *rest)
    if runs is None:
        return steps(gates, state, weights, reverse)
    parts = gates.split([count * size for count, size in runs])
    blocks = [part.reshape(count, size, part.shape[-1]) for part, (count, size) in zip(parts, runs, strict=True)]
    return (_shrinking, _growing)[reverse](steps, blocks, state, weights)


def _shrinking(steps: Steps, blocks: list[Any], state: State, weights: Any) -> tuple[Any, State]:
    """Sequences end one after the other, the last of the batch first."""
    outs, ended = [], []
    for block in blocks:
        size = block.shape[1]
        if size < len(state[0]):
            ended.append(tuple(s[size:] for s in state))
            state = tuple(s[:size] for s in state)
        out, state = steps(block, state, weights, False)
        outs.append(out.flatten(0, 1))
    ended.append(state)
    return cat(outs), tuple(cat(parts) for parts in zip(*reversed(ended), strict=True))


def _growing(steps: Steps, blocks: list[Any], first: State, weights: Any) -> tuple[Any, State]:
    """Against time, sequences join one after the other, each with its first state."""
    outs: list[Any] = []
    state = tuple(s[:0] for s in first)
    for block in reversed(blocks):
        here, size = len(state[0]), block.shape[1]
        if size > here:
            state = tuple(cat([s, f[here:size]]) if here else f[:size] for s, f in zip(state, first, strict=True))
        out, state = steps(block, state, weights, True)
        outs.insert(0, out.flatten(0, 1))
    return cat(outs), state


# -- cells -----------------------------------------------------------------------------------------------------------------


def _sums(
    name: str, input: Any, h: Any, weights: tuple[Any, Any], biases: tuple[Any, Any], gates: int
) -> tuple[Any, Any]:
    """What the input and what the state give to the gates."""
    tensor_argument(input, name, "input", 1)
    tensor_argument(h, name, "hx", 2)
    size = weights[1].shape[1]
    if input.shape[-1] != weights[0].shape[1]:
        raise RuntimeError(f"input has inconsistent input_size: got {input.shape[-1]} expected {weights[0].shape[1]}")
    if h.shape[-1] != size:
        raise RuntimeError(f"hidden0 has inconsistent hidden_size: got {h.shape[-1]}, expected {size}")
    if input.ndim > 1 and input.shape[0] != h.shape[0]:
        raise RuntimeError(f"Input batch size {input.shape[0]} doesn't match hidden0 batch size {h.shape[0]}")
    if weights[0].shape[0] != gates * size:
        raise RuntimeError(f"{name}: weights of {gates * size} rows expected, but got {list(weights[0].shape)}")
    return linear(input, weights[0], biases[0]), linear(h, weights[1], biases[1])


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of :func:`lstm`: the next state and cell.

    Args:
        input: of shape (N, D).
        hx: state and cell, of shape (N, H).
        w_ih: (4 H, D).
        w_hh: (4 H, H).
        b_ih: (4 H).
        b_hh: (4 H).

    Raises:
        TypeError: ``hx`` is not two tensors. RuntimeError: shapes that do not fit.

    >>> import chainrule as torch
    >>> h, one = torch.zeros(1, 1), torch.ones(4, 1)
    >>> torch.lstm_cell(torch.ones(1, 1), (h, h), one, one)
    (tensor([[0.3696]]), tensor([[0.5568]]))
    """
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise TypeError(
            f"lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not {type(hx).__name__}: give "
            "state and cell"
        )
    of_input, of_state = _sums("lstm_cell", input, hx[0], (w_ih, w_hh), (b_ih, b_hh), 4)
    return _lstm_step(of_input + of_state, hx[1])


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of :func:`gru`: the next state. The arguments are those of :func:`lstm_cell`, with 3 H rows and one state.

    >>> import chainrule as torch
    >>> torch.gru_cell(torch.ones(1, 1), torch.zeros(1, 1), torch.ones(3, 1), torch.ones(3, 1))
    tensor([[0.2048]])
    """
    of_input, of_state = _sums("gru_cell", input, hx, (w_ih, w_hh), (b_ih, b_hh), 3)
    return _gru_step(of_input, of_state, hx)


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of :func:`rnn_tanh`: the next state. The arguments are those of :func:`lstm_cell`, with H rows and one state.

    >>> import chainrule as torch
    >>> torch.rnn_tanh_cell(torch.ones(1, 1), torch.zeros(1, 1), torch.ones(1, 1), torch.ones(1, 1))
    tensor([[0.7616]])
    """
    of_input, of_state = _sums("rnn_tanh_cell", input, hx, (w_ih, w_hh), (b_ih, b_hh), 1)
    return (of_input + of_state).tanh()


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of :func:`rnn_relu`: the next state. The arguments are those of :func:`lstm_cell`, with H rows and one state.

    >>> import chainrule as torch
    >>> torch.rnn_relu_cell(torch.ones(1, 1), torch.zeros(1, 1), torch.ones(1, 1), torch.ones(1, 1))
    tensor([[1.]])
    """
    of_input, of_state = _sums("rnn_relu_cell", input, hx, (w_ih, w_hh), (b_ih, b_hh), 1)
    return (of_input + of_state).relu()
