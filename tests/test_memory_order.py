"""Results that PyTorch leaves row by row in memory, whatever the order of the operands: so that ``view`` takes them."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch
import chainrule.nn.functional as F

RESULTS: dict[str, Any] = {
    "sum": lambda x: x.sum(0),
    "sum, axis kept": lambda x: x.sum(1, keepdim=True),
    "mean": lambda x: x.mean(1),
    "max": lambda x: x.max(1).values,
    "amax": lambda x: x.amax(0),
    "prod": lambda x: x.prod(1),
    "var": lambda x: x.var(1),
    "norm": lambda x: x.norm(dim=1),
    "logsumexp": lambda x: x.logsumexp(1),
    "any": lambda x: (x > 1).any(1),
    "cumsum": lambda x: x.cumsum(1),
    "cumprod": lambda x: x.cumprod(0),
    "cummax": lambda x: x.cummax(1).values,
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(-1),
    "cat": lambda x: torch.cat([x, x], 1),
    "stack": lambda x: torch.stack([x, x]),
    "roll": lambda x: x.roll(1, 1),
    "tril": lambda x: x.tril(),
    "topk": lambda x: x.topk(2, 1).values,
    "scatter": lambda x: x.scatter(1, torch.zeros(2, 3, 4, dtype=torch.int64), x),
    "gather": lambda x: x.gather(1, torch.zeros(2, 3, 4, dtype=torch.int64).mT.contiguous().mT),
    "masked_fill": lambda x: x.masked_fill(x > 1, 0.0),
    "masked_fill with a tensor": lambda x: x.masked_fill(x > 1, torch.tensor(0.0)),
    "layer_norm": lambda x: F.layer_norm(x, (4,)),
    "rms_norm": lambda x: F.rms_norm(x, (4,)),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "batch_norm with statistics": lambda x: F.batch_norm(x, torch.zeros(3), torch.ones(3)),
    "adaptive_avg_pool": lambda x: F.adaptive_avg_pool2d(x, (2, 3)),
    "adaptive_max_pool": lambda x: F.adaptive_max_pool2d(x, (2, 3)),
    "clone of shared elements": lambda x: x[:, :1].expand(2, 3, 4).clone(),
    "conversion of shared elements": lambda x: x[:1].expand(2, 3, 4).double(),
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("axes", [(2, 1, 0), (1, 0, 2), (0, 2, 1)], ids=str)
def test_results_are_contiguous(make: Any, axes: tuple[int, ...]) -> None:
    sizes = [0, 0, 0]
    for at, axis in enumerate(axes):
        sizes[axis] = (2, 3, 4)[at]
    result = make(torch.arange(24.0).reshape(sizes).permute(axes))
    assert result.is_contiguous()
    result.view(-1)


@pytest.mark.parametrize("pool", ["adaptive_avg_pool", "adaptive_max_pool"])
def test_windows_of_several_lengths_leave_rows(pool: str) -> None:
    for dims, sizes in ((2, (2, 3)), (3, (3, 2, 3))):
        getattr(F, f"{pool}{dims}d")(torch.ones(2, 3, *[4] * dims), sizes).view(2, -1)


KEEPING: dict[str, Any] = {
    "conv2d": lambda x: F.conv2d(x, torch.ones(6, 4, 3, 3), torch.ones(6), padding=1),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, torch.ones(4, 6, 2, 2)),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "group_norm": lambda x: F.group_norm(x, 2),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "indices of max_pool2d": lambda x: F.max_pool2d(x, 2, return_indices=True)[1],
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, 2),
    "interpolate": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "pad": lambda x: F.pad(x, (1, 1, 1, 1)),
    "reflection": lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "relu": F.relu,
    "gelu of many": lambda x: F.gelu(x.repeat(1, 1, 4, 4).contiguous(memory_format=torch.channels_last)),
    "hardshrink": F.hardshrink,
    "sum": lambda x: x + x * 2,
    "cat": lambda x: torch.cat([x, x], 1),
    "flip": lambda x: x.flip(1, 3),
    "roll": lambda x: x.roll((1, 2), (1, 2)),
    "sort": lambda x: x.sort(2, descending=True).values,
    "argsort": lambda x: x.argsort(1),
    "conversion": lambda x: x.contiguous().double(memory_format=torch.channels_last),
    "clone": lambda x: x.contiguous().clone(memory_format=torch.channels_last),
}


@pytest.mark.parametrize("make", KEEPING.values(), ids=KEEPING)
def test_channels_stay_last(make: Any) -> None:
    rows = torch.arange(288.0).reshape(2, 4, 6, 6)
    x = rows.contiguous(memory_format=torch.channels_last)
    result = make(x)
    assert result.is_contiguous(memory_format=torch.channels_last)
    assert not result.is_contiguous()
    assert not result._is_view()
    torch.testing.assert_close(result.contiguous(), make(rows).contiguous())


def test_rows_stay_rows() -> None:
    x = torch.arange(288.0).reshape(2, 4, 6, 6)
    last = x.contiguous(memory_format=torch.channels_last)
    for name in ("conv2d", "max_pool2d", "interpolate", "cat"):
        assert KEEPING[name](x).is_contiguous()
    assert torch.cat([x, last], 1).is_contiguous()
    weight = torch.ones(6, 4, 3, 3).contiguous(memory_format=torch.channels_last)
    assert F.conv2d(x, weight).is_contiguous(memory_format=torch.channels_last)


def test_a_first_grad_lies_as_its_leaf_does() -> None:
    rows = torch.arange(120.0).reshape(2, 3, 4, 5)
    for leaf in (rows.contiguous(memory_format=torch.channels_last), rows.permute(3, 1, 0, 2), rows):
        x = leaf.detach().requires_grad_()
        for g in (torch.ones(x.shape), torch.empty_like(x).fill_(2), torch.ones(1).expand(x.shape)):
            x.grad = None
            (x * 3).backward(g)
            assert x.grad.stride() == x.stride()
            torch.testing.assert_close(x.grad, 3 * g.contiguous(), check_stride=False)
    for leaf in (torch.ones(1).expand(2, 3), rows.permute(3, 1, 0, 2)[:, ::2], rows[0].diagonal()):
        x = leaf.detach().requires_grad_()
        (x * 2).sum().backward()
        assert x.grad.is_contiguous()


def test_gradients_handed_out_keep_the_order_of_their_cotangents() -> None:
    x = torch.arange(120.0).reshape(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).requires_grad_()
    g = torch.ones_like(x)
    for function in (lambda x: x + 1, F.relu, torch.abs, lambda x: x.clamp(0.1), lambda x: x * x.detach()):
        (found,) = torch.autograd.grad(function(x), x, g)
        assert found.stride() == x.stride()
        assert found is not g


def test_modules_are_brought_into_an_order() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    net.to(memory_format=torch.channels_last)
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
    result = net(torch.ones(2, 3, 8, 8))
    assert result.is_contiguous(memory_format=torch.channels_last)
    assert not result.is_contiguous()
