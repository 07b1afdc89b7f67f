"""Rows of a table looked up by their numbers, and sums of such rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.modes import changed_modes
from ..core.mutation import refuse_write, write
from ..core.sparse_level import note_sparse
from ..core.value import Lifted, is_constant, new_tensor, numbers_of, writable
from ..promotion import scalar_type_name
from ._arguments import naming, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["embedding", "embedding_bag", "embedding_renorm_"]

MODES = ("sum", "mean", "max")


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """The rows of ``weight`` at ``indices``.

    Args:
        weight: a table of shape (rows, D).
        indices: int64 or int32, of any shape.
        padding_idx: a row that gets no gradient; -1 for none.
        scale_grad_by_freq: whether the gradient of a row is divided by how often it was looked up.
        sparse: whether the gradient of ``weight`` is sparse: the rows that were looked up. (Under transforms, and on other
            devices than the CPU, it is dense.)

    Returns:
        A tensor of shape (*indices.shape, D).

    Raises:
        IndexError: there is no such row.
        RuntimeError: other shapes or dtypes.

    >>> import chainrule as torch
    >>> torch.embedding(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1, 1]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    table = tensor_argument(weight, "embedding", "weight", 1)._array
    if table.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D: got shape {list(table.shape)}")
    check_indices("embedding", indices, table.shape[0])
    return looked_up(weight, indices, padding_idx if padding_idx >= 0 else None, scale_grad_by_freq, sparse)


def looked_up(
    weight: Tensor, indices: Tensor, padding: int | None, by_frequency: bool, sparse: bool = False, there: Any = None
) -> Tensor:
    """The rows at the indices, of whose gradient the row for padding gets nothing, and others a part.

    ``there``: where the indices count, if some do not.
    """
    if sparse and not isinstance(weight._array, Lifted) and not isinstance(indices._array, Lifted):
        if by_frequency and weight.requires_grad:
            raise RuntimeError(
                "embedding_backward: scale_grad_by_freq not supported with sparse gradients: leave one of the two away"
            )
        if not by_frequency:
            return rows_of_sparse(weight, indices, padding, there)
    if padding is None and not by_frequency:
        return ops.embedding(weight, indices)
    share = weight.new_ones(indices.shape)
    if by_frequency:
        counts = indices.flatten().bincount(minlength=weight.shape[0])
        share = share / counts[indices].to(share.dtype)
    if padding is not None:
        share = share.masked_fill(indices == padding, 0)
    return ops.embedding(weight, indices, share.detach())


def rows_of_sparse(weight: Any, indices: Any, padding: int | None, there: Any) -> Tensor:
    """The rows at the indices, with a gradient that is sparse."""
    kept = None if there is None else there._array
    if padding is not None:
        kept = (indices._array != padding) if kept is None else kept & (indices._array != padding)
    out: Any = ops.embedding_rows(weight, indices, kept=kept)
    if out._node is not None:
        note_sparse(out._node)
    return out


def check_indices(function: str, indices: Any, rows: int) -> None:
    array = tensor_argument(indices, function, "indices", 2)._array
    if array.dtype not in (np.dtype(np.int64), np.dtype(np.int32)):
        raise RuntimeError(
            f"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{scalar_type_name(array.dtype)}Tensor instead (while checking arguments for {function})"
        )
    numbers = numbers_of(array)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < rows):
        said = f"index out of range in self: there are {rows} rows, and indices {numbers.min()} to {numbers.max()}"
        raise naming(IndexError(said), indices)


