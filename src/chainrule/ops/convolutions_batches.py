"""Batching rules of convolutions: a batch of images is more images, a batch of weights more channels, a batch of both more
groups. See ``core.batching``.
"""

from __future__ import annotations


def joined(xp, a, at, groups):
    """The batch axis made part of axis ``at`` of one element; within each of so many groups of channels."""
    size, *shape = a.shape
    a = xp.moveaxis(xp.reshape(a, (size, *shape[:at], groups, shape[at] // groups, *shape[at + 1 :])), 0, at + 1)
    return xp.reshape(a, (*shape[:at], size * shape[at], *shape[at + 1 :]))


def parted(xp, a, at, groups, size):
    """The way back: the batch axis out of axis ``at``, to the front."""
    each = a.shape[at] // (groups * size)
    a = xp.moveaxis(xp.reshape(a, (*a.shape[:at], groups, size, each, *a.shape[at + 1 :])), at + 1, 0)
    return xp.reshape(a, (*a.shape[: at + 1], groups * each, *a.shape[at + 3 :]))


def of_none(call, xp, *shape):
    """The result for a batch of no elements, whose axis no other one can be joined with."""
    return xp.zeros((0, *shape, *call.params["lengths"]), dtype=call.arrays[0].dtype)


# Of conv, x is (n, c, ...), w (o, c / groups, ...), y (n, o, ...). Where one operand has the batch, it goes where the result
# has an axis and the other operand has none: to n from x and y, to o from w and y, to c from x and w.


def each_conv(call, xp, run, groups):
    (x, w), (x_has, w_has), count = call.arrays[:2], call.batched[:2], call.size
    if not count:
        images, weights = call.shapes()[:2]
        return of_none(call, xp, images[0], weights[0])
    if not w_has:
        return parted(xp, run(joined(xp, x, 0, 1), w), 0, 1, count)
    if not x_has:
        return parted(xp, run(x, joined(xp, w, 0, groups)), 1, groups, count)
    return parted(xp, run(joined(xp, x, 1, 1), joined(xp, w, 0, 1), groups=groups * count), 1, 1, count)


def each_conv_input(call, xp, run, groups):
    (y, w), (y_has, w_has), count = call.arrays[:2], call.batched[:2], call.size
    if not count:
        images, weights = call.shapes()[:2]
        return of_none(call, xp, images[0], weights[1] * groups)
    if not w_has:
        return parted(xp, run(joined(xp, y, 0, 1), w), 0, 1, count)
    if not y_has:
        return parted(xp, run(y, joined(xp, w, 1, 1)), 1, groups, count)
    return parted(xp, run(joined(xp, y, 1, 1), joined(xp, w, 0, 1), groups=groups * count), 1, 1, count)


def each_conv_weight(call, xp, run, groups):
    (x, y), (x_has, y_has), count = call.arrays, call.batched, call.size
    if not count:
        images, results = call.shapes()
        return of_none(call, xp, results[1], images[1] // groups)
    if not y_has:
        return parted(xp, run(joined(xp, x, 1, groups), y), 1, 1, count)
    if not x_has:
        return parted(xp, run(x, joined(xp, y, 1, groups)), 0, groups, count)
    return parted(xp, run(joined(xp, x, 1, 1), joined(xp, y, 1, 1), groups=groups * count), 0, 1, count)


def biased(xp, out, b):
    """A batch of results, with or without its batch axis, plus a batch of biases."""
    b = xp.reshape(b, (b.shape[0], 1, b.shape[1], *[1] * (len(out.shape) - 3)))
    return out + b


def each_convolution(call, xp, b, stride, padding, dilation, groups, lengths):
    def run(x, w, groups=groups):
        return xp.conv(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=lengths)

    return layer(call, xp, each_conv, run, b, groups)


def each_convolution_transpose(call, xp, b, stride, padding, dilation, groups, lengths):
    def run(y, w, groups=groups):
        return xp.conv_input(y, w, stride=stride, padding=padding, dilation=dilation, groups=groups, lengths=lengths)

    return layer(call, xp, each_conv_input, run, b, groups)


def layer(call, xp, product, run, b, groups):
    if any(call.batched[:2]):
        return biased(xp, product(call, xp, run, groups), b)
    return biased(xp, xp.expand_dims(run(*call.arrays[:2]), axis=0), b)
