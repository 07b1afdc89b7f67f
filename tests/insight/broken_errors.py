"""Programs with one mistake that raises: the error names the line that ends in ``# here``. See ``broken_programs``."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn

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
