"""Functions that PyTorch's own code calls: they have no documentation there, and an underscore before their names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..dtypes import get_default_dtype, uint8
from ._arguments import axis_of, deliver, takes_axis, tensor_argument
from .dropping import dropout
from .filling import ones_like
from .indexing import basic_part, getitem, put_call
from .joining import cat, operands
from .masking import masked_fill
from .normalization import native_batch_norm
from .replacing import fill

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "_batch_norm_with_update",
    "_chunk_cat",
    "_log_softmax_backward_data",
    "_native_batch_norm_legit",
    "_safe_softmax",
    "_softmax_backward_data",
    "_unsafe_masked_index",
    "_unsafe_masked_index_put_accumulate",
    "max_pool2d_with_indices_backward",
    "native_dropout",
    "native_dropout_backward",
]


@takes_axis
def _safe_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """:func:`softmax`, but zeros where all elements along ``dim`` are -inf.

    >>> import chainrule as torch
    >>> torch._safe_softmax(torch.tensor([-torch.inf, -torch.inf]), 0)
    tensor([0., 0.])
    """
    x: Any = tensor_argument(input, "_safe_softmax", "input")
    x = x if dtype is None else x.to(dtype)
    axis = axis_of(dim, x._array.ndim, "_safe_softmax")
    if not x._array.ndim:
        return ops.reshape(ops.safe_softmax(ops.reshape(x, (1,)), axis=-1), ())
    return ops.safe_softmax(x, axis=axis)


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Each element zero with probability ``p``, the others divided by ``1 - p``; and which were kept.

    >>> import chainrule as torch
    >>> kept, mask = torch.native_dropout(torch.ones(4), 0.5, True)
    >>> bool((kept == 2 * mask).all())
    True
    """
    tensor_argument(input, "native_dropout", "input")
    ones = ones_like(input, dtype=get_default_dtype())
    if train is False:
        return ops.clone(input), ones.bool()
    mask = ops.not_equal(dropout(ones, p, True), 0)
    return ops.multiply(ops.multiply(input, mask), 1 / (1 - p) if p < 1 else 0.0), mask


def native_dropout_backward(grad_output: Tensor, mask: Tensor, scale: float, *, out: Tensor | None = None) -> Tensor:
    """The gradient of :func:`native_dropout`'s input: that of its output where the mask holds, times ``scale``.

    >>> import chainrule as torch
    >>> torch.native_dropout_backward(torch.ones(2), torch.tensor([True, False]), 2.)
    tensor([2., 0.])
    """
    function = "native_dropout_backward"
    kept: Any = tensor_argument(mask, function, "mask", 2)
    found: Any = ops.multiply(tensor_argument(grad_output, function, "grad_output"), kept)
    return deliver(ops.multiply(found, scale), out, function)


def max_pool2d_with_indices_backward(
    grad_output: Tensor,
    input: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    indices: Tensor,
    *,
    grad_input: Tensor | None = None,
) -> Tensor:
    """The gradient of a max pool's input: that of its output, added where the maxima were.

    >>> import chainrule as torch
    >>> image, at = torch.zeros(1, 2, 2), torch.tensor([[[3]]])
    >>> torch.max_pool2d_with_indices_backward(torch.ones(1, 1, 1), image, 2, 2, 0, 1, False, at)
    tensor([[[0., 0.],
             [0., 1.]]])
    """
    function = "max_pool2d_with_indices_backward"
    shape = tensor_argument(input, function, "input", 2)._array.shape
    have = tensor_argument(grad_output, function, "grad_output")._array.shape
    if tensor_argument(indices, function, "indices", 8)._array.shape != have or have[:-2] != shape[:-2]:
        raise RuntimeError(
            f"{function}: grad_output and indices must have one shape, and the leading dimensions of input: got "
            f"{list(have)}, {list(indices.shape)} and {list(shape)}"
        )
    found = fill(input, 0).flatten(-2).scatter_add(-1, indices.flatten(-2), grad_output.flatten(-2)).reshape(shape)
    return deliver(found, grad_input, function)


