"""What is a leaf, what requires grad, what detaching does, and where a tensor sits in the graph."""

from __future__ import annotations

import copy
import pickle

import pytest

import chainrule as torch
from chainrule.autograd import grad


def test_tensors_made_by_the_user_are_leaves() -> None:
    plain, leaf = torch.ones(2), torch.ones(2, requires_grad=True)
    assert (plain.is_leaf, plain.requires_grad, plain.grad_fn) == (True, False, None)
    assert (leaf.is_leaf, leaf.requires_grad, leaf.grad_fn) == (True, True, None)


def test_results_are_leaves_when_nothing_requires_grad() -> None:
    h = torch.ones(2) * 2
    assert (h.is_leaf, h.requires_grad, h.grad_fn) == (True, False, None)


def test_results_of_what_requires_grad_are_not() -> None:
    h = torch.ones(2, requires_grad=True) * 2
    assert (h.is_leaf, h.requires_grad) == (False, True)
    assert h.grad_fn.name() == "MulBackward0"


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.tensor([1.0, 2.0], requires_grad=True),
        lambda: torch.zeros(2, 3, requires_grad=True),
        lambda: torch.full((2,), 1.5, requires_grad=True),
        lambda: torch.arange(3.0, requires_grad=True),
        lambda: torch.linspace(0, 1, 3, requires_grad=True),
        lambda: torch.eye(2, requires_grad=True),
        lambda: torch.zeros_like(torch.ones(2), requires_grad=True),
        lambda: torch.tensor([1j], requires_grad=True),
    ],
)
def test_factories_take_requires_grad(make: object) -> None:
    made = make()
    assert made.requires_grad
    assert made.is_leaf
    with torch.no_grad():
        assert make().requires_grad


def test_zeros_like_does_not_inherit_requires_grad() -> None:
    assert not torch.zeros_like(torch.ones(2, requires_grad=True)).requires_grad


def test_requires_grad_() -> None:
    x = torch.ones(2)
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert x.requires_grad_(False) is x
    assert not x.requires_grad
    x.requires_grad_(requires_grad=True)
    assert x.requires_grad


def test_requires_grad_is_settable_on_leaves() -> None:
    x = torch.ones(2)
    x.requires_grad = True
    assert (x * 2).requires_grad
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_turning_the_flag_off_does_not_undo_what_was_recorded() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    h = (x * y).sum()
    x.requires_grad_(False)
    h.backward(retain_graph=True)
    assert y.grad.tolist() == [1.0, 1.0]
    x.requires_grad_()
    h.backward()
    assert x.grad.tolist() == [1.0, 1.0]


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("keeps_graph", [False, True])
@pytest.mark.parametrize("before", [None, 5.0])
def test_a_leaf_that_is_frozen_after_the_forward_gets_no_gradient(keeps_graph: bool, before: float | None) -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    x.grad = None if before is None else torch.full((2,), before)
    seen = []
    x.register_hook(seen.append)
    h = (x * y).sum()
    x.requires_grad = False
    h.backward(create_graph=keeps_graph)
    assert (None if x.grad is None else x.grad.tolist()) == (None if before is None else [before, before])
    assert len(seen) == 1


def test_requires_grad_may_be_asked_of_a_non_leaf() -> None:
    h = torch.ones(2, requires_grad=True) * 2
    assert h.requires_grad_() is h
    assert h.grad_fn.name() == "MulBackward0"


def test_the_flag_cannot_be_turned_off_on_a_non_leaf() -> None:
    h = torch.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        h.requires_grad = False
    assert h.requires_grad


def test_integers_never_require_grad() -> None:
    with pytest.raises(RuntimeError, match=r"[Oo]nly Tensors of floating point"):
        torch.tensor([1], requires_grad=True)
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    assert not x.long().requires_grad
    assert not (x > 1).requires_grad
    assert not x.argmax().requires_grad
    assert x.long().grad_fn is None


def test_detach_shares_memory_and_cuts_the_graph() -> None:
    x = torch.ones(2, requires_grad=True)
    h = x * 2
    d = h.detach()
    assert (d.requires_grad, d.is_leaf, d.grad_fn) == (False, True, None)
    d[0] = 7.0
    assert h.tolist() == [7.0, 2.0]
    assert h._version == d._version == 1


