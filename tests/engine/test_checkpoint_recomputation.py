"""What a recomputation must be like, the contexts it runs in, and backwards that share one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import Function
from chainrule.autograd.graph import saved_tensors_hooks
from chainrule.utils.checkpoint import (
    CheckpointError,
    GraphExecGroup,
    checkpoint,
    noop_context_fn,
    set_checkpoint_debug_enabled,
)

from .checkpointed import Counted, chain, gradients, leaf, run

# -- when the function is not the same again ------------------------------------------------------------------------------------


class Changing:
    """A function that does something else when it is called for the second time."""

    def __init__(self, first: Callable[..., Any], then: Callable[..., Any]) -> None:
        self.functions = [first, then]

    def __call__(self, x: Any) -> Any:
        return (self.functions.pop(0) if len(self.functions) > 1 else self.functions[0])(x)


def test_fewer_saved_tensors() -> None:
    y = run(Changing(chain, lambda x: x.exp().sin()), leaf(2.0))
    with pytest.raises(CheckpointError, match="A different number of tensors was saved") as caught:
        y.backward()
    assert "Number of tensors saved during forward: 4\nNumber of tensors saved during recomputation: 2" in str(
        caught.value
    )
    assert issubclass(CheckpointError, RuntimeError)


def test_more_saved_tensors() -> None:
    y = run(Changing(lambda x: x.exp().sin(), chain), leaf(2.0), early_stop=False)
    with pytest.raises(
        CheckpointError, match="trying to save more tensors during recomputation than during the original"
    ):
        y.backward()


def test_other_shapes_and_dtypes() -> None:
    def changing() -> Changing:
        return Changing(lambda x: x.exp().sin().sum(), lambda x: x.float().exp().sin()[:1].sum())

    x = leaf(1.0, 2.0)
    with pytest.raises(CheckpointError, match="have different metadata than during the forward pass") as caught:
        run(changing(), x).backward()
    assert "tensor at position 0:\nsaved metadata: {'shape': torch.Size([2]), 'dtype': torch.float64" in str(
        caught.value
    )
    assert "recomputed metadata: {'shape': torch.Size([2]), 'dtype': torch.float32" in str(caught.value)
    run(changing(), x, determinism_check="none").backward()
    assert x.grad is not None
    with pytest.raises(ValueError, match="determinism_check should be one of"):
        run(chain, x, determinism_check="all")


def test_values_that_nobody_needs_any_more_may_differ() -> None:
    types = [torch.float64, torch.float64, torch.float32]

    def function(x: Any, y: Any) -> Any:
        return x.to(types.pop(0)).exp().sin(), y.exp().sin()

    x, y = leaf(1.0), leaf(2.0)
    a, b = run(function, x, y)
    a.backward()  # lets go of what a saved
    b.backward()
    assert y.grad.tolist() == gradients(lambda y: y.exp().sin(), y)[0]


@pytest.mark.chainrule_only
def test_debug_lists_the_expressions() -> None:
    for choose in ("argument", "context", "neither"):
        changing = Changing(lambda x: x.exp().sin(), lambda x: x.cos())
        if choose == "context":
            with set_checkpoint_debug_enabled(True):
                y = run(changing, leaf(2.0))
        else:
            y = run(changing, leaf(2.0), debug=choose == "argument")
        with pytest.raises(CheckpointError, match=r"the checkpoint: `checkpoint\(function, ") as caught:
            y.backward()
        text = str(caught.value)
        if choose == "neither":
            assert "debug=True" in text
            continue
        forward, again = text.split("Operations executed during recomputation")
        assert "Operations executed during the original forward" in forward
        assert "  0: `x.exp()`" in forward
        assert "  1: `x.exp().sin()`" in forward
        assert "  0: `x.cos()`" in again


def other_contexts() -> Any:
    return noop_context_fn()


def test_debug_is_only_without_reentrance_and_other_contexts() -> None:
    x = leaf(2.0)
    with pytest.raises(ValueError, match="only supported when use_reentrant=False"):
        checkpoint(chain, x, use_reentrant=True, debug=True)
    with pytest.raises(ValueError, match="only supported when use_reentrant=False"):
        checkpoint(chain, x, use_reentrant=True, context_fn=other_contexts)
    with pytest.raises(ValueError, match="debug=True is incompatible with non-default context_fn"):
        run(chain, x, debug=True, context_fn=other_contexts)
    with set_checkpoint_debug_enabled(False):
        run(chain, x, debug=True, context_fn=other_contexts)


@pytest.mark.chainrule_only
def test_a_recomputation_that_fails_changes_nothing() -> None:
    x, w = leaf(2.0), leaf(3.0)
    failures = [False, True, False]

    def function(x: Any) -> Any:
        if failures.pop(0):
            raise OSError("not now")
        return chain(x)

    y = run(function, x) * w
    with pytest.raises(OSError, match="not now"):
        y.backward()
    assert x.grad is None
    assert w.grad is None
    y.backward()
    assert x.grad is not None
    assert w.grad.tolist() == chain(x).tolist()


def test_an_argument_that_was_changed_in_place() -> None:
    x = leaf(2.0)
    h = x * 1
    y = run(chain, h)
    h.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@pytest.mark.chainrule_only
def test_a_saved_value_that_the_function_changes() -> None:
    def function(x: Any) -> Any:
        y = x.exp()
        z = y.sin()
        y.mul_(2)
        return z.cos()

    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        function(x).backward()
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation[\s\S]*y.mul_\(2\)"):
        run(function, x).backward()


def test_an_exception_in_the_function() -> None:
    def function(x: Any) -> Any:
        chain(x)
        raise OSError("no")

    x = leaf(2.0)
    with pytest.raises(OSError, match="no"):
        run(function, x)
    packed: list[Any] = []
    with saved_tensors_hooks(packed.append, lambda t: t):
        x.exp()
    assert len(packed) == 1


def test_a_saved_tensor_is_read_once() -> None:
    class Twice(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return ctx.saved_tensors[0] * g + ctx.saved_tensors[0] * g

    with pytest.raises(CheckpointError, match="already unpacked once"):
        run(Twice.apply, leaf(2.0)).backward()


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_the_same_random_numbers_are_drawn_again(use_reentrant: bool) -> None:
    drawn: list[Any] = []

    def function(x: Any) -> Any:
        drawn.append(torch.rand(3, dtype=torch.float64))
        return (x * drawn[-1]).sin()

    for preserve in (True, False):
        drawn.clear()
        torch.manual_seed(0)
        out = checkpoint(function, leaf(1.0, 2.0, 3.0), use_reentrant=use_reentrant, preserve_rng_state=preserve)
        torch.rand(1)
        before = torch.get_rng_state()
        out.sum().backward()
        first, again = [numbers.tolist() for numbers in drawn]
        assert (first == again) is preserve
        assert torch.equal(torch.get_rng_state(), before) is preserve


# -- contexts and groups --------------------------------------------------------------------------------------------------------


def test_contexts_of_the_call_and_of_the_recomputation() -> None:
    log: list[str] = []

    @contextlib.contextmanager
    def noted(name: str) -> Iterator[None]:
        log.append(f"enter {name}")
        yield
        log.append(f"leave {name}")

    y = run(Counted(chain), leaf(2.0), context_fn=lambda: (noted("call"), noted("again")), early_stop=False)
    assert log == ["enter call", "leave call"]
    y.backward()
    assert log[2:] == ["enter again", "leave again"]


def test_a_context_must_not_swallow_exceptions() -> None:
    def fail(x: Any) -> Any:
        raise OSError

    with pytest.raises(RuntimeError, match="suppressed an exception"):
        run(fail, leaf(2.0), context_fn=lambda: (contextlib.suppress(OSError), contextlib.nullcontext()))


def test_a_group_of_backwards_computes_once() -> None:
    def function(x: Any, y: Any) -> Any:
        return x.exp().sin(), y.exp().sin()

    for grouped in (True, False):
        x, y, counted = leaf(1.0), leaf(2.0), Counted(function)
        a, b = run(counted, x, y)
        with GraphExecGroup() if grouped else contextlib.nullcontext():
            a.backward()
            b.backward()
        assert counted.calls == (2 if grouped else 3)
        assert [x.grad.tolist(), y.grad.tolist()] == gradients(lambda x, y: sum(function(x, y)), x, y)


def test_what_a_group_refuses() -> None:
    x = leaf(1.0)
    y = run(chain, x)
    with GraphExecGroup():
        y.backward(retain_graph=True)
        with pytest.raises(CheckpointError, match="already unpacked once"):
            y.backward()
        with pytest.raises(RuntimeError, match="cannot be nested"), GraphExecGroup():
            pass
    y.backward()
