"""Attention on NumPy arrays: the scores of some queries at a time, or of several heads if these are small.

All scores together would go through memory a dozen times, and be kept for the rule. It makes them anew, from the
logarithms of the sums of their exponentials (Rabe and Staats 2021; Dao et al. 2022, "FlashAttention"); with causal masks,
most of what nobody attends to is not computed at all. Scores are held with the keys as rows: NumPy reduces and broadcasts
along the first axis faster.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..promotion import is_half
from . import attention_common as common, numpy as namespace
from .elementwise_numpy import DOUBLE, LOOKED_AT, SINGLE, exp, narrow, widen

Array = Any

CACHED = 1 << 15
"""So many scores are worked on at once."""
LEAST = 64
"""But not fewer queries than these."""


def is_plain(q: Array, k: Array, v: Array) -> bool:
    is_alike = q.dtype == k.dtype == v.dtype and q.shape[:2] == k.shape[:2] == v.shape[:2]
    return q.ndim == 4 and q.dtype in (SINGLE, DOUBLE) and is_alike and q.size > 0 and k.size > 0


def flat(x: Array) -> Array:
    """With one axis for batches and heads."""
    return np.ascontiguousarray(x).reshape(-1, *x.shape[2:])


def like(found: Array, x: Array) -> Array:
    """The way back, lying in memory as ``x`` does, if both have one shape."""
    found = found.reshape(*x.shape[:2], *found.shape[1:])
    if x.flags.c_contiguous or found.shape != x.shape:
        return found
    out = np.empty_like(x)
    out[...] = found
    return out


class Scores:
    """The scores of queries, a tile at a time, each in the same memory."""

    def __init__(self, q: Array, k: Array, mask: Any, scale: float, causal: bool) -> None:
        self.q, self.k, self.causal = flat(q) * q.dtype.type(scale), flat(k), causal
        self.mask = None
        if mask:
            alone = mask[0].shape[:2] == (1, 1)
            self.mask = flat(mask[0] if alone else np.broadcast_to(mask[0], q.shape[:2] + mask[0].shape[2:]))
        (heads, length, _), sources = self.q.shape, k.shape[2]
        self.together = min(heads, max(1, CACHED // (length * sources)))
        self.height = min(length, LEAST if causal else max(LEAST, CACHED // sources))
        self.beyond = np.tri(self.height, k=-1, dtype=bool)
        self.memory = np.empty(self.together * self.height * sources, q.dtype)

    def tiles(self) -> Iterator[tuple[Any, Any, Array]]:
        """Where the queries are, where the keys, and their scores, of shape (heads, keys, queries)."""
        (heads, length, _), sources = self.q.shape, self.k.shape[1]
        for head in range(0, heads, self.together):
            some = slice(head, head + self.together)
            for first in range(0, length, self.height):
                end = min(first + self.height, length)
                queries = (some, slice(first, end))
                keys = (some, slice(0, min(end, sources) if self.causal else sources))
                yield queries, keys, self._at(queries, keys)

    def _at(self, queries: Any, keys: Any) -> Array:
        q, k = self.q[queries], self.k[keys]
        shape = (k.shape[0], k.shape[1], q.shape[1])
        p = self.memory[: math.prod(shape)].reshape(shape)
        np.matmul(k, q.swapaxes(1, 2), p)
        if self.mask is not None:
            where = (queries[0], queries[1], keys[1])
            at = [slice(None) if n == 1 else part for n, part in zip(self.mask.shape, where, strict=True)]
            p += self.mask[tuple(at)].swapaxes(1, 2)
        if self.causal:
            corner = p[:, queries[1].start :]
            np.copyto(corner, -math.inf, where=self.beyond[: corner.shape[1], : corner.shape[2]])
        return p


def exponential(p: Array) -> None:
    """In place; of a few numbers with all their digits."""
    if p.size <= LOOKED_AT:
        p[...] = exp(p)
    else:
        np.exp(p, p)


def dot_product_attention(
    q: Array, k: Array, v: Array, *mask: Array, scale: float, causal: bool
) -> tuple[Array, Array]:
    """The result, and the logarithms of the sums of exponentials."""
    low, given = q.dtype if is_half(q.dtype) else None, q
    if low is not None:
        q, k, v, mask = widen(q), widen(k), widen(v), tuple(map(widen, mask))
    if not is_plain(q, k, v):
        q, k, v, mask = narrow(q, given), narrow(k, given), narrow(v, given), tuple([narrow(m, given) for m in mask])
        return common.dot_product_attention(namespace, q, k, v, *mask, scale=scale, causal=causal)
    values, scores = flat(v), Scores(q, k, mask, scale, causal)
    out, lse = np.empty((*scores.q.shape[:2], v.shape[3]), q.dtype), np.empty(q.shape[:3], q.dtype)
    rows, ones = flat(lse), np.ones(k.shape[2], q.dtype)
    for queries, keys, p in scores.tiles():
        top = np.maximum.reduce(p, axis=1, keepdims=True)
        top[top == -math.inf] = 0  # whose weights are all 0
        np.subtract(p, top, p)
        exponential(p)
        total = np.matmul(ones[keys[1]], p)
        total[total == 0] = 1
        e = common.rounded(namespace, p, low)
        np.divide(np.matmul(e.swapaxes(1, 2), values[keys]), total[:, :, None], out[queries])
        rows[queries] = top[:, 0] + np.log(total)
    return like(narrow(out, given), given), lse


def dot_product_attention_adjoint(
    g: Any,
    q: Array,
    k: Array,
    v: Array,
    mask: Any,
    out: Array,
    lse: Array,
    *,
    need: Any,
    scale: float,
    causal: bool,
    low: Any,
) -> Any:
    """With P the weights and dP = g v': the scores get P (dP - d), where d = <P, dP> of each query, which is <g, out>.

    The derivative of the logarithms by the scores is P.
    """
    if not is_plain(q, k, v) or g[0] is None:
        given = (namespace, g, q, k, v, mask, out, lse)
        return common.dot_product_attention_adjoint(*given, need=need, scale=scale, causal=causal, low=low)
    h, values, scores = flat(g[0]), flat(v), Scores(q, k, mask, scale, causal)
    gq, gk, gv = np.empty_like(scores.q), np.zeros_like(scores.k), np.zeros_like(values)
    along = np.vecdot(g[0], out)
    rows, along = flat(lse), flat(along if g[1] is None else along - g[1])
    of_scores = np.empty_like(scores.memory)
    of_mask = np.zeros((*lse.shape, k.shape[2]), q.dtype) if mask and need[3] else None
    for queries, keys, p in scores.tiles():
        np.subtract(p, rows[queries][:, None], p)
        exponential(p)
        gv[keys] += np.matmul(common.rounded(namespace, p, low), h[queries])
        of_p = of_scores[: p.size].reshape(p.shape)
        np.matmul(values[keys], h[queries].swapaxes(1, 2), of_p)
        of_p -= along[queries][:, None]
        of_p *= p
        if of_mask is not None:
            flat(of_mask)[(*queries, keys[1])] = of_p.swapaxes(1, 2)
        of_p = common.rounded(namespace, of_p, low)
        np.matmul(of_p.swapaxes(1, 2), scores.k[keys], gq[queries])
        gk[keys] += np.matmul(of_p, scores.q[queries])
    gq *= q.dtype.type(scale)
    return [like(gq, q), like(gk, k), like(gv, v), of_mask][: 3 + len(mask)]
