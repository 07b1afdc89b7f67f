"""Tensors filled by a rule: constants and identities."""

from __future__ import annotations

import builtins
import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.sparse_level import is_sparse
from ..core.value import TensorBase, device_of, is_constant, like, new_tensor
from ..core.xla_level import numberless, placed
from ..device import CPU, META_DEVICE, device as Device, place_of
from ..dtypes import as_dtype, get_default_dtype
from ..promotion import checked_scalar, held_scalar, scalar_type_name
from ._arguments import deliver, sizes_of, tensor_argument
from .creation import dense_only, finish, sparse_coo, strided
from .memory import check_format, contiguous_format, preserve_format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import Tensor

__all__ = [
    "empty", "empty_like", "empty_permuted", "empty_strided", "eye", "full", "full_like", "ones", "ones_like", "scalar_tensor",
    "tril_indices", "triu_indices", "zeros", "zeros_like",
]  # fmt: skip

Dtype = Any
Number = Any
MAX_BYTES = 1 << 62


# -- constants -----------------------------------------------------------------------------------------------------------


def dtype_of(dtype: Dtype, out: Any, function: str) -> Any:
    """The NumPy dtype that is asked for: ``dtype``, or that of ``out``, or the default."""
    given = None if out is None else tensor_argument(out, function, "out")._array.dtype
    if dtype is None:
        return get_default_dtype().numpy if given is None else given
    wanted = as_dtype(dtype, argument=f"{function}(): argument 'dtype'").numpy
    if given is not None and wanted != given:
        raise RuntimeError(
            f"dtype {scalar_type_name(wanted)} does not match dtype of out parameter ({scalar_type_name(given)}): leave dtype= away"
        )
    return wanted


def shape_of(sizes: tuple[Any, ...], size: Any, function: str) -> tuple[int, ...]:
    return sizes_of(sizes if size is None else (size,), function)


def _checked_shape(shape: tuple[int, ...], function: str, dtype: Any) -> tuple[int, ...]:
    for n in shape:
        if n < 0:
            said = "zeros: Dimension size must be non-negative. " if function == "zeros" else ""
            raise RuntimeError(f"{said}Trying to create tensor with negative dimension {n}: {list(shape)}")
    if math.prod(shape) * dtype.itemsize >= MAX_BYTES:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)}: {function}() would need more memory than can be addressed"
        )
    return shape


