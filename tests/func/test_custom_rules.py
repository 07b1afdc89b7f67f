"""``custom_vjp``, ``custom_jvp`` and ``stop_gradient``: rules of one's own, at any order."""

from __future__ import annotations

import gc
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import grad
from chainrule.core.alive import alive
from chainrule.core.node import Node
from chainrule.func.custom_rules import custom_jvp, custom_vjp, stop_gradient


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values if len(values) > 1 else values[0], dtype=torch.float64, requires_grad=True)


def by_vjp(factor: float = 1.0) -> Any:
    """The sine, its derivative times a factor that tells the rule from what the code alone would give."""

    @custom_vjp
    def sine(x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x)

    sine.defvjp(lambda x: (sine(x), x), lambda x, g: (factor * g * torch.cos(x),))
    return sine


def by_jvp(factor: float = 1.0) -> Any:
    @custom_jvp
    def sine(x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x)

    @sine.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (t,) = primals, tangents
        return sine(x), factor * t * torch.cos(x)

    return sine


def by_jvps(factor: float = 1.0) -> Any:
    @custom_jvp
    def sine(x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x)

    sine.defjvps(lambda t, out, x: factor * t * torch.cos(x))
    return sine


every_form = pytest.mark.parametrize("form", [by_vjp, by_jvp, by_jvps])


@every_form
def test_the_rule_is_the_derivative(form: Any) -> None:
    x = leaf(0.3, -1.0)
    y = form(10.0)(x)
    assert torch.equal(y, torch.sin(x))
    (g,) = grad(y, x, torch.tensor([1.0, 2.0], dtype=torch.float64))
    assert torch.allclose(g, torch.tensor([10.0, 20.0]) * torch.cos(x), rtol=1e-14)
    assert not g.requires_grad


@every_form
def test_the_second_derivative_is_that_of_the_rule(form: Any) -> None:
    x = leaf(0.7)
    derivatives = [form(10.0)(x)]
    for _ in range(4):
        derivatives += grad(derivatives[-1], x, create_graph=True)
    want = [torch.sin(x), 10 * torch.cos(x), -10 * torch.sin(x), -10 * torch.cos(x), 10 * torch.sin(x)]
    assert torch.allclose(torch.stack(derivatives), torch.stack(want), rtol=1e-14)


@every_form
def test_through_other_code_on_both_sides(form: Any) -> None:
    x = leaf(0.3, -1.0)
    sine = form()

    def f(x: torch.Tensor, sine: Any) -> torch.Tensor:
        return (sine(x * x) * sine(sine(x)).exp()).sum()

    for order in range(1, 4):
        got, want = f(x, sine), f(x, torch.sin)
        for _ in range(order):
            (got,), (want,) = grad(got.sum(), x, create_graph=True), grad(want.sum(), x, create_graph=True)
        assert torch.allclose(got, want, rtol=1e-12)


@every_form
def test_backward_accumulates(form: Any) -> None:
    x = leaf(0.5)
    (form()(x) * 2).backward()
    assert x.grad.item() == pytest.approx(2 * torch.cos(x).item())


@every_form
def test_where_nothing_is_differentiated_the_function_alone_runs(form: Any) -> None:
    sine = form()
    x = leaf(0.5)
    assert not sine(x.detach()).requires_grad
    with torch.no_grad():
        assert not sine(x).requires_grad
    assert sine(x).requires_grad


@every_form
def test_the_node_has_the_name_of_the_function(form: Any) -> None:
    sine = form()
    assert sine(leaf(0.5)).grad_fn.name() == "sineBackward"
    assert sine.__name__ == "sine"


@every_form
def test_graphs_are_freed_without_the_collector(form: Any) -> None:
    sine = form()
    gc.collect()
    gc.disable()
    try:
        before = len(alive(Node))
        x = leaf(0.5)
        y = sine(x)
        (g,) = grad(y, x, create_graph=True)
        grad(g, x)
        del x, y, g
        assert len(alive(Node)) == before
    finally:
        gc.enable()


@every_form
def test_a_write_to_what_was_saved_is_noticed(form: Any) -> None:
    x = leaf(0.5)
    h = x * 1
    y = form()(h)
    h.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        grad(y, x)


@every_form
def test_a_second_backward_needs_the_graph(form: Any) -> None:
    x = leaf(0.5)
    y = form()(x)
    grad(y, x, retain_graph=True)
    grad(y, x)
    with pytest.raises(RuntimeError, match="second time"):
        grad(y, x)


# -- containers --------------------------------------------------------------------------------------------------------


