"""Greatest divisors and least multiples in common, the two parts of floating point numbers, places in a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..promotion import scalar_type_name
from ._arguments import deliver, takes_axis, tensor_argument
from ._reduction_arguments import named, reduced_axes, refuse_empty
from .elementwise import tensors

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["frexp", "gcd", "hash_tensor", "lcm", "nonzero_static", "unravel_index"]


def gcd(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The greatest common divisor, of integers; that of 0 and 0 is 0.

    >>> import chainrule as torch
    >>> torch.gcd(torch.tensor([12, 5]), torch.tensor([18, 0]))
    tensor([6, 5])
    """
    return tensors(ops.gcd, "gcd", input, other, out)


@takes_axis
def hash_tensor(
    input: Tensor,
    dim: int | Sequence[int] | None = (),
    *,
    keepdim: bool = False,
    mode: int = 0,
    out: Tensor | None = None,
) -> Tensor:
    """The exclusive or of the bits of all elements, or of those along dimensions, as float64 or int64.

    Args:
        input: anything but complex numbers.
        dim: the dimensions to reduce; all, if there are none.
        keepdim: whether these stay, with size 1.
        mode: 0, the only one that there is.
        out: a uint64 tensor for the result.

    Raises:
        RuntimeError: another mode, complex numbers, or no elements along no ``dim``.

    >>> import chainrule as torch
    >>> torch.hash_tensor(torch.tensor([1, 2, 4]))
    tensor(7, dtype=torch.uint64)
    """
    array = tensor_argument(input, "hash_tensor", "input")._array
    if mode != 0:
        raise RuntimeError(f"hash_tensor: Unknown mode {mode}: the only one is 0")
    if array.dtype.kind == "c":
        raise NotImplementedError(f"\"hash_tensor\" not implemented for '{scalar_type_name(array.dtype)}'")
    axis = reduced_axes(dim, keepdim, array.ndim, "hash_tensor")
    refuse_empty(array, axis, dim, "hash_tensor")
    return deliver(ops.hash_bits(input, axis=axis, keepdims=bool(keepdim)), out, "hash_tensor", exact=True)


def lcm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The least common multiple, of integers; that of 0 and anything is 0.

    >>> import chainrule as torch
    >>> torch.lcm(torch.tensor([12, 5]), torch.tensor([18, 0]))
    tensor([36,  0])
    """
    return tensors(ops.lcm, "lcm", input, other, out)


def frexp(input: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """Each number as ``mantissa * 2 ** exponent``, the mantissa from 0.5 to below 1, or 0.

    Args:
        input: floating point.
        out: a pair of tensors, the second int32, to write to.

    Returns:
        ``torch.return_types.frexp(mantissa, exponent)``; the exponent of an infinity or a NaN is 0.

    >>> import chainrule as torch
    >>> torch.frexp(torch.tensor([3., -0.25]))
    torch.return_types.frexp(
    mantissa=tensor([ 0.7500, -0.5000]),
    exponent=tensor([ 2, -1], dtype=torch.int32))
    """
    if tensor_argument(input, "frexp", "input")._array.dtype.kind not in "fV":
        raise RuntimeError(f"torch.frexp() only supports floating-point dtypes, got {input.dtype}")
    return named("frexp", ops.frexp(input), out)


def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The coordinates, in an array of ``shape``, of places counted in C order: one tensor for each dimension.

    Args:
        indices: integers; of those outside of the array, each coordinate is taken modulo its size.
        shape: sizes, not negative.

    >>> import chainrule as torch
    >>> torch.unravel_index(torch.tensor([5, 3]), (2, 3))
    (tensor([1, 1]), tensor([2, 0]))
    """
    array = tensor_argument(indices, "unravel_index", "indices")._array
    if array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, (tuple, list)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(size)}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    if array.dtype != np.int64:
        indices = ops.astype(indices, np.dtype(np.int64))
    step, coordinates = 1, []
    for size in reversed(sizes):
        coordinates.append(ops.remainder(ops.floor_divide(indices, max(step, 1)), max(size, 1)))
        step *= size
    return tuple(reversed(coordinates))


def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1, out: Tensor | None = None) -> Tensor:
    """The coordinates of the first ``size`` elements that are not 0, as rows; if there are fewer, rows of ``fill_value``.

    Its shape does not depend on values, so unlike :func:`nonzero` it can run in ``vmap`` and be compiled.

    >>> import chainrule as torch
    >>> torch.nonzero_static(torch.tensor([0., 2., 3.]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    tensor_argument(input, "nonzero_static", "input")
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise TypeError(f"nonzero_static(): argument 'size' must be int, not {type(size).__name__}")
    if size < 0:
        raise RuntimeError(f"nonzero_static: 'size' must be an non-negative integer, got {size}")
    result = ops.nonzero_static(input, size=size.__index__(), fill=int(fill_value))
    return deliver(result, out, "nonzero_static")
