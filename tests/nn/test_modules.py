"""What modules do beyond PyTorch's recorded answers."""

from __future__ import annotations

import copy
import gc
import warnings
import weakref
from collections.abc import Callable

import pytest

import chainrule as torch
from chainrule import nn


def test_a_refused_insertion_changes_nothing() -> None:
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    for refused in (lambda: layers.insert(0, 3), lambda: layers.append(3), lambda: layers.__setitem__(0, 3)):
        with pytest.raises(TypeError):
            refused()
        assert [type(layer) for layer in layers] == [nn.ReLU, nn.Tanh]


def test_a_refused_parameter_leaves_the_attribute() -> None:
    module = nn.PReLU()
    before = module.weight
    with pytest.raises(TypeError, match="cannot assign"):
        module.weight = torch.ones(1)
    assert module.weight is before


def test_a_vector_that_is_too_short_changes_no_parameter() -> None:
    first, second = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    with pytest.raises(RuntimeError):
        nn.utils.vector_to_parameters(torch.ones(3), [first, second])
    assert first.tolist() == second.tolist() == [0, 0]


def test_refused_clipping_leaves_the_gradients() -> None:
    p = torch.zeros(2, requires_grad=True)
    p.grad = torch.tensor([3.0, float("nan")])
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad[0] == 3


def test_a_backward_hook_returns_as_many_gradients_as_it_got() -> None:
    three = 3
    for register in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        for returned in (torch.ones(2), (), three):
            relu = nn.ReLU()
            getattr(relu, register)(lambda module, *grads, returned=returned: returned)
            with pytest.raises(TypeError if returned is three else RuntimeError):
                relu(torch.ones(2, requires_grad=True)).sum().backward()
        relu = nn.ReLU()
        getattr(relu, register)(lambda module, *grads: [grads[0][0] * 10])
        x = torch.ones(2, requires_grad=True)
        relu(x).sum().backward()
        assert x.grad.tolist() == [10, 10]


def test_a_backward_hook_runs_for_each_order() -> None:
    tanh, seen = nn.Tanh(), []
    tanh.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append(grad_input[0].item()))
    x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(tanh(x), x, create_graph=True)
    assert seen == [slope.item()]
    (second,) = torch.autograd.grad(slope, x)
    y = x.tanh().item()
    assert second.item() == pytest.approx(-2 * y * (1 - y * y))


def test_a_loading_hook_of_a_copy_gets_the_copy() -> None:
    module, seen = nn.PReLU(), []
    module.register_load_state_dict_pre_hook(lambda owner, *_: seen.append(owner))
    other = copy.deepcopy(module)
    other.load_state_dict(other.state_dict())
    assert seen == [other]


def test_conversion_after_a_backward_keeps_training() -> None:
    module = nn.PReLU()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    module(-torch.ones(1)).sum().backward()
    module.double()
    optimizer.step()
    assert module.weight.dtype == torch.float64
    assert module.weight.item() == 0.75


def test_a_module_and_its_graph_are_freed_without_the_collector() -> None:
    gc.disable()
    try:
        net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
        net(torch.ones(1, 2)).sum().backward()
        gone = weakref.ref(net[0].weight)
        del net
        assert gone() is None
    finally:
        gc.enable()


def test_parameters_of_a_subclass_keep_their_class_and_train() -> None:
    class Weight(torch.Tensor):
        pass

    module = nn.Module()
    module.weight = nn.Parameter(torch.ones(2).as_subclass(Weight))
    assert type(module.weight) is Weight
    (module.weight * 3).sum().backward()
    assert [p.grad.tolist() for p in module.parameters()] == [[3, 3]]
    assert type(copy.deepcopy(module).weight) is Weight
    assert list(copy.deepcopy(module).state_dict()) == ["weight"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.functional.softmax(torch.zeros(2)),
        lambda: nn.Softmax()(torch.zeros(2)),
        lambda: nn.LogSoftmax()(torch.zeros(2)),
        lambda: nn.ReLU().state_dict({}),
        lambda: nn.init.kaiming_uniform_(torch.zeros(0, 2)),
        lambda: nn.ReLU().to(torch.complex64),
    ],
    ids=range(6),
)
def test_warnings_name_the_line_that_calls(call: Callable[[], object]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, call.__code__.co_firstlineno)]


def test_a_method_is_shown_as_one_of_module() -> None:
    layer = nn.Linear(2, 3, bias=False)
    assert (
        repr(layer.state_dict)
        == "<bound method Module.state_dict of Linear(in_features=2, out_features=3, bias=False)>"
    )
    assert repr(layer.get_submodule).startswith("<bound method Module.get_submodule of ")


def test_a_lazy_layer_may_be_filled_before_its_shape_is_known() -> None:
    layer = nn.LazyLinear(2)
    assert layer.weight.data.normal_(0, 0.01).shape == (0,)
    assert layer.bias.data.fill_(0).requires_grad is False
    torch.manual_seed(0)
    layer(torch.ones(1, 3))
    torch.manual_seed(0)
    assert torch.equal(layer.weight, nn.Linear(3, 2).weight)
    assert layer.weight.requires_grad