def test_detach_() -> None:
    x = torch.ones(2, requires_grad=True)
    h = x * 2
    k = h * 3
    assert h.detach_() is h
    assert (h.requires_grad, h.is_leaf, h.grad_fn) == (False, True, None)
    (g,) = grad(k.sum(), x)
    assert g.tolist() == [6.0, 6.0]


def test_detach_of_an_intermediate_value_makes_a_new_leaf_on_demand() -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).detach().requires_grad_()
    (y * y).sum().backward()
    assert y.grad.tolist() == [4.0, 4.0]
    assert x.grad is None


def test_data_is_detached_and_has_its_own_version() -> None:
    x = torch.ones(2, requires_grad=True)
    d = x.data
    assert (d.requires_grad, d.grad_fn) == (False, None)
    d.add_(1)
    assert x.tolist() == [2.0, 2.0]
    assert (x._version, d._version) == (0, 1)


def test_data_can_be_replaced() -> None:
    x = torch.ones(2, requires_grad=True)
    x.data = torch.tensor([5.0, 6.0])
    assert x.tolist() == [5.0, 6.0]
    assert x.requires_grad
    assert x.is_leaf
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 12.0]


def test_the_training_loop_of_every_course() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    for _ in range(3):
        loss = ((w - 3) ** 2).sum()
        loss.backward()
        w.data -= 0.25 * w.grad.data
        w.grad.data.zero_()
    assert w.item() == 2.75


def test_the_training_loop_under_no_grad() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    for _ in range(3):
        ((w - 3) ** 2).sum().backward()
        with torch.no_grad():
            w -= 0.25 * w.grad
            w.grad = None
    assert w.item() == 2.75
    assert w.is_leaf
    assert w.requires_grad


def test_output_nr() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert x.output_nr == 0
    assert [part.output_nr for part in x.unbind()] == [0, 1, 2]
    assert (x * 2).output_nr == 0


def test_grad_fn_is_one_object() -> None:
    h = torch.ones(2, requires_grad=True) * 2
    assert h.grad_fn is h.grad_fn
    assert h.grad_fn.next_functions[0][0] is h.grad_fn.next_functions[0][0]


def test_one_accumulator_for_each_leaf() -> None:
    x = torch.ones(2, requires_grad=True)
    h, k = x * 2, x + 1
    accumulator = h.grad_fn.next_functions[0][0]
    assert accumulator is k.grad_fn.next_functions[0][0]
    assert accumulator.variable is x


def test_clone_is_recorded_and_copies() -> None:
    x = torch.ones(2, requires_grad=True)
    c = x.clone()
    assert c.grad_fn.name() == "CloneBackward0"
    with torch.no_grad():
        c.add_(1)
    assert x.tolist() == [1.0, 1.0]


def test_views_know_their_base() -> None:
    x = torch.ones(2, 3)
    v = x[0]
    assert v._is_view()
    assert v._base is x
    assert v[1:]._base is x
    assert x._base is None
    assert not x._is_view()
    assert not (x * 1)._is_view()


def test_deepcopy_of_a_leaf_copies_values_flag_and_grad() -> None:
    x = torch.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    c = copy.deepcopy(x)
    assert (c.tolist(), c.requires_grad, c.grad.tolist()) == ([1.0, 1.0], True, [3.0, 3.0])
    assert c.is_leaf
    c.grad.zero_()
    with torch.no_grad():
        c.zero_()
    assert (x.tolist(), x.grad.tolist()) == ([1.0, 1.0], [3.0, 3.0])


@pytest.mark.chainrule_only  # PyTorch asks subclasses for a new_empty of their own
def test_copies_of_a_leaf_of_a_subclass_get_gradients_of_their_own() -> None:
    class Scale(torch.Tensor):
        pass

    x = torch.tensor([1.0, 2.0]).as_subclass(Scale).requires_grad_()
    for c in (copy.copy(x), copy.deepcopy(x)):
        assert type(c) is Scale
        (c * 3).sum().backward()
        assert c.grad.tolist() == [3, 3]
    assert x.grad is None


