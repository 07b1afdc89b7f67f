"""Programs as people write them, each with one mistake. The line that ``why``, or the error, must name ends in ``# here``.

Each returns what it asks ``why``, or raises. ``broken(cause)`` says which cause is right, ``broken(error)`` which exception;
``place`` is where the line is if it is not in the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, optim, why
from chainrule.insight import Cause

PROGRAMS: list[tuple[Callable[[], Any], Any, Any]] = []


def broken(expected: Any, place: Any = None) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def add(program: Callable[[], Any]) -> Callable[[], Any]:
        PROGRAMS.append((program, expected, place or program))
        return program

    return add


def data(n: int = 8, features: int = 3) -> tuple[Any, Any]:
    torch.manual_seed(0)
    x = torch.randn(n, features)
    return x, x.sum(1, keepdim=True)


class Net(nn.Module):
    def __init__(self, hidden: int = 4) -> None:
        super().__init__()
        self.encoder = nn.Linear(3, hidden)
        self.head = nn.Linear(hidden, 1)  # here, if nothing happened to it since

    def forward(self, x: Any) -> Any:
        return self.head(torch.relu(self.encoder(x)))


# -- the path is cut ---------------------------------------------------------------------------------------------------


@broken(Cause.DETACHED)
def loss_of_tensor() -> Any:
    x, y = data()
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = F.mse_loss(model(x), y)
    loss = torch.tensor(loss)  # here
    optimizer.zero_grad()
    return why(model.head.weight, loss)


@broken(Cause.DETACHED)
def mean_of_items() -> Any:
    x, y = data()
    model = Net()
    losses = []
    for xi, yi in zip(x, y, strict=True):
        losses.append(F.mse_loss(model(xi), yi).item())  # here
    loss = sum(losses) / len(losses)
    return why(model.head.bias, loss)


@broken(Cause.DETACHED)
def numpy_in_the_middle() -> Any:
    x, y = data()
    model = Net()
    hidden = model.encoder(x).detach().numpy()  # here
    hidden = np.tanh(hidden)
    loss = F.mse_loss(model.head(torch.from_numpy(hidden)), y)
    loss.backward()
    return why(model.encoder.weight)


@broken(Cause.DETACHED)
def frozen_features_that_were_to_learn() -> Any:
    x, y = data()
    model = Net()
    optimizer = optim.Adam(model.parameters())
    running = 0.0
    for _ in range(3):
        features = torch.relu(model.encoder(x))
        prediction = model.head(features.detach())  # here
        loss = ((prediction - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    return why(model.encoder.weight)


@broken(Cause.DETACHED)
def target_network_by_data() -> Any:
    x, _ = data()
    online, target = Net(), Net()
    for to, of in zip(target.parameters(), online.parameters(), strict=True):
        to.data.copy_(of.data)
    q = online(x).data  # here
    loss = ((q - target(x)) ** 2).mean() + target(x).mean()
    loss.backward()
    return why(online.head.weight)


@broken(Cause.DETACHED)
def training_inside_no_grad() -> Any:
    x, y = data()
    model = Net()
    scale = torch.ones(1, requires_grad=True)
    with torch.no_grad():  # here
        prediction = model(x)
    loss = ((prediction * scale - y) ** 2).mean()
    loss.backward()
    return why(model.head.weight)


@broken(Cause.DETACHED)
def inference_mode_for_speed() -> Any:
    x, y = data()
    model = Net()
    with torch.inference_mode():  # here
        hidden = model.encoder(x)
    loss = F.mse_loss(model.head(hidden.clone()), y)
    loss.backward()
    return why(model.encoder.bias)


@broken(Cause.DETACHED)
def argmax_in_the_middle() -> Any:
    x, _ = data()
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh())
    table = nn.Embedding(5, 2)
    token = model(x).argmax(dim=1)  # here
    loss = table(token).pow(2).sum()
    loss.backward()
    return why(model[0].weight)


@broken(Cause.DETACHED)
def accuracy_as_a_loss() -> Any:
    x, y = data()
    model = Net()
    correct = (model(x) > 0.5).float()  # here
    loss = ((correct - y) ** 2).mean()
    return why(model.head.weight, loss)


@broken(Cause.DETACHED)
def cast_to_integers() -> Any:
    x, y = data()
    model = Net()
    pixels = model(x).long()  # here
    bias = torch.zeros(1, requires_grad=True)
    loss = ((pixels.float() + bias - y) ** 2).mean()
    loss.backward()
    return why(model.head.bias)


@broken(Cause.DETACHED)
def state_carried_by_detach_underscore() -> Any:
    cell = nn.RNNCell(2, 3) if hasattr(nn, "RNNCell") else nn.Linear(3, 3)
    h = cell(torch.ones(1, 2)) if hasattr(nn, "RNNCell") else cell(torch.ones(1, 3))
    h.detach_()  # here
    out = nn.Linear(3, 1)
    out(h).sum().backward()
    return why(next(cell.parameters()))


@broken(Cause.DETACHED)
def a_parameter_made_of_an_output() -> Any:
    x, y = data()
    hyper = nn.Linear(3, 1)
    weight = nn.Parameter(hyper(torch.ones(1, 3)))  # here
    loss = F.mse_loss(x.sum(1, keepdim=True) * weight, y)
    loss.backward()
    return why(hyper.weight)


@broken(Cause.PARTLY_CUT)
def float_inside_the_formula() -> Any:
    w = torch.tensor(3.0, requires_grad=True)
    loss = w * w.item()  # here
    loss.backward()
    return why(w)


@broken(Cause.PARTLY_CUT)
def norm_by_data() -> Any:
    v = torch.tensor([3.0, 4.0], requires_grad=True)
    unit = v / v.data.norm()  # here
    loss = (unit * torch.tensor([1.0, 0.0])).sum()
    loss.backward()
    return why(v, loss)


# -- no gradient wanted, or not kept -------------------------------------------------------------------------------------


@broken(Cause.NOT_WANTED)
def frozen_layers() -> Any:
    x, y = data()
    model = Net()
    for p in model.encoder.parameters():
        p.requires_grad = False  # here
    F.mse_loss(model(x), y).backward()
    return why(model.encoder.weight)


@broken(Cause.NOT_WANTED)
def integer_input() -> Any:
    w = torch.tensor([1, 2, 3])
    (w * 2.0).sum()
    return why(w)


@broken(Cause.LATE)
def requires_grad_after_the_forward() -> Any:
    x = torch.tensor([1.0, 2.0])
    scale = torch.ones(2, requires_grad=True)
    loss = (x * scale).sum()
    x.requires_grad_()  # here
    loss.backward()
    return why(x)


@broken(Cause.NOT_RETAINED)
def gradient_of_an_activation() -> Any:
    x, y = data()
    model = Net()
    hidden = torch.relu(model.encoder(x))  # here
    F.mse_loss(model.head(hidden), y).backward()
    return why(hidden)


@broken(Cause.NOT_RETAINED)
def parameter_scaled_at_its_making() -> Any:
    w = torch.ones(3, requires_grad=True) * 0.01  # here
    (w * 2).sum().backward()
    return why(w)


@broken(Cause.NOT_RUN, place=Net)
def step_without_backward() -> Any:
    x, y = data()
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = F.mse_loss(model(x), y)
    optimizer.step()
    f"{loss.item():.3f}"
    return why(model.head.weight)


@broken(Cause.CLEARED)
def zero_grad_after_backward() -> Any:
    x, y = data()
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    F.mse_loss(model(x), y).backward()
    optimizer.zero_grad()  # here
    optimizer.step()
    return why(model.head.weight)


@broken(Cause.CLEARED)
def zero_grad_to_zeros() -> Any:
    x, y = data()
    model = Net()
    F.mse_loss(model(x), y).backward()
    model.zero_grad(set_to_none=False)  # here
    return why(model.head.weight)


@broken(Cause.ACCUMULATED)
def optimizer_over_the_wrong_parameters() -> Any:
    x, y = data()
    model, old = Net(), Net()
    optimizer = optim.SGD(old.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()  # here
        optimizer.step()
    return why(model.head.weight)


@broken(Cause.NONE_RETURNED)
def autograd_grad_fills_nothing() -> Any:
    w = torch.ones(2, requires_grad=True)
    loss = (w * w).sum()
    torch.autograd.grad(loss, w)  # here
    return why(w)


class NoGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return None


@broken(Cause.NONE_RETURNED)
def custom_function_returns_none() -> Any:
    w = torch.ones(2, requires_grad=True)
    loss = NoGradient.apply(w).sum()  # here
    loss.backward()
    return why(w)


# -- not used ------------------------------------------------------------------------------------------------------------


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(3, 1)
        self.extra = nn.Linear(3, 1)  # here

    def forward(self, x: Any) -> Any:
        return self.used(x)


@broken(Cause.NOT_USED, place=Unused)
def layer_that_forward_forgets() -> Any:
    x, y = data()
    model = Unused()
    F.mse_loss(model(x), y).backward()
    return why(model.extra.weight)


@broken(Cause.NOT_USED)
def branch_that_is_not_in_the_loss() -> Any:
    x, y = data()
    model, side = Net(), nn.Linear(3, 1)
    penalty = side(x).pow(2).mean()  # here
    loss = F.mse_loss(model(x), y)
    loss.backward()
    return why(side.weight), penalty


@broken(Cause.WRITTEN_TO_COPY)
def write_to_a_copy() -> Any:
    w = torch.ones(2, requires_grad=True)
    scale = torch.ones(1, requires_grad=True)
    grid = torch.zeros(4) * scale
    rows = grid[[0, 2]]
    rows[:] = w * 3  # here
    grid.sum().backward()
    return why(w)


@broken(Cause.NOT_USED)
def replaced_head() -> Any:
    x, y = data()
    model = Net()
    old = model.head
    loss = F.mse_loss(model(x), y)
    model.head = nn.Linear(4, 1)  # here
    loss.backward()
    assert old.weight.grad is not None
    return why(model.head.weight)


# -- zero ----------------------------------------------------------------------------------------------------------------


@broken(Cause.DEAD_RELU)
def relu_dead_by_a_large_negative_bias() -> Any:
    x, y = data()
    model = Net()
    with torch.no_grad():
        model.encoder.bias.fill_(-100.0)
    hidden = model.encoder(x)
    loss = F.mse_loss(model.head(torch.relu(hidden)), y)  # here
    return why(model.encoder.weight, loss)


@broken(Cause.DEAD_RELU)
def relu_dead_and_asked_after_backward() -> Any:
    x, y = data()
    layers = nn.Linear(3, 4), nn.Linear(4, 1)
    with torch.no_grad():
        layers[0].bias.fill_(-100.0)
    hidden = F.relu(layers[0](x))  # here
    loss = F.mse_loss(layers[1](hidden), y)
    loss.backward()
    return why(layers[0].weight)


@broken(Cause.SATURATED)
def sigmoid_of_pixels() -> Any:
    pixels = torch.full((4, 3), 255.0)
    layer = nn.Linear(3, 1)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    probability = torch.sigmoid(layer(pixels))  # here
    loss = ((probability - 0.5) ** 2).mean()
    return why(layer.weight, loss)


@broken(Cause.CLAMPED)
def clamped_output() -> Any:
    w = torch.tensor([5.0, 7.0], requires_grad=True)
    action = (w * 2).clamp(-1, 1)  # here
    return why(w, action.pow(2).sum())


@broken(Cause.MASKED)
def mask_of_padding_only() -> Any:
    scores = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    mask = torch.zeros(3)
    loss = (scores * mask).sum()  # here
    return why(scores, loss)


@broken(Cause.MASKED)
def the_other_branch() -> Any:
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor([3.0, 4.0], requires_grad=True)
    chosen = torch.where(a > b, a, b)  # here
    return why(a, chosen.sum())


@broken(Cause.STEP_FUNCTION)
def rounded_weights() -> Any:
    w = torch.tensor([0.3, 1.7], requires_grad=True)
    quantized = torch.round(w * 4) / 4  # here
    return why(w, (quantized * quantized).sum())


@broken(Cause.TIMES_ZERO)
def all_weights_zero() -> Any:
    x, y = data()
    model = Net()
    for p in model.parameters():
        nn.init.zeros_(p)
    hidden = torch.tanh(model.encoder(x))
    loss = F.mse_loss(model.head(hidden), y)  # here
    return why(model.encoder.weight, loss)


@broken(Cause.CANCELLED)
def loss_minus_itself() -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x - x.mean() - x + x.mean()).sum()  # here
    return why(x, loss)


# -- not finite ------------------------------------------------------------------------------------------------------------


@broken(Cause.ZERO_TIMES_INF)
def zero_over_zero_in_the_untaken_branch() -> Any:
    x = torch.tensor([2.0, 0.0], requires_grad=True)
    safe = torch.where(x != 0, x / x, torch.ones_like(x))  # here
    return why(x, safe.sum())


@broken(Cause.ZERO_TIMES_INF)
def masked_log() -> Any:
    p = torch.tensor([0.5, 0.0], requires_grad=True)
    entropy = torch.log(p)
    entropy = torch.where(p > 0, entropy, torch.zeros_like(p))  # here
    entropy.sum().backward()
    return why(p)


@broken(Cause.NOT_FINITE_FORWARD)
def log_of_zero() -> Any:
    p = torch.tensor([1.0, 0.0], requires_grad=True)
    log_p = torch.log(p)  # here
    loss = -(log_p * p).sum()
    return why(p, loss)


@broken(Cause.NOT_FINITE_FORWARD)
def softmax_by_hand() -> Any:
    scores = torch.tensor([1.0, 1000.0], requires_grad=True)
    e = torch.exp(scores)  # here
    loss = -torch.log(e / e.sum())[0]
    return why(scores, loss)


@broken(Cause.NOT_FINITE_BACKWARD)
def square_root_at_zero() -> Any:
    v = torch.zeros(3, requires_grad=True)
    length = torch.sqrt((v * v).sum())  # here
    return why(v, length)


@broken(Cause.NOT_FINITE_BACKWARD)
def distance_of_equal_points_after_backward() -> Any:
    a = torch.ones(3, requires_grad=True)
    b = torch.ones(3)
    distance = ((a - b) ** 2).sum().sqrt()  # here
    distance.backward()
    return why(a)


@broken(Cause.NOT_FINITE_BACKWARD)
def hypotenuse_at_zero() -> Any:
    a = torch.zeros(2, requires_grad=True)
    b = torch.zeros(2)
    r = torch.hypot(a, b).sum()  # here
    return why(a, r)


@broken(Cause.NOT_FINITE_FORWARD)
def parameters_gone_by_a_large_step() -> Any:
    w = torch.tensor([1.0], requires_grad=True)
    for _ in range(60):
        loss = (w**4).sum()
        w.grad = None
        loss.backward()
        with torch.no_grad():
            w -= 10.0 * w.grad  # here
    return why(w)
