"""Tables of vectors, and classes as vectors, as ``nn.functional`` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core.value import new_tensor, numbers_of
from ..core.xla_level import placed
from ..functions import embeddings
from ..functions._arguments import tensor_argument
from ..functions.embeddings import MODES, bagged, bags, check_indices

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["embedding", "embedding_bag", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of ``weight`` at the indices ``input``.

    Args:
        input: int64 or int32, of any shape.
        weight: a table of shape (rows, D).
        padding_idx: a row that gets no gradient; counted from the end if negative.
        max_norm: rows whose norm exceeds it are first scaled down to it, in place.
        norm_type: which norm that is.
        scale_grad_by_freq: whether the gradient of a row is divided by how often it was looked up.
        sparse: whether the gradient of ``weight`` is sparse: the rows that were looked up.

    Returns:
        A tensor of shape (*input.shape, D).

    Raises:
        IndexError: there is no such row.

    >>> import chainrule.nn.functional as F
    >>> F.embedding(torch.tensor([1, 0]), torch.tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    rows = tensor_argument(weight, "embedding", "weight", 2).shape[0] if weight.ndim else 0
    padding = padded_row(padding_idx, rows)
    if max_norm is not None:
        embeddings.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return embeddings.embedding(weight, input, -1 if padding is None else padding, scale_grad_by_freq, sparse)


def padded_row(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings: got {padding_idx} for {rows} rows")
    return padding_idx + rows if padding_idx < 0 else padding_idx


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of ``weight`` at the indices of each bag.

    Args:
        input: int64 or int32: of shape (B, n), one bag a row; or of one dimension, cut into bags by ``offsets``.
        weight: a table of shape (rows, D).
        offsets: where each bag begins.
        max_norm: rows whose norm exceeds it are first scaled down to it, in place.
        norm_type: which norm that is.
        scale_grad_by_freq: whether the gradient of a row is divided by how often it was looked up.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: whether the gradient of ``weight`` is sparse: the rows that were looked up.
        per_sample_weights: what the rows are multiplied by before they are added; of the shape of ``input``.
        include_last_offset: whether the last offset is where the last bag ends.
        padding_idx: a row that does not count.

    Returns:
        A tensor of shape (B, D); the row of an empty bag is 0.

    >>> import chainrule.nn.functional as F
    >>> table = torch.tensor([[1.], [2.], [4.]])
    >>> F.embedding_bag(torch.tensor([0, 1, 2]), table, torch.tensor([0, 1]), mode="sum")
    tensor([[1.],
            [6.]])
    """
    tensor_argument(input, "embedding_bag", "input", 1)
    tensor_argument(weight, "embedding_bag", "weight", 2)
    if input.dtype.is_floating_point and not weight.dtype.is_floating_point:
        raise ValueError("Argument order of nn.functional.embedding_bag was changed: give the indices, then the weight")
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then it must have the same "
            f"shape as the input ({list(input.shape)})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    check_offsets(input, offsets)
    if mode not in MODES:
        raise ValueError(f"mode has to be one of sum, mean or max: got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}')."
        )
    rows = weight.shape[0]
    check_indices("embedding_bag", input, rows)
    padding = padded_row(padding_idx, rows)
    if max_norm is not None:
        embeddings.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    there, weights = None, per_sample_weights
    if offsets is not None:
        places, there = bags(input, offsets, include_last_offset)
        input = input[places]
        weights = None if weights is None else weights[places]
    return bagged(weight, input, there, mode, scale_grad_by_freq, padding, weights, sparse)


def check_offsets(input: Tensor, offsets: Tensor | None) -> None:
    if input.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, "
            f"found offsets of type {type(offsets)}"
        )
    if input.ndim == 1 and offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None: say where each bag begins, or give a 2D input")
    if input.ndim == 1 and offsets is not None and offsets.ndim != 1:
        raise ValueError(f"offsets has to be a 1D Tensor: got one of shape {list(offsets.shape)}")
    if input.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """Classes as vectors of zeros and a one.

    Args:
        input: int64, of any shape.
        num_classes: the length of the vectors (-1: one more than the largest class).

    Raises:
        RuntimeError: a class that is negative or too large, or another dtype.

    >>> import chainrule.nn.functional as F
    >>> F.one_hot(torch.tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    array = tensor_argument(input, "one_hot", "input")._array
    if array.dtype != np.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor. Got {input.dtype}")
    numbers = numbers_of(array)
    if num_classes == -1:
        if not numbers.size:
            raise RuntimeError("Can not infer total number of classes from empty tensor. Give num_classes.")
        num_classes = int(numbers.max()) + 1
    elif num_classes < 1:
        raise RuntimeError(f"num_classes should be positive: got {num_classes}")
    if numbers.size and numbers.min() < 0:
        raise RuntimeError(f"Class values must be non-negative. Got {numbers.min()}")
    if numbers.size and numbers.max() >= num_classes:
        raise RuntimeError(f"Class values must be smaller than num_classes. Got {numbers.max()} for {num_classes}")
    return (input.unsqueeze(-1) == new_tensor(placed(np.arange(num_classes), input.device))).long()
