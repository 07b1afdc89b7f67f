"""Counts in the cells of a grid."""

from __future__ import annotations

import math

from ..core.op import general

__all__ = ["histogramdd"]


def _cells(xp, x, w, edges, density):
    """For each of a batch: the weights of the points x (batch, points, dimensions) added up in cells between the edges.

    The last cell of a dimension includes its upper edge; what lies outside, or is NaN, counts nowhere.
    """
    size, counts = x.shape[0], [e.shape[-1] - 1 for e in edges]
    places, inside = 0, None
    for at, (e, count) in enumerate(zip(edges, counts, strict=True)):
        v = xp.select(x, axis=-1, index=at)
        first, last = (xp.slice_axis(e, axis=-1, start=i, stop=i + 1, step=1) for i in (0, count))
        within = xp.logical_and(v >= first, v <= last)
        inside = within if inside is None else xp.logical_and(inside, within)
        place = xp.search_rows(e, v, side="right") - 1
        places = places * count + xp.where(within, xp.minimum(place, count - 1), 0)
    cells = xp.zeros((size, math.prod(counts)), dtype=x.dtype)
    cells = xp.scatter_add(cells, places, xp.where(inside, w, 0), axis=-1)
    if density:
        cells = cells / xp.sum(cells, axis=(-1,), keepdims=True)
    cells = xp.reshape(cells, (size, *counts))
    if density:
        for at, (e, count) in enumerate(zip(edges, counts, strict=True)):
            above, below = (xp.slice_axis(e, axis=-1, start=i, stop=i + count, step=1) for i in (1, 0))
            widths, ones = above - below, [1] * len(counts)
            ones[at] = count
            cells = cells / xp.reshape(widths, (*widths.shape[:-1], *ones))
    return cells


def _histogramdd(xp, x, w, *edges, density):
    return xp.squeeze(_cells(xp, xp.expand_dims(x, axis=0), xp.expand_dims(w, axis=0), edges, density), axis=(0,))


def _each_histogram(call, xp, x, w, density):
    return _cells(xp, x, w, call.arrays[2:], density)


# x: points (points, dimensions); w: their weights; edges: one vector for each dimension. As in PyTorch, no derivative.
histogramdd = general("histogramdd(x, w, *edges, density)", domain="f", forward=_histogramdd, batch=_each_histogram)
