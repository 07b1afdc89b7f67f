"""Hooks on tensors: when they run, in which order, what they may return, and how they go away."""

from __future__ import annotations

import gc
import weakref

import pytest

import chainrule as torch
from chainrule.autograd import grad


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def test_a_hook_sees_the_gradient() -> None:
    x = leaf(2.0)
    h = x * x
    seen = []
    h.register_hook(seen.append)
    (h * 3).sum().backward()
    assert [g.tolist() for g in seen] == [[3.0]]
    assert isinstance(seen[0], torch.Tensor)
    assert x.grad.tolist() == [12.0]


def test_a_hook_replaces_the_gradient() -> None:
    x = leaf(2.0)
    h = x * x
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    assert x.grad.tolist() == [40.0]


def test_hooks_run_in_the_order_of_registration_each_on_the_result_of_the_one_before() -> None:
    x = leaf(2.0)
    h = x * x
    seen = []
    h.register_hook(lambda g: seen.append(("first", g.item())) or g + 1)
    h.register_hook(lambda g: seen.append(("second", g.item())))
    h.register_hook(lambda g: seen.append(("third", g.item())) or g * 10)
    h.sum().backward()
    assert seen == [("first", 1.0), ("second", 2.0), ("third", 2.0)]
    assert x.grad.tolist() == [80.0]


def test_a_hook_on_a_leaf_runs_before_accumulation_on_the_sum() -> None:
    x = leaf(2.0)
    x.grad = torch.tensor([100.0])
    seen = []
    x.register_hook(lambda g: seen.append((g.item(), x.grad.item())) or g * 10)
    (x * 3 + x * 4).sum().backward()
    assert seen == [(7.0, 100.0)]
    assert x.grad.item() == 170.0


def test_a_hook_runs_once_for_each_backward() -> None:
    x = leaf(2.0)
    calls = []
    x.register_hook(lambda g: calls.append(g.item()))
    h = (x * x).sum()
    h.backward(retain_graph=True)
    h.backward()
    (x * 5).sum().backward()
    assert calls == [4.0, 4.0, 5.0]


def test_hooks_run_in_autograd_grad_too() -> None:
    x = leaf(2.0)
    h = x * x
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (g,) = grad(h.sum(), x)
    assert g.item() == 41.0


def test_a_hook_changes_what_grad_by_that_tensor_returns() -> None:
    h = leaf(2.0) * 2
    h.register_hook(lambda g: g * 10)
    (gh,) = grad(h.sum(), h)
    assert gh.item() == 10.0


@pytest.mark.chainrule_only
def test_a_hook_changes_what_grad_returns_whatever_else_is_asked_for() -> None:
    """PyTorch answers 1 for h as soon as the pass goes on below it."""
    x = leaf(2.0)
    h = x * x
    h.register_hook(lambda g: g * 10)
    gh, gx = grad(h.sum(), [h, x])
    assert (gh.item(), gx.item()) == (10.0, 40.0)


def test_a_hook_does_not_run_where_the_pass_does_not_go() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h, k = x * x, y * y
    calls = []
    h.register_hook(lambda g: calls.append("h"))
    k.register_hook(lambda g: calls.append("k"))
    grad((h + k).sum(), x)
    assert calls == ["h"]


def test_hooks_of_a_leaf_do_not_run_for_another_input() -> None:
    x, y = leaf(2.0), leaf(3.0)
    calls = []
    y.register_hook(lambda g: calls.append("y"))
    (x * y).sum().backward(inputs=[x])
    assert calls == []


def test_remove() -> None:
    x = leaf(2.0)
    h = x * x
    handle = h.register_hook(lambda g: g * 10)
    h.sum().backward(retain_graph=True)
    handle.remove()
    handle.remove()
    h.sum().backward()
    assert x.grad.item() == 44.0


def test_the_handle_is_a_context_manager() -> None:
    x = leaf(2.0)
    with x.register_hook(lambda g: g * 10):
        (x * 1).sum().backward()
    (x * 1).sum().backward()
    assert x.grad.item() == 11.0


