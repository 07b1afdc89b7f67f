"""Pooling. ``axes`` has a window axis (``backend/windows.py``) for each of the last axes; any axes may lie before them.

Where a window has its largest element is a number that is kept apart: with it, the derivative of max pooling picks and
puts back elements, which are linear and each other's rule. The rules ask for the numbers anew instead of having the
forward compute what a call without gradients has no use for.
"""

from __future__ import annotations

import math

from ..core.batching import same_call
from ..core.op import general, linear, step

__all__ = [
    "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool",
    "avg_pool2d", "avg_pool3d", "avg_pool_adjoint", "fractional_max_pool2d", "fractional_max_pool3d", "max_places",
    "max_pool2d", "max_pool2d_indices", "max_pool3d", "max_pool3d_indices", "max_unpool2d", "max_unpool3d",
    "window_index", "window_pick", "window_put", "window_route",
]

REAL = "iufV"

# -- the largest of each window -----------------------------------------------------------------------------------------

max_places = step("max_places(x, *, axes)")
window_index = step("window_index(places, *, axes)")

window_pick = linear("window_pick(x, places, *, axes)", domain=REAL,
    x=lambda xp, g, places, axes: xp.window_put(g, places, axes=axes),
)

window_put = linear("window_put(x, places, *, axes)", domain=REAL,
    x=lambda xp, g, places, axes: xp.window_pick(g, places, axes=axes),
)


window_route = general("window_route(x, images, largest, *, axes)", node="MaxPool2DWithIndicesBackwardBackward0", domain=REAL,
    batch=same_call,
    x=lambda xp, g, images, axes: xp.window_pick(g, xp.max_places(images, axes=axes), axes=axes),
    images=lambda: None,
    largest=lambda: None,
    jvp=lambda xp, x_tangent, images, largest, axes:
        None if x_tangent is None else xp.window_route(x_tangent, images, largest, axes=axes),
)


def max_vjp(xp, g, x, largest, axes):
    """``largest`` is None where it has been written over."""
    if largest is None:
        return xp.window_put(g, xp.max_places(x, axes=axes), axes=axes)
    return xp.window_route(g, x, largest, axes=axes)


def max_tangent(xp, x, x_tangent, axes):
    return xp.window_pick(x_tangent, xp.max_places(x, axes=axes), axes=axes)


def with_index(xp, x, axes):
    return xp.window_max(x, axes=axes), xp.window_index(xp.max_places(x, axes=axes), axes=axes)


def max_pool(name, node):
    return general(f"{name}(x, *, axes)", node=node, layout="first", domain=REAL, batch=same_call,
        forward=lambda xp, x, axes: xp.window_max(x, axes=axes),
        x=lambda xp, g, x, axes, out=None: max_vjp(xp, g, x, out, axes),
        jvp=max_tangent,
    )


def max_pool_with_index(name, node, layout="first"):
    return general(f"{name}(x, *, axes)", node=node, layout=layout, domain=REAL, batch=same_call, outputs="values indices",
        forward=with_index,
        x=lambda xp, g, x, axes, values=None: max_vjp(xp, g[0], x, values, axes),
        jvp=lambda xp, x, x_tangent, axes: (max_tangent(xp, x, x_tangent, axes), None),
    )


max_pool2d = max_pool("max_pool2d", "MaxPool2DWithIndicesBackward0")
max_pool3d = max_pool("max_pool3d", "MaxPool3DWithIndicesBackward0")
max_pool2d_indices = max_pool_with_index("max_pool2d_indices", "MaxPool2DWithIndicesBackward0")
max_pool3d_indices = max_pool_with_index("max_pool3d_indices", "MaxPool3DWithIndicesBackward0")
adaptive_max_pool2d = max_pool_with_index("adaptive_max_pool2d", "AdaptiveMaxPool2DBackward0")
adaptive_max_pool3d = max_pool_with_index("adaptive_max_pool3d", "AdaptiveMaxPool3DBackward0", layout="")


def flattened(xp, x, count):
    """The last axes, so many, as one."""
    lead = x.shape[: len(x.shape) - count]
    return xp.reshape(x, (*lead, math.prod(x.shape[len(lead) :])))


def unpooled(xp, x, indices, sizes):
    count = len(sizes)
    lead = x.shape[: len(x.shape) - count]
    zeros = xp.zeros((*lead, math.prod(sizes)), dtype=x.dtype)
    flat = xp.scatter(zeros, flattened(xp, indices, count), flattened(xp, x, count), axis=-1)
    return xp.reshape(flat, (*lead, *sizes))


