"""Recurrent layers, over sequences and packed sequences, and single steps of them."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import TYPE_CHECKING, Any

from ...functions import recurrent
from ...functions._arguments import naming
from ...functions.filling import empty, zeros
from .. import init
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

RUNS = {
    "RNN_TANH": recurrent.rnn_tanh,
    "RNN_RELU": recurrent.rnn_relu,
    "LSTM": recurrent.lstm,
    "GRU": recurrent.gru,
}
GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


class RNNBase(Module):
    """What recurrent layers have in common.

    All parameters begin as random numbers, uniform within ``1 / sqrt(hidden_size)`` of 0.

    Args:
        mode: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
        input_size: the size D of an element of a sequence.
        hidden_size: the size H of a state.
        num_layers: how many layers; each takes the states of the one before as its input.
        bias: whether there are biases.
        batch_first: whether input and output are (N, T, ...) and not (T, N, ...). States are as they are.
        dropout: with which probability the output of a layer, but not of the last, is zero in training.
        bidirectional: whether a second set of parameters reads the sequences from their end; outputs are joined.
        proj_size: of an LSTM: the size P of states, if they are projected.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Attributes:
        weight_ih_l0: of the input of layer 0, (gates * H, D), and so on for each layer; ``_reverse`` is added to the names
            for the other direction.
        weight_hh_l0: of its state, (gates * H, H).
        bias_ih_l0: (gates * H,).
        bias_hh_l0: (gates * H,).
        weight_hr_l0: (P, H), if there is a projection.

    Raises:
        ValueError, TypeError: sizes that are not positive; a dropout that is no probability; a projection of another layer.

    >>> import chainrule as torch
    >>> isinstance(torch.nn.LSTM(2, 3), torch.nn.RNNBase)
    True
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_settings(dropout)
        rows, state = GATES.get(mode, 0) * hidden_size, proj_size or hidden_size
        if not rows:
            raise ValueError("Unrecognized RNN mode: " + mode)
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for direction in range(1 + bool(bidirectional)):
                end = f"_l{layer}" + ("_reverse" if direction else "")
                width = input_size if not layer else state * (1 + bool(bidirectional))
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, state)}
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + end, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append([name + end for name in shapes])
        self.reset_parameters()

    def _check_settings(self, dropout: Any) -> None:
        if type(dropout) is bool or not isinstance(dropout, numbers.Real) or not 0 <= self.dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if self.dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
                f"greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        if not isinstance(self.hidden_size, int):
            raise TypeError(f"hidden_size should be of type int, got: {type(self.hidden_size).__name__}")
        if self.hidden_size <= 0:
            raise ValueError(f"hidden_size must be greater than zero: got {self.hidden_size}")
        if self.num_layers <= 0:
            raise ValueError(f"num_layers must be greater than zero: got {self.num_layers}")
        if self.proj_size < 0:
            raise ValueError(
                f"proj_size should be a positive integer or zero to disable projections: got {self.proj_size}"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError(
                f"proj_size has to be smaller than hidden_size: got {self.proj_size} and {self.hidden_size}"
            )

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: it is for GPUs, which want the parameters in one piece of memory."""

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        given: list[Any] | None = self.__dict__.get("_given_weights")
        return given or [getattr(self, name) for name in self._flat_weights_names]

    @_flat_weights.setter
    def _flat_weights(self, weights: list[Any]) -> None:
        """What packages that put other tensors in place of the parameters have a layer compute with."""
        self.__dict__["_given_weights"] = list(weights)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_flat_weights":
            object.__setattr__(self, name, value)
            return
        super().__setattr__(name, value)
        given = self.__dict__.get("_given_weights")
        if given and name in self._flat_weights_names:
            given[self._flat_weights_names.index(name)] = value

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """The output of the last layer, and the last states of all.

        Args:
            input: of shape (T, N, D), (N, T, D) with ``batch_first``, (T, D) without a batch; or a packed sequence.
            hx: the first states, (layers * directions, N, H), or without N; None for zeros. Of an LSTM, states and cells.

        Raises:
            RuntimeError, ValueError: shapes or dtypes that do not fit.
        """
        from ..utils.rnn import PackedSequence

        weights = self._flat_weights
        if isinstance(input, PackedSequence):
            data, sizes, order, back = input
            self._check_input(data)
            hx = self._states(hx, data, int(sizes[0]), (None, order))
            packed = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
            output, *last = RUNS[self.mode](data, sizes, hx, weights, *packed)
            last = [one if back is None else one.index_select(1, back) for one in last]
            return PackedSequence(output, sizes, order, back), self._as_given(last)
        if input.ndim not in (2, 3):
            what = "tensor instead" if self.mode.startswith("RNN") else "instead"
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.ndim}D {what}")
        batched, batch_axis = input.ndim == 3, 0 if self.batch_first else 1
        input = input if batched else input.unsqueeze(batch_axis)
        self._check_ranks(hx, batched)
        if hx is not None and not batched:
            hx = tuple(one.unsqueeze(1) for one in hx) if self.mode == "LSTM" else hx.unsqueeze(1)
        self._check_input(input)
        hx = self._states(hx, input, input.shape[batch_axis], (None, None))
        settings = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional, self.batch_first)
        output, *last = RUNS[self.mode](input, hx, weights, *settings)
        if not batched:
            output, last = output.squeeze(batch_axis), [one.squeeze(1) for one in last]
        return output, self._as_given(last)

    def _as_given(self, states: list[Any]) -> Any:
        return tuple(states) if self.mode == "LSTM" else states[0]

    def _check_ranks(self, hx: Any, batched: bool) -> None:
        if hx is None:
            return
        which = "batched 3-D" if batched else "unbatched 2-D"
        if self.mode == "LSTM":
            ranks = (hx[0].ndim, hx[1].ndim)
            if ranks != (2 + batched, 2 + batched):
                raise RuntimeError(
                    f"For {which} input, hx and cx should also be {2 + batched}-D but got ({ranks[0]}-D, {ranks[1]}-D) tensors"
                )
        elif hx.ndim != 2 + batched:
            raise RuntimeError(f"For {which} input, hx should also be {2 + batched}-D but got {hx.ndim}-D tensor")

    def _check_input(self, input: Any) -> None:
        dtype = self._flat_weights[0].dtype
        if input.dtype != dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert input: input.to({dtype}), or "
                f"convert model: model.to({input.dtype})"
            )
        if input.shape[-1] != self.input_size:
            said = f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}"
            raise naming(RuntimeError(said), input)

    def _states(self, hx: Any, input: Any, batch: int, order: Any) -> Any:
        """The first states, checked and in the order of a packed sequence."""
        lead = self.num_layers * (1 + self.bidirectional)
        sizes = [self.proj_size or self.hidden_size, self.hidden_size]
        wanted = [(lead, batch, size) for size in sizes[: 1 + (self.mode == "LSTM")]]
        if hx is None:
            made = [zeros(shape, dtype=input.dtype, device=input.device) for shape in wanted]
            return tuple(made) if self.mode == "LSTM" else made[0]
        states = list(hx) if self.mode == "LSTM" else [hx]
        for number, (one, shape) in enumerate(zip(states, wanted, strict=True)):
            if one.shape != shape:
                name = f"hidden[{number}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(f"Expected {name} size {shape}, got {list(one.shape)}")
        if order[1] is not None:
            states = [one.index_select(1, order[1]) for one in states]
        return tuple(states) if self.mode == "LSTM" else states[0]

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size:
            parts.append(f"proj_size={self.proj_size}")
        for name, usual in (
            ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0), ("bidirectional", False),
        ):  # fmt: skip
            value = getattr(self, name)
            if value != usual:
                parts.append(f"{name}={value}")
        return ", ".join(parts)


class RNN(RNNBase):
    """``h' = tanh(w_ih x + b_ih + w_hh h + b_hh)`` over sequences; see :class:`RNNBase` for shapes.

    Args:
        args: ``input_size``, ``hidden_size``, ``num_layers=1``, ``nonlinearity="tanh"`` (or "relu"), ``bias=True``,
            ``batch_first=False``, ``dropout=0.0``, ``bidirectional=False``, ``device=None``, ``dtype=None``.
        kwargs: the same by name.

    >>> import chainrule as torch
    >>> output, last = torch.nn.RNN(3, 4)(torch.ones(5, 2, 3))
    >>> output.shape, last.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse_projection(kwargs)
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__("RNN_" + self.nonlinearity.upper(), *args, **kwargs)


def refuse_projection(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class LSTM(RNNBase):
    """Long short-term memory over sequences; see :class:`RNNBase` for shapes.

    With i, f, o the sigmoid and g the tanh of a quarter each of ``w_ih x + b_ih + w_hh h + b_hh``, in the order i, f, g, o:
    ``c' = f c + i g`` and ``h' = o tanh(c')``, which ``weight_hr`` multiplies if there is a projection.

    Args:
        args: ``input_size``, ``hidden_size``, ``num_layers=1``, ``bias=True``, ``batch_first=False``, ``dropout=0.0``,
            ``bidirectional=False``, ``proj_size=0``, ``device=None``, ``dtype=None``.
        kwargs: the same by name.

    >>> import chainrule as torch
    >>> output, (state, cell) = torch.nn.LSTM(3, 4, batch_first=True, bidirectional=True)(torch.ones(2, 5, 3))
    >>> output.shape, state.shape
    (torch.Size([2, 5, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """Gated recurrent units over sequences; see :class:`RNNBase` for shapes.

    With x and q a third each of ``w_ih x + b_ih`` and ``w_hh h + b_hh``, in the order r, z, n: r and z are the sigmoid of both
    added, ``n = tanh(x + r q)``, and ``h' = (1 - z) n + z h``.

    Args:
        args: ``input_size``, ``hidden_size``, ``num_layers=1``, ``bias=True``, ``batch_first=False``, ``dropout=0.0``,
            ``bidirectional=False``, ``device=None``, ``dtype=None``.
        kwargs: the same by name.

    >>> import chainrule as torch
    >>> output, last = torch.nn.GRU(3, 4, num_layers=2)(torch.ones(5, 2, 3))
    >>> output.shape, last.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class RNNCellBase(Module):
    """What single steps have in common.

    Args:
        input_size: the size D of the input.
        hidden_size: the size H of a state.
        bias: whether there are biases.
        num_chunks: how many gates.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Attributes:
        weight_ih: (gates * H, D).
        weight_hh: (gates * H, H).
        bias_ih: (gates * H,), or None.
        bias_hh: (gates * H,), or None.

    >>> import chainrule as torch
    >>> isinstance(torch.nn.LSTMCell(2, 3), torch.nn.RNNCellBase)
    True
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _prepared(self, input: Any, hx: Any, count: int) -> tuple[Any, list[Any], bool]:
        """The input and the ``count`` states with a batch, and whether they had one."""
        name = self._get_name()
        if input.ndim not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        states = [None] * count if hx is None else [hx] if count == 1 else hx
        if isinstance(states, (tuple, list)):
            for number, one in enumerate(states):
                if one is not None and one.ndim not in (1, 2):
                    which = "hidden" if count == 1 else f"hx[{number}]"
                    raise ValueError(f"{name}: Expected {which} to be 1D or 2D, got {one.ndim}D instead")
        batched = input.ndim == 2
        if not batched:
            input = input.unsqueeze(0)
            states = [one if one is None else one.unsqueeze(0) for one in states]
        if hx is None:
            first = zeros(input.shape[0], self.hidden_size, dtype=input.dtype, device=input.device)
            states = [first] * count
        return input, states, batched

    def _step(self, function: Any, input: Any, states: Any) -> Any:
        return function(input, states, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def extra_repr(self) -> str:
        plain = "" if self.bias else f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return f"{self.input_size}, {self.hidden_size}{plain}" + (
            f", nonlinearity={nonlinearity}" if nonlinearity != "tanh" else ""
        )


class RNNCell(RNNCellBase):
    """One step of :class:`RNN`: (N, D), (N, H) -> (N, H), all of them also without N.

    Args:
        input_size: D.
        hidden_size: H.
        bias: whether there are biases.
        nonlinearity: "tanh" or "relu".
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    >>> import chainrule as torch
    >>> torch.nn.RNNCell(3, 4)(torch.ones(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, states, batched = self._prepared(input, hx, 1)
        functions = {"tanh": recurrent.rnn_tanh_cell, "relu": recurrent.rnn_relu_cell}
        if self.nonlinearity not in functions:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        made: Tensor = self._step(functions[self.nonlinearity], x, states[0])
        return made if batched else made.squeeze(0)


class LSTMCell(RNNCellBase):
    """One step of :class:`LSTM`: (N, D), two of (N, H) -> two of (N, H), all of them also without N.

    Args:
        input_size: D.
        hidden_size: H.
        bias: whether there are biases.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    >>> import chainrule as torch
    >>> state, cell = torch.nn.LSTMCell(3, 4)(torch.ones(2, 3))
    >>> state.shape
    torch.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        x, states, batched = self._prepared(input, hx, 2)
        h, c = self._step(recurrent.lstm_cell, x, states)
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of :class:`GRU`: (N, D), (N, H) -> (N, H), all of them also without N.

    Args:
        input_size: D.
        hidden_size: H.
        bias: whether there are biases.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    >>> import chainrule as torch
    >>> torch.nn.GRUCell(3, 4)(torch.ones(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, states, batched = self._prepared(input, hx, 1)
        made: Tensor = self._step(recurrent.gru_cell, x, states[0])
        return made if batched else made.squeeze(0)
