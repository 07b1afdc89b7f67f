"""``autograd.Function``: both styles, what is saved, and derivatives through derivatives."""

from __future__ import annotations

import gc
import weakref

import pytest

import chainrule as torch
from chainrule.autograd import Function, grad
from chainrule.autograd.graph import get_gradient_edge


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


class SquareOfOld(Square):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_variables
        return 2 * x * g


class SquareInTwoParts(Function):
    @staticmethod
    def forward(x):
        return x * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


def test_saved_tensors_by_their_old_name() -> None:
    x = leaf(3.0)
    with pytest.warns(DeprecationWarning, match="use 'saved_tensors'"):
        SquareOfOld.apply(x).backward()
    assert x.grad.tolist() == [6.0]


both_styles = pytest.mark.parametrize("square", [Square, SquareInTwoParts])


@both_styles
def test_value_and_gradient(square: type[Function]) -> None:
    x = leaf(2.0, 3.0)
    h = square.apply(x)
    assert h.tolist() == [4.0, 9.0]
    assert h.requires_grad
    assert not h.is_leaf
    h.sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


@both_styles
def test_the_node_is_named_after_the_class(square: type[Function]) -> None:
    h = square.apply(leaf(2.0))
    assert h.grad_fn.name() == f"{square.__name__}Backward"
    assert f"grad_fn=<{square.__name__}Backward>" in repr(h)
    assert h.grad_fn.next_functions[0][0].name() == "torch::autograd::AccumulateGrad"


@both_styles
def test_double_backward(square: type[Function]) -> None:
    x = leaf(3.0)
    (g,) = grad(square.apply(square.apply(x)), x, create_graph=True)
    (gg,) = grad(g, x)
    assert (g.item(), gg.item()) == (4 * 27.0, 12 * 9.0)


@both_styles
def test_without_gradients_there_is_no_node(square: type[Function]) -> None:
    h = square.apply(torch.ones(2))
    assert h.grad_fn is None
    assert not h.requires_grad
    with torch.no_grad():
        assert square.apply(leaf(2.0)).grad_fn is None


@both_styles
def test_a_freed_graph(square: type[Function]) -> None:
    x = leaf(2.0)
    h = square.apply(x).sum()
    h.backward()
    with pytest.raises(RuntimeError, match="second time"):
        h.backward()
    assert x.grad.item() == 4.0


@both_styles
def test_a_saved_input_that_was_overwritten(square: type[Function]) -> None:
    x = leaf(2.0)
    h = x * 1
    k = square.apply(h).sum()
    h.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        k.backward()
    assert x.grad is None


def test_forward_runs_without_recording_and_backward_as_asked() -> None:
    modes = []

    class Watched(Function):
        @staticmethod
        def forward(ctx, x):
            modes.append(torch.is_grad_enabled())
            assert not (x * 2).requires_grad
            return x * 2

        @staticmethod
        def backward(ctx, g):
            modes.append(torch.is_grad_enabled())
            return g * 2

    x = leaf(2.0)
    grad(Watched.apply(x), x)
    grad(Watched.apply(x), x, create_graph=True)
    assert modes == [False, False, False, True]


def test_arguments_that_are_no_tensors() -> None:
    class Scale(Function):
        @staticmethod
        def forward(ctx, x, factor, name, options=None):
            assert name == "name"
            ctx.factor = factor
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return g * ctx.factor, None, None, None

    x = leaf(2.0)
    (g,) = grad(Scale.apply(x, 5, "name", {"a": [1]}), x)
    assert g.item() == 5.0


