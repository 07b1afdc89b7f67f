"""Reading and writing where a condition holds: masked_*, where, nonzero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core import exits
from ..core.value import TensorBase, like, new_tensor, numbers_of
from ..core.views import values_of
from ..promotion import scalar_type_name
from ._arguments import deliver, naming, tensor_argument
from ._writing import put, put_apart
from .gathering import same_dtype, zero_dim
from .indexing import check_held, number_for
from .shape import broadcast_tensors

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero", "where"]


def mask_of(mask: Any, function: str, text: str) -> Any:
    array = tensor_argument(mask, function, "mask", 2)._array
    if array.dtype.kind != "b":
        raise RuntimeError(text.format(mask.dtype))
    return array


def broadcastable(x: Any, mask: Any) -> None:
    """Raise where mask and tensor do not broadcast together."""
    a, b = mask._array.shape, x._array.shape
    for at in range(-1, -min(len(a), len(b)) - 1, -1):
        if a[at] != b[at] and 1 not in (a[at], b[at]):
            said = (
                f"The size of tensor a ({a[at]}) must match the size of tensor b ({b[at]}) at non-singleton dimension "
                f"{max(len(a), len(b)) + at}"
            )
            raise naming(RuntimeError(said), x, mask)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy of ``input`` with a number (or 0-d tensor) where the mask holds; the two are broadcast together.

    Raises:
        RuntimeError: the mask is not of bool, or the dtype of ``input`` cannot hold the value.

    >>> import chainrule as torch
    >>> torch.masked_fill(torch.tensor([1., 2.]), torch.tensor([True, False]), 0.)
    tensor([0., 2.])
    """
    op, operands, params = filling(input, mask, value)
    return op(input, *operands, **params)


def filling(input: Any, mask: Any, value: Any, function: str = "masked_fill") -> tuple[Any, list[Any], dict[str, Any]]:
    tensor_argument(input, "masked_fill", "input")
    mask_of(mask, "masked_fill", "masked_fill_ only supports boolean masks, but got mask with dtype {}")
    broadcastable(input, mask)
    if not isinstance(value, TensorBase):
        return ops.masked_fill_number, [mask], {"value": number_for(input._array.dtype, value, function)}
    zero_dim(value, "masked_fill_")
    check_held(input, value, function)
    return ops.masked_fill, [mask, value], {}


def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements where the mask holds, as a vector; the two are broadcast together.

    >>> import chainrule as torch
    >>> torch.masked_select(torch.tensor([1, 2, 3]), torch.tensor([True, False, True]))
    tensor([1, 3])
    """
    tensor_argument(input, "masked_select", "input")
    mask_of(mask, "masked_select", "masked_select: expected BoolTensor for mask, got {}")
    broadcastable(input, mask)
    return put_apart(ops.masked_select(input, mask), out, "masked_select", input, mask)


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of ``input`` with the first elements of ``source``, in order, where the mask holds.

    >>> import chainrule as torch
    >>> torch.masked_scatter(torch.zeros(3), torch.tensor([True, False, True]), torch.tensor([5., 6.]))
    tensor([5., 0., 6.])
    """
    return ops.masked_scatter(input, *scattering_masked(input, mask, source))


def scattering_masked(input: Any, mask: Any, source: Any) -> list[Any]:
    tensor_argument(input, "masked_scatter", "input")
    tensor_argument(source, "masked_scatter", "source", 3)
    same_dtype(input, source, "masked_scatter: expected self and source to have same dtypes but got {} and {}")
    raw = mask_of(mask, "masked_scatter", "masked_scatter_ only supports boolean masks, but got mask with dtype {}")
    broadcastable(input, mask)
    wide = ops.broadcast_to(mask.detach(), shape=np.broadcast_shapes(raw.shape, input._array.shape))
    count = ops.count_nonzero(ops.reshape(wide, (wide._array.size,)), axis=(-1,), keepdims=False)
    holes = int(numbers_of(count._array).max(initial=0))
    if source._array.size < holes:
        raise RuntimeError(
            f"Number of elements of source < number of ones in mask: got {source._array.size} for {holes}"
        )
    return [mask, source]


def where(condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None) -> Any:
    """``input`` where the condition holds, else ``other``; all three are broadcast together.

    With the condition alone: its nonzero places, as :func:`nonzero` with ``as_tuple=True``.

    Args:
        condition: of dtype bool.
        input: a tensor or a number; the two promote.
        other: a tensor or a number.
        out: where to write the result.

    Raises:
        RuntimeError: the condition is not of bool, or shapes that do not match.

    >>> import chainrule as torch
    >>> torch.where(torch.tensor([True, False]), torch.tensor([1., 2.]), 0.)
    tensor([1., 0.])
    """
    array = tensor_argument(condition, "where", "condition")._array
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if not all(isinstance(a, (TensorBase, bool, int, float, complex)) for a in (input, other)):
        raise TypeError(
            "where() received an invalid combination of arguments - got "
            f"(Tensor, {type(input).__name__}, {type(other).__name__}), but expected (Tensor condition, Tensor or Number, Tensor or Number)"
        )
    if array.dtype.kind != "b":
        if array.dtype != np.uint8:
            raise RuntimeError(
                f"where expected condition to be a boolean tensor, but got a tensor with dtype {scalar_type_name(array.dtype)}"
            )
        import warnings

        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of PyTorch. "
            "Use a boolean condition instead.",
            stacklevel=2,
        )
        condition = ops.astype(condition, dtype=np.dtype(bool))
    try:
        result = ops.where(condition, input, other)
    except ValueError:
        broadcast_tensors(
            *[t for t in (condition, input, other) if isinstance(t, TensorBase)]
        )  # says which sizes do not match
        raise
    return put(result, out, "where", condition, input, other)


def nonzero(input: Tensor, *, as_tuple: bool = False, out: Tensor | None = None) -> Any:
    """The places of the elements that are not zero: as rows, or one vector a dimension.

    >>> import chainrule as torch
    >>> torch.nonzero(torch.tensor([1, 0, 2]))
    tensor([[0],
            [2]])
    """
    array = values_of(
        tensor_argument(input, "nonzero", "input"), "calling nonzero, whose result has a shape that depends on values"
    )
    if as_tuple:
        if out is not None:
            raise TypeError("nonzero(): out= takes the rows of places: leave as_tuple away, or out")
        places = [np.ascontiguousarray(one) for one in np.nonzero(np.atleast_1d(array))]
        found: Any = tuple([new_tensor(like(input._array, one)) for one in places])
    else:
        rows = np.argwhere(array) if array.ndim else np.empty((int(bool(array)), 0), np.int64)
        found = deliver(new_tensor(like(input._array, rows)), out, "nonzero")
    if input._node is not None:
        exits.note("nonzero", input._node, found[0] if as_tuple else found)
    return found


def argwhere(input: Tensor) -> Tensor:
    """The places of the elements that are not zero, as rows.

    >>> import chainrule as torch
    >>> torch.argwhere(torch.tensor([1, 0, 2]))
    tensor([[0],
            [2]])
    """
    return nonzero(input)
