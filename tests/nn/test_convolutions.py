"""What convolutions and pooling do beyond PyTorch's recorded answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import nn
from chainrule.backend import window_layouts_numpy
from chainrule.func import functional_call, grad, vmap
from chainrule.nn import functional as F


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(4, 3, 2, groups=1), nn.Flatten(),
        nn.Linear(12, 2),
    ).double()  # fmt: skip


def images(count: int) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(0).standard_normal((count, 2, 6, 6)))


def loss(parameters: dict[str, torch.Tensor], net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return functional_call(net, parameters, (x,)).square().sum()


@pytest.mark.parametrize("settings", [(1, 1, 1, 1), (2, 1, 1, 2), (1, 0, 2, 1), (2, 0, 1, 1)])
def test_images_may_come_in_any_number_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few at a time, with the last ones fewer, or each for itself."""
    rng = np.random.default_rng(1)
    stride, padding, dilation, groups = settings
    x, w, b = (torch.tensor(rng.standard_normal(s)) for s in ((5, 2, 7, 6), (4, 2 // groups, 3, 2), (4,)))
    leaves = [one.requires_grad_() for one in (x, w, b)]

    def everything() -> list[Any]:
        y = F.conv2d(x, w, b, stride, padding, dilation, groups)
        return [y.detach(), *torch.autograd.grad((y * y).sum(), leaves)]

    whole = everything()
    for nbytes in (1, 5000):
        monkeypatch.setattr(window_layouts_numpy, "CHUNK", nbytes)
        for one, other in zip(everything(), whole, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-12, atol=1e-12)


def test_the_gradient_of_each_image() -> None:
    net, x = network(), images(3)
    parameters = dict(net.named_parameters())
    found = vmap(grad(loss), in_dims=(None, None, 0))(parameters, net, x[:, None])
    for number in range(3):
        wanted = grad(loss)(parameters, net, x[number : number + 1])
        for name, g in wanted.items():
            np.testing.assert_allclose(found[name][number].detach().numpy(), g.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_results_lie_in_memory_as_in_pytorch() -> None:
    x = images(3).transpose(2, 3)
    for y in (F.conv2d(x, torch.ones(4, 2, 3, 3).double()), F.max_pool2d(x, 2), F.avg_pool2d(x, 2), F.max_pool2d(x, 1)):
        assert y.is_contiguous()
        assert y.view(3, -1).shape[0] == 3


def test_what_max_pooling_gave_may_be_written_over() -> None:
    x = images(1).requires_grad_()
    y = F.max_pool2d(x * 1, 2)
    y.relu_()
    y.sum().backward()
    assert x.grad.count_nonzero() == (y > 0).sum()


def test_a_node_keeps_what_the_operands_that_need_a_gradient_ask_for() -> None:
    x, w = images(2), torch.ones(4, 2, 3, 3).double().requires_grad_()
    node = F.conv2d(x, w).grad_fn
    assert node._saved_input._array is x._array
    assert node._saved_weight is None
    assert node._saved_groups == 1


def test_a_refused_module_call_changes_nothing() -> None:
    net, x = network(), images(1)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with pytest.raises(RuntimeError, match="to have 2 channels, but got 1 channels instead"):
        net(x[:, :1])
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 1, 2, 2), (3, 5, 4, 6), (2, 2, 12, 2), (40, 3, 60, 58)])
def test_the_first_of_the_largest_of_pairs(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    """Windows of 2 x 2 side by side have kernels of their own; with a column that no window has, they do not."""
    x = torch.randint(0, 3, shape).to(dtype)
    x[..., 0, 0] = -torch.inf
    beside = torch.nn.functional.pad(x, (0, 1))
    g = torch.randn((*shape[:2], shape[2] // 2, shape[3] // 2)).to(dtype)
    g[..., 0, 0] = torch.inf

    def turned(x: torch.Tensor) -> torch.Tensor:
        return x.transpose(0, 1)

    def channels_last(x: torch.Tensor) -> torch.Tensor:
        return x.clone(memory_format=torch.channels_last)

    def alike(x: torch.Tensor) -> torch.Tensor:
        return x[..., -1:, -1:].expand(x.shape)

    for seen, given in ((torch.clone, alike), *[(seen, seen) for seen in (torch.clone, turned, channels_last)]):
        got, want = seen(x).requires_grad_(), seen(beside).requires_grad_()
        y, z = F.max_pool2d(got, 2), F.max_pool2d(want, 2)
        assert y.tolist() == z.tolist()
        y.backward(given(g))
        z.backward(given(g))
        assert got.grad is not None
        assert want.grad is not None
        assert got.grad.tolist() == want.grad[..., :-1].tolist()
    x[0, 0, 1, 1] = torch.nan
    x.requires_grad_()
    y = F.max_pool2d(x, 2)
    y.sum().backward()
    assert torch.isnan(y[0, 0, 0, 0])
    assert x.grad is not None
    assert x.grad[0, 0, :2, :2].tolist() == [[0, 0], [0, 1]]
