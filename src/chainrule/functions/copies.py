"""The views, each as a copy with memory of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from . import complex_numbers, joining, memory, rearranging, shape
from ._arguments import axis_of, sizes_of, takes_axis, tensor_argument
from ._reduction_arguments import deliver_exactly
from ._shown import shown
from .replacing import slice_of

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "alias_copy",
    "as_strided_copy",
    "detach_copy",
    "diagonal_copy",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "slice_copy",
    "split_copy",
    "split_with_sizes_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unbind_copy",
    "unfold_copy",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "unsqueeze_copy",
    "view_as_complex_copy",
    "view_as_real_copy",
    "view_copy",
]

COPIES: dict[Any, Callable[..., Any]] = {
    op.op: copy
    for op, copy in (
        (ops.alias, ops.alias_copy),
        (ops.broadcast_to, ops.expand_copy),
        (ops.diagonal, ops.diagonal_copy),
        (ops.expand_dims, ops.unsqueeze_copy),
        (ops.permute_dims, ops.permute_copy),
        (ops.select, ops.select_copy),
        (ops.slice_axis, ops.slice_copy),
        (ops.split, ops.split_copy),
        (ops.split_with_sizes, ops.split_with_sizes_copy),
        (ops.squeeze, ops.squeeze_copy),
        (ops.squeeze_all, ops.squeeze_all_copy),
        (ops.squeeze_one, ops.squeeze_one_copy),
        (ops.swapaxes, ops.transpose_copy),
        (ops.t, ops.t_copy),
        (ops.unfold, ops.unfold_copy),
        (ops.unstack, ops.unbind_copy),
        (ops.view, ops.view_copy),
        (ops.view_as_real, ops.view_as_real_copy),
    )
}
"""View op -> the op that copies what it shows."""


def copied(
    view: Callable[..., Any],
    function: str,
    input: Any,
    *args: Any,
    copies: dict[Any, Any] = COPIES,
) -> Any:
    """What ``view(input, *args)`` shows, as a copy."""
    part = shown(view, function, input, *args)
    if part is None:
        return ()
    for op, params in part.steps:
        input = copies.get(op, COPIES[op])(input, **params)
    return input


def alias_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``input``.

    >>> import chainrule as torch
    >>> torch.alias_copy(torch.ones(2))
    tensor([1., 1.])
    """
    return deliver_exactly(ops.alias_copy(tensor_argument(input, "alias_copy", "input")), out, "alias_copy")


