"""Grad modes: context managers, decorators, generator decorators; one for each thread and asyncio task."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import grad


@pytest.fixture(autouse=True)
def recording() -> Iterator[None]:
    """Every test starts with recording on and puts it back."""
    torch.set_grad_enabled(True)
    yield
    torch.set_grad_enabled(True)


def records() -> bool:
    """Whether an op is recorded now, which is_grad_enabled must agree with."""
    answer = (torch.ones(1, requires_grad=True) * 2).requires_grad
    assert answer == torch.is_grad_enabled()
    return answer


def test_no_grad_and_enable_grad_nest() -> None:
    assert records()
    with torch.no_grad():
        assert not records()
        with torch.enable_grad():
            assert records()
            with torch.no_grad():
                assert not records()
            assert records()
        assert not records()
    assert records()


def test_an_exception_puts_the_mode_back() -> None:
    with pytest.raises(ValueError, match="x"), torch.no_grad():
        raise ValueError("x")
    assert records()


def test_one_context_manager_used_again_and_nested_in_itself() -> None:
    off = torch.no_grad()
    with off:
        assert not records()
    assert records()
    with off:
        assert not records()
    assert records()


def test_set_grad_enabled_acts_at_the_call() -> None:
    torch.set_grad_enabled(False)
    assert not records()
    torch.set_grad_enabled(True)
    assert records()


def test_set_grad_enabled_as_a_context_manager() -> None:
    with torch.set_grad_enabled(False):
        assert not records()
        with torch.set_grad_enabled(mode=True):
            assert records()
        assert not records()
    assert records()


def test_set_grad_enabled_made_early_already_acts() -> None:
    manager = torch.set_grad_enabled(False)
    assert not records()
    with manager:
        assert not records()
    assert records()


def test_set_grad_enabled_as_a_decorator_does_not_act_at_decoration() -> None:
    @torch.set_grad_enabled(False)
    def inside() -> bool:
        return records()

    assert records()
    assert not inside()
    assert records()


@pytest.mark.parametrize("decorate", [torch.no_grad(), torch.no_grad])
def test_decorator(decorate: Callable[..., Any]) -> None:
    @decorate
    def inside(value: int, *, more: int = 0) -> tuple[bool, int]:
        """Its text."""
        return records(), value + more

    assert inside(1, more=2) == (False, 3)
    assert records()
    assert inside.__name__ == "inside"
    assert inside.__doc__ == "Its text."


def test_decorator_enable_grad() -> None:
    @torch.enable_grad()
    def inside() -> bool:
        return records()

    with torch.no_grad():
        assert inside()
        assert not records()


def test_decorator_of_a_method() -> None:
    class Model:
        def __init__(self) -> None:
            self.weight = torch.ones(1, requires_grad=True)

        @torch.no_grad()
        def predict(self) -> torch.Tensor:
            return self.weight * 2

    assert not Model().predict().requires_grad


def test_decorator_and_exceptions() -> None:
    @torch.no_grad()
    def inside() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        inside()
    assert records()


def test_recursion_through_a_decorated_function() -> None:
    @torch.no_grad()
    def inside(depth: int) -> bool:
        return (inside(depth - 1) if depth else True) and not torch.is_grad_enabled()

    assert inside(5)
    assert records()


def test_decorated_generator_is_off_inside_and_on_between() -> None:
    @torch.no_grad()
    def inside() -> Iterator[bool]:
        yield records()
        yield records()

    seen = [(inner, records()) for inner in inside()]
    assert seen == [(False, True), (False, True)]


def test_decorated_generator_takes_what_is_sent_and_thrown() -> None:
    @torch.no_grad()
    def inside() -> Any:
        received = yield "first"
        assert not torch.is_grad_enabled()
        try:
            yield received
        except KeyError:
            assert not torch.is_grad_enabled()
            yield "caught"
        return "done"

    generator = inside()
    assert next(generator) == "first"
    assert records()
    assert generator.send("sent") == "sent"
    assert generator.throw(KeyError()) == "caught"
    assert records()
    with pytest.raises(StopIteration, match="done"):
        next(generator)
    assert records()


def test_decorated_generator_closed_early() -> None:
    modes = []

    @torch.no_grad()
    def inside() -> Iterator[int]:
        try:
            yield 1
        finally:
            modes.append(torch.is_grad_enabled())

    generator = inside()
    next(generator)
    generator.close()
    assert modes == [False]
    assert records()


def test_decorated_generator_follows_the_mode_it_is_resumed_in() -> None:
    @torch.enable_grad()
    def inside() -> Iterator[bool]:
        while True:
            yield torch.is_grad_enabled()

    generator = inside()
    with torch.no_grad():
        assert next(generator)
        assert not torch.is_grad_enabled()
    assert next(generator)
    assert torch.is_grad_enabled()


def test_each_thread_has_its_own_mode() -> None:
    inside = threading.Event()
    checked = threading.Event()
    seen = []

    def other() -> None:
        seen.append(torch.is_grad_enabled())
        with torch.no_grad():
            inside.set()
            checked.wait(5)
            seen.append(torch.is_grad_enabled())

    thread = threading.Thread(target=other)
    with torch.no_grad():
        thread.start()
        inside.wait(5)
    assert records()
    checked.set()
    thread.join()
    assert seen == [True, False]


@pytest.mark.chainrule_only
def test_each_asyncio_task_has_its_own_mode() -> None:
    """PyTorch's mode belongs to the thread: a task that waits inside no_grad turns it off for the others."""
    seen = []

    async def off(ready: asyncio.Event, done: asyncio.Event) -> None:
        with torch.no_grad():
            ready.set()
            await done.wait()
            seen.append(torch.is_grad_enabled())

    async def on(ready: asyncio.Event, done: asyncio.Event) -> None:
        await ready.wait()
        seen.append(torch.is_grad_enabled())
        done.set()

    async def main() -> None:
        ready, done = asyncio.Event(), asyncio.Event()
        await asyncio.gather(off(ready, done), on(ready, done))

    asyncio.run(main())
    assert seen == [True, False]
    assert records()


