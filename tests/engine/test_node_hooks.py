"""The graph as users see it, and hooks on its nodes."""

from __future__ import annotations

import gc
import weakref

import pytest

import chainrule as torch
from chainrule.autograd import grad
from chainrule.autograd.graph import Node, get_gradient_edge


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


# -- what a node says -------------------------------------------------------------------------------------------------


def test_every_grad_fn_is_a_node() -> None:
    h = leaf(2.0) * 2
    assert isinstance(h.grad_fn, Node)
    assert isinstance(h.grad_fn.next_functions[0][0], Node)
    assert not isinstance(h, Node)


def test_repr_starts_with_the_class_name() -> None:
    h = leaf(2.0) * 2
    assert repr(h.grad_fn).startswith("<MulBackward0 object at 0x")
    assert type(h.grad_fn).__name__ == "MulBackward0"


def test_next_functions() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h = x * y
    node = (h + 1).grad_fn
    assert node.next_functions == ((h.grad_fn, 0), (None, 0))
    (px, nx), (py, ny) = h.grad_fn.next_functions
    assert (px.variable, py.variable, nx, ny) == (x, y, 0, 0)
    assert px.next_functions == ()


def test_next_functions_give_the_output_number() -> None:
    p, q = leaf(1.0, 2.0).unbind()
    assert (p * q).grad_fn.next_functions == ((p.grad_fn, 0), (p.grad_fn, 1))


def test_the_accumulator_of_a_leaf() -> None:
    x = leaf(2.0)
    node = (x * 2).grad_fn.next_functions[0][0]
    assert type(node).__name__ == "AccumulateGrad"
    assert node.name() == "torch::autograd::AccumulateGrad"
    assert node.variable is x
    assert node.requires_grad


def test_metadata_is_the_users_own() -> None:
    x = leaf(2.0)
    h = x * 2
    assert h.grad_fn.metadata == {}
    h.grad_fn.metadata["place"] = "here"
    k = h * 3
    assert k.grad_fn.next_functions[0][0].metadata == {"place": "here"}


def test_sequence_numbers_grow() -> None:
    x = leaf(2.0)
    h = x * 2
    k = h * 3
    assert k.grad_fn._sequence_nr() > h.grad_fn._sequence_nr()


def test_nodes_can_be_keys() -> None:
    h = leaf(2.0) * 2
    assert {h.grad_fn: 1}[h.grad_fn] == 1


def test_the_graph_can_be_walked_by_name() -> None:
    x, w, b = torch.tensor([3.0]), leaf(2.0), leaf(1.0)
    node = (x * w + b).relu().grad_fn
    names = []
    while node is not None:
        names.append(node.name())
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    assert names == ["ReluBackward0", "AddBackward0", "MulBackward0", "torch::autograd::AccumulateGrad"]


def test_saved_inputs_keep_their_place_in_the_graph() -> None:
    x = leaf(2.0)
    h = x * 2
    node = (x * h).grad_fn
    assert get_gradient_edge(node._saved_self) == get_gradient_edge(x)
    assert node._saved_other.grad_fn is h.grad_fn


def test_saved_outputs() -> None:
    x = leaf(2.0)
    h = x.exp()
    saved = h.grad_fn._saved_result
    assert saved.tolist() == h.tolist()
    assert saved.requires_grad
    assert saved.grad_fn is h.grad_fn
    saved.sum().backward()
    assert x.grad.item() == pytest.approx(7.389056)


def test_saved_values_share_memory() -> None:
    x, y = leaf(2.0), torch.tensor([3.0])
    node = (x * y).grad_fn
    node._saved_other[0] = 5.0
    assert y.item() == 5.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        _ = node._saved_other


def test_saved_values_after_the_graph_was_freed() -> None:
    x = leaf(2.0)
    h = x.exp()
    h.sum().backward()
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        _ = h.grad_fn._saved_result


def test_numbers_saved_stay_after_the_graph_was_freed() -> None:
    x = leaf(2.0)
    h = x**3
    h.sum().backward()
    assert h.grad_fn._saved_exponent == 3


def test_a_name_that_was_not_saved() -> None:
    with pytest.raises(AttributeError, match="_saved_nothing"):
        _ = leaf(2.0).exp().grad_fn._saved_nothing


# -- hooks ------------------------------------------------------------------------------------------------------------


def test_a_hook_sees_gradients_in_and_out() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h = x * y
    seen = []
    h.grad_fn.register_hook(lambda inputs, outputs: seen.append((inputs, outputs)))
    (h * 10).sum().backward()
    inputs, outputs = seen[0]
    assert isinstance(inputs, tuple)
    assert isinstance(outputs, tuple)
    assert [g.item() for g in inputs] == [30.0, 20.0]
    assert [g.item() for g in outputs] == [10.0]


