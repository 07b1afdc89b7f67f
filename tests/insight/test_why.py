"""``why`` on broken programs: the right cause, and the right line."""

from __future__ import annotations

import gc
import inspect
import linecache
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import chainrule as torch
import chainrule.nn.functional as F
from chainrule import nn, why
from chainrule.core import exits
from chainrule.core.alive import alive
from chainrule.core.node import LAST, RECENT, STRUCTURE, Node
from chainrule.insight import Cause

from . import broken_courses, broken_errors, broken_programs, broken_reports, broken_training


def marked_lines(program: Any) -> set[int]:
    lines, first = inspect.getsourcelines(program)
    return {first + at for at, line in enumerate(lines) if "# here" in line}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("program", "expected", "place"), broken_programs.PROGRAMS, ids=lambda p: getattr(p, "__name__", None)
)
def test_broken_program_gets_its_cause_and_line(program: Any, expected: Any, place: Any) -> None:
    lines = marked_lines(place)
    if not isinstance(expected, Cause):
        with pytest.raises(expected) as caught:
            program()
        assert any(f"line {line}, in" in str(caught.value) for line in lines), str(caught.value)
        return
    answer = program()
    answer = answer[0] if isinstance(answer, tuple) else answer
    assert answer.cause is expected, answer.text
    assert {answer.where.line} == lines if answer.where else not lines, answer.text
    assert not answer.where or answer.where.file == inspect.getsourcefile(program)
    if program.__module__ == broken_training.__name__:
        assert answer.certain, answer.text
    assert len(answer.text.splitlines()) <= 6


def test_there_are_some_two_hundred_programs() -> None:
    assert len(broken_programs.PROGRAMS) >= 185
    assert {program for program, *_ in broken_programs.PROGRAMS} >= {
        broken_errors.backward_twice,
        broken_programs.log_of_zero,
        broken_reports.exponent_overflows,
        broken_courses.rnn_explodes,
    }


def test_graph_that_is_gone_leaves_a_likely_cause_only() -> None:
    w, v = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    h = v * 2
    h.register_hook(lambda g: None)  # a graph with anything of the user's is let go
    h.sum().backward()
    del h
    assert (why(w).cause, why(w).certain) == (Cause.NOT_USED, False)


def test_structure_of_the_last_graph_stays_until_the_next() -> None:
    def train(length: int = 1) -> list[Any]:
        h, alive_since = w, len(alive(Node))
        for _ in range(length):
            h = h * torch.ones(3)
        kept = [weakref.ref(h), weakref.ref(h.sum().grad_fn)]
        h.sum().backward()
        return [alive_since, *kept]

    gc.collect()
    LAST.clear()
    w, other = torch.zeros(3, requires_grad=True), torch.ones(1, requires_grad=True)
    before, tensor, _ = train()
    assert tensor() is None
    assert why(other).certain
    assert 0 < len(alive(Node)) - before <= 4
    train(STRUCTURE)
    assert len(alive(Node)) - before <= 4  # of one too large nothing stays
    (other * 2).backward()
    assert len(alive(Node)) - before <= 4


def test_loss_in_a_function_that_has_returned() -> None:
    def step(x: Any) -> float:
        loss = torch.relu(x * w - 100).sum()
        loss.backward()
        return loss.item()

    w, x = torch.ones(3, requires_grad=True), torch.ones(3)
    assert step(x) == 0.0
    assert (why(w).cause, why(w).where.expression, why(w).certain) == (Cause.DEAD_RELU, "torch.relu(x * w - 100)", True)


def test_passes_of_our_own_leave_no_note() -> None:
    w, unused = torch.zeros(2, requires_grad=True), torch.ones(1, requires_grad=True)
    torch.relu(w - 1).sum().backward()
    before = list(RECENT)
    for _ in range(20):
        assert why(w).cause is Cause.DEAD_RELU
    assert list(RECENT) == before
    assert why(unused).cause is Cause.NOT_USED


# -- what it costs -----------------------------------------------------------------------------------------------------


def test_log_of_exits_keeps_nothing_alive() -> None:
    gc.collect()
    before = len(alive(Node))
    w = torch.ones(3, requires_grad=True)
    h = (w * 2).exp()
    things = [weakref.ref(one) for one in (w, h, h.detach(), h > 1, h.data)]
    kept = h.detach()
    h.sum().item()
    why(w, h.sum())
    things.append(weakref.ref(kept))
    del w, h, kept
    assert [thing() for thing in things] == [None] * 6
    assert len(alive(Node)) == before