def detach_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy through which no gradient flows.

    >>> import chainrule as torch
    >>> torch.detach_copy(torch.ones(2, requires_grad=True))
    tensor([1., 1.])
    """
    return deliver_exactly(ops.alias_copy(tensor_argument(input, "detach_copy", "input").detach()), out, "detach_copy")


def as_strided_copy(
    input: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """What :func:`as_strided` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.as_strided_copy(torch.arange(5), (2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])
    """
    base, params = memory.strided_part(input, size, stride, storage_offset, "as_strided_copy")
    return deliver_exactly(ops.as_strided_copy(base, **params), out, "as_strided_copy")


def diagonal_copy(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1, *, out: Tensor | None = None) -> Tensor:
    """What :func:`diagonal` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.diagonal_copy(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return deliver_exactly(
        copied(rearranging.diagonal, "diagonal_copy", input, offset, dim1, dim2), out, "diagonal_copy"
    )


def expand_copy(input: Tensor, size: Sequence[int], *, implicit: bool = False, out: Tensor | None = None) -> Tensor:
    """What ``input.expand(size)`` shows, as a copy; ``implicit`` changes nothing.

    >>> import chainrule as torch
    >>> torch.expand_copy(torch.tensor([1, 2]), (2, -1))
    tensor([[1, 2],
            [1, 2]])
    """
    return deliver_exactly(
        copied(shape.expand, "expand_copy", input, sizes_of((size,), "expand_copy")), out, "expand_copy"
    )


@takes_axis
def narrow_copy(input: Tensor, dim: int, start: int, length: int, *, out: Tensor | None = None) -> Tensor:
    """What :func:`narrow` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.narrow_copy(torch.arange(5), 0, 1, 2)
    tensor([1, 2])
    """
    sizes = tensor_argument(input, "narrow_copy", "input")._array.shape
    if sizes and dim >= len(sizes):
        raise RuntimeError(f"narrow_copy(): dim must be {-len(sizes)} to {len(sizes) - 1}, got {dim}")
    size = sizes[axis_of(dim, len(sizes), "narrow_copy")] if sizes else 0
    if sizes and not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    copies = {ops.slice_axis.op: ops.narrow_copy}
    result = copied(rearranging.narrow, "narrow_copy", input, dim, start, length, copies=copies)
    return deliver_exactly(result, out, "narrow_copy")


def permute_copy(input: Tensor, dims: Sequence[int], *, out: Tensor | None = None) -> Tensor:
    """What :func:`permute` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.permute_copy(torch.ones(2, 3), (1, 0)).shape
    torch.Size([3, 2])
    """
    return deliver_exactly(copied(shape.permute, "permute_copy", input, dims), out, "permute_copy")


@takes_axis
def select_copy(input: Tensor, dim: int, index: int, *, out: Tensor | None = None) -> Tensor:
    """What :func:`select` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.select_copy(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return deliver_exactly(copied(rearranging.select, "select_copy", input, dim, index), out, "select_copy")


@takes_axis
def slice_copy(
    input: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The indices of a dimension from ``start`` to before ``end``, every ``step``, as a copy.

    >>> import chainrule as torch
    >>> torch.slice_copy(torch.arange(5), 0, 1, 5, 2)
    tensor([1, 3])
    """
    return deliver_exactly(copied(slice_of, "slice_copy", input, dim, start, end, step), out, "slice_copy")


@takes_axis
def squeeze_copy(input: Tensor, dim: int | Sequence[int] | None = None, *, out: Tensor | None = None) -> Tensor:
    """What :func:`squeeze` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.squeeze_copy(torch.ones(1, 3)).shape
    torch.Size([3])
    """
    return deliver_exactly(copied(shape.squeeze, "squeeze_copy", input, dim), out, "squeeze_copy")


def t_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """What :func:`t` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.t_copy(torch.ones(2, 3)).stride()
    (2, 1)
    """
    return deliver_exactly(copied(shape.t, "t_copy", input), out, "t_copy")


def transpose_copy(input: Tensor, dim0: int, dim1: int, *, out: Tensor | None = None) -> Tensor:
    """What :func:`transpose` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.transpose_copy(torch.ones(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return deliver_exactly(copied(shape.transpose, "transpose_copy", input, dim0, dim1), out, "transpose_copy")


def unfold_copy(input: Tensor, dimension: int, size: int, step: int, *, out: Tensor | None = None) -> Tensor:
    """What ``input.unfold(dimension, size, step)`` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.unfold_copy(torch.arange(3), 0, 2, 1)
    tensor([[0, 1],
            [1, 2]])
    """
    return deliver_exactly(copied(rearranging.unfold, "unfold_copy", input, dimension, size, step), out, "unfold_copy")


@takes_axis
def unsqueeze_copy(input: Tensor, dim: int, *, out: Tensor | None = None) -> Tensor:
    """What :func:`unsqueeze` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.unsqueeze_copy(torch.ones(2), 0)
    tensor([[1., 1.]])
    """
    return deliver_exactly(copied(shape.unsqueeze, "unsqueeze_copy", input, dim), out, "unsqueeze_copy")


def view_as_complex_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """What :func:`view_as_complex` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.view_as_complex_copy(torch.tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    tensor_argument(input, "view_as_complex_copy", "input")
    complex_numbers.view_as_complex(input.detach())  # for what it refuses
    return deliver_exactly(ops.view_as_complex_copy(input), out, "view_as_complex_copy")


def view_as_real_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """What :func:`view_as_real` shows, as a copy.

    >>> import chainrule as torch
    >>> torch.view_as_real_copy(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    return deliver_exactly(copied(complex_numbers.view_as_real, "view_as_real_copy", input), out, "view_as_real_copy")


def view_copy(input: Tensor, size: Any, *, out: Tensor | None = None) -> Tensor:
    """The elements in another shape, or read as another dtype, as a copy.

    >>> import chainrule as torch
    >>> torch.view_copy(torch.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    from ..dtypes import dtype

    array = tensor_argument(input, "view_copy", "input")._array
    if isinstance(size, dtype):
        return deliver_exactly(ops.alias_copy(memory.view_dtype(input, size)), out, "view_copy")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"view_copy(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    sizes = shape.inferred(sizes_of((size,), "view_copy"), array.size)
    return deliver_exactly(ops.view_copy(input, shape=sizes), out, "view_copy")


# -- several ------------------------------------------------------------------------------------------------------------


def delivered(results: Any, out: Any, function: str) -> Any:
    """The copies, or None once they are written to the tensors of ``out``, as in PyTorch."""
    if out is None:
        return results
    if len(out) != len(results):
        raise RuntimeError(f"{function}_out() expected an out= argument of size {len(results)}, got size {len(out)}")
    for one, result in zip(out, results, strict=True):
        deliver_exactly(result, one, function)
    return None


@takes_axis
def split_copy(input: Tensor, split_size: Any, dim: int = 0, *, out: Any = None) -> Any:
    """What :func:`split` shows, as copies; None if they are written to ``out``.

    >>> import chainrule as torch
    >>> torch.split_copy(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    if isinstance(split_size, (tuple, list)):
        raise TypeError(
            f"split_copy(): argument 'split_size' (position 2) must be int, not {type(split_size).__name__}. Use split_with_sizes_copy()."
        )
    return delivered(copied(joining.split, "split_copy", input, split_size, dim), out, "split_copy")


@takes_axis
def split_with_sizes_copy(input: Tensor, split_sizes: Sequence[int], dim: int = 0, *, out: Any = None) -> Any:
    """What :func:`split_with_sizes` shows, as copies; None if they are written to ``out``.

    >>> import chainrule as torch
    >>> torch.split_with_sizes_copy(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    results = copied(joining.split_with_sizes, "split_with_sizes_copy", input, split_sizes, dim)
    return delivered(results, out, "split_with_sizes_copy")


@takes_axis
def unbind_copy(input: Tensor, dim: int = 0, *, out: Any = None) -> Any:
    """What :func:`unbind` shows, as copies; None if they are written to ``out``.

    >>> import chainrule as torch
    >>> torch.unbind_copy(torch.arange(2))
    (tensor(0), tensor(1))
    """
    return delivered(copied(joining.unbind, "unbind_copy", input, dim), out, "unbind_copy")


UNSAFE = {ops.split.op: ops.unsafe_split, ops.split_with_sizes.op: ops.unsafe_split_with_sizes}
"""Parts that may be written to one by one: here these are copies."""


@takes_axis
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """As :func:`split`, but the parts are no views: each may be written to.

    >>> import chainrule as torch
    >>> torch.unsafe_split(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    return copied(joining.split, "unsafe_split", input, split_size, dim, copies=UNSAFE)


@takes_axis
def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """As :func:`split_with_sizes`, but the parts are no views: each may be written to.

    >>> import chainrule as torch
    >>> torch.unsafe_split_with_sizes(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    return copied(joining.split_with_sizes, "unsafe_split_with_sizes", input, split_sizes, dim, copies=UNSAFE)


@takes_axis
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """As :func:`chunk`, but the parts are no views: each may be written to.

    >>> import chainrule as torch
    >>> torch.unsafe_chunk(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    return copied(joining.chunk, "unsafe_chunk", input, chunks, dim, copies=UNSAFE)
