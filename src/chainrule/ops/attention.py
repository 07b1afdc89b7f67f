"""Attention: softmax(scale q k' + mask) v, with queries q (..., L, E), keys k (..., S, E) and values v (..., S, V).

A causal mask leaves the i-th query the first i + 1 keys. A query that may attend to nothing, whose scores are all
-infinity, gets 0. The second output are the logarithms of the sums of exponentials.
"""

from __future__ import annotations

import sys
from functools import partial

from ..backend import attention_common
from ..core.batching import same_call
from ..core.op import general
from ..promotion import is_half

__all__ = ["dot_product_attention", "dot_product_attention_adjoint"]

dot_product_attention_adjoint = partial(attention_common.dot_product_attention_adjoint, sys.modules[__package__])

dot_product_attention = general("dot_product_attention(q, k, v, *mask, scale, causal)", node="ScaledDotProductFlashAttentionForCpuBackward0",
    domain="fV", fused=True, outputs="out lse", batch=same_call,
    saved_names={"q": "query", "k": "key", "v": "value", "out": "output", "lse": "logsumexp", "mask": "attn_mask", "causal": "is_causal"},
    all=lambda xp, g, need, q, k, v, mask, out, lse, scale, causal, q_dtype: xp.dot_product_attention_adjoint(
        g, q, k, v, mask, out, lse, need=need, scale=scale, causal=causal, low=q_dtype if is_half(q_dtype) else None,
    ),
)