def test_a_hook_sees_none_where_no_gradient_goes() -> None:
    x = leaf(2.0)
    h = x * torch.tensor([3.0])
    seen = []
    h.grad_fn.register_hook(lambda inputs, outputs: seen.extend(inputs))
    h.sum().backward()
    assert [None if g is None else g.item() for g in seen] == [3.0, None]


def test_a_hook_replaces_the_gradients() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h = x * y
    h.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, inputs[1] * 100))
    h.sum().backward()
    assert (x.grad.item(), y.grad.item()) == (30.0, 200.0)


def test_a_prehook_replaces_the_gradients() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h = x * y
    h.grad_fn.register_prehook(lambda outputs: (outputs[0] * 10,))
    h.sum().backward()
    assert (x.grad.item(), y.grad.item()) == (30.0, 20.0)


def test_the_order_of_all_hooks() -> None:
    """Tensor hooks first, then the node's prehooks, the node, its hooks; each kind in the order of registration."""
    x = leaf(2.0)
    h = x * 3
    calls = []
    h.grad_fn.register_hook(lambda inputs, outputs: calls.append(f"hook {inputs[0].item()}"))
    h.grad_fn.register_hook(lambda inputs, outputs: calls.append("hook 2"))
    h.grad_fn.register_prehook(lambda outputs: calls.append(f"prehook {outputs[0].item()}"))
    h.register_hook(lambda g: calls.append("tensor") or g * 10)
    x.register_hook(lambda g: calls.append("leaf"))
    h.sum().backward()
    assert calls == ["tensor", "prehook 10.0", "hook 30.0", "hook 2", "leaf"]


def test_hooks_are_removed() -> None:
    x = leaf(2.0)
    h = x * 3
    hook = h.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, None))
    prehook = h.grad_fn.register_prehook(lambda outputs: (outputs[0] * 100,))
    h.sum().backward(retain_graph=True)
    assert x.grad.item() == 3000.0
    x.grad = None
    hook.remove()
    prehook.remove()
    h.sum().backward()
    assert x.grad.item() == 3.0


def test_a_hook_on_the_accumulator_runs_after_accumulation() -> None:
    x = leaf(2.0)
    h = x * 3
    seen = []
    accumulator = h.grad_fn.next_functions[0][0]
    accumulator.register_hook(lambda inputs, outputs: seen.append((x.grad.item(), inputs, outputs[0].item())))
    h.sum().backward()
    assert seen == [(3.0, (), 3.0)]


def test_a_prehook_on_the_accumulator_replaces_what_is_accumulated() -> None:
    x = leaf(2.0)
    h = x * 3
    accumulator = h.grad_fn.next_functions[0][0]
    accumulator.register_prehook(lambda outputs: (outputs[0] * 10,))
    h.sum().backward()
    assert x.grad.item() == 30.0


def test_hooks_of_a_node_with_several_outputs() -> None:
    x = leaf(1.0, 2.0, 3.0)
    p, _, r = x.unbind()
    seen = []
    p.grad_fn.register_prehook(lambda outputs: seen.append([None if g is None else g.item() for g in outputs]))
    (p * 5 + r * 7).backward()
    assert len(seen) == 1
    assert [g or 0.0 for g in seen[0]] == [5.0, 0.0, 7.0]


def test_a_hook_runs_when_grad_passes_through() -> None:
    x, y = leaf(2.0), leaf(3.0)
    h, k = x * x, y * y
    calls = []
    h.grad_fn.register_hook(lambda inputs, outputs: calls.append("h"))
    k.grad_fn.register_hook(lambda inputs, outputs: calls.append("k"))
    grad((h + k).sum(), x)
    assert calls == ["h"]


def test_a_wrong_number_of_replacements() -> None:
    x = leaf(2.0)
    h = x * 3
    h.grad_fn.register_hook(lambda inputs, outputs: (inputs[0],) * 3)
    with pytest.raises(RuntimeError, match=r"incorrect number of values.*3.*2"):
        h.sum().backward()
    assert x.grad is None


def test_nodes_and_their_hooks_are_freed() -> None:
    class Callback:
        def __call__(self, inputs: object, outputs: object) -> None:
            pass

    x = leaf(2.0)
    h = x * 3
    callback = Callback()
    reference = weakref.ref(callback)
    h.grad_fn.register_hook(callback)
    del callback, h
    gc.collect()
    assert reference() is None
