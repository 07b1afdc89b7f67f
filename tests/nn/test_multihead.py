"""Attention by several heads: both ways to it agree, and what does not fit is refused as PyTorch refuses it."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
import chainrule.nn.functional as F

SOURCES, BATCH, EMBEDDING, HEADS = 3, 2, 4, 2


def attend(**changes: Any) -> Any:
    torch.manual_seed(0)
    x = torch.randn(SOURCES, BATCH, EMBEDDING)
    arguments: dict[str, Any] = {
        "query": x, "key": x, "value": x, "embed_dim_to_check": EMBEDDING, "num_heads": HEADS,
        "in_proj_weight": torch.randn(3 * EMBEDDING, EMBEDDING), "in_proj_bias": torch.randn(3 * EMBEDDING),
        "bias_k": None, "bias_v": None, "add_zero_attn": False, "dropout_p": 0.0,
        "out_proj_weight": torch.randn(EMBEDDING, EMBEDDING), "out_proj_bias": None,
    }  # fmt: skip
    return F.multi_head_attention_forward(**(arguments | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attn_mask": torch.ones(SOURCES, SOURCES, dtype=torch.bool).triu(1)},
        {"key_padding_mask": torch.tensor([[False, False, True], [False, True, True]])},
        {"bias_k": torch.ones(1, 1, EMBEDDING), "bias_v": torch.ones(1, 1, EMBEDDING), "add_zero_attn": True},
    ],
)
def test_with_and_without_the_weights(changes: Any) -> None:
    out, weights = attend(**changes)
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, SOURCES))
    alone, nothing = attend(need_weights=False, **changes)
    assert nothing is None
    torch.testing.assert_close(alone, out)
    assert attend(average_attn_weights=False, **changes)[1].mean(1).equal(weights)


def test_the_causal_hint_is_the_causal_mask() -> None:
    mask = torch.full((SOURCES, SOURCES), -torch.inf).triu(1)
    torch.testing.assert_close(attend(attn_mask=mask, is_causal=True, need_weights=False)[0], attend(attn_mask=mask)[0])


def test_without_a_batch() -> None:
    x = torch.randn(SOURCES, EMBEDDING)
    out, weights = attend(query=x, key=x, value=x)
    both, of_both = attend(query=x[:, None], key=x[:, None], value=x[:, None])
    assert out.equal(both[:, 0])
    assert weights.equal(of_both[0])


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"num_heads": 3}, AssertionError, "embed_dim 4 not divisible by num_heads 3"),
        ({"embed_dim_to_check": 5}, AssertionError, "was expecting embedding dimension of 5, but got 4"),
        ({"is_causal": True}, RuntimeError, "Need attn_mask if specifying the is_causal hint"),
        ({"key": torch.ones(2, BATCH, EMBEDDING)}, AssertionError, "does not match value shape"),
        ({"attn_mask": torch.zeros(2, 3)}, RuntimeError, "The shape of the 2D attn_mask"),
        ({"attn_mask": torch.zeros(2, 3, 3)}, RuntimeError, "The shape of the 3D attn_mask"),
        ({"attn_mask": torch.zeros(3)}, AssertionError, "2-D or 3-D but found 1-D"),
        ({"attn_mask": torch.zeros(3, 3, dtype=torch.int64)}, AssertionError, "only bool and floating types"),
        ({"key_padding_mask": torch.zeros(2, 2)}, AssertionError, "to be 3, but got 2"),
        ({"query": torch.ones(4)}, AssertionError, "unbatched 2D or batched 3D"),
        ({"bias_k": torch.zeros(1, 1, 4)}, AssertionError, "bias_k is set but bias_v is None"),
        ({"use_separate_proj_weight": True}, AssertionError, "q_proj_weight is None"),
        ({"static_k": torch.zeros(2, 2, 2)}, AssertionError, "of 4, but got 2"),
    ],
)
def test_refusals(changes: Any, error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        attend(**changes)
