"""Programs with one mistake that raises: the error names the line that ends in ``# here``. See ``broken_programs``."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, optim

from .broken_programs import Net, broken, data


@broken(RuntimeError)
def backward_of_a_copied_loss() -> Any:
    x, y = data()
    model = Net()
    loss = F.mse_loss(model(x), y)
    loss = torch.tensor(loss)  # here
    loss.backward()


@broken(RuntimeError)
def mean_of_items_made_a_tensor_again() -> Any:
    x, y = data()
    model = Net()
    losses = [F.mse_loss(model(xi), yi).item() for xi, yi in zip(x, y, strict=True)]  # here
    torch.tensor(losses).mean().backward()


@broken(RuntimeError)
def backward_after_no_grad() -> Any:
    x, y = data()
    model = Net()
    with torch.no_grad():  # here
        prediction = model(x)
    ((prediction - y) ** 2).mean().backward()


@broken(RuntimeError)
def backward_twice() -> Any:
    w = torch.ones(2, requires_grad=True)
    loss = w.exp().sum()
    loss.backward()  # here
    loss.backward()


@broken(RuntimeError)
def state_carried_over_steps() -> Any:
    cell = nn.Linear(3, 3)
    h = torch.zeros(1, 3)
    for _ in range(2):
        h = torch.tanh(cell(h + 1))
        loss = h.sum()
        loss.backward()  # here


@broken(RuntimeError)
def in_place_on_what_was_saved() -> Any:
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y += 1  # here
    y.sum().backward()


@broken(RuntimeError)
def in_place_on_weights_before_backward() -> Any:
    x, y = data()
    model = Net()
    loss = F.mse_loss(model(x), y)
    with torch.no_grad():
        model.head.weight.add_(0.1)  # here
    loss.backward()


@broken(RuntimeError)
def numpy_write_into_saved_memory() -> Any:
    array = np.ones(3, np.float32)
    x = torch.from_numpy(array)
    w = torch.ones(3, requires_grad=True)
    loss = (x * w).sum()  # here
    array[0] = 5.0
    loss.backward()


@broken(RuntimeError)
def unused_input_of_grad() -> Any:
    x = torch.ones(2, requires_grad=True)
    y = torch.ones(2, requires_grad=True)
    z = (y * 2).detach()  # here
    torch.autograd.grad((x * z).sum(), [x, y])


@broken(RuntimeError)
def lstm_state_carried_across_batches() -> Any:
    lstm, head = nn.LSTM(3, 4), nn.Linear(4, 1)
    state = None
    for x in torch.randn(3, 5, 1, 3):
        out, state = lstm(x, state)
        loss = head(out).mean()
        loss.backward()  # here


@broken(RuntimeError)
def chunk_changed_in_place() -> Any:
    x = torch.ones(4, requires_grad=True) * 2
    a, _ = x.chunk(2)  # here
    a += 1


@broken(RuntimeError)
def loop_that_adds_to_the_hidden_state() -> Any:
    x = torch.randn(3, 2)
    w = torch.randn(2, requires_grad=True)
    h = torch.tanh(x[0] * w)
    for t in range(1, 3):
        h += torch.tanh(x[t] * h)  # here
    h.sum().backward()


@broken(RuntimeError)
def deepcopy_of_a_result() -> Any:
    w = torch.ones(2, requires_grad=True)
    h = w * 2  # here
    copy.deepcopy(h)


@broken(RuntimeError)
def numpy_of_a_result() -> Any:
    w = torch.ones(2, requires_grad=True)
    h = w * 2  # here
    h.numpy()


@broken(RuntimeError)
def backward_of_a_vector() -> Any:
    w = torch.ones(2, requires_grad=True)
    loss = (w - 1) ** 2  # here
    loss.backward()


@broken(RuntimeError)
def hessian_without_create_graph() -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x**3).sum().backward()  # here
    x.grad.sum().backward()


class TooFew(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        return a * b

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


@broken(RuntimeError)
def function_with_too_few_gradients() -> Any:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    TooFew.apply(a, b).sum().backward()  # here


class WrongShape(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        return a.sum()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return torch.ones(7) * g


@broken(RuntimeError)
def function_with_a_gradient_of_the_wrong_shape() -> Any:
    a = torch.ones(2, requires_grad=True)
    WrongShape.apply(a).backward()  # here


@broken(RuntimeError)
def gradient_of_the_wrong_shape_given() -> Any:
    w = torch.ones(3, requires_grad=True)
    y = w * 2  # here
    y.backward(torch.ones(4))


@broken(RuntimeError)
def frozen_flag_on_a_result() -> Any:
    w = torch.ones(3, requires_grad=True)
    h = w * 2  # here
    h.requires_grad = False


@broken(ValueError)
def optimizer_of_a_result() -> Any:
    w = torch.ones(3, requires_grad=True) * 2  # here
    optim.SGD([w], lr=0.1)


@broken(RuntimeError)
def retain_graph_then_step() -> Any:
    x, y = data()
    model = Net()
    opt = optim.SGD(model.parameters(), lr=0.1)
    loss = F.mse_loss(model(x), y)
    for _ in range(2):
        opt.zero_grad()
        loss.backward(retain_graph=True)
        opt.step()  # here
