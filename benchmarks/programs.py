"""The programs that are timed, written once for chainrule and for PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any


def lecture_graph(torch: Any) -> Callable[[], object]:
    """The lecture notebook's graph: made, run forward and differentiated."""
    relu, grad = torch.nn.functional.relu, torch.autograd.grad

    def run() -> object:
        x = torch.tensor([3.0])
        w = torch.tensor([2.0], requires_grad=True)
        b = torch.tensor([1.0], requires_grad=True)
        return grad(relu(x * w + b), w)

    return run


def chain(torch: Any, ops: int = 1000) -> Callable[[], object]:
    """A chain of ops, every second one with a leaf of its own accumulating: forward, backward and freeing."""
    c = torch.tensor([1.0001], requires_grad=True)
    b = torch.tensor([0.0001], requires_grad=True)
    x = torch.tensor([1.0])

    def run() -> object:
        y = x
        for _ in range(ops // 2):
            y = y * c + b
        y.backward()
        c.grad = b.grad = None
        return y

    return run


def constant_chain(torch: Any, ops: int = 1000) -> Callable[[], object]:
    """A chain of ops with constants: one gradient flows down it."""
    leaf = torch.tensor([1.0], requires_grad=True)
    c, b = torch.tensor([1.0001]), torch.tensor([0.0001])

    def run() -> object:
        y = leaf
        for _ in range(ops // 2):
            y = y * c + b
        y.backward()
        leaf.grad = None
        return y

    return run


def multiply(torch: Any) -> Callable[[], object]:
    """One recorded multiply of one element."""
    x, w = torch.tensor([3.0]), torch.tensor([2.0], requires_grad=True)
    return lambda: x * w


SIZES = (784, 256, 128, 10)
"""Of the layers of the network that is measured."""


def rosenbrock_hessian(torch: Any, variables: int = 100) -> Callable[[], object]:
    """The Hessian of Rosenbrock's function."""

    def rosenbrock(x: Any) -> Any:
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    x = torch.linspace(-1, 1, variables)
    hessian = torch.func.hessian(rosenbrock)
    return lambda: hessian(x)


def network(torch: Any, batch: int) -> tuple[Any, Any, Any, Any]:
    """A network as a function of its parameters: (parameters, inputs, labels, loss)."""
    torch.manual_seed(0)
    functional = torch.nn.functional
    parameters = {}
    for number, (fan_in, fan_out) in enumerate(pairwise(SIZES)):
        parameters[f"w{number}"] = torch.randn(fan_out, fan_in) / fan_in**0.5
        parameters[f"b{number}"] = torch.zeros(fan_out)

    def loss(parameters: Any, x: Any, label: Any) -> Any:
        last = len(SIZES) - 2
        for number in range(last + 1):
            x = functional.linear(x, parameters[f"w{number}"], parameters[f"b{number}"])
            x = functional.relu(x) if number < last else x
        return -functional.log_softmax(x, dim=-1).gather(-1, label.unsqueeze(-1)).mean()

    return parameters, torch.randn(batch, SIZES[0]), torch.randint(0, SIZES[-1], (batch,)), loss


def per_sample_gradients(torch: Any, batch: int = 64) -> Callable[[], object]:
    """The gradient of each sample's own loss: vmap of grad."""
    parameters, x, labels, loss = network(torch, batch)
    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
    return lambda: gradients(parameters, x, labels)


def hessian_vector_product(torch: Any, batch: int = 64) -> Callable[[], object]:
    """The Hessian of the loss times a direction: jvp of grad."""
    parameters, x, labels, loss = network(torch, batch)
    direction = {name: torch.ones_like(value) for name, value in parameters.items()}
    gradient = torch.func.grad(lambda parameters: loss(parameters, x, labels))
    return lambda: torch.func.jvp(gradient, (parameters,), (direction,))


def train_step(torch: Any, batch: int) -> tuple[Callable[..., Any], tuple[Any, Any]]:
    """A step of training by SGD, in the order of PyTorch's quickstart, and its arguments."""
    torch.manual_seed(0)
    layers = []
    for fan_in, fan_out in pairwise(SIZES):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step(x: Any, labels: Any) -> Any:
        loss = -torch.nn.functional.log_softmax(model(x), dim=-1).gather(-1, labels.unsqueeze(-1)).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step, (torch.randn(batch, SIZES[0]), torch.randint(0, SIZES[-1], (batch,)))


def elementwise_step(torch: Any, elements: int = 10_000_000) -> tuple[Callable[..., Any], tuple[Any]]:
    """Twenty element-wise ops and their gradient, and the argument."""

    def step(x: Any) -> Any:
        x = x.detach().requires_grad_()
        y = x
        for _ in range(5):
            y = torch.tanh(y * 0.9 + 0.1) + x  # four ops
        y.sum().backward()
        return x.grad

    return step, (torch.linspace(-1, 1, elements),)
