"""Rows of a table, looked up by their numbers."""

from __future__ import annotations

from ..core.op import linear

__all__ = ["embedding"]


def each_embedding(call, xp, w, indices, size):
    """Looked up at all indices at once: in the one table for all, or in all tables put together."""
    if not call.batched[0]:
        return call.run(call.arrays[0], *call.stretched()[1:])
    rows = w.shape[1]
    first = xp.reshape(xp.arange(size) * rows, (size, *[1] * (len(indices.shape) - 1)))
    return call.run(xp.reshape(w, (size * rows, w.shape[2])), indices + first, *call.stretched()[2:])


def embedding_w(xp, g, w_shape, indices, share):
    """Each row gets what was made of it, or a part of that."""
    if share:
        part = xp.expand_dims(share[0], axis=-1)
        g = xp.where(part == 0, 0, g * part)
    return xp.index_adjoint(g, indices, axes=(-2,), shape=w_shape)


# ``share``, if it is given, says for each index what part of its cotangent the row gets. So the result is linear in the
# table, but its gradient is not that of the function.
embedding = linear("embedding(w, indices, *share)", saved_names={"indices": "indices"}, batch=each_embedding,
    forward=lambda xp, w, indices, *share: xp.index(w, indices, axes=(-2,)),
    w=embedding_w,
)