def embedding_renorm_(input: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Scale down, in place, the rows at ``indices`` whose norm exceeds ``max_norm``.

    >>> import chainrule as torch
    >>> torch.embedding_renorm_(torch.tensor([[3., 4.], [6., 8.]]), torch.tensor([1]), 5.0, 2.0)
    tensor([[3., 4.],
            [3., 4.]])
    """
    check_indices("embedding_renorm_", indices, tensor_argument(input, "embedding_renorm_", "input").shape[0])
    refuse_write(input, writable(input), False)
    with changed_modes(grad=False):
        norms = input.norm(norm_type, 1, keepdim=True)
        named = indices.new_zeros(input.shape[0]).index_fill(0, indices.flatten().long(), 1).bool()
        large = named.unsqueeze(1) & (norms > max_norm)
        return write(input, input.where(~large, input * (max_norm / (norms + 1e-7))))


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sums, means (``mode=1``) or maxima (``mode=2``) of the rows at ``indices``, by bags: the result of
    :func:`chainrule.nn.functional.embedding_bag`, which bag each index belongs to, the sizes of the bags, and which index gave
    each maximum.

    >>> import chainrule as torch
    >>> torch.embedding_bag(torch.tensor([[1.], [2.]]), torch.tensor([0, 1, 1]), torch.tensor([0, 2]))[0]
    tensor([[3.],
            [2.]])
    """
    check_indices("embedding_bag", indices, tensor_argument(weight, "embedding_bag", "weight").shape[0])
    places, there = bags(indices, offsets, include_last_offset)
    padding = None if padding_idx is None else padding_idx + weight.shape[0] * (padding_idx < 0)
    weights = None if per_sample_weights is None else per_sample_weights[places]
    chosen = indices[places]
    result = bagged(weight, chosen, there, MODES[mode], scale_grad_by_freq, padding, weights, sparse)
    sizes = there.sum(1)
    bag_of = new_tensor(np.repeat(np.arange(len(there)), numbers_of(sizes._array)))
    best = chosen.gather(1, rows_of(weight, chosen, there).argmax(1)) if mode == 2 and chosen.numel() else bag_of[:0]
    return result, bag_of, sizes, best


def bags(indices: Tensor, offsets: Tensor, include_last_offset: bool) -> tuple[Tensor, Tensor]:
    """The places of the elements of each bag as rows of a matrix, and which of them are there: bags may differ in size."""
    if is_constant(offsets._array):  # of bags of any sizes the results have one shape
        bag = indices.new_empty((offsets.shape[0] - include_last_offset, 1))
        return bag, bag.bool()
    if isinstance(offsets._array, Lifted):
        raise RuntimeError(
            "embedding_bag: the offsets, on which shapes depend, must be known: they cannot be batched or traced"
        )
    starts = np.asarray(offsets._array).astype(np.int64)
    count = indices.shape[0]
    if starts.size and starts[0] != 0:
        raise RuntimeError(
            f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got {starts[0]}"
        )
    if starts.size and starts[-1] > count:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({count}) but got offsets[-1] of {starts[-1]}"
        )
    if include_last_offset and not starts.size:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    ends = starts[1:] if include_last_offset else np.append(starts[1:], count)
    starts = starts[: len(ends)]
    places = starts[:, None] + np.arange(np.max(ends - starts, initial=0))
    there = places < ends[:, None]
    return new_tensor(np.where(there, places, 0)), new_tensor(there)


def rows_of(weight: Tensor, chosen: Tensor, there: Tensor) -> Tensor:
    """The rows, with minus infinity where there is none."""
    rows = ops.embedding(weight, chosen)
    return rows.masked_fill(~there.unsqueeze(-1), -np.inf)


def bagged(
    weight: Tensor,
    chosen: Tensor,
    there: Tensor | None,
    mode: str,
    by_frequency: bool,
    padding: int | None,
    weights: Tensor | None,
    sparse: bool = False,
) -> Tensor:
    """One row for each row of the matrix ``chosen``: of what is there and not padding."""
    if padding is not None:
        there = (chosen != padding) if there is None else there & (chosen != padding)
    if mode == "max":
        there = (chosen == chosen) if there is None else there
        if not chosen.shape[1]:
            return weight.new_zeros((chosen.shape[0], weight.shape[1]))
        best = rows_of(weight, chosen, there).max(1).values
        return best.masked_fill(~there.any(1, keepdim=True), 0)
    rows = looked_up(weight, chosen, padding, by_frequency, sparse, there)
    dtype = weight.dtype
    if weights is not None:
        if dtype.itemsize == 2:  # rounded once
            rows, weights = rows.float(), weights.float()
        rows = rows * weights.unsqueeze(-1)
    if there is not None:
        rows = rows.masked_fill(~there.unsqueeze(-1), 0)
    total = rows.sum(1)
    if mode == "sum":
        return total if total.dtype is dtype else total.to(dtype)
    if there is None:
        return total / max(1, chosen.shape[1])
    return total / there.sum(1, keepdim=True).clamp_min(1).to(total.dtype)
