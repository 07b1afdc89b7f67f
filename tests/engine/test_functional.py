"""``autograd.functional`` beyond its values, which golden/engine.json has: what it calls, records, and leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import Function
from chainrule.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp

FORWARD = {"vectorize": True, "strategy": "forward-mode"}
PRODUCTS = [vjp, jvp, vhp, hvp]
ALL = [jacobian, hessian, *PRODUCTS]


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def arguments(function: Callable[..., Any], x: torch.Tensor) -> tuple[Any, ...]:
    """What to call one of the six with, so that each has something to do."""
    v = (torch.tensor([1.0, 10.0], dtype=torch.float64),)
    return (cubes, x, *v) if function in PRODUCTS[1:] else (cubes, x)


def cubes(x: torch.Tensor) -> torch.Tensor:
    return (x**3).sum()


def of_hessian(options: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("strategy", "outer_jacobian_strategy"): value for name, value in options.items()}


def tensors(result: Any) -> list[torch.Tensor]:
    return [one for part in result for one in tensors(part)] if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("function", ALL)
def test_inputs_are_left_alone(function: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    plain = x.detach().clone()
    for create_graph in (False, True):
        function(*arguments(function, x), create_graph=create_graph)
        function(*arguments(function, plain), create_graph=create_graph)
    assert x.grad is None
    assert plain.grad is None
    assert not plain.requires_grad
    assert (x._version, plain._version) == (0, 0)


@pytest.mark.parametrize("function", ALL)
def test_results_have_history_when_asked_for_it(function: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    for given in (x, x.detach()):
        assert not any(one.requires_grad for one in tensors(function(*arguments(function, given))))
        assert all(one.requires_grad for one in tensors(function(*arguments(function, given), create_graph=True)))


@pytest.mark.parametrize(
    ("function", "want"),
    [
        (jacobian, [6.0, 12.0]),  # of 3 x**2
        (vjp, [6.0, 12.0]),
        (jvp, [6.0, 120.0]),  # of 3 x**2 v
        (hessian, [6.0, 6.0]),  # of 6 x
        (hvp, [6.0, 60.0]),  # of 6 x v
        (vhp, [6.0, 60.0]),
    ],
)
def test_history_leads_to_the_inputs(function: Callable[..., Any], want: list[float]) -> None:
    x = leaf(1.0, 2.0)
    result = tensors(function(*arguments(function, x), create_graph=True))[-1]
    (g,) = torch.autograd.grad(result.sum(), x)
    assert g.tolist() == want


@pytest.mark.parametrize("function", ALL)
def test_no_grad_outside_changes_nothing(function: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    want = tensors(function(*arguments(function, x), create_graph=True))
    with torch.no_grad():
        got = tensors(function(*arguments(function, x), create_graph=True))
        assert not torch.is_grad_enabled()
    assert [one.tolist() for one in got] == [one.tolist() for one in want]
    assert all(one.requires_grad for one in got)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("function", ALL)
def test_no_grad_inside_cuts(function: Callable[..., Any]) -> None:
    @torch.no_grad()
    def cut(x: torch.Tensor) -> torch.Tensor:
        return cubes(x)

    _, *rest = arguments(function, leaf(1.0, 2.0))
    assert not tensors(function(cut, *rest))[-1].any()
    with pytest.raises(RuntimeError, match="does not require gradients"):
        function(cut, *rest, strict=True)


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("options", [{}, {"create_graph": True}])
def test_the_function_is_called_once_with_tensors_of_its_own(function: Callable[..., Any], options: Any) -> None:
    x = leaf(1.0, 2.0)
    calls: list[torch.Tensor] = []

    def seen(inner: torch.Tensor) -> torch.Tensor:
        calls.append(inner)
        return cubes(inner * x)

    _, *rest = arguments(function, x)
    function(seen, *rest, **options)
    assert len(calls) == 1
    assert calls[0] is not x
    assert calls[0].requires_grad
    assert calls[0].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("function", ALL)
def test_what_the_function_takes_from_outside_is_a_constant(function: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    _, *rest = arguments(function, x)
    inside = tensors(function(lambda inner: cubes(inner * x), *rest))[-1]
    assert inside.tolist() == tensors(function(lambda inner: cubes(inner * x.detach()), *rest))[-1].tolist()


@pytest.mark.parametrize("function", ALL)
def test_an_error_in_the_function_comes_out_and_leaves_the_mode(function: Callable[..., Any]) -> None:
    def fails(x: torch.Tensor) -> torch.Tensor:
        raise KeyError("mine")

    _, *rest = arguments(function, leaf(1.0, 2.0))
    with torch.no_grad():
        with pytest.raises(KeyError, match="mine"):
            function(fails, *rest)
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize("options", [{}, {"vectorize": True}, pytest.param(FORWARD, marks=pytest.mark.chainrule_only)])
def test_results_are_nested_as_outputs_and_inputs_are(options: dict[str, Any]) -> None:
    x, y = torch.ones(2), torch.ones(3, 1)

    def f(x: torch.Tensor, y: torch.Tensor) -> Any:
        return x * y, y.sum()

    found = jacobian(f, (x, y), **options)
    assert type(found) is tuple
    assert all(type(row) is tuple for row in found)
    assert [[tuple(one.shape) for one in row] for row in found] == [[(3, 2, 2), (3, 2, 3, 1)], [(2,), (3, 1)]]
    found = hessian(lambda x, y: (x * y).sum(), (x, y), **of_hessian(options))
    assert [[tuple(one.shape) for one in row] for row in found] == [[(2, 2), (2, 3, 1)], [(3, 1, 2), (3, 1, 3, 1)]]
    assert tuple(hessian(cubes, y, **of_hessian(options)).shape) == (3, 1, 3, 1)
    ((only,),) = jacobian(lambda x: (x,), (x,), **options)
    assert only.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_the_dtype_is_that_of_the_input() -> None:
    x, y = torch.ones(2), torch.ones(2, dtype=torch.float64)
    for vectorize in (False, True):
        a, b = jacobian(lambda x, y: x * y, (x, y), vectorize=vectorize)
        assert (a.dtype, b.dtype) == (torch.float32, torch.float64)
    output, pushed = jvp(lambda x: x.double(), x, x)
    assert (output.dtype, pushed.dtype) == (torch.float64, torch.float64)
    output, pulled = vjp(lambda x: x.double(), x, y)
    assert (output.dtype, pulled.dtype) == (torch.float64, torch.float32)


@pytest.mark.parametrize("vectorize", [False, True])
def test_third_and_fourth_derivatives(vectorize: bool) -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)

    def f(x: torch.Tensor) -> torch.Tensor:
        return x[0] ** 3 * x[1] ** 2

    def second(x: torch.Tensor) -> torch.Tensor:
        return hessian(f, x, create_graph=True, vectorize=vectorize)

    def third(x: torch.Tensor) -> torch.Tensor:
        return jacobian(second, x, create_graph=True, vectorize=vectorize)

    a, b = 1.0, 2.0
    assert third(x).tolist() == [
        [[6 * b * b, 12 * a * b], [12 * a * b, 6 * a * a]],
        [[12 * a * b, 6 * a * a], [6 * a * a, 0.0]],
    ]
    fourth = jacobian(third, x, vectorize=vectorize)
    assert fourth[0, 0, 1].tolist() == [12 * b, 12 * a]
    assert fourth[1, 1, 1].tolist() == [0.0, 0.0]


def test_products_agree_with_the_matrices() -> None:
    a = torch.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]], dtype=torch.float64)
    x = torch.tensor([0.3, -0.2, 0.7], dtype=torch.float64)
    v, u = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64), torch.tensor([3.0, -2.0], dtype=torch.float64)

    def f(x: torch.Tensor) -> torch.Tensor:
        return (a @ x).sin() * x.prod()

    j = jacobian(f, x)
    assert torch.allclose(jvp(f, x, v)[1], j @ v, rtol=1e-12)
    assert torch.allclose(vjp(f, x, u)[1], u @ j, rtol=1e-12)
    h = hessian(lambda x: f(x).sum(), x)
    assert torch.allclose(hvp(lambda x: f(x).sum(), x, v)[1], h @ v, rtol=1e-12)
    assert torch.allclose(vhp(lambda x: f(x).sum(), x, v)[1], v @ h, rtol=1e-12)
    step = 1e-6
    for k, e in enumerate(torch.eye(3, dtype=torch.float64)):
        assert torch.allclose(j[:, k], (f(x + step * e) - f(x - step * e)) / (2 * step), rtol=1e-8, atol=1e-9)


class NoGradient(Function):
    """Its backward is the gradient of nothing: the "Hessian" is not symmetric."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.sum()

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return g * torch.stack([x[0] + 2 * x[1], 3 * x[0] + 4 * x[1]])