def test_log_of_exits_is_bounded_by_the_text_of_the_program() -> None:
    w = torch.ones(1, requires_grad=True)
    exits.SITES.clear()  # which other tests may have filled
    before = len(exits.SITES)
    for _ in range(100):
        (w * 2).detach()
    assert len(exits.SITES) == before + 1
    for number in range(exits.LIMIT + 10):
        exec(compile("(w * 2).detach()", f"<program {number}>", "exec"), {"w": w})
    assert len(exits.SITES) == exits.LIMIT


def test_why_leaves_the_graph_as_it_was() -> None:
    w = torch.tensor([2.0], requires_grad=True)
    loss = (w * w).sum()
    assert why(w, loss).cause is Cause.NUMBER
    assert w.grad is None
    assert loss.grad_fn.extra is None
    loss.backward()
    assert w.grad.item() == 4.0


# -- where it is used --------------------------------------------------------------------------------------------------


def test_why_without_source() -> None:
    names: dict[str, Any] = {"torch": torch}
    text = "w = torch.ones(2, requires_grad=True)\nh = (w * 2).detach()\nloss = (h * torch.ones(2, requires_grad=True)).sum()\n"
    exec(compile(text + "loss.backward(); answer = torch.why(w)", "<no file>", "exec"), names)
    answer = names["answer"]
    assert answer.cause is Cause.DETACHED
    assert (answer.where.file, answer.where.line, answer.where.expression) == ("<no file>", 2, "")
    assert "<b>" in answer._repr_html_()


def test_why_of_tensors_that_transforms_made() -> None:
    def loss(w: Any) -> Any:
        assert why(w, w.relu().sum()).cause is Cause.DEAD_RELU
        return w.relu().sum()

    torch.func.grad(loss)(-torch.ones(2))
    torch.func.grad(lambda w: (w * w.detach()).sum())(torch.ones(2))
    torch.vmap(lambda x: (x * x.detach()).sum())(torch.ones(2, 2, requires_grad=True))


def test_threads_note_their_own_exits() -> None:
    def one(number: int) -> Any:
        w = torch.ones(2, requires_grad=True)
        other = torch.ones(2, requires_grad=True)
        for _ in range(50):
            loss = (other * (w * number).detach()).sum()
            loss.backward()
        return why(w)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, range(16)))
    assert {answer.cause for answer in answers} == {Cause.DETACHED}


def test_a_leaf_that_leaves_where_many_others_did_is_known() -> None:
    for _ in range(2 * exits.OFTEN):
        w, other = [torch.ones(2, requires_grad=True) for _ in range(2)]
        (other * (w * 2).detach()).sum().backward()
        site = max(exits.SITES.values(), key=lambda site: site.when)
        assert w._node in [leaf() for leaf in site.leaves]
    assert why(w).cause is Cause.DETACHED


def test_output_that_is_a_function_is_computed_again() -> None:
    w = torch.tensor([0.0], requires_grad=True)
    answer = why(w, lambda: w.sqrt().sum())
    assert (answer.cause, answer.element) == (Cause.NOT_FINITE_BACKWARD, (0,))


@pytest.mark.parametrize("arguments", [(3,), (torch.ones(1, requires_grad=True), "loss")])
def test_why_of_no_tensor(arguments: Any) -> None:
    with pytest.raises(TypeError, match=r"why\(\): argument"):
        why(*arguments)


def test_page_lists_the_causes() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "why.md").read_text()
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert listed == [cause.name for cause in Cause]


# -- what was done to a gradient ---------------------------------------------------------------------------------------


def test_gradient_that_is_zeroed_by_hand_is_no_sum() -> None:
    w = torch.ones(2, requires_grad=True)
    for _ in range(3):
        (w * 2).sum().backward()
        if _ < 2:
            w.grad.zero_()
    assert why(w).cause is Cause.NUMBER
    (w * 2).sum().backward()
    answer = why(w)
    assert answer.cause is Cause.ACCUMULATED
    assert "sum of 2 backwards" in answer.text


def test_gradient_that_was_clipped() -> None:
    w = torch.ones(2, requires_grad=True)
    (w * 2).sum().backward()
    w.grad.mul_(0.5)
    assert why(w).cause is Cause.CLEARED
    assert "w.grad.mul_" in why(w).text


