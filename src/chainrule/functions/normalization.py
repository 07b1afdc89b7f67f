"""Normalization: the mean taken away, the spread made 1, then scaled and shifted.

The functions of the top namespace have the signatures of PyTorch's there; what ``nn.functional`` has is made of the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core.modes import changed_modes, get_modes
from ..core.mutation import refuse_write, write
from ..core.value import new_tensor, writable
from ..dtypes import FROM_NUMPY, bfloat16, finfo, float32
from ..promotion import is_half, scalar_type_name
from ._arguments import check_floating, naming, refuse_grad, tensor_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import Tensor

__all__ = [
    "batch_norm", "group_norm", "instance_norm", "layer_norm", "native_batch_norm", "native_group_norm",
    "native_layer_norm", "rms_norm",
]  # fmt: skip


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """:func:`chainrule.nn.functional.batch_norm`, with the arguments in this order; the last is of no effect.

    >>> import chainrule as torch
    >>> torch.batch_norm(torch.tensor([[1.], [3.]]), None, None, None, None, True, 0.1, 0.0, False)
    tensor([[-1.],
            [ 1.]])
    """
    return normalized_batch(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    *,
    out: Any = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`batch_norm`, with the means and the inverse standard deviations that it used; in evaluation, two empty tensors.

    >>> import chainrule as torch
    >>> torch.native_batch_norm(torch.tensor([[1.], [3.]]), None, None, None, None, True, 0.1, 0.0)[1:]
    (tensor([2.]), tensor([1.]))
    """
    result, mean, var = normalized_batch(input, weight, bias, running_mean, running_var, training, momentum, eps)
    if mean is None or var is None:
        return _delivered((result, input.new_empty((0,)), input.new_empty((0,))), out)
    kept = kept_dtype(input, weight, bias, running_mean, running_var)
    spread = var.detach()
    if kept is bfloat16:  # its sum of squares is rounded, too
        count = input.numel() // len(spread)
        spread = ((spread * count).to(kept).to(spread.dtype) / count).to(kept).to(spread.dtype)
    return _delivered((result, mean.detach().to(kept), (spread + eps).rsqrt().to(kept)), out)


def kept_dtype(input: Tensor, *parameters: Tensor | None) -> Any:
    """The dtype in which statistics are kept: float32 beside half precision, if the parameters are."""
    return next((v.dtype for v in parameters if v is not None), input.dtype)


def _delivered(results: tuple[Tensor, Tensor, Tensor], out: Any) -> tuple[Tensor, Tensor, Tensor]:
    if out is None:
        return results
    from ._arguments import deliver

    return tuple(deliver(one, to, "native_batch_norm", exact=True) for one, to in zip(results, out, strict=True))  # type: ignore[return-value]


