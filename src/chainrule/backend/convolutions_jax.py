"""Convolutions of the JAX backend: ``conv_general_dilated``, whose paddings and dilations say each of the three."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import lax

from .elementwise_jax import narrow, widen_half
from .pooling_jax import add_window, element, numbered
from .windows import Ints, reach

Array = Any


def general(x: Array, w: Array, **settings: Any) -> Array:
    """Halves are summed in float32, as NumPy's are."""
    return narrow(lax.conv_general_dilated(widen_half(x), widen_half(w), **settings), x)


def conv(x: Array, w: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints) -> Array:
    if 0 in x.shape or 0 in w.shape or 0 in lengths:
        return jnp.zeros((x.shape[0], w.shape[0], *lengths), x.dtype)
    spans = reach(lengths, w.shape[2:], stride, dilation)
    around = [(p, span - p - n) for p, span, n in zip(padding, spans, x.shape[2:], strict=True)]
    return general(
        x, w, window_strides=stride, padding=around, rhs_dilation=dilation, feature_group_count=groups
    )  # fmt: skip


def convolution(x: Array, w: Array, b: Array, **settings: Any) -> Array:
    out = conv(widen_half(x), widen_half(w), **settings)
    return narrow(out + b.reshape(-1, *[1] * (x.ndim - 2)), x)


def conv_input(y: Array, w: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints) -> Array:
    """The kernel turned around slides over ``y`` with zeros put between its elements."""
    outputs, each, *kernel = w.shape
    if 0 in y.shape or 0 in w.shape or 0 in lengths:
        return jnp.zeros((y.shape[0], groups * each, *lengths), y.dtype)
    w = jnp.flip(w, tuple(range(2, w.ndim))).reshape(groups, outputs // groups, each, *kernel)
    w = w.swapaxes(1, 2).reshape(groups * each, outputs // groups, *kernel)
    around = []
    for n, k, s, p, d, m in zip(lengths, kernel, stride, padding, dilation, y.shape[2:], strict=True):
        before = d * (k - 1) - p
        around.append((before, n + d * (k - 1) - before - (m - 1) * s - 1))
    return general(
        y, w, window_strides=[1] * len(lengths), padding=around, lhs_dilation=stride, rhs_dilation=dilation,
        feature_group_count=groups,
    )  # fmt: skip


def conv_weight(
    x: Array, y: Array, *, stride: Ints, padding: Ints, dilation: Ints, groups: int, lengths: Ints
) -> Array:
    """``y`` slides over ``x`` as a kernel, with images for channels and channels for images."""
    each = x.shape[1] // groups
    if 0 in x.shape or 0 in y.shape:
        return jnp.zeros((y.shape[1], each, *lengths), x.dtype)
    spans = reach(lengths, y.shape[2:], dilation, stride)
    around = [(p, span - p - n) for p, span, n in zip(padding, spans, x.shape[2:], strict=True)]
    axes = tuple(range(2, x.ndim))
    numbers = lax.ConvDimensionNumbers((1, 0, *axes), (1, 0, *axes), (1, 0, *axes))
    return general(
        x, y, window_strides=dilation, padding=around, rhs_dilation=stride, batch_group_count=groups,
        dimension_numbers=numbers,
    )  # fmt: skip


# -- windows as columns -------------------------------------------------------------------------------------------------


def im2col(x: Array, *, axes: tuple[Ints, ...]) -> Array:
    """The windows of images (..., C, H, W) as columns, (..., C * kernel, places)."""
    count = len(axes)
    x = jnp.asarray(x)
    laid = jnp.stack([element(x, axes, numbers, 0) for _, numbers in numbered(axes)], -count - 1)
    lead = x.shape[: -count - 1]
    rows = math.prod(laid.shape[len(lead) : len(lead) + 2])
    return laid.reshape(*lead, rows, math.prod(laid.shape[len(lead) + 2 :]))


def col2im(x: Array, *, axes: tuple[Ints, ...]) -> Array:
    """The adjoint of ``im2col``: columns added up where they came from."""
    x = jnp.asarray(x)
    lead, kernel = x.shape[:-2], math.prod([axis[2] for axis in axes])
    laid = x.reshape(*lead, x.shape[-2] // kernel, kernel, *[axis[1] for axis in axes])
    out = jnp.zeros((*lead, x.shape[-2] // kernel, *[axis[0] for axis in axes]), x.dtype)
    for number, numbers in numbered(axes):
        out = out + add_window(laid[(..., number, *[slice(None)] * len(axes))], axes, numbers)
    return out