def at_indices(xp, x, indices, count):
    """What lies at flat indices in the last axes, so many."""
    return xp.reshape(xp.gather(flattened(xp, x, count), flattened(xp, indices, count), axis=-1), indices.shape)


def pooled_again(xp, g, indices, sizes):
    """An element that another one has overwritten gets the cotangent of that, as in PyTorch."""
    return at_indices(xp, g, indices, len(sizes))


# Zeros of the lengths ``sizes`` with x at flat indices.
max_unpool2d = linear("max_unpool2d(x, indices, *, sizes)", layout="first", node="MaxUnpool2DBackward0", domain=REAL,
    forward=unpooled, x=pooled_again,
)
max_unpool3d = linear("max_unpool3d(x, indices, *, sizes)", layout="first", node="MaxUnpool3DBackward0", domain=REAL,
    forward=unpooled, x=pooled_again,
)

# -- windows of any places ----------------------------------------------------------------------------------------------


def largest_at(xp, x, places, dims):
    """(the first largest element of each window, or the last NaN; its place)."""
    *lead, size = places.shape
    flat = xp.reshape(places, (*lead[: len(lead) - dims], math.prod(lead[len(lead) - dims :]) * size))
    found = xp.reshape(xp.gather(flattened(xp, x, dims), flat, axis=-1), places.shape)
    is_nan = xp.isnan(found)
    last = size - 1 - xp.argmax(xp.flip(xp.astype(is_nan, places.dtype), axis=-1), axis=-1)
    number = xp.expand_dims(xp.where(xp.any(is_nan, axis=-1), last, xp.argmax(found, axis=-1)), axis=-1)
    return tuple([xp.squeeze(xp.gather(one, number, axis=-1), axis=-1) for one in (found, places)])


def put_at(xp, g, x_shape, indices, dims):
    lead = x_shape[: len(x_shape) - dims]
    zeros = xp.zeros((*lead, math.prod(x_shape[len(lead) :])), dtype=g.dtype)
    flat = xp.scatter_add(zeros, flattened(xp, indices, dims), flattened(xp, g, dims), axis=-1)
    return xp.reshape(flat, x_shape)


def max_at(name, node, dims):
    """Of the windows whose elements, along the last axis of ``places``, are flat places in the last axes of x."""
    return general(f"{name}(x, places)", node=node, domain="ifV", batch=same_call, outputs="values indices",
        forward=lambda xp, x, places: largest_at(xp, x, places, dims),
        x=lambda xp, g, x_shape, indices: put_at(xp, g[0], x_shape, indices, dims),
        jvp=lambda xp, x_tangent, indices: (at_indices(xp, x_tangent, indices, dims), None),
    )


fractional_max_pool2d = max_at("fractional_max_pool2d", "FractionalMaxPool2DBackward0", 2)
fractional_max_pool3d = max_at("fractional_max_pool3d", "FractionalMaxPool3DBackward0", 3)

# -- the mean of each window --------------------------------------------------------------------------------------------


def mean_pool(name, node):
    return linear(f"{name}(x, *, axes, divisor)", node=node, domain=REAL, layout="first" if name.endswith("2d") else "",
        forward=lambda xp, x, axes, divisor: xp.avg_pool(x, axes=axes, divisor=divisor),
        x=lambda xp, g, axes, divisor: xp.avg_pool_adjoint(g, axes=axes, divisor=divisor),
    )


# divisor: a number, or for each axis one for each window, to multiply.
avg_pool2d = mean_pool("avg_pool2d", "AvgPool2DBackward0")
avg_pool3d = mean_pool("avg_pool3d", "AvgPool3DBackward0")
adaptive_avg_pool2d = mean_pool("adaptive_avg_pool2d", "AdaptiveAvgPool2DBackward0")
adaptive_avg_pool3d = mean_pool("adaptive_avg_pool3d", "AdaptiveAvgPool3DBackward0")
avg_pool = avg_pool2d

avg_pool_adjoint = linear("avg_pool_adjoint(x, *, axes, divisor)", node="AvgPool2DBackwardBackward0", domain=REAL,
    x=lambda xp, g, axes, divisor: xp.avg_pool(g, axes=axes, divisor=divisor),
)