def _native_batch_norm_legit(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, *rest: Any, **named: Any
) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`native_batch_norm`, also without the two running averages.

    >>> import chainrule as torch
    >>> torch._native_batch_norm_legit(torch.tensor([[1.], [3.]]), None, None, True, 0.1, 0.0)[1:]
    (tensor([2.]), tensor([1.]))
    """
    averages = () if len(rest) + len(named.keys() - {"out"}) == 5 else (None, None)
    return native_batch_norm(input, weight, bias, *averages, *rest, **named)


def _batch_norm_with_update(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """:func:`native_batch_norm` of training, and an empty tensor, in which other devices keep what they need.

    >>> import chainrule as torch
    >>> mean, var = torch.zeros(1), torch.ones(1)
    >>> torch._batch_norm_with_update(torch.tensor([[1.], [3.]]), None, None, mean, var, 0.5, 0.0)[1], mean
    (tensor([2.]), tensor([1.]))
    """
    results = native_batch_norm(input, weight, bias, running_mean, running_var, True, momentum, eps)
    return (*results, input.new_empty((0,), dtype=uint8))


def _softmax_backward_data(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: Any, *, grad_input: Tensor | None = None
) -> Tensor:
    """The gradient of a softmax's input, from that of its output and the output.

    >>> import chainrule as torch
    >>> torch._softmax_backward_data(torch.tensor([1., 0.]), torch.tensor([0.5, 0.5]), 0, torch.float32)
    tensor([ 0.2500, -0.2500])
    """
    return _adjoint(ops.softmax_adjoint, "_softmax_backward_data", grad_output, output, dim, input_dtype, grad_input)


def _log_softmax_backward_data(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: Any, *, out: Tensor | None = None
) -> Tensor:
    """The gradient of a log_softmax's input, from that of its output and the output.

    >>> import chainrule as torch
    >>> torch._log_softmax_backward_data(torch.tensor([1., 0.]), torch.tensor([0.5, 0.5]).log(), 0, torch.float32)
    tensor([ 0.5000, -0.5000])
    """
    return _adjoint(ops.log_softmax_adjoint, "_log_softmax_backward_data", grad_output, output, dim, input_dtype, out)


def _adjoint(op: Any, function: str, u: Any, y: Any, dim: int, dtype: Any, out: Any) -> Tensor:
    tensor_argument(u, function, "grad_output")
    ndim = tensor_argument(y, function, "output", 2)._array.ndim
    axis = axis_of(dim, ndim, function)
    result = op(u, y, axis=axis) if ndim else ops.reshape(op(*[ops.reshape(x, (1,)) for x in (u, y)], axis=-1), ())
    return deliver(result if result.dtype is dtype else result.to(dtype), out, function)


@takes_axis
def _chunk_cat(tensors: Sequence[Tensor], dim: int, num_chunks: int, *, out: Tensor | None = None) -> Tensor:
    """Each tensor filled up with zeros and cut into ``num_chunks`` along ``dim``, each chunk a row; these side by side.

    >>> import chainrule as torch
    >>> torch._chunk_cat([torch.arange(3), torch.tensor([7, 8])], 0, 2)
    tensor([[0, 1, 7],
            [2, 0, 8]])
    """
    given = operands(tensors, "_chunk_cat")
    if not given:
        raise RuntimeError("_chunk_cat expects a non-empty input tensor list")
    if num_chunks < 1:
        raise RuntimeError(f"_chunk_cat expects positive num_chunks, got {num_chunks}")
    shape = given[0]._array.shape
    at = axis_of(dim, len(shape), "_chunk_cat") + len(shape)
    rows = []
    for x in given:
        have = x._array.shape
        if len(have) <= at or not x._array.size:
            raise RuntimeError(f"_chunk_cat expects non-empty tensors of more than {at} dimensions, got {list(have)}")
        if have[:at] != shape[:at]:
            raise RuntimeError(
                "_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors, got "
                f"{list(shape)} and {list(have)}"
            )
        lack = -have[at] % num_chunks
        widths = ((0, lack), *[(0, 0)] * (len(have) - at - 1))
        padded = ops.pad(x, widths=widths, value=0) if lack else x
        rows.append(
            ops.reshape(padded, (*have[:at], num_chunks, padded._array.size // (num_chunks * math.prod(have[:at]))))
        )
    return cat(rows, at + 1, out=out)


def _unsafe_masked_index(input: Tensor, mask: Tensor, indices: Sequence[Any], fill: float) -> Tensor:
    """``input[indices]``, the indices kept within bounds, where the mask holds; ``fill`` elsewhere.

    >>> import chainrule as torch
    >>> x, i = torch.tensor([5., 6.]), torch.tensor([1, 9])
    >>> torch._unsafe_masked_index(x, i < 2, [i], 0.)
    tensor([6., 0.])
    """
    found = getitem(input, _within(input, indices))
    return masked_fill(found, ops.logical_not(tensor_argument(mask, "_unsafe_masked_index", "mask", 2)), fill)


def _unsafe_masked_index_put_accumulate(input: Tensor, mask: Tensor, indices: Sequence[Any], values: Tensor) -> Tensor:
    """A copy of ``input`` with the values added at the indices, kept within bounds, where the mask holds.

    >>> import chainrule as torch
    >>> x, i = torch.tensor([5., 6.]), torch.tensor([1, 9])
    >>> torch._unsafe_masked_index_put_accumulate(x, i < 2, [i], torch.ones(2))
    tensor([5., 7.])
    """
    function = "_unsafe_masked_index_put_accumulate"
    chosen = masked_fill(values, ops.logical_not(tensor_argument(mask, function, "mask", 2)), 0)
    _, arrays, axes = basic_part(input, _within(input, indices))
    op, given, params = put_call(input, arrays, axes, chosen, True)
    return op(input, *given, **params)


def _within(x: Any, indices: Sequence[Any]) -> tuple[Any, ...]:
    """An index as Python writes it, with each index tensor kept within the bounds of its dimension."""
    return tuple(
        [
            slice(None) if index is None else ops.clamp(index, min=0, max=max(size - 1, 0))
            for index, size in zip(indices, tensor_argument(x, "_unsafe_masked_index", "input").shape, strict=False)
        ]
    )
