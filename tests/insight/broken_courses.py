"""Programs as in ``broken_programs``, as students of a course write them: in loops, methods and helpers, with the loss gone afterwards."""

from __future__ import annotations

from typing import Any

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, optim, why
from chainrule.insight import Cause

from .broken_programs import Net, broken, data


@broken(Cause.DETACHED)
def reinforce_with_stored_numbers() -> Any:
    torch.manual_seed(0)
    policy, baseline = nn.Linear(3, 2), nn.Parameter(torch.zeros(1))
    log_probs, rewards = [], []
    for _ in range(4):
        dist = torch.distributions.Categorical(logits=policy(torch.randn(3)))
        action = dist.sample()
        log_probs.append(dist.log_prob(action).item())  # here
        rewards.append(1.0)
    loss = sum(-lp * (r - baseline) for lp, r in zip(log_probs, rewards, strict=True)).sum()
    loss.backward()
    return why(policy.weight)


@broken(Cause.DETACHED)
def sample_instead_of_rsample() -> Any:
    enc = nn.Linear(3, 4)
    dec = nn.Linear(2, 3)
    x, _ = data()
    mu, logvar = enc(x).chunk(2, dim=1)
    z = torch.distributions.Normal(mu, (0.5 * logvar).exp()).sample()  # here
    loss = F.mse_loss(dec(z), x)
    loss.backward()
    return why(enc.weight)


@broken(Cause.DETACHED)
def indices_of_max_as_prediction() -> Any:
    x, _ = data()
    net, b = nn.Linear(3, 5), torch.zeros(1, requires_grad=True)
    pred = net(x).max(1)[1]  # here
    loss = F.l1_loss(pred.float() + b, torch.zeros(8))
    loss.backward()
    return why(net.weight)


@broken(Cause.DETACHED)
def topk_indices_used_as_scores() -> Any:
    s = torch.tensor([0.1, 0.7, 0.2], requires_grad=True)
    v = torch.ones(2, requires_grad=True)
    _, idx = s.topk(2)  # here
    (idx * v).sum().backward()
    return why(s)


@broken(Cause.DETACHED)
def float_in_a_comprehension() -> Any:
    x, y = data()
    model, gain = Net(), torch.ones(1, requires_grad=True)
    predictions = [float(model(row)) for row in x]  # here
    loss = sum((p * gain - t) ** 2 for p, t in zip(predictions, y, strict=True)).mean()
    loss.backward()
    return why(model.head.weight)


@broken(Cause.DETACHED)
def formatted_and_parsed() -> Any:
    w = torch.tensor(2.0, requires_grad=True)
    s = torch.tensor(1.0, requires_grad=True)
    text = f"{w * 3:.2f}"  # here
    (float(text) * s).backward()
    return why(w)


@broken(Cause.DETACHED)
def functional_parameters_detached() -> Any:
    x, y = data()
    model = Net()
    params = {k: v.detach().requires_grad_() for k, v in model.named_parameters()}  # here
    loss = F.mse_loss(torch.func.functional_call(model, params, (x,)), y)
    loss.backward()
    return why(model.head.weight)


@broken(Cause.DETACHED)
def accuracy_wrapped_to_pass_backward() -> Any:
    x, y = data()
    model = Net()
    hits = ((model(x) > 0) == (y > 0)).sum()  # here
    loss = torch.tensor(1 - hits.item() / len(x), requires_grad=True)
    loss.backward()
    return why(model.encoder.weight)


@broken(Cause.PARTLY_CUT)
def penalty_added_as_a_number() -> Any:
    x, y = data()
    model = Net()
    penalty = sum(p.norm().item() for p in model.parameters())  # here
    loss = F.mse_loss(model(x), y) + 0.1 * penalty
    loss.backward()
    return why(model.head.weight), loss


@broken(Cause.PARTLY_CUT)
def normalized_by_its_detached_self() -> Any:
    x, y = data()
    model = Net()
    out = model(x)
    out = out / out.std().item()  # here
    loss = F.mse_loss(out, y)
    loss.backward()
    return why(model.head.weight), loss


@broken(Cause.PARTLY_CUT)
def truncated_by_detach_each_step() -> Any:
    cell = nn.RNNCell(2, 3)
    torch.manual_seed(0)
    h, loss = torch.zeros(1, 3), 0.0
    for x in torch.randn(3, 1, 2):
        h = cell(x, h)
        loss = loss + h.sum()
        h = h.detach()  # here
    loss.backward()
    return why(cell.weight_hh), loss


@broken(Cause.PARTLY_CUT)
def attention_weights_taken_as_data() -> Any:
    torch.manual_seed(0)
    q = nn.Linear(3, 3)
    x = torch.randn(4, 3)
    h = q(x)
    a = torch.softmax(h @ h.T, -1).data  # here
    loss = (a @ h).pow(2).sum()
    loss.backward()
    return why(q.weight), loss