def affine(params: Any, x: torch.Tensor, scale: float = 1.0) -> Any:
    return {"y": scale * (params["w"] * x + params["b"][0]), "n": 3}


def affine_vjp() -> Any:
    function = custom_vjp(affine)

    def fwd(params: Any, x: torch.Tensor, scale: float) -> Any:
        return affine(params, x, scale), {"w": params["w"], "x": x, "scale": scale}

    def bwd(kept: Any, cotangents: Any) -> Any:
        assert cotangents["n"] is None
        g = kept["scale"] * cotangents["y"]
        return {"w": 10 * g * kept["x"], "b": [g.sum()]}, g * kept["w"], None

    function.defvjp(fwd, bwd)
    return function


def affine_jvp() -> Any:
    function = custom_jvp(affine)

    @function.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (params, x, scale), (p, t, s) = primals, tangents
        assert s == 0.0
        tangent = scale * (10 * p["w"] * x + params["w"] * t + p["b"][0])
        return affine(params, x, scale), {"y": tangent, "n": None}

    return function


@pytest.mark.parametrize("function", [affine_vjp(), affine_jvp()])
def test_containers_and_defaults(function: Any) -> None:
    params = {"w": leaf(1.0, 2.0), "b": [leaf(3.0)]}
    x = leaf(5.0, 7.0)
    for result, scale in ((function(params, x), 1.0), (function(params, x=x, scale=2.0), 2.0)):
        assert result["n"] == 3
        assert torch.equal(result["y"], affine(params, x, scale)["y"])
        w, b, gx = grad(result["y"].sum(), (params["w"], params["b"][0], x))
        assert w.tolist() == [50.0 * scale, 70.0 * scale]
        assert b.item() == 2.0 * scale
        assert gx.tolist() == [1.0 * scale, 2.0 * scale]


@pytest.mark.parametrize("function", [affine_vjp(), affine_jvp()])
def test_only_what_requires_grad_gets_one(function: Any) -> None:
    params = {"w": torch.tensor([1.0, 2.0], dtype=torch.float64), "b": [leaf(3.0)]}
    result = function(params, torch.tensor([5.0, 7.0], dtype=torch.float64))
    (b,) = grad(result["y"].sum(), params["b"][0])
    assert b.item() == 2.0


def test_several_outputs_of_which_some_are_used() -> None:
    @custom_vjp
    def both(x: torch.Tensor) -> Any:
        return torch.sin(x), [torch.cos(x), x.long()]

    def bwd(x: torch.Tensor, cotangents: Any) -> Any:
        g, (h, number) = cotangents
        assert not number.any()
        return (g * torch.cos(x) - h * torch.sin(x),)

    both.defvjp(lambda x: (both(x), x), bwd)
    x = leaf(0.5)
    sine, (cosine, number) = both(x)
    assert not number.requires_grad
    assert grad(cosine, x, retain_graph=True)[0].item() == pytest.approx(-torch.sin(x).item())
    assert grad(sine + 2 * cosine, x)[0].item() == pytest.approx((torch.cos(x) - 2 * torch.sin(x)).item())


def test_nondiff_arguments_come_first() -> None:
    @custom_vjp
    def apply(x: torch.Tensor, f: Any, n: int) -> torch.Tensor:
        return f(x) * n

    seen: list[Any] = []

    def bwd(n: int, f: Any, x: torch.Tensor, g: torch.Tensor) -> Any:
        seen.append((n, f))
        return (7 * g,)

    apply = custom_vjp(apply.fun, nondiff_argnums=(2, -2))
    apply.defvjp(lambda x, f, n: (f(x) * n, x), bwd)
    x = leaf(0.5)
    assert grad(apply(x, torch.exp, 2), x)[0].item() == 7.0
    assert seen == [(2, torch.exp)]

    by_tangent = custom_jvp(apply.fun, nondiff_argnums=(1, 2))
    by_tangent.defjvp(lambda f, n, primals, tangents: (f(primals[0]) * n, tangents[0] * 7))
    assert grad(by_tangent(x, torch.exp, 2), x)[0].item() == 7.0


def test_an_argument_handed_through_stays_itself() -> None:
    @custom_vjp
    def clipped(x: torch.Tensor) -> torch.Tensor:
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (g.clamp(-1, 1),))
    x = leaf(2.0, 3.0)
    y = clipped(x)
    assert grad((5 * y).sum(), x)[0].tolist() == [1.0, 1.0]
    assert x.is_leaf
    assert x.grad_fn is None


