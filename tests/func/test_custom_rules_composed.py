"""Rules of one's own under every transform and their nestings: as the code that they are rules of."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import chainrule as torch
from chainrule.autograd import functional
from chainrule.func import grad, hessian, jacfwd, jacrev, jvp, vmap
from chainrule.func.custom_rules import custom_jvp, custom_vjp, stop_gradient
from chainrule.utils._pytree import tree_flatten

F = Callable[..., Any]


def tensor(*values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def layer(params: Any, x: torch.Tensor) -> Any:
    """Two outputs, one of which knows nothing of x."""
    return {"y": torch.tanh(params["w"] @ x + params["b"]), "s": (params["w"] * params["w"]).sum()}


def by_vjp() -> F:
    function = custom_vjp(layer)

    def fwd(params: Any, x: torch.Tensor) -> Any:
        out = function(params, x)
        return out, (params, x, out["y"])

    def bwd(kept: Any, g: Any) -> Any:
        params, x, y = kept
        d = g["y"] * (1 - y * y)
        return {"w": d.unsqueeze(-1) * x + 2 * g["s"] * params["w"], "b": d}, params["w"].t() @ d

    function.defvjp(fwd, bwd)
    return function


def by_jvp() -> F:
    function = custom_jvp(layer)

    @function.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (params, x), (p, t) = primals, tangents
        out = function(params, x)
        y = (1 - out["y"] * out["y"]) * (p["w"] @ x + params["w"] @ t + p["b"])
        return out, {"y": y, "s": 2 * (params["w"] * p["w"]).sum()}

    return function


PARAMS = {"w": tensor([0.5, -1.0], [0.25, 2.0], [-0.75, 0.1]), "b": tensor(0.1, -0.3, 0.7)}
MANY = {"w": torch.stack([PARAMS["w"], -PARAMS["w"], PARAMS["w"] * 2]), "b": PARAMS["b"]}
W_ONLY = ({"w": 0, "b": None}, None)
X, XS = tensor(0.4, -0.6), tensor([0.4, -0.6], [1.0, 0.2], [-0.3, 0.8], [0.0, 0.5])
BOTH = (0, 1)


def loss(f: F) -> F:
    def scalar(params: Any, x: torch.Tensor) -> torch.Tensor:
        out = f(params, x)
        return (out["y"] ** 2).sum() + out["s"]

    return scalar


def added(f: F, in_dims: Any) -> F:
    return lambda params, x: vmap(loss(f), in_dims)(params, x).sum()


def no_grad(f: F, *args: Any) -> Any:
    with torch.no_grad():
        return f(*args)


def backward(f: F) -> Any:
    params = {name: value.clone().requires_grad_() for name, value in PARAMS.items()}
    added(f, (None, 0))(params, XS).backward()
    return [value.grad for value in params.values()]


PROGRAMS: dict[str, Callable[[F], Any]] = {
    "the value": lambda f: f(PARAMS, X),
    "grad": lambda f: grad(loss(f), BOTH)(PARAMS, X),
    "grad in no_grad": lambda f: no_grad(grad(loss(f), BOTH), PARAMS, X),
    "vmap": lambda f: vmap(f, (None, 0))(PARAMS, XS),
    "vmap of grad": lambda f: vmap(grad(loss(f), BOTH), (None, 0))(PARAMS, XS),
    "vmap of grad over a part": lambda f: vmap(grad(loss(f), BOTH), W_ONLY)(MANY, X),
    "grad of vmap": lambda f: grad(added(f, (None, 0)), BOTH)(PARAMS, XS),
    "grad of vmap over a part": lambda f: grad(added(f, W_ONLY), BOTH)(MANY, X),
    "backward of vmap": backward,
    "vmap of vmap": lambda f: vmap(vmap(f, (None, 0)), W_ONLY)(MANY, XS),
    "vmap of vmap of grad": lambda f: vmap(vmap(grad(loss(f), BOTH), (None, 0)), W_ONLY)(MANY, XS),
    "jacfwd": lambda f: jacfwd(f, BOTH)(PARAMS, X),
    "jacrev": lambda f: jacrev(f, BOTH)(PARAMS, X),
    "hessian": lambda f: hessian(loss(f), BOTH)(PARAMS, X),
    "reverse over reverse": lambda f: jacrev(jacrev(loss(f), BOTH), BOTH)(PARAMS, X),
    "reverse over forward": lambda f: jacrev(jacfwd(loss(f), BOTH), BOTH)(PARAMS, X),
    "forward over forward": lambda f: jacfwd(jacfwd(loss(f), BOTH), BOTH)(PARAMS, X),
    "vmap of hessian": lambda f: vmap(hessian(loss(f), 1), (None, 0))(PARAMS, XS),
    "third, mixed": lambda f: jacfwd(jacrev(jacfwd(loss(f), 1), 1), 1)(PARAMS, X),
    "third, reverse": lambda f: jacrev(jacrev(jacrev(loss(f), 1), 1), 1)(PARAMS, X),
    "jacobian by rows": lambda f: functional.jacobian(lambda x: f(PARAMS, x)["y"], X, vectorize=True),
    "jacobian by columns": lambda f: functional.jacobian(
        lambda x: f(PARAMS, x)["y"], X, vectorize=True, strategy="forward-mode"
    ),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("form", [by_vjp, by_jvp])
def test_a_right_rule_changes_nothing(form: Callable[[], F], program: Callable[[F], Any]) -> None:
    got, spec = tree_flatten(program(form()))
    want, want_spec = tree_flatten(program(layer))
    assert spec == want_spec
    for one, other in zip(got, want, strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, rtol=1e-10, atol=1e-12)


def sine_by_vjp() -> F:
    function = custom_vjp(torch.sin)
    function.defvjp(lambda x: (function(x), x), lambda x, g: (10 * g * torch.cos(x),))
    return function


def sine_by_jvp() -> F:
    function = custom_jvp(torch.sin)
    function.defjvps(lambda t, out, x: 10 * torch.cos(x) * t)
    return function


def forward(f: F) -> F:
    return lambda x: jvp(f, (x,), (torch.ones_like(x),))[1]


@pytest.mark.parametrize("form", [sine_by_vjp, sine_by_jvp])
@pytest.mark.parametrize("nesting", list(itertools.product([grad, forward], repeat=3)))
def test_the_rule_is_what_is_differentiated_in_every_nesting(form: Callable[[], F], nesting: tuple[Any, ...]) -> None:
    derivative: Any = form()  # ten times too large, which the code alone would not be
    for order, transform in enumerate(nesting):
        derivative = transform(derivative)
        want = 10 * (torch.cos, lambda x: -torch.sin(x), lambda x: -torch.cos(x))[order](X)
        assert torch.allclose(vmap(derivative)(X), want, rtol=1e-13)
        assert torch.allclose(derivative(X[0]), want[0], rtol=1e-13)


@pytest.mark.parametrize("form", [sine_by_vjp, sine_by_jvp])
def test_jvp_of_vmap_and_vmap_of_tangents(form: Callable[[], F]) -> None:
    sine = form()
    assert torch.allclose(jvp(vmap(sine), (X,), (X,))[1], 10 * torch.cos(X) * X, rtol=1e-13)
    along = vmap(lambda t: jvp(sine, (X[0],), (t,))[1])(XS[:, 0])
    assert torch.allclose(along, 10 * torch.cos(X[0]) * XS[:, 0], rtol=1e-13)
    by_x = grad(lambda x: vmap(lambda t: jvp(sine, (x,), (t,))[1])(XS[:, 0]).sum())(X[0])
    assert torch.allclose(by_x, -10 * torch.sin(X[0]) * XS[:, 0].sum(), rtol=1e-13)


def test_a_tensor_from_outside_may_not_move() -> None:
    def f(w: torch.Tensor) -> torch.Tensor:
        scaled = custom_jvp(lambda x: x * w)
        scaled.defjvp(lambda primals, tangents: (primals[0] * w, tangents[0] * w))
        return scaled(w)

    with pytest.raises(RuntimeError, match="uses a tensor from outside that has a tangent"):
        jvp(f, (X,), (X,))


def test_a_nondiff_argument_may_not_move() -> None:
    function = custom_vjp(lambda x, y: x * y, nondiff_argnums=(1,))
    function.defvjp(lambda x, y: (x * y, y), lambda y, kept, g: (g * kept,))
    with pytest.raises(TypeError, match=r"argument 1 .* nondiff_argnums"):
        jvp(lambda y: function(X, y), (X,), (X,))


def test_stop_gradient_stops_both_modes() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return x * stop_gradient(x)

    assert jvp(f, (X,), (torch.ones_like(X),))[1].tolist() == X.tolist()
    assert vmap(grad(f))(X).tolist() == X.tolist()
    assert jacfwd(jacrev(f))(X).abs().sum().item() == 0.0
    assert jacrev(jacfwd(f))(X).abs().sum().item() == 0.0