def normalized_batch(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """The result, and the mean and the variance of each channel where it is training."""
    x = tensor_argument(input, "batch_norm", "input")._array
    if x.ndim and not x.size:
        result = input.clone()
        for v, op in ((weight, ops.multiply), (bias, ops.add)):
            result = result if v is None else op(result, v[0])
        return result, None, None
    if x.ndim < 2:
        raise IndexError(f"batch_norm expects channels in the second dimension: got an input of shape {list(x.shape)}")
    channels = x.shape[1]
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, value in given.items():
        if value is not None and value.numel() != channels:
            raise naming(RuntimeError(f"{name} should contain {channels} elements not {value.numel()}"), input, value)
        if value is None and name.startswith("running") and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
        if value is not None and value.ndim != 1 and name.startswith("running"):
            raise RuntimeError(f"{name} should be of shape [{channels}], not {list(value.shape)}")
    check_floating("batch_norm", input)
    check_parameters(input, *given.values())
    refuse_grad("native_batch_norm", running_mean=running_mean, running_var=running_var)
    weight, bias = (v if v is None or v.ndim == 1 else v.reshape(channels) for v in (weight, bias))
    affine = affine_of(weight, bias, lambda: input.new_ones((channels,)))
    params = {"axis": 1 - x.ndim, "rank": x.ndim, "eps": eps}
    if not training:
        return ops.batch_norm_fixed(input, running_mean, running_var, *affine, **params), None, None
    for running in (running_mean, running_var):
        if running is not None:
            refuse_write(running, writable(running), False)  # before anything is changed
    result, mean, var = ops.batch_norm(input, *affine, **params)
    count = x.size // channels
    if running_mean is not None:
        average(running_mean, mean, 1 - momentum, momentum)
    if running_var is not None:
        average(running_var, var, 1 - momentum, momentum * count / (count - 1) if count > 1 else math.nan)
    return result, mean, var


def average(running: Tensor, value: Tensor, kept: float, taken: float) -> None:
    """Let a running average take in a value."""
    if get_modes() is None:
        old, new = running._array, value._array
        if type(old) is type(new) is np.ndarray:  # nobody watches: the same without ops
            write(running, new_tensor(old * kept + new.reshape(old.shape) * taken))
            return
    with changed_modes(grad=False):
        write(running, running * kept + (value.detach() * taken).reshape(running.shape))


def affine_of(weight: Tensor | None, bias: Tensor | None, ones: Any) -> tuple[Tensor, ...]:
    """Scale and shift as the ops take them: a shift alone needs a scale before it."""
    if bias is None:
        return () if weight is None else (weight,)
    return ones() if weight is None else weight, bias


def check_parameters(input: Tensor, *parameters: Tensor | None) -> None:
    """Raise where parameters are not of the input's dtype; beside half precision they may all be float32."""
    own = input._array.dtype
    dtypes = {v._array.dtype for v in parameters if v is not None}
    if dtypes - {own} and not (own.itemsize == 2 and dtypes == {np.dtype(np.float32)}):
        raise RuntimeError(
            f"mixed dtype (CPU): expect parameter to have scalar type of {scalar_type_name(own)}, got "
            f"{', '.join(sorted(map(scalar_type_name, dtypes)))}"
        )


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """:func:`chainrule.nn.functional.instance_norm`, with the arguments in this order; the last is of no effect.

    >>> import chainrule as torch
    >>> torch.instance_norm(torch.tensor([[[1., 3.]]]), None, None, None, None, True, 0.1, 0.0, False)
    tensor([[[-1.,  1.]]])
    """
    x = tensor_argument(input, "instance_norm", "input")._array
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    if x.ndim < 2:
        raise IndexError(
            f"instance_norm expects channels in the second dimension: got an input of shape {list(x.shape)}"
        )
    n, channels = x.shape[:2]
    # Each channel of each element of the batch becomes a channel of its own, in a batch of one.
    scale, shift, mean, var = [None if v is None else v.repeat(n) for v in (weight, bias, running_mean, running_var)]
    flat = input.reshape(1, n * channels, *x.shape[2:])
    result = normalized_batch(flat, scale, shift, mean, var, use_input_stats, momentum, eps)[0]
    for running, wide in ((running_mean, mean), (running_var, var)):
        if running is not None and wide is not None and use_input_stats:
            with changed_modes(grad=False):
                write(running, wide.reshape(n, channels).mean(0))
    return result.reshape(x.shape)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
    cudnn_enable: bool = True,
) -> Tensor:
    """Over the last dimensions: the mean taken away, the variance made 1, then scaled and shifted.

    Args:
        input: floating point, of shape (..., *normalized_shape).
        normalized_shape: the sizes of the dimensions over which mean and variance are taken.
        weight: the scale, of that shape.
        bias: the shift, of that shape.
        eps: what is added to the variance.
        cudnn_enable: of no effect.

    Raises:
        RuntimeError: shapes or dtypes that do not fit.

    >>> import chainrule as torch
    >>> torch.layer_norm(torch.tensor([[1., 3.], [2., 2.]]), (2,), eps=0.0)[0]
    tensor([-1.,  1.])
    """
    return normalized_layer(input, normalized_shape, weight, bias, eps)[0]


