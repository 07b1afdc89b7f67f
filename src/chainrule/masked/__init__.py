"""``torch.masked``: reductions and softmaxes in which elements that a mask leaves out take no part; and tensors with a mask.

``mask`` is True where an element takes part, and broadcasts to the input; None for all. What comes of no elements at
all is the value with which a reduction begins (0 for a sum, 1 for a product), or NaN where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import functions as _f, linalg as _linalg, ops as _ops
from .._late import late as _late
from ..dtypes import get_default_dtype as _get_default_dtype
from ..functions._arguments import axes_of as _axes_of, tensor_argument as _tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor
    from ..dtypes import dtype as Dtype

__all__ = [
    "MaskedTensor", "amax", "amin", "argmax", "argmin", "as_masked_tensor", "cumprod", "cumsum", "is_masked_tensor", "log_softmax",
    "logaddexp", "logsumexp", "masked_tensor", "mean", "median",
    "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip

Dims = int | Sequence[int] | None


def _given(input: Any, mask: Any, dtype: Any, function: str) -> Any:
    """The input as an ordinary tensor, and the mask: its own, if it is a masked tensor."""
    x: Any = _tensor_argument(input, function, "input")
    if hasattr(x, "get_mask"):
        from ._tensor import Combine

        x, mask = Combine.apply(x), x.get_mask()
    return x if dtype is None or x.dtype is dtype else x.to(dtype), mask


def _broadcast(mask: Any, x: Any, function: str) -> Any:
    """The mask in the shape of the input, of bools."""
    array = _tensor_argument(mask, function, "mask")._array
    if array.ndim > x._array.ndim:
        raise IndexError(
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input): the mask has shape "
            f"{list(array.shape)}, the input {list(x.shape)}"
        )
    return _f.broadcast_to(mask if array.dtype.kind == "b" else mask.bool(), x.shape)


def _filled(x: Any, mask: Any, fill: Any, function: str) -> Any:
    """The input with ``fill`` where an element takes no part."""
    if mask is None:
        return x
    return _ops.where(_broadcast(mask, x, function), x, np.asarray(fill, x._array.dtype))


def _limit(x: Any, which: str) -> Any:
    """The least value of a dtype (with which a maximum begins), or the greatest."""
    kind = x._array.dtype.kind
    if kind in "fV":
        return math.inf if which == "max" else -math.inf
    if kind in "iu":
        return getattr(np.iinfo(x._array.dtype), which)
    raise NotImplementedError(f"identity of {'amin' if which == 'max' else 'amax'} on {x.dtype} input")


def _axes(x: Any, dim: Any, function: str) -> tuple[int, ...]:
    ndim = x._array.ndim
    axes = _axes_of(dim, ndim, function) or tuple(range(-ndim, 0))
    return axes if ndim else ()


def _count(x: Any, mask: Any, axes: tuple[int, ...], keepdim: Any, function: str) -> Any:
    """How many elements take part, in the dtype of the input."""
    ones = _f.ones_like(x) if mask is None else _broadcast(mask, x, function).to(x.dtype)
    return _ops.sum(ones, axis=axes, keepdims=bool(keepdim))


# -- sums and products --------------------------------------------------------------------------------------------------


def sum(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The sum along dimensions (None: all); of integers and bools, int64.

    >>> import chainrule as torch
    >>> torch.masked.sum(torch.tensor([1., 2., 3.]), mask=torch.tensor([True, False, True]))
    tensor(4.)
    """
    x, mask = _summed(input, mask, dtype, "sum")
    axes = _axes(x, dim, "sum")
    return _f.sum(_filled(x, mask, 0, "sum"), axes, keepdim=bool(keepdim), dtype=x.dtype)


def _summed(input: Any, mask: Any, dtype: Any, function: str) -> Any:
    x, mask = _given(input, mask, dtype, function)
    return x.long() if dtype is None and x._array.dtype.kind in "biu" else x, mask