def test_gradient_of_what_was_frozen_since_or_given_by_hand() -> None:
    w = torch.ones(2, requires_grad=True)
    (w * 2).sum().backward()
    w.requires_grad_(False)
    assert why(w).cause is Cause.NUMBER
    v = torch.ones(2, requires_grad=True)
    v.grad = torch.zeros(2)
    assert why(v).cause is Cause.CLEARED
    v.requires_grad_(False)
    v.grad = None
    assert why(v).cause is Cause.NOT_WANTED
    u = torch.ones(2)
    u.grad = torch.ones(2)
    assert why(u).cause is Cause.NOT_WANTED


# -- programs that are right -------------------------------------------------------------------------------------------


def test_healthy_training_is_blamed_for_nothing() -> None:
    torch.manual_seed(0)
    x = torch.randn(16, 3)
    y = x.sum(1, keepdim=True)
    net, w = broken_programs.Net(), torch.tensor(0.5, requires_grad=True)
    optimizer = torch.optim.Adam([*net.parameters(), w])
    record, text, total = [], "", 0.0
    for epoch in range(3):
        optimizer.zero_grad()
        prediction = net(x) * w
        loss = torch.nn.functional.mse_loss(prediction, y)
        loss.backward()
        assert {why(p).cause for p in (*net.parameters(), w)} == {Cause.NUMBER}, epoch
        optimizer.step()
        total += loss.item()
        record.append(w.item())
        text += f"{w.item():.3f} {float(w.detach())}"
        (w.data + 1).tolist()
        accuracy = ((prediction - y).abs() < 0.1).float().mean().item()
        with torch.no_grad():
            torch.nn.functional.mse_loss(net(x) * w, y)
            net.head.weight.mul_(0.999)
        assert accuracy >= 0


def test_generator_and_discriminator() -> None:
    generator, discriminator = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
    fake = generator(torch.ones(1, 2))
    discriminator(fake.detach()).sum().backward()
    assert why(generator.weight).where.expression == "fake.detach()"
    discriminator(fake).sum().backward()
    assert why(generator.weight).cause is Cause.NUMBER
    assert why(discriminator.weight).cause is Cause.ACCUMULATED


def test_other_tensors_that_are_alive_do_not_make_it_less_certain() -> None:
    others = [torch.randn(n % 7 + 1, n % 5 + 1) for n in range(600)]
    assert broken_training.dead_relu_within_a_model()[0].certain
    assert len(others) == 600


def test_state_and_metrics_are_no_cuts() -> None:
    torch.manual_seed(0)
    rnn, head = torch.nn.RNN(2, 3), torch.nn.Linear(3, 1)
    parameters = [*rnn.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, 0.1)
    h, seen = torch.zeros(1, 1, 3), []
    for _ in range(3):
        out, h = rnn(torch.randn(5, 1, 2), h)
        prediction = head(out)
        accuracy = (prediction.detach() > 0).float().mean()
        spread = prediction.std().item()
        loss = prediction.pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        h = h.detach()  # before the next graph, not within this one
        seen.append((accuracy.item(), spread))
    assert {why(p).cause for p in parameters} == {Cause.NUMBER}


def test_draws_that_are_judged_are_no_cuts() -> None:
    torch.manual_seed(0)
    actor, critic = torch.nn.Linear(3, 2), torch.nn.Linear(3, 1)
    state, reward = torch.randn(5, 3), torch.randn(5)
    policy = torch.distributions.Categorical(logits=actor(state))
    action = policy.sample()
    value = critic(state).squeeze(1)
    advantage = (reward - value).detach()
    loss = -(policy.log_prob(action) * advantage).mean() + (reward - value).pow(2).mean()
    loss.backward()
    assert why(actor.weight).cause is Cause.NUMBER
    assert (why(critic.weight).cause, why(critic.weight).by) == (Cause.PARTLY_CUT, "detach()")


def test_gradient_that_was_clipped_by_its_norm_is_a_number() -> None:
    x, y = broken_programs.data()
    model = broken_programs.Net()
    torch.nn.functional.mse_loss(model(x), y).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    answer = why(model.head.weight)
    assert (answer.cause, "clip_grad_norm_" in answer.text) == (Cause.NUMBER, True)


