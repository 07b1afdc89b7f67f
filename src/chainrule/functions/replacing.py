"""Copies of a tensor with a part of it replaced, or all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..backend.shape_numpy import geometry
from ..core.value import TensorBase
from ..core.views import memory_of
from ._arguments import axis_of, takes_axis, tensor_argument
from ._reduction_arguments import converted, deliver_exactly, needs_grad
from ._shown import shown
from .indexing import filling_number, sliced
from .memory import strided_part
from .rearranging import diagonal, select

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["as_strided_scatter", "diagonal_scatter", "fill", "select_scatter", "slice_scatter"]


def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like ``input`` with every element a number, or that of a 0-d tensor.

    >>> import chainrule as torch
    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    array = tensor_argument(input, "fill", "input")._array
    if isinstance(value, TensorBase):
        if value._array.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value._array.ndim} dimensions."
            )
        if array.dtype.kind in "biu" and needs_grad(value):
            converted(value, input.dtype, "fill")  # refuses
        return ops.filled(input, value)
    return ops.filled_number(input, value=filling_number(input, value, "fill"))


def replaced(op: Any, input: Any, src: Any, shape: tuple[int, ...], params: dict[str, Any]) -> Any:
    """The copy in which ``src``, of the shape of a part, stands for that part."""
    if src._array.shape != shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src._array.shape)}, "
            f"slice size = {list(shape)}"
        )
    return op(input, converted(src, input.dtype, op.op.name), **params)


def part_replaced(view: Any, op: Any, input: Any, src: Any, *args: Any) -> Any:
    part = shown(view, op.op.name, input, *args)
    tensor_argument(src, op.op.name, "src", 2)
    assert part is not None
    return replaced(op, input, src, part.shape, part.steps[0][1])


@takes_axis
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``input`` with ``src`` at one index of a dimension.

    Args:
        input: any tensor.
        src: of the shape of ``input.select(dim, index)``; converted to the dtype of ``input``.
        dim: which dimension.
        index: where along it.
        out: where to write the result.

    Raises:
        RuntimeError: ``src`` has another shape. IndexError: no such dimension or index.

    >>> import chainrule as torch
    >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    return deliver_exactly(part_replaced(select, ops.select_scatter, input, src, dim, index), out, "select_scatter")


@takes_axis
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of ``input`` with ``src`` in a slice of a dimension.

    Args:
        input: any tensor.
        src: of the shape of that slice; converted to the dtype of ``input``.
        dim: which dimension.
        start: the first index; None for 0.
        end: the index at which the slice ends; None for the size.
        step: at least 1.
        out: where to write the result.

    Raises:
        RuntimeError: ``src`` has another shape, or ``step`` is less than 1.

    >>> import chainrule as torch
    >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=1, end=4, step=2)
    tensor([0., 1., 0., 1.])
    """
    return deliver_exactly(
        part_replaced(slice_of, ops.slice_scatter, input, src, dim, start, end, step), out, "slice_scatter"
    )


def slice_of(input: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    """The view of a slice."""
    ndim = input._array.ndim
    axis = axis_of(dim, ndim, "slice") if ndim else 0
    if step <= 0 and ndim:
        raise RuntimeError(f"slice step must be positive, got {step}")
    return sliced(input, axis, slice(start, end, step))


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1, *, out: Tensor | None = None
) -> Tensor:
    """A copy of ``input`` with ``src`` on the diagonals in two dimensions; ``offset`` counts upwards.

    >>> import chainrule as torch
    >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    result = part_replaced(diagonal, ops.diagonal_scatter, input, src, offset, dim1, dim2)
    return deliver_exactly(result, out, "diagonal_scatter")


def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of ``input`` with ``src`` where ``input.as_strided(size, stride, storage_offset)`` reads.

    What is no element of ``input`` is written nowhere; of elements that are written to one place, the last stays.

    >>> import chainrule as torch
    >>> torch.as_strided_scatter(torch.zeros(2, 2), torch.ones(2), (2,), (3,))
    tensor([[1., 0.],
            [0., 1.]])
    """
    _, params = strided_part(input, size, stride, storage_offset, "as_strided_scatter")
    tensor_argument(src, "as_strided_scatter", "src", 2)
    params["origin"] = geometry(memory_of(input))
    result = replaced(ops.as_strided_scatter, input, src, params["size"], params)
    return deliver_exactly(result, out, "as_strided_scatter")
