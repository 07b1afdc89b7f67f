"""Checkpoints: the gradients of the plain function, without what it saves."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule import func
from chainrule.autograd import grad, gradgradcheck
from chainrule.autograd.graph import saved_tensors_hooks
from chainrule.utils.checkpoint import (
    CheckpointFunction,
    DefaultDeviceType,
    check_backward_validity,
    checkpoint,
    checkpoint_sequential,
    detach_variable,
    get_device_states,
    set_checkpoint_early_stop,
    set_device_states,
)

from .checkpointed import Counted, chain, gradients, leaf, run

both = pytest.mark.parametrize("use_reentrant", [False, True], ids=["plain", "reentrant"])


# -- what comes out -------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "function",
    [
        chain,
        lambda x, y: (x * y).sin() * x,
        lambda x, y: (x.exp(), (x * y).cos().sum()),
        lambda x: x,
        lambda x: x[1:] * x[0],
        lambda x: x.clone().mul_(2).exp_().sin(),
        lambda x: torch.stack([x, x * x]).prod(0),
    ],
)
def test_gradients_are_those_of_the_function(function: Callable[..., Any], use_reentrant: bool) -> None:
    inputs = [leaf(0.5, 2.0), leaf(-1.0, 3.0)][: function.__code__.co_argcount]
    wanted = gradients(function, *inputs)
    assert gradients(lambda *args: checkpoint(function, *args, use_reentrant=use_reentrant), *inputs) == wanted


@both
def test_values_are_those_of_the_function(use_reentrant: bool) -> None:
    x = leaf(0.5, 2.0)
    out = checkpoint(chain, x, use_reentrant=use_reentrant)
    assert out.tolist() == chain(x).tolist()
    assert out.requires_grad


@both
def test_captured_tensors_and_other_arguments(use_reentrant: bool) -> None:
    x, w = leaf(0.5, 2.0), leaf(3.0, 4.0)
    out = checkpoint(lambda x, n, m: (x * w).exp() ** n * m, x, 2, torch.ones(2), use_reentrant=use_reentrant)
    out.sum().backward()
    got = [x.grad.tolist(), w.grad.tolist()]
    x.grad = w.grad = None
    ((x * w).exp() ** 2).sum().backward()
    assert got == [x.grad.tolist(), w.grad.tolist()]


def test_keyword_arguments_go_to_the_function() -> None:
    x, y = leaf(0.5), leaf(2.0)
    run(lambda x, *, factor: (x * factor).exp(), x, factor=y, preserve_rng_state=False).backward()
    assert y.grad.item() == pytest.approx(0.5 * 2.718281828459045)
    with pytest.raises(ValueError, match="Unexpected keyword arguments: factor"):
        checkpoint(lambda x, factor: x, x, use_reentrant=True, factor=y)


def test_several_backwards_and_orders() -> None:
    x, cube = leaf(2.0), Counted(lambda x: (x * x).exp().log() * x)
    y = run(cube, x)
    (g,) = grad(y, x, create_graph=True)
    (h,) = grad(g, x, create_graph=True)
    (i,) = grad(h, x)
    assert [g.item(), h.item(), i.item()] == pytest.approx([12.0, 12.0, 6.0])
    y = run(cube, x)
    calls = cube.calls
    for times in (1, 2):
        y.backward(retain_graph=True)
        assert cube.calls == calls + times  # each backward computes once more
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()
    assert x.grad.item() == pytest.approx(36.0)


def test_a_gradient_by_a_value_inside() -> None:
    x, seen = leaf(2.0), []

    def function(x: Any) -> Any:
        seen.append(x.exp())
        return seen[-1].sin()

    y = run(function, x)
    assert grad(y, seen[0])[0].item() == pytest.approx(seen[0].cos().item())


def test_a_saved_value_can_be_looked_at() -> None:
    x, chained = leaf(2.0), Counted(chain)
    y = run(chained, x)
    assert y.grad_fn._saved_self.item() == pytest.approx(x.exp().sin().exp().item())
    assert chained.calls == 2
    y.backward()
    assert chained.calls == 3


def test_without_gradients_the_function_is_simply_called() -> None:
    x, chained = leaf(2.0), Counted(chain)
    with torch.no_grad():
        out = run(chained, x)
    assert not out.requires_grad
    assert chained.calls == 1
    assert not run(chained, x.detach()).requires_grad


@both
def test_the_way_is_to_be_said(use_reentrant: bool) -> None:
    x = leaf(2.0)
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        out = checkpoint(chain, x)
    assert type(out.grad_fn).__name__ == "CheckpointFunctionBackward"
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        checkpoint_sequential([chain], 1, x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint(chain, x, use_reentrant=use_reentrant)


@pytest.mark.chainrule_only
def test_transforms_of_regions() -> None:
    x = torch.tensor([[0.5, 2.0], [-1.0, 0.3]], dtype=torch.float64)

    def nested(x: Any) -> Any:
        return run(lambda x: chain(run(chain, x)), x).sum()

    def plain(x: Any) -> Any:
        return chain(chain(x)).sum()

    for transform in (func.grad, func.jacfwd, func.hessian, lambda f: func.vmap(func.hessian(f)), func.jacrev):
        torch.testing.assert_close(transform(nested)(x), transform(plain)(x))
    assert gradgradcheck(nested, x.requires_grad_(), check_fwd_over_rev=True, check_batched_grad=True)


# -- memory and time --------------------------------------------------------------------------------------------------------


@pytest.mark.chainrule_only
@both
def test_nothing_inside_is_kept_alive(use_reentrant: bool) -> None:
    alive: list[weakref.ref[Any]] = []

    def watched(x: Any) -> Any:
        for _ in range(3):
            h = x.exp()
            alive.append(weakref.ref(h._array))
            x = h.sin()
        return x.sum()

    x = leaf(*range(100))
    y = checkpoint(watched, x, use_reentrant=use_reentrant)
    assert [ref() for ref in alive] == [None] * 3
    (y * 1).backward()
    assert [ref() for ref in alive] == [None] * 6
    alive.clear()
    y = watched(x)
    assert not any(ref() is None for ref in alive)


@pytest.mark.chainrule_only
def test_the_arguments_of_an_inner_region_are_not_kept_alive() -> None:
    alive: list[weakref.ref[Any]] = []

    def outer(x: Any) -> Any:
        h = x.exp()
        alive.append(weakref.ref(h._array))
        return run(chain, h).sum()

    y = run(outer, leaf(*range(100)))
    assert alive[0]() is None
    y.backward()
    assert [ref() for ref in alive] == [None, None]


@pytest.mark.chainrule_only
def test_what_a_backward_does_not_use_is_let_go_at_its_end() -> None:
    alive: list[weakref.ref[Any]] = []

    def function(x: Any, y: Any) -> Any:
        a, b = x.exp(), y.exp()
        alive.append(weakref.ref(a._array))
        return a.sin().sum() + b.sin().sum()

    x, y = leaf(*range(100)), leaf(*range(100))
    out = run(function, x, y)
    grad(out, y, retain_graph=True)
    assert [ref() for ref in alive] == [None, None]
    out.backward()


def test_hooks_outside_see_the_arguments_only() -> None:
    packed: list[Any] = []
    x, c = leaf(0.5, 2.0), torch.ones(2)
    with saved_tensors_hooks(lambda t: (packed.append(t.tolist()), t)[1], lambda t: t):
        y = run(lambda x, c, n: chain(x) * c, x, c, 3)
    assert packed == [[0.5, 2.0], [1.0, 1.0]]
    y.sum().backward()
    assert x.grad is not None


@pytest.mark.parametrize("stop", [True, False])
def test_the_recomputation_stops_when_everything_is_there(stop: bool) -> None:
    x = leaf(2.0)
    for choose in ("argument", "context"):
        function = Counted(lambda x: x.exp().sin() + 1)
        if choose == "argument":
            y = run(function, x, early_stop=stop)
        else:
            with set_checkpoint_early_stop(stop):
                y = run(function, x, early_stop=not stop)
        y.backward()
        assert (function.calls, function.ends) == (2, 1 if stop else 2)


@pytest.mark.chainrule_only
def test_a_stop_is_no_error_that_the_function_could_catch() -> None:
    x, caught = leaf(2.0), []

    def function(x: Any) -> Any:
        try:
            return x.exp().sin()
        except Exception as error:
            caught.append(error)
            raise

    run(function, x).backward()
    assert caught == []


# -- nesting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [2, 3])
def test_nested_regions(depth: int) -> None:
    x = leaf(0.5, 2.0)
    wanted = gradients(lambda x: chain(chain(chain(x * 2).sin() * x)), x)

    def nested(x: Any) -> Any:
        inner = lambda x: run(chain, x).sin()  # noqa: E731
        middle = (lambda x: run(inner, x * 2) * x) if depth == 3 else (lambda x: inner(x * 2) * x)
        return run(lambda x: chain(run(chain, middle(x))), x)

    assert gradients(nested, x) == wanted


def test_a_nested_region_is_computed_again_with_the_one_around_it() -> None:
    x, inner = leaf(2.0), Counted(chain)
    outer = Counted(lambda x: run(inner, x.sin()).sin())
    run(outer, x).backward()
    assert (outer.calls, inner.calls) == (2, 3)


def test_second_derivatives_of_nested_regions() -> None:
    x = leaf(0.5)

    def second(function: Callable[..., Any]) -> float:
        (g,) = grad(function(x), x, create_graph=True)
        return grad(g, x)[0].item()

    assert second(lambda x: run(lambda x: run(chain, x * 2).sin(), x)) == second(lambda x: chain(x * 2).sin())


@pytest.mark.parametrize("stop", [True, False])
@pytest.mark.parametrize("retain", [True, False])
def test_a_backward_inside_a_region(retain: bool, stop: bool) -> None:
    def function(x: Any) -> Any:
        z = x.sin().cos()
        (g,) = grad(z, x, retain_graph=retain)
        return x.cos() * g * (z if retain else 1)

    x = leaf(0.7)
    (wanted,) = gradients(function, x)
    assert gradients(lambda x: run(function, x, early_stop=stop), x)[0] == pytest.approx(wanted)


# -- in sequence ----------------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_functions_in_sequence(segments: int, use_reentrant: bool) -> None:
    functions = [Counted(f) for f in (torch.exp, torch.sin, torch.exp, torch.cos, torch.exp)]
    x = leaf(0.5)
    checkpoint_sequential(functions, segments, x, use_reentrant=use_reentrant).backward()
    last = (segments - 1) * (5 // segments)
    assert [f.calls for f in functions] == [2] * last + [1] * (5 - last)
    assert x.grad.tolist() == gradients(lambda x: x.exp().sin().exp().cos().exp(), x)[0]


def test_what_in_sequence_refuses() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - PyTorch's text is of range()
        checkpoint_sequential([chain], 2, leaf(1.0), use_reentrant=False)
    with pytest.raises(ValueError, match="Unexpected keyword arguments: factor"):
        checkpoint_sequential([chain], 1, leaf(1.0), use_reentrant=False, factor=1)
    assert checkpoint_sequential([chain], 1, leaf(1.0), use_reentrant=False, preserve_rng_state=False).requires_grad


@pytest.mark.chainrule_only
def test_the_children_of_a_module_in_sequence() -> None:
    class Steps:
        def children(self) -> Any:
            return iter([torch.exp, torch.sin])

    assert checkpoint_sequential(Steps(), 2, leaf(1.0), use_reentrant=False).item() == leaf(1.0).exp().sin().item()


# -- with reentrance ------------------------------------------------------------------------------------------------------------


def test_reentrance_allows_only_the_plain_backward() -> None:
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match=r"incompatible with \.grad\(\) or passing an `inputs` parameter"):
        grad(checkpoint(chain, x, use_reentrant=True), x)
    with pytest.raises(RuntimeError, match=r"incompatible with \.grad\(\) or passing an `inputs` parameter"):
        checkpoint(chain, x, use_reentrant=True).backward(inputs=[x])
    assert x.grad is None


def test_reentrance_needs_inputs_and_outputs_with_gradients() -> None:
    w = leaf(2.0)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
        assert not checkpoint(lambda x: x * w, torch.ones(1), use_reentrant=True).requires_grad
    with pytest.raises(RuntimeError, match="none of output has requires_grad=True"):
        checkpoint(lambda x: x.detach() * 2, w, use_reentrant=True).sum().backward()


def test_the_whole_function_runs_again() -> None:
    x, function = leaf(2.0), Counted(lambda x: x.exp() + 1)
    out = CheckpointFunction.apply(function, True, x)
    out.backward()
    assert (function.calls, function.ends) == (2, 2)


def test_several_outputs_of_which_one_is_used() -> None:
    x = leaf(2.0)
    a, _, n = checkpoint(lambda x: (x * 3, x.exp(), 7), x, use_reentrant=True)
    a.backward()
    assert x.grad.item() == 3.0
    assert n == 7


# -- helpers --------------------------------------------------------------------------------------------------------------------


def test_detach_variable() -> None:
    x, c = leaf(1.0), torch.ones(1)
    a, b, n = detach_variable((x * 2, c, 3))
    assert [a.is_leaf, a.requires_grad, b.requires_grad, n] == [True, True, False, 3]
    assert a.data_ptr() != x.data_ptr()
    with pytest.raises(RuntimeError, match=r"Only tuple of tensors is supported\. Got Unsupported input type: list"):
        detach_variable([x])


def test_check_backward_validity() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_backward_validity([1, leaf(1.0)])
    with pytest.warns(UserWarning, match="Gradients will be None"):
        check_backward_validity([torch.ones(1), 2])


def test_devices() -> None:
    assert get_device_states(leaf(1.0), 3) == ([], [])
    set_device_states([], [])
    before = DefaultDeviceType.get_device_type()
    assert before == "cpu"
    DefaultDeviceType.set_device_type("xla")
    assert DefaultDeviceType.get_device_type() == "xla"
    DefaultDeviceType.set_device_type(before)


@pytest.mark.chainrule_only
def test_states_of_devices_that_do_not_exist() -> None:
    with pytest.raises(RuntimeError, match="there is no device 0"):
        set_device_states([0], [torch.ones(1)])


def test_it_is_there_without_an_import_of_its_own() -> None:
    assert torch.utils.checkpoint.checkpoint is checkpoint