def test_trailing_nones_may_be_more_than_the_arguments() -> None:
    class Lavish(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2, None, None

    x = leaf(2.0)
    (g,) = grad(Lavish.apply(x), x)
    assert g.item() == 2.0


def test_none_as_gradient() -> None:
    class Nothing(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, None

    x, y = leaf(2.0), leaf(3.0)
    Nothing.apply(x, y).sum().backward()
    assert x.grad.item() == 1.0
    assert y.grad is None
    (gy,) = grad(Nothing.apply(x, y), y, allow_unused=True)
    assert gy is None


def test_needs_input_grad() -> None:
    seen = []

    class Product(Function):
        @staticmethod
        def forward(ctx, x, y, z):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            x, y = ctx.saved_tensors
            return g * y, g * x if ctx.needs_input_grad[1] else None, None

    x = leaf(2.0)
    Product.apply(x, torch.ones(1), 3).sum().backward()
    assert seen == [(True, False, False)]


def test_gradients_are_summed_to_the_shape_of_the_input() -> None:
    class Add(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, g

    x, y = torch.ones(2, 3, requires_grad=True), leaf(1.0, 1.0, 1.0)
    Add.apply(x, y).sum().backward()
    assert y.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradients_take_the_dtype_of_the_input() -> None:
    class Wide(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g.double()

    x = leaf(2.0)
    Wide.apply(x).sum().backward()
    assert x.grad.dtype == torch.float32


def test_saved_outputs_are_no_cycle() -> None:
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            result = x.exp()
            ctx.save_for_backward(result)
            return result

        @staticmethod
        def backward(ctx, g):
            (result,) = ctx.saved_tensors
            return g * result

    x = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    h = Exp.apply(x)
    (g,) = grad(h, x, create_graph=True)
    (gg,) = grad(g, x, create_graph=True)
    (ggg,) = grad(gg, x)
    assert (g.item(), gg.item(), ggg.item()) == (1.0, 1.0, 1.0)
    reference = weakref.ref(h)
    gc.disable()
    try:
        del h, g, gg
        assert reference() is None
    finally:
        gc.enable()


def test_save_for_backward_takes_none() -> None:
    class Maybe(Function):
        @staticmethod
        def forward(ctx, x, weight):
            ctx.save_for_backward(x, None)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            assert ctx.saved_tensors[1] is None
            return g * 2, None

    x = leaf(2.0)
    (g,) = grad(Maybe.apply(x, None), x)
    assert g.item() == 2.0


def test_saved_inputs_keep_their_place_in_the_graph() -> None:
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            (saved,) = ctx.saved_tensors
            same.append(get_gradient_edge(saved) == get_gradient_edge(x))
            return g * 2

    same: list[bool] = []
    x = leaf(2.0)
    grad(Same.apply(x), x)
    assert same == [True]


def test_intermediate_values_saved_through_outputs_give_higher_orders() -> None:
    """PyTorch's own recipe for intermediate values: return them as outputs."""

    class Sinh(Function):
        @staticmethod
        def forward(ctx, x):
            up, down = x.exp(), (-x).exp()
            ctx.save_for_backward(up, down)
            return (up - down) / 2, up, down

        @staticmethod
        def backward(ctx, g, g_up, g_down):
            up, down = ctx.saved_tensors
            return g * (up + down) / 2 + g_up * up - g_down * down

    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    (g,) = grad(Sinh.apply(x)[0], x, create_graph=True)
    (gg,) = grad(g, x)
    assert g.item() == pytest.approx(1.5430806348152437)
    assert gg.item() == pytest.approx(1.1752011936438014)


def test_a_backward_that_calls_another_function() -> None:
    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * Square.apply(x)

    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    value = Cube.apply(x)
    orders = []
    for _ in range(3):
        (value,) = grad(value, x, create_graph=True)
        orders.append(value.item())
    assert orders == [12.0, 12.0, 6.0]


def test_ctx_is_the_node() -> None:
    nodes = []

    class Watched(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.note = "kept"
            return x * 2

        @staticmethod
        def backward(ctx, g):
            nodes.append((ctx.note, ctx.name()))
            return g * 2

    x = leaf(2.0)
    h = Watched.apply(x)
    assert h.grad_fn.note == "kept"
    grad(h, x)
    assert nodes == [("kept", "WatchedBackward")]


def test_the_node_shows_what_was_saved() -> None:
    x = leaf(2.0)
    h = Square.apply(x)
    assert [t.tolist() for t in h.grad_fn.saved_tensors] == [[2.0]]
    assert h.grad_fn.needs_input_grad == (True,)


def test_hooks_on_the_node_of_a_function() -> None:
    x = leaf(2.0)
    h = Square.apply(x)
    h.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10,))
    h.grad_fn.register_prehook(lambda outputs: (outputs[0] + 1,))
    h.sum().backward()
    assert x.grad.item() == 80.0


def test_vjp_is_another_name_for_backward() -> None:
    class Named(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, g):
            return g * 2

    x = leaf(2.0)
    (g,) = grad(Named.apply(x), x)
    assert g.item() == 2.0


def test_the_static_methods_are_there_to_be_overridden() -> None:
    for name in ("forward", "backward", "setup_context", "jvp", "vjp", "vmap"):
        assert callable(getattr(Function, name))
    with pytest.raises(NotImplementedError, match="jvp"):
        Function.jvp(None)
    with pytest.raises(NotImplementedError, match="forward"):
        Function.forward(None)
    with pytest.raises(NotImplementedError, match="backward"):
        Function.backward(None)


def test_no_backward() -> None:
    class OneWay(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    h = OneWay.apply(leaf(2.0))
    assert h.item() == 4.0
    with pytest.raises(NotImplementedError, match="backward or vjp"):
        h.sum().backward()


def test_functions_inherit() -> None:
    class Loud(Square):
        @staticmethod
        def backward(ctx, g):
            return Square.backward(ctx, g) * 10

    x = leaf(2.0)
    h = Loud.apply(x)
    assert h.grad_fn.name() == "LoudBackward"
    (g,) = grad(h, x)
    assert g.item() == 40.0


def test_an_exception_in_forward_leaves_nothing_behind() -> None:
    class Raising(Function):
        @staticmethod
        def forward(ctx, x):
            raise ValueError("in forward")

        @staticmethod
        def backward(ctx, g):
            return g

    x = leaf(2.0)
    with pytest.raises(ValueError, match="in forward"):
        Raising.apply(x)
    assert torch.is_grad_enabled()
    assert x._version == 0


def test_the_polynomial_of_the_tutorial() -> None:
    """The example of every course: a Function for a Legendre polynomial."""

    class Legendre(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 0.5 * (5 * x**3 - 3 * x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 1.5 * (5 * x**2 - 1)

    x = leaf(0.5, 1.0)
    (g,) = grad(Legendre.apply(x).sum(), x)
    assert g.tolist() == [0.375, 6.0]


def test_a_call_under_no_grad() -> None:
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            assert ctx.needs_input_grad == (True, False)
            return x

    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        y = Same.apply(x, 3)
    assert y is not x
    assert not y.requires_grad
    y.add_(1)
    assert x.tolist() == [2.0, 2.0]


# -- flags of the class ---------------------------------------------------------------------------------------------------


def test_saved_tensors_that_may_be_read_once() -> None:
    class Once(Square):
        clear_saved_tensors_on_access = True

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            if torch.is_grad_enabled():
                with pytest.raises(RuntimeError, match="can only be accessed once"):
                    ctx.saved_tensors  # noqa: B018
            return 2 * x * g

    x = leaf(1.0, 3.0)
    held = weakref.ref(y := x * 1)
    z = Once.apply(y)
    del y
    (first,) = grad(z.sum(), x, create_graph=True)
    assert first.tolist() == [2, 6]
    assert grad(first.sum(), x, retain_graph=True)[0].tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="can only be accessed once"):
        grad(z.sum(), x)
    del first
    gc.collect()
    assert held() is None


def test_gradients_in_one_list() -> None:
    class Boxed(Function):
        boxed_grads_call = True

        @staticmethod
        def forward(ctx, x, y):
            return x * 2, y * 3

        @staticmethod
        def backward(ctx, grads):
            first, second = grads
            grads.clear()
            return first * 2, second * 3

    x = leaf(1.0)
    a, b = Boxed.apply(x, x)
    assert grad(a + 2 * b, x)[0].tolist() == [8]


def test_legacy_names() -> None:
    class Twice(torch.autograd.function.InplaceFunction):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(1.0)
    y = Twice.apply(x * 1)
    assert isinstance(y.grad_fn, torch.autograd.function.BackwardCFunction)
    assert not isinstance((x * 1).grad_fn, torch.autograd.function.BackwardCFunction)
    assert grad(y, x)[0].tolist() == [2]


def test_an_instance_is_warned_of_and_not_called() -> None:
    with pytest.warns(DeprecationWarning, match="Square'> should not be instantiated"):
        square = Square()
    x = leaf(3.0)
    assert square.apply(x).tolist() == [9]
    with pytest.raises(RuntimeError, match="Legacy autograd function with non-static forward method is deprecated"):
        square(x)
