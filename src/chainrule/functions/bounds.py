"""The larger, the smaller, and values kept within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..core.dispatch import NUMBERS
from ..core.value import TensorBase
from ..promotion import held_scalar
from ._arguments import tensor_argument
from ._writing import put
from .elementwise import Number, plain, promoted, tensors

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["clamp", "clamp_max", "clamp_min", "clip", "fmax", "fmin", "maximum", "minimum"]


def maximum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The larger of each pair; a NaN wins. The gradient of a tie goes half to each.

    >>> import chainrule as torch
    >>> torch.maximum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([3., 5.])
    """
    return tensors(ops.maximum, "maximum", input, other, out)


def minimum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smaller of each pair; a NaN wins. The gradient of a tie goes half to each.

    >>> import chainrule as torch
    >>> torch.minimum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([1., 2.])
    """
    return tensors(ops.minimum, "minimum", input, other, out)


def fmax(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The larger of each pair; a number wins over a NaN. The gradient of a tie goes to ``input``.

    >>> import chainrule as torch
    >>> torch.fmax(torch.tensor([1., float("nan")]), torch.tensor([3., 2.]))
    tensor([3., 2.])
    """
    return tensors(ops.fmax, "fmax", input, other, out)


def fmin(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smaller of each pair; a number wins over a NaN. The gradient of a tie goes to ``input``.

    >>> import chainrule as torch
    >>> torch.fmin(torch.tensor([1., float("nan")]), torch.tensor([3., 2.]))
    tensor([1., 2.])
    """
    return tensors(ops.fmin, "fmin", input, other, out)


EVERYWHERE = 65504
"""The largest number that each floating-point dtype holds."""


def clamping(function: str, input: Any, min: Any, max: Any) -> tuple[Any, Any, tuple[Any, ...], dict[str, Any]]:
    """For :func:`clamp` in both forms: the op, the tensor, further operands, parameters."""
    tensor_argument(input, function, "input")
    bounds = [bound for bound in (min, max) if bound is not None]
    if not bounds:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if input._array.dtype.kind == "c":
        raise NotImplementedError(f"clamp is not supported for complex types: got {input.dtype}. Clamp the parts.")
    if all(isinstance(bound, TensorBase) for bound in bounds):
        op = ops.clamp_tensor if len(bounds) == 2 else ops.clamp_low if max is None else ops.clamp_high
        return op, input, tuple(bounds), {}
    if not all(isinstance(bound, NUMBERS) for bound in bounds):
        got = ", ".join(f"{name}={type(b).__name__}" for name, b in (("min", min), ("max", max)) if b is not None)
        raise TypeError(
            f"{function}() received an invalid combination of arguments - got (Tensor, {got}), but expected two numbers, two "
            "tensors, or one of either."
        )
    input = promoted(input, *bounds)
    limits = {name: plain(bound) for name, bound in (("min", min), ("max", max))}
    dtype = input._array.dtype
    is_whole = dtype.kind in "iu"
    for name, limit in limits.items():
        if limit is not None and (is_whole or abs(limit) > EVERYWHERE):
            held = held_scalar(dtype, limit)
            limits[name] = held.item() if is_whole else limit
    return ops.clamp, input, (), limits


def clamp(
    input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None, *, out: Tensor | None = None
) -> Tensor:
    """``input`` with what is below ``min`` raised to it, and what is above ``max`` lowered to it.

    The gradient passes where ``input`` is within the bounds, both included. Where ``min > max``, the result is ``max``.

    Args:
        input: any real tensor.
        min: a number or a tensor, or None for no bound.
        max: likewise, but not a number with a tensor.
        out: the tensor that takes the result.

    Raises:
        RuntimeError: there is no bound at all.

    >>> import chainrule as torch
    >>> torch.clamp(torch.tensor([-2., 0.5, 3.]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    op, input, bounds, params = clamping("clamp", input, min, max)
    result = op(input, *bounds, **params)
    return result if out is None else put(result, out, "clamp", input, *bounds, exact=not bounds)


clip = clamp


def clamp_min(input: Tensor, min: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input`` with what is below ``min`` raised to it.

    >>> import chainrule as torch
    >>> torch.clamp_min(torch.tensor([-2., 0.5]), 0)
    tensor([0.0000, 0.5000])
    """
    if isinstance(min, TensorBase):
        return tensors(ops.clamp_min_tensor, "clamp_min", input, min, out)
    _, input, _, params = clamping("clamp_min", input, min, None)
    result = ops.clamp_min(input, min=params["min"])
    return result if out is None else put(result, out, "clamp_min", input)


def clamp_max(input: Tensor, max: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """``input`` with what is above ``max`` lowered to it.

    >>> import chainrule as torch
    >>> torch.clamp_max(torch.tensor([2., 0.5]), 1)
    tensor([1.0000, 0.5000])
    """
    if isinstance(max, TensorBase):
        return tensors(ops.clamp_max_tensor, "clamp_max", input, max, out)
    _, input, _, params = clamping("clamp_max", input, None, max)
    result = ops.clamp_max(input, max=params["max"])
    return result if out is None else put(result, out, "clamp_max", input)