def filled(
    make: Any, function: str, shape: tuple[int, ...], dtype: Any, requires_grad: bool, where: Device = CPU
) -> Tensor:
    """``make(shape, dtype)`` as a tensor."""
    _checked_shape(shape, function, dtype)
    if where is META_DEVICE:
        return finish(numberless(shape, dtype), requires_grad, where)
    try:
        array = make(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise RuntimeError(
            f"{function}(): not enough memory for a tensor of shape {list(shape)} and dtype {dtype.name}: {error}"
        ) from None
    return finish(array, requires_grad, where)


def zeros(
    *sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of zeros.

    Args:
        sizes: ints, or one sequence of ints.
        size: the same by name.
        out: where to write the result.
        dtype: by default the default dtype.
        layout: ``torch.strided``; or a sparse layout, for a sparse tensor without values.
        device: "cpu" or "xla"; by default the default device.
        pin_memory: accepted, and of no effect.
        requires_grad: whether gradients are to be computed for it.

    Raises:
        RuntimeError: a negative size, or more memory than there is.

    >>> import chainrule as torch
    >>> torch.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    where = place_of(device)
    wanted = dtype_of(dtype, out, "zeros")
    if layout is not None and layout is not strided:
        return no_values(shape_of(sizes, size, "zeros"), wanted, layout, requires_grad)
    return deliver(
        filled(np.zeros, "zeros", shape_of(sizes, size, "zeros"), wanted, requires_grad, where), out, "zeros"
    )


def ones(
    *sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of ones; arguments as of :func:`zeros`.

    >>> import chainrule as torch
    >>> torch.ones(3)
    tensor([1., 1., 1.])
    """
    dense_only(layout, "ones")
    where = place_of(device)
    wanted = dtype_of(dtype, out, "ones")
    return deliver(filled(np.ones, "ones", shape_of(sizes, size, "ones"), wanted, requires_grad, where), out, "ones")


def empty(
    *sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor with whatever the memory holds; arguments as of :func:`zeros`, and its order in memory.

    >>> import chainrule as torch
    >>> torch.empty(2, 3).shape
    torch.Size([2, 3])
    >>> torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride()
    (60, 1, 15, 3)
    """
    where = place_of(device)
    wanted = dtype_of(dtype, out, "empty")
    shape = shape_of(sizes, size, "empty")
    if layout is not None and layout is not strided:
        return no_values(shape, wanted, layout, requires_grad)
    if memory_format is None or memory_format is contiguous_format:
        return deliver(filled(np.empty, "empty", shape, wanted, requires_grad, where), out, "empty")
    check_format(memory_format, len(shape), "empty")
    if memory_format.axes is None:
        raise RuntimeError("unsupported memory format Preserve: there is no other tensor whose order could be kept")
    made = ordered(np.empty, "empty", shape, wanted, memory_format.axes, where)
    return deliver(settled(made, made, where, requires_grad), out, "empty")


def empty_strided(
    size: Any, stride: Any, *, dtype: Dtype = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor with whatever the memory holds, and the given strides (in elements).

    >>> import chainrule as torch
    >>> torch.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    dense_only(layout, "empty_strided")
    where = place_of(device)
    wanted = dtype_of(dtype, None, "empty_strided")
    shape, strides = sizes_of((size,), "empty_strided"), sizes_of((stride,), "empty_strided", "stride")
    if len(shape) != len(strides):
        raise RuntimeError(f"mismatch in length of strides and shape: got {len(strides)} and {len(shape)}")
    if where is META_DEVICE:
        return finish(numberless(shape, wanted, strides=strides), requires_grad, where)
    last = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    memory = np.empty(last, wanted)
    array = np.ndarray(shape, wanted, memory, 0, tuple(s * wanted.itemsize for s in strides))
    return finish(array, requires_grad, where)


def empty_permuted(size: Sequence[int], physical_layout: Sequence[int], **rest: Any) -> Tensor:
    """A tensor with whatever the memory holds, whose dimensions lie in memory in a given order.

    Args:
        size: the shape.
        physical_layout: all dimensions, that of the largest strides first.
        rest: ``dtype``, ``device``, ``layout``, ``requires_grad`` and ``pin_memory``, as for :func:`empty`.

    >>> import chainrule as torch
    >>> torch.empty_permuted((2, 3), (1, 0)).stride()
    (1, 2)
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            f"empty_permuted(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}"
        )
    shape = sizes_of((size,), "empty_permuted")
    order = sizes_of((physical_layout,), "empty_permuted", "physical_layout")
    if len(shape) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    for at, dim in enumerate(order):
        if not 0 <= dim < len(shape):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(shape) - 1}, but got {dim} at index {at})."
            )
    if len(set(order)) != len(order):
        raise RuntimeError(f"Duplicate dim not allowed: got {list(order)}")
    strides, step = [0] * len(shape), 1
    for dim in reversed(order):
        strides[dim] = step
        step *= max(shape[dim], 1)
    return empty_strided(shape, tuple(strides), **rest)


def full(
    size: Any, fill_value: Number, *, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of one number.

    Args:
        size: a sequence of ints.
        fill_value: a number, or a 0-d tensor.
        out: where to write the result.
        dtype: by default bool or int64 for such numbers, for others the default dtype.
        layout: ``torch.strided``.
        device: "cpu" or "xla"; by default the default device.
        requires_grad: whether gradients are to be computed for it.
        pin_memory: accepted, and of no effect.

    Raises:
        RuntimeError: ``dtype`` cannot hold the number.

    >>> import chainrule as torch
    >>> torch.full((2,), 7), torch.full((2,), 7.)
    (tensor([7, 7]), tensor([7., 7.]))
    """
    dense_only(layout, "full")
    where = place_of(device)
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    number = number_argument(fill_value, "full", "fill_value", 2)
    wanted = dtype_of(dtype or _natural_dtype(number), out, "full") if out is None else dtype_of(dtype, out, "full")
    sizes = sizes_of((size,), "full")
    value = _fitting(wanted, number, math.prod(sizes))
    return deliver(filled(_full(value), "full", sizes, wanted, requires_grad, where), out, "full")


def _fitting(dtype: Any, number: Number, count: int) -> Any:
    """What fills so many elements: PyTorch writes one alone another way, in which halves become infinite."""
    return (checked_scalar if count == 1 else held_scalar)(dtype, number)


def _full(value: Any) -> Any:
    return lambda shape, dtype: np.full(shape, value, dtype)


def _natural_dtype(number: Number) -> Any:
    """The dtype of tensors made from a Python number."""
    if isinstance(number, (bool, int)):
        return type(number)
    return get_default_dtype().to_complex() if isinstance(number, complex) else get_default_dtype()


def number_argument(value: Any, function: str, name: str, position: int) -> Number:
    """A Python number from a number or a 0-d tensor."""
    if (isinstance(value, (TensorBase, np.ndarray)) and value.ndim == 0) or isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (bool, int, float, complex)):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be Number, not {type(value).__name__}"
        )
    return value


def scalar_tensor(
    s: Number, *, dtype: Dtype = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A 0-d tensor of the default dtype.

    >>> import chainrule as torch
    >>> torch.scalar_tensor(3)
    tensor(3.)
    """
    dense_only(layout, "scalar_tensor")
    where = place_of(device)
    number = checked_scalar(dtype_of(dtype, None, "scalar_tensor"), number_argument(s, "scalar_tensor", "s", 1))
    return finish(np.array(number), requires_grad, where)


# -- like another tensor -------------------------------------------------------------------------------------------------


def fill_like(
    make: Any, function: str, input: Any, dtype: Dtype, device: Any, requires_grad: bool, memory_format: Any
) -> Tensor:
    """``make(shape, dtype)`` as a tensor with the shape, the dtype, the device and the order in memory of ``input``."""
    array = tensor_argument(input, function, "input")._array
    if is_sparse(array):
        return no_values_like(make, function, input, dtype, requires_grad)
    where = None if device is None else place_of(device)
    wanted = array.dtype if dtype is None else dtype_of(dtype, None, function)
    if where is None and device_of(array) is META_DEVICE:
        where = META_DEVICE
    order = memory_order(array, memory_format, function)
    if order is None:
        return settled(
            filled(make, function, array.shape, wanted, False, meta_or_cpu(where)), input, where, requires_grad
        )
    return settled(ordered(make, function, array.shape, wanted, order, where), input, where, requires_grad)


def meta_or_cpu(where: Any) -> Device:
    """Where a tensor is made that will be on that device: what is to have no numbers is never given any."""
    return META_DEVICE if where is META_DEVICE else CPU


def ordered(make: Any, function: str, shape: tuple[int, ...], dtype: Any, order: Sequence[int], where: Any) -> Tensor:
    """``make(shape, dtype)`` as a tensor whose axes lie in memory in this order, outermost first."""
    if where is META_DEVICE:
        return new_tensor(numberless(shape, dtype, order))
    result = filled(make, function, tuple([shape[axis] for axis in order]), dtype, False)
    return new_tensor(result._array.transpose(np.argsort(order)))


def no_values(shape: tuple[int, ...], dtype: Any, layout: Any, requires_grad: bool) -> Tensor:
    """A sparse tensor of zeros."""
    from .sparse import no_entries

    made: Any = no_entries(shape, dtype)
    if layout is not sparse_coo:
        made = made.to_sparse(layout=layout)
    return made.requires_grad_() if requires_grad else made


def no_values_like(make: Any, function: str, input: Any, dtype: Dtype, requires_grad: bool) -> Tensor:
    """A sparse tensor like another one, without any values."""
    if make not in (np.zeros, np.empty):
        raise NotImplementedError(
            f"Could not run '{function}' with arguments from the 'SparseCPU' backend: no element of the result would be zero. Make a dense "
            f"tensor of shape {list(input.shape)}, or of its values one with the same indices."
        )
    made: Any = ops.zero(new_tensor(input._array))
    made = made if dtype is None else ops.astype(made, dtype)
    return made.requires_grad_() if requires_grad else made


def settled(made: Any, input: Any, where: Device | None, requires_grad: bool) -> Tensor:
    """A new tensor as a leaf on a device, or (None) like ``input``: on its device, in its batch."""
    array = made._array
    if where is None:
        array, where = like(input._array, array), input.device
    return finish(placed(array, where), requires_grad)


def memory_order(array: Any, memory_format: Any = None, function: str = "empty_like") -> Sequence[int] | None:
    """The axes as they lie in memory, outermost first, if they are permuted and without gaps and that order is to be
    kept; else None.
    """
    if memory_format is not None and memory_format is not preserve_format:
        check_format(memory_format, array.ndim, function)
        return memory_format.axes
    if array.ndim < 2 or array.flags.c_contiguous:
        return None
    array = array.outline() if is_constant(array) else array
    order = sorted(builtins.range(array.ndim), key=lambda axis: -array.strides[axis])
    return order if array.transpose(order).flags.c_contiguous else None


def zeros_like(
    input: Tensor, *, dtype: Dtype = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    memory_format: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Zeros with the shape, the dtype and the order in memory of ``input``.

    >>> import chainrule as torch
    >>> torch.zeros_like(torch.tensor([1, 2]))
    tensor([0, 0])
    """
    if layout is not None and layout is not input.layout:
        return zeros(input.shape, dtype=dtype or input.dtype, layout=layout, device=device, requires_grad=requires_grad)
    return fill_like(np.zeros, "zeros_like", input, dtype, device, requires_grad, memory_format)


def ones_like(
    input: Tensor, *, dtype: Dtype = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    memory_format: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Ones with the shape, the dtype and the order in memory of ``input``.

    >>> import chainrule as torch
    >>> torch.ones_like(torch.tensor([1, 2]), dtype=torch.float32)
    tensor([1., 1.])
    """
    dense_only(layout, "ones_like")
    return fill_like(np.ones, "ones_like", input, dtype, device, requires_grad, memory_format)


def empty_like(
    input: Tensor, *, dtype: Dtype = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    memory_format: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory as it is, with the shape, the dtype and the order in memory of ``input``.

    >>> import chainrule as torch
    >>> torch.empty_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    if layout is not None and layout is not input.layout:
        return empty(input.shape, dtype=dtype or input.dtype, layout=layout, device=device, requires_grad=requires_grad)
    return fill_like(np.empty, "empty_like", input, dtype, device, requires_grad, memory_format)


def full_like(
    input: Tensor, fill_value: Number, *, dtype: Dtype = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, memory_format: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """One number, with the shape, the dtype and the order in memory of ``input``.

    >>> import chainrule as torch
    >>> torch.full_like(torch.ones(2), 7)
    tensor([7., 7.])
    """
    dense_only(layout, "full_like")
    array = tensor_argument(input, "full_like", "input")._array
    wanted = array.dtype if dtype is None else dtype_of(dtype, None, "full_like")
    value = _fitting(wanted, number_argument(fill_value, "full_like", "fill_value", 2), array.size)
    return fill_like(_full(value), "full_like", input, dtype, device, requires_grad, memory_format)


# -- matrices ------------------------------------------------------------------------------------------------------------


def eye(
    n: int, m: int | None = None, *, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Ones on the diagonal of an n by m matrix of zeros (m: by default n).

    >>> import chainrule as torch
    >>> torch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    dense_only(layout, "eye")
    where = place_of(device)
    wanted = dtype_of(dtype, out, "eye")
    for at, (name, size) in enumerate((("n", n), ("m", m)), 1):
        if size is None and name == "m":
            break
        if isinstance(size, (bool, float)) or not hasattr(size, "__index__"):
            raise TypeError(f"eye(): argument '{name}' (position {at}) must be int, not {type(size).__name__}")
        if size < 0:  # type: ignore[operator]
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    shape = (int(n), int(n if m is None else m))
    make = partial(filled, lambda shape, dtype: np.eye(*shape, dtype=dtype), "eye")
    return deliver(make(shape, wanted, requires_grad, where), out, "eye")


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Dtype = None, device: Any = None, layout: Any = None
) -> Tensor:
    """The rows and columns of the lower triangle of a matrix, as a tensor (2, N) of int64.

    >>> import chainrule as torch
    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    dense_only(layout, "tril_indices")
    wanted = dtype_of(dtype or int, None, "tril_indices")
    return finish(np.stack(np.tril_indices(row, offset, col)).astype(wanted), False, place_of(device))


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Dtype = None, device: Any = None, layout: Any = None
) -> Tensor:
    """The rows and columns of the upper triangle of a matrix, as a tensor (2, N) of int64.

    >>> import chainrule as torch
    >>> torch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    dense_only(layout, "triu_indices")
    wanted = dtype_of(dtype or int, None, "triu_indices")
    return finish(np.stack(np.triu_indices(row, offset, col)).astype(wanted), False, place_of(device))
