"""Attention by the namespace's functions. What is computed is said in ``ops/attention.py``."""

from __future__ import annotations

import math
from typing import Any

from ..promotion import is_half

Array = Any


def rounded(xp: Any, x: Array, low: Any) -> Array:
    """The numbers of ``x`` that a half precision has, too; all, if there is none."""
    return x if low is None else xp.astype(xp.astype(x, low), x.dtype)


def scores_of(xp: Any, q: Array, k: Array, mask: Any, scale: float, causal: bool) -> Array:
    scores = xp.matmul(q, xp.matrix_transpose(k)) * scale
    if mask:
        scores = scores + mask[0]
    if causal:
        scores = xp.where(xp.tril(xp.ones_like(scores)) == 0, xp.full_like(scores, -math.inf), scores)
    return scores


def exponentials(xp: Any, scores: Array) -> tuple[Array, Array, Array]:
    """Numbers proportional to the weights, their sums, and the logarithms of what they were divided by.

    A row of nothing but -infinity has weights of 0.
    """
    top = xp.max(scores, axis=-1, keepdims=True)
    top = xp.where(top == -math.inf, xp.zeros_like(top), top)
    e = xp.exp(scores - top)
    total = xp.sum(e, axis=(-1,), keepdims=True)
    return e, xp.where(total == 0, xp.ones_like(total), total), top


def dot_product_attention(
    xp: Any, q: Array, k: Array, v: Array, *mask: Array, scale: float, causal: bool
) -> tuple[Array, Array]:
    """As in PyTorch, half precision computes in single, and rounds the exponentials that are multiplied with values."""
    like, low = q, q.dtype if is_half(q.dtype) else None
    q, k, v, mask = xp.widen(q), xp.widen(k), xp.widen(v), tuple(map(xp.widen, mask))
    e, total, top = exponentials(xp, scores_of(xp, q, k, mask, scale, causal))
    out = xp.matmul(rounded(xp, e, low), v) / total
    return xp.narrow(out, like), xp.squeeze(top + xp.log(total), axis=-1)


def dot_product_attention_adjoint(
    xp: Any,
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
) -> list[Array]:
    """The weights anew, so that derivatives of higher order see what they are made of.

    With ``low`` a half precision, operands are in single precision, and what is multiplied with them is rounded.
    """
    e, total, _ = exponentials(xp, scores_of(xp, q, k, mask, scale, causal))
    p, h = e / total, xp.zeros_like(out) if g[0] is None else g[0]
    of_p = xp.matmul(h, xp.matrix_transpose(v))
    of_p = of_p - (
        xp.sum(p * of_p, axis=(-1,), keepdims=True) if low is None else xp.sum(h * out, axis=(-1,), keepdims=True)
    )
    of_scores = p * (of_p if g[1] is None else of_p + xp.expand_dims(g[1], axis=-1))
    scaled, p = rounded(xp, of_scores, low) * scale, rounded(xp, p, low)
    found = [xp.matmul(scaled, k), xp.matmul(xp.matrix_transpose(scaled), q), xp.matmul(xp.matrix_transpose(p), h)]
    return [*found, of_scores] if mask else found