def test_cells_of_a_notebook() -> None:
    cells = [
        "w = torch.tensor([1.0, 2.0], requires_grad=True)\nshown = w.detach().sum()\nscale = (w * 2).sum().item()",
        "loss = (w * scale).sum()",
        "loss.backward()\nanswer = torch.why(w)",
    ]
    names: dict[str, Any] = {"torch": torch}
    for number, text in enumerate(cells):
        file = f"<cell {number}>"
        linecache.cache[file] = (len(text), None, [line + "\n" for line in text.split("\n")], file)
        exec(compile(text, file, "exec"), names)
    answer = names["answer"]
    assert (answer.cause, answer.by, answer.where.file) == (Cause.PARTLY_CUT, "item()", "<cell 0>")


def test_flag_that_came_after_the_loss_is_likely_the_cause() -> None:
    w = torch.ones(2)
    loss = (w * w).sum()
    w.requires_grad_()
    answer = why(w, loss)
    assert (answer.cause, answer.certain, answer.where and answer.where.expression) == (
        Cause.LATE, False, "w.requires_grad_()",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("loss_of", "said", "advice"),
    [
        (lambda x, y: F.cross_entropy(F.softmax(x, 1), y), "softmax, and then cross_entropy", "leave out the softmax"),
        (lambda x, y: F.nll_loss(torch.softmax(x, 1), y), "softmax, and then nll_loss", "give it log_softmax(scores)"),
        (
            lambda x, y: F.binary_cross_entropy_with_logits(torch.sigmoid(x)[:, 0], y.float()),
            "sigmoid, and then binary_cross_entropy_with_logits",
            "leave out the sigmoid",
        ),
        (lambda x, y: F.cross_entropy(x * 1e8, y), "so large that", "clip it"),
        (F.cross_entropy, "", "nothing."),
        (lambda x, y: F.nll_loss(F.log_softmax(x, 1), y), "", "nothing."),
    ],
)
def test_numbers_that_were_not_meant(loss_of: Any, said: str, advice: str) -> None:
    torch.manual_seed(0)
    layer, y = nn.Linear(3, 5), torch.tensor([0, 1, 1, 0])
    loss = loss_of(layer(torch.randn(4, 3)), y)
    answer = why(layer.weight, loss)
    assert answer.cause is Cause.NUMBER
    assert said in answer.said
    assert answer.fix.startswith(advice)
    loss.backward()
    assert why(layer.weight).fix == answer.fix


def test_a_gradient_that_vanishes_is_put_down_to_what_flattens_it() -> None:
    net = nn.Sequential(*[part for _ in range(12) for part in (nn.Linear(4, 4), nn.Sigmoid())])
    net(torch.ones(1, 4)).sum().backward()
    answer = why(net[0].weight)
    assert answer.cause is Cause.NUMBER
    assert "It vanishes: 12 SigmoidBackward0" in answer.said
    assert "relu" in answer.fix
    assert why(net[-2].weight).fix == "nothing."
    (note,) = why(net).notes
    assert note.startswith("0.weight")


def test_zeros_among_numbers_are_counted() -> None:
    w = torch.ones(4, requires_grad=True)
    assert "of size 1 at most, and 0 in 2 of its 4 elements" in why(w, w[:2].sum()).said


def test_loss_of_gradients_that_have_no_history() -> None:
    net, t = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1)), torch.ones(5, 1, requires_grad=True)
    (slope,) = torch.autograd.grad(net(t).sum(), t)
    answer = why(net[0].weight, (slope**2).mean())
    assert (answer.cause, answer.by, answer.certain) == (Cause.DETACHED, "autograd.grad", False)
    assert answer.where is not None
    assert answer.where.expression == "torch.autograd.grad(net(t).sum(), t)"
    assert "create_graph=True" in answer.fix
    other = torch.ones(1, requires_grad=True)
    assert why(other, (slope**2).mean()).cause is Cause.NOT_USED


def test_it_answers_while_another_thread_cuts_paths_in_the_same_place() -> None:
    def cut(w: torch.Tensor) -> torch.Tensor:
        return (w * 2).detach().exp()

    def work() -> None:
        while not done.is_set():
            cut(torch.ones(3, requires_grad=True))

    before, done = sys.getswitchinterval(), threading.Event()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(1) as pool:
            others = pool.submit(work)
            try:
                for _ in range(60):
                    w, other = [torch.ones(3, requires_grad=True) for _ in range(2)]
                    (cut(w) + other).sum().backward()
                    assert w.grad is None
                    assert str(why(w))
            finally:
                done.set()
            others.result()
    finally:
        sys.setswitchinterval(before)
