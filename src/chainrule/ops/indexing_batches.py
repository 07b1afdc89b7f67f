"""Batching rules of the ops that read and write at computed places: all become a gather or a scatter along one axis.

With a batch of b tensors of n elements, laid out as (b, n), each element of a result for one tensor has a place 0 ... n-1
to read from or to write to. (See ``core.batching`` for the names that rules ask for.)
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..core.batching import refused


def places(call, axes, shape):
    """The places that the index operands of a call speak of in an array of ``shape``, with the batch axis."""
    xp, size = call.xp, call.size
    first = len(call.op.args) - 1
    given, batched = call.arrays[first:], call.batched[first:]
    # (of no elements, only the shape of what is found is asked for)
    count = xp.reshape(xp.arange(prod(shape)), shape) if size else xp.broadcast_to(xp.zeros((), dtype=np.int64), shape)
    if not any(batched):
        found = xp.index(count, *given, axes=axes)
        return xp.broadcast_to(found, (size, *found.shape))
    given, batched, axes = without_masks(call, given, batched, axes)
    shapes = [a.shape[has:] for a, has in zip(given, batched, strict=True)]
    rank = max(len(one) for one in shapes)
    aligned = [
        xp.reshape(a, (size if has else 1, *[1] * (rank - len(one)), *one))
        for a, has, one in zip(given, batched, shapes, strict=True)
    ]
    neighbours = axes == tuple(range(axes[0], axes[0] + len(axes)))
    return xp.moveaxis(xp.index(count, *aligned, axes=axes), len(shape) + axes[0] if neighbours else 0, 0)


def without_masks(call, given, batched, axes):
    """The index operands with each mask as the places that it chooses."""
    found = []
    for a, has, axis in zip(given, batched, axes, strict=True):
        if not str(a.dtype).endswith("bool"):
            found.append((a, has, axis))
        elif has:
            raise RuntimeError(
                "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with "
                f"a boolean mask: how many elements it chooses may differ from one of the {call.size} elements of the batch to "
                "another. Use torch.where, which keeps the shape."
            )
        else:
            found += [(one, False, axis + at) for at, one in enumerate(call.xp.nonzero(a))]
    return tuple(zip(*found, strict=True))


def rows(xp, a, size):
    return xp.reshape(a, (size, prod(a.shape[1:])))


def each_index(call, xp, x, axes, size):
    at = places(call, axes, x.shape[1:])
    return xp.reshape(xp.gather(rows(xp, x, size), rows(xp, at, size), axis=-1), at.shape)


def each_index_adjoint(call, xp, x, axes, shape, size):
    at = places(call, axes, shape)
    zeros = xp.zeros((size, prod(shape)), dtype=x.dtype)
    return xp.reshape(xp.scatter_add(zeros, rows(xp, at, size), rows(xp, x, size), axis=-1), (size, *shape))


def each_index_put(call, xp, x, v, axes, accumulate, size):
    at = places(call, axes, x.shape[1:])
    values = xp.reshape(v, (size, *[1] * (at.ndim - v.ndim), *v.shape[1:])) if hasattr(v, "shape") else v
    values = rows(xp, xp.broadcast_to(values, at.shape), size) if hasattr(v, "shape") else v
    write = xp.scatter_add if accumulate else xp.scatter
    return xp.reshape(write(rows(xp, x, size), rows(xp, at, size), values, axis=-1), x.shape)


def each_last_puts(call, xp, axes, shape, size):
    at = places(call, axes, shape)
    return xp.reshape(xp.last_writes(rows(xp, at, size), axis=-1, shape=(size, prod(shape))), at.shape)


def each_last_writes(run, indices, shape, size):
    return run(indices, shape=(size, *shape))


def wide(xp, indices, shape, axis):
    """Indices along an axis, one vector for each element of the batch, for all the places of ``shape``."""
    ones = [1] * (len(shape) - 1)
    ones[axis + len(ones)] = indices.shape[1]
    target = list(shape)
    target[axis] = indices.shape[1]
    return xp.broadcast_to(xp.reshape(indices, (shape[0], *ones)), tuple(target))


def each_take(xp, x, indices, axis):
    return xp.gather(x, wide(xp, indices, x.shape, axis), axis=axis)


def each_index_add(xp, x, indices, v, axis):
    return xp.scatter_add(x, wide(xp, indices, x.shape, axis), v, axis=axis)


def each_index_copy(xp, x, indices, v, axis):
    return xp.scatter(x, wide(xp, indices, x.shape, axis), v, axis=axis)


def each_masked_select(call, xp, x, size):
    """The mask's places, which must be the same for all."""
    mask = call.arrays[1]
    if call.batched[1]:
        refused(call)
    shape = np.broadcast_shapes(x.shape[1:], mask.shape)
    x = xp.broadcast_to(xp.reshape(x, (size, *[1] * (len(shape) - x.ndim + 1), *x.shape[1:])), (size, *shape))
    places = xp.nonzero(xp.reshape(xp.broadcast_to(mask, shape), (-1,)))[0]
    return xp.take(rows(xp, x, size), places, axis=-1)


def masked_rows(xp, x, mask, size):
    """Operand and mask broadcast together, as rows; for each element, how many before it are masked; and their shape."""
    shape = np.broadcast_shapes(x.shape[1:], mask.shape[1:])
    x, mask = [
        rows(xp, xp.broadcast_to(xp.reshape(a, (size, *[1] * (len(shape) - a.ndim + 1), *a.shape[1:])), (size, *shape)), size)
        for a in (x, mask)
    ]
    ranks = xp.cumulative_sum(xp.astype(mask, np.int64), axis=-1)
    return x, mask, xp.maximum(ranks - 1, 0), (size, *shape)


def each_masked_scatter(xp, x, mask, v, size):
    x, mask, ranks, shape = masked_rows(xp, x, mask, size)
    v = rows(xp, v, size) if 0 not in v.shape else xp.zeros((size, 1), dtype=v.dtype)
    return xp.reshape(xp.where(mask, xp.gather(v, xp.minimum(ranks, v.shape[1] - 1), axis=-1), x), shape)


def each_masked_scatter_adjoint(xp, x, mask, shape, size):
    x, mask, ranks, _ = masked_rows(xp, x, mask, size)
    count = max(prod(shape), 1)
    out = xp.scatter_add(xp.zeros((size, count), dtype=x.dtype), xp.minimum(ranks, count - 1), xp.where(mask, x, 0), axis=-1)
    return xp.reshape(out if prod(shape) else out[:, :0], (size, *shape))


def each_take_flat(xp, x, indices, size):
    return xp.reshape(xp.gather(rows(xp, x, size), rows(xp, indices, size), axis=-1), indices.shape)


def each_put_flat(xp, x, indices, v, accumulate, size):
    write = xp.scatter_add if accumulate else xp.scatter
    return xp.reshape(write(*[rows(xp, a, size) for a in (x, indices, v)], axis=-1), x.shape)


def each_overwritten(xp, x, v, size):
    """In-place writes of the whole: the value is broadcast within each element."""
    v = xp.reshape(v, (size, *[1] * (x.ndim - v.ndim), *v.shape[1:]))
    return xp.clone(xp.broadcast_to(xp.astype(v, x.dtype), x.shape))