def test_hvp_and_vhp_multiply_from_their_sides() -> None:
    x, v = torch.ones(2), torch.tensor([1.0, 10.0])
    assert hessian(NoGradient.apply, x).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert hvp(NoGradient.apply, x, v)[1].tolist() == [21.0, 43.0]
    assert vhp(NoGradient.apply, x, v)[1].tolist() == [31.0, 42.0]


class Constant(Function):
    """Its backward does not use what it is given."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
        return torch.full((2,), 2.0)


def test_a_backward_that_is_not_linear_in_its_cotangent_has_no_jvp() -> None:
    x = torch.ones(2)
    assert jvp(Constant.apply, x, x)[1].tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="strict"):
        jvp(Constant.apply, x, x, strict=True)


def test_a_refused_vector_comes_before_the_call() -> None:
    def never(x: torch.Tensor) -> torch.Tensor:
        raise AssertionError

    for function in (jvp, vhp, hvp):
        with pytest.raises(RuntimeError, match="v has invalid size"):
            function(never, torch.ones(2), torch.ones(3))


@pytest.mark.chainrule_only
@pytest.mark.parametrize("options", [{}, {"vectorize": True}, FORWARD])
def test_empty_outputs_and_inputs_have_empty_jacobians(options: dict[str, Any]) -> None:
    x, empty = torch.ones(2), torch.ones(0, 3)
    assert tuple(jacobian(lambda x: x[:0], x, **options).shape) == (0, 2)
    assert tuple(jacobian(lambda x: x * 2, empty, **options).shape) == (0, 3, 0, 3)
    assert tuple(jacobian(lambda x: x.sum(), empty, **options).shape) == (0, 3)
    assert tuple(hessian(cubes, empty, **of_hessian(options)).shape) == (0, 3, 0, 3)


@pytest.mark.chainrule_only
def test_an_integer_output_has_a_zero_tangent() -> None:
    output, tangent = jvp(lambda x: (x * 2, x.long()), torch.ones(2), torch.ones(2))
    assert (output[1].dtype, tangent[1].dtype) == (torch.int64, torch.int64)
    assert tangent[0].tolist() == [2.0, 2.0]
    assert tangent[1].tolist() == [0, 0]


@pytest.mark.chainrule_only
def test_the_strict_error_counts_inputs() -> None:
    with pytest.raises(RuntimeError, match="jacobian of the user-provided function is independent of input 1"):
        jacobian(lambda x, y: x * x + y, (torch.ones(2), torch.ones(2)), create_graph=True, strict=True)


# -- forward mode ------------------------------------------------------------------------------------------------------


def test_forward_mode_gives_the_same_jacobian() -> None:
    x, y = torch.tensor([0.3, -0.2], dtype=torch.float64), torch.tensor([[0.7], [1.1]], dtype=torch.float64)

    def f(x: torch.Tensor, y: torch.Tensor) -> Any:
        return (x * y).sin(), x.prod() * y.exp(), y.detach() * 2, x[:1]

    columns = jacobian(f, (x, y), **FORWARD)
    for row, want in zip(columns, jacobian(f, (x, y)), strict=True):
        for one, other in zip(row, want, strict=True):
            assert one.shape == other.shape
            assert torch.allclose(one, other, rtol=1e-12)
            assert not one.requires_grad


def test_forward_mode_over_reverse_mode_gives_the_same_hessian() -> None:
    x, y = torch.tensor([0.3, -0.2], dtype=torch.float64), torch.tensor([[0.7], [1.1]], dtype=torch.float64)

    def f(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return ((x * y).sin() * x.prod()).sum()

    columns = hessian(f, (x, y), **of_hessian(FORWARD))
    for row, want in zip(columns, hessian(f, (x, y)), strict=True):
        for one, other in zip(row, want, strict=True):
            assert torch.allclose(one, other, rtol=1e-12, atol=1e-15)


def test_forward_mode_runs_the_function_once() -> None:
    calls: list[torch.Tensor] = []

    def f(x: torch.Tensor) -> torch.Tensor:
        calls.append(x)
        return x * x

    x = torch.ones(3)
    jacobian(f, x, **FORWARD)
    assert len(calls) == 1
    assert calls[0] is not x
    assert tuple(calls[0].shape) == (3,)


def test_forward_mode_has_the_dtype_of_the_output() -> None:
    assert jacobian(lambda x: x.double(), torch.ones(2), **FORWARD).dtype is torch.float64
    assert jacobian(lambda x: x * 2, torch.ones(2, dtype=torch.float64), **FORWARD).dtype is torch.float64


def test_forward_mode_of_a_holomorphic_function() -> None:
    z = torch.tensor([1 + 2j, 3j])
    assert jacobian(lambda z: z * z, z, **FORWARD).tolist() == [[2 + 4j, 0], [0, 6j]]


def test_forward_mode_refuses_integers() -> None:
    with pytest.raises(ValueError, match=r"Expected primal to be floating point or complex, but got: torch\.int64"):
        jacobian(lambda x: x * 2, torch.tensor([1, 2]), **FORWARD)


def test_forward_mode_is_vectorized() -> None:
    with pytest.raises(NotImplementedError, match="only implemented for `vectorize=True`"):
        jacobian(lambda x: x, torch.ones(2), strategy="forward-mode")
    with pytest.raises(NotImplementedError, match="only implemented for `vectorize=True`"):
        hessian(cubes, torch.ones(2), outer_jacobian_strategy="forward-mode")


@pytest.mark.chainrule_only
def test_forward_mode_can_be_recorded() -> None:
    x = leaf(1.0, 2.0)
    found = jacobian(lambda x: x**3, x, create_graph=True, **FORWARD)
    assert torch.autograd.grad(found.sum(), x)[0].tolist() == [6.0, 12.0]
    found = hessian(lambda x: (x**4).sum(), x, create_graph=True, **of_hessian(FORWARD))
    assert torch.autograd.grad(found.sum(), x)[0].tolist() == [24.0, 48.0]
    assert not jacobian(lambda x: x**3, x, **FORWARD).requires_grad
    assert not hessian(cubes, x, **of_hessian(FORWARD)).requires_grad


@pytest.mark.chainrule_only
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_a_whole_jacobian_takes_one_pass(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.core import batching

    calls: list[str] = []
    batch = batching.batch
    for module in ("chainrule.core.batching.batch", "chainrule.core.batch_level.batch"):
        monkeypatch.setattr(module, lambda op, *rest: calls.append(op.name) or batch(op, *rest))
    few = jacobian(lambda x: x.sin() * 2, torch.ones(3), vectorize=True, strategy=strategy)
    count = len(calls)
    calls.clear()
    many = jacobian(lambda x: x.sin() * 2, torch.ones(30), vectorize=True, strategy=strategy)
    assert len(calls) == count > 0
    assert (tuple(few.shape), tuple(many.shape)) == ((3, 3), (30, 30))