def test_a_hook_that_removes_itself() -> None:
    x = leaf(2.0)
    calls = []

    def once(g: torch.Tensor) -> None:
        calls.append("once")
        handle.remove()

    handle = x.register_hook(once)
    x.register_hook(lambda g: calls.append("always"))
    for _ in range(2):
        (x * 1).sum().backward()
    assert calls == ["once", "always", "always"]


def test_a_hook_registered_after_the_graph_was_built() -> None:
    x = leaf(2.0)
    h = x * x
    k = h.exp()
    h.register_hook(lambda g: g * 0)
    k.sum().backward()
    assert x.grad.item() == 0.0


def test_a_hook_keeps_working_when_the_tensor_is_gone() -> None:
    x = leaf(2.0)
    calls = []
    h = x * x
    h.register_hook(lambda g: calls.append(g.item()))
    k = (h * 3).sum()
    del h
    gc.collect()
    k.backward()
    assert calls == [3.0]


def test_a_hook_on_one_of_several_outputs() -> None:
    x = leaf(1.0, 2.0, 3.0)
    p, q, r = x.unbind()
    q.register_hook(lambda g: g * 100)
    (p + q + r).backward()
    assert x.grad.tolist() == [1.0, 100.0, 1.0]


def test_a_hook_on_a_view() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    v = h[1:]
    v.register_hook(lambda g: g * 10)
    (h + 0).sum().backward(retain_graph=True)
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
    v.sum().backward()
    assert x.grad.tolist() == [1.0, 11.0, 11.0]


def test_a_hook_stays_with_the_value_it_was_put_on_when_the_tensor_is_overwritten() -> None:
    """The hook sees the gradient of the tensor before the write, since that is what it was registered on."""
    x = leaf(2.0)
    h = x * 1
    h.register_hook(lambda g: seen.append(("before", g.item())))
    h.mul_(3)
    h.register_hook(lambda g: seen.append(("after", g.item())))
    seen: list[tuple[str, float]] = []
    (h * 5).sum().backward()
    assert seen == [("after", 5.0), ("before", 15.0)]
    assert x.grad.item() == 15.0


def test_retain_grad_follows_the_tensor_when_it_is_overwritten() -> None:
    x = leaf(2.0)
    h = x * 1
    h.retain_grad()
    h.mul_(3)
    (h * 5).sum().backward()
    assert h.grad.item() == 5.0


def test_retain_grad_keeps_the_gradient_after_the_hooks() -> None:
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    assert h.grad.item() == 10.0


def test_create_graph_gives_hooks_a_differentiable_gradient() -> None:
    x = leaf(2.0)
    h = x * x
    flags = []
    h.register_hook(lambda g: flags.append(g.requires_grad) or g * x)
    (g,) = grad((h * h).sum(), x, create_graph=True)
    assert flags == [True]
    assert g.item() == 4 * 4.0 * 4.0  # 2h * x * 2x = 4 h x**2
    (gg,) = grad(g, x)
    assert gg.item() == 8 * 4.0 * 2.0 + (4 * 4.0) * 2.0 * 4.0  # by x, and by h: there the hook doubles it again


def test_a_hook_that_returns_none_changes_nothing() -> None:
    x = leaf(2.0)
    x.register_hook(lambda g: None)
    (x * 3).sum().backward()
    assert x.grad.item() == 3.0


def test_a_hook_must_keep_the_shape() -> None:
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g[:1])
    with pytest.raises(RuntimeError, match="has changed the size of value"):
        (x * 3).sum().backward()
    assert x.grad is None


def test_a_hook_must_return_a_tensor() -> None:
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: 3.0)
    with pytest.raises(TypeError, match="float"):
        (x * 3).sum().backward()


def test_hooks_belong_to_the_tensor_not_to_a_copy() -> None:
    x = leaf(2.0)
    x.register_hook(lambda g: g * 10)
    y = x.detach().requires_grad_()
    (y * 3).sum().backward()
    assert y.grad.item() == 3.0


def test_hooks_are_freed_with_their_tensor() -> None:
    class Callback:
        def __call__(self, g: torch.Tensor) -> None:
            pass

    x = leaf(2.0)
    callback = Callback()
    reference = weakref.ref(callback)
    x.register_hook(callback)
    del callback
    assert reference() is not None
    del x
    gc.collect()
    assert reference() is None