@broken(Cause.NOT_RETAINED)
def gradient_descent_by_hand_without_no_grad() -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    (w**2).sum().backward()
    w = w - 0.1 * w.grad  # here
    (w**2).sum().backward()
    return why(w)


class DoubleParam(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(3)).double()  # here

    def forward(self, x: Any) -> Any:
        return (x * self.w).sum()


@broken(Cause.NOT_RETAINED, DoubleParam)
def parameter_moved_after_it_was_made() -> Any:
    m = DoubleParam()
    m(torch.ones(3, dtype=torch.float64)).backward()
    return why(m.w)


@broken(Cause.NOT_WANTED)
def misspelt_require_grad() -> Any:
    w = torch.ones(3)
    w.require_grad = True
    s = torch.ones(3, requires_grad=True)
    (w * s).sum().backward()
    return why(w)


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(3, 4)
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 1), "b": nn.Linear(4, 1)})  # here

    def forward(self, x: Any, task: Any) -> Any:
        return self.heads[task](self.body(x))


@broken(Cause.NOT_USED, TwoHeads)
def head_of_the_other_task() -> Any:
    x, y = data()
    m = TwoHeads()
    F.mse_loss(m(x, "a"), y).backward()
    return why(m.heads["b"].weight)


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pos = nn.Linear(3, 1)
        self.neg = nn.Linear(3, 1)  # here

    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            return self.pos(x)
        return self.neg(x)


@broken(Cause.NOT_USED, Branches)
def branch_that_was_not_taken() -> Any:
    m = Branches()
    m(torch.ones(2, 3)).sum().backward()
    return why(m.neg.weight)


@broken(Cause.NOT_USED)
def ema_copy_is_trained() -> Any:
    x, y = data()
    model = nn.Linear(3, 1)  # here
    ema = nn.Linear(3, 1)
    ema.load_state_dict(model.state_dict())
    opt = optim.SGD(model.parameters(), 0.1)
    opt.zero_grad()
    F.mse_loss(ema(x), y).backward()
    opt.step()
    return why(model.weight)


@broken(Cause.NOT_USED)
def best_of_several_only() -> Any:
    x, y = data()
    nets = [nn.Linear(3, 1) for _ in range(3)]  # here
    losses = [F.mse_loss(net(x), y) for net in nets]
    best = min(losses, key=lambda one: one.item())
    best.backward()
    worst = nets[max(range(3), key=lambda i: losses[i].item())]
    losses = None
    return why(worst.weight)


@broken(Cause.NOT_USED)
def last_output_of_a_comprehension() -> Any:
    x, y = data()
    layers = nn.ModuleList([nn.Linear(3, 1) for _ in range(3)])  # here
    out = [layer(x) for layer in layers][-1]
    F.mse_loss(out, y).backward()
    return why(layers[0].weight)


@broken(Cause.CLEARED)
def clipped_to_nothing() -> Any:
    x, y = data()
    model = Net()
    F.mse_loss(model(x), y).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.0)  # here
    return why(model.head.weight)


@broken(Cause.ACCUMULATED)
def head_replaced_after_the_optimizer() -> Any:
    x, y = data()
    model = Net()
    opt = optim.SGD(model.parameters(), 0.1)
    model.head = nn.Linear(4, 1)
    for _ in range(3):
        opt.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()  # here
        opt.step()
    return why(model.head.weight)


class ZeroBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return torch.zeros_like(g)


@broken(Cause.NONE_RETURNED)
def function_whose_backward_gives_zeros() -> Any:
    w = torch.ones(2, requires_grad=True)
    y = ZeroBack.apply(w * 3)  # here
    y.sum().backward()
    return why(w), y


@broken(Cause.NONE_RETURNED)
def module_hook_that_blanks() -> Any:
    x, y = data()
    model = Net()

    def stop(module: Any, gi: Any, go: Any) -> Any:  # here
        return tuple(None if g is None else g * 0 for g in gi)

    model.head.register_full_backward_hook(stop)
    loss = F.mse_loss(model(x), y)
    loss.backward()
    return why(model.encoder.weight)


@broken(Cause.NONE_RETURNED)
def hook_on_an_activation_blanks_it() -> Any:
    x, y = data()
    model = Net()
    h = model.encoder(x)
    h.register_hook(lambda g: g * 0)  # here
    loss = F.mse_loss(model.head(h), y)
    loss.backward()
    return why(model.encoder.weight)


