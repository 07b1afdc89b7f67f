"""einops: operations on axes by name."""

from __future__ import annotations

import torch
from einops import asnumpy, einsum, pack, parse_shape, rearrange, reduce, repeat, unpack
from einops.layers.torch import EinMix, Rearrange, Reduce
from torch import nn

REARRANGE = (
    "b c h w -> b h w c",
    "b c h w -> (b h) (w c)",
    "b c h w -> b (c h w)",
    "b (c k) h w -> k b c h w",
    "b c (h h1) (w w1) -> b h w (c h1 w1)",
    "b c h w -> 1 b 1 (c h) w",
)
REDUCE = ("b c h w -> b c", "b c (h h1) (w w1) -> b c h w", "b c h w -> () c () w", "b c h w ->")


def x():
    torch.manual_seed(0)
    return torch.randn(2, 6, 4, 4, dtype=torch.float64, requires_grad=True)


def axes():
    """rearrange, reduce and repeat, with their gradients."""
    for pattern in REARRANGE:
        sizes = {name: 2 for name in ("k", "h1", "w1") if name in pattern}
        value = x()
        out = rearrange(value, pattern, **sizes)
        yield f"rearrange {pattern}", out
        yield f"rearrange {pattern}, gradient", torch.autograd.grad((out**3).sum(), value)[0]
    for kind in ("mean", "sum", "max", "min", "prod"):
        for pattern in REDUCE:
            sizes = {name: 2 for name in ("h1", "w1") if name in pattern}
            value = x()
            out = reduce(value, pattern, kind, **sizes)
            yield f"{kind} {pattern}", out
            yield f"{kind} {pattern}, gradient", torch.autograd.grad((out**2).sum(), value)[0]
    value = x()
    out = repeat(value, "b c h w -> b c (h h2) (w w2) n", h2=2, w2=3, n=2)
    yield "repeat", out
    yield "repeat, gradient", torch.autograd.grad((out**2).sum(), value)[0]
    yield "any", reduce(value > 2, "b c h w -> b", "any")


def products():
    """Several tensors: einsum by names, pack and unpack."""
    value = x()
    weight = torch.arange(18.0, dtype=torch.float64).reshape(3, 6).requires_grad_()
    out = einsum(value, weight, "b c h w, o c -> b o h w")
    yield "einsum", out
    for name, gradient in zip(("x", "weight"), torch.autograd.grad((out**2).sum(), (value, weight)), strict=True):
        yield f"einsum, gradient of {name}", gradient
    packed, shapes = pack([value, value[0], value[0, 0].unsqueeze(0)], "* h w")
    yield "pack", packed
    yield "pack, shapes", str([tuple(shape) for shape in shapes])
    for number, part in enumerate(unpack(packed, shapes, "* h w")):
        yield f"unpack {number}", part
    yield "shape", str(parse_shape(value, "b _ h w"))
    yield "asnumpy", torch.tensor(asnumpy(value.detach()))


def layers():
    """Layers in a network, trained for some steps."""
    torch.manual_seed(3)
    net = nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=3),
        Reduce("b c (h 2) (w 2) -> b c h w", "max"),
        nn.ReLU(),
        Rearrange("b c h w -> b (c h w)"),
        EinMix("b c -> b o", weight_shape="c o", bias_shape="o", c=54, o=10),
    )
    yield "repr", repr(net)
    data, wanted = torch.randn(12, 1, 8, 8), torch.randint(10, (12,))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(10):
        loss = nn.functional.cross_entropy(net(data), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
    yield "state", str([(name, tuple(value.shape)) for name, value in net.state_dict().items()])


def errors():
    """What einops refuses, it refuses in its own words."""
    for pattern in ("b c h w -> b c", "b c h w -> b c h w d", "b c (h 3) w -> b c h w"):
        try:
            rearrange(x(), pattern)
        except Exception as error:  # noqa: BLE001 - it is compared
            yield pattern, f"{type(error).__name__}: {error}"