# -- after accumulation -----------------------------------------------------------------------------------------------


def test_post_accumulate_hooks_run_after_grad_is_set() -> None:
    x = leaf(2.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, p.grad.item())))
    (x * 3).sum().backward()
    (x * 4).sum().backward()
    assert seen == [(True, 3.0), (True, 7.0)]


def test_post_accumulate_hooks_may_step_and_clear() -> None:
    """The optimizer step inside backward."""
    x = leaf(2.0)

    def step(p: torch.Tensor) -> None:
        with torch.no_grad():
            p -= 0.5 * p.grad
        p.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * 3).sum().backward()
    assert x.item() == 0.5
    assert x.grad is None


def test_post_accumulate_hooks_in_order_and_removed() -> None:
    x = leaf(2.0)
    calls = []
    first = x.register_post_accumulate_grad_hook(lambda p: calls.append(1))
    x.register_post_accumulate_grad_hook(lambda p: calls.append(2))
    (x * 3).sum().backward()
    first.remove()
    (x * 3).sum().backward()
    assert calls == [1, 2, 2]


def test_post_accumulate_hooks_do_not_run_for_autograd_grad() -> None:
    x = leaf(2.0)
    calls = []
    x.register_post_accumulate_grad_hook(lambda p: calls.append(1))
    grad((x * 3).sum(), x)
    assert calls == []


def test_post_accumulate_hooks_run_after_tensor_hooks() -> None:
    x = leaf(2.0)
    calls = []
    x.register_post_accumulate_grad_hook(lambda p: calls.append("after"))
    x.register_hook(lambda g: calls.append("before"))
    (x * 3).sum().backward()
    assert calls == ["before", "after"]


def test_post_accumulate_hooks_are_for_leaves() -> None:
    with pytest.raises(RuntimeError, match="non-leaf"):
        (leaf(2.0) * 2).register_post_accumulate_grad_hook(print)


def test_a_post_accumulate_hook_that_raises() -> None:
    x = leaf(2.0)
    x.register_post_accumulate_grad_hook(lambda p: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (x * 3).sum().backward()
    assert x.grad is None or x.grad.item() == 3.0


# -- what hooks may not return ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (torch.ones(2, dtype=torch.float64), RuntimeError),
        (torch.ones(2, dtype=torch.int32), RuntimeError),
        (torch.ones(2, 1), RuntimeError),
        ((torch.ones(2),), TypeError),
    ],
)
def test_a_gradient_keeps_its_shape_and_dtype(result: object, error: type[Exception]) -> None:
    x = torch.ones(2, requires_grad=True)
    h = x * 2
    for tensor in (h, x):
        hook = tensor.register_hook(lambda g: result)
        with pytest.raises(error):
            h.sum().backward(retain_graph=True)
        hook.remove()
    assert x.grad is None
    for register in (h.grad_fn.register_prehook, h.grad_fn.register_hook):
        hook = register(lambda *grads: result if isinstance(result, tuple) else (result, None)[: len(grads[0])])
        if error is RuntimeError:
            with pytest.raises(error):
                h.sum().backward(retain_graph=True)
        hook.remove()


def test_hooks_of_nodes_return_tuples() -> None:
    x = torch.ones(2, requires_grad=True)
    h = x * 2
    leaf = h.grad_fn.next_functions[0][0]
    for register in (h.grad_fn.register_prehook, h.grad_fn.register_hook, leaf.register_prehook):
        for result in (torch.ones(2), [torch.ones(2)], "a"):
            hook = register(lambda *grads, result=result: result)
            with pytest.raises(TypeError):
                h.sum().backward(retain_graph=True)
            hook.remove()
    leaf.register_hook(lambda inputs, outputs: (torch.ones(2),))
    with pytest.raises(RuntimeError, match="incorrect number of values"):
        h.sum().backward()


def test_post_accumulate_hooks_return_nothing() -> None:
    for result, error in ((torch.ones(2), RuntimeError), ((1,), TypeError)):
        x = torch.ones(2, requires_grad=True)
        x.register_post_accumulate_grad_hook(lambda t, result=result: result)
        with pytest.raises(error):
            (x * 2).sum().backward()
