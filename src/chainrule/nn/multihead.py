"""Attention by several heads, as ``nn.functional`` has it."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from .. import ops
from ..functions._arguments import naming
from ..functions.affine import linear
from ..functions.dropping import dropout
from ..functions.joining import cat
from ..functions.padding import constant_pad_nd
from .attention import scaled_dot_product_attention

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["multi_head_attention_forward"]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Queries, keys and values through linear layers, attention by each head, and its results through a last layer.

    Args:
        query: of shape (L, N, E), or (L, E) without a batch.
        key: of shape (S, N, E), or (S, E).
        value: like ``key``.
        embed_dim_to_check: what E must be.
        num_heads: how many heads share E among them.
        in_proj_weight: (3 E, E), the weights for queries, keys and values one below the other.
        in_proj_bias: (3 E), likewise.
        bias_k: (1, 1, E), a key that is added to all; together with ``bias_v``.
        bias_v: the value of it.
        add_zero_attn: whether a key and a value of zeros are added.
        dropout_p: with which probability a weight becomes 0, in training.
        out_proj_weight: (E, E).
        out_proj_bias: (E).
        training: whether it is training.
        key_padding_mask: (N, S) or (S): True, or -inf, for keys that nobody may attend to; other numbers are added.
        need_weights: whether to return the weights, too.
        attn_mask: (L, S), or (N * num_heads, L, S): True where a query may not attend to a key, or numbers that are added.
        use_separate_proj_weight: whether the three weights are given by themselves, for keys and values of other sizes.
        q_proj_weight: (E, E).
        k_proj_weight: (E, size of a key).
        v_proj_weight: (E, size of a value).
        static_k: (N * num_heads, S, E / num_heads), in place of what the keys give.
        static_v: likewise.
        average_attn_weights: whether the weights are averaged over the heads.
        is_causal: a hint that ``attn_mask`` is the causal one.

    Returns:
        The result, of the shape of ``query``; and the weights (N, L, S), or (N, num_heads, L, S) if not averaged, or None.

    Raises:
        AssertionError: shapes that do not fit. RuntimeError: a mask of another shape; ``is_causal`` without a mask.

    >>> import chainrule.nn.functional as F
    >>> x, one = torch.ones(3, 2), torch.eye(2)
    >>> out, weights = F.multi_head_attention_forward(
    ...     x, x, x, 2, 1, torch.cat([one] * 3), None, None, None, False, 0.0, one, None)
    >>> out.shape, weights[0]
    (torch.Size([3, 2]), tensor([0.3333, 0.3333, 0.3333]))
    """
    batched = check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    (length, size, embedding), sources = query.shape, key.shape[0]
    width = embedding // num_heads
    need(
        embedding == embed_dim_to_check,
        f"was expecting embedding dimension of {embed_dim_to_check}, but got {embedding}",
        query,
    )
    need(width * num_heads == embedding, f"embed_dim {embedding} not divisible by num_heads {num_heads}")
    compared = 2 if use_separate_proj_weight else 3
    need(
        key.shape[:compared] == value.shape[:compared],
        f"key shape {key.shape} does not match value shape {value.shape}",
        key,
        value,
    )
    if key_padding_mask is not None and attn_mask is not None and key_padding_mask.dtype != attn_mask.dtype:
        warnings.warn(
            "Support for mismatched key_padding_mask and attn_mask is deprecated. Use same type for both instead.",
            stacklevel=2,
        )
    padding = added(key_padding_mask, query, "key_padding_mask")
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint: make it with nn.Transformer.generate_square_subsequent_mask"
        )
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        is_causal, mask = False, added(attn_mask, query, "attn_mask")
    if mask is not None:
        mask = checked(mask, length, sources, size * num_heads)
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = projected((query, key, value), weights, in_proj_bias)
    if bias_k is not None and bias_v is not None:
        need(static_k is None and static_v is None, "bias cannot be added to static key or static value.")
        k, v = (cat([x, bias.repeat(1, size, 1)]) for x, bias in ((k, bias_k), (v, bias_v)))
        mask, padding = (widened(x) for x in (mask, padding))
    else:
        need(bias_k is None, "bias_k is set but bias_v is None")
        need(bias_v is None, "bias_v is set but bias_k is None")

    def by_head(x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], size * num_heads, width).transpose(0, 1)

    q = by_head(q)
    k = by_head(k) if static_k is None else static(static_k, "static_k", size * num_heads, width)
    v = by_head(v) if static_v is None else static(static_v, "static_v", size * num_heads, width)
    if add_zero_attn:
        k, v = (cat([x, x.new_zeros((size * num_heads, 1, width))], 1) for x in (k, v))
        mask, padding = (widened(x) for x in (mask, padding))
    sources = k.shape[1]
    if padding is not None:
        need(padding.shape[0] == size, f"Expected key_padded_mask.shape[0] to be {size}, but got {padding.shape[0]}")
        need(
            padding.shape[1] == sources,
            f"Expected key_padded_mask.shape[1] to be {sources}, but got {padding.shape[1]}",
        )
        padding = padding.reshape(size, 1, 1, sources).expand(-1, num_heads, -1, -1)
        padding = padding.reshape(size * num_heads, 1, sources)
        mask = padding if mask is None else mask + padding
    dropped = dropout_p if training else 0.0
    shares = None
    if need_weights:
        scores = (q * math.sqrt(1 / width)).matmul(k.mT).contiguous()  # dropout draws in the order of memory
        shares = ops.softmax(scores if mask is None else scores + mask, axis=-1)
        shares = dropout(shares, dropped, True) if dropped > 0 else shares
        out = shares.matmul(v)
        shares = shares.reshape(size, num_heads, length, sources)
        shares = shares.mean(1) if average_attn_weights else shares
    else:
        if mask is not None:
            mask = mask.unsqueeze(0) if mask.shape[0] == 1 else mask.reshape(size, num_heads, -1, sources)
        q, k, v = (x.reshape(size, num_heads, -1, width) for x in (q, k, v))
        out = scaled_dot_product_attention(q, k, v, mask, dropped, is_causal)
        out = out.reshape(size * num_heads, length, width)
    out = linear(out.transpose(0, 1).reshape(length, size, embedding), out_proj_weight, out_proj_bias)
    if batched:
        return out, shares
    return out.squeeze(1), None if shares is None else shares.squeeze(0)