def test_a_task_in_no_grad_inherits_it() -> None:
    async def child() -> bool:
        return torch.is_grad_enabled()

    async def main() -> bool:
        with torch.no_grad():
            return await asyncio.create_task(child())

    assert asyncio.run(main()) is False


def test_independent_graphs_in_parallel_threads() -> None:
    def work(seed: int) -> float:
        x = torch.tensor(float(seed), dtype=torch.float64, requires_grad=True)
        total = 0.0
        for _ in range(50):
            y = x
            for _ in range(10):
                y = y * 1.5
            total += grad(y, x)[0].item()
        return total

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [50 * 1.5**10] * 8


@pytest.mark.parametrize("is_first", [True, False])
def test_threads_add_into_one_leaf(is_first: bool) -> None:
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    if not is_first:
        (x * 0).sum().backward()

    def work(_: int) -> None:
        for _ in range(100):
            (x * 2).sum().backward()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # a thread is interrupted between any two steps
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
    finally:
        sys.setswitchinterval(before)
    assert x.grad.tolist() == [800.0] * 3


def test_a_backward_in_one_thread_of_a_graph_made_in_another() -> None:
    x = torch.ones(2, requires_grad=True)
    h = (x * x).sum()
    thread = threading.Thread(target=h.backward)
    thread.start()
    thread.join()
    assert x.grad.tolist() == [2.0, 2.0]


def test_the_mode_when_a_backward_runs_does_not_matter() -> None:
    x = torch.ones(2, requires_grad=True)
    h = (x * x).sum()
    with torch.no_grad():
        h.backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_writes_under_no_grad_are_not_recorded() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        x.add_(1)
        x[0] = 5.0
    assert x.tolist() == [5.0, 2.0]
    assert x.is_leaf
    assert x._version == 2


