"""A backward is a transaction: a fault at any node leaves everything as it was, and a retry is right."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import Function, grad
from chainrule.autograd.graph import saved_tensors_hooks

Leaves = dict[str, torch.Tensor]
Build = Callable[..., torch.Tensor]


class Fault(Exception):
    """What the tests inject."""


class Fuse:
    """Raises the first time it is touched, then never again."""

    def __init__(self, error: type[BaseException] = Fault) -> None:
        self.error = error
        self.blown = False

    def touch(self, *_: Any) -> None:
        if not self.blown:
            self.blown = True
            raise self.error("injected")


class Fused(Function):
    """The identity, with a fuse in its backward."""

    @staticmethod
    def forward(ctx, value, fuse):
        ctx.fuse = fuse
        return value * 1

    @staticmethod
    def backward(ctx, g):
        ctx.fuse.touch()
        return g, None


class Double(Function):
    @staticmethod
    def forward(ctx, value):
        ctx.save_for_backward(value)
        return value * 2

    @staticmethod
    def backward(ctx, g):
        assert ctx.saved_tensors
        return g * 2


GRAPHS: dict[str, Build] = {}


def graph(build: Build) -> Build:
    GRAPHS[build.__name__] = build
    return build


# Every value goes through ``at``, which is where a fault can be put.


@graph
def one_op(at, x, y, m, n, s):
    return at(x * y).sum()


@graph
def chain(at, x, y, m, n, s):
    return at(at(at(x.sin()).exp()) * 2).sum()


@graph
def shared_leaf(at, x, y, m, n, s):
    return at(at(x * x) * at(x + 1)).sum()


@graph
def diamond(at, x, y, m, n, s):
    h = at(x * y)
    return at(at(h.exp()) + at(h.sin())).sum()


@graph
def nested_diamonds(at, x, y, m, n, s):
    h = at(x * 1)
    for _ in range(4):
        h = at(at(h * 0.5) + at(h * 0.5))
    return h.sum()


@graph
def matrix_product(at, x, y, m, n, s):
    return at(at(m @ n) * s).sum()


@graph
def two_layers(at, x, y, m, n, s):
    return at(at(at(m @ n).relu()) @ at(n.t())).mean()


@graph
def broadcasting(at, x, y, m, n, s):
    return at(at(m * x) + at(s / y)).sum()


@graph
def reductions(at, x, y, m, n, s):
    return at(at(m.sum(1)) * at(m.mean(1)) + at(m.max(1).values)).sum()


@graph
def split_outputs(at, x, y, m, n, s):
    p, q = at(m * 2).split(1)
    return at(p * q).sum() + at(q).sum()


@graph
def unbound_outputs(at, x, y, m, n, s):
    p, q, r = at(x * 1).unbind()
    return at(at(p * q) + at(r * s))


@graph
def stacked(at, x, y, m, n, s):
    return at(at(torch.stack([x, y, x])) * at(torch.cat([x, y, y]).view(3, 3))).sum()


@graph
def indexed(at, x, y, m, n, s):
    return at(at(m[:, [0, 2]]) * at(m[0, 1])).sum() + at(x[1:]).sum()


@graph
def selected(at, x, y, m, n, s):
    return at(torch.where(x > 1.5, at(x.exp()), at(y * y))).sum()


@graph
def softmax_loss(at, x, y, m, n, s):
    return -at(at(m.softmax(1)).log())[0].sum()


@graph
def powers(at, x, y, m, n, s):
    return at(at(x**2) * at(s**3)).sum() + at(x**y).sum()


@graph
def written_in_place(at, x, y, m, n, s):
    h = at(x * 2)
    h.mul_(y)
    h.add_(at(s * s))
    return at(h).sum()


@graph
def written_through_a_view(at, x, y, m, n, s):
    h = at(m * 2)
    h[0] = at(x * y)
    h[:, 1].mul_(s)
    return at(h * h).sum()


@graph
def filled_buffer(at, x, y, m, n, s):
    out = torch.zeros(3)
    for i in range(3):
        out[i] = at(x[i] * y[i])
    return at(out * s).sum()


@graph
def custom_functions(at, x, y, m, n, s):
    return at(Double.apply(at(Double.apply(x)) * y)).sum()


@graph
def long_chain(at, x, y, m, n, s):
    h = x
    for i in range(30):
        h = at(h * 1.01) if i % 3 else at(h + y)
    return h.sum()


@graph
def many_leaves(at, x, y, m, n, s):
    return at(at(x.sum()) * at(y.sum()) * at(m.sum()) * at(n.sum()) * s)


@graph
def several_uses_of_everything(at, x, y, m, n, s):
    h = at(m * x + y)
    k = at(h @ n)
    return at(k * s).sum() + at(h * h).sum() + at(x * y).sum()


@graph
def sorted_and_scanned(at, x, y, m, n, s):
    return at(at((x * y).sort().values).cumsum(0)).sum()


def leaves() -> Leaves:
    return {
        "x": torch.tensor([1.0, 2.0, 3.0], requires_grad=True),
        "y": torch.tensor([0.5, 1.5, 2.5], requires_grad=True),
        "m": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]], requires_grad=True),
        "n": torch.tensor([[1.0, 0.5], [2.0, -1.0], [0.5, 3.0]], requires_grad=True),
        "s": torch.tensor(2.0, requires_grad=True),
    }


def plain(value: torch.Tensor) -> torch.Tensor:
    return value


def gradients(tensors: Leaves) -> dict[str, Any]:
    return {name: None if t.grad is None else t.grad.tolist() for name, t in tensors.items()}


def reference(build: Build, backwards: int = 1) -> dict[str, Any]:
    """The gradients that backwards without faults leave in ``.grad``."""
    tensors = leaves()
    for _ in range(backwards):
        build(plain, **tensors).backward()
    return gradients(tensors)


def state(tensors: Leaves) -> list[Any]:
    """All that a failed backward must leave alone; gradients by identity too."""
    versions = [(t._version, None if t.grad is None else t.grad._version, id(t.grad)) for t in tensors.values()]
    values = [(t.tolist(), t.requires_grad) for t in tensors.values()]
    return [values, versions, gradients(tensors), torch.is_grad_enabled()]


def nodes(output: torch.Tensor) -> list[Any]:
    seen = {output.grad_fn: None}
    for node in (found := [output.grad_fn]):
        for parent, _ in node.next_functions:
            if parent is not None and parent not in seen:
                seen[parent] = None
                found.append(parent)
    return found


def check_fault(build: Build, output: torch.Tensor, tensors: Leaves, error: type[BaseException] = Fault) -> None:
    """The backward raises, nothing changed, the next one is right."""
    before = state(tensors)
    with pytest.raises(error, match="injected"):
        output.backward()
    assert state(tensors) == before
    output.backward()
    assert gradients(tensors) == reference(build)


every_graph = pytest.mark.parametrize("build", GRAPHS.values(), ids=GRAPHS)


def test_there_are_enough_graphs() -> None:
    assert len(GRAPHS) >= 20


@every_graph
def test_the_graphs_are_right_and_touch_a_leaf(build: Build) -> None:
    want = {name: g for name, g in reference(build).items() if g is not None}
    assert want
    tensors = leaves()
    got = grad(build(plain, **tensors), [tensors[name] for name in want])
    assert [g.tolist() for g in got] == list(want.values())


@every_graph
@pytest.mark.chainrule_only
def test_a_raising_prehook_at_every_node(build: Build) -> None:
    for number in range(len(nodes(build(plain, **leaves())))):
        tensors = leaves()
        output = build(plain, **tensors)
        nodes(output)[number].register_prehook(Fuse().touch)
        check_fault(build, output, tensors)


@every_graph
@pytest.mark.chainrule_only
def test_a_raising_hook_at_every_inner_node(build: Build) -> None:
    for number, node in enumerate(nodes(build(plain, **leaves()))):
        if not node.next_functions:
            continue  # an accumulator's hooks run after accumulation: see test_node_hooks.py
        tensors = leaves()
        output = build(plain, **tensors)
        nodes(output)[number].register_hook(Fuse().touch)
        check_fault(build, output, tensors)


def places(build: Build) -> int:
    """How often ``build`` asks for a place where a fault can be put."""
    calls = []
    build(lambda value: calls.append(1) or value, **leaves())
    return len(calls)


def build_with(build: Build, put: Callable[[torch.Tensor], torch.Tensor], number: int, tensors: Leaves) -> torch.Tensor:
    """The graph, with ``put`` applied to the ``number``-th value in it."""
    count = iter(range(1000))
    return build(lambda value: put(value) if next(count) == number else value, **tensors)


@every_graph
@pytest.mark.chainrule_only
def test_a_raising_tensor_hook_at_every_value(build: Build) -> None:
    for number in range(places(build)):
        tensors, fuse = leaves(), Fuse()

        def put(value: torch.Tensor, fuse: Fuse = fuse) -> torch.Tensor:
            value.register_hook(fuse.touch)
            return value

        check_fault(build, build_with(build, put, number, tensors), tensors)


@every_graph
@pytest.mark.chainrule_only
def test_a_raising_hook_on_every_leaf(build: Build) -> None:
    for name, gradient in reference(build).items():
        if gradient is not None:
            tensors = leaves()
            output = build(plain, **tensors)
            tensors[name].register_hook(Fuse().touch)
            check_fault(build, output, tensors)


@every_graph
@pytest.mark.parametrize("error", [Fault, KeyboardInterrupt])
@pytest.mark.chainrule_only
def test_a_raising_custom_backward_at_every_value(build: Build, error: type[BaseException]) -> None:
    for number in range(places(build)):
        tensors, fuse = leaves(), Fuse(error)
        output = build_with(build, lambda value, fuse=fuse: Fused.apply(value, fuse), number, tensors)
        check_fault(build, output, tensors, error)


@every_graph
@pytest.mark.chainrule_only
def test_a_raising_unpack_hook_at_every_saved_value(build: Build) -> None:
    saved = []
    with saved_tensors_hooks(lambda t: saved.append(1) or t, plain):
        build(plain, **leaves())
    for number in range(len(saved)):
        tensors, fuse, count = leaves(), Fuse(), iter(range(1000))
        with saved_tensors_hooks(
            lambda t, count=count: (next(count), t),
            lambda pair, number=number, fuse=fuse: (fuse.touch() if pair[0] == number else None, pair[1])[1],
        ):
            output = build(plain, **tensors)
        before = state(tensors)
        try:
            output.backward()
        except Fault:
            assert state(tensors) == before
            output.backward()
        assert gradients(tensors) == reference(build)


@every_graph
@pytest.mark.chainrule_only
def test_gradients_that_were_there_before_are_kept(build: Build) -> None:
    """A fault at the last node of all, when everything else has been computed."""
    tensors = leaves()
    build(plain, **tensors).backward()
    last = next(name for name, t in tensors.items() if t.grad is not None)
    output = build(plain, **tensors)
    before = state(tensors)
    tensors[last].register_hook(Fuse().touch)
    with pytest.raises(Fault):
        output.backward()
    assert state(tensors) == before
    output.backward()
    assert gradients(tensors) == reference(build, backwards=2)


@every_graph
@pytest.mark.chainrule_only
def test_retained_gradients_are_part_of_it(build: Build) -> None:
    tensors, kept = leaves(), []

    def keep(value: torch.Tensor) -> torch.Tensor:
        if not value.is_leaf:
            value.retain_grad()
            kept.append(value)
        return value

    output = build(keep, **tensors)
    first = next(t for name, t in tensors.items() if reference(build)[name] is not None)
    first.register_hook(Fuse().touch)
    with pytest.raises(Fault):
        output.backward()
    assert [value.grad for value in kept] == [None] * len(kept)
    output.backward()
    assert all(value.grad is not None for value in kept)


@every_graph
@pytest.mark.chainrule_only
def test_grad_with_a_fault(build: Build) -> None:
    tensors = leaves()
    wanted = [name for name, g in reference(build).items() if g is not None]
    output = build(plain, **tensors)
    tensors[wanted[-1]].register_hook(Fuse().touch)
    before = state(tensors)
    with pytest.raises(Fault):
        grad(output, [tensors[name] for name in wanted])
    assert state(tensors) == before
    got = grad(output, [tensors[name] for name in wanted])
    assert [g.tolist() for g in got] == [reference(build)[name] for name in wanted]


@pytest.mark.chainrule_only
def test_a_stale_value_is_found_before_anything_is_delivered() -> None:
    x, y, c = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True), torch.ones(2)
    h = (y * 2 + (x * c).sin()).sum()
    c.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        h.backward()
    assert x.grad is None
    assert y.grad is None


@pytest.mark.chainrule_only
def test_a_fault_with_create_graph() -> None:
    x = torch.tensor([2.0], requires_grad=True)
    h = (x * x * x).sum()
    x.register_hook(Fuse().touch)
    with pytest.raises(Fault):
        grad(h, x, create_graph=True)
    (g,) = grad(h, x, create_graph=True)
    (gg,) = grad(g, x)
    assert (g.item(), gg.item()) == (12.0, 12.0)


@pytest.mark.chainrule_only
def test_a_fault_in_several_roots() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    h, k = (x * y).sum(), (x + y).exp().sum()
    y.register_hook(Fuse().touch)
    with pytest.raises(Fault):
        torch.autograd.backward([h, k])
    assert x.grad is None
    torch.autograd.backward([h, k])
    assert x.grad.tolist() == pytest.approx([1 + 7.389056] * 2)


@pytest.mark.chainrule_only
def test_a_fault_in_a_backward_within_a_backward() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    inner = (y * y).sum()
    y.register_hook(Fuse().touch)
    h = x * 2
    h.register_hook(lambda g: inner.backward())
    with pytest.raises(Fault):
        h.sum().backward()
    assert (x.grad, y.grad) == (None, None)
    h.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([2.0, 2.0], [2.0, 2.0])


# -- an interrupt between any two instructions ------------------------------------------------------------------------


class InterruptAt:
    """Raises KeyboardInterrupt at the ``number``-th instruction that the package runs."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.count = 0

    def __call__(self, frame: Any, event: str, argument: Any) -> Any:
        if "chainrule" not in frame.f_code.co_filename or "tests" in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self.count += 1
            if self.count == self.number:
                raise KeyboardInterrupt("injected")
        return self

    def run(self, call: Callable[[], object]) -> bool:
        """Whether ``call`` was interrupted."""
        outer = sys.gettrace()
        sys.settrace(self)
        try:
            call()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(outer)
        return False


