"""Programs as in ``broken_programs``, asked after a plain backward, when all that was saved is gone: the answers are certain."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, optim, why
from chainrule.insight import Cause
from chainrule.utils.checkpoint import checkpoint

from .broken_programs import broken, data


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        h = F.relu(self.first(x))
        return self.out(torch.tanh(self.second(h)))


class DeadClassifier(Classifier):
    def forward(self, x: Any) -> Any:
        h = F.relu(self.first(x) - 100)  # here
        return self.out(torch.tanh(self.second(h)))


class FlatClassifier(Classifier):
    def forward(self, x: Any) -> Any:
        h = F.relu(self.first(x))
        return self.out(torch.tanh(self.second(h) * 1e4 + 1e4))  # here


class ZeroClassifier(Classifier):
    def forward(self, x: Any) -> Any:
        h = torch.tanh(self.second(F.relu(self.first(x))))
        return self.out(h)  # here


def trained(model: Any) -> Any:
    x, y = data()
    labels = (y[:, 0] > 0).long()
    loss = F.cross_entropy(model(x), labels)
    loss.backward()
    return model, x, labels, loss


@broken(Cause.DEAD_RELU, DeadClassifier)
def dead_relu_within_a_model() -> Any:
    model, *held = trained(DeadClassifier())
    return why(model.first.weight), held


@broken(Cause.SATURATED, FlatClassifier)
def flat_tanh_within_a_model() -> Any:
    model, *held = trained(FlatClassifier())
    return why(model.first.weight), held


@broken(Cause.TIMES_ZERO, ZeroClassifier)
def last_layer_begins_at_zero() -> Any:
    model = ZeroClassifier()
    nn.init.zeros_(model.out.weight)
    model, *held = trained(model)
    return why(model.second.weight), held


@broken(Cause.SATURATED)
def softmax_of_one_class() -> Any:
    x, y = data()
    layer = nn.Linear(3, 1)
    probability = torch.softmax(layer(x), dim=1)  # here
    loss = F.mse_loss(probability, y)
    loss.backward()
    return why(layer.weight)


@broken(Cause.SATURATED)
def cross_entropy_of_one_class() -> Any:
    x, _ = data()
    layer = nn.Linear(3, 1)
    loss = F.cross_entropy(layer(x), torch.zeros(len(x), dtype=torch.long))  # here
    loss.backward()
    return why(layer.weight)


@broken(Cause.CANCELLED)
def sum_of_probabilities() -> Any:
    scores = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    probability = torch.softmax(scores, 0)  # here
    loss = probability.sum()
    loss.backward()
    return why(scores)


@broken(Cause.FLAT)
def prediction_is_right_already() -> Any:
    w = torch.tensor([1.0], requires_grad=True)
    target = torch.tensor([2.0])
    loss = F.mse_loss(w * 2, target)  # here
    loss.backward()
    return why(w)


@broken(Cause.CLAMPED)
def hinge_that_is_met() -> Any:
    margin = torch.tensor([3.0, 2.0], requires_grad=True)
    loss = torch.clamp(1 - margin, min=0).mean()  # here
    loss.backward()
    return why(margin)


@broken(Cause.MASKED)
def clipped_policy_ratio() -> Any:
    ratio = torch.tensor([1.5, 1.3], requires_grad=True)
    advantage = torch.ones(2)
    loss = -torch.min(ratio * advantage, torch.clamp(ratio, 0.8, 1.2) * advantage).mean()  # here
    loss.backward()
    return why(ratio)


@broken(Cause.STEP_FUNCTION)
def sign_in_the_loss() -> Any:
    w = torch.tensor([0.3], requires_grad=True)
    loss = (torch.sign(w - 0.5) - 1).pow(2).sum()  # here
    loss.backward()
    return why(w)


@broken(Cause.NOT_FINITE_BACKWARD)
def deviation_of_equal_numbers() -> Any:
    x = torch.tensor([2.0, 2.0, 2.0], requires_grad=True)
    deviation = ((x - x.mean()) ** 2).mean().sqrt()  # here
    deviation.backward()
    return why(x)


@broken(Cause.NOT_FINITE_BACKWARD)
def all_distances_with_those_to_itself() -> Any:
    points = torch.tensor([[0.0, 1.0], [2.0, 3.0]], requires_grad=True)
    distances = ((points[:, None] - points[None]) ** 2).sum(-1).sqrt()  # here
    distances.sum().backward()
    return why(points)


@broken(Cause.NOT_FINITE_FORWARD)
def normalized_zero_vector() -> Any:
    x = torch.zeros(2, 3, requires_grad=True)
    unit = x / x.norm(dim=1, keepdim=True)  # here
    unit.sum().backward()
    return why(x)


@broken(Cause.NOT_FINITE_FORWARD)
def deviation_of_a_batch_of_one() -> Any:
    x = torch.ones(1, 3, requires_grad=True)
    deviation = x.std(0)  # here
    deviation.sum().backward()
    return why(x)


@broken(Cause.NOT_FINITE_FORWARD)
def entropy_of_certain_probabilities() -> Any:
    logits = torch.tensor([[0.0, -1000.0]], requires_grad=True)
    p = F.softmax(logits, dim=-1)
    loss = -(p * torch.log(p)).sum()  # here
    loss.backward()
    return why(logits)


@broken(Cause.ZERO_TIMES_INF)
def entropy_made_safe_too_late() -> Any:
    p = torch.tensor([1.0, 0.0], requires_grad=True)
    loss = torch.where(p > 0, p.log() * p, torch.zeros(2)).sum()  # here
    loss.backward()
    return why(p)


@broken(Cause.NOT_FINITE_FORWARD)
def arccosine_of_more_than_one() -> Any:
    cosine = torch.tensor([1.5], requires_grad=True)
    angle = torch.acos(cosine)  # here
    angle.sum().backward()
    return why(cosine)


@broken(Cause.NOT_FINITE_FORWARD)
def variance_given_by_its_logarithm() -> Any:
    log_variance = torch.tensor([100.0], requires_grad=True)
    divergence = (log_variance.exp() - log_variance).sum() * 0.5  # here
    divergence.backward()
    return why(log_variance)


@broken(Cause.NOT_USED)
def model_was_copied() -> Any:
    x, y = data()
    model = nn.Linear(3, 1)  # here
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    clone = copy.deepcopy(model)
    optimizer.zero_grad()
    loss = F.mse_loss(clone(x), y)
    loss.backward()
    optimizer.step()
    return why(model.weight)


@broken(Cause.DETACHED)
def parameter_made_anew_in_forward() -> Any:
    x, y = data()
    base = torch.ones(3, 1, requires_grad=True)
    weight = nn.Parameter(base * 0.5)  # here
    loss = F.mse_loss(x @ weight, y)
    loss.backward()
    return why(base)


@broken(Cause.SATURATED)
def discriminator_that_is_sure() -> Any:
    x, _ = data()
    generator, discriminator = nn.Linear(3, 3), nn.Linear(3, 1)
    with torch.no_grad():
        discriminator.bias.fill_(-1000.0)
    judged = torch.sigmoid(discriminator(generator(x)))  # here
    loss = F.mse_loss(judged, torch.ones(8, 1))
    loss.backward()
    return why(generator.weight), loss


@broken(Cause.MASKED)
def batch_without_rows() -> Any:
    x, _ = data()
    net = nn.Linear(3, 1)
    out = net(x[:0])  # here
    out.sum().backward()
    return why(net.weight)


@broken(Cause.NOT_FINITE_BACKWARD)
def norm_of_a_difference_by_power() -> Any:
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 2.0])
    d = ((a - b) ** 2).sum() ** 0.5  # here
    d.backward()
    return why(a)


@broken(Cause.PARTLY_CUT)
def weight_decay_by_data() -> Any:
    x, y = data()
    net = nn.Linear(3, 1)
    decay = sum(p.data.pow(2).sum() for p in net.parameters())  # here
    loss = F.mse_loss(net(x), y) + 0.01 * decay
    loss.backward()
    return why(net.weight)


@broken(Cause.NOT_RUN)
def backward_that_failed_silently() -> Any:
    w = torch.ones(2, requires_grad=True)  # here
    loss = w.exp()
    with suppress(RuntimeError):
        loss.backward()
    return why(w)


@broken(Cause.DETACHED)
def wrong_phase() -> Any:
    x, y = data()
    net, s = nn.Linear(3, 1), torch.ones(1, requires_grad=True)
    for phase in ["val"]:
        with torch.set_grad_enabled(phase == "train"):  # here
            out = net(x)
    F.mse_loss(out * s, y).backward()
    return why(net.weight)


@broken(Cause.DETACHED)
def tied_by_data() -> Any:
    enc, dec = nn.Linear(3, 3), nn.Linear(3, 3)
    dec.weight.data = enc.weight.data  # here
    x, _ = data()
    F.mse_loss(dec(x), x).backward()
    return why(enc.weight)


@broken(Cause.DETACHED)
def unique_counts_as_loss() -> Any:
    w = torch.tensor([1.0, 1.0, 2.0], requires_grad=True)
    s = torch.ones(2, requires_grad=True)
    counts = w.unique(return_counts=True)[1]  # here
    (counts * s).sum().backward()
    return why(w)


@broken(Cause.DETACHED)
def nonzero_positions() -> Any:
    w = torch.tensor([0.0, 1.0, 2.0], requires_grad=True)
    s = torch.ones(2, requires_grad=True)
    at = w.nonzero().squeeze(1)  # here
    (at * s).sum().backward()
    return why(w)


@broken(Cause.DETACHED)
def flag_set_on_a_loss_without_history() -> Any:
    x, y = data()
    net = nn.Linear(3, 1)
    loss = F.mse_loss(net(x).round().detach(), y)  # here
    loss.requires_grad = True
    loss.backward()
    return why(net.weight)


@broken(Cause.DETACHED)
def loss_wrapped_in_a_variable() -> Any:
    x, y = data()
    net = nn.Linear(3, 1)
    loss = torch.autograd.Variable(F.mse_loss(net(x), y).data, requires_grad=True)  # here
    loss.backward()
    return why(net.weight)


@broken(Cause.DETACHED)
def checkpoint_of_an_input_without_grad() -> Any:
    net = nn.Linear(2, 2)
    out = checkpoint(net, torch.ones(1, 2), use_reentrant=True)  # here
    return why(net.weight, out.sum())


@broken(Cause.DETACHED)
def detached_inside_of_vmap() -> Any:
    w, s = torch.ones(3, requires_grad=True), torch.ones(1, requires_grad=True)
    out = torch.vmap(lambda x: (w * x).detach())(torch.ones(4, 3))  # here
    (out * s).sum().backward()
    return why(w)


@broken(Cause.DETACHED)
def grid_that_ends_at_a_parameter() -> Any:
    end, s = torch.tensor(1.0, requires_grad=True), torch.ones(1, requires_grad=True)
    grid = torch.linspace(0, float(end), 5)  # here
    (grid * s).sum().backward()
    return why(end)


@broken(Cause.DETACHED)
def parameter_as_an_index() -> Any:
    at, table = torch.tensor(1.0, requires_grad=True), torch.ones(5, requires_grad=True)
    table[int(at)].backward()  # here
    return why(at)


@broken(Cause.DETACHED)
def parameter_in_a_condition() -> Any:
    gate, s = torch.tensor(1.0, requires_grad=True), torch.ones(1, requires_grad=True)
    out = s * 2 if gate > 0 else s * 3  # here
    out.sum().backward()
    return why(gate)


@broken(Cause.DETACHED)
def vector_of_parameters_made_anew() -> Any:
    a, b = torch.ones((), requires_grad=True), torch.ones((), requires_grad=True)
    s = torch.ones(1, requires_grad=True)
    (torch.tensor([a, b]) * s).sum().backward()  # here
    return why(a)


@broken(Cause.DETACHED)
def positions_in_a_sorted_grid() -> Any:
    w, s = torch.tensor([1.5, 2.5], requires_grad=True), torch.ones(1, requires_grad=True)
    at = torch.searchsorted(torch.tensor([0.0, 1.0, 2.0]), w)  # here
    (at * s).sum().backward()
    return why(w)


@broken(Cause.DETACHED)
def bootstrap_of_the_wrong_term() -> Any:
    net, state = nn.Linear(2, 2), torch.ones(1, 2)
    with torch.no_grad():  # here
        value = net(state).max(1)[0]
    loss = (1 - value).pow(2).mean()
    return why(net.weight, loss)


@broken(Cause.NOT_FINITE_FORWARD)
def divergence_with_an_empty_class() -> Any:
    q, p = torch.tensor([0.5, 0.5, 0.0], requires_grad=True), torch.tensor([0.5, 0.25, 0.25])
    divergence = (p * (p / q).log()).sum()  # here
    divergence.backward()
    return why(q)


@broken(Cause.ZERO_TIMES_INF)
def quotient_made_safe_too_late() -> Any:
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([0.0, 2.0], requires_grad=True)
    safe = torch.where(b == 0, torch.zeros_like(a), a / b)  # here
    safe.sum().backward()
    return why(b)


@broken(Cause.CANCELLED)
def large_rounding_before_batch_norm() -> Any:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    out = net(torch.randn(64, 3) * 5)  # here
    (out**2 * 20).sum().backward()
    return why(net[0].bias)


@broken(Cause.NOT_WANTED)
def backbone_frozen_by_the_module() -> Any:
    x, y = data()
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    net[0].requires_grad_(False)  # here
    F.mse_loss(net(x), y).backward()
    return why(net[0].weight)