def need(holds: bool, message: str, *operands: Any) -> None:
    if not holds:
        raise naming(AssertionError(message), *operands) if operands else AssertionError(message)


def check_ranks(query: Any, key: Any, value: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Whether there is a batch; raise where that is not clear."""
    rank = query.ndim
    need(rank in (2, 3), f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor", query)
    what = f"For {'batched' if rank == 3 else 'unbatched'} ({rank}-D) `query`, expected"
    need(
        key.ndim == value.ndim == rank,
        f"{what} `key` and `value` to be {rank}-D but found {key.ndim}-D and {value.ndim}-D tensors respectively",
        query,
        key,
        value,
    )
    if padding is not None:
        need(
            padding.ndim == rank - 1,
            f"{what} `key_padding_mask` to be `None` or {rank - 1}-D but found {padding.ndim}-D tensor instead",
        )
    if mask is not None:
        need(
            mask.ndim in (2, 3),
            f"{what} `attn_mask` to be `None`, 2-D or 3-D but found {mask.ndim}-D tensor instead",
        )
        if mask.ndim == 3 and rank == 2:
            wanted = (heads, query.shape[0], key.shape[0])
            need(mask.shape == wanted, f"Expected `attn_mask` shape to be {wanted} but got {mask.shape}")
    return bool(rank == 3)


def added(mask: Any, like: Any, name: str) -> Any:
    """A mask as numbers to add: -inf where it is True."""
    if mask is None or mask.is_floating_point():
        return mask
    need(mask._array.dtype.kind == "b", f"only bool and floating types of {name} are supported")
    return like.new_zeros(mask.shape).masked_fill(mask, -math.inf)


def checked(mask: Any, length: int, sources: int, heads: int) -> Any:
    """A mask for all heads, or for each of them."""
    wanted = (length, sources) if mask.ndim == 2 else (heads, length, sources)
    if mask.shape != wanted:
        raise naming(
            RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {wanted}."), mask
        )
    return mask.unsqueeze(0) if mask.ndim == 2 else mask


def projected(inputs: tuple[Any, ...], weights: Any, bias: Any) -> list[Any]:
    """Queries, keys and values through the layers of their own."""
    if isinstance(weights, tuple):
        for name, weight in zip("qkv", weights, strict=True):
            need(weight is not None, f"use_separate_proj_weight is True but {name}_proj_weight is None")
    else:
        need(weights is not None, "use_separate_proj_weight is False but in_proj_weight is None")
        weights = weights.chunk(3)
    parts = [None] * 3 if bias is None else bias.chunk(3)
    return [linear(x, weight, part) for x, weight, part in zip(inputs, weights, parts, strict=True)]


def widened(mask: Any) -> Any:
    """For one key more, that is not masked."""
    return None if mask is None else constant_pad_nd(mask, (0, 1))


def static(x: Any, name: str, heads: int, width: int) -> Any:
    need(x.shape[0] == heads, f"expecting {name}.size(0) of {heads}, but got {x.shape[0]}")
    need(x.shape[2] == width, f"expecting {name}.size(2) of {width}, but got {x.shape[2]}")
    return x
