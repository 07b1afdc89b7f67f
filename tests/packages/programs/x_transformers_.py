"""x-transformers: transformers in many forms."""

from __future__ import annotations

import torch
from x_transformers import (
    AutoregressiveWrapper,
    Decoder,
    Encoder,
    TransformerWrapper,
    ViTransformerWrapper,
    XTransformer,
)


def _learned(name, net, *args, **kwargs):
    out = net(*args, **kwargs)
    yield name, out
    torch.manual_seed(9)
    (out * torch.rand_like(out)).sum().backward()
    for key, value in net.named_parameters():
        if value.grad is not None:
            yield f"{name}, gradient of {key}", value.grad.norm()


def texts():
    """Decoders with one thing or the other."""
    torch.manual_seed(0)
    ids = torch.randint(0, 20, (2, 9))
    for name, more in (
        ("plain", {}),
        ("rotary", {"rotary_pos_emb": True}),
        ("alibi", {"alibi_pos_bias": True, "alibi_num_heads": 2}),
        ("relative", {"rel_pos_bias": True}),
        ("rms", {"use_rmsnorm": True, "ff_glu": True, "ff_swish": True, "ff_no_bias": True}),
        ("one key", {"attn_one_kv_head": True, "attn_qk_norm": True}),
        ("talking", {"attn_pre_talking_heads": True, "attn_post_talking_heads": True}),
        ("sparse", {"attn_sparse_topk": 4}),
        ("memory", {"attn_num_mem_kv": 3}),
        ("gates", {"gate_residual": True, "attn_gate_values": True}),
        ("sandwich", {"sandwich_norm": True}),
        ("flash", {"attn_flash": True, "rotary_xpos": True}),
        ("macaron", {"macaron": True}),
        ("shift", {"shift_tokens": 1}),
    ):
        torch.manual_seed(1)
        net = TransformerWrapper(
            num_tokens=20, max_seq_len=16, attn_layers=Decoder(dim=16, depth=2, heads=2, attn_dim_head=8, **more)
        )
        yield from _learned(name, net, ids)
    torch.manual_seed(2)
    net = AutoregressiveWrapper(
        TransformerWrapper(num_tokens=20, max_seq_len=16, attn_layers=Decoder(dim=16, depth=2, heads=2))
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for step in range(5):
        loss = net(ids)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
    torch.manual_seed(3)
    yield "generated", net.generate(ids[:, :3], 6)
    yield "greedy", net.generate(ids[:, :3], 6, temperature=0.0)


def pairs():
    """An encoder with a decoder, and an encoder of images."""
    torch.manual_seed(4)
    net = XTransformer(
        dim=16, enc_num_tokens=20, enc_depth=1, enc_heads=2, enc_max_seq_len=16,
        dec_num_tokens=20, dec_depth=1, dec_heads=2, dec_max_seq_len=16, tie_token_emb=True,
    )  # fmt: skip
    source, target = torch.randint(0, 20, (2, 8)), torch.randint(0, 20, (2, 7))
    yield from _learned("pair", net, source, target, mask=torch.arange(8).expand(2, 8) < 6)
    torch.manual_seed(5)
    net = ViTransformerWrapper(image_size=8, patch_size=4, num_classes=5, attn_layers=Encoder(dim=16, depth=1, heads=2))
    yield from _learned("images", net, torch.randn(2, 3, 8, 8))
