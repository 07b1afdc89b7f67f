"""Sequences of different lengths: padded to one length, or packed, time after time, without the padding."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ... import ops
from ...core.value import TensorBase
from ...functions.creation import tensor
from ...functions.filling import empty_like, full
from ...functions.recurrent import _runs
from ...functions.sorting import sort

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence",
    "unpack_sequence", "unpad_sequence",
]  # fmt: skip


class PackedSequence_(NamedTuple):  # noqa: N801 - PyTorch's name
    """The fields of :class:`PackedSequence`."""

    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(PackedSequence_):
    """A batch of sequences as one tensor: the elements of the first time, then those of the second, and so on.

    Functions of this module make it; recurrent layers take it.

    Attributes:
        data: of shape (sum of the lengths, ...).
        batch_sizes: how many sequences have an element at each time, integers on the CPU.
        sorted_indices: which sequence of the batch comes first, second, ..., the longest first; None if they came sorted.
        unsorted_indices: where each sequence of the batch is.

    >>> import chainrule as torch
    >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 3]), tensor([2, 1, 1]))
    """

    __slots__ = ()

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> Self:
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError(
                    "Expected data to be a list or tuple of length 2, (data, batch_sizes), or batch_sizes to be given"
                )
            data, batch_sizes = data
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They "
                "should be instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn."
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Any) -> Self:
        return self if data is self.data else type(self)(data, *self[1:])

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """With ``data`` on another device or of another dtype; arguments as of ``Tensor.to``."""
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self) -> Self:
        """With ``data`` on the CPU."""
        return self._with(self.data.cpu())

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """Not possible: chainrule knows the CPU, and XLA."""
        return self._with(self.data.cuda(*args, **kwargs))

    def pin_memory(self) -> Self:
        """With ``data.pin_memory()``."""
        return self._with(self.data.pin_memory())

    def double(self) -> Self:
        """With ``data`` in float64."""
        return self._with(self.data.double())

    def float(self) -> Self:
        """With ``data`` in float32."""
        return self._with(self.data.float())

    def half(self) -> Self:
        """With ``data`` in float16."""
        return self._with(self.data.half())

    def long(self) -> Self:
        """With ``data`` in int64."""
        return self._with(self.data.long())

    def int(self) -> Self:
        """With ``data`` in int32."""
        return self._with(self.data.int())

    def short(self) -> Self:
        """With ``data`` in int16."""
        return self._with(self.data.short())

    def char(self) -> Self:
        """With ``data`` in int8."""
        return self._with(self.data.char())

    def byte(self) -> Self:
        """With ``data`` in uint8."""
        return self._with(self.data.byte())

    @property
    def is_cuda(self) -> bool:
        """Whether ``data`` is on a GPU."""
        return bool(self.data.is_cuda)

    def is_pinned(self) -> bool:
        """Whether the memory of ``data`` is pinned."""
        return bool(self.data.is_pinned())


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The inverse of a permutation; None of None.

    >>> import chainrule as torch
    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    output = empty_like(permutation)
    output.scatter_(0, permutation, tensor(range(len(permutation)), dtype=permutation.dtype))
    return output


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences: what is behind the end of each is left out.

    Args:
        input: of shape (T, N, ...), or (N, T, ...) with ``batch_first``.
        lengths: how long each of the N sequences is: a list, or integers.
        batch_first: whether the batch is the first dimension.
        enforce_sorted: whether they must come the longest first; if not, they are sorted.

    Raises:
        RuntimeError: lengths that are not positive, not as many as sequences, longer than T, or not sorted.

    >>> import chainrule as torch
    >>> torch.nn.utils.rnn.pack_padded_sequence(torch.tensor([[1, 2], [3, 0]]), [2, 1]).data
    tensor([1, 2, 3])
    """
    sizes = lengths.tolist() if isinstance(lengths, TensorBase) else [int(one) for one in lengths]
    order = None
    if not enforce_sorted:
        _, order = sort(tensor(sizes), descending=True)
        input = input.index_select(0 if batch_first else 1, order)
        sizes = [sizes[at] for at in order.tolist()]
    if input.ndim < 2:
        raise IndexError("pack_padded_sequence: the input must have a time and a batch dimension, but has 1")
    x: Any = input.transpose(0, 1) if batch_first else input
    sizes = [int(size) for size in sizes]
    if len(sizes) != x.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} (batch_size={x.shape[1]})"
        )
    if any(size <= 0 for size in sizes):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if any(late > early for early, late in itertools.pairwise(sizes)):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
            "need ONNX exportability."
        )
    if sizes[0] > len(x):
        raise RuntimeError(f"lengths must be at most {len(x)}, the length of the input, but the longest is {sizes[0]}")
    batches = [sum(size > time for size in sizes) for time in range(sizes[0])]
    packed = ops.pack_padded(x, runs=tuple(_runs(batches)), rank=x.ndim)
    return PackedSequence(packed, tensor(batches), order, None)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The inverse of :func:`pack_padded_sequence`: the padded sequences, and their lengths.

    Args:
        sequence: what was packed.
        batch_first: whether the batch is to be the first dimension.
        padding_value: what is put behind the end of each.
        total_length: to which length they are padded, by default that of the longest.

    Returns:
        A tensor (T, N, ...), or (N, T, ...) with ``batch_first``, and integers (N,).

    Raises:
        ValueError: ``total_length`` is less than the longest sequence.

    >>> import chainrule as torch
    >>> rnn = torch.nn.utils.rnn
    >>> rnn.pad_packed_sequence(rnn.pack_sequence([torch.ones(3), torch.ones(1)]), batch_first=True)
    (tensor([[1., 1., 1.],
            [1., 0., 0.]]), tensor([3, 1]))
    """
    sizes = sequence.batch_sizes.tolist()
    longest = len(sizes)
    if total_length is not None and total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
    data = sequence.data
    behind = data.shape[1:]
    padded = data.new_full((total_length or longest, sizes[0], *behind), padding_value)
    time = row = 0
    for count, size in _runs(sizes):
        rows = data[row : row + count * size]
        padded[time : time + count, :size] = rows.reshape(count, size, *behind)
        time, row = time + count, row + count * size
    lengths = tensor([sum(size > at for size in sizes) for at in range(sizes[0])])
    if batch_first:
        padded = padded.transpose(0, 1)
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices
        return padded.index_select(0 if batch_first else 1, back), lengths[back.cpu()]
    return padded, lengths


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Tensors of shapes (length, ...), which differ in length only, padded and stacked.

    Args:
        sequences: the tensors.
        batch_first: whether the result is (N, T, ...) and not (T, N, ...).
        padding_value: what is put where one is shorter than T, the longest.
        padding_side: "right", or "left" to put it before the beginning.

    Raises:
        RuntimeError: no sequences, shapes that do not fit, another side.

    >>> import chainrule as torch
    >>> torch.nn.utils.rnn.pad_sequence([torch.ones(3), torch.ones(1)], batch_first=True)
    tensor([[1., 1., 1.],
            [1., 0., 0.]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    tensors: list[Any] = list(sequences)
    if not tensors:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    behind, longest = tensors[0].shape[1:], max([len(one) for one in tensors])
    for one in tensors:
        if one.shape[1:] != behind:
            raise RuntimeError(
                f"pad_sequence: the sequences must differ in length only, but have shapes {list(tensors[0].shape)} and "
                f"{list(one.shape)}"
            )
    sizes = (len(tensors), longest, *behind) if batch_first else (longest, len(tensors), *behind)
    padded = full(sizes, padding_value, dtype=tensors[0].dtype, device=tensors[0].device)
    for row, one in enumerate(tensors):
        place = slice(0, len(one)) if padding_side == "right" else slice(longest - len(one), longest)
        padded[(row, place) if batch_first else (place, row)] = one
    return padded


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The tensors that :func:`pad_sequence` padded.

    Args:
        padded_sequences: of shape (T, N, ...), or (N, T, ...) with ``batch_first``.
        lengths: how long each of the N is.
        batch_first: whether the batch is the first dimension.

    >>> import chainrule as torch
    >>> torch.nn.utils.rnn.unpad_sequence(torch.ones(3, 2), torch.tensor([3, 1]))
    [tensor([1., 1., 1.]), tensor([1.])]
    """
    padded: Any = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [one[tensor(range(length))] for one, length in zip(padded, lengths.tolist(), strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack tensors of shapes (length, ...).

    Args:
        sequences: the tensors.
        enforce_sorted: whether they must come the longest first; if not, they are sorted.

    Raises:
        RuntimeError: they are not sorted; shapes do not fit.

    >>> import chainrule as torch
    >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).data
    tensor([1, 3, 2])
    """
    lengths = [len(one) for one in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The tensors that :func:`pack_sequence` packed.

    >>> import chainrule as torch
    >>> rnn = torch.nn.utils.rnn
    >>> rnn.unpack_sequence(rnn.pack_sequence([torch.ones(3), torch.ones(1)]))
    [tensor([1., 1., 1.]), tensor([1.])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
