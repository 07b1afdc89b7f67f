"""Compiled train steps: what is written where, random numbers, settings of optimizers, and steps that fail."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule import nn, optim
from chainrule._compile.program import Program
from chainrule.core.xla_level import XlaLevel
from chainrule.nn import functional as F
from chainrule.utils.checkpoint import checkpoint

from .test_compile import same, traces

jax = pytest.importorskip("jax")

X = torch.linspace(-1, 1, 12).reshape(4, 3)


class Trained:
    """A model, its optimizer and its step."""

    def __init__(self, make: Callable[[Any], Any], dropout: float = 0.0, zero_after: bool = False) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(dropout), nn.Linear(4, 2))
        self.optimizer = make(self.model.parameters())
        self.zero_after = zero_after

    def step(self, x: Any) -> Any:
        if not self.zero_after:
            self.optimizer.zero_grad()
        loss = F.mse_loss(self.model(x), x[:, :2])
        loss.backward()
        self.optimizer.step()
        if self.zero_after:
            self.optimizer.zero_grad()
        return loss.detach()

    def state(self) -> list[Any]:
        """Everything that a step may change, with how often it was changed."""
        params = list(self.model.parameters())
        kept = [self.optimizer.state.get(p, {}) for p in params]
        return [
            *[p.detach().clone() for p in params],
            *[None if p.grad is None else p.grad.clone() for p in params],
            *[value.clone() if isinstance(value, torch.Tensor) else value for one in kept for value in one.values()],
            *[list(one) for one in kept],
            *[
                {name: value for name, value in group.items() if name != "params"}
                for group in self.optimizer.param_groups
            ],
        ]


def sgd(params: Any) -> Any:
    return optim.SGD(params, 0.1)


def momentum(params: Any) -> Any:
    return optim.SGD(params, 0.1, momentum=0.9)


def adam(params: Any) -> Any:
    return optim.Adam(params, 0.05, weight_decay=0.1)


@pytest.mark.parametrize("zero_after", [False, True])
@pytest.mark.parametrize("make", [sgd, adam])
def test_gradients_and_state_are_those_of_an_eager_step(make: Any, zero_after: bool) -> None:
    eager, compiled = Trained(make, zero_after=zero_after), Trained(make, zero_after=zero_after)
    step = torch.compile(compiled.step)
    for n in range(4):
        same(step(X + n), eager.step(X + n))
        same(compiled.state(), eager.state())
    assert len(traces(step)) == 1


def test_gradients_add_up_over_steps() -> None:
    eager, compiled = Trained(sgd), Trained(sgd)

    def add(trained: Trained) -> Any:
        return lambda x: F.mse_loss(trained.model(x), x[:, :2]).backward()

    step = torch.compile(add(compiled))
    for n in range(6):
        add(eager)(X + n)
        step(X + n)
        same(compiled.state(), eager.state())
        if n % 3 == 2:
            for trained in (eager, compiled):
                trained.optimizer.step()
                trained.optimizer.zero_grad()
    assert len(traces(step)) <= 2


def test_a_step_written_by_hand() -> None:
    def steps(compiled: bool) -> Any:
        w, velocity = torch.ones(3, requires_grad=True), torch.zeros(3)

        def step(x: Any) -> None:
            loss = ((x @ w) ** 2).sum()
            (grad,) = torch.autograd.grad(loss, [w])
            with torch.no_grad():
                velocity.mul_(0.9).add_(grad)
                w.sub_(0.01 * velocity)
                w[0] = 1

        run = torch.compile(step) if compiled else step
        for n in range(4):
            run(X + n)
        return w, velocity, w._version

    same(steps(True), steps(False))


class Running(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(3))
        self.count = nn.Buffer(torch.zeros((), dtype=torch.int64))

    def forward(self, x: Any) -> Any:
        self.count += 1
        self.mean.lerp_(x.mean(0), 0.5) if hasattr(self.mean, "lerp_") else self.mean.mul_(0.5).add_(x.mean(0) * 0.5)
        return x - self.mean


def test_buffers() -> None:
    eager, module = Running(), Running()
    compiled = torch.compile(module)
    for n in range(4):
        same(compiled(X + n), eager(X + n))
        same(list(module.buffers()), list(eager.buffers()))


# -- settings of optimizers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [sgd, momentum, adam])
def test_settings_that_change_between_steps_are_followed_without_a_new_trace(make: Any) -> None:
    eager, compiled = Trained(make), Trained(make)
    step = torch.compile(compiled.step)
    for n in range(5):
        for trained in (eager, compiled):
            group = trained.optimizer.param_groups[0]
            group["lr"] = 0.1 / (n + 1)
            if "betas" in group:
                group["betas"] = (0.9 - 0.05 * n, 0.99)
                group["weight_decay"] = 0.1 * (n + 1)
            trained.step(X) if trained is eager else step(X)
        same(compiled.state(), eager.state())
    assert len(traces(step)) == 1


def test_what_python_asks_of_a_setting_is_a_guard() -> None:
    eager, compiled = Trained(sgd), Trained(sgd)
    step = torch.compile(compiled.step)
    for n in range(6):
        for trained in (eager, compiled):
            trained.optimizer.param_groups[0]["weight_decay"] = 0.1 * (n % 2)
            trained.optimizer.param_groups[0]["nesterov"] = False
            trained.step(X) if trained is eager else step(X)
        same(compiled.state(), eager.state())
    assert len(traces(step)) == 2
    assert "setting 'weight_decay' of an optimizer" in traces(step)[1]


def test_a_learning_rate_that_is_read_by_hand() -> None:
    w = torch.ones(2, requires_grad=True)
    optimizer = optim.SGD([w], 0.5)

    def step() -> None:
        w.grad = None
        (w * w).sum().backward()
        with torch.no_grad():
            w.sub_(optimizer.param_groups[0]["lr"] * w.grad)

    compiled, expected = torch.compile(step), 1.0
    for rate in (0.5, 0.25, 0.125, 0.0625):
        w.data.fill_(1)
        optimizer.param_groups[0]["lr"] = rate
        compiled()
        expected = 1 - 2 * rate
        assert w.tolist() == [expected, expected]
    assert len(traces(compiled)) == 1
    assert optimizer.param_groups[0]["lr"] == 0.0625


class Counting(optim.Optimizer):
    """It counts its steps in a Python number."""

    def __init__(self, params: Any, where: str) -> None:
        super().__init__(params, {"lr": 0.5, "count": 0})
        self.where = where

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if self.where == "state":
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1
                else:
                    group[self.where] = group[self.where] + 1
                p.sub_(group["lr"] * p.grad)


@pytest.mark.parametrize("where", ["state", "count", "lr"])
def test_a_number_that_a_step_changes_is_refused(where: str) -> None:
    trained = Trained(lambda params: Counting(params, where))
    step = torch.compile(trained.step)
    step(X)
    before = trained.state()
    with pytest.raises(
        RuntimeError, match=f"Counting changes the Python number '{where if where != 'state' else 'count'}'"
    ):
        step(X)
    same(trained.state(), before)


# -- random numbers -----------------------------------------------------------------------------------------------------


def drawn(x: Any) -> Any:
    a = torch.rand(3)
    b = torch.empty_like(x).normal_()
    c = torch.randint(5, (2,))
    d = torch.bernoulli(x.sigmoid())
    e = torch.multinomial(x.abs() + 1, 2)
    f = torch.randperm(5)
    return a, b, c, d, e, f, F.dropout(x, 0.5), torch.normal(x, 1.0), torch.randn_like(x)


@pytest.mark.parametrize("make", [sgd, adam])
def test_a_step_with_dropout_draws_what_an_eager_one_draws(make: Any) -> None:
    eager, compiled = Trained(make, dropout=0.5), Trained(make, dropout=0.5)
    step = torch.compile(compiled.step)
    for run, trained in ((eager.step, eager), (step, compiled)):
        torch.manual_seed(1)
        for _ in range(4):
            run(X)
        trained.after = torch.get_rng_state()
    same(compiled.state(), eager.state())
    assert torch.equal(compiled.after, eager.after)


def test_every_draw_is_the_eager_one() -> None:
    compiled = torch.compile(drawn)
    found, states = [], []
    for run in (drawn, compiled):
        torch.manual_seed(1)
        found.append([run(X) for _ in range(3)])
        states.append(torch.get_rng_state())
    same(found[1], found[0])
    assert torch.equal(*states)
    assert len(traces(compiled)) == 1


def test_generators_of_the_users_own() -> None:
    one, other = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)

    def function() -> Any:
        return torch.rand(2, generator=one), torch.rand(2, generator=other), torch.rand(2, generator=one)

    compiled = torch.compile(function)
    found = [compiled() for _ in range(3)]
    one.manual_seed(1)
    other.manual_seed(2)
    same(found, [function() for _ in range(3)])


def test_vmap_in_a_compiled_function_draws_the_same() -> None:
    def function(x: Any) -> Any:
        return torch.vmap(lambda row: F.dropout(row, 0.5), randomness="different")(x)

    compiled, found = torch.compile(function), []
    for run in (function, compiled):
        torch.manual_seed(1)
        found.append([run(X) for _ in range(3)])
    same(found[1], found[0])


def test_the_backward_outside_sees_what_was_drawn() -> None:
    compiled = torch.compile(lambda x: F.dropout(x, 0.5))
    leaf = torch.ones(20, requires_grad=True)
    for _ in range(3):
        leaf.grad = None
        out = compiled(leaf)
        state = torch.get_rng_state()
        out.sum().backward()
        assert torch.equal(leaf.grad, out.detach())
        assert torch.equal(torch.get_rng_state(), state)


def test_a_checkpoint_inside_draws_again_what_it_drew() -> None:
    w = torch.ones(20, requires_grad=True)

    def step() -> Any:
        w.grad = None
        out = checkpoint(lambda w: F.dropout(w, 0.5), w, use_reentrant=False)
        out.sum().backward()
        return out.detach()

    compiled = torch.compile(step)
    torch.manual_seed(1)
    want = [step() for _ in range(3)]
    state = torch.get_rng_state()
    torch.manual_seed(1)
    for n in range(3):
        same(compiled(), want[n])
        assert torch.equal(w.grad, want[n])
    assert torch.equal(torch.get_rng_state(), state)


def test_numbers_drawn_in_a_fork_leave_the_generator_where_it_was() -> None:
    def function() -> Any:
        with torch.random.fork_rng():
            inside = torch.rand(2)
        return inside, torch.rand(2)

    compiled = torch.compile(function)
    for _ in range(3):
        inside, after = compiled()
        assert torch.equal(inside, after)


@pytest.mark.parametrize("seed", [lambda: torch.manual_seed(1), torch.seed, torch.Generator])
def test_seeding_inside_is_refused(seed: Any) -> None:
    compiled = torch.compile(lambda x: (seed(), x)[1])
    compiled(X)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="seeding a generator"):
        compiled(X)
    assert torch.equal(torch.get_rng_state(), state)


def test_numbers_of_a_computed_distribution_are_refused() -> None:
    compiled = torch.compile(lambda x: torch.poisson(x.abs()))
    compiled(X)
    with pytest.raises(RuntimeError, match="drawing random numbers whose distribution is computed"):
        compiled(X)


# -- failures, memory, threads ------------------------------------------------------------------------------------------


class Interrupted(Exception):
    pass


@pytest.fixture
def small_heap() -> None:
    """Let go of what other tests have left: each trace looks through all that is alive."""
    jax.clear_caches()
    gc.collect()


@pytest.mark.usefixtures("small_heap")
@pytest.mark.parametrize("make", [momentum, adam])
def test_an_exception_at_any_op_of_a_trace_changes_nothing(make: Any, stride: int, monkeypatch: Any) -> None:
    trained = Trained(make)
    trained.model = nn.Linear(3, 2)
    trained.optimizer = make(trained.model.parameters())
    trained.step(X)
    params = list(trained.model.parameters())

    def everything() -> Any:
        return [*trained.state(), [(p._version, p.requires_grad, p.is_leaf, p._array.tobytes()) for p in params]]

    before, run, limit, count = everything(), XlaLevel.run, 1 - stride, 0

    def interrupted(*args: Any) -> Any:
        nonlocal count
        count += 1
        if count == limit:
            raise Interrupted
        return run(*args)

    monkeypatch.setattr(XlaLevel, "run", interrupted)
    monkeypatch.setattr(Program, "__call__", lambda self, leaves: None)  # only the trace is of interest
    step = torch.compile(trained.step)
    step._is_warm = True  # the first step was made above
    while True:
        limit, count = limit + stride, 0
        try:
            step(X)
        except Interrupted:
            same(everything(), before)
            continue
        break
    same(everything(), before)
    assert limit > 15


def test_an_exception_of_the_function_comes_out() -> None:
    def function(x: Any) -> Any:
        if raises:
            raise KeyError("mine")
        return x * w

    raises, w = False, torch.ones(3)
    compiled = torch.compile(function)
    compiled(X)
    raises = True
    with pytest.raises(KeyError, match="mine"):
        compiled(X)
    raises = False
    same(compiled(X), X)


def tracers() -> list[Any]:
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, jax.core.Tracer)]


def test_nothing_of_a_trace_stays_alive_and_nothing_grows() -> None:
    trained = Trained(adam, dropout=0.5)
    step = torch.compile(trained.step)
    others = set(map(id, tracers()))  # what raised in other tests may be held by their reports
    for _ in range(3):
        step(X)
    assert not [tracer for tracer in tracers() if id(tracer) not in others]
    before = len(gc.get_objects())
    for _ in range(100):
        step(X)
    gc.collect()
    assert len(gc.get_objects()) < before + 50


def test_threads_share_a_compiled_function() -> None:
    w = torch.full((3,), 2.0)
    compiled = torch.compile(lambda x: (x * w).sum())
    compiled(torch.ones(3))
    found: dict[int, Any] = {}

    def run(n: int) -> None:
        found[n] = [compiled(torch.full((n, 3), float(n))).item() for _ in range(5)]

    threads = [threading.Thread(target=run, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [6.0 * n * n] * 5 for n in range(1, 5)}
