"""Modules under the function transforms: functional_call under grad, jvp, vmap and hessian."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule import nn
from chainrule.func import functional_call, grad, hessian, jvp, stack_module_state, vmap


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def inputs(count: int = 5) -> torch.Tensor:
    return torch.linspace(-1, 2, 3 * count, dtype=torch.float64).reshape(count, 3)


def loss(parameters: dict[str, torch.Tensor], net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return functional_call(net, parameters, (x,)).square().mean()


def test_grad_is_what_backward_leaves() -> None:
    net, x = network(), inputs()
    found = grad(loss)(dict(net.named_parameters()), net, x)
    net(x).square().mean().backward()
    for name, parameter in net.named_parameters():
        assert torch.allclose(found[name], parameter.grad)


def test_the_module_has_its_own_parameters_afterwards() -> None:
    net, x = network(), inputs()
    before = dict(net.named_parameters())
    grad(loss)(before, net, x)
    with pytest.raises(RuntimeError, match="mat1"):
        functional_call(net, {"0.weight": torch.ones(4, 7, dtype=torch.float64)}, (x,))
    assert all(parameter is before[name] for name, parameter in net.named_parameters())


def test_per_sample_gradients() -> None:
    net, x = network(), inputs()
    parameters = dict(net.named_parameters())
    found = vmap(grad(loss), in_dims=(None, None, 0))(parameters, net, x)
    for n, row in enumerate(x):
        one = grad(loss)(parameters, net, row)
        assert all(torch.allclose(found[name][n], one[name]) for name in parameters)


def test_an_ensemble() -> None:
    nets, x = [network(seed) for seed in range(3)], inputs()
    parameters, buffers = stack_module_state(nets)
    assert all(p.is_leaf and p.requires_grad for p in parameters.values())
    found = vmap(lambda p, b: functional_call(nets[0], (p, b), (x,)))(parameters, buffers)
    assert found.shape == (3, 5, 2)
    for net, output in zip(nets, found, strict=True):
        assert torch.allclose(output, net(x))
    found.sum().backward()
    nets[1](x).sum().backward()
    assert torch.allclose(parameters["0.weight"].grad[1], nets[1][0].weight.grad)


def test_jvp_is_the_finite_difference() -> None:
    net, x = network(), inputs()
    parameters = {name: p.detach() for name, p in net.named_parameters()}
    direction = {
        name: torch.linspace(-1, 1, p.numel(), dtype=p.dtype).reshape(p.shape) for name, p in parameters.items()
    }
    _, slope = jvp(lambda p: loss(p, net, x), (parameters,), (direction,))
    step = 1e-6
    ahead, behind = (
        loss({name: p + sign * step * direction[name] for name, p in parameters.items()}, net, x) for sign in (1, -1)
    )
    assert slope.item() == pytest.approx((ahead - behind).item() / (2 * step), rel=1e-7)


def test_hessian_of_a_parameter_is_symmetric_and_right() -> None:
    net, x = network(), inputs()
    others = {name: p.detach() for name, p in net.named_parameters()}

    def of_bias(bias: torch.Tensor) -> torch.Tensor:
        return loss({**others, "2.bias": bias}, net, x)

    # The loss is the mean of (a + bias) ** 2 over 5 samples and 2 outputs: its hessian is 2 / 2 on the diagonal.
    assert torch.allclose(hessian(of_bias)(others["2.bias"]), torch.eye(2, dtype=torch.float64))


def test_buffers_written_under_vmap_are_batched() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seen = self.seen + x
            return self.seen * 2

    counter = Counter()

    def run(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        buffers = {"seen": torch.ones(2)}
        return functional_call(counter, buffers, (x,)), buffers["seen"]

    output, seen = vmap(run)(torch.arange(6.0).reshape(3, 2))
    assert output.tolist() == [[2, 4], [6, 8], [10, 12]]
    assert seen.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert counter.seen.tolist() == [0, 0]


def test_a_train_step_as_a_function() -> None:
    net, x = network(), inputs()
    parameters = dict(net.named_parameters())
    gradients = grad(loss)(parameters, net, x)
    stepped = {name: p - 0.1 * gradients[name] for name, p in parameters.items()}
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(x).square().mean().backward()
    optimizer.step()
    for name, parameter in net.named_parameters():
        assert torch.allclose(stepped[name], parameter)
