"""Programs as in ``broken_programs``, of kinds that users report: in issues, forums and courses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, optim, why
from chainrule.insight import Cause

from .broken_programs import Net, broken, data

# -- the path is cut ---------------------------------------------------------------------------------------------------


@broken(Cause.DETACHED)
def sine_of_the_math_module() -> Any:
    angle = torch.tensor(0.5, requires_grad=True)
    radius = torch.tensor(2.0, requires_grad=True)
    y = radius * math.sin(angle)  # here
    y.backward()
    return why(angle)


@broken(Cause.DETACHED)
def column_assembled_by_a_list_of_floats() -> Any:
    x, y = data()
    model = Net()
    predictions = torch.tensor([float(p) for p in model(x)], requires_grad=True)  # here
    F.mse_loss(predictions, y[:, 0]).backward()
    return why(model.head.weight)


@broken(Cause.DETACHED)
def reward_weighted_by_sampled_actions() -> Any:
    x, _ = data()
    policy = nn.Linear(3, 2)
    probabilities = torch.softmax(policy(x), dim=1)
    action = torch.multinomial(probabilities, 1)  # here
    advantage = torch.ones(8, 1, requires_grad=True)
    loss = -(action.float() * advantage).mean()
    loss.backward()
    return why(policy.weight)


@broken(Cause.DETACHED)
def decorated_forward() -> Any:
    x, y = data()
    model = Net()
    scale = torch.ones(1, requires_grad=True)

    @torch.no_grad()
    def predict(batch: Any) -> Any:
        return model(batch)

    loss = F.mse_loss(predict(x) * scale, y)  # here
    loss.backward()
    return why(model.encoder.weight)


@broken(Cause.DETACHED)
def grad_mode_left_off() -> Any:
    x, y = data()
    model = Net()
    scale = torch.ones(1, requires_grad=True)
    torch.set_grad_enabled(False)  # here
    prediction = model(x)
    torch.set_grad_enabled(True)
    F.mse_loss(prediction * scale, y).backward()
    return why(model.head.bias)


@broken(Cause.DETACHED)
def loss_of_sorted_indices() -> Any:
    scores = torch.tensor([0.1, 0.9, 0.5], requires_grad=True)
    offset = torch.zeros(3, requires_grad=True)
    ranks = torch.argsort(scores)  # here
    ((ranks.float() + offset) ** 2).sum().backward()
    return why(scores)


@broken(Cause.DETACHED)
def concatenated_from_lists() -> Any:
    x, y = data()
    encoder, head = nn.Linear(3, 2), nn.Linear(2, 1)
    codes = [encoder(row).tolist() for row in x]  # here
    F.mse_loss(head(torch.tensor(codes)), y).backward()
    return why(encoder.bias)


@broken(Cause.DETACHED)
def running_state_under_data() -> Any:
    cell = nn.Linear(2, 2)
    out = nn.Linear(2, 1)
    h = torch.zeros(1, 2)
    for _ in range(3):
        h = torch.tanh(cell(h)).data  # here
    out(h).sum().backward()
    return why(cell.weight)


@broken(Cause.DETACHED)
def requires_grad_set_on_the_detached_output() -> Any:
    x, y = data()
    model = Net()
    prediction = model(x).detach().requires_grad_()  # here
    F.mse_loss(prediction, y).backward()
    return why(model.head.weight)


@broken(Cause.DETACHED)
def loss_kept_as_numpy() -> Any:
    x, y = data()
    model = Net()
    error = model(x) - y
    loss = np.mean(error.detach().numpy() ** 2)  # here
    return why(model.head.weight, torch.tensor(loss))


# -- no gradient wanted, not kept, not used ------------------------------------------------------------------------------


@broken(Cause.NOT_WANTED)
def buffer_instead_of_parameter() -> Any:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("scale", torch.ones(1))
            self.layer = nn.Linear(3, 1)

    x, y = data()
    model = Scaled()
    F.mse_loss(model.layer(x) * model.scale, y).backward()
    return why(model.scale)


@broken(Cause.NOT_WANTED)
def whole_model_frozen_by_a_flag() -> Any:
    x, y = data()
    model = Net()
    scale = torch.ones(1, requires_grad=True)
    model.requires_grad_(False)  # here
    F.mse_loss(model(x) * scale, y).backward()
    return why(model.head.weight)


@broken(Cause.NOT_RETAINED)
def input_moved_to_double() -> Any:
    x = torch.ones(3, requires_grad=True).double()  # here
    (x * x).sum().backward()
    return why(x)


@broken(Cause.NOT_RETAINED)
def leaf_reshaped_at_once() -> Any:
    w = torch.randn(6, requires_grad=True).view(2, 3)  # here
    (w * 2).sum().backward()
    return why(w)


@broken(Cause.NOT_USED)
def wrong_loss_of_two() -> Any:
    x, y = data()
    encoder, decoder, classifier = nn.Linear(3, 2), nn.Linear(2, 3), nn.Linear(2, 1)
    code = encoder(x)
    reconstruction = F.mse_loss(decoder(code), x)
    label = classifier(code)  # here
    reconstruction.backward()
    return why(classifier.weight), label, y


@broken(Cause.NOT_USED)
def embedding_that_is_overwritten() -> Any:
    table = nn.Embedding(4, 2)
    head = nn.Linear(2, 1)
    words = table(torch.tensor([0, 1]))  # here
    loss = head(torch.randn(2, 2)).sum()
    loss.backward()
    return why(table.weight), words


# -- zero ----------------------------------------------------------------------------------------------------------------


@broken(Cause.SATURATED)
def tanh_of_large_inputs() -> Any:
    w = torch.tensor([300.0, -400.0], requires_grad=True)
    y = torch.tanh(w)  # here
    y.sum().backward()
    return why(w), y


@broken(Cause.CLAMPED)
def hardtanh_outside() -> Any:
    w = torch.tensor([3.0, -4.0], requires_grad=True)
    y = F.hardtanh(w)  # here
    y.sum().backward()
    return why(w), y


@broken(Cause.MASKED)
def maximum_takes_the_other() -> Any:
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor([3.0, 4.0], requires_grad=True)
    best = torch.maximum(a, b)  # here
    best.sum().backward()
    return why(a), best


@broken(Cause.MASKED)
def targets_are_all_ignored() -> Any:
    scores = torch.zeros(3, 4, requires_grad=True)
    target = torch.full((3,), 2)
    mask = torch.zeros(3)
    losses = F.cross_entropy(scores, target, reduction="none")
    loss = (losses * mask).sum()  # here
    loss.backward()
    return why(scores), loss


@broken(Cause.MASKED)
def dropout_of_everything() -> Any:
    w = torch.ones(4, requires_grad=True)
    y = F.dropout(w, p=1.0)  # here
    y.sum().backward()
    return why(w), y


@broken(Cause.STEP_FUNCTION)
def heaviside_gate() -> Any:
    w = torch.tensor([0.5, -0.5], requires_grad=True)
    spikes = torch.sign(w)  # here
    (spikes * torch.tensor([1.0, 2.0])).sum().backward()
    return why(w), spikes


@broken(Cause.STEP_FUNCTION)
def floor_division_of_a_parameter() -> Any:
    w = torch.tensor([5.5, 7.5], requires_grad=True)
    bins = torch.floor(w / 2)  # here
    loss = (bins * bins).sum()
    loss.backward()
    return why(w), loss


@broken(Cause.TIMES_ZERO)
def gate_begins_at_zero() -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    gate = torch.zeros(2, requires_grad=True)
    y = w * gate  # here
    y.sum().backward()
    return why(w), y


# -- not finite ------------------------------------------------------------------------------------------------------------


@broken(Cause.NOT_FINITE_FORWARD)
def divided_by_a_count_of_zero() -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    mask = torch.zeros(2)
    mean = (w * mask).sum() / mask.sum()  # here
    mean.backward()
    return why(w), mean


@broken(Cause.NOT_FINITE_FORWARD)
def exponent_overflows() -> Any:
    x = torch.tensor([1.0, 100.0], requires_grad=True)
    y = torch.exp(x)  # here
    loss = (y / y.sum()).sum()
    loss.backward()
    return why(x), loss


@broken(Cause.NOT_FINITE_FORWARD)
def attention_row_without_a_key() -> Any:
    scores = torch.randn(2, 3, requires_grad=True)
    values = torch.randn(3, 2, requires_grad=True)
    mask = torch.tensor([[True, True, True], [False, True, False]])
    weights = torch.softmax(scores.masked_fill(mask, float("-inf")), dim=-1)  # here
    loss = (weights @ values).sum()
    loss.backward()
    return why(values), loss


@broken(Cause.NOT_FINITE_BACKWARD)
def power_of_a_half_at_zero() -> Any:
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    y = x**0.5  # here
    y.sum().backward()
    return why(x), y


@broken(Cause.NOT_FINITE_FORWARD)
def logarithm_of_a_negative_number() -> Any:
    x = torch.tensor([-1.0, 1.0], requires_grad=True)
    w = torch.tensor([0.5, 0.5], requires_grad=True)
    loss = (w * torch.log(x)).sum()  # here
    loss.backward()
    return why(w), loss


@broken(Cause.NOT_FINITE_FORWARD)
def missing_value_in_the_data() -> Any:
    x, y = data()
    x[2, 1] = float("nan")
    model = nn.Linear(3, 1)
    loss = F.mse_loss(model(x), y)  # here
    loss.backward()
    return why(model.weight), loss


@broken(Cause.NOT_FINITE_FORWARD)
def column_scaled_by_a_deviation_of_zero() -> Any:
    table = torch.tensor([[1.0, 5.0], [2.0, 5.0]])
    scaled = (table - table.mean(0)) / table.std(0)
    w = torch.ones(2, requires_grad=True)
    loss = (scaled * w).sum()  # here
    loss.backward()
    return why(w), loss


@broken(Cause.ZERO_TIMES_INF)
def where_around_a_square_root() -> Any:
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    y = torch.where(x > 0, torch.sqrt(x), torch.zeros(2))  # here
    y.sum().backward()
    return why(x), y


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x: Any, mask: Any) -> Any:
        s = self.q(x) @ self.k(x).T
        s = s.masked_fill(mask, float("-inf"))
        return torch.softmax(s, -1) @ self.v(x)  # here


@broken(Cause.NOT_FINITE_FORWARD, Attention)
def attention_with_an_empty_row() -> Any:
    torch.manual_seed(0)
    att, x = Attention(), torch.randn(3, 3)
    mask = torch.zeros(3, 3, dtype=torch.bool)
    mask[1] = True
    loss = att(x, mask).pow(2).sum()
    loss.backward()
    return why(att.v.weight)


# -- a number ------------------------------------------------------------------------------------------------------------


@broken(Cause.ACCUMULATED)
def two_losses_without_zero_grad() -> Any:
    x, y = data()
    model = Net()
    F.mse_loss(model(x), y).backward()
    F.l1_loss(model(x), y).backward()  # here
    return why(model.head.weight)


@broken(Cause.PARTLY_CUT)
def straight_through_by_accident() -> Any:
    w = torch.tensor([0.3, 1.7], requires_grad=True)
    norm = w.detach().sum()  # here
    loss = (w / norm).pow(2).sum()
    loss.backward()
    return why(w), loss


@broken(Cause.CLEARED)
def gradient_set_to_none_by_hand() -> Any:
    w = torch.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    w.grad = None  # here
    return why(w)


@broken(Cause.NONE_RETURNED)
def hook_that_returns_zeros() -> Any:
    w = torch.ones(2, requires_grad=True)
    w.register_hook(lambda g: g * 0)  # here
    (w * 3).sum().backward()
    return why(w)


@broken(Cause.NONE_RETURNED)
def backward_with_inputs() -> Any:
    w = torch.ones(2, requires_grad=True)
    v = torch.ones(2, requires_grad=True)
    (w * v).sum().backward(inputs=[v])  # here
    return why(w)


class ShiftedNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 8), nn.Linear(8, 1)

    def forward(self, x: Any) -> Any:
        h = F.relu(self.a(x) - 50)  # here
        return self.b(h)


@broken(Cause.DEAD_RELU, ShiftedNet)
def data_is_gone_too() -> Any:
    m = ShiftedNet()

    def epoch() -> None:
        for _ in range(2):
            xb = torch.randn(4, 3)
            m.zero_grad()
            F.mse_loss(m(xb), xb.sum(1, keepdim=True)).backward()

    epoch()
    return why(m.a.weight)


@broken(Cause.CANCELLED)
def bias_before_batch_norm_in_training() -> Any:
    x, y = data()
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    opt = optim.SGD(net.parameters(), 0.1)
    for _ in range(2):
        opt.zero_grad()
        loss = F.mse_loss(net(x), y)  # here
        loss.backward()
        opt.step()
    return why(net[0].bias), loss


@broken(Cause.MASKED)
def mask_made_of_the_wrong_comparison() -> Any:
    x, y = data()
    m = Net()

    def go() -> None:
        err = (m(x) - y) ** 2
        keep = (y > 100).float()
        loss = (err * keep).sum()  # here
        loss.backward()

    go()
    return why(m.head.weight)


@broken(Cause.DETACHED)
def two_detaches_and_only_one_matters() -> Any:
    x, y = data()
    m = Net()
    h = m.encoder(x)
    stats = h.detach().mean()
    out = m.head(h.detach())  # here
    loss = F.mse_loss(out, y)
    loss.backward()
    return why(m.encoder.weight), stats.item()


@broken(Cause.DETACHED)
def evaluation_and_training_confused() -> Any:
    x, y = data()
    m, s = Net(), torch.ones(1, requires_grad=True)
    with torch.no_grad():
        val = F.mse_loss(m(x), y)
    cached = m(x).detach()  # here
    loss = F.mse_loss(cached * s, y)
    loss.backward()
    return why(m.head.weight), val


@broken(Cause.DETACHED)
def dict_of_detached_losses() -> Any:
    x, y = data()
    m = Net()
    losses = {"mse": F.mse_loss(m(x), y).detach()}  # here
    w = torch.ones(1, requires_grad=True)
    total = sum(losses.values()) * w
    total.backward()
    return why(m.head.weight)


# -- errors ----------------------------------------------------------------------------------------------------------------


@broken(RuntimeError)
def relu_in_place_after_a_sigmoid() -> Any:
    x = torch.ones(3, requires_grad=True)
    y = torch.sigmoid(x)
    F.relu_(y)  # here
    y.sum().backward()


@broken(RuntimeError)
def residual_added_in_place() -> Any:
    layer = nn.Linear(3, 3)
    x = torch.randn(2, 3)
    h = torch.tanh(layer(x))
    h += x  # here
    h.sum().backward()


@broken(RuntimeError)
def optimizer_step_between_two_backwards() -> Any:
    x, y = data()
    generator, critic = nn.Linear(3, 3), nn.Linear(3, 1)
    optimizer = optim.SGD(critic.parameters(), lr=0.1)
    score = critic(torch.tanh(generator(x)))
    score.mean().backward(retain_graph=True)
    optimizer.step()  # here
    F.mse_loss(score, y).backward()


@broken(RuntimeError)
def two_losses_of_one_code() -> Any:
    x, y = data()
    encoder, first, second = nn.Linear(3, 2), nn.Linear(2, 1), nn.Linear(2, 1)
    code = torch.tanh(encoder(x))
    F.mse_loss(first(code), y).backward()  # here
    F.mse_loss(second(code), y).backward()


@broken(RuntimeError)
def backward_of_an_accuracy() -> Any:
    x, y = data()
    model = Net()
    accuracy = ((model(x) > 0) == (y > 0)).float().mean()  # here
    accuracy.backward()


@broken(RuntimeError)
def gradient_of_what_was_never_used() -> Any:
    w = torch.ones(2, requires_grad=True)
    v = torch.ones(2, requires_grad=True)  # here
    torch.autograd.grad((w * 2).sum(), [w, v])


@broken(RuntimeError)
def second_derivative_without_create_graph() -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    (slope,) = torch.autograd.grad(x**3, x)  # here
    torch.autograd.grad(slope, x)


@broken(RuntimeError)
def write_into_a_row_of_a_parameter() -> Any:
    w = torch.ones(2, 2, requires_grad=True)  # here
    w[0] = 5.0


@broken(Cause.NONE_RETURNED)
def gradient_asked_for_and_not_kept() -> Any:
    w = torch.ones(2, requires_grad=True)
    torch.autograd.grad((w * w).sum(), w)  # here
    return why(w)
