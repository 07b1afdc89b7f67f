"""Convolutions, and windows of images as columns.

A convolution is a trilinear form: with zeros around x,

    <y, w * x> = sum of y[n, o, i] w[o, c, j] x[n, c, i * stride - padding + j * dilation]

so that the derivative by each of the three is a function of the other two, of which there are three: ``conv`` (of x and w),
``conv_input`` (of y and w; it is what PyTorch calls a transposed convolution), ``conv_weight`` (of x and y). They are the
rules of each other. All take the same parameters; ``lengths`` is what the shapes of the operands leave open: the lengths of
the result.
"""

from __future__ import annotations

from ..core.op import general, linear, multilinear
from . import convolutions_batches as batches
from .elementwise import rounded_once

__all__ = ["col2im", "conv", "conv_input", "conv_weight", "convolution", "convolution_transpose", "im2col"]

NODE = "ConvolutionBackward0"
NAMES = {"x": "input", "w": "weight"}
DOMAIN = "iufcV"


def given(stride, padding, dilation, groups):
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def by_input(xp, g, w, x_shape, stride, padding, dilation, groups):
    return xp.conv_input(g, w, lengths=tuple(x_shape[2:]), **given(stride, padding, dilation, groups))


def by_weight(xp, g, x, w_shape, stride, padding, dilation, groups):
    return xp.conv_weight(x, g, lengths=tuple(w_shape[2:]), **given(stride, padding, dilation, groups))


conv = multilinear("conv(x, w, *, stride, padding, dilation, groups, lengths)", layout="any", node=NODE, saved_names=NAMES, domain=DOMAIN,
    batch=batches.each_conv,
    x=by_input,
    w=by_weight,
)


def transpose_by_input(xp, g, w, y_shape, stride, padding, dilation, groups):
    return xp.conv(g, w, lengths=tuple(y_shape[2:]), **given(stride, padding, dilation, groups))


def transpose_by_weight(xp, g, y, w_shape, stride, padding, dilation, groups):
    return xp.conv_weight(g, y, lengths=tuple(w_shape[2:]), **given(stride, padding, dilation, groups))


conv_input = multilinear("conv_input(y, w, *, stride, padding, dilation, groups, lengths)", layout="any", node=NODE, domain=DOMAIN,
    saved_names={"y": "input", "w": "weight"}, batch=batches.each_conv_input,
    y=transpose_by_input,
    w=transpose_by_weight,
)

conv_weight = multilinear("conv_weight(x, y, *, stride, padding, dilation, groups, lengths)",
    node="ConvolutionBackwardBackward0", domain=DOMAIN, batch=batches.each_conv_weight,
    x=lambda xp, g, y, x_shape, stride, padding, dilation, groups:
        xp.conv_input(y, g, lengths=tuple(x_shape[2:]), **given(stride, padding, dilation, groups)),
    y=lambda xp, g, x, y_shape, stride, padding, dilation, groups:
        xp.conv(x, g, lengths=tuple(y_shape[2:]), **given(stride, padding, dilation, groups)),
)

# -- with a bias --------------------------------------------------------------------------------------------------------


def by_bias(xp, g):
    n = len(g.shape)
    return xp.sum(g, axis=(-n, *range(2 - n, 0)), keepdims=False)


def with_bias(xp, out, b):
    """``out`` plus one number a channel."""
    return out + xp.reshape(b, (b.shape[0], *[1] * (len(out.shape) - 2)))


def tangent_of(product, xp, x, w, x_tangent, w_tangent, b_tangent, shape):
    """The sum of the tangents that there are."""
    terms = [
        None if x_tangent is None else product(x_tangent, w),
        None if w_tangent is None else product(x, w_tangent),
    ]
    there = [term for term in terms if term is not None]
    if not there:
        wide = xp.reshape(b_tangent, (b_tangent.shape[0], *[1] * (len(shape) - 2)))
        return xp.broadcast_to(wide, shape)
    total = sum(there[1:], there[0])
    return total if b_tangent is None else with_bias(xp, total, b_tangent)


def convolution_tangent(
    xp, x, w, x_tangent, w_tangent, b_tangent, out_shape, stride, padding, dilation, groups, lengths
):
    def product(x, w):
        return xp.conv(x, w, lengths=lengths, **given(stride, padding, dilation, groups))

    return tangent_of(product, xp, x, w, x_tangent, w_tangent, b_tangent, out_shape)


convolution = general("convolution(x, w, b, *, stride, padding, dilation, groups, lengths)", layout="any", node=NODE, domain=DOMAIN,
    saved_names=NAMES, batch=batches.each_convolution, jvp=convolution_tangent,
    x=by_input,
    w=by_weight,
    b=by_bias,
)


def transpose_tangent(
    xp, y, w, y_tangent, w_tangent, b_tangent, out_shape, stride, padding, dilation, groups, lengths
):
    def product(y, w):
        return xp.conv_input(y, w, lengths=lengths, **given(stride, padding, dilation, groups))

    return tangent_of(product, xp, y, w, y_tangent, w_tangent, b_tangent, out_shape)


convolution_transpose = general("convolution_transpose(y, w, b, *, stride, padding, dilation, groups, lengths)", layout="any", node=NODE,
    domain=DOMAIN, saved_names={"y": "input", "w": "weight"}, batch=batches.each_convolution_transpose,
    jvp=transpose_tangent,
    forward=rounded_once(lambda xp, y, w, b, stride, padding, dilation, groups, lengths: with_bias(
        xp, xp.conv_input(y, w, lengths=lengths, **given(stride, padding, dilation, groups)), b)),
    y=transpose_by_input,
    w=transpose_by_weight,
    b=by_bias,
)

# -- windows as columns -------------------------------------------------------------------------------------------------
# axes: one window axis (backend/windows.py) for each of the last axes of the images.

im2col = linear("im2col(x, *, axes)", node="Im2ColBackward0", x=lambda xp, g, axes: xp.col2im(g, axes=axes))
col2im = linear("col2im(x, *, axes)", node="Col2ImBackward0", x=lambda xp, g, axes: xp.im2col(g, axes=axes))
