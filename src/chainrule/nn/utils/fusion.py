"""A layer and the batch normalization behind it, in evaluation mode, as one layer."""

from __future__ import annotations

import copy
from typing import Any

from ...functions.filling import ones_like, zeros_like
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that computes what ``conv`` and then ``bn`` compute.

    Args:
        conv: the convolution, in evaluation mode.
        bn: the normalization, likewise, with running averages.
        transpose: whether the convolution is a transposed one.

    Raises:
        AssertionError: training mode, or no running averages.

    >>> import chainrule as torch
    >>> conv, bn = torch.nn.Conv2d(1, 2, 1).eval(), torch.nn.BatchNorm2d(2).eval()
    >>> torch.nn.utils.fuse_conv_bn_eval(conv, bn)
    Conv2d(1, 2, kernel_size=(1, 1), stride=(1, 1))
    """
    if conv.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must be there: the normalization does not track them")
    fused = copy.deepcopy(conv)
    averages = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    fused.weight, fused.bias = fuse_conv_bn_weights(fused.weight, fused.bias, *averages, transpose)
    return fused


def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any, transpose: bool = False
) -> tuple[Any, Any]:
    """Weight and bias of :func:`fuse_conv_bn_eval`, as parameters.

    >>> import chainrule as torch
    >>> conv, norm = torch.nn.Conv2d(2, 3, 1), torch.nn.BatchNorm2d(3).eval()
    >>> weight, bias = torch.nn.utils.fuse_conv_bn_weights(
    ...     conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
    >>> weight.shape, bias.shape
    (torch.Size([3, 2, 1, 1]), torch.Size([3]))
    """
    scale, bias = _fused(conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    shape = [1] * conv_w.ndim
    shape[1 if transpose else 0] = -1
    weight = Parameter((conv_w * scale.reshape(shape)).detach().to(conv_w.dtype), conv_w.requires_grad)
    return weight, Parameter(bias.detach().to(conv_w.dtype), conv_b is not None and conv_b.requires_grad)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that computes what ``linear`` and then ``bn`` compute.

    Args:
        linear: the layer, in evaluation mode.
        bn: the normalization, likewise, with running averages.

    Raises:
        AssertionError: training mode, no running averages, or sizes that do not fit.

    >>> import chainrule as torch
    >>> torch.nn.utils.fuse_linear_bn_eval(torch.nn.Linear(2, 3).eval(), torch.nn.BatchNorm1d(3).eval())
    Linear(in_features=2, out_features=3, bias=True)
    """
    if linear.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must be there: the normalization does not track them")
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    fused = copy.deepcopy(linear)
    averages = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    fused.weight, fused.bias = fuse_linear_bn_weights(fused.weight, fused.bias, *averages)
    return fused


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Any, Any]:
    """Weight and bias of :func:`fuse_linear_bn_eval`, as parameters.

    >>> import chainrule as torch
    >>> linear, norm = torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3).eval()
    >>> weight, bias = torch.nn.utils.fuse_linear_bn_weights(
    ...     linear.weight, linear.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
    >>> weight.shape, bias.shape
    (torch.Size([3, 2]), torch.Size([3]))
    """
    scale, bias = _fused(linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    weight = Parameter((linear_w * scale.unsqueeze(-1)).detach().to(linear_w.dtype), linear_w.requires_grad)
    return weight, Parameter(bias.detach().to(linear_w.dtype), linear_b is not None and linear_b.requires_grad)


def _fused(b: Any, mean: Any, var: Any, eps: float, w: Any, shift: Any) -> tuple[Any, Any]:
    """(x + b - mean) s + shift with s = w / sqrt(var + eps): the scale s, and the bias that is left."""
    scale = (ones_like(mean) if w is None else w) / (var + eps).sqrt()
    bias = (zeros_like(mean) if b is None else b) - mean
    return scale, bias * scale + (zeros_like(mean) if shift is None else shift)