def native_layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`layer_norm`, with the means and the inverse standard deviations.

    >>> import chainrule as torch
    >>> torch.native_layer_norm(torch.tensor([[1., 3.]]), (2,), None, None, 0.0)[1:]
    (tensor([[2.]]), tensor([[1.]]))
    """
    result, mean, rstd = normalized_layer(input, normalized_shape, weight, bias, eps)
    return result, mean.detach(), rstd.detach()


def normalized_layer(
    input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    shape = shape_of("layer_norm", input, normalized_shape, weight, bias)
    check_floating("layer_norm", input)
    check_parameters(input, weight, bias)
    affine = affine_of(weight, bias, lambda: input.new_ones(shape))
    return ops.layer_norm(input, *affine, rank=len(shape), eps=eps)


def shape_of(
    function: str, input: Any, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None = None
) -> tuple[int, ...]:
    """The normalized shape, with which the others fit."""
    x = tensor_argument(input, function, "input")._array
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'normalized_shape' (position 2) must be tuple of ints, not {type(normalized_shape).__name__}"
        )
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and v.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {list(v.shape)} and "
                f"normalized_shape = {list(shape)}"
            )
    if x.shape[max(0, x.ndim - len(shape)) :] != shape:
        wanted = ", ".join(["*", *map(str, shape)])
        said = f"Given normalized_shape={list(shape)}, expected input with shape [{wanted}], but got input of size{list(x.shape)}"
        raise naming(RuntimeError(said), x)
    return shape


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Over groups of channels: the mean taken away, the variance made 1; then each channel scaled and shifted.

    Args:
        input: floating point, of shape (N, C, ...).
        num_groups: how many groups the C channels are.
        weight: the scale of each channel, of shape (C,).
        bias: the shift of each channel, of shape (C,).
        eps: what is added to the variance.
        cudnn_enabled: of no effect.

    Raises:
        RuntimeError: the channels do not divide into the groups, or shapes or dtypes do not fit.

    >>> import chainrule as torch
    >>> torch.group_norm(torch.tensor([[1., 3., 5., 9.]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    return grouped(input, num_groups, weight, bias, eps)[0]


def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`group_norm`, with the means and the inverse standard deviations of each group; N, C and HxW are the sizes of
    ``input``.

    >>> import chainrule as torch
    >>> torch.native_group_norm(torch.tensor([[1., 3., 5., 9.]]), None, None, 1, 4, 1, 2, 0.0)[1]
    tensor([[2., 7.]])
    """
    return grouped(input, group, weight, bias, eps)


def grouped(
    input: Any, groups: int, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    x = tensor_argument(input, "group_norm", "input")._array
    if x.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {x.ndim}")
    channels = x.shape[1]
    if groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {groups}")
    if channels % groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(x.shape)} and num_groups={groups}"
        )
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and v.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape "
                f"{list(v.shape)} and input of shape {list(x.shape)}"
            )
    check_floating("group_norm", input)
    check_parameters(input, weight, bias)
    affine = affine_of(weight, bias, lambda: input.new_ones((channels,)))
    return ops.group_norm(input, *affine, groups=groups, rank=x.ndim, eps=eps)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Over the last dimensions: divided by the root of the mean of the squares, then scaled.

    Args:
        input: floating point or complex, of shape (..., *normalized_shape).
        normalized_shape: the sizes of the dimensions over which the mean is taken.
        weight: the scale, of that shape.
        eps: what is added to the mean of the squares (None: the epsilon of the dtype; for half precision that of float32).

    Raises:
        RuntimeError: shapes that do not fit.

    >>> import chainrule as torch
    >>> torch.rms_norm(torch.tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    shape = shape_of("rms_norm", input, normalized_shape, weight)
    if input._array.dtype.kind not in "fcV":
        raise NotImplementedError(f"\"rms_norm\" not implemented for '{scalar_type_name(input._array.dtype)}'")
    if eps is None:
        eps = finfo(float32 if is_half(input._array.dtype) else FROM_NUMPY[input._array.dtype]).eps
    if weight is not None and weight.dtype != input.dtype:
        return (ops.rms_norm(input, rank=len(shape), eps=eps)[0] * weight).to(input.dtype)
    return ops.rms_norm(input, *(() if weight is None else (weight,)), rank=len(shape), eps=eps)[0]