def prod(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The product along dimensions (None: all); of integers and bools, int64.

    >>> import chainrule as torch
    >>> torch.masked.prod(torch.tensor([1., 2., 3.]), mask=torch.tensor([True, False, True]))
    tensor(3.)
    """
    x, mask = _summed(input, mask, dtype, "prod")
    result = _filled(x, mask, 1, "prod")
    for axis in sorted([axis % x._array.ndim for axis in _axes(x, dim, "prod")], reverse=True):
        result = _f.prod(result, axis, keepdim=bool(keepdim))
    return result


def cumsum(input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """The running sum along a dimension, in the dtype of the input.

    >>> import chainrule as torch
    >>> torch.masked.cumsum(torch.tensor([1., 2., 3.]), 0, mask=torch.tensor([True, False, True]))
    tensor([1., 1., 4.])
    """
    x, mask = _given(input, mask, dtype, "cumsum")
    return _f.cumsum(_filled(x, mask, 0, "cumsum"), dim, dtype=x.dtype)


def cumprod(input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """The running product along a dimension, in the dtype of the input.

    >>> import chainrule as torch
    >>> torch.masked.cumprod(torch.tensor([1., 2., 3.]), 0, mask=torch.tensor([True, False, True]))
    tensor([1., 1., 3.])
    """
    x, mask = _given(input, mask, dtype, "cumprod")
    return _f.cumprod(_filled(x, mask, 1, "cumprod"), dim, dtype=x.dtype)


def mean(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The mean along dimensions (None: all) of floating point or complex elements.

    Raises:
        ValueError: the elements are integers or bools, and no other ``dtype`` is given.

    >>> import chainrule as torch
    >>> torch.masked.mean(torch.tensor([1., 2., 3.]), mask=torch.tensor([True, False, True]))
    tensor(2.)
    """
    x, mask = _given(input, mask, dtype, "mean")
    if x._array.dtype.kind in "biu":
        raise ValueError(
            "mean(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: "
            f"{x.dtype}"
        )
    axes = _axes(x, dim, "mean")
    total = _ops.sum(_filled(x, mask, 0, "mean"), axis=axes, keepdims=bool(keepdim))
    return _ops.divide(total, _count(x, mask, axes, keepdim, "mean"))


def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The variance along dimensions (None: all): by ``unbiased`` or ``correction``, as :func:`chainrule.var`.

    >>> import chainrule as torch
    >>> torch.masked.var(torch.tensor([1., 2., 3.]), mask=torch.tensor([True, False, True]))
    tensor(2.)
    """
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given: unbiased=True is correction=1")
    correction = int(unbiased) if unbiased is not None else 1 if correction is None else correction
    x, mask = _given(input, mask, dtype, "var")
    if x._array.dtype.kind in "biu":
        x = x.to(_get_default_dtype())
    axes = _axes(x, dim, "var")
    middle = _ops.divide(
        _ops.sum(_filled(x, mask, 0, "var"), axis=axes, keepdims=True), _count(x, mask, axes, True, "var")
    )
    off = _ops.subtract(x, middle)
    squares = _ops.multiply(off, _ops.conj(off) if off.is_complex() else off)
    total = _ops.sum(_filled(squares, mask, 0, "var"), axis=axes, keepdims=bool(keepdim))
    left = _ops.subtract(_count(x, mask, axes, keepdim, "var"), correction)
    left = _ops.real(left) if left.is_complex() else left
    return _ops.divide(total, _ops.clamp(left, min=0, max=None))


def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The root of the variance; see :func:`var`.

    >>> import chainrule as torch
    >>> torch.masked.std(torch.tensor([1., 2., 3.]), unbiased=False, mask=torch.tensor([True, False, True]))
    tensor(1.)
    """
    return _ops.sqrt(var(input, dim, unbiased, correction=correction, keepdim=keepdim, dtype=dtype, mask=mask))


# -- order --------------------------------------------------------------------------------------------------------------


def amax(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The largest element along dimensions (None: all); of none, the least value of the dtype.

    >>> import chainrule as torch
    >>> torch.masked.amax(torch.tensor([1., 2., 3.]), mask=torch.tensor([True, True, False]))
    tensor(2.)
    """
    return _extreme(_f.amax, "amax", "min", input, dim, keepdim, dtype, mask)


def amin(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The smallest element along dimensions (None: all); of none, the greatest value of the dtype.

    >>> import chainrule as torch
    >>> torch.masked.amin(torch.tensor([1., 2., 3.]), mask=torch.tensor([False, True, True]))
    tensor(2.)
    """
    return _extreme(_f.amin, "amin", "max", input, dim, keepdim, dtype, mask)


def _extreme(function: Any, name: str, begin: str, input: Any, dim: Any, keepdim: Any, dtype: Any, mask: Any) -> Tensor:
    x, mask = _given(input, mask, dtype, name)
    fill = None if mask is None else _limit(x, begin)
    return function(_filled(x, mask, fill, name), _axes(x, dim, name), keepdim=bool(keepdim))


def argmax(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Where the largest element is (None: among all), as a number in the dtype of the input.

    >>> import chainrule as torch
    >>> torch.masked.argmax(torch.tensor([1., 2., 3.]), mask=torch.tensor([True, True, False]))
    tensor(1.)
    """
    return _place(_f.argmax, "argmax", "min", input, dim, keepdim, dtype, mask)


def argmin(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Where the smallest element is (None: among all), as a number in the dtype of the input.

    >>> import chainrule as torch
    >>> torch.masked.argmin(torch.tensor([1., 2., 3.]), mask=torch.tensor([False, True, True]))
    tensor(1.)
    """
    return _place(_f.argmin, "argmin", "max", input, dim, keepdim, dtype, mask)


def _place(function: Any, name: str, begin: str, input: Any, dim: Any, keepdim: Any, dtype: Any, mask: Any) -> Tensor:
    x, mask = _given(input, mask, dtype, name)
    fill = None if mask is None else _limit(x, begin)
    return function(_filled(x, mask, fill, name), dim, keepdim=bool(keepdim)).to(x.dtype)


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The lower median along a dimension of what takes part and is not NaN.

    Raises:
        ValueError: of integers, none takes part somewhere.

    >>> import chainrule as torch
    >>> torch.masked.median(torch.tensor([1., 2., 3.]), mask=torch.tensor([False, True, True]))
    tensor(2.)
    """
    x, mask = _given(input, mask, dtype, "median")
    axis = _axes(x, dim, "median")
    at = axis[0] if axis else -1
    if x._array.dtype.kind in "fV":
        return _f.nanmedian(_filled(x, mask, math.nan, "median"), at, keepdim).values
    if mask is None:
        return _f.nanmedian(x, at, keepdim).values
    taking_part = _broadcast(mask, x, "median")
    if not axis:
        x, taking_part = _ops.reshape(x, (1,)), _ops.reshape(taking_part, (1,))
    if not _f.any(taking_part, at).all():
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    found = _f.nanmedian(_ops.where(taking_part, x.double(), math.nan), at, True).indices
    middle = _f.take_along_dim(x, found, at)
    return middle if keepdim and axis else _ops.squeeze_one(middle, axis=(at,))


# -- norms --------------------------------------------------------------------------------------------------------------


def norm(
    input: Tensor,
    ord: float | None = 2.0,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The norm of vectors along dimensions (None: of all elements as one).

    >>> import chainrule as torch
    >>> torch.masked.norm(torch.tensor([3., 2., 4.]), 2, mask=torch.tensor([True, False, True]))
    tensor(5.)
    """
    x, mask = _given(input, mask, dtype, "norm")
    order = 2.0 if ord is None else ord
    least = mask is not None and order == -math.inf
    assert not least or x._array.dtype.kind in "fcV", f"input must be floating point, got {x.dtype}"
    filled = _filled(x, mask, math.inf if least else 0, "norm")
    return _linalg.vector_norm(filled, order, _axes(x, dim, "norm"), bool(keepdim))


def normalize(
    input: Tensor,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Vectors along a dimension divided by their norms, or by ``eps`` if that is greater; 0 where no element takes part.

    >>> import chainrule as torch
    >>> torch.masked.normalize(torch.tensor([3., 2., 4.]), 2, 0, mask=torch.tensor([True, False, True]))
    tensor([0.6000, 0.0000, 0.8000])
    """
    x, mask = _given(input, mask, dtype, "normalize")
    size = norm(x, ord, dim, keepdim=True, mask=mask)
    return _ops.divide(_filled(x, mask, 0, "normalize"), _ops.maximum(size, np.asarray(eps, size._array.dtype)))


# -- exponentials -------------------------------------------------------------------------------------------------------


def logsumexp(
    input: Tensor, dim: Dims = None, *, keepdim: bool = False, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The logarithm of the sum of the exponentials along dimensions (None: all), in the dtype of the input.

    >>> import chainrule as torch
    >>> torch.masked.logsumexp(torch.tensor([0., 5., 0.]), mask=torch.tensor([True, False, True]))
    tensor(0.6931)
    """
    x, mask = _given(input, mask, dtype, "logsumexp")
    fill = None if mask is None else -math.inf if x.is_complex() else _limit(x, "min")
    result = _f.logsumexp(_filled(x, mask, fill, "logsumexp"), _axes(x, dim, "logsumexp"), keepdim=bool(keepdim))
    return result if result.dtype is x.dtype else result.to(x.dtype)


def softmax(input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """The softmax along a dimension; 0 where an element takes no part.

    >>> import chainrule as torch
    >>> torch.masked.softmax(torch.tensor([0., 5., 0.]), 0, mask=torch.tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    x, mask = _given(input, mask, dtype, "softmax")
    return _f.softmax(_filled(x, mask, None if mask is None else _limit(x, "min"), "softmax"), dim)


def log_softmax(input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """The logarithm of the softmax along a dimension; -inf where an element takes no part.

    >>> import chainrule as torch
    >>> torch.masked.log_softmax(torch.tensor([0., 5., 0.]), 0, mask=torch.tensor([True, False, True]))
    tensor([-0.6931,    -inf, -0.6931])
    """
    x, mask = _given(input, mask, dtype, "log_softmax")
    return _f.log_softmax(_filled(x, mask, None if mask is None else _limit(x, "min"), "log_softmax"), dim)


def softmin(input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """The softmax of the negative elements along a dimension; 0 where an element takes no part.

    >>> import chainrule as torch
    >>> torch.masked.softmin(torch.tensor([0., 5., 0.]), 0, mask=torch.tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    x, mask = _given(input, mask, dtype, "softmin")
    return _f.softmax(_ops.negative(_filled(x, mask, None if mask is None else _limit(x, "max"), "softmin")), dim)


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype: Dtype | None = None,
    input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:
    """``log(exp(input) + exp(other))``, where an element that takes no part adds nothing.

    >>> import chainrule as torch
    >>> zero = torch.zeros(2)
    >>> torch.masked.logaddexp(zero, zero, other_mask=torch.tensor([True, False]))
    tensor([0.6931, 0.0000])
    """
    pair = [
        _filled(x, mask, None if mask is None else _limit(x, "min"), "logaddexp")
        for x, mask in (
            _given(input, input_mask, dtype, "logaddexp"),
            _given(other, other_mask, dtype, "logaddexp"),
        )
    ]
    return _f.logaddexp(*pair)


LATE = {
    "_tensor": "MaskedTensor as_masked_tensor is_masked_tensor masked_tensor",
}
"""What loads with the first use of one of these."""

_late_name = _late(globals(), LATE)


def __getattr__(name: str) -> Any:
    if name == "maskedtensor":
        return import_module(".maskedtensor", __name__)
    try:
        return _late_name(name)
    except AttributeError:
        from .._missing import missing_name

        raise missing_name(__name__, name) from None
