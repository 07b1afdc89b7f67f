"""Fake quantisation: numbers brought to the nearest of a few levels, ``scale * (i - zero)`` for integers i from low to high.

As training wants it, the derivative is that of a number that is moved along with its level: 1 between the bounds, 0 beyond
them (a straight-through estimator: Bengio, Leonard & Courville 2013). Scale and zero are constants.
"""

from __future__ import annotations

from ..core.op import elementwise

__all__ = ["fake_quantize", "fake_quantize_by", "fake_quantize_channels"]

def levels(xp, x, scale, zero, whole):
    """The level of each number, before bounds. A zero that is not ``whole`` is added before the sum is rounded."""
    x, zero = x * xp.astype(1 / scale, x.dtype), xp.astype(zero, x.dtype)
    return xp.round(x) + zero if whole else xp.round(x + zero)


def fake_forward(as_scale):
    """The numbers of levels within bounds, the lowest of a NaN; computed as the scale is, or as the operand is."""

    def forward(xp, x, scale, zero, low, high, whole):
        i = levels(xp, xp.widen(x), scale, zero, whole)
        i = xp.where(xp.isnan(i), xp.full_like(i, low), xp.clip(i, min=low, max=high))
        i = xp.astype(i, scale.dtype) if as_scale else i
        return xp.astype((i - xp.astype(zero, i.dtype)) * xp.astype(scale, i.dtype), x.dtype)

    return forward


def straight_through(xp, g, x, scale, zero, low, high, whole):
    i = levels(xp, x, scale, zero, whole)
    return xp.zero_where(g, xp.logical_not(xp.logical_and(i >= low, i <= high)))


def fake(name, node, as_scale):
    return elementwise(f"{name}(x, scale, zero, *, low, high, whole)", node=f"FakeQuantizePer{node}Backward0", promotion=None,
        domain="fV", fused=True, forward=fake_forward(as_scale), x=straight_through,
    )


fake_quantize = fake("fake_quantize", "TensorAffineCachemask", True)
fake_quantize_by = fake("fake_quantize_by", "TensorAffineCachemaskTensorQparams", True)
fake_quantize_channels = fake("fake_quantize_channels", "ChannelAffineCachemask", False)