def test_a_residual_may_be_the_result() -> None:
    @custom_vjp
    def exponential(x: torch.Tensor) -> torch.Tensor:
        return x.exp()

    def fwd(x: torch.Tensor) -> Any:
        y = x.exp()
        return y, y

    exponential.defvjp(fwd, lambda y, g: (g * y,))
    x = leaf(0.5)
    y = exponential(x)
    for _ in range(3):
        (g,) = grad(y, x, create_graph=True)
        assert g.item() == pytest.approx(x.exp().item())
        y = g


def test_a_rule_for_a_fixed_point_does_not_differentiate_the_iteration() -> None:
    """The canonical use: x = cos(a x), whose derivatives follow from the equation alone."""

    @custom_vjp
    def solve(a: torch.Tensor) -> torch.Tensor:
        x = torch.ones_like(a)
        for _ in range(200):
            x = torch.cos(a * x)
        return x

    def fwd(a: torch.Tensor) -> Any:
        x = solve(a)
        return x, (a, x)

    def bwd(kept: Any, g: torch.Tensor) -> Any:
        a, x = kept
        sine = torch.sin(a * x)
        return (-g * sine * x / (1 + sine * a),)

    solve.defvjp(fwd, bwd)
    a = leaf(0.8)
    before = len(alive(Node))
    x = solve(a)
    assert len(alive(Node)) == before + 1
    (first,) = grad(x, a, create_graph=True)
    (second,) = grad(first, a)
    h = 1e-4
    low, mid, high = (solve(a.detach() + k * h) for k in (-1, 0, 1))
    assert first.item() == pytest.approx(((high - low) / (2 * h)).item(), rel=1e-7)
    assert second.item() == pytest.approx(((high - 2 * mid + low) / h**2).item(), rel=1e-5)


def test_a_first_backward_uses_the_residuals_of_the_forward() -> None:
    calls: list[str] = []

    @custom_vjp
    def masked(x: torch.Tensor) -> torch.Tensor:
        raise AssertionError("fwd runs in its place")

    def fwd(x: torch.Tensor) -> Any:
        calls.append("fwd")
        mask = torch.tensor([1.0, 0.0] if len(calls) == 1 else [0.0, 1.0], dtype=torch.float64)
        return x * mask, mask

    masked.defvjp(fwd, lambda mask, g: (g * mask,))
    x = leaf(2.0, 3.0)
    y = masked(x)
    assert grad(y.sum(), x, retain_graph=True)[0].tolist() == [1.0, 0.0]
    assert calls == ["fwd"]
    # A recorded backward calls it again, for how residuals depend on the arguments; their values are the forward's.
    assert grad(y.sum(), x, create_graph=True)[0].tolist() == [1.0, 0.0]
    assert calls == ["fwd", "fwd"]


def test_complex_rules_speak_of_pytorchs_cotangents() -> None:
    z = torch.tensor([1 + 2j, -0.5j], dtype=torch.complex128, requires_grad=True)
    v = torch.tensor([1 - 1j, 2j], dtype=torch.complex128)
    (want,) = grad(z * z * z, z, v)

    backward = custom_vjp(lambda z: z**3)
    backward.defvjp(lambda z: (z**3, z), lambda z, g: (g * (3 * z * z).conj(),))
    forward = custom_jvp(lambda z: z**3)
    forward.defjvp(lambda primals, tangents: (primals[0] ** 3, 3 * primals[0] ** 2 * tangents[0]))
    for cube in (backward, forward):
        assert torch.allclose(grad(cube(z), z, v)[0], want, rtol=1e-14)