@broken(Cause.DETACHED)
def gan_generator_step_on_detached() -> Any:
    torch.manual_seed(0)
    G, D = nn.Linear(2, 3), nn.Linear(3, 1)
    optG, optD = optim.Adam(G.parameters()), optim.Adam(D.parameters())
    bce = nn.BCEWithLogitsLoss()
    for _ in range(2):
        fake = G(torch.randn(4, 2)).detach()  # here
        optD.zero_grad()
        (bce(D(torch.randn(4, 3)), torch.ones(4, 1)) + bce(D(fake), torch.zeros(4, 1))).backward()
        optD.step()
        optG.zero_grad()
        bce(D(fake), torch.ones(4, 1)).backward()
        optG.step()
    return why(G.weight)


@broken(Cause.TIMES_ZERO)
def weight_of_a_loss_is_zero() -> Any:
    x, y = data()
    model = Net()
    aux = nn.Linear(4, 1)
    h = torch.tanh(model.encoder(x))
    alpha = 0.0
    loss = F.mse_loss(model.head(h), y) + alpha * aux(h).pow(2).mean()  # here
    loss.backward()
    return why(aux.weight), loss


@broken(Cause.TIMES_ZERO)
def warm_up_begins_with_zero() -> Any:
    x, y = data()
    model = Net()
    for step in range(1):
        loss = (step / 10) * F.mse_loss(model(x), y)  # here
        loss.backward()
    return why(model.head.weight)


@broken(Cause.CANCELLED)
def layer_norm_over_one_feature() -> Any:
    x, y = data()
    lin, norm = nn.Linear(3, 1), nn.LayerNorm(1)
    out = norm(lin(x))  # here
    loss = F.mse_loss(out, y)
    loss.backward()
    return why(lin.weight)


@broken(Cause.CANCELLED)
def sum_after_batch_norm() -> Any:
    x, _ = data()
    lin, bn = nn.Linear(3, 2), nn.BatchNorm1d(2)
    out = bn(lin(x))  # here
    out.sum().backward()
    return why(lin.bias)


@broken(Cause.CANCELLED)
def softmax_shifted_by_a_bias() -> Any:
    x, _ = data()
    b = torch.zeros(1, requires_grad=True)
    w = torch.randn(3, 4, requires_grad=True)
    p = torch.softmax(x @ w + b, dim=1)  # here
    loss = (p * torch.arange(4.0)).sum()
    loss.backward()
    return why(b)


@broken(Cause.MASKED)
def embedding_of_padding_only() -> Any:
    table = nn.Embedding(5, 2, padding_idx=0)
    tokens = torch.zeros(3, dtype=torch.long)
    loss = (table(tokens) - 1).sum()  # here
    loss.backward()
    return why(table.weight)


@broken(Cause.MASKED)
def selection_that_is_empty() -> Any:
    x, _ = data()
    net = nn.Linear(3, 1)
    out = net(x)
    mask = out.detach() > 1e6
    loss = out[mask].sum()  # here
    loss.backward()
    return why(net.weight)


@broken(Cause.STEP_FUNCTION)
def bernoulli_sample_of_probabilities() -> Any:
    logits = torch.tensor([0.3, -0.2], requires_grad=True)
    keep = torch.bernoulli(torch.sigmoid(logits))  # here
    loss = (keep * torch.tensor([1.0, 2.0])).sum()
    loss.backward()
    return why(logits)


@broken(Cause.STEP_FUNCTION)
def normal_sampled_by_torch_normal() -> Any:
    mu = torch.tensor([0.3, -0.2], requires_grad=True)
    z = torch.normal(mu, 1.0)  # here
    (z**2).sum().backward()
    return why(mu)


@broken(Cause.FLAT)
def l1_loss_at_the_target() -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = F.l1_loss(w, torch.tensor([1.0, 2.0]))  # here
    loss.backward()
    return why(w)


@broken(Cause.MASKED)
def max_pool_drops_everything_else() -> Any:
    a, b = torch.tensor(1.0, requires_grad=True), torch.tensor(5.0, requires_grad=True)
    pooled = F.max_pool1d(torch.stack([a, b]).view(1, 1, 2), 2)  # here
    pooled.sum().backward()
    return why(a)


@broken(Cause.MASKED)
def builtin_max_of_losses() -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    v = torch.tensor([5.0, 6.0], requires_grad=True)
    worst = torch.stack([w.sum(), v.sum()]).max()  # here
    worst.backward()
    return why(w)


@broken(Cause.MASKED)
def tril_cuts_the_upper_half() -> Any:
    u = torch.ones(2, requires_grad=True)
    m = torch.zeros(2, 2)
    m = torch.stack([torch.stack([m[0, 0], u[0]]), m[1]])
    lower = torch.tril(m)  # here
    lower.sum().backward()
    return why(u)


