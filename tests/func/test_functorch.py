"""What functorch had before it became torch.func."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule import func as functorch
from chainrule.autograd import forward_ad


def test_a_module_is_split_into_a_function_and_its_state() -> None:
    norm = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).eval()
    function, params, buffers = functorch.make_functional_with_buffers(norm)
    x = torch.arange(12.0).reshape(4, 3)
    assert torch.equal(function(params, buffers, x), norm(x))
    doubled = tuple([2 * value for value in params])
    assert not torch.equal(function(doubled, buffers, x), norm(x))
    assert torch.equal(function(params, buffers, x), norm(x))
    assert function.param_names == tuple([name for name, _ in norm.named_parameters()])
    with pytest.raises(RuntimeError, match="buffers"):
        functorch.make_functional(norm)


def test_its_tangent_follows_that_of_the_parameters() -> None:
    model = torch.nn.Linear(3, 2)
    function, params = functorch.make_functional(model)
    x = torch.arange(6.0).reshape(2, 3)
    moves = (torch.ones(2, 3), torch.zeros(2))
    out, tangent = functorch.jvp(lambda params: function(params, x), (params,), (moves,))
    assert torch.equal(out, model(x))
    assert tangent.tolist() == [[3.0, 3.0], [12.0, 12.0]]


def test_without_tracking_the_parameters_require_no_gradient() -> None:
    for disabled in (False, True):
        _, params = functorch.make_functional(torch.nn.Linear(3, 2), disable_autograd_tracking=disabled)
        assert [value.requires_grad for value in params] == [not disabled] * 2


def test_an_ensemble_is_a_batch_of_parameters() -> None:
    models = [torch.nn.Linear(3, 2) for _ in range(4)]
    function, params, buffers = functorch.combine_state_for_ensemble(models)
    x = torch.arange(6.0).reshape(2, 3)
    together = functorch.vmap(function, in_dims=(0, 0, None))(params, buffers, x)
    assert torch.allclose(together, torch.stack([model(x) for model in models]))


def test_unpacking_gives_the_very_tangent_unless_it_was_brought_into_form() -> None:
    primal, tangent = torch.ones(3, 3), torch.arange(9.0).reshape(3, 3)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(primal, tangent)
        assert forward_ad.unpack_dual(dual).tangent is tangent
        assert forward_ad.unpack_dual(dual.clone()).tangent is not tangent
        turned = forward_ad.unpack_dual(forward_ad.make_dual(primal, tangent.T)).tangent
        assert turned is not tangent.T
        assert torch.equal(turned, tangent.T)
        dual.mul_(2)
        assert torch.equal(forward_ad.unpack_dual(dual).tangent, 2 * tangent)
    assert forward_ad.unpack_dual(dual).tangent is None


def test_what_has_moved_says_where_to() -> None:
    from chainrule import functorch as moved

    x = torch.tensor(3.0)
    for name, call in {
        "vmap": lambda: moved.vmap(torch.square)(x[None])[0],
        "func.functional_call": lambda: moved.make_functional(torch.nn.Identity())[0]((), x.square()),
        "func.grad_and_value": lambda: moved.grad_and_value(torch.square)(x)[1],
        "func.jvp": lambda: moved.jvp(torch.square, (x,), (x,))[0],
    }.items():
        with pytest.warns(FutureWarning, match=rf"Please use `torch\.{name}`"):
            assert call().item() == 9
    with pytest.raises(AttributeError):
        moved.functional_call  # noqa: B018