def test_defjvps_adds_up_and_skips() -> None:
    @custom_jvp
    def product(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> Any:
        return {"xy": x * y, "yz": y * z}

    product.defjvps(
        lambda t, out, x, y, z: {"xy": t * y, "yz": 0 * t},
        lambda t, out, x, y, z: {"xy": t * x, "yz": t * z},
        None,
    )
    x, y, z = leaf(2.0), leaf(3.0), leaf(5.0)
    result = product(x, y, z)
    gx, gy, gz = grad(result["xy"] + result["yz"], (x, y, z), allow_unused=True)
    assert (gx.item(), gy.item(), gz) == (3.0, 7.0, None)


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_without_a_rule_nothing_runs() -> None:
    for function, name in ((custom_vjp(torch.sin), "defvjp"), (custom_jvp(torch.sin), "defjvp")):
        with pytest.raises(AttributeError, match=f"No .* defined for custom_.* function sin using {name}"):
            function(leaf(0.5))


def test_a_nondiff_argument_may_not_require_grad() -> None:
    function = custom_vjp(lambda x, y: x * y, nondiff_argnums=(1,))
    function.defvjp(lambda x, y: (x * y, y), lambda y, kept, g: (g * kept,))
    x, y = leaf(2.0), leaf(3.0)
    assert grad(function(x, y.detach()), x)[0].item() == 3.0
    with pytest.raises(TypeError, match=r"argument 1 .* nondiff_argnums"):
        function(x, y)
    unary = custom_vjp(lambda *xs: xs[0], nondiff_argnums=(1,))
    unary.defvjp(lambda x: (x, None), lambda _, g: (g,))
    with pytest.raises(ValueError, match=r"nondiff_argnums .* has 1, but it was called with 1 arguments"):
        unary(x)


@pytest.mark.parametrize("form", [custom_vjp, custom_jvp])
def test_a_tensor_from_outside_may_not_require_grad(form: Any) -> None:
    x, w = leaf(2.0), leaf(3.0)
    function = form(lambda x: x * w)
    if form is custom_vjp:
        function.defvjp(lambda x: (x * w, None), lambda _, g: (g * w,))
    else:
        function.defjvp(lambda primals, tangents: (primals[0] * w, tangents[0] * w))
    with pytest.raises(RuntimeError, match="uses a tensor from outside that requires grad"):
        function(x)
    w.requires_grad_(False)
    assert grad(function(x), x)[0].item() == 3.0


@pytest.mark.parametrize(
    ("fwd", "bwd", "what"),
    [
        (lambda x, y: x["a"] * y, None, "forward rule of .* must return a pair .*, but returned a Tensor"),
        (lambda x, y: (x["a"] * y, 0, 0), None, "forward rule of .* but returned a tuple of 3"),
        (None, lambda _, g: g, "one cotangent for each of the 2 .* but returned a Tensor"),
        (None, lambda _, g: ({"a": g},), "one cotangent for each of the 2 .* but returned a tuple of 1"),
        (None, lambda _, g: (g, g), "cotangent 0 .* has another structure than the argument"),
        (None, lambda _, g: ({"b": g}, g), "cotangent 0 .* has another structure than the argument"),
    ],
)
def test_vjp_rules_of_the_wrong_form(fwd: Any, bwd: Any, what: str) -> None:
    function = custom_vjp(lambda x, y: x["a"] * y)
    function.defvjp(fwd or (lambda x, y: (x["a"] * y, None)), bwd)
    x, y = leaf(2.0), leaf(3.0)
    with pytest.raises(TypeError, match=what):
        grad(function({"a": x}, y), x)


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        (lambda primals, tangents: primals[0], "rule of .* must return a pair .*, but returned a Tensor"),
        (lambda primals, tangents: (primals[0], (tangents[0],)), "has another structure than the result"),
    ],
)
def test_jvp_rules_of_the_wrong_form(rule: Any, what: str) -> None:
    function = custom_jvp(lambda x: x * 2)
    function.defjvp(rule)
    x = leaf(2.0)
    with pytest.raises(TypeError, match=what):
        grad(function(x), x)


def test_defjvps_of_the_wrong_number() -> None:
    with pytest.raises(TypeError, match="nondiff_argnums"):
        custom_jvp(torch.sin, nondiff_argnums=(0,)).defjvps(None)
    function = custom_jvp(lambda x, y: x * y)
    function.defjvps(None)
    x = leaf(2.0)
    with pytest.raises(TypeError, match="has 2 arguments, but 1 rules"):
        grad(function(x, x), x)


def test_arguments_are_given_by_position() -> None:
    def named(x: torch.Tensor, *, scale: float = 2.0) -> torch.Tensor:
        return x * scale

    function = custom_vjp(named)
    function.defvjp(lambda x: (x * 2.0, None), lambda _, g: (g * 2.0,))
    with pytest.raises(TypeError, match=r"takes its arguments by position, but \['scale'\] can only be given by name"):
        function(leaf(1.0), scale=3.0)


# -- stop_gradient -----------------------------------------------------------------------------------------------------


def test_stop_gradient() -> None:
    x = leaf(3.0)
    tree = stop_gradient({"x": x, "n": 3, "list": [x * 2]})
    assert tree["n"] == 3
    assert not tree["x"].requires_grad
    assert tree["list"][0].item() == 6.0
    assert not tree["list"][0].requires_grad
    assert grad(x * stop_gradient(x), x)[0].item() == 3.0