@broken(Cause.TIMES_ZERO)
def underflow_in_half_precision() -> Any:
    w = torch.tensor([1.0, 2.0], dtype=torch.float16, requires_grad=True)
    loss = (w * 1e-9).sum()  # here
    loss.backward()
    return why(w)


@broken(Cause.MASKED)
def all_targets_ignored() -> Any:
    x, _ = data()
    net = nn.Linear(3, 4)
    target = torch.full((8,), -100)
    loss = F.cross_entropy(net(x), target)  # here
    loss.backward()
    return why(net.weight)


@broken(Cause.NOT_FINITE_FORWARD)
def mean_of_an_empty_selection() -> Any:
    x, _ = data()
    net, b = nn.Linear(3, 1), torch.zeros(1, requires_grad=True)
    out = net(x)
    picked = out[out.detach() > 1e6]
    loss = picked.mean() * b  # here
    loss.sum().backward()
    return why(b)


@broken(Cause.NOT_FINITE_FORWARD)
def softmax_of_a_row_of_minus_infinity() -> Any:
    scores = torch.randn(2, 3, requires_grad=True)
    v = torch.randn(3, 1, requires_grad=True)
    allowed = torch.tensor([[1, 1, 0], [0, 0, 0]]).bool()
    masked = scores.masked_fill(~allowed, float("-inf"))
    att = torch.softmax(masked, dim=-1)  # here
    loss = (att @ v).sum()
    loss.backward()
    return why(v)


@broken(Cause.NOT_FINITE_FORWARD)
def grad_scaler_with_an_overflowing_loss() -> Any:
    w = torch.tensor([1e3], dtype=torch.float16, requires_grad=True)
    scaler = torch.amp.GradScaler("cpu", init_scale=65536.0)
    loss = (w * 2).sum()
    scaler.scale(loss).backward()  # here
    return why(w)


@broken(Cause.NOT_FINITE_FORWARD)
def rnn_explodes() -> Any:
    W = torch.full((2, 2), 3.0, requires_grad=True)
    h = torch.ones(1, 2)
    for _ in range(80):
        h = h @ W  # here
    h.sum().backward()
    return why(W)


@broken(Cause.NOT_FINITE_FORWARD)
def weight_initialized_with_nan() -> Any:
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    nn.init.constant_(net[1].weight, float("nan"))  # here
    net(torch.ones(2, 3)).sum().backward()
    return why(net[0].weight)


@broken(Cause.NOT_FINITE_FORWARD)
def weight_initialized_with_nan_and_inputs_kept() -> Any:
    inputs = torch.ones(2, 3)
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    nn.init.constant_(net[1].weight, float("nan"))  # here
    net(inputs).sum().backward()
    return why(net[0].weight)


@broken(Cause.NOT_FINITE_BACKWARD)
def eigenvectors_of_equal_eigenvalues() -> Any:
    A = torch.eye(3, requires_grad=True)
    _, vectors = torch.linalg.eigh(A)  # here
    (vectors * torch.arange(9.0).view(3, 3)).sum().backward()
    return why(A)


@broken(Cause.NOT_FINITE_BACKWARD)
def custom_function_divides_by_zero() -> Any:
    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.sqrt()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g / (2 * y)

    x = torch.tensor([0.0, 1.0], requires_grad=True)
    loss = Root.apply(x).sum()  # here
    loss.backward()
    return why(x), loss


@broken(Cause.NOT_FINITE_FORWARD)
def bce_by_hand_at_one() -> Any:
    p = torch.sigmoid(torch.tensor([50.0]))
    w = torch.tensor([1.0], requires_grad=True)
    q = p * w
    y = torch.tensor([1.0])
    loss = -(y * torch.log(q) + (1 - y) * torch.log(1 - q)).mean()  # here
    loss.backward()
    return why(w)


@broken(Cause.ZERO_TIMES_INF)
def softplus_by_hand() -> Any:
    x = torch.tensor([1.0, 200.0], requires_grad=True)
    y = torch.where(x > 20, x, torch.log(1 + torch.exp(x)))  # here
    y.sum().backward()
    return why(x)


@broken(Cause.ZERO_TIMES_INF)
def distance_matrix_without_its_diagonal() -> Any:
    pts = torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]], requires_grad=True)
    d = (pts[:, None] - pts[None]).pow(2).sum(-1).sqrt()
    off = ~torch.eye(3, dtype=torch.bool)
    loss = d[off].sum()  # here
    loss.backward()
    return why(pts)


@broken(Cause.NOT_FINITE_BACKWARD)
def rmse_of_a_perfect_fit() -> Any:
    x, _ = data()
    net = nn.Linear(3, 1)
    y = net(x).detach()
    loss = torch.sqrt(F.mse_loss(net(x), y))  # here
    loss.backward()
    return why(net.weight)
