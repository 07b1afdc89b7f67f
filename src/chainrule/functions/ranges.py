"""Numbers in a row: ranges and evenly spaced numbers."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import Lifted, TensorBase
from ..device import place_of
from ..dtypes import get_default_dtype
from ..promotion import checked_scalar, held_scalar, is_half
from ..quiet import quietly
from ._arguments import deliver
from .creation import dense_only, finish
from .filling import Dtype, Number, dtype_of, filled, number_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["arange", "linspace", "logspace", "range"]


def arange(
    *bounds: Number, start: Number = None, end: Number = None, step: Number = None, out: Tensor | None = None,
    dtype: Dtype = None, layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from ``start`` to before ``end``: ``arange(end)``, ``arange(start, end)``, ``arange(start, end, step)``.

    Args:
        bounds: the end, or start and end, or start, end and step.
        start: by default 0.
        end: not in the range.
        step: by default 1.
        out: where to write the result.
        dtype: by default int64 if all three are integers, else the default dtype.
        layout: ``torch.strided``.
        device: "cpu" or "xla"; by default the default device.
        pin_memory: accepted, and of no effect.
        requires_grad: whether gradients are to be computed for it.

    Raises:
        RuntimeError: a step of zero, or of the wrong sign.

    >>> import chainrule as torch
    >>> torch.arange(3), torch.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    dense_only(layout, "arange")
    where = place_of(device)
    if len(bounds) > 3:
        raise TypeError(f"arange() takes at most 3 bounds (start, end, step), got {len(bounds)}")
    if len(bounds) == 1 and end is None:
        bounds = (start, *bounds)
    first, last, by = [*bounds, *[start, end, step][len(bounds) :]]
    if last is None:
        raise TypeError(
            "arange() received an invalid combination of arguments: call arange(end) or arange(start, end[, step])"
        )
    last = number_argument(last, "arange", "end", 1 if len(bounds) < 3 and first is None else 2)
    first = number_argument(0 if first is None else first, "arange", "start", 1)
    by = number_argument(1 if by is None else by, "arange", "step", 3)
    if dtype is None and out is None:
        floats = any(isinstance(v, float) for v in (first, last, by))
        dtype = get_default_dtype() if floats else int
    wanted = dtype_of(dtype, out, "arange")
    first, by, count = _steps(first, last, by, wanted)
    make = partial(_ramp, first, by)
    return deliver(filled(partial(quietly, make), "arange", (count,), wanted, requires_grad, where), out, "arange")


def _steps(first: Number, last: Number, by: Number, dtype: Any) -> tuple[Number, Number, int]:
    """Start, step and length of a range, as numbers of the dtype's kind."""
    if dtype.kind == "b":
        raise NotImplementedError(
            "\"arange_cpu\" not implemented for 'Bool': choose an integer or floating point dtype"
        )
    for number in (first, last, by):
        if isinstance(number, complex):
            raise RuntimeError(f"value cannot be converted to type double without overflow: arange() got {number}")
        if not math.isfinite(number):
            raise RuntimeError(f"unsupported range: {first} -> {last}")
    if by == 0:
        raise RuntimeError("step must be nonzero")
    count = math.ceil((last - first) / by)  # in PyTorch fractions count for the length of small integers, too
    if dtype.kind in "iu":
        wide = dtype if dtype.itemsize == 8 else np.dtype(np.int64)
        first, last, by = (int(checked_scalar(wide, v)) if v >= 0 else int(v) for v in (first, last, by))
    if by == 0:
        raise ValueError("step must be nonzero: without its fraction, which the integer dtype cannot hold, it is 0")
    if (last - first) * by < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {first} to {last} by {by} there is nothing"
        )
    if dtype.kind in "iu" and dtype.itemsize == 8:
        count = -((first - last) // by)
    return first, by, count


EXACT = {2: 1 << 8, 4: 1 << 24, 8: 1 << 53}
"""Up to where a floating point type of that many bytes holds every integer (bfloat16, of those of two)."""


def _ramp(first: Number, by: Number, shape: tuple[int, ...], dtype: Any) -> Any:
    """The numbers first + i * by, as PyTorch's vectors of 32 bytes come to them.

    The vectors are filled two at a time: the first number of each is rounded, and from that follow the others. What is
    left at the end are single numbers.
    """
    (count,) = shape
    lanes = 32 // dtype.itemsize
    whole = count - count % (2 * lanes)
    if not whole or _is_exact(first, by, count, dtype):
        return _points(first, by, np.arange(count), dtype)
    starts = _points(first, by, np.arange(0, whole, lanes), dtype)
    wide = np.dtype(np.float32) if dtype.itemsize == 2 else fused(dtype)
    vectors = starts[:, None].astype(wide) + np.arange(lanes, dtype=wide) * wide.type(by)
    rest = _points(first, by, np.arange(whole, count), dtype)
    return np.concatenate([vectors.ravel().astype(dtype, copy=False), rest])


def _is_exact(first: Number, by: Number, count: int, dtype: Any) -> bool:
    if dtype.kind in "iu":
        return True
    return (
        float(by).is_integer() and float(first).is_integer() and abs(first) + abs(by) * count <= EXACT[dtype.itemsize]
    )


def _points(first: Number, by: Number, at: Any, dtype: Any) -> Any:
    """The numbers first + at * by, rounded once; integers that the dtype does not hold wrap around."""
    if dtype.kind in "iu":
        wide = dtype if dtype.itemsize == 8 else np.dtype(np.int64)
        return (at.astype(wide, copy=False) * wide.type(by) + wide.type(first)).astype(dtype, copy=False)
    if _is_exact(first, by, int(at[-1]) if at.size else 0, dtype):
        return (at * float(by) + float(first)).astype(dtype)
    if dtype.itemsize == 2:  # bounds and step are of single precision then
        first, by = float(np.float32(first)), float(np.float32(by))
    return (at * np.longdouble(by) + first).astype(dtype)


def fused(dtype: Any) -> Any:
    """The dtype in which a * b + c, rounded to ``dtype`` at the end, is rounded once: as fused multiply-add does it."""
    if dtype.kind == "c":
        return np.dtype(np.clongdouble if dtype.itemsize > 8 else np.complex128)
    return np.dtype(np.longdouble if dtype.itemsize == 8 else np.float64)


def _listed(first: Number, by: Number, shape: tuple[int, ...], dtype: Any) -> Any:
    """The numbers first + i * by as :func:`range` rounds them: the product, then the sum."""
    wide = dtype if dtype.kind in "iu" else np.dtype(np.float32 if dtype.itemsize == 2 else np.float64)
    return (np.arange(*shape).astype(wide) * wide.type(by) + wide.type(first)).astype(dtype, copy=False)


def range(
    start: Number = 0, end: Number = None, step: Number = 1, *, out: Tensor | None = None, dtype: Dtype = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from ``start`` to ``end``, which is in the range; :func:`arange` is what Python's users expect.

    >>> import chainrule as torch, warnings
    >>> warnings.simplefilter("ignore")
    >>> torch.range(1, 3)
    tensor([1., 2., 3.])
    """
    dense_only(layout, "range")
    import warnings

    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's "
        "range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    where = place_of(device)
    if end is None:
        start, end = 0, start
    wanted = dtype_of(dtype, out, "range")
    if not step:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = math.floor((end - start) / step) + 1
    return deliver(filled(partial(_listed, start, step), "range", (count,), wanted, requires_grad, where), out, "range")


def linspace(
    start: Number, end: Number, steps: int, *, out: Tensor | None = None, dtype: Dtype = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    >>> import chainrule as torch
    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    dense_only(layout, "linspace")
    where = place_of(device)
    first, last, steps, wanted = _ends("linspace", start, end, steps, dtype, out)
    if is_lifted(first) or is_lifted(last):
        return deliver(_spaced_in_batch(first, last, steps, wanted), out, "linspace")
    return deliver(
        filled(partial(quietly, _spaced, first, last), "linspace", (steps,), wanted, requires_grad, where),
        out,
        "linspace",
    )


def _ends(
    function: str, start: Number, end: Number, steps: int, dtype: Dtype, out: Any
) -> tuple[Number, Number, int, Any]:
    """The arguments of ``linspace`` and ``logspace``, checked, and the dtype that is wanted."""
    for name, bound in (("start", start), ("end", end)):
        if isinstance(bound, TensorBase) and bound.ndim:
            raise RuntimeError(
                f"{function} only supports 0-dimensional start and end tensors, but got {name} with {bound.ndim} dimension(s)."
            )
    first, last = (
        bound.detach() if is_lifted(bound) else number_argument(bound, function, name, position)
        for position, (name, bound) in enumerate((("start", start), ("end", end)), 1)
    )
    if isinstance(steps, (bool, float)) or not hasattr(steps, "__index__"):
        raise TypeError(f"{function}(): argument 'steps' (position 3) must be int, not {type(steps).__name__}")
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {steps}")
    if dtype is None and out is None and (isinstance(first, complex) or isinstance(last, complex)):
        dtype = get_default_dtype().to_complex()
    wanted = dtype_of(dtype, out, function)
    if is_half(wanted):
        for bound in (first, last):
            if not is_lifted(bound):
                held_scalar(wanted, bound)
    return first, last, int(steps), wanted


def _spaced(first: Number, last: Number, shape: tuple[int, ...], dtype: Any) -> Any:
    (steps,) = shape
    if dtype.kind in "iu":
        first, last = int(first), int(last)
    compute = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    first, last = compute.type(first), compute.type(last)
    by = (last - first) / compute.type(max(steps - 1, 1))
    wide = fused(compute) if compute.itemsize > 2 else compute
    at = np.arange(steps, dtype=wide)
    first, last, by = (wide.type(number) for number in (first, last, by))
    # From the nearer end, so that both ends are exact.
    spaced = np.where(np.arange(steps) < max(steps // 2, steps == 1), first + by * at, last - by * at[::-1])
    return spaced.astype(compute).astype(dtype)


def is_lifted(x: Any) -> bool:
    return isinstance(x, TensorBase) and isinstance(x._array, Lifted)


def _spaced_in_batch(first: Number, last: Number, steps: int, dtype: Any) -> Any:
    """The same between ends of which some are another number in each element of a batch."""
    compute = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    place = next(end.device for end in (first, last) if is_lifted(end))
    first, last = (
        ops.astype(
            ops.astype(end if is_lifted(end) else finish(np.array(end), False, place), dtype=dtype), dtype=compute
        )
        for end in (first, last)
    )
    by = (last - first) / max(steps - 1, 1)
    at = np.arange(steps)
    ahead, back = (finish(distances.astype(compute), False, place) for distances in (at, at[::-1]))
    is_nearer = finish(at < max(steps // 2, steps == 1), False, place)
    return ops.astype(ops.where(is_nearer, first + by * ahead, last - by * back), dtype=dtype)


def logspace(
    start: Number, end: Number, steps: int, base: float = 10.0, *, out: Tensor | None = None, dtype: Dtype = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """``base`` to the power of ``steps`` evenly spaced numbers from ``start`` to ``end``.

    >>> import chainrule as torch
    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    dense_only(layout, "logspace")
    where = place_of(device)
    first, last, steps, wanted = _ends("logspace", start, end, steps, dtype, out)
    if is_lifted(first) or is_lifted(last):
        exponents = _spaced_in_batch(first, last, steps, np.dtype(np.complex128 if wanted.kind == "c" else np.float64))
        return deliver(ops.astype(base**exponents, dtype=wanted), out, "logspace")

    def make(shape: tuple[int, ...], dtype: Any) -> Any:
        compute = np.dtype(np.complex128 if dtype.kind == "c" else np.float64)
        return (np.array(base, compute) ** _spaced(first, last, shape, compute)).astype(dtype)

    return deliver(filled(partial(quietly, make), "logspace", (steps,), wanted, requires_grad, where), out, "logspace")