def interrupted(build: Build, samples: int, start: bool) -> Iterator[tuple[int, bool, Leaves, torch.Tensor]]:
    """The backward of ``build``, interrupted at ``samples`` instructions spread over the whole of it."""
    counter = InterruptAt(-1)
    counter.run(build(plain, **leaves()).backward)
    step = max(1, counter.count // samples)
    for number in range(1, counter.count, step):
        tensors = leaves()
        if start:
            for t in tensors.values():
                t.grad = torch.zeros_like(t)
        output = build(plain, **tensors)
        yield number, InterruptAt(number).run(output.backward), tensors, output


@pytest.mark.parametrize("start", [False, True], ids=["from none", "onto gradients"])
@pytest.mark.parametrize("name", ["several_uses_of_everything", "written_through_a_view", "split_outputs"])
@pytest.mark.chainrule_only
def test_an_interrupt_at_any_instruction(name: str, start: bool) -> None:
    """All gradients are delivered or none is; in the second case the next backward is right."""
    build = GRAPHS[name]
    zeros = {k: None if not start else torch.zeros_like(t).tolist() for k, t in leaves().items()}
    done = {k: zeros[k] if g is None else g for k, g in reference(build).items()}
    hits, leaks = 0, []
    for number, hit, tensors, output in interrupted(build, 120, start):
        hits += hit
        if not torch.is_grad_enabled():
            leaks.append(number)
            torch.set_grad_enabled(True)
        got = gradients(tensors)
        if got != done:
            assert got == zeros, f"half delivered by an interrupt at instruction {number}"
            output.backward()
            assert gradients(tensors) == done, f"a wrong gradient after an interrupt at instruction {number}"
    assert hits > 50
    assert leaks == [], "recording stayed off after an interrupt at these instructions"