def test_views_made_under_no_grad_say_what_their_base_says_but_pass_no_gradient() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        v = x.view(2, 1)
        copied = x.clone()
    assert v.requires_grad
    assert v.grad_fn is None
    assert v.is_leaf
    assert not copied.requires_grad
    (v * 3).sum().backward()
    assert x.grad is None


def test_writes_to_intermediate_values_under_no_grad_are_not_recorded() -> None:
    x = torch.ones(2, requires_grad=True)
    h = x * 2
    with torch.no_grad():
        h.mul_(5)
    (g,) = grad(h.sum(), x)
    assert h.tolist() == [10.0, 10.0]
    assert g.tolist() == [2.0, 2.0]


# -- inference mode ---------------------------------------------------------------------------------------------------


def test_inference_mode_turns_recording_off() -> None:
    x = torch.ones(2, requires_grad=True)
    assert not torch.is_inference_mode_enabled()
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not torch.is_grad_enabled()
        h = x * 2
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()
    assert h.is_inference()
    assert not h.requires_grad
    assert not x.is_inference()


def test_inference_mode_may_be_off() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode(False):
        h = x * 2
    assert h.requires_grad
    assert not h.is_inference()
    with torch.inference_mode(), torch.inference_mode(mode=False):
        k = x * 2
    assert k.requires_grad


@pytest.mark.parametrize("decorate", [torch.inference_mode(), torch.inference_mode])
def test_inference_mode_as_a_decorator(decorate: Callable[..., Any]) -> None:
    @decorate
    def inside() -> torch.Tensor:
        return torch.ones(2) * 2

    assert inside().is_inference()
    assert not torch.is_inference_mode_enabled()


def test_enable_grad_inside_inference_mode_records_nothing() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode(), torch.enable_grad():
        assert not (x * 2).requires_grad


def test_inference_tensors_are_written_inside_only() -> None:
    with torch.inference_mode():
        h = torch.ones(2)
        h.add_(1)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        h.mul_(5)


def test_inference_tensors_cannot_be_saved_for_backward() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        h = torch.ones(2)
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        x * h
    (g,) = grad((x + h).sum(), x)
    assert g.tolist() == [1.0, 1.0]
    (g,) = grad((x * h.clone()).sum(), x)
    assert g.tolist() == [1.0, 1.0]


def test_inference_tensors_have_no_version_and_no_grad() -> None:
    with torch.inference_mode():
        h = torch.ones(2)
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        _ = h._version
    with pytest.raises(RuntimeError, match="inference tensor"):
        h.requires_grad_()


def test_normal_tensors_in_inference_mode_stay_normal() -> None:
    x = torch.ones(2, requires_grad=True)
    y = torch.ones(2)
    with torch.inference_mode():
        y.add_(1)
        v = y[0]
    assert y._version == 1
    assert not v.is_inference()
    (g,) = grad((x * y).sum(), x)
    assert g.tolist() == [2.0, 2.0]


def test_reading_inference_tensors_outside() -> None:
    with torch.inference_mode():
        h = torch.ones(2) * 3
    assert (h + 1).tolist() == [4.0, 4.0]
    assert not (h + 1).is_inference()
    assert h[0].is_inference()
    assert torch.is_inference(h)


def test_inference_mode_is_of_the_thread() -> None:
    with torch.inference_mode(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(torch.is_inference_mode_enabled).result() is False


def test_no_grad_lets_values_out() -> None:
    x = torch.ones(2, requires_grad=True)
    h = x * 3
    with torch.no_grad():
        x.numpy()[0] = 7
        assert h.numpy().tolist() == [3.0, 3.0]
        torch.add(x, 1, out=x)
    assert x.tolist() == [8.0, 2.0]
    with pytest.raises(RuntimeError, match="out="):
        torch.add(torch.ones(2), 1, out=x)
