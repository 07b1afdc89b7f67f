"""Attention with scores and masks by functions of the places: ``torch.nn.attention.flex_attention``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ...functions import where
from ...functions._arguments import tensor_argument
from .block_masks import (
    BLOCK as _DEFAULT_SPARSE_BLOCK_SIZE,  # noqa: F401 - packages take it from here
    BlockMask,
    and_masks,
    create_block_mask,
    create_mask,
    noop_mask,
    or_masks,
    over_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._tensor import Tensor

__all__ = [
    "AuxOutput",
    "AuxRequest",
    "BlockMask",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "flex_attention",
    "noop_mask",
    "or_masks",
]


class AuxRequest(NamedTuple):
    """What :func:`flex_attention` is to return beside its output."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What :func:`flex_attention` returned beside its output; None for what nobody asked for."""

    lse: Tensor | None = None
    max_scores: Tensor | None = None


def flex_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_mod: Callable[..., Tensor] | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: Any = None,
    *,
    return_aux: AuxRequest | None = None,
) -> Any:
    """``softmax(score_mod(query @ key.T * scale)) @ value`` where the mask allows it.

    Differentiable by query, key, value, and by what ``score_mod`` uses; of any order, and in forward mode.

    Args:
        query: of shape (B, Hq, L, E).
        key: of shape (B, Hkv, S, E).
        value: of shape (B, Hkv, S, Ev).
        score_mod: of (score, batch, head, query, key), each a tensor of one number; gives the score that is used. It may index other
            tensors by the places.
        block_mask: where attention goes. A query that attends to nothing gets 0.
        scale: by default ``1 / sqrt(E)``.
        enable_gqa: whether each head of key and value serves several of query: Hq is a multiple of Hkv.
        return_lse: whether to return also the logarithm of the sum of the exponentials of each query's scores: (B, Hq, L).
        kernel_options: accepted.
        return_aux: what to return beside the output, as an ``AuxOutput``.

    Returns:
        Of shape (B, Hq, L, Ev); with ``return_lse`` or ``return_aux`` a tuple.

    Raises:
        NotImplementedError: tensors not of four dimensions.
        ValueError: sizes that do not fit, or a mask for other lengths.

    >>> import chainrule as torch
    >>> from chainrule.nn.attention.flex_attention import create_block_mask, flex_attention
    >>> one = torch.eye(2)[None, None]
    >>> causal = create_block_mask(lambda b, h, i, j: i >= j, None, None, 2, 2)
    >>> flex_attention(one, one, one, block_mask=causal, scale=1.0)
    tensor([[[[1.0000, 0.0000],
              [0.2689, 0.7311]]]])
    >>> slope = torch.tensor(0.5, requires_grad=True)
    >>> y = flex_attention(one, one, one, score_mod=lambda score, b, h, i, j: score - slope * (i - j).abs())
    >>> torch.autograd.grad(y[0, 0, 0, 0], slope)
    (tensor(0.1772),)
    """
    for at, (name, x) in enumerate((("query", query), ("key", key), ("value", value)), 1):
        if tensor_argument(x, "flex_attention", name, at).ndim != 4:
            raise NotImplementedError(f"NYI: query, key, and value must be 4D tensors, but {name} is {x.ndim}D")
    refuse_other_sizes(query, key, enable_gqa, block_mask)
    working = query if query._array.dtype.itemsize >= 4 else query.float()
    kind = working.dtype
    groups = query.shape[1] // key.shape[1] if key.shape[1] else 1
    keys, values = key.to(kind), value.to(kind)
    if groups != 1:
        keys, values = keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1)
    scores = working.matmul(keys.mT) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    sizes: Any = tuple(scores.shape)
    if score_mod is not None:
        scores = over_all(score_mod, scores, sizes, query.device).to(kind)
    if block_mask is not None and block_mask.mask_mod is not noop_mask:
        scores = where(over_all(block_mask.mask_mod, None, sizes, query.device), scores, -math.inf)
    dead = scores.detach().isneginf().all(-1, keepdim=True)
    alive = scores.masked_fill(dead, 0)
    output = alive.softmax(-1).masked_fill(dead, 0).matmul(values).to(query.dtype)
    if return_aux is not None:
        lse = alive.logsumexp(-1).masked_fill(dead.squeeze(-1), -math.inf) if return_aux.lse else None
        return output, AuxOutput(lse, scores.amax(-1) if return_aux.max_scores else None)
    if return_lse:
        return output, alive.logsumexp(-1).masked_fill(dead.squeeze(-1), -math.inf)
    return output


def refuse_other_sizes(query: Tensor, key: Tensor, enable_gqa: bool, mask: BlockMask | None) -> None:
    batches, heads, queries, width = query.shape
    if width != key.shape[-1]:
        raise ValueError(
            f"Expect query and key/value to have the same embedding dimension but got E={width} and E={key.shape[-1]}."
        )
    if batches != key.shape[0] and mask is None:
        raise ValueError(
            "Expect query and key/value to have the same batch size, or non-none block_mask, but got block_mask=None, "
            f"Bq={batches}, and Bkv={key.shape[0]}."
        )
    if heads != key.shape[1] and not enable_gqa:
        raise ValueError(
            f"Expect query and key/value to have the same number of heads but got Hq={heads} and Hkv={key.shape[1]}. Try setting "
            "enable_gqa=True for GQA."
        )
    if heads % max(key.shape[1], 1):
        raise ValueError(
            f"Expect number of query heads to be a multiple of kv heads for GQA but got Hq={heads} and Hkv={key.shape[1]}."
        )
    if mask is not None and mask.seq_lengths != (queries, key.shape[-2]):
        is_larger = mask.seq_lengths[0] >= queries and mask.seq_lengths[1] >= key.shape[-2]
        rest = "block_mask._adjust(q_len, kv_len) cuts it to size." if is_larger else "Create a new block mask."
        raise ValueError(
            f"block_mask was created for block_mask.shape={mask.shape} but got q_len={queries} and kv_len={key.shape[-2]}. As the block "
            f"mask was created for a {'larger' if is_larger else 'smaller'} length than you're using it for, it does not fit: {rest}"
        )
