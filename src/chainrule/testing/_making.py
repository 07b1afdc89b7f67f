"""``torch.testing.make_tensor``: tensors to test with."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..functions.filling import empty
from ..functions.random import randint

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["make_tensor"]

DEFAULTS = {"b": (0, 2), "u": (0, 10), "i": (-9, 10), "f": (-9, 9), "c": (-9, 9), "V": (-9, 9)}
"""The default interval by kind of dtype; "V" is bfloat16's."""


def make_tensor(
    *shape: int | Sequence[int],
    dtype: Any,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of numbers drawn evenly from an interval; PyTorch's numbers for the same seed.

    Args:
        shape: the sizes, one by one or in a sequence.
        dtype: any. Complex numbers have both parts in the interval.
        device: the CPU.
        low: the least number; by default -9, of unsigned integers and bools 0.
        high: what the numbers are less than; by default 9, of integers 10, of bools 2.
        requires_grad: whether the tensor is to be differentiated by.
        noncontiguous: whether the elements lie apart from each other.
        exclude_zero: whether a 0 becomes the least positive number (of integers, 1).
        memory_format: how the elements are to lie.

    Raises:
        ValueError: an empty interval or a NaN in it, both ``noncontiguous`` and ``memory_format``, or ``requires_grad`` of
            integers. TypeError: no dtype.

    >>> import chainrule as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.testing.make_tensor(2, 2, dtype=torch.int64, device="cpu")
    tensor([[ 6, -5],
            [-9, -9]])
    """
    if not isinstance(dtype, dtypes.dtype):
        raise TypeError(
            f"The requested dtype {dtype!r} is not supported by torch.testing.make_tensor(): give a torch.dtype"
        )
    if noncontiguous and memory_format is not None:
        raise ValueError(
            f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got noncontiguous={noncontiguous} "
            f"and memory_format={memory_format}"
        )
    kind = dtype.numpy.kind
    is_whole = kind in "biu"
    if requires_grad and is_whole:
        raise ValueError(
            f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={dtype}"
        )
    least, most = _interval(dtype, low, high)
    sizes: Any = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    apart = noncontiguous and math.prod(sizes) > 1
    if apart:
        sizes = (*sizes[:-1], 2 * sizes[-1])
    if is_whole:
        result = randint(math.ceil(least), math.ceil(most), sizes, dtype=dtype, device=device)
    else:
        result = empty(sizes, dtype=dtype, device=device)
        parts = result.view(dtype.to_real()).view(*sizes, 2) if kind == "c" else result
        if most - least > dtypes.finfo(dtype).max:  # its length overflows: draw at half the size
            parts.uniform_(least / 2, most / 2).mul_(2)
        else:
            parts.uniform_(least, most)
    if apart:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = 1 if is_whole else dtypes.finfo(dtype).tiny
    return result.requires_grad_() if requires_grad else result


def _interval(dtype: Any, low: float | None, high: float | None) -> tuple[float, float]:
    """The interval to draw from; raises unless there is something in it."""
    kind = dtype.numpy.kind
    usual = DEFAULTS[kind]
    given = usual[0] if low is None else low, usual[1] if high is None else high
    if any(math.isnan(one) for one in given):
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={given[0]} and high={given[1]}")
    if given[0] == given[1] and kind in "fcV":
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and will be "
            "removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif given[0] >= given[1]:
        raise ValueError(f"`low` must be less than `high`, but got {given[0]} >= {given[1]}")
    if kind == "b":
        first, last = 0.0, 2.0
    else:
        range_of = dtypes.iinfo(dtype) if kind in "iu" else dtypes.finfo(dtype)
        first, last = range_of.min, range_of.max
        if kind in "iu" and range_of.bits < 64:
            last += 1  # so that the greatest number may be drawn
    return min(max(given[0], first), last), min(max(given[1], first), last)
