"""Fake quantisation, for training of networks that will compute with a few levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.value import TensorBase, new_tensor, numbers_of
from ..dtypes import bfloat16, float16, float32, int32
from ..promotion import scalar_type_name
from ._arguments import axis_of, refuse_grad, tensor_argument

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["fake_quantize_per_channel_affine", "fake_quantize_per_tensor_affine"]


def fake_quantize_per_tensor_affine(
    input: Tensor, scale: float | Tensor, zero_point: int | Tensor, quant_min: int, quant_max: int
) -> Tensor:
    """The nearest of the numbers ``scale * (i - zero_point)``, i an integer from ``quant_min`` to ``quant_max``.

    The gradient is handed on where the input lies between the bounds, and is 0 beyond them.

    Args:
        input: floating point. NaN becomes the lowest number.
        scale: the distance of two numbers: a number, or a tensor with one element.
        zero_point: which integer stands for 0, likewise.
        quant_min: the least integer.
        quant_max: the largest.

    Raises:
        RuntimeError: ``quant_min`` is larger than ``quant_max``, ``zero_point`` is not between them, or ``scale`` requires grad.
        NotImplementedError: the input is not floating point.

    >>> import chainrule as torch
    >>> x = torch.tensor([0.26, -0.3, 9.0], requires_grad=True)
    >>> y = torch.fake_quantize_per_tensor_affine(x, 0.25, 0, -8, 7)
    >>> y.detach(), torch.autograd.grad(y.sum(), x)
    (tensor([ 0.2500, -0.2500,  1.7500]), (tensor([1., 1., 0.]),))
    """
    function = "fake_quantize_per_tensor_affine"
    if isinstance(scale, TensorBase) != isinstance(zero_point, TensorBase):
        for name, one in (("scale", scale), ("zero_point", zero_point)):
            if isinstance(one, TensorBase) and (
                one.ndim or (name == "zero_point" and one._array.dtype.kind not in "iu")
            ):
                raise TypeError(
                    f"{function}() received an invalid combination of arguments - {name} is {one.type()} of shape {list(one.shape)}, and the "
                    "other one a number: give two tensors, or two numbers, for which tensors without dimensions may stand"
                )
    _check(input, function, quant_min, quant_max, "fake_quantize_tensor_cachemask_kernel_type_handling")
    op = (
        ops.fake_quantize_by
        if isinstance(scale, TensorBase) and isinstance(zero_point, TensorBase)
        else ops.fake_quantize
    )
    refuse_grad(function, scale=scale, zero_point=zero_point)
    step, zero = _one(scale, function, "scale", 2, float), _one(zero_point, function, "zero_point", 3, int)
    if op is ops.fake_quantize:
        _check_zero(zero, quant_min, quant_max)
    return op(input, step.to(float32), zero.to(int32), low=int(quant_min), high=int(quant_max), whole=True)


def fake_quantize_per_channel_affine(
    input: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    """:func:`fake_quantize_per_tensor_affine` with a scale and a zero point for each index of a dimension.

    Args:
        input: floating point.
        scale: float32 or bfloat16, an element for each index.
        zero_point: int32, float32 or float16, likewise.
        axis: the dimension.
        quant_min: the least integer.
        quant_max: the largest.

    Raises:
        RuntimeError: other shapes or dtypes of ``scale`` and ``zero_point``, or bounds as above.
        IndexError: there is no such dimension.

    >>> import chainrule as torch
    >>> scale, zero = torch.tensor([0.5, 2.0]), torch.zeros(2, dtype=torch.int32)
    >>> torch.fake_quantize_per_channel_affine(torch.tensor([[0.7, 0.8], [0.7, 1.8]]), scale, zero, 0, -8, 7)
    tensor([[0.5000, 1.0000],
            [0.0000, 2.0000]])
    """
    function = "fake_quantize_per_channel_affine"
    scale, zero_point = (
        tensor_argument(scale, function, "scale", 2),
        tensor_argument(zero_point, function, "zero_point", 3),
    )
    for what, one, dtypes, names in (
        ("Scale", scale, (float32, bfloat16), "Float or BFloat16"),
        ("Zero-point", zero_point, (int32, float32, float16), "Int32, Float or Half"),
    ):
        if one.dtype not in dtypes:
            raise RuntimeError(f"{what} must be {names}, found {scalar_type_name(one._array.dtype)}")
    if scale.ndim != 1 or zero_point.ndim != 1:
        raise RuntimeError(
            f"scale should be a 1-D tensor, and zero_point: they are {scale.ndim}-D and {zero_point.ndim}-D"
        )
    if scale.shape != zero_point.shape:
        raise RuntimeError(
            f"scale and zero-point need to have the same dimensions: they have {len(scale)} and {len(zero_point)} elements"
        )
    ndim = tensor_argument(input, function, "input").ndim
    if not ndim:
        raise IndexError(f"Dimension specified as {axis} but tensor has no dimensions")
    at = axis_of(axis, ndim, function)
    _check(input, function, quant_min, quant_max, "fake_quantize_channel_cachemask_cpu_type_handling")
    if zero_point.dtype is int32:
        _check_zero(zero_point, quant_min, quant_max)
    if axis < 0 or input.shape[at] != len(scale):
        raise RuntimeError(
            f"`axis` must be between 0 and number of dimensions of input, and have an element of scale for each index: axis is {axis} of "
            f"shape {list(input.shape)}, and scale has {len(scale)} elements"
        )
    refuse_grad(function, scale=scale, zero_point=zero_point)
    shape = (len(scale),) + (1,) * (-1 - at)
    return ops.fake_quantize_channels(
        input,
        scale.to(float32).reshape(shape),
        zero_point.reshape(shape),
        low=int(quant_min),
        high=int(quant_max),
        whole=zero_point.dtype is int32,
    )


def _check(input: Any, function: str, low: Any, high: Any, kernel: str) -> None:
    for name, bound in (("quant_min", low), ("quant_max", high)):
        if isinstance(bound, bool) or not hasattr(bound, "__index__"):
            raise TypeError(f"{function}(): argument '{name}' must be int, not {type(bound).__name__}")
    if tensor_argument(input, function, "input")._array.dtype.kind not in "fV":
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{scalar_type_name(input._array.dtype)}'. Call .float()."
        )
    if low > high:
        raise RuntimeError(f"`quant_min` should be less than or equal to `quant_max`. They are {low} and {high}.")


def _one(value: Any, function: str, name: str, position: int, kind: type) -> Any:
    """The one number as a 0-d tensor."""
    if isinstance(value, TensorBase):
        if value._array.size != 1:
            raise RuntimeError(f"a Tensor with {value._array.size} elements cannot be converted to Scalar: {name}")
        return value.reshape(())
    if isinstance(value, bool) or not isinstance(value, (int, kind)):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be {kind.__name__}, not {type(value).__name__}"
        )
    return new_tensor(np.asarray(value, np.float64 if kind is float else np.int64))


def _check_zero(zero: Any, low: int, high: int) -> None:
    found = numbers_of(zero._array)
    if found.size and not (low <= found.min() and found.max() <= high):
        raise RuntimeError(
            f"`zero_point` must be between `quant_min` and `quant_max`. It is {found.tolist()}, they are {low} and {high}."
        )
