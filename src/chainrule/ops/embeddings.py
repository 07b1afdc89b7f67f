"""Rows of a table, looked up by their numbers."""

from __future__ import annotations

from ..core.op import linear
from .indexing_batches import each_index

__all__ = ["embedding"]


def each_embedding(call, xp, w, size):
    """One table for all is looked up at all indices at once."""
    return each_index(call, xp, w, (-2,), size) if call.batched[0] else call.run(*call.arrays)


def embedding_w(xp, g, w_shape, indices, padding, by_frequency):
    """Each row gets what was made of it: over the number of times, if wanted; the row for padding gets nothing."""
    if by_frequency:
        counts = xp.bincount(xp.reshape(indices, (-1,)), minlength=w_shape[-2])
        g = g / xp.astype(xp.expand_dims(xp.index(counts, indices, axes=(-1,)), axis=-1), g.dtype)
    if padding is not None:
        g = xp.where(xp.expand_dims(indices == padding, axis=-1), 0, g)
    return xp.index_adjoint(g, indices, axes=(-2,), shape=w_shape)


embedding = linear("embedding(w, indices, *, padding, by_frequency)", saved_names={"indices": "indices"},
    batch=each_embedding,
    forward=lambda xp, w, indices, padding, by_frequency: xp.index(w, indices, axes=(-2,)),
    w=embedding_w,
)
