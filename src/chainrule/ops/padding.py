"""Padding with elements of the tensor itself, and channels exchanged with space.

``widths`` is (before, after) for each of the last axes, as in ``pad``; negative widths, which ``circular_pad`` does not take,
cut off.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.op import linear
from ..promotion import is_half

__all__ = [
    "channel_shuffle", "circular_pad", "pixel_shuffle", "pixel_unshuffle", "reflection_pad1d", "reflection_pad2d",
    "reflection_pad3d", "replication_pad1d", "replication_pad2d", "replication_pad3d",
]

# -- borders ------------------------------------------------------------------------------------------------------------
# The border before an axis, and that behind it, are slices: of the elements next to the edge, turned around; of the edge
# itself, repeated; of those at the other end.


def edges(mode, n, before, after):
    """The slices, (start, stop), that the borders are made of."""
    if mode == "reflect":
        return (1, before + 1), (n - 1 - after, n - 1)
    if mode == "replicate":
        return (0, 1), (n - 1, n)
    return (n - before, n), (0, after)


def border(xp, x, axis, edge, width, mode):
    part = xp.slice_axis(x, axis=axis, start=edge[0], stop=edge[1], step=1)
    if mode == "reflect":
        return xp.flip(part, axis=axis)
    if mode == "replicate":
        shape = list(part.shape)
        shape[axis] = width
        return xp.broadcast_to(part, tuple(shape))
    return part


def unborder(xp, g, axis, edge, mode, size):
    """The adjoint: the cotangent of a border, added up where the border came from."""
    if mode == "reflect":
        g = xp.flip(g, axis=axis)
    elif mode == "replicate":
        g = xp.sum(g, axis=(axis,), keepdims=True)
    return xp.slice_adjoint(g, axis=axis, start=edge[0], stop=edge[1], step=1, size=size)


def bordered(xp, x, widths, mode):
    for axis, (before, after) in enumerate(widths, -len(widths)):
        n, parts = x.shape[axis], [x]
        first, last = edges(mode, n, max(before, 0), max(after, 0))
        if before > 0:
            parts.insert(0, border(xp, x, axis, first, before, mode))
        if after > 0:
            parts.append(border(xp, x, axis, last, after, mode))
        x = xp.concat(parts, axis=axis)
        start = max(-before, 0)
        if min(before, after) < 0:
            x = xp.slice_axis(x, axis=axis, start=start, stop=max(x.shape[axis] - max(-after, 0), start), step=1)
    return x


def sources(n, before, after, mode):
    """Which element along an axis each one of the padded axis is."""
    at = np.arange(-before, n + after)
    return (n - 1) - np.abs(n - 1 - np.abs(at)) if mode == "reflect" else np.clip(at, 0, n - 1)


def added_in_turn(xp, g, x_shape, widths, mode):
    """As PyTorch adds in half precision: element after element of ``g``, each sum rounded."""
    n, flat = len(widths), np.array(0)
    for size, (before, after) in zip(x_shape[-n:], widths, strict=True):
        flat = np.expand_dims(flat, -1) * size + sources(size, before, after, mode)
    images, block = math.prod(x_shape[:-n]), math.prod(x_shape[-n:])
    places = np.arange(images)[:, None] * block + flat.reshape(-1)
    return xp.put_flat(xp.zeros(x_shape, dtype=g.dtype), places, xp.reshape(g, places.shape), accumulate=True)


def unbordered(xp, g, x_shape, widths, mode):
    if mode != "circular" and is_half(getattr(g, "_array", g).dtype):
        return added_in_turn(xp, g, x_shape, widths, mode)
    # In PyTorch's order: circular borders are copied one after the other from the last axis on, those in front first.
    for axis in range(-len(widths), 0):
        (before, after), n = widths[axis], x_shape[axis]
        head, tail = max(before, 0), max(after, 0)
        if min(before, after) < 0:
            start, size = max(-before, 0), head + n + tail
            g = xp.slice_adjoint(g, axis=axis, start=start, stop=start + g.shape[axis], step=1, size=size)
        first, last = edges(mode, n, head, tail)
        out = xp.slice_axis(g, axis=axis, start=head, stop=head + n, step=1)
        if tail:
            part = xp.slice_axis(g, axis=axis, start=head + n, stop=head + n + tail, step=1)
            out = out + unborder(xp, part, axis, last, mode, n)
        if head:
            part = xp.slice_axis(g, axis=axis, start=0, stop=head, step=1)
            out = out + unborder(xp, part, axis, first, mode, n)
        g = out
    return g


def border_pad(name, node, mode, layout="first"):
    return linear(f"{name}(x, *, widths)", node=node, layout=layout,
        forward=lambda xp, x, widths: bordered(xp, x, widths, mode),
        x=lambda xp, g, x_shape, widths: unbordered(xp, g, x_shape, widths, mode),
    )


reflection_pad1d = border_pad("reflection_pad1d", "ReflectionPad1DBackward0", "reflect")
reflection_pad2d = border_pad("reflection_pad2d", "ReflectionPad2DBackward0", "reflect")
reflection_pad3d = border_pad("reflection_pad3d", "ReflectionPad3DBackward0", "reflect")
replication_pad1d = border_pad("replication_pad1d", "ReplicationPad1DBackward0", "replicate")
replication_pad2d = border_pad("replication_pad2d", "ReplicationPad2DBackward0", "replicate")
replication_pad3d = border_pad("replication_pad3d", "ReplicationPad3DBackward0", "replicate")
circular_pad = border_pad("circular_pad", "CircularPadBackward0", "circular", layout="")

# -- channels and space -------------------------------------------------------------------------------------------------


def shuffled(xp, x, factor):
    """(..., c r^2, h, w) as (..., c, h r, w r)."""
    *lead, c, h, w = x.shape
    r, n = factor, len(lead)
    parts = xp.reshape(x, (*lead, c // r**2, r, r, h, w))
    turned = xp.permute_dims(parts, (*range(-n - 5, -4), -2, -4, -1, -3))
    return xp.reshape(turned, (*lead, c // r**2, h * r, w * r))


def unshuffled(xp, x, factor):
    """(..., c, h r, w r) as (..., c r^2, h, w)."""
    *lead, c, h, w = x.shape
    r, n = factor, len(lead)
    parts = xp.reshape(x, (*lead, c, h // r, r, w // r, r))
    turned = xp.permute_dims(parts, (*range(-n - 5, -4), -3, -1, -4, -2))
    return xp.reshape(turned, (*lead, c * r**2, h // r, w // r))


pixel_shuffle = linear("pixel_shuffle(x, *, factor)", layout="first", saved_names={"factor": "upscale_factor"},
    forward=shuffled,
    x=lambda xp, g, factor: unshuffled(xp, g, factor),  # noqa: PLW0108 - the names say what to save
)
pixel_unshuffle = linear("pixel_unshuffle(x, *, factor)", layout="first", saved_names={"factor": "downscale_factor"},
    forward=unshuffled,
    x=lambda xp, g, factor: shuffled(xp, g, factor),  # noqa: PLW0108
)


def dealt(xp, x, groups, axis):
    """An axis of groups of elements, taken one of each group after the other."""
    shape = x.shape
    n, each = len(shape), shape[axis] // groups
    parts = xp.reshape(x, (*shape[: n + axis], groups, each, *shape[n + axis + 1 :]))
    return xp.reshape(xp.swapaxes(parts, axis1=axis - 1, axis2=axis), shape)


channel_shuffle = linear("channel_shuffle(x, *, groups, axis)", layout="first",
    forward=dealt,
    x=lambda xp, g, x_shape, groups, axis: dealt(xp, g, x_shape[axis] // groups, axis),
)