def test_deepcopy_keeps_sharing_within_what_is_copied() -> None:
    x = torch.ones(2, requires_grad=True)
    a, b = copy.deepcopy([x, x])
    assert a is b


def test_deepcopy_of_a_non_leaf_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(torch.ones(2, requires_grad=True) * 2)


def test_copy_shares_memory() -> None:
    x = torch.ones(2)
    c = copy.copy(x)
    assert c is not x
    c[0] = 5.0
    assert x.tolist() == [5.0, 1.0]


def test_pickle_of_leaves() -> None:
    for x in (torch.ones(2, requires_grad=True), torch.tensor([[1, 2]]), torch.tensor(1.5, dtype=torch.float64)):
        y = pickle.loads(pickle.dumps(x))
        assert (y.tolist(), y.dtype, y.requires_grad, y.is_leaf) == (x.tolist(), x.dtype, x.requires_grad, True)


def test_tensors_are_told_apart_by_identity() -> None:
    x, y = torch.ones(2), torch.ones(2)
    assert len({x, y, x}) == 2
    assert hash(x) == hash(x)


def test_grad_must_fit() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="attempting to assign a gradient"):
        x.grad = torch.ones(3)
    with pytest.raises(TypeError, match="Tensor"):
        x.grad = 3.0
    assert x.grad is None
    x.grad = torch.full((2,), 5.0)
    assert x.grad.tolist() == [5.0, 5.0]


def test_gradients_of_values_turned_leaf_under_no_grad() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        h = x * 2
    assert h.is_leaf
    assert not h.requires_grad
    h.requires_grad_()
    (h * h).sum().backward()
    assert h.grad.tolist() == [4.0, 4.0]
    assert x.grad is None


@pytest.mark.chainrule_only  # PyTorch takes other dtypes, too
def test_the_dtype_of_a_gradient() -> None:
    x = torch.ones(2, requires_grad=True)
    x.grad_dtype = torch.float32
    assert x.grad_dtype is torch.float32
    with pytest.raises(RuntimeError, match="must be a leaf's own dtype"):
        x.grad_dtype = torch.float16
    with pytest.raises(RuntimeError, match="only be accessed on leaf tensors"):
        (x * 2).grad_dtype  # noqa: B018


def test_variable_is_tensor() -> None:
    x = torch.autograd.Variable(torch.ones(2), requires_grad=True)
    assert isinstance(x, torch.Tensor)
    assert isinstance(x, torch.autograd.Variable)
    assert x.requires_grad
    assert not torch.autograd.Variable(torch.ones(2)).requires_grad


# -- what is in .grad of a recorded backward ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_recorded_gradient_is_a_copy() -> None:
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    h = x * 2
    h.retain_grad()
    (h**2).sum().backward(create_graph=True)
    assert repr(x.grad) == "tensor([16., 24.], grad_fn=<CopyBackwards>)"
    assert repr(h.grad) == "tensor([ 8., 12.], grad_fn=<CloneBackward0>)"
    found = torch.autograd.grad((h**2).sum(), (x, h), create_graph=True)
    assert [type(g.grad_fn).__name__ for g in found] == ["MulBackward0", "MulBackward0"]
    x.grad = None
    x.sum().backward(create_graph=True)
    assert x.grad.stride() == (1,)
    assert not x.grad.requires_grad


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("value", [2.0, [2.0, 3.0]])
def test_a_backward_adds_in_place_to_a_recorded_gradient(value: object) -> None:
    x = torch.tensor(value, requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    (x**2).sum().backward()
    assert x.grad is g
    assert torch.equal(g, 3 * x**2 + 2 * x)
    assert torch.equal(torch.autograd.grad(g.sum(), x)[0], 6 * x)


def test_a_variable_is_not_volatile() -> None:
    with pytest.warns(UserWarning, match="volatile was removed and now has no effect"):
        v = torch.autograd.Variable(torch.ones(1), volatile=True)
    assert not v.requires_grad
    with pytest.raises(ValueError, match="can't be volatile and require_grad"):
        torch.autograd.Variable(torch.ones(1), requires_grad=True, volatile=True)
